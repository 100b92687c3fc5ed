"""carry.vy: equal to its twin to the bit, and the twin to mpmath within the bounds given."""

import random

import pytest
from mpmath import expm1, mp, mpf

from ballast import carry
from ballast.units import WAD, YEAR

pytest_plugins = ["pricing_fixtures"]

mp.dps = 50
DAY = 86_400
DAILY = 253_000_000_000_000_000_000  # [wad] ln 2 / 24 h, about
LONG = WAD // 10
DRAW = random.Random(8)
CASES = [
    (
        DRAW.randrange(0, 3 * YEAR),
        int(DRAW.uniform(-0.5, 0.5) * WAD),
        int(DRAW.uniform(-0.5, 0.5) * WAD),
        int(10 ** DRAW.uniform(-2, 4) * WAD),
    )
    for _ in range(400)
]
EDGES = [
    (0, WAD // 2, LONG, DAILY),
    (1, -WAD // 2, LONG, DAILY),
    (60 * DAY, -WAD // 2, -LONG, DAILY),
    (60 * DAY, WAD // 2, LONG, 0),
    (60 * DAY, -WAD // 2, LONG, 0),
    (60 * DAY, WAD // 2, LONG, 1),
]


def exact(tenor: int, rate_ema: int, rate_long: int, reversion: int) -> tuple[mpf, mpf]:
    """(g, dg/dT), both [wad]."""
    years, kappa = mpf(tenor) / YEAR, mpf(reversion) / WAD
    excess = rate_ema - rate_long
    mean = -expm1(-kappa * years) / kappa if kappa else years
    return rate_long * years + excess * mean, rate_long + excess * (1 - kappa * mean)


@pytest.mark.parametrize("case", EDGES + CASES[:20])
def test_growth__any_rates__equals_the_twin(pricing, case):
    assert tuple(pricing.growth(*case)) == carry.growth(*case)


def test_growth__either_sign__error_below_2_wei_and_that_of_the_decay():
    for case in EDGES[:-1] + CASES:
        _, rate_ema, rate_long, reversion = case
        # the exponential's 2e-19, divided by kappa
        decay = abs(rate_ema - rate_long) * mpf("2e-19") * WAD / max(reversion, 1)
        bound = 2 + (decay if reversion else 0)
        assert abs(carry.growth(*case)[0] - exact(*case)[0]) <= bound


def test_growth__rate_at_the_end__either_sign__error_below_2_wei():
    for case in EDGES + CASES:
        assert abs(carry.growth(*case)[1] - exact(*case)[1]) <= 2


def test_growth__no_reversion__is_the_flat_rate():
    assert carry.growth(YEAR, WAD // 2, LONG, 0)[0] == WAD // 2
    assert carry.growth(YEAR, -WAD // 2, LONG, 0)[0] == -WAD // 2
    assert carry.growth(YEAR, WAD // 2, LONG, 0)[1] == WAD // 2


def test_growth__slow_reversion__approaches_the_flat_rate():
    tenor, rate = 28 * DAY, WAD // 2
    flat = carry.growth(tenor, rate, LONG, 0)[0]
    gaps = [flat - carry.growth(tenor, rate, LONG, WAD // 10**n)[0] for n in (1, 2, 3)]
    assert gaps == sorted(gaps, reverse=True)
    # excess · kappa · T² / 2, of which the cubic term is a thousandth at kappa 0.1 and less below
    for n, gap in zip((1, 2, 3), gaps, strict=True):
        limit = mpf(rate - LONG) / 10**n * (mpf(tenor) / YEAR) ** 2 / 2
        assert abs(gap / limit - 1) < mpf("0.003")


def test_growth__no_tenor__is_zero_at_the_rate_of_now():
    assert carry.growth(0, WAD // 2, LONG, DAILY)[0] == 0
    assert carry.growth(0, WAD // 2, LONG, DAILY)[1] == WAD // 2


def test_growth__long_tenor__forgets_the_rate_of_now():
    near, far = (carry.growth(tenor, WAD // 2, LONG, DAILY)[1] for tenor in (DAY, 60 * DAY))
    assert near == pytest.approx((WAD // 2 + LONG) / 2, rel=1e-3)  # a half-life
    assert far == LONG
    pushed = carry.growth(28 * DAY, WAD // 2, LONG, DAILY)[0]
    level = carry.growth(28 * DAY, LONG, LONG, DAILY)[0]
    flat = carry.growth(28 * DAY, WAD // 2, LONG, 0)[0]
    # what a push of the rate can buy, against a flat carry: about a twentieth
    assert (pushed - level) * 19 < flat - level


def test_growth__opposite_rates__is_odd():
    for tenor, rate_ema, rate_long, reversion in CASES:
        here = carry.growth(tenor, rate_ema, rate_long, reversion)[0]
        there = carry.growth(tenor, -rate_ema, -rate_long, reversion)[0]
        assert here == -there
