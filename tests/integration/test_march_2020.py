"""Three days of March 2020 through the contracts: full book, default parameters, hourly keeper.

The market data are not the project's to give: the tests run where they lie beside the checkout.
"""

from dataclasses import dataclass

import pytest

from ballast import history, market_data, paths, report
from ballast.attribution import HEDGE, Statement, attribute
from ballast.backtest import sell
from ballast.parameters import load
from ballast.report import Summary
from ballast.simulation import Cast, World, run
from ballast.units import WAD

HOURS = market_data.usual_folder() / market_data.BARS
FIRST, LAST = "2020-03-11T00:00:00Z", "2020-03-14T00:00:00Z"
DEPTH_OF_NAV = 80
"""Depth of the venue in ETH, as a multiple of NAV / spot."""

pytestmark = pytest.mark.skipif(
    not HOURS.exists(), reason=f"no market data: {HOURS.name} is not in {HOURS.parent}"
)


@dataclass(frozen=True)
class Replay:
    """What three days left."""

    deposited: int  # [USD wad]
    statement: Statement
    nav: int  # what the vault says [USD wad]
    summary: Summary
    liquidations: int
    lowest_nav: float
    refusal: str


@pytest.fixture(scope="module")
def replay(create_engine):
    """`replay(is_hedged)`: the three days; NAV is such that the default depth is 80 · NAV / S."""

    def live(is_hedged: bool) -> Replay:
        path = paths.from_csv(HOURS, FIRST, LAST)
        parameters = load()
        deposit = parameters["venue"]["depth"] * path[0].price // WAD // DEPTH_OF_NAV
        scale = 10 ** (18 - parameters["token"]["decimals"])
        engine = create_engine()
        owner, keeper, arbitrageur, depositor, buyer = engine.accounts(5)
        cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
        world = World(engine, cast, parameters, path[0], [deposit // scale], is_hedged)
        begin = engine.now()
        refusal = sell(world, deposit, 1.0)
        record = run(world, path, [])
        return Replay(
            deposited=deposit,
            statement=attribute(history.journal(engine, world.deployment), begin, engine.now()),
            nav=engine.read(world.deployment.vault, "net_asset_value")[0],
            summary=report.summarise(record.rows),
            liquidations=len(engine.events(world.deployment.venue, "Liquidated")),
            lowest_nav=min(row.nav for row in record.rows),
            refusal=refusal,
        )

    return live


def test_replay__hedged__survives(replay, capsys):
    """SPEC-H1 SPEC-H4 SPEC-B6: no liquidation, no insolvency, and the loss stays bounded."""
    seen = replay(is_hedged=True)
    show(capsys, "hedged", seen)
    assert seen.refusal == "admission: over stress loss"
    assert seen.liquidations == 0
    assert seen.lowest_nav > 0
    assert seen.summary.lowest_margin_ratio >= 0.11
    assert seen.statement.nav_after >= seen.deposited * 86 // 100
    assert seen.summary.outside_left == 0
    check_lines(seen)
    assert seen.statement.lines["gamma"] < 0 < seen.statement.lines["theta"]
    assert seen.statement.lines["delta"] < 0 < seen.statement.lines["delta of the hedge"]


def test_replay__unhedged__loses_more(replay, capsys):
    """What the hedge is worth: the same book without it."""
    seen = replay(is_hedged=False)
    show(capsys, "unhedged", seen)
    assert seen.summary.hedges == 0
    assert seen.statement.nav_after < seen.deposited * 86 // 100
    check_lines(seen)
    assert seen.statement.sum(HEDGE) == seen.statement.lines["reward"] == 0


def check_lines(seen: Replay) -> None:
    """SPEC-L2 SPEC-L1: the lines are the change of NAV to the wei, and the NAV is the vault's."""
    seen.statement.check(seen.nav)
    assert seen.statement.residual == 0
    assert seen.statement.is_live and seen.statement.nav_after == seen.nav


def show(capsys, name: str, seen: Replay) -> None:
    """Print the figures, whatever pytest captures."""
    change = seen.statement.nav_after / seen.deposited - 1
    lowest = seen.lowest_nav * WAD / seen.deposited - 1
    ratio = seen.summary.lowest_margin_ratio
    with capsys.disabled():
        print(
            f"\nMar 2020 {name}: NAV {change:+.1%}, lowest {lowest:+.1%}, "
            f"lowest margin ratio {'none' if ratio is None else f'{ratio:.3f}'}, "
            f"{seen.summary.hedges} hedges, {seen.liquidations} liquidations"
        )
