"""Implied volatility is the inverse of the formula at 50 digits, and says what it cannot invert."""

import random
from collections.abc import Iterator
from functools import cache
from itertools import islice, product
from math import exp, inf, log, nan, nextafter, sqrt, ulp
from typing import NamedTuple

import pytest
from mpmath import erfc, mp, mpf, npdf
from mpmath import log as exact_log
from mpmath import sqrt as exact_sqrt

from ballast import black_scholes as twin
from ballast import float_pricing, implied_vol
from ballast.units import WAD, YEAR, from_wad

mp.dps = 50
EPSILON = 2.0**-52
MONTH = 30 * 86_400
TINY = 5e-324  # the smallest float

# What the inversion adds to the error of a price, relative: from the tails, their sum, the
# logarithm and σ = s/√T, each a unit or so. 2.9 were seen on the points below, 0.3 in the median.
INVERSION = 5 * EPSILON


class Point(NamedTuple):
    """An option, its volatility, and the float nearest to its exact price."""

    is_call: bool
    forward: float  # [USD per ETH]
    strike: float  # [USD per ETH]
    years: float
    vol: float
    price: float  # [USD per ETH]

    def implied(self) -> float:
        return implied_vol.implied_vol(
            self.is_call, self.price, self.forward, self.strike, self.years
        )

    def price_and_vega(self, vol: float) -> tuple[mpf, mpf]:
        return black(self.is_call, self.forward, self.strike, self.years, vol)


def black(
    is_call: bool, forward: float, strike: float, years: float, vol: float
) -> tuple[mpf, mpf]:
    """Price and vega [USD per ETH] of float arguments at 50 digits."""
    f, k, root_t = mpf(forward), mpf(strike), exact_sqrt(mpf(years))
    s = vol * root_t
    d1 = exact_log(f / k) / s + s / 2
    sign = 1 if is_call else -1
    price = sign * (f * normal_cdf(sign * d1) - k * normal_cdf(sign * (d1 - s)))
    return price, f * npdf(d1) * root_t


def normal_cdf(x: mpf) -> mpf:
    return erfc(-x / exact_sqrt(2)) / 2


def point(is_call: bool, forward: float, strike: float, years: float, s: float) -> Point | None:
    """The option of that deviation; None when no float lies between its price's limits there."""
    vol = s / sqrt(years)
    price = float(black(is_call, forward, strike, years, vol)[0])
    bound, other = (forward, strike) if is_call else (strike, forward)
    if not max(mpf(bound) - mpf(other), 0) < price < bound:
        return None
    return Point(is_call, forward, strike, years, vol, price)


@cache
def grid_points() -> list[Point]:
    """F/K from 1e-6 to 1e6 and 1 ± 1e-15 to 1 ± 1e-1, s from 1e-6 to 30, calls and puts."""
    ratios = [10.0**n for n in range(-6, 7)]
    ratios += [1 + sign * 10.0**n for n in range(-15, 0, 2) for sign in (-1, 1)]
    deviations = [m * 10.0**n for n in range(-6, 1) for m in (1, 3)] + [10.0, 15.0, 30.0]
    options = product((True, False), ratios, deviations)
    found = (point(c, 2_000 * ratio, 2_000, 0.25, s) for c, ratio, s in options)
    return [p for p in found if p]


@cache
def random_points() -> list[Point]:
    """6,000 of any kind, their forwards 0.001 to 1e6, their tenors 1 s to 3 y."""
    return list(islice(_random_points(random.Random(2017)), 6_000))


def _random_points(draw: random.Random) -> Iterator[Point]:
    while True:
        forward = 10 ** draw.uniform(-3, 6)
        if draw.random() < 0.5:
            strike = forward * 10 ** draw.uniform(-6, 6)
        else:
            strike = forward * (1 + draw.choice((-1, 1)) * 10 ** draw.uniform(-16, -0.1))
        if draw.random() < 0.5:
            s = 10 ** draw.uniform(-6, 1.3)
        else:  # by distance from the money, up to where prices are the smallest floats
            s = max(abs(log(forward / strike)) / 10 ** draw.uniform(-2, 1.6), 1e-6)
        years = (3 * YEAR) ** draw.random() / YEAR
        found = point(draw.random() < 0.5, forward, strike, years, s)
        if found:
            yield found


def error_of_inversion(option: Point) -> float:
    """How far the result is from the exact vol of the float price itself, relative."""
    found = option.implied()
    price, vega = option.price_and_vega(found)
    return float(abs(price - mpf(option.price)) / (vega * found))


# ---- The inverse ----


def test_implied_vol__grid__inverts_the_float_price_to_the_last_digits():
    points = grid_points()
    assert len(points) > 400
    assert max(map(error_of_inversion, points)) <= INVERSION


def test_implied_vol__6000_random_points__inverts_the_float_price_to_the_last_digits():
    assert max(map(error_of_inversion, random_points())) <= INVERSION


@pytest.mark.parametrize("points, least", [(grid_points, 350), (random_points, 5_000)])
def test_implied_vol__vol_to_price_to_vol__is_off_by_what_the_price_is_rounded(points, least):
    measured = 0
    for option in points():
        _, vega = option.price_and_vega(option.vol)
        # Half a unit of the price's last place: of a normal float, 2^-53·price / (vega·vol).
        rounding = float(mpf(ulp(option.price)) / 2 / (vega * option.vol))
        if rounding > 1e-4:
            continue  # the float price does not determine four digits of the vol
        # Vega changes by less than 10% over so small a step (most where a price has few digits).
        bound = 1.1 * rounding + INVERSION
        assert abs(option.implied() / option.vol - 1) <= bound, option
        measured += 1
    assert measured >= least


def test_implied_vol__prices_of_the_integer_twin__give_back_its_vol():
    measured = 0
    spots, ratios, vols = (2, 2_000), (50, 80, 99, 100, 101, 125, 200), (2, 5, 10, 20, 50)
    for spot, ratio, tenth, days in product(spots, ratios, vols, (1, 7, 28, 365)):
        strike, vol, tenor = spot * ratio * WAD // 100, tenth * WAD // 10, days * 86_400
        years = tenor / YEAR
        both = twin.option(spot * WAD, tenor, 0, strike, vol)
        for is_call, price in ((True, from_wad(both.call)), (False, from_wad(both.put))):
            arguments = (float(spot), from_wad(strike), years)
            vega = float(black(is_call, *arguments, from_wad(vol))[1])
            # The twin's 1e-16 of max(F, K) and 3 wei, then the price's and the strike's floats.
            error = 1e-16 * max(spot, from_wad(strike)) + 3e-18 + ulp(price) + ulp(from_wad(strike))
            if error > 1e-4 * vega * from_wad(vol):
                continue  # the price is nothing but its error: far from the money, near expiry
            bound = 1.1 * error / (vega * from_wad(vol)) + INVERSION
            measured += 1
            found = implied_vol.implied_vol(is_call, price, *arguments)
            assert abs(found / from_wad(vol) - 1) <= bound
    assert measured >= 350


@pytest.mark.parametrize("is_call", [True, False])
def test_implied_vol__spot_with_carry__inverts_float_pricing(is_call):
    price = float_pricing.price(is_call, 2_000, 2_200, 0.1, 0.8, carry=0.02)
    found = implied_vol.implied_vol(is_call, price, 2_000 * exp(0.02), 2_200, 0.1)
    assert found == pytest.approx(0.8, rel=1e-14)


def test_implied_vol__nine_steps__are_enough(monkeypatch):
    options = grid_points() + random_points()
    found = [option.implied() for option in options]
    monkeypatch.setattr(implied_vol, "MAX_STEPS", 9)
    assert [option.implied() for option in options] == found


# ---- Corners ----


@pytest.mark.parametrize(
    "is_call, price, forward, strike",
    [
        (True, TINY, 2_000.0, 4_000.0),  # the smallest price
        (False, TINY, 2_000.0, 1_999.0),
        (True, TINY, 1e-3, 1e3),
        (True, TINY, 1e308, 1.1e308),
        (True, 5e-320, 5e-310, 1e-309),  # in a unit of few digits
        (True, TINY, 2 * TINY, 2 * TINY),
        (False, TINY, 3 * TINY, 2 * TINY),
        (True, 0.5, 1.0, 1e308),  # F/K beyond the floats
        (False, 1e307, 1e308, 1.1e308),
        (False, TINY, 1e308, 2 * TINY),
        (True, nextafter(2_000.0, 0), 2_000.0, 2_000.0),  # next to the bound
        (False, nextafter(2_000.0, 0), 2.0, 2_000.0),
        (True, 1.7e308, 1.79e308, 1.79e308),
        (True, 1e-16, 2.0, nextafter(2.0, 3)),  # next to the money
        (False, TINY, nextafter(2.0, 3), 2.0),
        (True, 1.0, 2.0, nextafter(2.0, 3)),
        (True, 1e-300, 1.0, 1.0),
        (True, nextafter(1_000.0, inf), 2_000.0, 1_000.0),  # next to the intrinsic value
        (False, nextafter(1e6 - 1e-3, inf), 1e-3, 1e6),
    ],
)
@pytest.mark.parametrize("years", [1e-9, 1.0, 100.0])
def test_implied_vol__corner__inverts_the_price(is_call, price, forward, strike, years):
    option = Point(is_call, forward, strike, years, nan, price)
    with mp.workdps(400):  # prices 1e-324 of the forward
        assert error_of_inversion(option) <= INVERSION


def test_implied_vol__at_the_money_and_below_the_smallest_float__is_zero():
    assert implied_vol.implied_vol(True, TINY, 2_000, 2_000, 1) == 0  # √(2π)·2.5e-327


# ---- What has no volatility ----


@pytest.mark.parametrize("position, name", enumerate(["price", "forward", "strike", "years"]))
@pytest.mark.parametrize("value", [0.0, -1.0, nan, inf])
def test_implied_vol__argument_not_positive_and_finite__is_refused(position, name, value):
    arguments = [5.0, 100.0, 100.0, 1.0]
    arguments[position] = value
    with pytest.raises(ValueError) as refusal:
        implied_vol.implied_vol(True, *arguments)
    assert str(refusal.value) == f"{name} must be positive and finite, not {value}"


@pytest.mark.parametrize("is_call, forward, strike", [(True, 100.0, 95.0), (False, 95.0, 100.0)])
def test_implied_vol__price_at_intrinsic_value__is_refused(is_call, forward, strike):
    side = "call" if is_call else "put"
    with pytest.raises(ValueError) as refusal:
        implied_vol.implied_vol(is_call, 5.0, forward, strike, 1)
    assert str(refusal.value) == f"{side} price 5.0 must be above its intrinsic value, 5.0"
    assert implied_vol.implied_vol(is_call, nextafter(5.0, 6), forward, strike, 1) > 0


@pytest.mark.parametrize("is_call, forward, strike", [(True, 90.0, 95.0), (False, 95.0, 90.0)])
def test_implied_vol__price_at_upper_bound__is_refused(is_call, forward, strike):
    side = "call" if is_call else "put"
    limit = "forward" if is_call else "strike"
    with pytest.raises(ValueError) as refusal:
        implied_vol.implied_vol(is_call, 90.0, forward, strike, 1)
    assert str(refusal.value) == f"{side} price 90.0 must be below the {limit}, 90.0"
    assert implied_vol.implied_vol(is_call, nextafter(90.0, 0), forward, strike, 1) > 16
