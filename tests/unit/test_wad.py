"""wad: every product and quotient rounds the way its name says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast.units import WAD, ceil_div, trunc_div

amounts = st.integers(0, 3 * 10**38)
divisors = st.integers(1, 3 * 10**38)
signed = st.integers(-3 * 10**38, 3 * 10**38)


@pytest.fixture(scope="module")
def harness(project, owner):
    return owner.deploy(project.VenueHarness)


def test_wad__any_numbers__round_as_named(harness):
    @settings(max_examples=12, deadline=None)
    @given(amounts, amounts, divisors, signed, signed)
    def check(a, b, c, x, y):
        assert harness.mul_down(a, b) == a * b // WAD
        assert harness.mul_up(a, b) == ceil_div(a * b, WAD)
        assert harness.div_down(a, c) == a * WAD // c
        assert harness.div_up(a, c) == ceil_div(a * WAD, c)
        assert harness.mul_div_down(a, b, c) == a * b // c
        assert harness.mul_div_up(a, b, c) == ceil_div(a * b, c)
        assert harness.mul_signed(x, abs(y) // 2) == trunc_div(x * (abs(y) // 2), WAD)

    check()


@pytest.mark.parametrize("scale", [1, 10**10, 10**12])
@pytest.mark.parametrize("amount", [0, 1, 10**12 - 1, 10**12, 10**12 + 1])
def test_to_asset__boundary__rounds_as_named(harness, amount, scale):
    assert harness.to_asset_down(amount, scale) == amount // scale
    assert harness.to_asset_up(amount, scale) == ceil_div(amount, scale)
    assert harness.to_asset_signed_down(amount, scale) == amount // scale
    assert harness.to_asset_signed_down(-amount, scale) == -amount // scale


@pytest.mark.parametrize("a", [0, 1, -1, 2**255 - 1, -(2**255), -(2**255) + 1])
def test_abs__boundary__is_exact(harness, a):
    assert harness.abs_(a) == abs(a)
