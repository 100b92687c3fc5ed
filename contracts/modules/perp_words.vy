# pragma version 0.4.3
"""
@title perp_words
@license AGPL-3.0-only
@notice How the perpetual venue writes its books down: two numbers a storage word, the index four.
@dev Stateless; twin: ballast/perp_words.py. What does not fit reverts, nothing is cut. A word never
     written reads as zeros.
     position = size [ETH wad] << 128 | cost [USD wad]                                      an account
     stake    = margin [asset] << 128 | funding accumulator when last settled [USD wad · s]    the same
     purse    = IOUs [asset] << 128 | fund [asset]
     interest = shorts [ETH wad] << 128 | longs [ETH wad]
     growth   = net position when the block began [ETH wad] << 128 | accumulator [USD wad · s]
     index    = average of the yearly rate [wad] << 160 | accrued up to [unix s] << 120 | feed moved
     at [unix s] << 80 | index [USD wad]
"""

from . import funding

HALF: constant(uint256) = 2**128 - 1


@internal
@pure
def _join(high: uint256, low: uint256) -> uint256:
    """
    @notice Two halves as a word.
    """
    return convert(convert(high, uint128), uint256) << 128 | convert(convert(low, uint128), uint256)


@internal
@pure
def _high(word: uint256) -> uint256:
    return word >> 128


@internal
@pure
def _low(word: uint256) -> uint256:
    return word & HALF


@internal
@pure
def _half(number: int256) -> uint256:
    """
    @notice A signed number as a half, in two's complement.
    """
    return convert(convert(convert(convert(number, int128), int256), bytes32), uint256) & HALF


@internal
@pure
def _signed(half: uint256) -> int256:
    """
    @notice The number that `_half` wrote.
    """
    return convert(convert(half << 128, bytes32), int256) >> 128


@internal
@pure
def _from_accrual(accrual: funding.Accrual) -> uint256:
    """
    @notice All of the accrual but its accumulator. [word `index`]
    """
    ema: bytes32 = convert(convert(convert(accrual.ema_year, int96), int256), bytes32)
    return (
        convert(ema, uint256) << 160
        | convert(convert(accrual.at, uint40), uint256) << 120
        | convert(convert(accrual.index_at, uint40), uint256) << 80
        | convert(convert(accrual.index, uint80), uint256)
    )


@internal
@pure
def _to_accrual(word: uint256, accumulator: int256) -> funding.Accrual:
    return funding.Accrual(
        index=word & (2**80 - 1),
        index_at=(word >> 80) & (2**40 - 1),
        at=(word >> 120) & (2**40 - 1),
        accumulator=accumulator,
        ema_year=convert(convert(word, bytes32), int256) >> 160,
    )
