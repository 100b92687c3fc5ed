"""Keepers of the devnet's tests: in this process, on any URL, with the node's own accounts."""

from pathlib import Path
from typing import Any

import ape
from desk import KEEPER, Desk

from ballast.keeper_journal import JournalFile
from ballast.keeper_log import Log
from ballast.keeper_loop import Loop, Options
from ballast.keeper_metrics import Metrics
from ballast.keeper_rpc import Node
from ballast.keeper_sender import ApeSigner, Kind, Outcome


class Kept:
    """A keeper with its journal's file, to be killed and made again."""

    def __init__(
        self,
        desk: Desk,
        journal: Path,
        url: str | None = None,
        account: int = KEEPER,
        log: Path | None = None,
        **options: Any,
    ) -> None:
        signer = ApeSigner(ape.accounts.test_accounts[account], ape.networks.ethereum)
        assert signer.address == ape.networks.ethereum.decode_address(
            int(desk.accounts[account], 16)
        )
        self.file = JournalFile(journal)
        found, self.how = self.file.load(desk.chain_id, desk.genesis, signer.address)
        self.stream = open(log or journal.with_suffix(".log"), "a")
        self.metrics = Metrics()
        self.node = Node(url or desk.node.url, timeout=1)
        settings = {"max_head_age": None, "poll": 0.05} | options
        self.loop = Loop(
            self.node, desk.parts, signer, self.file, found, Options(**settings),
            Log("json", self.stream), self.metrics,
        )  # fmt: skip

    def tick(self) -> list[Kind]:
        """What came of one tick."""
        return [outcome.kind for outcome in self.outcomes()]

    def outcomes(self) -> list[Outcome]:
        return self.loop.tick()

    def ticks(self, count: int) -> list[Kind]:
        return [kind for _ in range(count) for kind in self.tick()]

    def close(self) -> None:
        self.file.close()
        self.stream.close()
