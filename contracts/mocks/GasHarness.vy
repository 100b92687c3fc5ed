# pragma version 0.4.3
"""
@title Gas harness
@license AGPL-3.0-only
@notice The pricing functions for bench/, each beside one of the same signature that does nothing:
        the difference in gas is the function's own.
@dev Units as in the modules. Its runtime code is what the pricing maths takes of a contract.
"""

from contracts.modules import black_scholes
from contracts.modules import fixed_point

ONE: constant(int256) = 2**64  # [Q64]
WAD: constant(int256) = 10**18
YEAR: constant(uint256) = 31_536_000  # [s]


@external
@pure
def greeks(
    board: black_scholes.Board, strike: int256, ln_forward_strike: int256, vol: int256
) -> black_scholes.Greeks:
    """
    @notice An option of a board, whose forward and √T are known.
    """
    return black_scholes._greeks(board, strike, ln_forward_strike, vol)


@external
@pure
def no_greeks(
    board: black_scholes.Board, strike: int256, ln_forward_strike: int256, vol: int256
) -> black_scholes.Greeks:
    return empty(black_scholes.Greeks)


@external
@pure
def delta(
    board: black_scholes.Board, strike: int256, ln_forward_strike: int256, vol: int256
) -> int256:
    """
    @notice Only the delta of an option of a board. [wad]
    """
    deviation: int256 = unsafe_div(unsafe_mul(vol, board.root_t), WAD)
    asset: int256 = black_scholes._cdf(ln_forward_strike, deviation)
    return unsafe_mul(unsafe_mul(board.growth, asset) >> 64, WAD) >> 64


@external
@pure
def no_delta(
    board: black_scholes.Board, strike: int256, ln_forward_strike: int256, vol: int256
) -> int256:
    return 0


@external
@pure
def option(spot: int256, strike: int256, vol: int256, tenor: uint256) -> black_scholes.Greeks:
    """
    @notice A lone option without carry, its logarithm and √T included, as peers price it.
    """
    board: black_scholes.Board = black_scholes.Board(
        spot=spot,
        forward=spot,
        growth=ONE,
        root_t=convert(isqrt((tenor << 128) // YEAR), int256),
    )
    return black_scholes._greeks(board, strike, fixed_point._ln_ratio(spot, strike), vol)


@external
@pure
def no_option(spot: int256, strike: int256, vol: int256, tenor: uint256) -> black_scholes.Greeks:
    return empty(black_scholes.Greeks)


@external
@pure
def option_delta(spot: int256, strike: int256, vol: int256, tenor: uint256) -> int256:
    """
    @notice Only the delta of a lone option. [wad]
    """
    root_t: int256 = convert(isqrt((tenor << 128) // YEAR), int256)
    deviation: int256 = unsafe_div(unsafe_mul(vol, root_t), WAD)
    asset: int256 = black_scholes._cdf(fixed_point._ln_ratio(spot, strike), deviation)
    return unsafe_mul(asset, WAD) >> 64


@external
@pure
def no_option_delta(spot: int256, strike: int256, vol: int256, tenor: uint256) -> int256:
    return 0
