"""`Chain` on an EVM in this process, written in Rust: some hundred times as fast as ape's own.

For long simulations and stateful tests: the same bytecode, no node, no signatures. Accounts are
addresses. Each transaction is a block of its own, a second after the one before. Gas is not metered
as a chain would: take gas from `ApeChain`.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyrevm import EVM, BlockEnv, CfgEnv, Env

from ballast.abi import Abi, Handle, encode, reason
from ballast.chain import Account, Contract, Log, Receipt, Reverted
from ballast.compiler import ROOT

ARTIFACTS = ROOT / ".build" / "__local__.json"
LOCAL_CHAIN = 31_337
"""Chain id: one on which the mocks agree to live."""


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
        code += encode(inputs, arguments)
        address = self._mine(lambda: self._run(self._evm.deploy, sender, code))
        self._keep()
        return Handle(address, kind["abi"])

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
        return [log.arguments for log in self.logs(contract) if log.name == name]

    def logs(self, *contracts: Contract) -> list[Log]:
        """All events of the contracts in what was sent through this object, in their order."""
        found = []
        for timestamp, log in self._logs:
            for contract in contracts:
                if _is_of(log, contract):
                    name, arguments = contract.event(*log.data)
                    found.append(Log(contract, name, arguments, timestamp))
        return found

    def code(self, contract: Contract) -> bytes:
        """What is at its address."""
        return bytes(self._evm.get_code(contract.address) or b"")

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
        data = contract.call(function, *arguments)
        output = self._run(self._evm.message_call, sender, contract.address, data)
        return contract.answer(function, len(arguments), bytes(output))

    def _run(self, entry: Callable[..., Any], *arguments: Any) -> Any:
        # Transient storage outlives a transaction here unless it is told.
        self._evm.reset_transient_storage()
        try:
            return entry(*arguments)
        except RuntimeError as error:
            raise Reverted(_reason(str(error))) from None


def _is_of(log: Any, contract: Handle) -> bool:
    return bool(log.address.lower() == contract.address.lower())


def _reason(message: str) -> str:
    """The contract's reason; the EVM's own words where it gave none."""
    found = re.search(r"output: 0x([0-9a-f]*)", message)
    return reason(bytes.fromhex(found[1]) if found else b"") or message
