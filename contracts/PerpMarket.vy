# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title PerpMarket
@license AGPL-3.0-only
@notice A perpetual future on a constant-product virtual market, with a fund on the other side of
     every trade. Orders fill within the call.
@dev Units are in brackets: [asset] token units, [wad] 1e18, [unix s]. Prices are USD per ETH [wad],
     sizes ETH [wad], + is long. What is not about placing orders is in `perp_venue`.
@custom:kill Owner sets REDUCE_ONLY or PAUSED: adding margin, reducing and liquidating work in every
     mode; after a pause only who cannot pay the penalty is liquidated, for a while.
"""

from snekmate.auth import ownable

from .interfaces import IPerpMarket
from .interfaces import IPerpVenue
from .modules import perp_ledger
from .modules import perp_venue

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
    @notice Trade `size_delta` against the curve, now or not at all; crossing zero closes, then
         opens.
    @dev What does not open needs neither NORMAL, a live index, a cap nor margin.
    @param size_delta Signed size to add to the caller's position. [ETH wad]
    @param limit_price Worst average price accepted. [USD wad]
    @param deadline Last second at which the order may fill. [unix s]
    @return 0: the order is filled.
    """
    assert block.timestamp <= deadline, "perpmarket: too late"
    assert size_delta != 0, "perpmarket: zero size"

    perp_venue._trade(msg.sender, size_delta, limit_price)
    return 0


@external
def cancel(order_id: uint256):
    """
    @notice Orders fill within the call: there is never one to cancel.
    @param order_id Ignored.
    """
    raise "perpmarket: no such order"


@external
@view
def account(who: address) -> IPerpVenue.Account:
    """
    @notice Position and equity of `who`, as if funding were settled now.
    @param who Owner of the account.
    @return See `IPerpVenue.Account`.
    """
    return perp_venue._account(who, 0)
