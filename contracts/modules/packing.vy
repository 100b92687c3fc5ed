# pragma version 0.4.3
"""
@title packing
@license AGPL-3.0-only
@notice How series and boards are written down: an id that describes itself, one storage word for the
     call and the put of a strike, one for a board, and one for what every pass needs.
@dev Stateless.
     id     = expiry [unix s] << 136 | strike [USD wad] << 8 | kind       kind 0 a call, 1 a put
     strike = calls sold [ETH wad] << 176 | puts sold << 96 | strike [USD wad]
     board  = expiry << 200 | live strikes << 192 | smile << 128 | skew << 64 | atm vol, vols [wad]
     offset by 2^63
     state  = boards there are, a bit a slot << 200 | block of the last large step << 136 | price made at
     [unix s] << 96 | last good price [USD wad]
"""

from ..interfaces import IOptionBook

MAX_STRIKE: constant(uint256) = 2**96 - 1  # [USD wad] what fits
MAX_SOLD: constant(uint256) = 2**80 - 1  # [ETH wad] what fits, 1.2 million ETH
OFFSET: constant(int256) = 2**63  # makes a signed vol parameter positive
SERIES_MASK: constant(uint256) = 2**136 - 1
VOL_MASK: constant(uint256) = 2**64 - 1
STEP_MASK: constant(uint256) = (2**64 - 1) << 136
PRICE_MASK: constant(uint256) = 2**136 - 1
SLOTS: constant(uint256) = 8


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
def _id_strike(id: uint256) -> uint256:
    return (id & SERIES_MASK) >> 8


@internal
@pure
def _is_put(id: uint256) -> bool:
    return id & 1 == 1


@internal
@pure
def _is_canonical(id: uint256) -> bool:
    """
    @dev The kind is one bit; nothing else has room to be wrong.
    """
    return id & 255 <= 1


@internal
@pure
def _listing(id: uint256) -> uint256:
    """
    @dev What the call and the put of a strike share.
    """
    return id >> 8


@internal
@pure
def _live(strike: uint256, calls: uint256, puts: uint256) -> uint256:
    return calls << 176 | puts << 96 | strike


@internal
@pure
def _strike(live: uint256) -> uint256:
    return live & MAX_STRIKE


@internal
@pure
def _calls(live: uint256) -> uint256:
    return live >> 176


@internal
@pure
def _puts(live: uint256) -> uint256:
    return (live >> 96) & MAX_SOLD


@internal
@pure
def _sold(live: uint256, is_put: bool) -> uint256:
    return self._puts(live) if is_put else self._calls(live)


@internal
@pure
def _with_sold(live: uint256, is_put: bool, amount: uint256) -> uint256:
    """
    @dev The word with that amount sold of one kind; the caller has checked that it fits.
    """
    if is_put:
        return self._live(self._strike(live), self._calls(live), amount)
    return self._live(self._strike(live), amount, self._puts(live))


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
def _with_surface(board: uint256, surface: IOptionBook.Surface) -> uint256:
    return self._board(self._board_expiry(board), self._board_count(board), surface)


@internal
@pure
def _with_one_more(board: uint256) -> uint256:
    return board + (1 << 192)


@internal
@pure
def _with_one_less(board: uint256) -> uint256:
    """
    @dev The caller has checked that there is one.
    """
    return board - (1 << 192)


@internal
@pure
def _state_price(state: uint256) -> uint256:
    return state & MAX_STRIKE


@internal
@pure
def _state_at(state: uint256) -> uint256:
    return (state & PRICE_MASK) >> 96


@internal
@pure
def _state_step(state: uint256) -> uint256:
    return (state & STEP_MASK) >> 136


@internal
@pure
def _has_board(state: uint256, slot: uint256) -> bool:
    return (state >> (200 + slot)) & 1 == 1


@internal
@pure
def _free_slot(state: uint256) -> uint256:
    """
    @dev The lowest slot without a board; their number when there is none.
    """
    for slot: uint256 in range(SLOTS):
        if not self._has_board(state, slot):
            return slot
    return SLOTS


@internal
@pure
def _with_slot_turned(state: uint256, slot: uint256) -> uint256:
    """
    @dev A board that was there is not any more, or the other way round.
    """
    return state ^ (1 << (200 + slot))


@internal
@pure
def _with_step(state: uint256, number: uint256) -> uint256:
    return (state & ~STEP_MASK) | number << 136


@internal
@pure
def _with_price(state: uint256, price: uint256, at: uint256) -> uint256:
    """
    @dev The caller has checked that the price fits, and that its time is not in the future.
    """
    return (state & ~PRICE_MASK) | at << 96 | price
