"""Black-Scholes in floats, for charts and cross-checks; money is only ever computed by the twins.

The formulas are those of contracts/modules/black_scholes.vy: a forward F = S·e^g, no discounting.
Errors are those of `math.erfc`, about 1e-16 of max(F, K).
"""

from math import copysign, erfc, exp, inf, log, pi, sqrt
from typing import NamedTuple


class FloatGreeks(NamedTuple):
    """Prices and sensitivities of the call and the put at one strike, for their holder."""

    call: float  # [USD per ETH]
    put: float  # [USD per ETH]
    delta_call: float
    delta_put: float
    gamma: float  # change of delta per USD
    vega: float  # [USD per ETH] per 1.00 of volatility


def normal_cdf(x: float) -> float:
    """N(x), accurate to a few units of the last place in both tails."""
    return erfc(-x / sqrt(2)) / 2


def normal_density(x: float) -> float:
    """n(x) = N'(x)."""
    return exp(-x * x / 2) / sqrt(2 * pi)


def greeks(spot: float, strike: float, years: float, vol: float, carry: float = 0.0) -> FloatGreeks:
    """Everything about one strike: spot and strike [USD per ETH] > 0, vol a year, carry g up to
    expiry. Without a deviation (years or vol 0): intrinsic value, gamma and vega 0."""
    growth = exp(carry)
    forward = spot * growth
    moneyness = log(forward / strike)
    deviation = vol * sqrt(years)
    if deviation:
        d1 = moneyness / deviation + deviation / 2
        gamma = growth * normal_density(d1) / (spot * deviation)
    else:
        d1 = copysign(inf, moneyness) if moneyness else 0.0
        gamma = 0.0
    d2 = d1 - deviation
    return FloatGreeks(
        call=forward * normal_cdf(d1) - strike * normal_cdf(d2),
        put=strike * normal_cdf(-d2) - forward * normal_cdf(-d1),
        delta_call=growth * normal_cdf(d1),
        delta_put=-growth * normal_cdf(-d1),
        gamma=gamma,
        vega=forward * normal_density(d1) * sqrt(years) if deviation else 0.0,
    )


def price(
    is_call: bool, spot: float, strike: float, years: float, vol: float, carry: float = 0.0
) -> float:
    """Price of a call or a put [USD per ETH]; arguments as in `greeks`."""
    both = greeks(spot, strike, years, vol, carry)
    return both.call if is_call else both.put
