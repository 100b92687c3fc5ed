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
    1_825_831_988_091_402_503,
    1_809_831_304_095_397_094,
    1_855_208_246_043_198_173,
    675_640_955_666_981_653,
    4_334_109_467_039_200_507,
    -8_038_172_287_167_580_857,
    18_705_732_363_484_253_872,
    -27_914_972_238_907_120_414,
    31_833_180_612_716_981_990,
    -26_211_351_467_114_014_441,
    14_530_098_367_228_657_590,
    -5_142_147_555_970_761_574,
    1_057_181_868_159_519_536,
    -96_799_586_511_340_161,
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


def board(spot: int, tenor: int, carry: int) -> Board:
    """Board of a spot [wad], a tenor [s] and the growth exponent g [wad]."""
    growth = exp(trunc_div(carry * Q64, WAD))
    return Board(spot, spot * growth >> 64, growth, isqrt(tenor * Q64 * Q64 // YEAR))


def shifted(board: Board, factor: int) -> Board:
    """The board after spot and forward are multiplied by a factor [wad]."""
    return board._replace(spot=board.spot * factor // WAD, forward=board.forward * factor // WAD)


def greeks(board: Board, strike: int, ln_forward_strike: int, vol: int) -> Greeks:
    """Everything about one strike [wad], given ln(forward / strike) [Q64] and the vol [wad]."""
    sigma = vol * board.root_t // WAD
    if sigma < MIN_DEVIATION:
        return _intrinsic(board, strike, ln_forward_strike)

    d1 = trunc_div(ln_forward_strike << 64, sigma) + (sigma >> 1)
    d2 = d1 - sigma
    decay = exp_neg(d1 * d1 >> 65)
    n1 = decay * _tail(abs(d1)) >> 64
    n2 = decay * _tail(abs(d2)) >> 64
    if d1 >= 0:
        n1 = Q64 - n1
    bond = board.forward * n2 >> 64
    if d2 < 0:
        bond = strike - bond

    total = max((board.forward * n1 >> 64) + bond, board.forward, strike)
    delta_call = (board.growth * n1 >> 64) * WAD >> 64
    density = decay * INV_SQRT_2_PI >> 64
    return Greeks(
        call=total - strike,
        put=total - board.forward,
        delta_call=delta_call,
        delta_put=delta_call - (board.growth * WAD >> 64),
        gamma=(
            (board.growth * density >> 64) * WAD * WAD // (board.spot * sigma) if board.spot else 0
        ),
        vega=(board.forward * density >> 64) * board.root_t >> 64,
    )


def option(spot: int, tenor: int, carry: int, strike: int, vol: int) -> Greeks:
    """Board, logarithm and greeks in one step, for a single option."""
    on = board(spot, tenor, carry)
    return greeks(on, strike, ln_ratio(on.forward, strike), vol)


def _intrinsic(board: Board, strike: int, ln_forward_strike: int) -> Greeks:
    """The limit of no deviation: intrinsic value on the forward, delta by moneyness."""
    growth = board.growth * WAD >> 64
    delta_call = growth // 2
    if ln_forward_strike:
        delta_call = growth if ln_forward_strike > 0 else 0
    total = max(board.forward, strike)
    return Greeks(
        call=total - strike,
        put=total - board.forward,
        delta_call=delta_call,
        delta_put=delta_call - growth,
        gamma=0,
        vega=0,
    )


def _tail(z: int) -> int:
    """Scaled tail of the normal distribution, N(-z)·e^(z²/2), z >= 0 [Q64]."""
    t = Q64 * Q64 // (Q64 + (TAIL_P * z >> 64))
    return polynomial(TAIL, t) * t >> 64
