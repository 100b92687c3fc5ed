# pragma version 0.4.3
"""
@title Pricing harness
@license AGPL-3.0-only
@notice Opens the internal functions of the pricing modules to tests.
@dev Units as in the modules.
"""

from contracts.modules import black_scholes
from contracts.modules import carry
from contracts.modules import fixed_point
from contracts.modules import vol_surface


struct Option:
    spot: uint256
    tenor: uint256
    carry: int256
    strike: int256
    vol: int256


MAX_OPTIONS: constant(uint256) = 32


@external
@pure
def ln_ratio(a: int256, b: int256) -> int256:
    return fixed_point._ln_ratio(a, b)


@external
@pure
def exp_neg(y: int256) -> int256:
    return fixed_point._exp_neg(y)


@external
@pure
def exp(x: int256) -> int256:
    return fixed_point._exp(x)


@external
@pure
def growth(
    tenor: uint256, rate_ema: int256, rate_long: int256, reversion: uint256
) -> (int256, int256):
    return carry._growth(tenor, rate_ema, rate_long, reversion)


@external
@pure
def vol(
    ln_strike_forward: int256,
    root_t: int256,
    atm_vol: uint256,
    skew: int256,
    smile: int256,
    vol_min: uint256,
    vol_max: uint256,
) -> int256:
    curve: vol_surface.Curve = vol_surface._curve(atm_vol, skew, smile, vol_min, vol_max, root_t)
    return vol_surface._vol(curve, ln_strike_forward)


@external
@pure
def board(spot: uint256, tenor: uint256, carry_: int256) -> black_scholes.Board:
    return black_scholes._board(spot, tenor, carry_)


@external
@pure
def greeks(
    board_: black_scholes.Board, strike: int256, ln_forward_strike: int256, vol_: int256
) -> black_scholes.Greeks:
    return black_scholes._greeks(board_, strike, ln_forward_strike, vol_)


@external
@pure
def cdf(ln_forward_strike: int256, deviation: int256) -> int256:
    return black_scholes._cdf(ln_forward_strike, deviation)


@external
@pure
def options(batch: DynArray[Option, MAX_OPTIONS]) -> DynArray[black_scholes.Greeks, MAX_OPTIONS]:
    """
    @notice Boards, logarithms and greeks of many options in one call.
    """
    result: DynArray[black_scholes.Greeks, MAX_OPTIONS] = []
    for o: Option in batch:
        board_: black_scholes.Board = black_scholes._board(o.spot, o.tenor, o.carry)
        x: int256 = fixed_point._ln_ratio(board_.forward, o.strike)
        result.append(black_scholes._greeks(board_, o.strike, x, o.vol))
    return result
