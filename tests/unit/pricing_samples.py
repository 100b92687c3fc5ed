"""Sample options for the tests of the pricing maths, their exact values, their way on chain."""

import random
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from ape.contracts import ContractInstance
from mpmath import erfc, exp, log, mp, mpf, npdf, sqrt

from ballast.black_scholes import Greeks, board
from ballast.units import WAD, YEAR

mp.dps = 50
BATCH = 32  # options the harness takes in one call


class Option(NamedTuple):
    """One option, in the order and units of `PricingHarness.Option`."""

    spot: int  # [wad]
    tenor: int  # [s]
    carry: int  # [wad]
    strike: int  # [wad]
    vol: int  # [wad]

    @property
    def scale(self) -> mpf:
        """What the error of a price is measured in: max(F, K) [USD per ETH]."""
        return max(self.spot * exp(mpf(self.carry) / WAD), mpf(self.strike)) / WAD

    @property
    def deviation(self) -> mpf:
        """vol·√T."""
        return mpf(self.vol) / WAD * sqrt(mpf(self.tenor) / YEAR)


class Exact(NamedTuple):
    """The formulas of black_scholes.vy at 50 digits, not in wad."""

    call: mpf
    put: mpf
    delta_call: mpf
    delta_put: mpf
    gamma: mpf
    vega: mpf


@cache
def usual_options() -> tuple[Option, ...]:
    """700 options as a vault meets them: S/K 0.5 to 2, vol 20% to 200%, 1 h to 1 y, carry ±20%."""
    draw = random.Random(1973)
    strike = 2_000 * WAD
    return tuple(
        Option(
            spot=int(strike * 2 ** draw.uniform(-1, 1)),
            tenor=int(3_600 * 8_760 ** draw.random()),
            carry=int(draw.uniform(-0.2, 0.2) * WAD),
            strike=strike,
            vol=int(draw.uniform(0.2, 2) * WAD),
        )
        for _ in range(700)
    )


@cache
def wide_options() -> tuple[Option, ...]:
    """4,000 options of any kind: S 0.001 to 1e6, S/K 1e-3 to 1e3, 1 s to 3 y, vol 1% to 500%."""
    return tuple(islice(_any_options(random.Random(1976), decades=3), 4_000))


@cache
def close_options() -> tuple[Option, ...]:
    """500 options of any kind within 0.1% of the money, where deltas turn fastest."""
    return tuple(islice(_any_options(random.Random(1979), decades=0.0005), 500))


def _any_options(draw: random.Random, decades: float) -> Iterator[Option]:
    while True:
        spot = int(10 ** draw.uniform(-3, 6) * WAD)
        yield Option(
            spot=spot,
            tenor=int((3 * YEAR) ** draw.random()),
            carry=int(draw.uniform(-0.5, 0.5) * WAD),
            strike=int(spot * 10 ** draw.uniform(-decades, decades)),
            vol=int(10 ** draw.uniform(-2, 0.7) * WAD),
        )


@cache
def exact(option: Option) -> Exact:
    """The true values for the integers of the option."""
    return _black_scholes(option, mpf(option.spot) / WAD * exp(mpf(option.carry) / WAD))


def exact_on_forward(option: Option) -> Exact:
    """The true values for the forward as the board has it, floored to the wei."""
    return _black_scholes(option, mpf(board(*option[:3]).forward) / WAD)


def _black_scholes(option: Option, forward: mpf) -> Exact:
    spot, strike, vol, carry = (
        mpf(x) / WAD for x in (option.spot, option.strike, option.vol, option.carry)
    )
    growth, root_t = exp(carry), sqrt(mpf(option.tenor) / YEAR)
    deviation = vol * root_t
    d1 = log(forward / strike) / deviation + deviation / 2
    d2 = d1 - deviation
    return Exact(
        call=forward * _normal_cdf(d1) - strike * _normal_cdf(d2),
        put=strike * _normal_cdf(-d2) - forward * _normal_cdf(-d1),
        delta_call=growth * _normal_cdf(d1),
        delta_put=-growth * _normal_cdf(-d1),
        gamma=growth * npdf(d1) / (spot * deviation),
        vega=forward * npdf(d1) * root_t,
    )


def _normal_cdf(x: mpf) -> mpf:
    return erfc(-x / sqrt(2)) / 2


def on_chain(pricing: ContractInstance, options: tuple[Option, ...]) -> list[Greeks]:
    """The contract's answers, in batches."""
    answers: list[Greeks] = []
    for start in range(0, len(options), BATCH):
        answers += [Greeks(*found) for found in pricing.options(options[start : start + BATCH])]
    return answers
