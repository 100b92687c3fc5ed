# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title hedger_account
@license AGPL-3.0-only
@notice The vault's account at the venue: position, margin and equity, with the venue's terms and
     what a margin target is made of.
@dev Stateful: owns the venue's address, remembers nothing of what it reads. Reads only the venue
     and never reverts: an account that cannot be read is not valid. Prices USD per ETH [wad], sizes
     ETH [wad], + is long.
"""

from ..interfaces import IHedger
from ..interfaces import IPerpVenue
from . import order
from . import policy
from . import venue_reader
from . import wad

uses: policy

VENUE: immutable(IPerpVenue)


@deploy
def __init__(venue: address):
    VENUE = IPerpVenue(venue)


@external
@view
def account() -> IHedger.HedgeAccount:
    """
    @notice The vault's account at the venue, with what others need to value and margin it. Never
         reverts.
    @dev SPEC-H7. Reads only the venue.
    @return See `IHedger.HedgeAccount`.
    """
    return self._account()


@internal
@view
def _account() -> IHedger.HedgeAccount:
    """
    @dev Empty but for the margin rule, and not valid, when the venue does not answer.
    """
    held: IHedger.HedgeAccount = policy._with_target(empty(IHedger.HedgeAccount))
    has_market: bool = False
    has_terms: bool = False
    market: IPerpVenue.Market = empty(IPerpVenue.Market)
    terms: IPerpVenue.Terms = empty(IPerpVenue.Terms)
    has_market, market = venue_reader._market(VENUE.address)
    has_terms, terms = venue_reader._terms(VENUE.address)
    if not (has_market and has_terms):
        return held
    held.mark = market.mark
    held.index = market.index
    held.funding_8h = market.funding_8h
    held.imr = terms.imr
    held.mmr = terms.mmr
    held.fee = terms.fee
    held.max_buy = terms.max_buy
    held.max_sell = terms.max_sell
    held.depth = terms.depth
    held.may_open = terms.mode == IPerpVenue.Mode.NORMAL
    held.valid = market.valid
    return self._with_position(held)


@internal
@view
def _with_position(at: IHedger.HedgeAccount) -> IHedger.HedgeAccount:
    """
    @dev `at` with position and margin as they are now. Within a call the index stands; mark and
         limits stay those of `at`, before the vault's own order.
    """
    has_account: bool = False
    account_: IPerpVenue.Account = empty(IPerpVenue.Account)
    has_account, account_ = venue_reader._account(VENUE.address, self)
    if not has_account:
        return policy._with_target(empty(IHedger.HedgeAccount))
    held: IHedger.HedgeAccount = at
    held.size = account_.size
    held.pending = account_.pending
    held.margin = account_.margin
    held.equity = account_.equity_index
    held.low = min(account_.equity_index, account_.equity_exit)
    held.high = max(account_.equity_index, account_.equity_exit)
    held.withdrawable = account_.withdrawable
    held.valid = at.valid and account_.valid
    return held


@internal
@view
def _venue_room(held: IHedger.HedgeAccount, trade: int256) -> uint256:
    """
    @dev What the venue fills of `trade`: its limits are for positions that grow, so for the part
         that closes it is asked whether it would fill that. [ETH wad]
    """
    room: uint256 = held.max_buy if trade > 0 else held.max_sell
    closing: int256 = order._closing_part(trade, held.size)
    if closing != 0 and venue_reader._fills(VENUE.address, closing):
        return max(room, wad._abs(closing))
    return room
