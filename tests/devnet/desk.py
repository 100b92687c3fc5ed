"""A vault on a node, and the people around it, through raw JSON-RPC: quick enough for a week."""

import json
from typing import Any

from nodes import Node

from ballast.abi import Handle
from ballast.cli import KINDS
from ballast.compiler import ROOT
from ballast.keeper_reading import Parts
from ballast.keeper_rpc import Node as RpcNode
from ballast.keeper_rpc import RpcReader
from ballast.units import WAD

OWNER, KEEPER, DEPOSITOR, BUYER, RIVAL = 0, 1, 2, 3, 4
"""Accounts of the node, by number; RIVAL is another keeper."""

GAS = 6_000_000
ALWAYS = 2**255


class Desk:
    """Reads and sends; with `mining` off, blocks come only by `mine`."""

    def __init__(self, node: Node) -> None:
        self.node = node
        file = json.loads(node.deployment.read_text())
        types = json.loads((ROOT / ".build" / "__local__.json").read_text())["contractTypes"]
        self.chain_id, self.genesis = file["chain_id"], file["genesis"]
        self.parts = Parts(
            {name: Handle(at, types[KINDS[name]]["abi"]) for name, at in file["contracts"].items()}
        )
        self.accounts: list[str] = node.rpc("eth_accounts")
        self._rpc = RpcNode(node.url, timeout=30)
        self._time = self.now()

    # ---- the chain

    def mine(self, blocks: int = 1, after: int = 1) -> None:
        """Mine; the first block `after` seconds later."""
        self._time += after
        for number in range(blocks):
            self._time += number > 0
            self.node.rpc("evm_setNextBlockTimestamp", self._time)
            self.node.rpc("evm_mine")

    def sync(self) -> None:
        """Take the time from the chain: it has been reverted."""
        self._time = self.now()

    def automine(self, is_on: bool) -> None:
        self.node.rpc("evm_setAutomine", is_on)

    def now(self) -> int:
        return int(self.node.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def height(self) -> int:
        return int(self.node.rpc("eth_blockNumber"), 16)

    # ---- contracts

    def read(self, part: str, function: str, *arguments: Any) -> Any:
        return RpcReader(self._rpc, 0).read(self.parts.contracts[part], function, *arguments)

    def post(self, part: str, function: str, *arguments: Any, by: int = OWNER, **more: Any) -> str:
        """Send, and do not wait for a block."""
        at = self.parts.contracts[part]
        call = {"from": self.accounts[by], "to": at.address, "gas": hex(GAS), **more}
        call["data"] = "0x" + at.call(function, *arguments).hex()
        return str(self.node.rpc("eth_sendTransaction", call))

    def send(self, part: str, function: str, *arguments: Any, by: int = OWNER) -> dict[str, Any]:
        """Send in a block of its own; AssertionError when it is refused."""
        hash_ = self.post(part, function, *arguments, by=by)
        self.mine()
        receipt: dict[str, Any] = self.node.rpc("eth_getTransactionReceipt", hash_)
        assert receipt["status"] == "0x1", function
        return receipt

    def events(self, part: str, name: str, first: int = 0) -> list[dict[str, Any]]:
        """Arguments of a contract's events since a block, each with its block and transaction."""
        at = self.parts.contracts[part]
        topic = "0x" + at.topic(name).hex()
        found = []
        for log in self.node.rpc(
            "eth_getLogs", {"address": at.address, "topics": [topic], "fromBlock": hex(first)}
        ):
            topics = [bytes.fromhex(word[2:]) for word in log["topics"]]
            _, arguments = at.event(topics, bytes.fromhex(log["data"][2:]))
            arguments |= {"block": int(log["blockNumber"], 16), "hash": log["transactionHash"]}
            found.append(arguments)
        return found

    # ---- people

    def push(self, price: float) -> None:
        """The feed answers, in a block of its own [USD]."""
        self.send("feed", "push", int(price * 10**8))

    def open_vault(self, deposit: int = 3_000_000) -> None:
        """Money comes in, the buyer may buy, and the breaker has looked."""
        for who, amount in ((DEPOSITOR, deposit), (BUYER, 10_000_000)):
            self.send("token", "mint", self.accounts[who], amount * 10**6)
            self.send("token", "approve", self.parts.vault, ALWAYS, by=who)
        self.send("vault", "deposit", deposit * 10**6, self.accounts[DEPOSITOR], by=DEPOSITOR)
        self.send("breaker", "trip")

    def sell(self, size: float, strike: int = 2_000, is_put: bool = False, board: int = 0) -> None:
        """The buyer buys `size` ETH of options."""
        expiry = self.read("book", "live_boards")[board]
        series = self.read("book", "series_id", expiry, strike * WAD, is_put)
        buyer = self.accounts[BUYER]
        self.send("book", "buy", series, int(size * WAD), 10**15, buyer, ALWAYS, by=BUYER)

    def state(self) -> Any:
        return self.read("hedger", "state")

    def is_out(self) -> bool:
        """Whether the hedge is outside its band."""
        state = self.state()
        return bool(abs(state.net_delta) > max(state.band, WAD // 100))

    def is_due(self) -> bool:
        """Whether the hedger would trade."""
        return bool(self.state().trade)
