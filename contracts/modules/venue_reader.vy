# pragma version 0.4.3
"""
@title venue_reader
@license AGPL-3.0-only
@notice Reads a perp venue so that no answer, or a wrong one, can make the reader revert.
@dev Stateless. Words are decoded as plain integers: a decoder that checks ranges would revert. `ok`
     is False when the venue did not answer, or not in the shape of IPerpVenue.
"""

from ..interfaces import IPerpVenue

# No price, size or value of a sane venue is above 1.2e12 wad: with all words below it, size · price ·
# ratio, the longest product made of them, stays below 2^256.
LARGEST: constant(int256) = 2**100
# A venue that burns what it is given leaves the reader enough to go on; `price_feed` says why a
# caller cannot fake that.
READ_GAS: constant(uint256) = 500_000  # the largest read of PerpMarket takes 60,000
WORDS: constant(uint256) = 7  # of each of the three structs
NORMAL: constant(int256) = 1  # IPerpVenue.Mode.NORMAL as a word


@internal
@view
def _read(venue: address, call: Bytes[36]) -> (bool, int256[WORDS]):
    """
    @dev The words of an answer, all within ±2^100.
    """
    words: int256[WORDS] = empty(int256[WORDS])
    success: bool = False
    answer: Bytes[32 * WORDS] = b""
    success, answer = raw_call(
        venue,
        call,
        max_outsize=32 * WORDS,
        gas=READ_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(answer) != 32 * WORDS:
        return False, words
    words = abi_decode(answer, int256[WORDS])
    # A word is within ±2^100 when, with 2^100 added, it has no bit above the hundredth.
    bits: uint256 = 0
    for word: int256 in words:
        bits |= convert(convert(unsafe_add(word, LARGEST), bytes32), uint256)
    return bits >> 101 == 0, words


@internal
@pure
def _unsigned(word: int256) -> uint256:
    return convert(word, uint256)


@internal
@pure
def _room(word: int256) -> uint256:
    """
    @dev A limit; a word with its highest bits set says that there is none.
    """
    return convert(LARGEST if word < 0 else word, uint256)


@internal
@view
def _account(venue: address, who: address) -> (bool, IPerpVenue.Account):
    ok: bool = False
    w: int256[WORDS] = empty(int256[WORDS])
    ok, w = self._read(venue, abi_encode(who, method_id=method_id("account(address)")))
    if not ok or min(w[2], w[5]) < 0:
        return False, empty(IPerpVenue.Account)
    return True, IPerpVenue.Account(
        size=w[0],
        pending=w[1],
        margin=self._unsigned(w[2]),
        equity_index=w[3],
        equity_exit=w[4],
        withdrawable=self._unsigned(w[5]),
        valid=w[6] == 1,
    )


@internal
@view
def _market(venue: address) -> (bool, IPerpVenue.Market):
    ok: bool = False
    w: int256[WORDS] = empty(int256[WORDS])
    ok, w = self._read(venue, method_id("market()"))
    if not ok or min(min(w[0], w[1]), min(w[2], w[6])) < 0:
        return False, empty(IPerpVenue.Market)
    return True, IPerpVenue.Market(
        mark=self._unsigned(w[0]),
        index=self._unsigned(w[1]),
        index_at=self._unsigned(w[2]),
        valid=w[3] == 1,
        funding_8h=w[4],
        funding_ema_year=w[5],
        open_interest=self._unsigned(w[6]),
    )


@internal
@view
def _terms(venue: address) -> (bool, IPerpVenue.Terms):
    """
    @dev The mode is NORMAL or, whatever else it says, REDUCE_ONLY: positions may grow or not.
    """
    ok: bool = False
    w: int256[WORDS] = empty(int256[WORDS])
    ok, w = self._read(venue, method_id("terms()"))
    if not ok or min(min(w[0], w[1]), w[2]) < 0 or w[5] <= 0:
        return False, empty(IPerpVenue.Terms)
    return True, IPerpVenue.Terms(
        imr=self._unsigned(w[0]),
        mmr=self._unsigned(w[1]),
        fee=self._unsigned(w[2]),
        max_buy=self._room(w[3]),
        max_sell=self._room(w[4]),
        depth=self._unsigned(w[5]),
        mode=IPerpVenue.Mode.NORMAL if w[6] == NORMAL else IPerpVenue.Mode.REDUCE_ONLY,
    )


@internal
@view
def _fills(venue: address, size_delta: int256) -> bool:
    """
    @dev Whether the venue quotes a price for the order.
    """
    success: bool = False
    answer: Bytes[128] = b""  # a word more than asked: a longer answer is another shape
    success, answer = raw_call(
        venue,
        abi_encode(size_delta, method_id=method_id("quote(int256)")),
        max_outsize=128,
        gas=READ_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(answer) != 96:
        return False
    words: int256[3] = abi_decode(slice(answer, 0, 96), int256[3])
    for word: int256 in words:
        if word >= LARGEST or word < 0:
            return False
    return words[0] > 0
