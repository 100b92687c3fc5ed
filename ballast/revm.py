"""`Chain` on an EVM in this process, written in Rust: some hundred times as fast as ape's own.

For long simulations and stateful tests: the same bytecode, no node, no signatures. Accounts are
addresses. Each transaction is a block of its own, a second after the one before. Gas is not metered
as a chain would: take gas from `ApeChain`.
"""

import json
import re
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.abi import function_signature_to_4byte_selector
from eth_utils.crypto import keccak
from pyrevm import EVM, BlockEnv, CfgEnv, Env

from ballast.chain import Account, Contract, Log, Receipt, Reverted
from ballast.compiler import ROOT

ARTIFACTS = ROOT / ".build" / "__local__.json"
LOCAL_CHAIN = 31_337
"""Chain id: one on which the mocks agree to live."""

ERROR = function_signature_to_4byte_selector("Error(string)")

Abi = dict[str, Any]


class RevmContract:
    """A deployed contract: its address and how its calls are encoded."""

    def __init__(self, address: str, abi: list[Abi]) -> None:
        self.address = address
        # Overloads differ in how many arguments they take: bounds that may be left out.
        self.functions = {
            (item["name"], len(item["inputs"])): item for item in abi if item["type"] == "function"
        }
        self.events = {item["name"]: item for item in abi if item["type"] == "event"}
        self.topics = {keccak(text=_signature(item)): item for item in self.events.values()}


class RevmChain:
    """`Chain` on pyrevm, with the contracts that ape has compiled."""

    def __init__(self, artifacts: Path = ARTIFACTS) -> None:
        self._types = json.loads(artifacts.read_text())["contractTypes"]
        self._evm = EVM(env=Env(cfg=CfgEnv(chain_id=LOCAL_CHAIN)), spec_id="CANCUN")
        self._logs: list[tuple[int, Any]] = []
        self._height = 0
        self._time = 1
        self._next: int | None = None

    def accounts(self, count: int) -> list[Account]:
        """Addresses that nobody else uses."""
        return [f"0x{0xACC0_0000 + index:040x}" for index in range(count)]

    def deploy(self, name: str, *arguments: Any, sender: Account) -> Contract:
        """Deploy the contract of that name."""
        kind = self._types[name]
        constructors = [item for item in kind["abi"] if item["type"] == "constructor"]
        inputs: list[Abi] = constructors[0]["inputs"] if constructors else []
        code = bytes.fromhex(kind["deploymentBytecode"]["bytecode"][2:])
        code += _encode(inputs, arguments)
        address = self._mine(lambda: self._run(self._evm.deploy, sender, code))
        self._keep()
        return RevmContract(address, kind["abi"])

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """Call a view at the newest block."""
        snapshot = self._evm.snapshot()
        try:
            return self._call(contract, function, arguments, self.accounts(1)[0])
        finally:
            self._evm.revert(snapshot)

    def send(self, contract: Contract, function: str, *arguments: Any, sender: Account) -> Receipt:
        """Send a transaction in a block of its own."""
        self._mine(lambda: self._call(contract, function, arguments, sender))
        return Receipt(self._keep(), self._height, self._time)

    def events(self, contract: Contract, name: str) -> list[dict[str, Any]]:
        """Events of the contract in what was sent through this object, each its arguments."""
        abi = contract.events[name]
        return [
            _decode_event(abi, *log.data)
            for _, log in self._logs
            if _is_of(log, contract) and contract.topics[log.data[0][0]] is abi
        ]

    def logs(self, *contracts: Contract) -> list[Log]:
        """All events of the contracts in what was sent through this object, in their order."""
        found = []
        for timestamp, log in self._logs:
            for contract in contracts:
                if _is_of(log, contract):
                    abi = contract.topics[log.data[0][0]]
                    arguments = _decode_event(abi, *log.data)
                    found.append(Log(contract, abi["name"], arguments, timestamp))
        return found

    def next_block(self) -> None:
        """Mine an empty block."""
        self._mine(lambda: None)

    def now(self) -> int:
        """Timestamp of the newest block [unix s]."""
        return self._time

    def advance(self, timestamp: int) -> None:
        """The next block bears this timestamp [unix s]."""
        self._next = timestamp

    def snapshot(self) -> Any:
        """Remember the state."""
        return self._evm.snapshot(), self._height, self._time, len(self._logs)

    def revert(self, snapshot: Any) -> None:
        """Return to a remembered state."""
        state, self._height, self._time, logs = snapshot
        self._evm.revert(state)
        del self._logs[logs:]
        self._set_block(self._height, self._time)

    def _mine(self, action: Callable[[], Any]) -> Any:
        """Do it in a new block; a refused transaction is in a block like any other."""
        later = self._time + 1 if self._next is None else max(self._next, self._time + 1)
        self._set_block(self._height + 1, later)
        self._next = None
        return action()

    def _keep(self) -> int:
        """Keep the logs of what has just been done; returns the gas that it used."""
        result = self._evm.result
        assert result is not None
        self._logs += [(self._time, log) for log in result.logs]
        return int(result.gas_used)

    def _set_block(self, height: int, timestamp: int) -> None:
        self._height, self._time = height, timestamp
        self._evm.set_block_env(BlockEnv(number=height, timestamp=timestamp))

    def _call(
        self, contract: Contract, function: str, arguments: tuple[Any, ...], sender: Account
    ) -> Any:
        abi = contract.functions[function, len(arguments)]
        data = function_signature_to_4byte_selector(_signature(abi))
        data += _encode(abi["inputs"], arguments)
        output = self._run(self._evm.message_call, sender, contract.address, data)
        return _decode_outputs(abi["outputs"], bytes(output))

    def _run(self, entry: Callable[..., Any], *arguments: Any) -> Any:
        # Transient storage outlives a transaction here unless it is told.
        self._evm.reset_transient_storage()
        try:
            return entry(*arguments)
        except RuntimeError as error:
            raise Reverted(_reason(str(error))) from None


def _is_of(log: Any, contract: RevmContract) -> bool:
    return bool(log.address.lower() == contract.address.lower())


def _reason(message: str) -> str:
    """The text of `Error(string)`; the EVM's own words for anything else."""
    found = re.search(r"output: 0x([0-9a-f]*)", message)
    output = bytes.fromhex(found[1]) if found else b""
    if output[:4] == ERROR:
        return str(decode(["string"], output[4:])[0])
    return message


def _type(item: Abi) -> str:
    """The canonical type of an ABI item, structs spelled out."""
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type(part) for part in item["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def _signature(abi: Abi) -> str:
    return f"{abi['name']}({','.join(_type(item) for item in abi['inputs'])})"


def _encode(inputs: list[Abi], arguments: tuple[Any, ...]) -> bytes:
    values = [_plain(item, value) for item, value in zip(inputs, arguments, strict=True)]
    return encode([_type(item) for item in inputs], values)


def _plain(item: Abi, value: Any) -> Any:
    """A value as the encoder takes it: contracts by address, structs in the order of the ABI."""
    if isinstance(value, RevmContract):
        return value.address
    if item["type"] == "tuple":
        fields = item["components"]
        if isinstance(value, dict):
            value = [value[field["name"]] for field in fields]
        return tuple(_plain(field, part) for field, part in zip(fields, value, strict=True))
    if item["type"].endswith("]"):
        element = {**item, "type": item["type"].rpartition("[")[0]}
        return [_plain(element, part) for part in value]
    return value


def _decode_outputs(outputs: list[Abi], data: bytes) -> Any:
    values = decode([_type(item) for item in outputs], data)
    results = [_named(item, value) for item, value in zip(outputs, values, strict=True)]
    return results[0] if len(results) == 1 else tuple(results) or None


def _named(item: Abi, value: Any) -> Any:
    """Structs as named tuples, as ape gives them."""
    if item["type"] != "tuple":
        return value
    fields = item["components"]
    struct = namedtuple("struct", [field["name"] for field in fields])  # type: ignore[misc]
    return struct(*(_named(field, part) for field, part in zip(fields, value, strict=True)))


def _decode_event(abi: Abi, topics: list[bytes], data: bytes) -> dict[str, Any]:
    indexed = [item for item in abi["inputs"] if item["indexed"]]
    plain = [item for item in abi["inputs"] if not item["indexed"]]
    values = {
        item["name"]: decode([_type(item)], topic)[0]
        for item, topic in zip(indexed, topics[1:], strict=True)
    }
    rest = decode([_type(item) for item in plain], data)
    return values | {
        item["name"]: _named(item, value) for item, value in zip(plain, rest, strict=True)
    }
