"""A week of the default vault on a market made up for the test, through the contracts."""

import numpy as np
import pytest

from ballast import backtest
from ballast.backtest import Setting
from ballast.market_data import Market
from ballast.paths import gbm
from ballast.units import WAD

DAY = 24
BEFORE = 3 * DAY
"""Hours before the week, from which its vols come."""

HOURS = BEFORE + backtest.WEEK + backtest.SETTLING + backtest.OUTAGE + 1


def create_market(index: np.ndarray) -> Market:
    """The perp at the index."""
    return Market(0, index, index, np.zeros(len(index)))


@pytest.fixture(scope="module")
def calm() -> Market:
    steps = gbm(1_000.0, 0.6, HOURS, seed=3)
    return create_market(np.array([step.price / WAD for step in steps]))


@pytest.fixture(scope="module")
def falling(calm) -> Market:
    """A fall of 30% over two days in the week, and back up within five hours."""
    shape = np.ones(len(calm.index))
    bottom = BEFORE + 4 * DAY
    shape[bottom - 2 * DAY : bottom] = np.linspace(1, 0.7, 2 * DAY)
    shape[bottom : bottom + 5] = np.linspace(0.7, 1, 6)[1:]
    return create_market(calm.index * shape)


@pytest.fixture(scope="module")
def live_week(create_engine):
    def run(market: Market, setting: Setting) -> backtest.Week:
        engine = create_engine()
        return backtest.live(engine, engine.accounts(5), market, BEFORE, setting)

    return run


@pytest.fixture(scope="module")
def calm_week(live_week, calm):
    return live_week(calm, Setting())


@pytest.fixture(scope="module")
def rebound(live_week, falling):
    return live_week(falling, Setting())


@pytest.fixture(scope="module")
def undisturbed(live_week, falling):
    return live_week(falling, Setting(outages=False))


def test_vols__of_a_steady_market__are_its_vol(calm):
    assert backtest.vols(calm, 72)[BEFORE:].mean() == pytest.approx(0.6, rel=0.2)


def test_vols__a_jump__counts_from_its_own_hour_and_fades_by_half(calm):
    index = np.full(200, 100.0)
    index[100:] = 110
    vols = backtest.vols(create_market(index), 10)
    assert vols[99] == 0 < vols[100]
    assert vols[110] ** 2 == pytest.approx(vols[100] ** 2 / 2)


def test_live__calm__sells_to_the_limit_hedges_and_settles(calm_week, calm):
    assert calm_week.spot == pytest.approx(calm.index[BEFORE])
    assert calm_week.deposit == pytest.approx(2_500 * calm_week.spot)
    assert calm_week.vol == pytest.approx(backtest.vols(calm, 72)[BEFORE])
    assert calm_week.refusal == "admission: over stress loss"
    assert calm_week.sold > 1_000 and calm_week.hedges > 5
    assert calm_week.residual == 0
    assert calm_week.liquidations == calm_week.outages_tried == calm_week.outages_liquidated == 0


def test_live__calm__costs_are_losses_and_the_hedge_steadies(calm_week):
    assert calm_week.premium > 0 > calm_week.fees
    assert calm_week.slippage < 0
    assert 0 < calm_week.hedges <= calm_week.steps
    assert calm_week.lowest <= calm_week.result
    assert 0 < calm_week.nav_sd < calm_week.book_sd / 2


def test_live__half_the_share__sells_half(calm_week, live_week, calm):
    half = live_week(calm, Setting(outages=False, share=0.5))
    assert half.sold == pytest.approx(calm_week.sold / 2, rel=0.05)
    assert half.refusal == "none"
    assert 0 < -half.slippage < -calm_week.slippage / 2  # it grows with the square of the size


def test_live__dear_ether_no_fee__deposit_is_what_the_vault_takes_and_fees_are_none(
    live_week, calm
):
    free = Setting(outages=False, overrides={"venue.fee": "0 bps"})
    dear = live_week(create_market(calm.index * 4), free)
    assert dear.fees == 0
    assert dear.deposit == pytest.approx(5_000_000)
    assert dear.sold * dear.spot / dear.deposit == pytest.approx(5_000 / 2_500, rel=0.5)


def test_live__falls_and_is_back__an_outage_liquidates_and_the_keeper_prevents(rebound):
    """The hedge is short at the bottom."""
    assert rebound.nearest < 0
    assert 0 < rebound.outages_liquidated < rebound.outages_tried
    assert rebound.liquidations == 0


def test_live__outages_tried__are_undone(rebound, undisturbed):
    assert undisturbed.outages_tried == 0
    assert (undisturbed.result, undisturbed.steps) == (rebound.result, rebound.steps)
    assert undisturbed.nearest == rebound.nearest


def test_live__vol_keeper__moves_the_vols_in_the_week(live_week, falling, undisturbed):
    moved = live_week(falling, Setting(outages=False, tracks_vol=True))
    assert moved.lowest < undisturbed.lowest < 0
    assert moved.residual == 0
