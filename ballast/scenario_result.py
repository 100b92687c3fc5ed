"""What a scenario left behind: all that its outputs are made of, and that a second run must equal.

Nothing in it comes from the wall clock, from an address or from the engine, so the same scenario
with the same seed is the same `Result`, byte by byte, on a fork as on a fresh chain.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

Value = int | float | str | bool | None

COLUMNS = {
    "hour": "h",  # since the scenario began, at the end of the step
    "spot": "USD",  # what the world pays, whatever the feed says
    "index": "USD",  # what the feed says
    "mark": "USD",
    "basis": "",  # mark / index − 1
    "funding": "",  # that longs pay over 8 h
    "book_delta": "ETH",
    "hedge": "ETH",
    "net": "ETH",  # as the keeper left it
    "band": "ETH",  # half-width
    "nav": "USD",  # at mid; while feed or venue are not live it stands
    "share_price": "USD",
    "free": "USD",  # free liquidity
    "claims": "USD",  # settled, not paid
    "waiting": "USD",  # asked back by redeemers and not filled, at the share price
    "margin_ratio": "",  # lowest of the step; None without a position
    "liquidation_price": "USD",  # of the hedge as it was left; None without one
    "hedges": "",  # trades of the keeper's visit
    "clipped": "",  # of which smaller than wanted
    "sales": "",
    "refused": "",  # sales that the book refused
    "liquidations": "",  # of the vault's hedge
    "others_liquidated": "",
    "mode": "",  # "normal" or "reduce-only"
    "breaches": "",  # in words, empty when nothing is wrong
    "keeper": "",  # "on", "out" or "waits": the gas is dearer than it pays
    "sends": "",  # transactions of the keeper
    "fees": "USD",  # that the hedge paid the venue in the step, penalties too
    "gas": "gwei",  # base fee that the keeper meets; gas used is no part: engines meter it apart
    "fund": "USD",  # of the venue
    "ious": "USD",  # that the venue owes
    "venue": "",  # "normal", "reduce-only" or "paused"
}
"""Columns of `Result.rows` in their order, each with its unit; figures are floats or whole numbers,
words are text."""


@dataclass(frozen=True)
class Check:
    """Something that had to hold. bound, seen: as they are printed."""

    name: str
    bound: str
    seen: str
    holds: bool


@dataclass(frozen=True)
class Result:
    """A scenario that was lived through."""

    scenario: dict[str, Any]
    """As it was loaded, all defaults written out, with its seed: what `scenario.parse` takes."""
    rows: list[dict[str, Value]]
    """One a step, with COLUMNS."""
    events: list[dict[str, Value]]
    """`hour`, `what` (a word) and `detail`, in their order."""
    lines: dict[str, int]
    """Of the attribution, from the first to the last moment of the scenario [USD wad]."""
    nav_before: int  # [USD wad]
    nav_after: int  # [USD wad]
    checks: list[Check] = field(default_factory=list)
    bytecode: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each contract's code without its immutables, which hold addresses."""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def residual(self) -> int:
        """Change of NAV that no line explains [USD wad]: 0, or the run is worth nothing."""
        return self.nav_after - self.nav_before - sum(self.lines.values())

    @property
    def holds(self) -> bool:
        """Whether all that had to hold does."""
        return self.residual == 0 and all(check.holds for check in self.checks)

    def to_bytes(self) -> bytes:
        """All of it as JSON, in one form only: what two runs are compared by."""
        content = asdict(self) | {"residual": self.residual}
        return json.dumps(content, indent=1, sort_keys=True, allow_nan=False).encode()
