"""Ways to hedge a sold book, compared on the same paths of prices, minute by minute.

A vault sells one call and one put, each on one ETH, at their value, and is short its buyers' delta
less what it holds of the perp. Every plan sees the same prices and differs in when it looks and in
how far off it may be. USD for one ETH of each option; prices USD, sizes ETH, + is long, vols and
rates a year, times seconds; a row of prices has a column a path.

Simpler than the contracts, which `ballast.simulation` runs: others trade the mark back to the index
after each step of a hedge, cash never runs short, all equity over the target can be taken back, and
neither gas nor the reward of a hedge is paid.

Sources: docs/SPEC.md rules P, H and M; Whalley and Wilmott, "An asymptotic analysis of an optimal
hedging model for option pricing with transaction costs" (1997).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, inf, sqrt
from typing import NamedTuple

import numpy as np

from ballast.parameters import Parameters
from ballast.replication import Calls, Floats, calls
from ballast.units import WAD, YEAR

MINUTE, HOUR, DAY = 60, 3_600, 86_400
WEEK = 7 * DAY

DEPTH = 80
"""Depth of the venue's market in NAV / S, as the default deployment asks for at least."""

SHARE = 0.25
"""What one ETH is of NAV / S: each option is sold on a quarter of the NAV."""

NEAR = 1.5
"""Maintenance ratios under which a margin ratio is near liquidation: the breaker's."""

JUMP_MEAN, JUMP_DEVIATION = -0.04, 0.06
"""Of the logarithm of a price that jumps: those of `ballast.paths.jump`."""


@dataclass(frozen=True)
class Option:
    """One of the book; on one ETH."""

    strike: float  # [USD]
    is_put: bool


@dataclass(frozen=True)
class Book:
    """What is sold, all for the same expiry at the same vol."""

    options: tuple[Option, ...]
    vol: float
    tenor: int = WEEK


@dataclass(frozen=True)
class Terms:
    """The venue, and the vault's margin rule. Ratios are of the notional."""

    fee: float
    depth: float  # [ETH]
    step: float  # most that is traded at once [ETH]
    rate: float  # long-run funding, longs pay; also the carry of the premiums
    imr: float
    mmr: float
    penalty: float  # of what is liquidated
    target: float  # m*
    trigger: float  # below it margin is added, up to m*
    ceiling: float  # above it margin is taken back, down to m*
    nav: float  # [USD]


@dataclass(frozen=True)
class Band:
    """No trade while the net delta is within it; from outside to its nearer edge.

    Half-width (3/2·c·S·Γ²/λ)^⅓, λ = aversion / NAV, but at least `low` and at most `high`, shares
    of what is sold. An endless aversion leaves `low`.
    """

    aversion: float = inf
    low: float = 0.0
    high: float = inf
    full_every: float = inf  # hedged in full when the last time is so long ago [s]


EXACT = Band()
"""No band: always hedged in full."""


@dataclass(frozen=True)
class Plan:
    """When to look. Hedge and margin are seen to at a look only; the first is at the sale."""

    name: str
    every: int = 0  # between two looks; 0: only one [s]
    band: Band = EXACT
    is_hedged: bool = True


NONE = Plan("none", is_hedged=False)
STATIC = Plan("static")
DAILY = Plan("daily", DAY)
HOURLY = Plan("hourly", HOUR)
EVERY_MINUTE = Plan("every minute", MINUTE)
FIXED_BAND = Plan("fixed band", MINUTE, Band(low=0.05))
WHALLEY_WILMOTT = Plan("Whalley-Wilmott", MINUTE, Band(aversion=50.0))


class Outcome(NamedTuple):
    """What a plan left on each path."""

    pnl: Floats  # before costs [USD]
    cost: Floats  # fees, slippage and penalties [USD]
    hedges: Floats  # trades, the one at expiry included
    near: Floats  # share of the time
    liquidations: Floats
    margin: Floats  # at the venue, mean over the time [USD]

    @property
    def net(self) -> Floats:
        """P&L after costs [USD]."""
        return self.pnl - self.cost


# ------------------------------------------------------------------ the default deployment


def plans(parameters: Parameters) -> tuple[Plan, ...]:
    """All that are compared; the last two are the contracts' own rule, with guard rails."""
    return (
        NONE, STATIC, DAILY, HOURLY, EVERY_MINUTE, FIXED_BAND, WHALLEY_WILMOTT,
        Plan("contracts' rule", MINUTE, band_of(parameters)),
        Plan("the same, hourly", HOUR, band_of(parameters)),
    )  # fmt: skip


def band_of(parameters: Parameters) -> Band:
    """The hedger's; its smallest hedge is nothing beside a book."""
    rule = parameters["hedger"]["band"]
    return Band(
        aversion=rule["risk_aversion"] / WAD,
        low=rule["min_share"] / WAD,
        high=rule["max_share"] / WAD,
        full_every=rule["max_interval"],
    )


def terms_of(parameters: Parameters, spot: float, vol: float) -> Terms:
    """The venue's and the hedger's, for a vault of `DEPTH` and `SHARE`; m* is SPEC-H4's."""
    venue, margin = parameters["venue"], parameters["hedger"]["margin"]
    mmr = venue["mmr"] / WAD
    sigma = max(vol, margin["vol_floor"] / WAD)
    moves = margin["deviations"] / WAD * sigma * sqrt(margin["horizon"] / YEAR)
    target = max(margin["floor"] / WAD, mmr + moves)
    return Terms(
        fee=venue["fee"] / WAD,
        depth=DEPTH / SHARE,
        step=parameters["hedger"]["execution"]["max_share"] / WAD * DEPTH / SHARE,
        rate=parameters["pricer"]["carry"]["rate"] / WAD,
        imr=venue["imr"] / WAD,
        mmr=mmr,
        penalty=venue["liquidation_fee"] / WAD,
        target=target,
        trigger=mmr + margin["trigger"] / WAD * (target - mmr),
        ceiling=margin["ceiling"] / WAD * target,
        nav=spot / SHARE,
    )


def default_book(spot: float, vol: float) -> Book:
    """A call at the money and a put 5% below, for a week."""
    return Book((Option(spot, False), Option(0.95 * spot, True)), vol)


# ------------------------------------------------------------------ prices and payments


def minutes(
    spot: float,
    vol: float,
    tenor: int,
    count: int,
    seed: int,
    jumps: float = 0.0,
    spacing: int = MINUTE,
) -> Iterator[Floats]:
    """Prices [USD] of `count` paths at each step: row by row those of `replication.gbm`.

    With so many `jumps` a year on top, and still no drift; the diffusion is the same.
    """
    draw, fate = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    years = spacing / YEAR
    deviation = vol * sqrt(years)
    drift = deviation**2 / 2 + jumps * years * (exp(JUMP_MEAN + JUMP_DEVIATION**2 / 2) - 1)
    moved = np.zeros(count)
    yield np.full(count, spot)
    for _ in range(tenor // spacing):
        moved = moved + (draw.standard_normal(count) * deviation - drift)
        if jumps:
            jumped = fate.normal(JUMP_MEAN, JUMP_DEVIATION, count)
            moved = moved + np.where(fate.random(count) < jumps * years, jumped, 0.0)
        yield spot * np.exp(moved)


def value(spots: Floats, book: Book, rate: float, tenor: float) -> Calls:
    """The book for who holds it, `tenor` > 0 seconds before expiry, with the carry as SPEC-P1."""
    strikes = np.array([option.strike for option in book.options])[:, None]
    is_put = np.array([option.is_put for option in book.options])[:, None]
    growth = exp(rate * tenor / YEAR)
    forwards = spots * growth
    each = calls(forwards, strikes, book.vol, tenor)
    return Calls(
        price=np.where(is_put, each.price - forwards + strikes, each.price).sum(axis=0),
        delta=np.where(is_put, each.delta - 1, each.delta).sum(axis=0) * growth,
        gamma=each.gamma.sum(axis=0) * growth**2,
    )


def premium(spot: float, book: Book, terms: Terms) -> float:
    """What the book is sold for [USD]: its value, without the spread and the fee of a quote."""
    return float(value(np.array([spot]), book, terms.rate, book.tenor).price[0])


def payoff(spots: Floats, book: Book) -> Floats:
    """What the book is owed at expiry."""
    owed = np.zeros_like(spots)
    for option in book.options:
        owed += np.maximum(option.strike - spots if option.is_put else spots - option.strike, 0)
    return owed


def trade_cost(size: Floats, price: Floats, terms: Terms) -> Floats:
    """What buying `size`, or selling −size, costs against the index, in steps and a rest."""
    rest = np.fmod(size, terms.step)
    steps = np.round(np.abs(size - rest) / terms.step)
    whole = np.copysign(terms.step, size)
    cost: Floats = steps * _step_cost(whole, price, terms) + _step_cost(rest, price, terms)
    return cost


def _step_cost(size: Floats, price: Floats, terms: Terms) -> Floats:
    """Constant product from a mark at the index.

    S·X·b/(X − b) is paid for b, of either sign, and the fee is of what is paid.
    """
    paid = price * size / (1 - size / terms.depth)
    cost: Floats = paid - price * size + terms.fee * np.abs(paid)
    return cost


def half_width(band: Band, gamma: Floats, price: Floats, sold: int, terms: Terms) -> Floats:
    """Of the band [ETH]; see `Band`."""
    cube = 1.5 * terms.fee * price * gamma**2 * terms.nav / band.aversion
    width: Floats = np.clip(np.cbrt(cube), band.low * sold, band.high * sold)
    return width


# ------------------------------------------------------------------ the experiment


def run(
    prices: Iterable[Floats],
    book: Book,
    terms: Terms,
    compared: Sequence[Plan],
    spacing: int = MINUTE,
) -> dict[str, Outcome]:
    """Sell the book at the first price, hedge by each plan, pay it off at the last; by name.

    prices: a row every `spacing` seconds until the expiry; plans look at multiples of it.
    """
    rows = iter(prices)
    before = next(rows)
    gained = value(before, book, terms.rate, book.tenor).price
    hedges = [Hedge(plan, terms, len(book.options), len(before)) for plan in compared]
    for step, after in enumerate(rows):
        at = step * spacing
        now = value(before, book, terms.rate, book.tenor - at)
        for hedge in hedges:
            hedge.look(now, before, at)
            hedge.move(before, after, spacing)
        before = after
    gained = gained - payoff(before, book)
    return {hedge.plan.name: hedge.close(gained, before) for hedge in hedges}


class Hedge:
    """The position of a plan, on all paths."""

    def __init__(self, plan: Plan, terms: Terms, sold: int, count: int) -> None:
        """sold: by the options [ETH]; count: of paths."""
        self.plan = plan
        self._terms = terms
        self._sold = sold
        nothing = np.zeros(count)
        self._size = nothing
        self._equity = nothing  # at the venue, marked at the index
        self._gained = nothing
        self._spent = nothing
        self._hedges = nothing
        self._full_at = nothing
        self._near = nothing
        self._liquidations = nothing
        self._margin = nothing
        self._steps = 0

    def look(self, now: Calls, price: Floats, at: int) -> None:
        """Trade what the band asks for, `at` seconds after the sale, and see to the margin."""
        plan = self.plan
        if not plan.is_hedged or (at % plan.every if plan.every else at):
            return
        width = half_width(plan.band, now.gamma, price, self._sold, self._terms)
        if plan.band.full_every < inf:
            width = np.where(at - self._full_at >= plan.band.full_every, 0.0, width)
            self._full_at = np.where(width, self._full_at, at)
        wanted = np.clip(self._size, now.delta - width, now.delta + width)
        self._trade(wanted - self._size, price)
        self._keep_margin(price)

    def move(self, before: Floats, after: Floats, spacing: int) -> None:
        """The price moves, funding is paid, and who is under maintenance is liquidated."""
        funding = before * (self._terms.rate * spacing / YEAR)
        gain = self._size * (after - before - funding)
        self._gained = self._gained + gain
        self._equity = self._equity + gain
        notional = np.abs(self._size) * after
        is_near = self._equity < NEAR * self._terms.mmr * notional
        self._near = self._near + is_near
        self._margin = self._margin + self._equity
        self._steps += 1
        if is_near.any():
            self._liquidate(notional, after)

    def close(self, gained: Floats, price: Floats) -> Outcome:
        """The outcome, the position closed; gained: by the options."""
        self._trade(-self._size, price)
        return Outcome(
            pnl=gained + self._gained,
            cost=self._spent,
            hedges=self._hedges,
            near=self._near / self._steps,
            liquidations=self._liquidations,
            margin=self._margin / self._steps,
        )

    def _trade(self, size: Floats, price: Floats) -> None:
        cost = trade_cost(size, price, self._terms)
        self._size = self._size + size
        self._spent = self._spent + cost
        self._equity = self._equity - cost
        self._hedges = self._hedges + (size != 0)

    def _keep_margin(self, price: Floats) -> None:
        """SPEC-H4, SPEC-H5: to m* from below the trigger and from above the ceiling."""
        notional = np.abs(self._size) * price
        is_thin = self._equity < self._terms.trigger * notional
        is_ample = self._equity > self._terms.ceiling * notional
        self._equity = np.where(is_thin | is_ample, self._terms.target * notional, self._equity)

    def _liquidate(self, notional: Floats, price: Floats) -> None:
        """SPEC-M5: as much as brings the ratio back to the initial one, x = (t·N − E)/(t − ℓ).

        The penalty ends with the equity, and what is below nothing is the venue's loss.
        """
        terms = self._terms
        is_due = self._equity < terms.mmr * notional
        needed = (terms.imr * notional - self._equity) / (terms.imr - terms.penalty)
        closed = np.where(is_due, np.minimum(needed, notional), 0.0)
        penalty = np.where(is_due, np.minimum(terms.penalty * closed, self._equity), 0.0)
        self._size = self._size - np.sign(self._size) * closed / price
        self._spent = self._spent + penalty
        self._equity = self._equity - penalty
        self._liquidations = self._liquidations + is_due
