"""Funding: bit-exact against its twin, the twin against published and worked numbers."""

from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast import funding
from ballast.units import WAD, YEAR

HOUR = 3_600
DAY = 24 * HOUR
USDC_SCALE = 10**12

prices = st.integers(WAD, 10**24)
spans = st.integers(0, 30 * DAY)
rates = st.integers(-(10**22), 10**22)


def w(value) -> int:
    """A decimal number in wad."""
    return int(Fraction(value) * WAD)


@pytest.fixture(scope="module")
def harness(project, owner):
    return owner.deploy(project.VenueHarness)


def start(index) -> funding.Accrual:
    return funding.Accrual(index=index, index_at=0, at=0, accumulator=0, ema_year=0)


@pytest.mark.parametrize(
    ("mark", "index", "cap", "total", "period", "cum"),
    [
        ("15.625", "15.5", "1", DAY, DAY, "0.125"),
        ("1.6", "1.59", "0.03", DAY, DAY, "0.01"),
        ("10", "9", "0.005", 8 * HOUR, 8 * HOUR, "0.045"),
        ("10", "12", "0.01", HOUR, 8 * HOUR, "-0.015"),
    ],
)
def test_accrue__published__longs_pay_the_premium(mark, index, cap, total, period, cum):
    state = funding.accrue(start(w(index)), w(mark), total, w(cap), period, DAY)
    assert Fraction(state.accumulator, period) == w(cum)


def test_accrue__index_moves__each_stretch_at_its_own_index():
    state = funding.accrue(start(w("15.5")), w("15.625"), 1_000, w("0.01"), 8 * HOUR, DAY)
    state = funding.replace(state, index=w("15.7"))
    state = funding.accrue(state, w("15.625"), HOUR, w("0.01"), 8 * HOUR, DAY)
    assert int(Fraction(state.accumulator, 8 * HOUR)) == -2_430_555_555_555_555


def test_accrue__any_state__equals_the_twin(harness):
    @settings(max_examples=12, deadline=None)
    @given(prices, prices, spans, rates, st.integers(0, WAD))
    def check(mark, index, span, ema, cap):
        state = funding.Accrual(index, 5, 7, -(10**30), ema)
        after = funding.accrue(state, mark, 7 + span, cap, 8 * HOUR, DAY)
        seen = harness.accrue((index, 5, 7, -(10**30), ema), mark, 7 + span, cap, 8 * HOUR, DAY)
        assert funding.Accrual(*seen) == after
        premium = harness.premium(mark, index, cap)
        assert premium == funding.premium(mark, index, cap)
        assert harness.rate(premium, index, HOUR, YEAR) == funding.rate(premium, index, HOUR, YEAR)

    check()


def test_owed_up__any_state__equals_the_twin_and_the_ceiling(harness):
    @settings(max_examples=12, deadline=None)
    @given(st.integers(-(10**26), 10**26), st.integers(-(10**33), 10**33))
    def check(size, growth):
        owed = funding.owed_up(size, growth, 8 * HOUR, USDC_SCALE)
        assert harness.owed_up(size, growth, 8 * HOUR, USDC_SCALE) == owed
        exact = Fraction(size * growth, WAD * 8 * HOUR * USDC_SCALE)
        assert 0 <= owed - exact < 1

    check()


@given(prices, prices, st.lists(spans, min_size=1, max_size=6))
def test_accrue__in_many_steps__equals_one(mark, index, steps):
    """SPEC-M2: the accumulator exactly; the average to what a step rounds: 1 wei, and 5e-19 of a
    rate below 1.1e21 [wad]. 1,000 wei a step are ample."""
    cap, period = w("0.0075"), 8 * HOUR
    one = funding.accrue(start(index), mark, sum(steps), cap, period, DAY)
    many, at = start(index), 0
    for step in steps:
        at += step
        many = funding.accrue(many, mark, at, cap, period, DAY)
    assert many.accumulator == one.accumulator
    assert abs(many.ema_year - one.ema_year) <= 1_000 * len(steps)


@given(rates, rates, st.integers(0, 10 * DAY), st.integers(60, 30 * DAY))
def test_ema__any_state__is_the_exponential(average, rate, span, half_life):
    """Errors: the exponential's 5e-19 of the gap, its argument's as much, 1 wei of the result."""
    mpmath.mp.dps = 40
    exact = rate + (average - rate) * mpmath.mpf(2) ** (-mpmath.mpf(span) / half_life)
    bound = abs(average - rate) * mpmath.mpf("1e-18") + 1
    assert abs(funding.ema(average, rate, span, half_life) - exact) <= bound


def test_ema__any_state__equals_the_twin(harness):
    @settings(max_examples=12, deadline=None)
    @given(rates, rates, spans, st.integers(60, 30 * DAY))
    def check(average, rate, span, half_life):
        state = average, rate, span, half_life
        assert harness.ema(*state) == funding.ema(*state)

    check()


def test_ema__one_half_life__is_half_way():
    assert abs(funding.ema(0, WAD, DAY, DAY) - WAD // 2) <= 1


@pytest.mark.parametrize(
    ("premium", "expected"),
    [
        ("0", "0.0001"),
        ("0.0003", "0.0001"),
        ("0.0006", "0.0001"),
        ("0.001", "0.0005"),
        ("-0.0004", "0.0001"),
        ("-0.0006", "-0.0001"),
        ("0.01", "0.0095"),
        ("-0.01", "-0.0095"),
    ],
)
def test_exchange_rate__published__matches(harness, premium, expected):
    arguments = (w(premium), w("0.0001"), w("0.0005"))
    assert funding.exchange_rate(*arguments) == w(expected)
    assert harness.exchange_rate(*arguments) == w(expected)
