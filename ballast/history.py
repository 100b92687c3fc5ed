"""Everything that a vault's value is made of, at any moment, rebuilt from logs alone.

The logs are those of feed, venue, vault, pricer and book, since their deployment; the times are
those of their blocks. Nothing is read from a contract. Prices follow bit for bit by the twins, so
that `History.nav` is what `Vault.net_asset_value` answers, as long as feed and venue are live: a
vault that lost them stands at its last good value, and the history goes on with the last good
price. The sequencer is taken to be up. Money [token units], values [USD wad], times [unix s].
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from ballast import packing, risk
from ballast.chain import Chain
from ballast.deployment import Deployment
from ballast.venue_history import Feed, HistoryError, Venue

SOURCES = ("feed", "venue", "vault", "pricer", "book")
"""Whose logs make a history, as `Deployment` calls them."""

Struct = TypeVar("Struct", bound=NamedTuple)


PARAMETERS = ("CarrySet", "StressSet", "QuotingSet", "LimitsSet")
"""The pricer's events, each with one struct."""


class Entry(NamedTuple):
    """A log as it stands in a journal."""

    source: str
    """One of SOURCES."""
    name: str
    arguments: dict[str, Any]
    timestamp: int


def journal(chain: Chain, deployment: Deployment) -> list[Entry]:
    """All logs of a deployment that make its history, in their order.

    As far as `chain` holds them: it must have sent all that was sent to the contracts. The feed is
    what says its answers; of a proxy that is the aggregator behind it.
    """
    sources = {getattr(deployment, source).address: source for source in SOURCES}
    logs = chain.logs(*(getattr(deployment, source) for source in SOURCES))
    return [
        Entry(sources[log.contract.address], log.name, log.arguments, log.timestamp) for log in logs
    ]


@dataclass
class Ledger:
    """What the vault has and owes."""

    cash: int = 0
    claims: int = 0
    owed: int = 0

    def apply(self, name: str, event: dict[str, Any]) -> None:
        """The ledger after an event of the vault."""
        for account, sign, argument in POSTINGS.get(name, ()):
            setattr(self, account, getattr(self, account) + sign * event[argument])


POSTINGS: dict[str, tuple[tuple[str, int, str], ...]] = {
    "Deposit": (("cash", +1, "assets"),),
    "Withdraw": (("cash", -1, "assets"),),
    "PremiumTaken": (("cash", +1, "amount"),),
    "PremiumReturned": (("cash", -1, "amount"),),
    "MarginPaid": (("cash", -1, "amount"),),
    "MarginReturned": (("cash", +1, "amount"),),
    "RewardPaid": (("cash", -1, "amount"),),
    "ClaimsBooked": (("claims", +1, "owed"),),
    "ClaimPaid": (("cash", -1, "amount"), ("claims", -1, "amount")),
    "RedemptionsProcessed": (("owed", +1, "assets"),),
    "RedemptionClaimed": (("cash", -1, "assets"), ("owed", -1, "assets")),
}
"""What the vault's events add to its ledger: account, sign, argument."""


@dataclass
class Book:
    """What is sold, by the events of the option book."""

    feed: Feed
    oracle: Any = None
    """IOptionBook.Oracle."""
    kept: int = 0
    """Last good price that the book wrote down [USD wad]."""
    surfaces: dict[int, packing.Surface] = field(default_factory=dict)
    live: dict[int, dict[int, int]] = field(default_factory=dict)
    """Live words by expiry and strike."""

    def apply(self, name: str, event: dict[str, Any]) -> None:
        """The book after an event."""
        if name == "OracleSet":
            self.oracle = event["oracle"]
        elif name == "PriceKept":
            self.kept = event["price"]
        elif name in ("BoardListed", "VolSet"):
            self.surfaces[event["expiry"]] = as_tuple(packing.Surface, event["surface"])
        elif name == "Settled":
            if self.surfaces.pop(event["expiry"], None) is None:
                raise HistoryError(f"no board of {event['expiry']} was listed")
            self.live.pop(event["expiry"], None)
        elif name in ("Bought", "SoldBack"):
            self._trade(event["id"], event["amount"] if name == "Bought" else -event["amount"])

    def words(self) -> tuple[int, ...]:
        """Every board with live strikes, each followed by its strikes, as the pricer takes them."""
        words: list[int] = []
        for expiry, strikes in self.live.items():
            words.append(packing.board(expiry, len(strikes), self.surfaces[expiry]))
            words += strikes.values()
        return tuple(words)

    def price(self, now: int) -> int | None:
        """The feed's price when it is good, else None."""
        oracle = self.oracle
        return self.feed.price(now, oracle.heartbeat, oracle.min_price, oracle.max_price)

    def _trade(self, series: int, amount: int) -> None:
        if packing.expiry(series) not in self.surfaces:
            raise HistoryError(f"series {series} is of no board that was listed")
        strikes = self.live.setdefault(packing.expiry(series), {})
        strike, is_put = packing.id_strike(series), packing.is_put(series)
        word = strikes.get(strike, packing.live(strike))
        sold = packing.sold(word, is_put) + amount
        if sold < 0:
            raise HistoryError(f"more came back of series {series} than was sold")
        strikes[strike] = packing.with_sold(word, is_put, sold)
        if not packing.calls(strikes[strike]) and not packing.puts(strikes[strike]):
            del strikes[strike]
        if not strikes:
            del self.live[packing.expiry(series)]


class History:
    """The state that a journal leaves; `apply` takes its entries in their order."""

    def __init__(self) -> None:
        self.feed = Feed()
        self.venue = Venue(self.feed)
        self.book = Book(self.feed)
        self.ledger = Ledger()
        self.hedger = ""
        self._parameters: dict[str, Any] = {}

    def apply(self, entry: Entry) -> None:
        """The state after an entry."""
        _, name, event, now = entry
        if entry.source == "feed" and name == "AnswerUpdated":
            self.feed.answer, self.feed.at = event["current"], event["updatedAt"]
        elif entry.source == "venue":
            self.venue.apply(name, event, now)
        elif entry.source == "pricer" and name in PARAMETERS:
            self._parameters |= event
        elif entry.source == "book":
            self.book.apply(name, event)
        elif entry.source == "vault" and name == "Wired":
            self.hedger = event["hedger"]
        elif entry.source == "vault":
            self.ledger.apply(name, event)

    @property
    def is_deployed(self) -> bool:
        """Whether the vault was wired, and all that its value needs has been said."""
        known = self.venue.config, self.book.oracle, self.hedger
        return all(known) and len(self._parameters) == len(PARAMETERS)

    def scene(self, now: int) -> risk.Scene:
        """All that prices depend on but the book; the price is the last good one."""
        known = self._parameters
        return risk.Scene(
            now=now,
            price=self.book.price(now) or self.book.kept,
            rate_ema=self.venue.touched(now)[0].ema_year,
            carry=as_tuple(risk.Carry, known["carry"]),
            stress=as_tuple(risk.Stress, known["stress"]),
            quoting=as_tuple(risk.Quoting, known["quoting"]),
            vol_min=known["limits"].vol_min,
            vol_max=known["limits"].vol_max,
        )

    def is_live(self, now: int) -> bool:
        """Whether both who read the feed find it good."""
        return self.book.price(now) is not None and self.venue.touched(now)[1]

    def nav(self, now: int) -> int:
        """NAV = cash − claims − redemptions owed + hedge equity at the index − liability at mid."""
        net_cash = self.ledger.cash - self.ledger.claims - self.ledger.owed
        liability = risk.risk(self.scene(now), self.book.words()).mid
        return self.venue.scale * net_cash + self.venue.equity(self.hedger, now) - liability


def as_tuple(kind: type[Struct], struct: Any) -> Struct:
    """An event's struct as the twins' tuple of the same fields."""
    return kind(*(getattr(struct, name) for name in kind._fields))
