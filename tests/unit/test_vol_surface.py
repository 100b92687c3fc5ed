"""vol_surface.vy: equal to its twin to the bit, and the twin to the formula in mpmath."""

import random

import pytest
from mpmath import mp, mpf

from ballast import vol_surface
from ballast.black_scholes import board
from ballast.fixed_point import ln_ratio
from ballast.units import Q64, WAD

pytest_plugins = ["pricing_fixtures"]

mp.dps = 50
DAY = 86_400
ATM, SKEW, SMILE = 7 * WAD // 10, -WAD // 20, WAD // 25
VOL_MIN, VOL_MAX = WAD // 5, 3 * WAD
ROOT_T = board(WAD, 28 * DAY, 0).root_t
LN_80, LN_120 = ln_ratio(80, 100), ln_ratio(120, 100)
DRAW = random.Random(25)
CASES = [
    (
        int(DRAW.uniform(-1, 1) * Q64),
        board(WAD, DRAW.randrange(0, 60 * DAY), 0).root_t,
        int(DRAW.uniform(0.2, 3) * WAD),
        int(DRAW.uniform(-0.5, 0.5) * WAD),
        int(DRAW.uniform(-0.1, 0.3) * WAD),
        VOL_MIN,
        VOL_MAX,
    )
    for _ in range(400)
]
EDGES = [
    (0, 0, ATM, SKEW, SMILE, VOL_MIN, VOL_MAX),
    (LN_80, 0, ATM, SKEW, SMILE, VOL_MIN, VOL_MAX),
    (LN_120, ROOT_T, 0, SKEW, SMILE, VOL_MIN, VOL_MAX),
    (-(2**72), 1, 1, -WAD, -WAD, VOL_MIN, VOL_MAX),
    (2**72, Q64, 5 * WAD, 10 * WAD, 10 * WAD, VOL_MIN, VOL_MAX),
    (LN_80, ROOT_T, ATM, 10 * WAD, 0, VOL_MIN, VOL_MAX),
]


def vol(ln_strike_forward: int, root_t: int, *surface: int) -> int:
    """The twin, in the order of the harness."""
    return vol_surface.vol(vol_surface.curve(*surface, root_t), ln_strike_forward)


def exact(
    ln_strike_forward: int, root_t: int, atm_vol: int, skew: int, smile: int, low: int, high: int
) -> mpf:
    """The formula [wad]."""
    deviation = mpf(atm_vol) / WAD * root_t
    if deviation:
        y = min(max(mpf(ln_strike_forward) / deviation, mpf("-2.5")), mpf("2.5"))
    else:
        y = mpf("2.5") * ((ln_strike_forward > 0) - (ln_strike_forward < 0))
    vol = atm_vol * (1 + (skew * y + smile * y**2) / WAD)
    return min(max(vol, mpf(low)), mpf(high))


@pytest.mark.parametrize("case", EDGES + CASES[:20])
def test_vol__any_surface__never_reverts_and_equals_the_twin(pricing, case):
    assert pricing.vol(*case) == vol(*case)


def test_vol__any_surface__error_below_20_wei():
    # y is off by a wei, atm · (skew + 2 · smile · y) <= 3 · (0.5 + 1.5) enlarges it
    for case in EDGES + CASES:
        assert abs(vol(*case) - exact(*case)) <= 20


def test_vol__at_the_forward__is_the_atm_vol():
    assert vol(0, ROOT_T, ATM, SKEW, SMILE, VOL_MIN, VOL_MAX) == ATM


def test_vol__negative_skew__makes_low_strikes_dearer():
    low, high = (vol(ln, ROOT_T, ATM, SKEW, 0, VOL_MIN, VOL_MAX) for ln in (LN_80, LN_120))
    assert low > ATM > high


def test_vol__smile__lifts_both_wings():
    for ln in (LN_80, LN_120):
        assert vol(ln, ROOT_T, ATM, 0, SMILE, VOL_MIN, VOL_MAX) > ATM


@pytest.mark.parametrize("sign", [-1, 1])
def test_vol__beyond_two_and_a_half_deviations__stays_level(sign):
    edge = 5 * ATM * ROOT_T // (2 * WAD)

    def at(ln: int) -> int:
        return vol(sign * ln, ROOT_T, ATM, SKEW, SMILE, VOL_MIN, VOL_MAX)

    assert at(edge * 99 // 100) != at(edge * 101 // 100) == at(edge * 2) == at(2**72)


@pytest.mark.parametrize("skew, bound", [(-WAD, VOL_MIN), (2 * WAD, VOL_MAX)])
def test_vol__outside_its_bounds__is_the_bound(skew, bound):
    far = 2 * ATM * ROOT_T // WAD
    assert vol(far, ROOT_T, ATM, skew, 0, VOL_MIN, VOL_MAX) == bound
    assert vol(0, ROOT_T, bound, skew, 0, VOL_MIN, VOL_MAX) == bound
