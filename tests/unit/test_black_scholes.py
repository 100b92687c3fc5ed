"""black_scholes.vy: equal to its twin to the bit, the twin to mpmath within the bounds given."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import exp, mpf
from pricing_samples import (
    Option,
    close_options,
    exact,
    exact_on_forward,
    on_chain,
    usual_options,
    wide_options,
)

from ballast import black_scholes as twin
from ballast import float_pricing
from ballast.fixed_point import ln_ratio
from ballast.units import Q64, WAD, YEAR, from_wad

pytest_plugins = ["pricing_fixtures"]

WEI = mpf(1) / WAD
DAY = 86_400
MONTH = 30 * DAY
AT_2000 = Option(2_000 * WAD, MONTH, 0, 2_000 * WAD, 7 * WAD // 10)

spots = st.integers(WAD // 1_000, 10**6 * WAD)
tenors = st.integers(0, 3 * YEAR)
carries = st.integers(-WAD // 2, WAD // 2)
ratios = st.integers(WAD // 100, 100 * WAD)
vols = st.integers(0, 5 * WAD)


def error(found: int, true: mpf) -> mpf:
    return abs(mpf(found) / WAD - true)


# ---- The contract is the twin ----


def test_greeks__700_usual_options__equal_the_twin(pricing):
    options = usual_options()
    assert on_chain(pricing, options) == [twin.option(*o) for o in options]


def test_greeks__4000_wide_options__never_revert_and_equal_the_twin(pricing):
    options = wide_options()
    assert on_chain(pricing, options) == [twin.option(*o) for o in options]


def test_greeks__close_to_the_money__equal_the_twin(pricing):
    options = close_options()[:100]
    assert on_chain(pricing, options) == [twin.option(*o) for o in options]


# The twin has integers without bound: where the two agree, nothing has overflowed.
@pytest.mark.parametrize("forward", [1, 2**128 - 1])
@pytest.mark.parametrize("strike", [1, 2**128 - 1])
@pytest.mark.parametrize("deviation", [2**14, 2**64, 2**119])
def test_greeks__ends_of_the_range__equal_the_twin(pricing, forward, strike, deviation):
    vol = 2**64
    board = twin.Board(forward, forward, 2**128 - 1, -(-deviation * WAD // vol))
    ln = ln_ratio(forward, strike)
    assert tuple(pricing.greeks(board, strike, ln, vol)) == twin.greeks(board, strike, ln, vol)


@pytest.mark.parametrize("ln", [-(2**72) + 1, 2**72 - 1])
def test_greeks__largest_logarithm__equals_the_twin(pricing, ln):
    board = twin.Board(WAD, WAD, Q64, 2**14)
    assert tuple(pricing.greeks(board, WAD, ln, WAD)) == twin.greeks(board, WAD, ln, WAD)


@pytest.mark.parametrize("carry", [-50 * WAD, -WAD // 5, 0, 1, WAD // 5, 44 * WAD, 50 * WAD])
def test_board__any_carry__equals_the_twin(pricing, carry):
    assert tuple(pricing.board(2_000 * WAD, MONTH, carry)) == twin.board(2_000 * WAD, MONTH, carry)


@pytest.mark.parametrize("ln", [-(2**72) + 1, -Q64 // 10, -1, 0, 1, Q64 // 7, 2**72 - 1])
@pytest.mark.parametrize("deviation", [0, twin.MIN_DEVIATION, Q64 // 8, 5 * Q64])
def test_cdf__any_point__is_that_of_the_legs(pricing, ln, deviation):
    assert pricing.cdf(ln, deviation) == twin.cdf(ln, deviation)


# ---- The twin is the formula ----


def test_board__usual_options__forward_and_root_are_exact():
    for option in usual_options():
        board = twin.board(option.spot, option.tenor, option.carry)
        growth = exp(mpf(option.carry) / WAD)
        # 6e-19 of the exponential, 6e-20 of the carry in Q64
        assert abs(board.growth / (growth * Q64) - 1) <= mpf("7e-19")
        forward = option.spot * growth / WAD
        assert error(board.forward, forward) <= mpf("7e-19") * forward + WEI
        assert board.root_t**2 * YEAR <= option.tenor * Q64**2 < (board.root_t + 1) ** 2 * YEAR


def test_greeks__700_usual_options__prices_within_4e_17_of_forward_or_strike():
    for option in usual_options():
        found, true = twin.option(*option), exact(option)
        bound = mpf("4e-17") * option.scale  # 1.83e-17 a tail, the rest is rounding
        assert error(found.call, true.call) <= bound
        assert error(found.put, true.put) <= bound


def test_greeks__700_usual_options__deltas_within_1e_16():
    for option in usual_options():
        found, true = twin.option(*option), exact(option)
        # 1.83e-17 a tail, 2e-19 / 0.002 of the logarithm an hour before expiry
        assert error(found.delta_call, true.delta_call) <= mpf("1e-16")
        assert error(found.delta_put, true.delta_put) <= mpf("1e-16")


def test_greeks__700_usual_options__gamma_and_vega_within_1e_16_of_their_peaks():
    for option in usual_options():
        found, true = twin.option(*option), exact(option)
        spot, root_t = mpf(option.spot) / WAD, option.deviation / (mpf(option.vol) / WAD)
        assert error(found.gamma, true.gamma) <= mpf("1e-16") / (spot * option.deviation) + WEI
        assert error(found.vega, true.vega) <= mpf("1e-16") * spot * root_t + WEI


def test_greeks__4000_wide_options__prices_within_4e_17_and_3_wei():
    for option in wide_options():
        found, true = twin.option(*option), exact(option)
        # 3 wei: the floors of the forward and of both legs
        bound = mpf("4e-17") * option.scale + 3 * WEI
        assert error(found.call, true.call) <= bound
        assert error(found.put, true.put) <= bound


def test_greeks__4000_wide_options__deltas_within_1e_13():
    for option in wide_options():
        found, true = twin.option(*option), exact(option)
        assert error(found.delta_call, true.delta_call) <= mpf("1e-13")
        assert error(found.delta_put, true.delta_put) <= mpf("1e-13")


def test_greeks__close_to_the_money__deltas_within_the_error_of_the_logarithm():
    for option in close_options():
        found, true = twin.option(*option), exact_on_forward(option)
        # 2 wei, and the logarithm's 2e-19, which a short tenor enlarges
        bound = mpf("5e-17") + 2 * WEI + mpf("2e-19") / option.deviation
        if option.deviation > mpf("1e-5"):  # 1% vol and 30 s: still 2e-14
            assert bound < mpf("2.1e-14")
        assert error(found.delta_call, true.delta_call) <= bound
        assert error(found.delta_put, true.delta_put) <= bound


def test_float_greeks__700_usual_options__agree_to_1e_13():
    for option in usual_options():
        found = float_pricing.greeks(
            from_wad(option.spot),
            from_wad(option.strike),
            option.tenor / YEAR,
            from_wad(option.vol),
            from_wad(option.carry),
        )
        spot = option.spot / WAD
        deviation = float(option.deviation)
        # 1e-16 a step, enlarged by 1 / (vol·√T) <= 500 in d1
        scales = (spot, spot, 1, 1, 1 / (spot * deviation), spot)
        for value, true, scale in zip(found, exact(option), scales, strict=True):
            assert abs(value - true) <= 1e-13 * scale


@pytest.mark.parametrize("moneyness, delta", [(0.9, 0), (1, 0.5), (1.1, 1)])
def test_float_greeks__at_expiry__are_intrinsic(moneyness, delta):
    found = float_pricing.greeks(100 * moneyness, 100, 0, 0.7)
    assert found == pytest.approx(
        (max(100 * moneyness - 100, 0), max(100 - 100 * moneyness, 0), delta, delta - 1, 0, 0)
    )
    assert float_pricing.price(True, 100 * moneyness, 100, 0, 0.7) == found.call
    assert float_pricing.price(False, 100 * moneyness, 100, 0, 0.7) == found.put


# ---- Without a deviation ----


@pytest.mark.parametrize("tenor, vol", [(0, WAD), (0, 0), (MONTH, 0), (1, 10**3)])
@pytest.mark.parametrize("spot, delta", [(1_999, 0), (2_000, WAD // 2), (2_001, WAD)])
def test_greeks__no_deviation__are_intrinsic(pricing, tenor, vol, spot, delta):
    option = Option(spot * WAD, tenor, 0, 2_000 * WAD, vol)
    (found,) = on_chain(pricing, (option,))
    assert found == twin.option(*option)
    assert found == (
        max(spot - 2_000, 0) * WAD,
        max(2_000 - spot, 0) * WAD,
        delta,
        delta - WAD,
        0,
        0,
    )


def test_greeks__no_deviation_with_carry__are_intrinsic_on_the_forward():
    found = twin.option(2_000 * WAD, YEAR, WAD // 10, 2_100 * WAD, 0)
    forward = twin.board(2_000 * WAD, YEAR, WAD // 10).forward
    assert found.call == forward - 2_100 * WAD > 0
    assert found.delta_call == int(exp(mpf("0.1")) * WAD)
    assert found.put == found.delta_put == 0


def test_greeks__deviation_at_its_minimum__prices_meet_within_4e_16_of_the_forward():
    spot = 2_000 * WAD
    below, above = (
        twin.greeks(twin.Board(spot, spot, Q64, root_t), spot, 0, WAD)
        for root_t in (twin.MIN_DEVIATION - 1, twin.MIN_DEVIATION)
    )
    assert below.call == below.gamma == 0 < above.gamma
    assert 0 < above.call <= mpf("4e-16") * spot  # 0.4·2^-50


def test_greeks__spot_of_zero__is_worth_the_strike(pricing):
    board = twin.board(0, MONTH, 0)
    ln = -177 * Q64
    found = pricing.greeks(board, 2_000 * WAD, ln, WAD)
    assert tuple(found) == (0, 2_000 * WAD, 0, -WAD, 0, 0)


# ---- What must hold of any option ----


def test_greeks__any_option__keep_signs_parity_and_bounds():
    @settings(max_examples=500, deadline=None)
    @given(spots, tenors, carries, ratios, vols)
    def check(spot, tenor, carry, ratio, vol):
        strike = spot * ratio // WAD
        board = twin.board(spot, tenor, carry)
        found = twin.greeks(board, strike, ln_ratio(board.forward, strike), vol)
        growth = board.growth * WAD >> 64
        assert found.call - found.put == board.forward - strike
        assert max(board.forward - strike, 0) <= found.call <= board.forward
        assert 0 <= found.put <= strike
        assert -growth <= found.delta_put <= 0 <= found.delta_call <= growth
        assert found.delta_call - found.delta_put == growth
        assert found.gamma >= 0 and found.vega >= 0

    check()


def test_greeks__higher_strike__never_makes_a_call_dearer_nor_a_put_cheaper():
    @settings(max_examples=300, deadline=None)
    @given(spots, tenors, carries, ratios, ratios, vols)
    def check(spot, tenor, carry, ratio, other, vol):
        low, high = sorted(spot * r // WAD for r in (ratio, other))
        board = twin.board(spot, tenor, carry)
        at_low, at_high = (
            twin.greeks(board, k, ln_ratio(board.forward, k), vol) for k in (low, high)
        )
        noise = 3 + max(board.forward, high) * 8 // 10**17  # two errors of 4e-17
        assert at_high.call <= at_low.call + noise
        assert at_high.put >= at_low.put - noise

    check()


def test_greeks__higher_vol__never_makes_an_option_cheaper():
    @settings(max_examples=300, deadline=None)
    @given(spots, tenors, carries, ratios, vols, vols)
    def check(spot, tenor, carry, ratio, vol, other):
        strike = spot * ratio // WAD
        low, high = sorted((vol, other))
        at_low, at_high = (twin.option(spot, tenor, carry, strike, v) for v in (low, high))
        forward = twin.board(spot, tenor, carry).forward
        noise = 3 + max(forward, strike) * 8 // 10**17 + 4 * forward // 10**16  # MIN_DEVIATION
        assert at_high.call >= at_low.call - noise
        assert at_high.put >= at_low.put - noise

    check()


def test_greeks__positive_carry__makes_calls_dearer_and_puts_cheaper():
    without = twin.option(*AT_2000)
    up = twin.option(*AT_2000._replace(carry=WAD // 100))
    down = twin.option(*AT_2000._replace(carry=-WAD // 100))
    assert down.call < without.call < up.call
    assert up.put < without.put < down.put


def test_greeks__bumped_spot_and_vol__differences_are_delta_gamma_and_vega():
    spot_step, vol_step = WAD // 100, WAD // 10**5
    here = twin.option(*AT_2000)
    up = twin.option(*AT_2000._replace(spot=AT_2000.spot + spot_step))
    down = twin.option(*AT_2000._replace(spot=AT_2000.spot - spot_step))
    # central differences are off by the third derivative times step² / 6: below 1e-9 of the value
    assert (up.call - down.call) * WAD / (2 * spot_step) == pytest.approx(here.delta_call, rel=1e-9)
    assert (up.put - down.put) * WAD / (2 * spot_step) == pytest.approx(here.delta_put, rel=1e-9)
    bend = (up.delta_call - down.delta_call) * WAD / (2 * spot_step)
    assert bend == pytest.approx(here.gamma, rel=1e-8)
    more = twin.option(*AT_2000._replace(vol=AT_2000.vol + vol_step))
    less = twin.option(*AT_2000._replace(vol=AT_2000.vol - vol_step))
    assert (more.call - less.call) * WAD / (2 * vol_step) == pytest.approx(here.vega, rel=1e-8)
