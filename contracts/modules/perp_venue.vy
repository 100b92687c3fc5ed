# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title perp_venue
@license AGPL-3.0-only
@notice What a perpetual venue does whenever and however its orders fill: margin, funding,
     liquidation, modes, views. A contract adds how an order is placed.
@dev Units are in brackets: [asset] token units, [wad] 1e18, [s], [unix s]. Prices are USD per ETH
     [wad], sizes ETH [wad], + is long. Calls only the feed and the token. Every call that changes a
     position touches the market first: it reads the index and accrues funding to now. With a bad
     feed the last good index stands: what reduces a position works, what opens one does not.
"""

from snekmate.auth import ownable

from ..interfaces import IPerpMarket
from ..interfaces import IPerpVenue
from . import funding
from . import order
from . import perp_ledger
from . import perp_positions
from . import virtual_market
from . import wad

uses: ownable
uses: perp_ledger
initializes: virtual_market
initializes: perp_positions[perp_ledger := perp_ledger, virtual_market := virtual_market]

EIGHT_HOURS: constant(uint256) = 28_800  # [s]

# What the owner set; `mode` is what holds.
mode_set: IPerpVenue.Mode

# Until then only who cannot pay the liquidation fee any more is liquidated. [unix s]
grace_until: public(uint256)


@deploy
def __init__(feed: address, config: IPerpMarket.Config):
    virtual_market.__init__(feed, config)
    log IPerpMarket.Opened(
        token=perp_ledger.ASSET.address,
        feed=feed,
        scale=perp_ledger.SCALE,
        feed_scale=virtual_market.FEED_SCALE,
        config=config,
    )
    self._set_mode(IPerpVenue.Mode.NORMAL)


@external
def poke():
    """
    @notice Read the index and accrue funding to now. Anyone may call.
    """
    virtual_market._save(virtual_market._touch())


@external
def deposit(amount: uint256):
    """
    @notice Add margin to the caller's account, in every mode and whatever the feed does.
    @param amount Tokens. [asset]
    """
    assert amount != 0, "perp_venue: zero amount"
    perp_ledger._add_margin(msg.sender, amount)


@external
def withdraw(amount: uint256) -> uint256:
    """
    @notice Take out margin: `amount`, or what the initial margin leaves free if that is less.
    @param amount Tokens asked. [asset]
    @return Tokens paid. [asset]
    """
    assert self.mode_set != IPerpVenue.Mode.PAUSED, "perp_venue: paused"

    market: virtual_market.Market = virtual_market._touch()
    books: perp_ledger.Books = perp_positions._settled(perp_ledger._books(msg.sender), market)
    assert market.live or books.size == 0, "perp_venue: no live index"
    health: perp_positions.Health = perp_positions._health(books, market)
    paid: uint256 = min(amount, perp_positions._free(books, health))
    assert paid != 0, "perp_venue: nothing free"

    books.margin -= paid
    virtual_market._save(market)
    perp_ledger._save(books)
    perp_ledger._push(msg.sender, paid)
    log IPerpMarket.MarginRemoved(account=msg.sender, amount=paid)
    return paid


@external
def liquidate(who: address) -> uint256:
    """
    @notice Close as much of `who`'s position as restores the initial margin ratio. Anyone may call,
         in every mode.
    @dev SPEC-M5. The better of the two equities counts: pushing the mark for a block liquidates
         nobody.
    @param who Owner of the account.
    @return Reward paid to the caller. [asset]
    """
    market: virtual_market.Market = virtual_market._touch()
    books: perp_ledger.Books = perp_positions._settled(perp_ledger._books(who), market)
    health: perp_positions.Health = perp_positions._health(books, market)
    self._check_liquidation(health)

    size_delta: int256 = perp_positions._liquidation_size(books, market, health)
    fill: perp_positions.Fill = empty(perp_positions.Fill)
    books, market, fill = perp_positions._filled(books, market, size_delta)
    books = perp_ledger._booked(books, fill.realised)
    penalty: uint256 = 0
    reward: uint256 = 0
    books, penalty, reward = perp_ledger._penalised(
        books, self._fee(fill.notional, virtual_market.CONFIG.liquidation_fee)
    )

    virtual_market._save(market)
    perp_ledger._save(books)
    if reward != 0:
        perp_ledger._push(msg.sender, reward)
    self._log_trade(books, market, size_delta, fill, penalty)
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
    assert paid != 0, "perp_venue: none to collect"
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
    ), "perp_venue: no such mode"

    self._set_mode(mode_)


@external
@view
def market() -> IPerpVenue.Market:
    """
    @notice Prices and funding, projected to now.
    @return See `IPerpVenue.Market`.
    """
    m: virtual_market.Market = virtual_market._touched()
    mark: uint256 = virtual_market._mark(m)
    premium: int256 = funding._premium(mark, m.accrual.index, virtual_market.CONFIG.funding_cap)
    return IPerpVenue.Market(
        mark=mark,
        index=m.accrual.index,
        index_at=m.accrual.index_at,
        valid=m.live,
        funding_8h=funding._rate(
            premium, m.accrual.index, virtual_market.CONFIG.period, EIGHT_HOURS
        ),
        funding_ema_year=m.accrual.ema_year,
        open_interest=(m.longs + m.shorts + 1) // 2,
    )


@external
@view
def terms() -> IPerpVenue.Terms:
    """
    @notice Margin ratios, fee and the sizes that price bands and caps would let open now.
    @dev Market-wide: mode, margin and the cap on the caller's own position come on top.
    @return See `IPerpVenue.Terms`.
    """
    m: virtual_market.Market = virtual_market._priced()
    return IPerpVenue.Terms(
        imr=virtual_market.CONFIG.imr,
        mmr=virtual_market.CONFIG.mmr,
        fee=virtual_market.CONFIG.fee,
        max_buy=virtual_market._largest(m, True),
        max_sell=virtual_market._largest(m, False),
        depth=virtual_market.CONFIG.depth,
        mode=self._mode(perp_ledger._short()),
    )


@external
@view
def quote(size_delta: int256) -> IPerpVenue.Quote:
    """
    @notice What an order of `size_delta` would cost now.
    @param size_delta Signed size. [ETH wad]
    @return See `IPerpVenue.Quote`; all zero for a size outside the price bands.
    """
    m: virtual_market.Market = virtual_market._priced()
    size: uint256 = wad._abs(size_delta)
    if size == 0 or size > virtual_market._room(m, size_delta > 0, m.start):
        return empty(IPerpVenue.Quote)
    notional: uint256 = wad._abs(virtual_market._exchange(m, size_delta))
    after: virtual_market.Market = virtual_market._resized(m, 0, size_delta)
    return IPerpVenue.Quote(
        average_price=self._average(size_delta, notional),
        fee=self._fee(notional, virtual_market.CONFIG.fee),
        mark_after=virtual_market._mark(after),
    )


@external
@view
def mode() -> IPerpVenue.Mode:
    """
    @notice What the owner set, and REDUCE_ONLY instead of NORMAL while the fund cannot pay the
         IOUs.
    @return Mode.
    """
    return self._mode(perp_ledger._short())


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
    return virtual_market._stored().net


@external
@view
def accumulator() -> int256:
    """
    @notice Funding accumulator, projected to now: a long of 1 ETH has paid its growth divided by
         the period.
    @return Σ premium · seconds. [USD wad · s]
    """
    return virtual_market._touched().accrual.accumulator


@external
@view
def liquidation_price(who: address) -> uint256:
    """
    @notice Index at which equity at the index, net of funding, falls to maintenance; 0 when there
         is none.
    @param who Owner of the account.
    @return Price. [USD wad]
    """
    return self._liquidation_prices(who)[0]


@external
@view
def liquidation_price_at_exit(who: address) -> uint256:
    """
    @notice Index at which equity at exit, net of funding, falls to maintenance; 0 when there is
         none. An account is liquidated where both equities are below it.
    @dev As long as nobody trades and the fund can pay.
    @param who Owner of the account.
    @return Price. [USD wad]
    """
    return self._liquidation_prices(who)[1]


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
def _trade(who: address, size_delta: int256, limit_price: uint256):
    """
    @notice Fill an order of `who` against the curve; crossing zero closes, then opens.
    @dev What does not open needs neither NORMAL, a live index, a cap nor margin.
    """
    market: virtual_market.Market = virtual_market._touch()
    books: perp_ledger.Books = perp_positions._settled(perp_ledger._books(who), market)
    room: uint256 = virtual_market._room(market, size_delta > 0, market.start)
    assert wad._abs(size_delta) <= room, "perp_venue: price band"

    size: int256 = books.size
    net: int256 = market.net
    fill: perp_positions.Fill = empty(perp_positions.Fill)
    books, market, fill = perp_positions._filled(books, market, size_delta)
    fee: uint256 = self._fee(fill.notional, virtual_market.CONFIG.fee)
    books = perp_ledger._booked(books, fill.realised - convert(fee, int256))

    self._check_price(size_delta, fill.notional, limit_price)
    if books.size != 0:
        least: uint256 = virtual_market.CONFIG.min_position
        assert wad._abs(books.size) >= least, "perp_venue: too small"
    if order._opens(size, books.size):
        self._check_opening(books, market, net)
    virtual_market._save(market)
    perp_ledger._save(books)
    self._log_trade(books, market, size_delta, fill, fee)


@internal
@view
def _account(who: address, pending: int256) -> IPerpVenue.Account:
    """
    @notice Position and equity of `who`, as if funding were settled now.
    """
    market: virtual_market.Market = virtual_market._touched()
    books: perp_ledger.Books = perp_positions._settled(perp_ledger._books(who), market)
    health: perp_positions.Health = perp_positions._health(books, market)
    withdrawable: uint256 = 0
    if self.mode_set != IPerpVenue.Mode.PAUSED and (market.live or books.size == 0):
        withdrawable = perp_positions._free(books, health)
    return IPerpVenue.Account(
        size=books.size,
        pending=pending,
        margin=books.margin,
        equity_index=health.at_index,
        equity_exit=health.at_exit,
        withdrawable=withdrawable,
        valid=market.live,
    )


@internal
@view
def _liquidation_prices(who: address) -> (uint256, uint256):
    market: virtual_market.Market = virtual_market._touched()
    books: perp_ledger.Books = perp_positions._settled(perp_ledger._books(who), market)
    return perp_positions._liquidation_prices(books, market)


@internal
def _log_trade(
    books: perp_ledger.Books,
    market: virtual_market.Market,
    size_delta: int256,
    fill: perp_positions.Fill,
    fee: uint256,
):
    log IPerpMarket.Traded(
        account=books.owner,
        size_delta=size_delta,
        notional=fill.notional,
        realised=fill.realised,
        fee=fee,
        size_after=books.size,
        mark_after=virtual_market._mark(market),
    )


@internal
def _set_mode(mode_: IPerpVenue.Mode):
    """
    @dev While paused an owner of a position may have missed what the market did: he gets time.
    """
    if mode_ == IPerpVenue.Mode.PAUSED:
        self.grace_until = max_value(uint256)
    elif self.mode_set == IPerpVenue.Mode.PAUSED:
        self.grace_until = block.timestamp + virtual_market.CONFIG.grace
    self.mode_set = mode_
    log IPerpMarket.ModeSet(mode=mode_)


@internal
@view
def _mode(is_short: bool) -> IPerpVenue.Mode:
    if is_short and self.mode_set == IPerpVenue.Mode.NORMAL:
        return IPerpVenue.Mode.REDUCE_ONLY
    return self.mode_set


@internal
@view
def _check_opening(books: perp_ledger.Books, market: virtual_market.Market, net_before: int256):
    """
    @dev Beyond the cap on the net position only what does not worsen it passes.
    """
    is_short: bool = books.fund < books.ious
    assert self._mode(is_short) == IPerpVenue.Mode.NORMAL, "perp_venue: reduce only"
    assert market.live, "perp_venue: bad feed"
    net_cap: uint256 = max(virtual_market.CONFIG.net_cap, wad._abs(net_before))
    assert wad._abs(market.net) <= net_cap, "perp_venue: net cap"
    assert wad._abs(books.size) <= virtual_market.CONFIG.account_cap, "perp_venue: account cap"
    assert virtual_market._within_open_interest(market), "perp_venue: open interest"
    health: perp_positions.Health = perp_positions._health(books, market)
    assert perp_positions._spare(books, health) >= 0, "perp_venue: initial margin"


@internal
@view
def _check_liquidation(health: perp_positions.Health):
    """
    @dev In the grace after a pause, and in the pause, waiting would cost the fund only where the
         penalty is not there any more.
    """
    assert perp_positions._is_below(health, virtual_market.CONFIG.mmr), "perp_venue: healthy"
    if block.timestamp < self.grace_until:
        penalty: uint256 = virtual_market.CONFIG.liquidation_fee
        assert perp_positions._is_below(health, penalty), "perp_venue: grace"


@internal
@pure
def _check_price(size_delta: int256, notional: uint256, limit_price: uint256):
    average: uint256 = self._average(size_delta, notional)
    if size_delta > 0:
        assert average <= limit_price, "perp_venue: price over limit"
    else:
        assert average >= limit_price, "perp_venue: price under limit"


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
