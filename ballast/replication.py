"""A sold call, hedged at given moments on many paths at once: its P&L, and what theory says of it.

Sizes are of one call on one ETH; prices are USD, vols a year, tenors seconds; r = 0 and no carry.
The pricing is that of `ballast.black_scholes` in floats, N(−z) from the same polynomial, so that an
error of the formulas would show here. `call` and `pnl` differ from the integer twins by less than
`PRICE_ERROR` and `PNL_ERROR` times the spot or the strike, whichever is larger.

Sources: Derman and Kamal, "When you cannot hedge continuously: the corrections of Black-Scholes"
(1999), for the deviation at the money; Bertsimas, Kogan and Lo, "When is time continuous?" (2000),
for that of any strike; Leland, "Option pricing and replication with transactions costs" (1985).
"""

from collections.abc import Sequence
from math import log, pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ballast import black_scholes
from ballast.units import WAD, YEAR, trunc_div

Floats = NDArray[np.float64]

PRICE_ERROR = 1e-15
"""Largest difference of `call` from the integer twin: price / max(S, K), and delta."""

PNL_ERROR = 1e-14
"""Largest difference of `pnl` from `pnl_by_twin`, over max(S, K), with up to 672 steps."""

TAIL = [coefficient / 2.0**63 for coefficient in black_scholes.TAIL]
TAIL_P = black_scholes.TAIL_P / 2.0**64


class Option(NamedTuple):
    """A call, and the vol at which it is sold and hedged."""

    strike: float  # [USD]
    tenor: float  # [s]
    vol: float  # a year


class Calls(NamedTuple):
    """Price [USD], delta and gamma [1/USD] of one call at many spots."""

    price: Floats
    delta: Floats
    gamma: Floats


class Outcome(NamedTuple):
    """What is left of each path. USD for one ETH of the option, + is the seller's gain."""

    pnl: Floats  # before costs
    cost: Floats  # of the trades between the first and the last


# ------------------------------------------------------------------ paths and prices


def gbm(spot: float, vol: float, tenor: float, steps: int, count: int, seed: int) -> Floats:
    """Driftless geometric Brownian motion [USD]: shape (steps + 1, count), a column a path."""
    draw = np.random.default_rng(seed)
    deviation = vol * sqrt(tenor / YEAR / steps)
    moves = draw.standard_normal((steps, count)) * deviation - deviation**2 / 2
    paths: Floats = np.exp(np.concatenate([np.zeros((1, count)), np.cumsum(moves, axis=0)]))
    return spot * paths


def call(spots: Floats, option: Option, tenor: float) -> Calls:
    """The call at each spot [USD], `tenor` > 0 seconds before expiry."""
    return calls(spots, option.strike, option.vol, tenor)


def calls(spots: Floats, strikes: float | Floats, vols: float | Floats, tenor: float) -> Calls:
    """Calls at spots and strikes [USD], each with its vol, `tenor` > 0 seconds before expiry."""
    deviation = vols * sqrt(tenor / YEAR)
    d1 = np.log(spots / strikes) / deviation + deviation / 2
    d2 = d1 - deviation
    decay = np.exp(-d1 * d1 / 2)
    lower = decay * _tail(np.abs(d1))
    bond = spots * decay * _tail(np.abs(d2))
    delta = np.where(d1 < 0, lower, 1 - lower)
    owed = np.where(d2 < 0, strikes - bond, bond)
    return Calls(
        price=np.maximum(spots * delta + owed, np.maximum(spots, strikes)) - strikes,
        delta=delta,
        gamma=decay / sqrt(2 * pi) / (spots * deviation),
    )


def _tail(z: Floats) -> Floats:
    """Scaled tail of the normal distribution, N(−z)·e^(z²/2), z ≥ 0."""
    t: Floats = 1 / (1 + TAIL_P * z)
    result = np.full_like(z, TAIL[-1])
    for coefficient in TAIL[-2::-1]:
        result = result * t + coefficient
    return t * result


# ------------------------------------------------------------------ the experiment


def tenors(tenor: float, steps: int) -> list[float]:
    """Seconds to expiry at each of so many hedges, the first at the sale, at equal steps."""
    return [tenor - tenor * step / steps for step in range(steps)]


def pnl(
    prices: Floats,
    option: Option,
    hedged_at: Sequence[float] | None = None,
    cost: float = 0.0,
    band: float = 0.0,
) -> Outcome:
    """Sell the call, be long its delta from each hedge to the next, pay it off.

    prices: (steps + 1, count), the last row at expiry; hedged_at: seconds to expiry at each hedge,
    equal steps when None; cost: of what is traded, a share of its value. band: 3/2·c/λ [USD], from
    which the half-width around the delta is (band·S·Γ²)^⅓ and trades go to its nearer edge.
    """
    steps = len(prices) - 1
    times = tenors(option.tenor, steps) if hedged_at is None else hedged_at
    gained = call(prices[0], option, option.tenor).price
    held = np.zeros_like(gained)
    spent = np.zeros_like(gained)
    for step, tenor in enumerate(times):
        now = call(prices[step], option, tenor)
        width = np.cbrt(band * prices[step] * now.gamma**2) if step else 0.0
        wanted = np.clip(held, now.delta - width, now.delta + width)
        if step:
            spent += cost * np.abs(wanted - held) * prices[step]
        held = wanted
        gained += held * (prices[step + 1] - prices[step])
    gained -= np.maximum(prices[-1] - option.strike, 0)
    return Outcome(gained, spent)


def pnl_by_twin(
    prices: Sequence[int], strike: int, vol: int, tenor: int, hedged_at: Sequence[int]
) -> int:
    """`pnl` of one path in integers, by the twin of the contracts [USD wad].

    prices and strike [USD wad], vol [wad], tenor at the sale and at each hedge [s].
    """
    gained = black_scholes.option(prices[0], tenor, 0, strike, vol).call
    for step, left in enumerate(hedged_at):
        delta = black_scholes.option(prices[step], left, 0, strike, vol).delta_call
        gained += trunc_div(delta * (prices[step + 1] - prices[step]), WAD)
    return gained - max(prices[-1] - strike, 0)


# ------------------------------------------------------------------ theory


def deviation(spot: float, vol: float, option: Option, steps: int) -> float:
    """sd of the P&L of hedging at the vol that is realised [USD]; a few percent high for few steps.

    Var = (T/N)·(σ²K²/4π)·∫₀^{π/2} exp(−a/(T(1 + sin u))) du, a = (ln(S/K) − σ²T/2)²/σ².
    """
    years = option.tenor / YEAR
    a = (log(spot / option.strike) - vol**2 * years / 2) ** 2 / vol**2
    u = _midpoints(0, pi / 2)
    integral = float(np.mean(np.exp(-a / (years * (1 + np.sin(u)))))) * pi / 2
    return sqrt(years / steps * (vol * option.strike) ** 2 / (4 * pi) * integral)


def dollar_gamma(spot: float, vol: float, option: Option) -> float:
    """E∫S²Γdt until expiry [USD·year], Γ at the option's vol, spot realising `vol`.

    S²Γ = K·φ(d2)/s, s = σ_h·√(T − t); averaged over S_t, itself of variance σ_r²t, it is
    K·φ((ln(S/K) − v²/2)/v)/v with v² = σ_h²(T − t) + σ_r²t.
    """
    years = option.tenor / YEAR
    t = _midpoints(0, years)
    variance = option.vol**2 * (years - t) + vol**2 * t
    d2 = (log(spot / option.strike) - variance / 2) / np.sqrt(variance)
    density = np.exp(-d2 * d2 / 2) / sqrt(2 * pi)
    return float(np.mean(option.strike * density / np.sqrt(variance))) * years


def drift(spot: float, vol: float, option: Option) -> float:
    """Mean P&L of hedging at σ_h where σ_r is realised [USD]: ½(σ_h² − σ_r²)·E∫S²Γdt."""
    return (option.vol**2 - vol**2) / 2 * dollar_gamma(spot, vol, option)


def leland_vol(vol: float, round_trip: float, step: float) -> float:
    """Vol at which rebalancing every `step` seconds is paid for: σ̂² = σ²(1 + √(2/π)·κ/(σ√Δt)).

    round_trip: cost κ of buying and selling, a share of the value.
    """
    return vol * sqrt(1 + sqrt(2 / pi) * round_trip / (vol * sqrt(step / YEAR)))


def _midpoints(low: float, high: float, count: int = 4_096) -> Floats:
    """Nodes of the midpoint rule."""
    return low + (np.arange(count) + 0.5) * (high - low) / count
