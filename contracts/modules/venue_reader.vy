# pragma version 0.4.3
"""
@title venue_reader
@license AGPL-3.0-only
@notice Reads a perp venue so that no answer, or a wrong one, can make the reader revert.
@dev Stateless. Words are decoded as plain integers: a decoder that checks ranges would revert. `ok` is False when the
     venue did not answer, or not in the shape of IPerpVenue.
"""

from ..interfaces import IPerpVenue

# No price, size or value of a sane venue is above 1.2e12 wad.
LARGEST: constant(uint256) = 2**100
ACCOUNT_WORDS: constant(uint256) = 7
MARKET_WORDS: constant(uint256) = 7
TERMS_WORDS: constant(uint256) = 7
QUOTE_WORDS: constant(uint256) = 3
NORMAL: constant(uint256) = 1  # IPerpVenue.Mode.NORMAL as a word


@internal
@pure
def _fits(word: uint256) -> bool:
    """
    @dev The word, unsigned or signed, is within ±2^100: size · price · ratio, the longest product made of
         them, stays below 2^256.
    """
    return word < LARGEST or word > max_value(uint256) - LARGEST


@internal
@view
def _read(venue: address, call: Bytes[36], words: uint256) -> (bool, Bytes[224]):
    success: bool = False
    answer: Bytes[224] = b""
    success, answer = raw_call(
        venue, call, max_outsize=224, is_static_call=True, revert_on_failure=False
    )
    if not success or len(answer) != words * 32:
        return False, b""
    for i: uint256 in range(words, bound=7):
        if not self._fits(convert(slice(answer, i * 32, 32), uint256)):
            return False, b""
    return True, answer


@internal
@view
def _account(venue: address, who: address) -> (bool, IPerpVenue.Account):
    ok: bool = False
    answer: Bytes[224] = b""
    ok, answer = self._read(
        venue, abi_encode(who, method_id=method_id("account(address)")), ACCOUNT_WORDS
    )
    if not ok:
        return False, empty(IPerpVenue.Account)
    size: int256 = 0
    pending: int256 = 0
    margin: uint256 = 0
    equity_index: int256 = 0
    equity_exit: int256 = 0
    withdrawable: uint256 = 0
    valid: uint256 = 0
    size, pending, margin, equity_index, equity_exit, withdrawable, valid = abi_decode(
        answer, (int256, int256, uint256, int256, int256, uint256, uint256)
    )
    if max(margin, withdrawable) >= LARGEST:
        return False, empty(IPerpVenue.Account)
    return True, IPerpVenue.Account(
        size=size,
        pending=pending,
        margin=margin,
        equity_index=equity_index,
        equity_exit=equity_exit,
        withdrawable=withdrawable,
        valid=valid == 1,
    )


@internal
@view
def _market(venue: address) -> (bool, IPerpVenue.Market):
    ok: bool = False
    answer: Bytes[224] = b""
    ok, answer = self._read(venue, method_id("market()"), MARKET_WORDS)
    if not ok:
        return False, empty(IPerpVenue.Market)
    mark: uint256 = 0
    index: uint256 = 0
    index_at: uint256 = 0
    valid: uint256 = 0
    funding_8h: int256 = 0
    funding_ema_year: int256 = 0
    open_interest: uint256 = 0
    mark, index, index_at, valid, funding_8h, funding_ema_year, open_interest = abi_decode(
        answer, (uint256, uint256, uint256, uint256, int256, int256, uint256)
    )
    if max(mark, max(index, index_at)) >= LARGEST:
        return False, empty(IPerpVenue.Market)
    return True, IPerpVenue.Market(
        mark=mark,
        index=index,
        index_at=index_at,
        valid=valid == 1,
        funding_8h=funding_8h,
        funding_ema_year=funding_ema_year,
        open_interest=open_interest,
    )


@internal
@view
def _terms(venue: address) -> (bool, IPerpVenue.Terms):
    """
    @dev The mode is NORMAL or, whatever else it says, REDUCE_ONLY: positions may grow or not.
    """
    ok: bool = False
    answer: Bytes[224] = b""
    ok, answer = self._read(venue, method_id("terms()"), TERMS_WORDS)
    if not ok:
        return False, empty(IPerpVenue.Terms)
    imr: uint256 = 0
    mmr: uint256 = 0
    fee: uint256 = 0
    max_buy: uint256 = 0
    max_sell: uint256 = 0
    depth: uint256 = 0
    mode: uint256 = 0
    imr, mmr, fee, max_buy, max_sell, depth, mode = abi_decode(
        answer, (uint256, uint256, uint256, uint256, uint256, uint256, uint256)
    )
    if depth == 0 or max(max(imr, mmr), max(fee, depth)) >= LARGEST:
        return False, empty(IPerpVenue.Terms)
    return True, IPerpVenue.Terms(
        imr=imr,
        mmr=mmr,
        fee=fee,
        max_buy=min(max_buy, LARGEST),
        max_sell=min(max_sell, LARGEST),
        depth=depth,
        mode=IPerpVenue.Mode.NORMAL if mode == NORMAL else IPerpVenue.Mode.REDUCE_ONLY,
    )


@internal
@view
def _fills(venue: address, size_delta: int256) -> bool:
    """
    @dev Whether the venue quotes a price for the order.
    """
    ok: bool = False
    answer: Bytes[224] = b""
    ok, answer = self._read(
        venue, abi_encode(size_delta, method_id=method_id("quote(int256)")), QUOTE_WORDS
    )
    return ok and convert(slice(answer, 0, 32), uint256) > 0
