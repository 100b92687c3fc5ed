"""The default vault over weeks of a real market, through the contracts, hour by hour.

Each week is a vault of its own, so weeks may be run in any order: deployed at the week's first
hour, with boards at the vol of the hours before, it sells as much as its stress test allows, all
series alike, is hedged by an hourly keeper to the end of its first board, and settles it in the
hour after. A large hedge goes in steps, one a block, and arbitrage answers each. Vols stand for the
week; with `tracks_vol` the vol keeper has them follow the moving average of realised vol each hour,
at the pace that the book allows. Nobody else comes or goes, so the NAV says what a depositor has.

NAV is 2,500 ETH, or `LARGEST_NAV` where that is less. The venue's depth is 80·NAV/S: for 2,500 ETH
its default. All else is the default deployment.

Losses are shares of what was deposited. An outage is tried at every hour from which the index comes
near the hedge's liquidation within `OUTAGE` hours: the market goes on, nobody hedges or adds
margin, somebody tries to liquidate each hour, and all is undone again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, NamedTuple

import numpy as np

from ballast import history, packing, parameters, report, risk, solvency
from ballast.agents import Arbitrageur
from ballast.attribution import Statement, attribute
from ballast.chain import START, Account, Chain, Reverted
from ballast.deployment import push_price
from ballast.market_data import HOUR, Market
from ballast.paths import HOURS_A_YEAR, Step
from ballast.replication import Floats
from ballast.simulation import LIQUIDATORS_EYE, SOUND, Cast, Row, World
from ballast.units import WAD, clamp, to_wad

WEEK = 168  # [h]
SETTLING = 1
"""Hours after expiry in which the board is settled and its hedge unwound."""

OUTAGE = 6
"""Hours for which the keeper is out."""

DEPTH_OF_NAV = 80
"""Depth of the venue, as a multiple of NAV / S."""

NAV_IN_ETH = 2_500
LARGEST_NAV = 5_000_000 * WAD
"""What the default vault takes [USD wad]."""

HALF_LIFE = 72
"""Of the moving average of squared hourly returns that the vols follow [h]."""


@dataclass(frozen=True)
class Setting:
    """What may differ between runs of the same weeks."""

    half_life: int = HALF_LIFE  # of realised vol [h]
    tracks_vol: bool = False  # whether vols move within the week
    outages: bool = True  # whether the keeper's are tried
    share: float = 1.0  # of what the stress test lets be sold
    overrides: dict[str, str] = field(default_factory=dict)  # of parameters, by dotted names


@dataclass(frozen=True)
class Week:
    """What a week left. Money as shares of the deposit, + is the vault's gain."""

    start: str
    spot: float  # [USD]
    deposit: float  # [USD]
    vol: float  # at which it was sold, a year
    sold: float  # [ETH]
    refusal: str  # what ended the sales
    result: float  # to the end
    lowest: float  # NAV at its lowest, less the deposit
    lowest_unhedged: float  # the same of the book alone, before settlement
    premium: float  # over the value of what was sold
    fees: float  # the venue's
    slippage: float  # of each visit of the keeper, against the mark before its first trade
    basis: float  # what else the attribution has in "slippage and basis"
    funding: float
    hedges: int  # hours in which the keeper hedged
    steps: int  # transactions of those, each at most a share of the venue's depth
    unwinding: int  # steps in the hour of settlement, not among them
    nav_sd: float  # of an hour
    book_sd: float  # the same without the hedge
    lowest_margin: float | None  # ratio
    liquidations: int
    nearest: float  # index to liquidation in an outage, a share of the latter; inf for never
    outages_tried: int
    outages_liquidated: int
    residual: int  # of the attribution [USD wad]


def vols(market: Market, half_life: int) -> Floats:
    """Moving average of realised vol at each hour, a year; the first day's is that of the day."""
    squares = np.diff(np.log(market.index), prepend=np.log(market.index[0])) ** 2
    keep = 0.5 ** (1 / half_life)
    variance = np.empty_like(squares)
    average = float(squares[1:25].mean())
    for hour, square in enumerate(squares.tolist()):
        average = keep * average + (1 - keep) * square
        variance[hour] = average
    return np.asarray(np.sqrt(variance * HOURS_A_YEAR))


def live(
    chain: Chain, accounts: Sequence[Account], market: Market, hour: int, setting: Setting
) -> Week:
    """The week that begins at an hour of the market, on an empty chain with five accounts."""
    path = market.steps(hour, WEEK + SETTLING)
    realised = vols(market, setting.half_life)[hour : hour + len(path)]
    world, deposit = _deploy(chain, accounts, path[0], float(realised[0]), setting)
    begin = chain.now()
    refusal = sell(world, deposit, setting.share)
    book = chain.read(world.deployment.book, "risk")
    sold_nav = chain.read(world.deployment.vault, "net_asset_value")[0]
    outages = _run(world, path, realised, setting)
    statement = attribute(history.journal(chain, world.deployment), begin, chain.now())
    statement.check(chain.read(world.deployment.vault, "net_asset_value")[0])
    unhedged = [sold_nav + book.mid - row.book_value * WAD for row in world.record.rows[:WEEK]]
    return Week(
        start=market.moment(hour),
        spot=path[0].price / WAD,
        deposit=deposit / WAD,
        vol=float(realised[0]),
        sold=book.sold / WAD,
        refusal=refusal,
        lowest_unhedged=min(unhedged) / deposit - 1,
        liquidations=len(chain.events(world.deployment.venue, "Liquidated")),
        nearest=outages.nearest,
        outages_tried=outages.tried,
        outages_liquidated=outages.liquidated,
        **_money(world, statement, deposit),
        **_life(world.record.rows, deposit),
    )


def _money(world: World, statement: Statement, deposit: int) -> dict[str, Any]:
    """Where the NAV went, as fields of a week."""
    share = {line: amount / deposit for line, amount in statement.lines.items()}
    slipped = -_slippage(world) / deposit
    return {
        "result": statement.nav_after / deposit - 1,
        "premium": share["premium"],
        "fees": share["venue fees"],
        "slippage": slipped,
        "basis": share["slippage and basis"] - slipped,
        "funding": share["funding"],
        "residual": statement.residual,
    }


def _life(rows: list[Row], deposit: int) -> dict[str, Any]:
    """What the hours were like, as fields of a week."""
    summary = report.summarise(rows)
    return {
        "lowest": min(row.nav for row in rows) * WAD / deposit - 1,
        "hedges": sum(row.hedges > 0 for row in rows[:WEEK]),
        "steps": sum(row.hedges for row in rows[:WEEK]),
        "unwinding": sum(row.hedges for row in rows[WEEK:]),
        "nav_sd": summary.nav_deviation * WAD / deposit,
        "book_sd": summary.book_deviation * WAD / deposit,
        "lowest_margin": summary.lowest_margin_ratio,
    }


def _deploy(
    chain: Chain, accounts: Sequence[Account], start: Step, vol: float, setting: Setting
) -> tuple[World, int]:
    """The vault, and its deposit [USD wad]."""
    values = parameters.load(overrides=setting.overrides)
    deposit = min(NAV_IN_ETH * start.price, LARGEST_NAV)
    values["venue"]["depth"] = DEPTH_OF_NAV * deposit * WAD // start.price
    values["boards"]["atm_vol"] = _bounded(values, to_wad(vol))
    scale = 10 ** (18 - values["token"]["decimals"])
    owner, keeper, arbitrageur, depositor, buyer = accounts
    cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
    chain.advance(START)
    return World(chain, cast, values, start, [deposit // scale]), deposit


class Outages(NamedTuple):
    """What the keeper's would have done, as in `Week`."""

    nearest: float
    tried: int
    liquidated: int


def _run(world: World, path: list[Step], realised: Floats, setting: Setting) -> Outages:
    """Live through the path, and look at an outage from each of its hours."""
    nearest, tried, liquidated = inf, 0, 0
    for step in range(1, len(path)):
        world.step(step, path[step], [])
        if setting.tracks_vol:
            _follow_vol(world, float(realised[step]))
        distance = _distance(world, path[step + 1 : step + 1 + OUTAGE])
        nearest = min(nearest, distance)
        if setting.outages and distance <= LIQUIDATORS_EYE / WAD:
            tried += 1
            liquidated += _outage(world, path, step)
    return Outages(nearest, tried, liquidated)


def _bounded(values: parameters.Parameters, vol: int) -> int:
    limits = values["pricer"]["limits"]
    return clamp(vol, limits["vol_min"], limits["vol_max"])


def _slippage(world: World) -> int:
    """What the hedge paid beyond the mark that the keeper found at each visit [USD wad]."""
    on, lost, visit, mark = world.deployment, 0, -1, 0
    for log in world.chain.logs(on.venue):
        event, hour = log.arguments, (log.timestamp - world.start) // HOUR
        if log.name == "Touched" and hour != visit:
            mark = event["mark"]
        elif log.name == "Traded" and event["account"] == on.hedger.address:
            visit = hour
            at_mark = abs(event["size_delta"]) * mark // WAD
            bought = event["size_delta"] > 0
            lost += event["notional"] - at_mark if bought else at_mark - event["notional"]
    return lost


# ------------------------------------------------------------------ what is sold


def sell(world: World, nav: int, share: float) -> str:
    """Sell every series that may be sold, all alike, to a share of what the stress test allows.

    A share of 1 is sold until the book refuses. nav: of the vault [USD wad]. Returns the refusal.
    """
    series = [
        packing.series_id(expiry, strike, is_put)
        for strike in world.strikes
        for expiry in world.expiries
        for is_put in (False, True)
    ]
    sellable = [one for one in series if _may_be_sold(world, one)]
    max_loss = world.parameters["pricer"]["stress"]["max_loss"]
    amount = int(nav * max_loss // _unit_loss(world, sellable) * share)
    try:
        for one in sellable:
            world.buyers[0].buy(one, amount)
        # The premiums add a little to the NAV that the first estimate is taken from.
        for one in sellable if share == 1 else ():
            world.buyers[0].buy(one, amount // 10)
    except Reverted as refusal:
        return str(refusal)
    return "none"


def _may_be_sold(world: World, series: int) -> bool:
    """Whether the delta of a series is in range."""
    try:
        world.chain.read(world.deployment.book, "quote", series, WAD)
    except Reverted as refusal:
        if "delta" not in str(refusal):
            raise
        return False
    return True


def _unit_loss(world: World, series: list[int]) -> int:
    """Stress loss of a book with one ETH of each series, by the twin [USD wad]."""
    pricer = world.parameters["pricer"]
    chain, on = world.chain, world.deployment
    scene = risk.Scene(
        now=chain.now(),
        price=chain.read(on.book, "risk").price,
        rate_ema=0,
        carry=risk.Carry(*chain.read(on.pricer, "carry")),
        stress=risk.Stress(**pricer["stress"]),
        quoting=risk.Quoting(**pricer["quoting"]),
        vol_min=pricer["limits"]["vol_min"],
        vol_max=pricer["limits"]["vol_max"],
    )
    boards = world.parameters["boards"]
    surface = packing.Surface(boards["atm_vol"], boards["skew"], boards["smile"])
    words = []
    for expiry in world.expiries:
        live: dict[int, int] = {}
        for one in series:
            if packing.expiry(one) == expiry:
                strike = packing.id_strike(one)
                word = live.get(strike, packing.live(strike))
                live[strike] = packing.with_sold(word, packing.is_put(one), WAD)
        words += [packing.board(expiry, len(live), surface), *live.values()]
    return solvency.stress_loss(risk.risk(scene, words))


# ------------------------------------------------------------------ the vol keeper


def _follow_vol(world: World, vol: float) -> None:
    """Move the vol of each live board towards `vol`, as far as the book lets it by now."""
    chain, book = world.chain, world.deployment.book
    pace = world.parameters["pricer"]["limits"]["vol_step"]
    wanted = _bounded(world.parameters, to_wad(vol))
    for expiry in world.expiries:
        if chain.now() >= expiry:
            continue
        elapsed = chain.now() + 1 - chain.read(book, "vols_set_at", expiry)
        step = pace * min(elapsed, HOUR) // HOUR
        surface = chain.read(book, "board", expiry)[1]
        moved = clamp(wanted, surface.atm_vol - step, surface.atm_vol + step)
        after = {"atm_vol": moved, "skew": surface.skew, "smile": surface.smile}
        chain.send(book, "set_vol", expiry, after, sender=world.cast.owner)


# ------------------------------------------------------------------ the keeper's outage


def _distance(world: World, ahead: list[Step]) -> float:
    """How near the index comes to the hedge's liquidation in the hours ahead, a share of it."""
    on = world.deployment
    price = world.chain.read(on.venue, "liquidation_price", on.hedger)
    if price == 0:
        return inf
    side = 1 if world.record.rows[-1].hedge > 0 else -1
    return min(((step.price / price - 1) * side for step in ahead), default=inf)


def _outage(world: World, path: list[Step], hour: int) -> bool:
    """Whether the hedge is liquidated while the keeper is out for the hours after `hour`."""
    chain, on, cast = world.chain, world.deployment, world.cast
    arbitrageur = Arbitrageur(chain, on, cast.arbitrageur)
    snapshot = chain.snapshot()
    try:
        for later in range(hour + 1, min(hour + OUTAGE + 1, len(path))):
            chain.advance(world.start + later * HOUR)
            decimals = world.parameters["feed"]["decimals"]
            push_price(chain, on.feed, cast.owner, path[later].price, decimals)
            arbitrageur.trade(path[later].basis)
            if _liquidates(world):
                return True
        return False
    finally:
        chain.revert(snapshot)


def _liquidates(world: World) -> bool:
    try:
        world.chain.send(
            world.deployment.venue,
            "liquidate",
            world.deployment.hedger,
            sender=world.cast.arbitrageur,
        )
    except Reverted as refusal:
        if str(refusal) != SOUND:
            raise
        return False
    return True
