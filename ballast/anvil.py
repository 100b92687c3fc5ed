"""`Chain` on an Anvil node of its own: raw JSON-RPC, unlocked accounts, a second a block.

For scenarios on a fork of another node: what is there is taken as it is and not touched. Time is
the scenario's, not the machine's, and a transaction that is refused is in a block like any other,
as on `RevmChain`; so the two live through the same seconds. Gas is free.
"""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ballast.abi import Handle, encode, reason
from ballast.chain import Account, Contract, Log, Receipt, Reverted
from ballast.compiler import ROOT
from ballast.keeper_rpc import Node, NodeError, Unavailable, to_hex
from ballast.revm import ARTIFACTS

BINARY = ROOT / "devnet" / "node_modules" / ".bin" / "anvil"
START_WITHIN = 30  # [s]
GAS = 30_000_000
"""Of every transaction: a block's."""

RICH = hex(10**24)
"""What an account has [wei]."""


class AnvilError(Exception):
    """No node, or none that does as it is told; the message is one line."""


@contextmanager
def fork(url: str | None, binary: Path = BINARY) -> Iterator[Node]:
    """An Anvil of our own on a free port, a fork of the node at `url` or empty; it ends with us."""
    if not binary.exists():
        raise AnvilError("there is no anvil: `make devnet` installs it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(binary), "--port", str(port), "--hardfork", "cancun", "--base-fee", "0",
        "--gas-price", "0", "--gas-limit", str(2 * GAS), "--quiet",
    ]  # fmt: skip
    command += ["--fork-url", url, "--no-storage-caching"] if url else []
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield _answering(process, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answering(process: "subprocess.Popen[bytes]", url: str) -> Node:
    """The node, once it answers; AnvilError when it ends or takes too long."""
    node = Node(url, timeout=60.0, attempts=1)
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            node.ask("eth_chainId")
            return node
        except Unavailable:
            time.sleep(0.05)
    raise AnvilError("anvil did not start: is the node that it forks there?")


class AnvilChain:
    """`Chain` on such a node, with the contracts that ape has compiled."""

    def __init__(self, node: Node, artifacts: Path = ARTIFACTS) -> None:
        self._types = json.loads(artifacts.read_text())["contractTypes"]
        self._node = node
        self._times: dict[int, int] = {}
        node.ask("anvil_autoImpersonateAccount", True)
        node.ask("anvil_setBlockTimestampInterval", 1)
        node.ask("anvil_setNextBlockBaseFeePerGas", "0x0")

    def accounts(self, count: int) -> list[Account]:
        """Addresses that nobody else uses, with ether."""
        return [self.endow(f"0x{0xACC0_0000 + index:040x}") for index in range(count)]

    def endow(self, address: str) -> Account:
        """An address that may send."""
        self._node.ask("anvil_setBalance", address, RICH)
        return address

    def at(self, name: str, address: str) -> Contract:
        """A contract that is there, by the name of its source."""
        return Handle(address, self._types[name]["abi"])

    def deploy(self, name: str, *arguments: Any, sender: Account) -> Contract:
        """Deploy the contract of that name."""
        kind = self._types[name]
        constructors = [item for item in kind["abi"] if item["type"] == "constructor"]
        code = bytes.fromhex(kind["deploymentBytecode"]["bytecode"][2:])
        code += encode(constructors[0]["inputs"] if constructors else [], arguments)
        receipt = self._transact({"from": sender, "data": to_hex(code)})
        return Handle(receipt["contractAddress"], kind["abi"])

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """Call a view at the newest block."""
        call = {
            "to": contract.address,
            "data": to_hex(contract.call(function, *arguments)),
            "gas": hex(GAS),
        }
        try:
            output = self._node.data("eth_call", call, "latest")
        except NodeError as error:
            raise Reverted(reason(error.data) or str(error)) from None
        return contract.answer(function, len(arguments), output)

    def send(self, contract: Contract, function: str, *arguments: Any, sender: Account) -> Receipt:
        """Send a transaction in a block of its own."""
        data = to_hex(contract.call(function, *arguments))
        receipt = self._transact({"from": sender, "to": contract.address, "data": data})
        number = int(receipt["blockNumber"], 16)
        return Receipt(int(receipt["gasUsed"], 16), number, self.now())

    def events(self, contract: Contract, name: str) -> list[dict[str, Any]]:
        """Events of the contract since the first block, each its arguments."""
        return [log.arguments for log in self.logs(contract) if log.name == name]

    def logs(self, *contracts: Contract) -> list[Log]:
        """All events of the contracts since the first block, in their order."""
        by_address = {contract.address.lower(): contract for contract in contracts}
        filter_ = {"address": [*by_address], "fromBlock": "0x0", "toBlock": "latest"}
        found = []
        for log in self._node.ask("eth_getLogs", filter_):
            contract = by_address[log["address"].lower()]
            topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            name, arguments = contract.event(topics, bytes.fromhex(log["data"][2:]))
            time_ = self._time_of(int(log["blockNumber"], 16))
            found.append(Log(contract, name, arguments, time_))
        return found

    def code(self, contract: Contract) -> bytes:
        """What is at its address."""
        return self._node.data("eth_getCode", contract.address, "latest")

    def next_block(self) -> None:
        """Mine an empty block."""
        self._node.ask("evm_mine")

    def now(self) -> int:
        """Timestamp of the newest block [unix s]."""
        return int(self._node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def advance(self, timestamp: int) -> None:
        """The next block bears this timestamp [unix s], or one second after the newest."""
        self._node.ask("evm_setNextBlockTimestamp", max(timestamp, self.now() + 1))

    def snapshot(self) -> Any:
        """Remember the state."""
        return self._node.ask("evm_snapshot")

    def revert(self, snapshot: Any) -> None:
        """Return to a remembered state."""
        self._node.ask("evm_revert", snapshot)

    def _transact(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Mine it; Reverted with the reason when it is refused."""
        receipt: dict[str, Any] = self._node.ask(
            "eth_sendTransactionSync", fields | {"gas": hex(GAS), "gasPrice": "0x0"}
        )
        if int(receipt["status"], 16) == 0:
            trace = self._node.ask(
                "debug_traceTransaction", receipt["transactionHash"], {"tracer": "callTracer"}
            )
            output = bytes.fromhex(trace.get("output", "0x")[2:])
            raise Reverted(reason(output) or trace.get("error", "without a word"))
        return receipt

    def _time_of(self, block: int) -> int:
        if block not in self._times:
            found = self._node.ask("eth_getBlockByNumber", hex(block), False)
            self._times[block] = int(found["timestamp"], 16)
        return self._times[block]
