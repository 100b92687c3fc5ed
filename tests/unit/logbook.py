"""A journal written by hand: round numbers, one block after another."""

from types import SimpleNamespace

from ballast import packing
from ballast.attribution import Statement, attribute
from ballast.history import Entry, History
from ballast.units import WAD

UNIT = 10**6
"""Units of a token."""

START = 1_000_000
HOUR = 3_600
EXPIRY = START + 24 * HOUR
HEDGER, OTHER = "hedger", "other"

CONFIG = SimpleNamespace(
    anchored=True, peg=0, depth=1_000 * WAD, period=8 * HOUR, funding_cap=WAD // 100,
    half_life=24 * HOUR, heartbeat=1_000 * HOUR,
)  # fmt: skip
"""A position of the whole market of 100 ETH pushes the mark so far that funding is at its cap."""


def surface(atm_vol: int) -> SimpleNamespace:
    """A flat surface; vol in percent."""
    return SimpleNamespace(atm_vol=atm_vol * WAD // 100, skew=0, smile=0)


def carry(rate: int) -> SimpleNamespace:
    """Funding expected at `rate` percent a year, whatever it is now."""
    return SimpleNamespace(rate=rate * WAD // 100, reversion=10**9 * WAD, bound=5 * WAD)


class Logbook:
    """Writes entries at `now`; a vault with a price of 2,000 USD, a board, and nothing else."""

    def __init__(self) -> None:
        self.now = START
        self.entries: list[Entry] = []
        self.history = History()
        self.answer(2_000)
        self.write("venue", "Opened", scale=10**12, feed_scale=10**10, config=CONFIG)
        self.write("pricer", "CarrySet", carry=carry(0))
        stress = SimpleNamespace(shock=WAD // 2, vol_shock=0, max_loss=WAD, hedge_cap=WAD)
        quoting = SimpleNamespace(spread=0, impact=0, vega_cap=WAD, fee=0, edge=0)
        limits = SimpleNamespace(vol_min=WAD // 100, vol_max=3 * WAD)
        self.write("pricer", "StressSet", stress=stress)
        self.write("pricer", "QuotingSet", quoting=quoting)
        self.write("pricer", "LimitsSet", limits=limits)
        oracle = SimpleNamespace(heartbeat=1_000 * HOUR, min_price=WAD, max_price=10**6 * WAD)
        self.write("book", "OracleSet", oracle=oracle)
        self.write("vault", "Wired", book="book", hedger=HEDGER)
        self.write("book", "BoardListed", expiry=EXPIRY, strikes=[], surface=surface(50))
        self.begin = self.now
        self.now += 1

    def write(self, source: str, name: str, **arguments) -> None:
        """An entry of now."""
        entry = Entry(source, name, arguments, self.now)
        self.history.apply(entry)
        self.entries.append(entry)

    def answer(self, usd: int) -> None:
        """A price of the feed."""
        self.write("feed", "AnswerUpdated", current=usd * 10**8, roundId=1, updatedAt=self.now)

    def touch(self) -> None:
        """What the venue says whenever it is called."""
        accrual, live = self.history.venue.touched(self.now)
        self.write(
            "venue", "Touched", index=accrual.index, accumulator=accrual.accumulator, valid=live
        )

    def settle_funding(self, who: str = HEDGER) -> int:
        """Touch, and what the account owes until now [token units]."""
        self.touch()
        owed = self.history.venue.owed(who, self.now)
        if owed:
            self.write("venue", "FundingSettled", account=who, amount=owed)
        return owed

    def trade(self, size: int, paid: int, realised: int = 0, fee: int = 0, who=HEDGER) -> None:
        """A fill: ETH, + bought; USD paid or got for it; profit of what it closes; fee in USD."""
        held = self.history.venue.positions[who].size
        self.write(
            "venue", "Traded", account=who, size_delta=size * WAD, notional=paid * WAD,
            realised=realised * UNIT, fee=fee * UNIT, size_after=held + size * WAD,
        )  # fmt: skip

    def of_venue(self, name: str, usd: int, who: str = HEDGER, **more) -> None:
        """An event of an account's money."""
        self.write("venue", name, account=who, amount=usd * UNIT, **more)

    def margin(self, usd: int) -> None:
        """Margin from the vault to the venue."""
        self.write("vault", "MarginPaid", amount=usd * UNIT)
        self.of_venue("MarginAdded", usd)

    def deal(self, name: str, strike: int, amount: int, usd: int, is_put: bool = False) -> None:
        """Options sold or bought back: ETH, and the premium in USD."""
        series = packing.series_id(EXPIRY, strike * WAD, is_put)
        self.write("book", name, id=series, amount=amount * WAD, premium=usd * UNIT)
        money = "PremiumTaken" if name == "Bought" else "PremiumReturned"
        self.write("vault", money, amount=usd * UNIT)

    def settle(self, price: int, payoff: int, owed: int | None = None) -> None:
        """The board is settled; USD."""
        owed = payoff if owed is None else owed
        self.write("book", "Settled", expiry=EXPIRY, price=price * WAD, payoff=payoff * UNIT)
        self.write(
            "vault", "ClaimsBooked", expiry=EXPIRY, payoff=payoff * UNIT, owed=owed * UNIT
        )  # fmt: skip

    def statement(self) -> Statement:
        """Of all since the beginning; its lines are the change of NAV, which this checks."""
        found = attribute(self.entries, self.begin, self.now)
        found.check(self.history.nav(self.now))
        return found

    def lines(self) -> dict[str, float]:
        """The lines that are not 0 [USD]."""
        return {name: amount / WAD for name, amount in self.statement().lines.items() if amount}
