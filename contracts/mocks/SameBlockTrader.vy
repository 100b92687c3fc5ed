# pragma version 0.4.3
"""
@title SameBlockTrader
@license AGPL-3.0-only
@notice Trades several times at a venue within one call, for tests of what a block must not allow.
"""

from ethereum.ercs import IERC20

from ..interfaces import IDelayedVenue
from ..interfaces import IPerpMarket
from ..interfaces import IPerpVenue

MARKET: immutable(address)


@deploy
def __init__(token: address, market: address):
    """
    @notice Bind to a venue and let it take tokens.
    @param token The venue's token.
    @param market The venue.
    """
    MARKET = market
    extcall IERC20(token).approve(market, max_value(uint256))


@external
def deposit(amount: uint256):
    """
    @notice Add margin from this contract's tokens.
    @param amount Tokens. [asset]
    """
    extcall IPerpVenue(MARKET).deposit(amount)


@external
def trade(sizes: DynArray[int256, 8]):
    """
    @notice Submit orders at any price, one after the other.
    @param sizes Signed sizes. [ETH wad]
    """
    for size: int256 in sizes:
        limit: uint256 = max_value(uint256) if size > 0 else 0
        extcall IPerpVenue(MARKET).submit(size, limit, block.timestamp)


@external
def trade_and_liquidate(size: int256, who: address):
    """
    @notice Push the mark, then liquidate.
    @param size Signed size. [ETH wad]
    @param who Whom to liquidate.
    """
    limit: uint256 = max_value(uint256) if size > 0 else 0
    extcall IPerpVenue(MARKET).submit(size, limit, block.timestamp)
    extcall IPerpMarket(MARKET).liquidate(who)


@external
def order_and_fill(size: int256):
    """
    @notice Place an order and try to fill it at once.
    @param size Signed size. [ETH wad]
    """
    limit: uint256 = max_value(uint256) if size > 0 else 0
    order_id: uint256 = extcall IPerpVenue(MARKET).submit(size, limit, block.timestamp)
    extcall IDelayedVenue(MARKET).fill(order_id)
