"""fixed_point.vy: equal to its twin to the bit, and the twin to mpmath within the bounds given."""

import random
import re

import pytest
from mpmath import exp, log, mp, mpf

import bench.derive_constants as derivation
from ballast import black_scholes, fixed_point
from ballast.units import Q64, WAD, ceil_div, clamp, from_wad, to_wad, trunc_div

pytest_plugins = ["pricing_fixtures"]

mp.dps = 50
DRAW = random.Random(64)

EDGE_RATIOS = [(1, 1), (2, 1), (2 * WAD - 1, WAD), (2 * WAD + 1, WAD), (4, 1), (4 * WAD - 1, WAD)]
FAR_RATIOS = [(2**190 - 1, 1), (2**190 - 1, 2**189), (10**18, 10**18 + 1), (0, WAD)]
RATIOS = [
    (int(10 ** DRAW.uniform(15, 24)), int(10 ** DRAW.uniform(15, 24))) for _ in range(1_000)
] + [(WAD, int(WAD * DRAW.uniform(0.5, 2))) for _ in range(1_000)]
EXPONENTS = [int(DRAW.uniform(0, 46) * Q64) for _ in range(1_000)] + [
    int(Q64 * 10 ** DRAW.uniform(-19, 0)) for _ in range(500)
]
EDGE_EXPONENTS = [0, 1, fixed_point.LN_TWO // 2, fixed_point.LN_TWO, 45 * Q64 - 1, 45 * Q64]


# ---- The contract is the twin ----


@pytest.mark.parametrize("a, b", EDGE_RATIOS + FAR_RATIOS + RATIOS[:10] + RATIOS[-10:])
def test_ln_ratio__any_ratio__equals_the_twin_both_ways(pricing, a, b):
    assert pricing.ln_ratio(a, b) == fixed_point.ln_ratio(a, b)
    assert pricing.ln_ratio(b, a) == fixed_point.ln_ratio(b, a)


@pytest.mark.parametrize("a", [1, WAD, 2**190 - 1])
def test_ln_ratio__zero__is_taken_for_one(pricing, a):
    assert pricing.ln_ratio(a, 0) == fixed_point.ln_ratio(a, 0) == fixed_point.ln_ratio(a, 1)
    assert pricing.ln_ratio(0, 0) == fixed_point.ln_ratio(0, 0) == 0


@pytest.mark.parametrize("y", [*EDGE_EXPONENTS, 2**255 - 1, *EXPONENTS[:10], *EXPONENTS[-10:]])
def test_exp_neg__any_exponent__equals_the_twin(pricing, y):
    assert pricing.exp_neg(y) == fixed_point.exp_neg(y)


@pytest.mark.parametrize(
    "x", [*EDGE_EXPONENTS, 44 * Q64 - 1, 44 * Q64, 2**255 - 1, -Q64 // 10, -(2**255) + 1]
)
def test_exp__any_exponent__equals_the_twin(pricing, x):
    assert pricing.exp(x) == fixed_point.exp(x)


# ---- The twin is the function ----


def test_ln_ratio__2000_ratios__error_below_2e_19_and_2e_20_of_the_value():
    for a, b in EDGE_RATIOS + RATIOS:
        true = log(mpf(a) / b)
        bound = mpf("2e-19") + mpf("2e-20") * abs(true)
        assert abs(mpf(fixed_point.ln_ratio(a, b)) / Q64 - true) <= bound


def test_ln_ratio__swapped__changes_only_its_sign():
    assert all(fixed_point.ln_ratio(a, b) == -fixed_point.ln_ratio(b, a) for a, b in RATIOS)
    assert fixed_point.ln_ratio(7, 7) == 0


def test_exp_neg__1500_exponents__error_below_3e_19():
    for y in EDGE_EXPONENTS + EXPONENTS:
        assert abs(mpf(fixed_point.exp_neg(y)) / Q64 - exp(-mpf(y) / Q64)) <= mpf("3e-19")


def test_exp_neg__around_the_underflow__falls_to_zero():
    assert fixed_point.exp_neg(44 * Q64) == 1  # 1.43 of the last place
    assert fixed_point.exp_neg(fixed_point.EXP_UNDERFLOW - 1) == 0
    assert fixed_point.exp_neg(fixed_point.EXP_UNDERFLOW) == 0


def test_exp__positive__relative_error_below_6e_19_and_2e_20_of_the_exponent():
    for y in EDGE_EXPONENTS + EXPONENTS:
        x = min(y, fixed_point.EXP_MAX)
        bound = mpf("6e-19") + mpf("2e-20") * x / Q64
        assert abs(fixed_point.exp(x) / (exp(mpf(x) / Q64) * Q64) - 1) <= bound


def test_exp__above_its_maximum__stays_there_below_2_to_the_128():
    assert fixed_point.exp(45 * Q64) == fixed_point.exp(fixed_point.EXP_MAX) < 2**128


def test_exp__negative__is_exp_neg():
    assert all(fixed_point.exp(-y) == fixed_point.exp_neg(y) for y in EXPONENTS)


def test_units__signed_and_rounded__as_named():
    assert [trunc_div(n, d) for n, d in [(7, 2), (-7, 2), (7, -2), (-7, -2)]] == [3, -3, -3, 3]
    assert [ceil_div(n, 2) for n in (0, 1, 2)] == [0, 1, 1]
    assert [clamp(x, 1, 3) for x in (0, 2, 4)] == [1, 2, 3]
    assert (to_wad("0.1"), to_wad(2.5), from_wad(WAD // 4)) == (10**17, 25 * 10**17, 0.25)


# ---- Where the constants come from ----


def test_constants__derived_again__equal_those_of_the_modules():
    assert derivation.differences() == []


def test_constants__one_digit_changed__is_found(tmp_path, monkeypatch):
    for module in derivation.MODULES.glob("*.vy"):
        source = module.read_text()
        (tmp_path / module.name).write_text(re.sub(r"(TAIL_13: .* = -?\d+_\d+)_", r"\1_9", source))
    monkeypatch.setattr(derivation, "MODULES", tmp_path)
    (line,) = derivation.differences()
    assert line.startswith("black_scholes.vy: TAIL_13 is ")


def test_constants__of_the_twins__equal_those_of_the_modules():
    maths, pricing = (derivation.declared(m) for m in ("fixed_point", "black_scholes"))
    assert fixed_point.ATANH == tuple(maths[f"ATANH_{i}"] for i in range(12))
    assert fixed_point.EXP == tuple(maths[f"EXP_{i}"] for i in range(6))
    assert black_scholes.TAIL == tuple(pricing[f"TAIL_{i}"] for i in range(14))
    assert (fixed_point.LN_TWO, fixed_point.LOG2_E) == (maths["LN_TWO"], maths["LOG2_E"])
    assert black_scholes.TAIL_P == pricing["TAIL_P"]
    assert black_scholes.INV_SQRT_2_PI == pricing["INV_SQRT_2_PI"]
