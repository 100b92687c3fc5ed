# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title book_boards
@license AGPL-3.0-only
@notice The boards: what is listed, with which vols, and how much of each series is sold.
@dev Stateful: owns all of it, and the word `state`, with which every pass begins; the words are laid
     out in `packing`. Checks no price and no limit, asks nobody. Its reasons begin with
     `option_book:`. Prices USD per ETH [wad], sizes ETH [wad].
"""

from ..interfaces import IOptionBook
from . import packing
from . import refusal

MAX_BOARDS: constant(uint256) = 8
MAX_STRIKES: constant(uint256) = 16
MAX_WORDS: constant(uint256) = MAX_BOARDS * (1 + MAX_STRIKES)  # bounds the gas of `risk`

# What every pass needs: the last good price of the feed and when it was made, the block of the last
# large step of a vol, and which boards there are.
state: uint256
# One word a board and one a live strike; an empty board is 0.
boards: uint256[MAX_BOARDS]
live: uint256[MAX_STRIKES][MAX_BOARDS]
# What a board was listed with, by expiry [USD wad]; and the same to look up, by `packing._listing`.
strikes: HashMap[uint256, DynArray[uint256, MAX_STRIKES]]
is_listed: HashMap[uint256, bool]
# When a board's vols were last set, by expiry [unix s].
vols_set_at: public(HashMap[uint256, uint256])


@external
@pure
def series_id(expiry: uint256, strike: uint256, is_put: bool) -> uint256:
    """
    @notice Id of a series: expiry << 136 | strike << 8 | kind.
    @param expiry When it expires. [unix s]
    @param strike Strike. [USD wad]
    @param is_put True for a put.
    @return Id.
    """
    refusal._unless(strike <= packing.MAX_STRIKE, "option_book: strike does not fit")
    return packing._id(expiry, strike, is_put)


@external
@view
def live_boards() -> DynArray[uint256, MAX_BOARDS]:
    """
    @notice Expiries that are listed and not settled.
    @return Expiries. [unix s]
    """
    expiries: DynArray[uint256, MAX_BOARDS] = []
    state: uint256 = self.state
    for slot: uint256 in range(MAX_BOARDS):
        if packing._has_board(state, slot):
            expiries.append(packing._board_expiry(self.boards[slot]))
    return expiries


@external
@view
def last_large_step() -> uint256:
    """
    @notice Block in which a vol was last moved far.
    @return Number of the block, 0 before the first.
    """
    return packing._state_step(self.state)


@external
@view
def board(expiry: uint256) -> (DynArray[uint256, MAX_STRIKES], IOptionBook.Surface):
    """
    @notice Strikes and vols of a board.
    @param expiry The board.
    @return Strikes [USD wad], vols; the vols are 0 when it is settled or unknown.
    """
    slot: uint256 = self._find_board(expiry)
    if slot == MAX_BOARDS:
        return self.strikes[expiry], empty(IOptionBook.Surface)
    return self.strikes[expiry], packing._board_surface(self.boards[slot])


@external
@view
def sold(id: uint256) -> uint256:
    """
    @notice What is sold of a series and not settled.
    @param id Series.
    @return Size. [ETH wad]
    """
    slot: uint256 = self._find_board(packing._expiry(id))
    if slot == MAX_BOARDS:
        return 0
    i: uint256 = self._find_strike(slot, id)
    if i == packing._board_count(self.boards[slot]):
        return 0
    return packing._sold(self.live[slot][i], packing._is_put(id))


@internal
def _list(
    expiry: uint256,
    strikes: DynArray[uint256, MAX_STRIKES],
    surface: IOptionBook.Surface,
    highest: uint256,
):
    """
    @dev SPEC-B1: opens a board with ascending strikes up to `highest`. [USD wad]
    """
    refusal._unless(len(strikes) > 0, "option_book: no strikes")
    previous: uint256 = 0
    for strike: uint256 in strikes:
        refusal._unless(strike > previous, "option_book: strikes not ascending")
        refusal._unless(strike <= highest, "option_book: strike too high")
        self.is_listed[packing._listing(packing._id(expiry, strike, False))] = True
        previous = strike
    refusal._unless(self._find_board(expiry) == MAX_BOARDS, "option_book: board exists")
    slot: uint256 = packing._free_slot(self.state)
    refusal._unless(slot < MAX_BOARDS, "option_book: too many boards")
    self.state = packing._with_slot_turned(self.state, slot)
    self.boards[slot] = packing._board(expiry, 0, surface)
    self.strikes[expiry] = strikes
    self.vols_set_at[expiry] = block.timestamp


@internal
def _set_surface(slot: uint256, expiry: uint256, surface: IOptionBook.Surface, is_large: bool):
    """
    @dev SPEC-B12: a large step closes the vault's instant flow for the block, see `last_large_step`.
    """
    self.boards[slot] = packing._with_surface(self.boards[slot], surface)
    self.vols_set_at[expiry] = block.timestamp
    if is_large:
        self.state = packing._with_step(self.state, block.number)


@internal
def _close(slot: uint256):
    """
    @dev What was sold of the board stays in its words, which no pass reads any more.
    """
    self.boards[slot] = 0
    self.state = packing._with_slot_turned(self.state, slot)


@internal
@view
def _words() -> DynArray[uint256, MAX_WORDS]:
    """
    @dev Every board with live strikes, each followed by its strikes: what the pricer takes.
    """
    book: DynArray[uint256, MAX_WORDS] = []
    state: uint256 = self.state
    for slot: uint256 in range(MAX_BOARDS):
        if not packing._has_board(state, slot):
            continue
        board: uint256 = self.boards[slot]
        count: uint256 = packing._board_count(board)
        if count == 0:
            continue
        book.append(board)
        for i: uint256 in range(count, bound=MAX_STRIKES):
            book.append(self.live[slot][i])
    return book


@internal
@view
def _check_series(id: uint256, amount: uint256) -> uint256:
    """
    @dev Returns the slot of the board.
    """
    expiry: uint256 = packing._expiry(id)
    slot: uint256 = self._find_live_board(expiry)
    refusal._unless(packing._is_canonical(id), "option_book: unknown kind")
    refusal._unless(self.is_listed[packing._listing(id)], "option_book: unknown strike")
    refusal._unless(amount > 0, "option_book: size is zero")
    refusal._unless(amount <= packing.MAX_SOLD, "option_book: size does not fit")
    return slot


@internal
def _book_sale(slot: uint256, id: uint256, amount: uint256):
    """
    @dev Adds to what is sold at the strike, or makes it live: it was listed, so there is room.
    """
    is_put: bool = packing._is_put(id)
    i: uint256 = self._find_strike(slot, id)
    live: uint256 = self.live[slot][i]
    if i == packing._board_count(self.boards[slot]):
        live = packing._live(packing._id_strike(id), 0, 0)
        self.boards[slot] = packing._with_one_more(self.boards[slot])
    total: uint256 = packing._sold(live, is_put) + amount
    refusal._unless(total <= packing.MAX_SOLD, "option_book: series is full")
    self.live[slot][i] = packing._with_sold(live, is_put, total)


@internal
def _book_buy_back(slot: uint256, id: uint256, amount: uint256):
    """
    @dev Takes from what is sold at the strike; with nothing left the last live strike takes its
         place. The pricer has checked that so much is sold.
    """
    i: uint256 = self._find_strike(slot, id)
    live: uint256 = self.live[slot][i]
    is_put: bool = packing._is_put(id)
    live = packing._with_sold(live, is_put, packing._sold(live, is_put) - amount)
    if packing._calls(live) == 0 and packing._puts(live) == 0:
        board: uint256 = packing._with_one_less(self.boards[slot])
        last: uint256 = packing._board_count(board)
        live = self.live[slot][last]
        self.live[slot][last] = 0
        self.boards[slot] = board
        if i == last:
            return
    self.live[slot][i] = live


@internal
@view
def _find_strike(slot: uint256, id: uint256) -> uint256:
    """
    @dev Where the strike of a series stands among the live ones of its board; their count when it
         does not.
    """
    strike: uint256 = packing._id_strike(id)
    count: uint256 = packing._board_count(self.boards[slot])
    for i: uint256 in range(count, bound=MAX_STRIKES):
        if packing._strike(self.live[slot][i]) == strike:
            return i
    return count


@internal
@view
def _find_live_board(expiry: uint256) -> uint256:
    """
    @dev Slot of a board that has not expired.
    """
    slot: uint256 = self._find_board(expiry)
    refusal._unless(slot < MAX_BOARDS, "option_book: unknown board")
    refusal._unless(block.timestamp < expiry, "option_book: expired")
    return slot


@internal
@view
def _find_board(expiry: uint256) -> uint256:
    """
    @dev Slot of the board, MAX_BOARDS for none.
    """
    state: uint256 = self.state
    for slot: uint256 in range(MAX_BOARDS):
        if not packing._has_board(state, slot):
            continue
        if packing._board_expiry(self.boards[slot]) == expiry:
            return slot
    return MAX_BOARDS
