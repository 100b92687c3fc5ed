"""Where the change of NAV came from, each line by its own formula, from the logs alone.

Options are revalued in full by the twin, from mark to mark, in the order time → vol → carry → spot.
A mark is where the logs move the book or what it is priced with, and the end. With V the value of
what is sold, Δ its delta as the vault has it, i the index, and what is owed by and to the hedge's
account at the venue:

    deposits             Σ put in
    withdrawals        − Σ taken out
    redemptions        − Σ filled from the pool
    premium              Σ premiums taken − paid back − (V after a deal − V before it)
    theta              − Σ V(t′, σ, g, S) − V(t, σ, g, S)
    vega               − Σ V(t′, σ′, g, S) − V(t′, σ, g, S)
    carry              − Σ V(t′, σ′, g′, S) − V(t′, σ′, g, S)
    delta                Σ Δ(t′, σ′, g′, S)·(S′ − S)
    gamma                Σ −(V(t′, σ′, g′, S′) − V(t′, σ′, g′, S)) − Δ·(S′ − S), of the spot leg
    settlement           Σ V before a board is settled − V after it − its payoff
    insolvency cut       Σ payoff − what the board is owed of it
    delta of the hedge   Σ size·i′ − size·i, from trade to trade
    slippage and basis   Σ what a trade changes of size·i − what was paid for it
    funding            − Σ funding settled − what is owed since, at the end less at the beginning
    venue fees         − Σ fees of trades
    liquidation        − Σ penalties
    owed by the venue  − Σ IOUs issued − collected, and funding its fund could not pay if it had to
    borne by the venue   Σ losses beyond the margin when nothing is left of the position
    reward             − Σ paid to those who hedged

What was paid for a trade is the change of the position's cost less the profit realised, in whole
token units as the venue books it. Fees of the vault's owner are shares and no money: they change
what a share is worth, not the NAV. A line ends where its formula ends, and none is the rest of the
others: `Statement.residual` is 0 to the wei.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ballast import risk
from ballast.history import Entry, History
from ballast.units import WAD, trunc_div
from ballast.venue_history import HistoryError

FLOWS = ("deposits", "withdrawals", "redemptions")
"""Lines that are no result."""

OPTIONS = (
    "premium", "theta", "vega", "carry", "delta", "gamma", "settlement", "insolvency cut"
)  # fmt: skip
"""Lines of what is sold."""

HEDGE = (
    "delta of the hedge", "slippage and basis", "funding", "venue fees", "liquidation",
    "owed by the venue", "borne by the venue",
)  # fmt: skip
"""Lines of the account at the venue."""

LINES = (*FLOWS, *OPTIONS, *HEDGE, "reward")

TOKENS: dict[tuple[str, str], tuple[tuple[str, int, str], ...]] = {
    ("vault", "Deposit"): (("deposits", +1, "assets"),),
    ("vault", "Withdraw"): (("withdrawals", -1, "assets"),),
    ("vault", "RedemptionsProcessed"): (("redemptions", -1, "assets"),),
    ("vault", "RewardPaid"): (("reward", -1, "amount"),),
    ("vault", "ClaimsBooked"): (("insolvency cut", +1, "payoff"), ("insolvency cut", -1, "owed")),
    ("book", "Bought"): (("premium", +1, "premium"),),
    ("book", "SoldBack"): (("premium", -1, "premium"),),
    ("book", "Settled"): (("settlement", -1, "payoff"),),
    ("venue", "FundingSettled"): (("funding", -1, "amount"),),
    ("venue", "Traded"): (("venue fees", -1, "fee"),),
    # The trade of a liquidation, logged just before it, calls the penalty its fee.
    ("venue", "Liquidated"): (("venue fees", +1, "penalty"), ("liquidation", -1, "penalty")),
    ("venue", "IouIssued"): (("owed by the venue", -1, "amount"),),
    ("venue", "IouCollected"): (("owed by the venue", +1, "amount"),),
}
"""Token amounts that events add to lines: line, sign, argument. Those of the venue count when they
are the hedge's."""

DEALS = {"Bought": "premium", "SoldBack": "premium", "Settled": "settlement"}
"""The book's events that change how much is sold, and the line that the value goes to."""

REPRICES = {
    "feed": ("AnswerUpdated",),
    "book": ("VolSet", "OracleSet", "PriceKept"),
    "pricer": ("CarrySet", "LimitsSet"),
}
"""Events that change what the book is priced with."""


@dataclass(frozen=True)
class Statement:
    """Lines of the P&L, and the NAVs that they explain, USD wad; + is the vault's gain."""

    lines: dict[str, int]
    nav_before: int
    nav_after: int
    is_live: bool = True
    """Whether feed and venue are live at the end; if not the vault itself stands still."""

    @property
    def total(self) -> int:
        """Σ lines."""
        return self.sum(self.lines)

    @property
    def residual(self) -> int:
        """Change of NAV that no line explains."""
        return self.nav_after - self.nav_before - self.total

    def sum(self, names: Iterable[str]) -> int:
        """Σ of some lines: FLOWS, OPTIONS or HEDGE."""
        return sum(self.lines[name] for name in names)

    def check(self, nav: int) -> None:
        """ArithmeticError when the lines miss the change of NAV, or the NAV is not the vault's.

        nav: what the vault says at the end [USD wad].
        """
        if self.residual:
            raise ArithmeticError(
                f"the P&L lines miss the change of NAV by {self.residual / WAD:.18f} USD"
            )
        if self.is_live and nav != self.nav_after:
            off = (nav - self.nav_after) / WAD
            raise ArithmeticError(f"the vault's NAV misses that of its logs by {off:.18f} USD")


class Mark(NamedTuple):
    """A book, what it is priced with, and its risk."""

    scene: risk.Scene
    words: tuple[int, ...]
    risk: risk.Risk


def attribute(journal: Iterable[Entry], begin: int, end: int) -> Statement:
    """The statement from after the last log at `begin` or before, to `end` [unix s].

    journal: all logs since the deployment, see `ballast.history`; those after `end` do not count.
    HistoryError when they do not fit each other, or the vault was not wired at `begin`.
    """
    history = History()
    books: Books | None = None
    for entry in journal:
        if entry.timestamp > end:
            break
        if books is None and entry.timestamp > begin:
            books = Books(history, begin)
        if books is None:
            history.apply(entry)
        else:
            books.take(entry)
    return (books or Books(history, begin)).close(end)


class Books:
    """The lines as they grow, entry by entry."""

    def __init__(self, history: History, begin: int) -> None:
        if not history.is_deployed:
            raise HistoryError(f"the logs until {begin} are not those of a whole vault")
        self.lines: Counter[str] = Counter(dict.fromkeys(LINES, 0))
        self._history = history
        self._nav = history.nav(begin)
        self._mark = _mark(history, begin)
        self._index = self._index_at(begin)
        self._accrue(begin, -1)

    def take(self, entry: Entry) -> None:
        """Apply an entry and book what it adds to the lines."""
        source, name, event, now = entry
        is_ours = source != "venue" or event.get("account") == self._history.hedger
        if source == "book" and name in DEALS:
            self._deal(entry)
        elif (source, name) == ("venue", "Traded") and is_ours:
            self._trade(entry)
        elif name in REPRICES.get(source, ()):
            self._reprice(now)
            self._history.apply(entry)
            self._reprice(now)
        else:
            self._history.apply(entry)
        if is_ours:
            self._book_tokens(source, name, event)

    def close(self, end: int) -> Statement:
        """The statement at `end`."""
        self._reprice(end)
        self._move_hedge(self._index_at(end))
        self._accrue(end, +1)
        nav = self._history.nav(end)
        return Statement(dict(self.lines), self._nav, nav, self._history.is_live(end))

    # -------------------------------------------------------------- options

    def _reprice(self, now: int) -> None:
        """The legs from the last mark to the book as it is, at `now`."""
        scene, words = self._history.scene(now), self._history.book.words()
        old = self._mark
        timed = _priced(old, old.words, now=now)
        voled = _priced(timed, words, vol_min=scene.vol_min, vol_max=scene.vol_max)
        carried = _priced(voled, words, rate_ema=scene.rate_ema, carry=scene.carry)
        moved = _priced(carried, words, price=scene.price)
        self.lines["theta"] -= timed.risk.mid - old.risk.mid
        self.lines["vega"] -= voled.risk.mid - timed.risk.mid
        self.lines["carry"] -= carried.risk.mid - voled.risk.mid
        move = scene.price - carried.scene.price
        by_delta = trunc_div(carried.risk.delta * move, WAD)
        self.lines["delta"] += by_delta
        self.lines["gamma"] += carried.risk.mid - moved.risk.mid - by_delta
        self._mark = moved

    def _deal(self, entry: Entry) -> None:
        """Options come or go at the value that they have."""
        self._reprice(entry.timestamp)
        before = self._mark
        self._history.apply(entry)
        self._mark = _priced(before, self._history.book.words())
        self.lines[DEALS[entry.name]] -= self._mark.risk.mid - before.risk.mid

    # -------------------------------------------------------------- hedge

    def _trade(self, entry: Entry) -> None:
        venue, now = self._history.venue, entry.timestamp
        held = venue.positions[self._history.hedger]
        self._move_hedge(self._index_at(now))
        before = replace(held)
        self._history.apply(entry)
        scale = venue.scale
        cost = held.cost - before.cost - before.carried * scale
        paid = cost - entry.arguments["realised"] * scale
        gained = _value(held.size, self._index) - _value(before.size, self._index)
        self.lines["slippage and basis"] += gained - paid

    def _move_hedge(self, index: int) -> None:
        """The position from the index where it was last seen to this one."""
        size = self._history.venue.positions[self._history.hedger].size
        self.lines["delta of the hedge"] += _value(size, index) - _value(size, self._index)
        self._index = index

    def _accrue(self, now: int, sign: int) -> None:
        """Funding since the last settlement, and what of it the fund could not pay."""
        venue, who = self._history.venue, self._history.hedger
        self._add_tokens("funding", -sign * venue.owed(who, now))
        self._add_tokens("owed by the venue", -sign * venue.unfunded(who, now))

    def _index_at(self, now: int) -> int:
        return self._history.venue.touched(now)[0].index

    # -------------------------------------------------------------- token amounts

    def _book_tokens(self, source: str, name: str, event: dict[str, Any]) -> None:
        for line, sign, argument in TOKENS.get((source, name), ()):
            self._add_tokens(line, sign * event[argument])
        if (source, name) == ("venue", "DeficitBooked") and not event["carried"]:
            self._add_tokens("borne by the venue", event["amount"])

    def _add_tokens(self, line: str, amount: int) -> None:
        self.lines[line] += amount * self._history.venue.scale


def _mark(history: History, now: int) -> Mark:
    scene, words = history.scene(now), history.book.words()
    return Mark(scene, words, risk.risk(scene, words))


def _priced(old: Mark, words: tuple[int, ...], **changes: Any) -> Mark:
    """A mark with other words or in a changed scene, priced anew only if it differs."""
    scene = old.scene._replace(**changes)
    if (scene, words) == (old.scene, old.words):
        return old
    return Mark(scene, words, risk.risk(scene, words))


def _value(size: int, index: int) -> int:
    """size·index, as the venue rounds it."""
    return trunc_div(size * index, WAD)
