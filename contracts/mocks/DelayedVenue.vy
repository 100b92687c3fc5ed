# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title DelayedVenue
@license AGPL-3.0-only
@notice PerpMarket with orders that fill in a later call, as most venues on a rollup have them: order
     first, then anyone fills it at the price of that moment.
@dev Units are in brackets: [asset] token units, [wad] 1e18, [unix s]. Sizes are ETH [wad], + is
     long. An account has one order at a time. It cannot be taken back before its deadline: an order
     that its owner could drop would be an option for free.
"""

from snekmate.auth import ownable

from ..interfaces import IDelayedVenue
from ..interfaces import IPerpMarket
from ..interfaces import IPerpVenue
from ..modules import perp_ledger
from ..modules import perp_venue

implements: IDelayedVenue
implements: IPerpMarket
implements: IPerpVenue
initializes: ownable
initializes: perp_ledger
initializes: perp_venue[ownable := ownable, perp_ledger := perp_ledger]
exports: (
    ownable.owner,
    ownable.transfer_ownership,
    perp_ledger.fund,
    perp_ledger.iou_of,
    perp_ledger.ious,
    perp_ledger.margin_of,
    perp_venue.accumulator,
    perp_venue.add_to_fund,
    perp_venue.collect,
    perp_venue.config,
    perp_venue.deposit,
    perp_venue.exchange_funding_rate,
    perp_venue.grace_until,
    perp_venue.liquidate,
    perp_venue.liquidation_price,
    perp_venue.liquidation_price_at_exit,
    perp_venue.market,
    perp_venue.mode,
    perp_venue.net_position,
    perp_venue.poke,
    perp_venue.quote,
    perp_venue.set_mode,
    perp_venue.terms,
    perp_venue.withdraw,
)

orders: HashMap[uint256, IDelayedVenue.Order]
# The order of an account that waits, 0 for none.
order_of: public(HashMap[address, uint256])

# Identifier given last; the first is 1.
last_order: uint256


@deploy
def __init__(token: address, feed: address, config_: IPerpMarket.Config):
    """
    @notice Open the market; the deployer is the owner.
    @param token What margin is paid in.
    @param feed Chainlink feed of the index; must have a good price.
    @param config_ Parameters, fixed for good.
    """
    ownable.__init__()
    perp_ledger.__init__(token)
    perp_venue.__init__(feed, config_)


@external
def submit(size_delta: int256, limit_price: uint256, deadline: uint256) -> uint256:
    """
    @notice Place an order; it fills when somebody calls `fill`, or never.
    @dev SPEC-M11. Whether it can fill shows when it does.
    @param size_delta Signed size to add to the caller's position. [ETH wad]
    @param limit_price Worst average price accepted. [USD wad]
    @param deadline Last second at which the order may fill. [unix s]
    @return Identifier of the order.
    """
    assert block.timestamp <= deadline, "delayed_venue: too late"
    assert size_delta != 0, "delayed_venue: zero size"
    assert self._pending(msg.sender) == 0, "delayed_venue: order pending"

    order_id: uint256 = self.last_order + 1
    self.last_order = order_id
    self.order_of[msg.sender] = order_id
    self.orders[order_id] = IDelayedVenue.Order(
        owner=msg.sender,
        size_delta=size_delta,
        limit_price=limit_price,
        deadline=deadline,
        placed_in=block.number,
    )
    log IDelayedVenue.OrderPlaced(
        order_id=order_id,
        account=msg.sender,
        size_delta=size_delta,
        limit_price=limit_price,
        deadline=deadline,
    )
    return order_id


@external
def fill(order_id: uint256):
    """
    @notice Fill an order at the price of now. Anyone may call, from the block after it was placed
         to its deadline.
    @dev SPEC-M11. What the market refuses stays pending: the next block may take it.
    @param order_id What `submit` returned.
    """
    order_: IDelayedVenue.Order = self._close_order(order_id)
    assert block.number > order_.placed_in, "delayed_venue: too early"
    assert block.timestamp <= order_.deadline, "delayed_venue: expired"

    perp_venue._trade(order_.owner, order_.size_delta, order_.limit_price)
    log IDelayedVenue.OrderFilled(order_id=order_id, account=order_.owner, filler=msg.sender)


@external
def cancel(order_id: uint256):
    """
    @notice Remove an order that nobody filled. Anyone may call, after its deadline.
    @dev SPEC-M11. Nobody needs to: an expired order does not count.
    @param order_id What `submit` returned.
    """
    order_: IDelayedVenue.Order = self._close_order(order_id)
    assert block.timestamp > order_.deadline, "delayed_venue: not expired"
    log IDelayedVenue.OrderCancelled(order_id=order_id, account=order_.owner)


@external
@view
def account(who: address) -> IPerpVenue.Account:
    """
    @notice Position, pending order and equity of `who`, as if funding were settled now.
    @param who Owner of the account.
    @return See `IPerpVenue.Account`.
    """
    return perp_venue._account(who, self._pending(who))


@external
@view
def order(order_id: uint256) -> IDelayedVenue.Order:
    """
    @notice An order that is neither filled nor cancelled.
    @param order_id What `submit` returned.
    @return See `IDelayedVenue.Order`; empty when there is none.
    """
    return self.orders[order_id]


@internal
def _close_order(order_id: uint256) -> IDelayedVenue.Order:
    order_: IDelayedVenue.Order = self.orders[order_id]
    assert order_.owner != empty(address), "delayed_venue: no such order"
    self.orders[order_id] = empty(IDelayedVenue.Order)
    if self.order_of[order_.owner] == order_id:
        self.order_of[order_.owner] = 0
    return order_


@internal
@view
def _pending(who: address) -> int256:
    """
    @return Size of the order that may still fill. [ETH wad]
    """
    order_: IDelayedVenue.Order = self.orders[self.order_of[who]]
    return order_.size_delta if block.timestamp <= order_.deadline else 0
