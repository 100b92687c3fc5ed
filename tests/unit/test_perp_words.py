"""perp_words: bit-exact against its twin; what goes in comes out, and what does not fit reverts."""

import ape
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast import perp_words
from ballast.funding import Accrual

halves = st.integers(0, 2**128 - 1)
numbers = st.integers(-(2**127), 2**127 - 1)
accruals = st.builds(
    Accrual,
    index=st.integers(0, 2**80 - 1),
    index_at=st.integers(0, 2**40 - 1),
    at=st.integers(0, 2**40 - 1),
    accumulator=numbers,
    ema_year=st.integers(-(2**95), 2**95 - 1),
)
LARGEST = Accrual(2**80 - 1, 2**40 - 1, 2**40 - 1, 0, 2**95 - 1)


@pytest.fixture(scope="module")
def harness(project, owner):
    return owner.deploy(project.VenueHarness)


def fields(accrual: Accrual) -> tuple[int, ...]:
    return tuple(vars(accrual).values())


def test_join__any_halves__equals_the_twin_and_comes_out(harness):
    @settings(max_examples=15, deadline=None)
    @given(halves, numbers)
    def check(high, number):
        word = perp_words.join(high, perp_words.half(number))
        assert harness.join(high, harness.half(number)) == word < 2**256
        assert harness.high(word) == perp_words.high(word) == high
        assert harness.signed(harness.low(word)) == number
        assert perp_words.signed(perp_words.low(word)) == number

    check()


def test_accrual__any__equals_the_twin_and_comes_out(harness):
    @settings(max_examples=15, deadline=None)
    @given(accruals)
    def check(accrual):
        word = perp_words.from_accrual(accrual)
        assert harness.from_accrual(fields(accrual)) == word < 2**256
        assert Accrual(*harness.to_accrual(word, accrual.accumulator)) == accrual
        assert perp_words.to_accrual(word, accrual.accumulator) == accrual

    check()


@pytest.mark.parametrize("number", [-(2**127), -1, 0, 1, 2**127 - 1])
def test_half__corner__comes_out(harness, number):
    assert harness.signed(harness.half(number)) == number
    assert perp_words.signed(perp_words.half(number)) == number


def test_words__never_written__are_zeros(harness):
    assert tuple(harness.to_accrual(0, 0)) == (0, 0, 0, 0, 0)
    assert harness.high(0) == harness.low(0) == harness.signed(0) == 0


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("join", (2**128, 0)),
        ("join", (0, 2**128)),
        ("half", (2**127,)),
        ("half", (-(2**127) - 1,)),
    ],
)
def test_half__does_not_fit__reverts(harness, name, arguments):
    with pytest.raises(OverflowError):
        getattr(perp_words, name)(*arguments)
    with ape.reverts():
        getattr(harness, name)(*arguments)


@pytest.mark.parametrize("field", ["index", "index_at", "at", "ema_year"])
def test_from_accrual__does_not_fit__reverts(harness, field):
    values = vars(LARGEST)
    assert harness.from_accrual(fields(LARGEST)) == perp_words.from_accrual(LARGEST)
    more = Accrual(**values | {field: values[field] + 1})
    with pytest.raises(OverflowError):
        perp_words.from_accrual(more)
    with ape.reverts():
        harness.from_accrual(fields(more))
