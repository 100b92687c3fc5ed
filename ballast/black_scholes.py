"""Twin of contracts/modules/black_scholes.vy, bit for bit.

Prices are USD wad per ETH, deltas wad, gamma wad per USD, vega USD wad per 1.00 of volatility; all
greeks are those of the option's holder. The formulas are in the module.
"""

from math import isqrt
from typing import NamedTuple

from ballast.fixed_point import exp, exp_neg, ln_ratio, polynomial
from ballast.units import Q64, WAD, YEAR, trunc_div

MIN_DEVIATION = 2**14
INV_SQRT_2_PI = 7_359_186_146_747_302_452
TAIL_P = 4_574_792_530_279_968_801
TAIL = (
    912_915_994_045_701_251,
    904_915_652_047_698_547,
    927_604_123_021_599_086,
    337_820_477_833_490_827,
    2_167_054_733_519_600_254,
    -4_019_086_143_583_790_428,
    9_352_866_181_742_126_936,
    -13_957_486_119_453_560_207,
    15_916_590_306_358_490_995,
    -13_105_675_733_557_007_221,
    7_265_049_183_614_328_795,
    -2_571_073_777_985_380_787,
    528_590_934_079_759_768,
    -48_399_793_255_670_081,
)


class Board(NamedTuple):
    """What all options of one expiry share."""

    spot: int  # [wad]
    forward: int  # [wad]
    growth: int  # [Q64]
    root_t: int  # [Q64]


class Greeks(NamedTuple):
    """Prices and sensitivities of the call and the put at one strike."""

    call: int
    put: int
    delta_call: int
    delta_put: int
    gamma: int
    vega: int


class Legs(NamedTuple):
    """All that prices and greeks are made of."""

    asset: int  # N(d1) [Q64]
    bond: int  # K N(-d2) [wad]
    density: int  # n(d1) [Q64]


def board(spot: int, tenor: int, carry: int) -> Board:
    """Board of a spot [wad], a tenor [s] and the growth exponent g [wad]."""
    growth = exp(trunc_div(carry * Q64, WAD))
    return Board(spot, spot * growth >> 64, growth, isqrt((tenor << 128) // YEAR))


def greeks(board: Board, strike: int, ln_forward_strike: int, vol: int) -> Greeks:
    """Everything about one strike [wad], given ln(forward / strike) [Q64] and the vol [wad]."""
    deviation = vol * board.root_t // WAD
    found = legs(board.forward, strike, ln_forward_strike, deviation)
    total = max((board.forward * found.asset >> 64) + found.bond, board.forward, strike)
    growth = board.growth * WAD >> 64
    delta = growth * found.asset >> 64
    divisor = board.spot * deviation
    return Greeks(
        call=total - strike,
        put=total - board.forward,
        delta_call=delta,
        delta_put=delta - growth,
        gamma=growth * found.density * WAD // divisor if divisor else 0,
        vega=(board.forward * found.density >> 64) * board.root_t >> 64,
    )


def option(spot: int, tenor: int, carry: int, strike: int, vol: int) -> Greeks:
    """Board, logarithm and greeks in one step, for a single option."""
    on = board(spot, tenor, carry)
    return greeks(on, strike, ln_ratio(on.forward, strike), vol)


def legs(forward: int, strike: int, ln_forward_strike: int, deviation: int) -> Legs:
    """The parts of one strike at a deviation vol·√T [Q64]; without one N(d1) is 0, 1/2 or 1."""
    if deviation < MIN_DEVIATION:
        return _limit(strike, ln_forward_strike)
    d1 = trunc_div(ln_forward_strike << 64, deviation) + (deviation >> 1)
    d2 = d1 - deviation
    decay = exp_neg(d1 * d1 >> 65)
    tail = decay * _tail(abs(d1)) >> 64
    bond = forward * (decay * _tail(abs(d2)) >> 64) >> 64
    return Legs(
        asset=tail if d1 < 0 else Q64 - tail,
        bond=strike - bond if d2 < 0 else bond,
        density=decay * INV_SQRT_2_PI >> 64,
    )


def cdf(ln_forward_strike: int, deviation: int) -> int:
    """N(d1) alone [Q64], all that a delta needs."""
    return legs(0, 0, ln_forward_strike, deviation).asset


def _limit(strike: int, ln_forward_strike: int) -> Legs:
    """Without deviation the option is worth its intrinsic value on the forward."""
    if ln_forward_strike > 0:
        return Legs(Q64, 0, 0)
    if ln_forward_strike < 0:
        return Legs(0, strike, 0)
    return Legs(Q64 // 2, strike // 2, 0)


def _tail(z: int) -> int:
    """Scaled tail of the normal distribution, N(-z)·e^(z²/2), z >= 0 [Q64]."""
    t = 2**127 // (Q64 + (TAIL_P * z >> 64))
    r = polynomial(TAIL[1:], t, bits=63)
    return t * ((TAIL[0] << 63) + t * r) >> 125
