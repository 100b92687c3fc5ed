"""The perpetual venue rebuilt from its logs: every account, the fund, funding and index.

Follows contracts/modules/virtual_market.vy, perp_ledger.vy and perp_positions.vy bit for bit. What
a log says and what was rebuilt are compared at every touch and every trade: a log that misses
does not go unnoticed. Sizes [ETH wad], prices and costs [USD wad], money [token units], times
[unix s].
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from ballast import curve, funding
from ballast.funding import Accrual
from ballast.units import WAD, clamp, trunc_div

LOWEST, HIGHEST = WAD, 1_000_000 * WAD
"""Sanity bounds of the venue's index."""


class HistoryError(ValueError):
    """Logs that are not a whole history; the message says what does not fit."""


@dataclass
class Feed:
    """The newest answer of the price feed."""

    scale: int = 1
    """[wad] per unit of an answer."""
    answer: int = 0
    at: int = 0

    def price(self, now: int, heartbeat: int, lowest: int, highest: int) -> int | None:
        """The price, as modules/price_feed.vy reads it; None when it is not good."""
        price = self.answer * self.scale
        is_fresh = 0 < self.at <= now <= self.at + heartbeat
        return price if is_fresh and lowest <= price <= highest else None


@dataclass
class Position:
    """An account's books as last settled."""

    size: int = 0
    cost: int = 0
    """What was paid for the size less what was got, + for a long as a rule."""
    margin: int = 0
    entry: int = 0
    """Funding accumulator at the last settlement [USD wad · s]."""
    unpaid: int = 0
    """Funding of this call beyond the margin; a log that follows books it."""
    carried: int = 0
    """Loss of this call's trade beyond the margin; it is cost once the trade is."""


@dataclass
class Venue:
    """The venue, of which `apply` takes the logs in their order."""

    feed: Feed
    config: Any = None
    """IPerpMarket.Config."""
    scale: int = 1
    """[wad] per token unit."""
    accrual: Accrual = field(default_factory=lambda: Accrual(0, 0, 0, 0, 0))
    net: int = 0
    fund: int = 0
    ious: int = 0
    positions: defaultdict[str, Position] = field(default_factory=lambda: defaultdict(Position))

    def apply(self, name: str, event: dict[str, Any], now: int) -> None:
        """The venue after an event; one without a part in its state changes nothing."""
        if name in MARKET:
            MARKET[name](self, event, now)
        if name in ACCOUNT:
            ACCOUNT[name](self, self.positions[event["account"]], event)

    def touched(self, now: int) -> tuple[Accrual, bool]:
        """Index and funding of now, and whether the index is live: `_touched` of virtual_market."""
        index = self._index(now)
        stored = self.accrual
        if index is None:
            stale_at = max(stored.index_at + self.config.heartbeat, stored.at)
            return replace(self._accrued(stored, min(stale_at, now)), at=now), False
        until_answer = self._accrued(stored, max(self.feed.at, stored.at))
        answered = replace(until_answer, index=index, index_at=self.feed.at)
        return self._accrued(answered, now), True

    def owed(self, who: str, now: int) -> int:
        """Funding that the account owes since its last settlement."""
        held = self.positions[who]
        growth = self.touched(now)[0].accumulator - held.entry
        return funding.owed_up(held.size, growth, self.config.period, self.scale)

    def unfunded(self, who: str, now: int) -> int:
        """Of funding that the account is owed: what the fund could not pay."""
        return max(0, -self.owed(who, now) - max(0, self.fund - self.ious))

    def equity(self, who: str, now: int) -> int:
        """Equity at the index, as if funding were settled now [USD wad]."""
        held = self.positions[who]
        money = held.margin - self.owed(who, now) - self.unfunded(who, now)
        return self.scale * money + self.value(held.size, now) - held.cost

    def value(self, size: int, now: int) -> int:
        """A size at the index of now [USD wad]."""
        return trunc_div(size * self.touched(now)[0].index, WAD)

    def _index(self, now: int) -> int | None:
        return self.feed.price(now, self.config.heartbeat, LOWEST, HIGHEST)

    def _accrued(self, state: Accrual, until: int) -> Accrual:
        mark = curve.mark(self._peg(state), self.config.depth, self.net)
        rule = self.config
        return funding.accrue(state, mark, until, rule.funding_cap, rule.period, rule.half_life)

    def _peg(self, state: Accrual) -> int:
        return int(state.index if self.config.anchored else self.config.peg)

    def _exchange(self, size: int) -> int:
        """What a trader pays for a size, negative when he gets [USD wad]."""
        at = self._peg(self.accrual), self.config.depth, self.net
        return curve.cost_up(*at, size) if size > 0 else -curve.proceeds_down(*at, -size)

    # -------------------------------------------------------------- events of the market

    def _opened(self, event: dict[str, Any], now: int) -> None:
        self.config, self.scale = event["config"], event["scale"]
        self.feed.scale = event["feed_scale"]
        index = self._index(now)
        if index is None:
            raise HistoryError("the venue opened without a price")
        self.accrual = Accrual(index, self.feed.at, now, 0, 0)

    def _touch(self, event: dict[str, Any], now: int) -> None:
        if self.config is None:
            raise HistoryError("the venue's first log misses")
        self.accrual, live = self.touched(now)
        said = event["index"], event["accumulator"], event["valid"]
        if said != (self.accrual.index, self.accrual.accumulator, live):
            raise HistoryError(f"the venue's touch at {now} does not follow from the logs before")

    def _fund_added(self, event: dict[str, Any], now: int) -> None:
        self.fund += event["amount"]

    def _liquidated(self, event: dict[str, Any], now: int) -> None:
        self.fund -= event["reward"]

    # -------------------------------------------------------------- events of an account

    def _margin_added(self, held: Position, event: dict[str, Any]) -> None:
        held.margin += event["amount"]

    def _margin_removed(self, held: Position, event: dict[str, Any]) -> None:
        held.entry = self.accrual.accumulator
        held.margin -= event["amount"]

    def _funding_settled(self, held: Position, event: dict[str, Any]) -> None:
        """What the margin cannot pay is a cost of the position."""
        held.unpaid = max(0, event["amount"] - held.margin)
        held.cost += held.unpaid * self.scale
        held.margin -= event["amount"]
        self.fund += event["amount"]

    def _deficit_booked(self, held: Position, event: dict[str, Any]) -> None:
        held.margin += event["amount"]
        self.fund -= event["amount"]
        if event["carried"]:
            held.carried = event["amount"] - held.unpaid
            held.unpaid = 0

    def _iou_issued(self, held: Position, event: dict[str, Any]) -> None:
        held.margin -= event["amount"]
        self.fund += event["amount"]
        self.ious += event["amount"]

    def _iou_collected(self, held: Position, event: dict[str, Any]) -> None:
        held.margin += event["amount"]
        self.fund -= event["amount"]
        self.ious -= event["amount"]

    def _traded(self, held: Position, event: dict[str, Any]) -> None:
        """`_filled` of perp_positions: what closes is realised, what opens adds to the cost."""
        delta = event["size_delta"]
        paid = event["notional"] if delta > 0 else -event["notional"]
        closed = closing_part(delta, held.size)
        closed_paid = paid if closed == delta else self._exchange(closed) if closed else 0
        closed_cost = trunc_div(held.cost * closed, -held.size) if closed else 0
        realised = (-closed_paid - closed_cost) // self.scale
        if (realised, held.size + delta) != (event["realised"], event["size_after"]):
            who = event["account"]
            raise HistoryError(f"a trade of {who} does not follow from the logs before")
        held.size += delta
        held.cost += paid - closed_paid - closed_cost + held.carried * self.scale
        held.margin += realised - event["fee"]
        held.entry, held.carried = self.accrual.accumulator, 0
        self.fund += event["fee"] - realised
        self.net += delta


def closing_part(delta: int, size: int) -> int:
    """The part of an order that closes `size`, with the order's sign: modules/order.vy."""
    return clamp(delta, -size, 0) if size > 0 else clamp(delta, 0, -size)


MARKET = {
    "Opened": Venue._opened,
    "Touched": Venue._touch,
    "FundAdded": Venue._fund_added,
    "Liquidated": Venue._liquidated,
}
ACCOUNT = {
    "MarginAdded": Venue._margin_added,
    "MarginRemoved": Venue._margin_removed,
    "FundingSettled": Venue._funding_settled,
    "DeficitBooked": Venue._deficit_booked,
    "IouIssued": Venue._iou_issued,
    "IouCollected": Venue._iou_collected,
    "Traded": Venue._traded,
}
