# pragma version 0.4.3
"""
@title packing
@license AGPL-3.0-only
@notice How a series and a board are written down: an id that describes itself, and one storage word
     each.
@dev Stateless.
     id    = expiry [unix s] << 136 | strike [USD wad] << 8 | kind        kind 0 a call, 1 a put
     live  = amount sold [ETH wad] << 136 | strike << 8 | kind            what the book stores of a
     live series
     board = expiry << 200 | live series << 192 | smile << 128 | skew << 64 | atm vol, vols [wad]
     offset by 2^63
"""

from ..interfaces import IOptionBook

MAX_STRIKE: constant(uint256) = 2**128 - 1  # [USD wad] what fits
MAX_SOLD: constant(uint256) = 2**120 - 1  # [ETH wad] what fits
OFFSET: constant(int256) = 2**63  # makes a signed vol parameter positive
SERIES_MASK: constant(uint256) = 2**136 - 1
VOL_MASK: constant(uint256) = 2**64 - 1


@internal
@pure
def _id(expiry: uint256, strike: uint256, is_put: bool) -> uint256:
    return expiry << 136 | strike << 8 | convert(is_put, uint256)


@internal
@pure
def _expiry(id: uint256) -> uint256:
    return id >> 136


@internal
@pure
def _strike(word: uint256) -> uint256:
    """
    @dev Of an id or of a live word.
    """
    return (word & SERIES_MASK) >> 8


@internal
@pure
def _is_put(word: uint256) -> bool:
    """
    @dev Of an id or of a live word.
    """
    return word & 1 == 1


@internal
@pure
def _is_canonical(id: uint256) -> bool:
    """
    @dev The kind is one bit; nothing else has room to be wrong.
    """
    return id & 255 <= 1


@internal
@pure
def _live(id: uint256, amount: uint256) -> uint256:
    return amount << 136 | id & SERIES_MASK


@internal
@pure
def _sold(live: uint256) -> uint256:
    return live >> 136


@internal
@pure
def _is_same_series(live: uint256, id: uint256) -> bool:
    """
    @dev Within one board, where the expiry is known to be the same.
    """
    return (live ^ id) & SERIES_MASK == 0


@internal
@pure
def _board(expiry: uint256, count: uint256, surface: IOptionBook.Surface) -> uint256:
    """
    @dev The caller has checked that the vols are below 2^63.
    """
    skew: uint256 = convert(surface.skew + OFFSET, uint256)
    smile: uint256 = convert(surface.smile + OFFSET, uint256)
    return expiry << 200 | count << 192 | smile << 128 | skew << 64 | surface.atm_vol


@internal
@pure
def _board_expiry(board: uint256) -> uint256:
    return board >> 200


@internal
@pure
def _board_count(board: uint256) -> uint256:
    return (board >> 192) & 255


@internal
@pure
def _board_surface(board: uint256) -> IOptionBook.Surface:
    return IOptionBook.Surface(
        atm_vol=board & VOL_MASK,
        skew=convert((board >> 64) & VOL_MASK, int256) - OFFSET,
        smile=convert((board >> 128) & VOL_MASK, int256) - OFFSET,
    )


@internal
@pure
def _with_one_more(board: uint256) -> uint256:
    return board + (1 << 192)
