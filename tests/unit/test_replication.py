"""The replication of a sold call: prices are the twin's, each payment has its sign, theory its
known values."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballast import black_scholes, replication
from ballast.replication import Option
from ballast.units import WAD, YEAR

WEEK = 7 * 86_400
OPTION = Option(100.0, WEEK, 0.8)


def column(*prices: float) -> np.ndarray:
    """One path."""
    return np.array(prices, dtype=float)[:, None]


def premium(spot: float = 100.0, option: Option = OPTION) -> float:
    """What the call is sold for."""
    return float(replication.call(np.array([spot]), option, option.tenor).price[0])


def test_call__anywhere__is_the_integer_twins():
    @given(
        spot=st.integers(1, 10**5),
        moneyness=st.integers(20, 500),
        tenor=st.integers(60, YEAR),
        vol=st.integers(1, 300),
    )
    def check(spot, moneyness, tenor, vol):
        strike = spot * moneyness / 100
        found = replication.call(np.array([float(spot)]), Option(strike, tenor, vol / 100), tenor)
        twin = black_scholes.option(
            spot * WAD, tenor, 0, spot * moneyness * WAD // 100, vol * WAD // 100
        )
        error = replication.PRICE_ERROR
        assert abs(found.price[0] - twin.call / WAD) <= error * max(spot, strike)
        assert abs(found.delta[0] - twin.delta_call / WAD) <= error
        assert found.gamma[0] * spot == pytest.approx(twin.gamma / WAD * spot, rel=1e-9, abs=1e-9)

    check()


def test_gbm__many_paths__have_the_vol_and_no_drift():
    prices = replication.gbm(100.0, 0.8, WEEK, 24, 20_000, 1)
    assert prices.shape == (25, 20_000)
    assert (prices[0] == 100.0).all()
    moves = np.diff(np.log(prices), axis=0)
    assert moves.std() * sqrt(24 * YEAR / WEEK) == pytest.approx(0.8, rel=0.01)
    assert prices[-1].mean() == pytest.approx(100.0, abs=4 * prices[-1].std() / sqrt(20_000))


def test_gbm__same_seed__gives_the_same_paths():
    first, second, other = (replication.gbm(100.0, 0.8, WEEK, 5, 3, seed) for seed in (1, 1, 2))
    assert (first == second).all()
    assert (first != other)[1:].all()


def test_pnl__price_stands__earns_the_whole_premium():
    earned = replication.pnl(column(100, 100, 100), OPTION).pnl[0]
    assert earned == pytest.approx(premium())
    assert earned > 4


@pytest.mark.parametrize("last", [90.0, 110.0])
def test_pnl__one_move__is_premium_plus_hedge_less_payoff(last):
    """The hedge is long: it gains when the price rises, and the payoff is what it costs."""
    delta = float(replication.call(np.array([100.0]), OPTION, WEEK).delta[0])
    earned = replication.pnl(column(100, last), OPTION).pnl[0]
    payoff = max(last - 100, 0)
    assert earned == pytest.approx(premium() + delta * (last - 100) - payoff)
    assert 0.5 < delta < 0.6


def test_pnl__costs__are_of_the_value_traded_between_first_and_last():
    prices = column(100, 105, 103)
    deltas = [
        float(replication.call(prices[step], OPTION, tenor).delta[0])
        for step, tenor in enumerate(replication.tenors(WEEK, 2))
    ]
    made = replication.pnl(prices, OPTION, cost=0.001)
    assert made.cost[0] == pytest.approx(0.001 * abs(deltas[1] - deltas[0]) * 105)
    assert made.cost[0] > 0
    assert made.pnl[0] == replication.pnl(prices, OPTION).pnl[0]  # costs are apart


def test_pnl__wide_band__keeps_the_first_hedge():
    prices = column(100, 105, 103)
    made = replication.pnl(prices, OPTION, cost=0.001, band=1e9)
    delta = float(replication.call(prices[0], OPTION, WEEK).delta[0])
    assert made.cost[0] == 0
    assert made.pnl[0] == pytest.approx(premium() + delta * 3 - 3)


def test_pnl__narrow_band__trades_to_the_nearer_edge():
    prices = column(100, 105, 103)
    now = replication.call(prices[1], OPTION, WEEK / 2)
    first = float(replication.call(prices[0], OPTION, WEEK).delta[0])
    band = 1e-5
    edge = float(now.delta[0]) - float(np.cbrt(band * 105 * now.gamma[0] ** 2))
    assert edge > first
    made = replication.pnl(prices, OPTION, cost=1.0, band=band)
    assert made.cost[0] == pytest.approx((edge - first) * 105)


def test_pnl_by_twin__same_path__is_that_of_the_floats():
    prices = replication.gbm(100.0, 0.8, WEEK, 8, 1, 3)
    times = [int(tenor) for tenor in replication.tenors(WEEK, 8)]
    exact = [round(price * WAD) for price in prices[:, 0]]
    twin = replication.pnl_by_twin(exact, 100 * WAD, 8 * WAD // 10, WEEK, times)
    assert twin / WAD == pytest.approx(replication.pnl(prices, OPTION).pnl[0], abs=1e-12)


def test_tenors__equal_steps__begin_at_the_tenor_and_never_reach_expiry():
    assert replication.tenors(100, 4) == [100, 75, 50, 25]


@pytest.mark.parametrize(
    "strike, steps, known",
    [(100, 28, 0.739), (100, 168, 0.302), (100, 672, 0.151), (110, 28, 0.6255), (110, 168, 0.2554)],
)
def test_deviation__published_cases__has_the_published_values(strike, steps, known):
    option = Option(strike, WEEK, 0.8)
    assert replication.deviation(100.0, 0.8, option, steps) == pytest.approx(known, abs=6e-4)


def test_drift__any_vols__is_the_difference_of_the_premiums():
    """½(σ_h² − σ_r²)·E∫S²Γdt is C(σ_h) − C(σ_r): the premium is all that the vol is worth."""
    for realised in (0.5, 0.8, 1.1):
        fair = OPTION._replace(vol=realised)
        expected = premium() - premium(option=fair)
        assert replication.drift(100.0, realised, OPTION) == pytest.approx(expected, abs=1e-6)


def test_leland_vol__a_round_trip__raises_the_vol_by_its_formula():
    hourly = replication.leland_vol(0.8, 0.001, 3_600)
    assert hourly == pytest.approx(0.8 * sqrt(1 + 0.7978845608 * 0.001 / (0.8 / sqrt(8_760))))
    assert replication.leland_vol(0.8, 0.0, 3_600) == 0.8
