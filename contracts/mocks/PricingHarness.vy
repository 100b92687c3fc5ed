# pragma version 0.4.3
"""
@title Pricing harness
@license AGPL-3.0-only
@notice Opens the internal functions of the pricing modules to tests and benches.
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
    strike: uint256
    vol: uint256


MAX_OPTIONS: constant(uint256) = 32


@external
@pure
def ln_ratio(a: uint256, b: uint256) -> int256:
    return fixed_point._ln_ratio(a, b)


@external
@pure
def exp_neg(y: uint256) -> uint256:
    return fixed_point._exp_neg(y)


@external
@pure
def exp(x: int256) -> uint256:
    return fixed_point._exp(x)


@external
@pure
def sqrt(x: uint256) -> uint256:
    return fixed_point._sqrt(x)


@external
@pure
def wad_to_q64(x: uint256) -> uint256:
    return fixed_point._wad_to_q64(x)


@external
@pure
def q64_to_wad(x: uint256) -> uint256:
    return fixed_point._q64_to_wad(x)


@external
@pure
def growth_exponent(
    tenor: uint256, rate_ema: int256, rate_long: int256, reversion: uint256
) -> int256:
    return carry._growth_exponent(tenor, rate_ema, rate_long, reversion)


@external
@pure
def rate_at(tenor: uint256, rate_ema: int256, rate_long: int256, reversion: uint256) -> int256:
    return carry._rate_at(tenor, rate_ema, rate_long, reversion)


@external
@pure
def vol(
    ln_strike_forward: int256,
    root_t: uint256,
    atm_vol: uint256,
    skew: int256,
    smile: int256,
    vol_min: uint256,
    vol_max: uint256,
) -> uint256:
    return vol_surface._vol(ln_strike_forward, root_t, atm_vol, skew, smile, vol_min, vol_max)


@external
@pure
def board(spot: uint256, tenor: uint256, carry_: int256) -> black_scholes.Board:
    return black_scholes._board(spot, tenor, carry_)


@external
@pure
def shifted(board_: black_scholes.Board, factor: uint256) -> black_scholes.Board:
    return black_scholes._shifted(board_, factor)


@external
@pure
def greeks(
    board_: black_scholes.Board, strike: uint256, ln_forward_strike: int256, vol_: uint256
) -> black_scholes.Greeks:
    return black_scholes._greeks(board_, strike, ln_forward_strike, vol_)


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


@external
@view
def gas_of_greeks(batch: DynArray[Option, MAX_OPTIONS]) -> DynArray[uint256, MAX_OPTIONS]:
    """
    @notice Gas of `_greeks` for each option, less that of a call that only copies its arguments.
    """
    result: DynArray[uint256, MAX_OPTIONS] = []
    for o: Option in batch:
        board_: black_scholes.Board = black_scholes._board(o.spot, o.tenor, o.carry)
        x: int256 = fixed_point._ln_ratio(board_.forward, o.strike)
        start: uint256 = msg.gas
        self._copied(board_, o.strike, x, o.vol)
        middle: uint256 = msg.gas
        black_scholes._greeks(board_, o.strike, x, o.vol)
        result.append((middle - msg.gas) - (start - middle))
    return result


@internal
@pure
def _copied(
    board_: black_scholes.Board, strike: uint256, ln_forward_strike: int256, vol_: uint256
) -> black_scholes.Greeks:
    """
    @notice Takes and returns what `_greeks` does, and computes nothing.
    """
    return black_scholes.Greeks(
        call=board_.spot,
        put=strike,
        delta_call=ln_forward_strike,
        delta_put=ln_forward_strike,
        gamma=vol_,
        vega=vol_,
    )
