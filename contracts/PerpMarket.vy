# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title PerpMarket
@license AGPL-3.0-only
@notice A perpetual future on a constant-product virtual market, with a fund on the other side of
     every trade.
@dev Units are in brackets: [asset] token units, [wad] 1e18, [s], [unix s]. Prices are USD per ETH
     [wad], sizes ETH [wad], + is long. Calls only the feed and the token. Every call that changes
     something touches the market first: it reads the index, accrues funding to now and notes the
     net position at the start of the block. With a bad feed the last good index stands: what
     reduces a position works, what opens one does not.
@custom:kill Owner sets REDUCE_ONLY or PAUSED: adding margin, reducing and liquidating work in every
     mode.
"""

from snekmate.auth import ownable

from .interfaces import IPerpMarket
from .interfaces import IPerpVenue
from .modules import funding
from .modules import order
from .modules import perp_ledger
from .modules import perp_positions
from .modules import virtual_market
from .modules import wad

implements: IPerpMarket
implements: IPerpVenue
initializes: ownable
initializes: perp_ledger
initializes: virtual_market
initializes: perp_positions[perp_ledger := perp_ledger, virtual_market := virtual_market]
exports: (
    ownable.owner,
    ownable.transfer_ownership,
    perp_ledger.fund,
    perp_ledger.iou_of,
    perp_ledger.ious,
    perp_ledger.margin_of,
)

EIGHT_HOURS: constant(uint256) = 28_800  # [s]

# What the owner set; `mode` is what holds.
mode_set: IPerpVenue.Mode


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
    virtual_market.__init__(feed, config_)
    self._set_mode(IPerpVenue.Mode.NORMAL)


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

    live: bool = virtual_market._touch()
    perp_positions._settle_funding(msg.sender)
    room: uint256 = virtual_market._room(
        size_delta > 0, virtual_market._block_start(), virtual_market.accrual.index
    )
    assert wad._abs(size_delta) <= room, "perpmarket: price band"

    net_before: int256 = virtual_market._net()
    size: int256 = perp_positions.positions[msg.sender].size
    fill: perp_positions.Fill = perp_positions._fill(msg.sender, size_delta)
    fee: uint256 = self._fee(fill.notional, virtual_market.CONFIG.fee)
    perp_positions._book(msg.sender, fill.realised - convert(fee, int256))

    self._check_price(size_delta, fill.notional, limit_price)
    if fill.size_after != 0:
        least: uint256 = virtual_market.CONFIG.min_position
        assert wad._abs(fill.size_after) >= least, "perpmarket: too small"
    if order._opens(size, fill.size_after):
        self._check_opening(msg.sender, fill.size_after, net_before, live)
    self._log_trade(msg.sender, size_delta, fill, fee)
    return 0


@external
def cancel(order_id: uint256):
    """
    @notice Orders fill within the call: there is never one to cancel.
    @param order_id Ignored.
    """
    raise "perpmarket: no such order"


@external
def poke():
    """
    @notice Read the index and accrue funding to now. Anyone may call.
    """
    virtual_market._touch()


@external
def deposit(amount: uint256):
    """
    @notice Add margin to the caller's account, in every mode and whatever the feed does.
    @param amount Tokens. [asset]
    """
    assert amount != 0, "perpmarket: zero amount"
    perp_ledger._add_margin(msg.sender, amount)


@external
def withdraw(amount: uint256) -> uint256:
    """
    @notice Take out margin: `amount`, or what the initial margin leaves free if that is less.
    @param amount Tokens asked. [asset]
    @return Tokens paid. [asset]
    """
    assert self.mode_set != IPerpVenue.Mode.PAUSED, "perpmarket: paused"

    live: bool = virtual_market._touch()
    perp_positions._settle_funding(msg.sender)
    holding: perp_positions.Holding = perp_positions._holding(
        msg.sender, virtual_market.accrual.accumulator
    )
    assert live or holding.size == 0, "perpmarket: no live index"
    paid: uint256 = min(amount, perp_positions._free(holding, virtual_market.accrual.index))
    assert paid != 0, "perpmarket: nothing free"

    perp_ledger._remove_margin(msg.sender, paid)
    return paid


@external
def liquidate(who: address) -> uint256:
    """
    @notice Close as much of `who`'s position as restores the initial margin ratio. Anyone may call,
         in every mode.
    @dev The better of the two equities counts: pushing the mark for a block liquidates nobody.
    @param who Owner of the account.
    @return Reward paid to the caller. [asset]
    """
    virtual_market._touch()
    perp_positions._settle_funding(who)
    holding: perp_positions.Holding = perp_positions._holding(
        who, virtual_market.accrual.accumulator
    )
    size_delta: int256 = perp_positions._liquidation_size(
        holding.size, perp_positions._health(holding, virtual_market.accrual.index)
    )
    assert size_delta != 0, "perpmarket: healthy"

    fill: perp_positions.Fill = perp_positions._fill(who, size_delta)
    perp_positions._book(who, fill.realised)
    penalty: uint256 = 0
    reward: uint256 = 0
    penalty, reward = perp_ledger._penalise(
        who, self._fee(fill.notional, virtual_market.CONFIG.liquidation_fee)
    )

    self._log_trade(who, size_delta, fill, penalty)
    log IPerpMarket.Liquidated(
        account=who, liquidator=msg.sender, size_delta=size_delta, penalty=penalty, reward=reward
    )
    return reward


@external
def add_to_fund(amount: uint256):
    """
    @notice Give tokens to the fund, the other side of every trade.
    @param amount Tokens. [asset]
    """
    perp_ledger._add_to_fund(amount)


@external
def collect(who: address) -> uint256:
    """
    @notice Pay an account's IOU into its margin as far as the fund goes: iou·min(1, fund / all
         IOUs). Anyone may call.
    @param who Owner of the account.
    @return Tokens paid. [asset]
    """
    paid: uint256 = perp_ledger._collect(who)
    assert paid != 0, "perpmarket: none to collect"
    return paid


@external
def set_mode(mode_: IPerpVenue.Mode):
    """
    @notice REDUCE_ONLY refuses what opens, PAUSED withdrawals too. Only the owner.
    @param mode_ New mode.
    """
    ownable._check_owner()
    assert (
        mode_ == IPerpVenue.Mode.NORMAL
        or mode_ == IPerpVenue.Mode.REDUCE_ONLY
        or mode_ == IPerpVenue.Mode.PAUSED
    ), "perpmarket: no such mode"

    self._set_mode(mode_)


@external
@view
def account(who: address) -> IPerpVenue.Account:
    """
    @notice Position and equity of `who`, as if funding were settled now.
    @param who Owner of the account.
    @return See `IPerpVenue.Account`.
    """
    now: funding.Accrual = empty(funding.Accrual)
    live: bool = False
    now, live = virtual_market._accrued()
    holding: perp_positions.Holding = perp_positions._holding(who, now.accumulator)
    health: perp_positions.Health = perp_positions._health(holding, now.index)
    withdrawable: uint256 = 0
    if self.mode_set != IPerpVenue.Mode.PAUSED and (live or holding.size == 0):
        withdrawable = perp_positions._free(holding, now.index)
    return IPerpVenue.Account(
        size=holding.size,
        pending=0,
        margin=holding.margin,
        equity_index=health.at_index,
        equity_exit=health.at_exit,
        withdrawable=withdrawable,
        valid=live,
    )


@external
@view
def market() -> IPerpVenue.Market:
    """
    @notice Prices and funding, projected to now.
    @return See `IPerpVenue.Market`.
    """
    config: IPerpMarket.Config = virtual_market.CONFIG
    now: funding.Accrual = empty(funding.Accrual)
    live: bool = False
    now, live = virtual_market._accrued()
    mark: uint256 = virtual_market._mark(virtual_market._net(), now.index)
    premium: int256 = funding._premium(mark, now.index, config.funding_cap)
    return IPerpVenue.Market(
        mark=mark,
        index=now.index,
        index_at=now.index_at,
        valid=live,
        funding_8h=funding._rate(premium, now.index, config.period, EIGHT_HOURS),
        funding_ema_year=now.ema_year,
        open_interest=(virtual_market.longs + virtual_market.shorts + 1) // 2,
    )


@external
@view
def terms() -> IPerpVenue.Terms:
    """
    @notice Margin ratios, fee and the sizes that price bands and caps would let open now.
    @dev Market-wide: mode, margin and the cap on the caller's own position come on top.
    @return See `IPerpVenue.Terms`.
    """
    index: uint256 = virtual_market._accrued()[0].index
    return IPerpVenue.Terms(
        imr=virtual_market.CONFIG.imr,
        mmr=virtual_market.CONFIG.mmr,
        fee=virtual_market.CONFIG.fee,
        max_buy=virtual_market._largest(True, index),
        max_sell=virtual_market._largest(False, index),
        depth=virtual_market.CONFIG.depth,
        mode=self._mode(),
    )


@external
@view
def quote(size_delta: int256) -> IPerpVenue.Quote:
    """
    @notice What an order of `size_delta` would cost now.
    @param size_delta Signed size. [ETH wad]
    @return See `IPerpVenue.Quote`; all zero for a size outside the price bands.
    """
    index: uint256 = virtual_market._accrued()[0].index
    size: uint256 = wad._abs(size_delta)
    start: int256 = virtual_market._block_start()
    if size == 0 or size > virtual_market._room(size_delta > 0, start, index):
        return empty(IPerpVenue.Quote)
    notional: uint256 = wad._abs(virtual_market._exchange(size_delta, index))
    return IPerpVenue.Quote(
        average_price=self._average(size_delta, notional),
        fee=self._fee(notional, virtual_market.CONFIG.fee),
        mark_after=virtual_market._mark(virtual_market._net() + size_delta, index),
    )


@external
@view
def mode() -> IPerpVenue.Mode:
    """
    @notice What the owner set, and REDUCE_ONLY instead of NORMAL while the fund cannot pay the
         IOUs.
    @return Mode.
    """
    return self._mode()


@external
@view
def config() -> IPerpMarket.Config:
    """
    @notice The parameters, fixed at construction.
    @return See `IPerpMarket.Config`.
    """
    return virtual_market.CONFIG


@external
@view
def net_position() -> int256:
    """
    @notice Longs less shorts: what the fund stands against.
    @return Signed size. [ETH wad]
    """
    return virtual_market._net()


@external
@view
def accumulator() -> int256:
    """
    @notice Funding accumulator, projected to now: a long of 1 ETH has paid its growth divided by
         the period.
    @return Σ premium · seconds. [USD wad · s]
    """
    return virtual_market._accrued()[0].accumulator


@external
@view
def liquidation_price(who: address) -> uint256:
    """
    @notice Index at which equity at the index falls to maintenance; 0 when there is none.
    @param who Owner of the account.
    @return Price. [USD wad]
    """
    accumulator: int256 = virtual_market._accrued()[0].accumulator
    return perp_positions._liquidation_price(perp_positions._holding(who, accumulator))


@external
@pure
def exchange_funding_rate(premium: int256, interest: int256, width: int256) -> int256:
    """
    @notice The rate as exchanges publish it: premium + clamp(interest − premium, ±width).
    @param premium Premium of the mark over the index. [wad]
    @param interest Interest rate of the period. [wad]
    @param width Half-width of the clamp. [wad]
    @return Rate of the period. [wad]
    """
    return funding._exchange_rate(premium, interest, width)


@internal
def _log_trade(who: address, size_delta: int256, fill: perp_positions.Fill, fee: uint256):
    log IPerpMarket.Traded(
        account=who,
        size_delta=size_delta,
        notional=fill.notional,
        realised=fill.realised,
        fee=fee,
        size_after=fill.size_after,
        mark_after=virtual_market._mark(virtual_market._net(), virtual_market.accrual.index),
    )


@internal
def _set_mode(mode_: IPerpVenue.Mode):
    self.mode_set = mode_
    log IPerpMarket.ModeSet(mode=mode_)


@internal
@view
def _mode() -> IPerpVenue.Mode:
    if self.mode_set == IPerpVenue.Mode.NORMAL and perp_ledger._short():
        return IPerpVenue.Mode.REDUCE_ONLY
    return self.mode_set


@internal
@view
def _check_opening(who: address, size: int256, net_before: int256, live: bool):
    """
    @dev Beyond the cap on the net position only what does not worsen it passes.
    """
    assert self._mode() == IPerpVenue.Mode.NORMAL, "perpmarket: reduce only"
    assert live, "perpmarket: bad feed"
    net_cap: uint256 = max(virtual_market.CONFIG.net_cap, wad._abs(net_before))
    assert wad._abs(virtual_market._net()) <= net_cap, "perpmarket: net cap"
    assert wad._abs(size) <= virtual_market.CONFIG.account_cap, "perpmarket: account cap"
    assert virtual_market._within_open_interest(), "perpmarket: open interest"

    holding: perp_positions.Holding = perp_positions._holding(
        who, virtual_market.accrual.accumulator
    )
    spare: int256 = perp_positions._spare(holding, virtual_market.accrual.index)
    assert spare >= 0, "perpmarket: initial margin"


@internal
@pure
def _check_price(size_delta: int256, notional: uint256, limit_price: uint256):
    average: uint256 = self._average(size_delta, notional)
    if size_delta > 0:
        assert average <= limit_price, "perpmarket: price over limit"
    else:
        assert average >= limit_price, "perpmarket: price under limit"


@internal
@pure
def _average(size_delta: int256, notional: uint256) -> uint256:
    """
    @return Average price, rounded against the trader. [USD wad]
    """
    if size_delta > 0:
        return wad._div_up(notional, wad._abs(size_delta))
    return wad._div_down(notional, wad._abs(size_delta))


@internal
@view
def _fee(notional: uint256, rate: uint256) -> uint256:
    """
    @return Fee at `rate` [wad] on `notional` [USD wad], rounded up. [asset]
    """
    return wad._to_asset_up(wad._mul_up(notional, rate), perp_ledger.SCALE)
