# pragma version 0.4.3
"""
@title virtual_market
@license AGPL-3.0-only
@notice The market the perpetual venue trades on: index, curve, funding and open interest, but no
     account.
@dev Units are in brackets: [wad] 1e18, [s], [unix s]. Prices are USD per ETH [wad], sizes ETH
     [wad], + is long. A call touches the market, works on it in memory and saves it once; views do
     the same and save nothing.
"""

from ..interfaces import IPerpMarket
from . import curve
from . import funding
from . import perp_words
from . import price_feed
from . import wad

MIN_PRICE: constant(uint256) = 10**18  # [USD wad] sanity bounds of the index
MAX_PRICE: constant(uint256) = 10**24  # [USD wad]

CONFIG: immutable(IPerpMarket.Config)
FEED: immutable(address)
FEED_SCALE: immutable(uint256)  # 10^(18 − decimals of the feed)


struct Market:
    accrual: funding.Accrual  # last good index, and funding up to the last touch
    longs: uint256  # Σ size of the longs [ETH wad]
    shorts: uint256  # Σ size of the shorts [ETH wad]
    net: int256  # longs − shorts [ETH wad]
    start: int256  # net position when the block began: its price band is measured from there
    live: bool  # the index is live


# Layout in `perp_words`.
index_word: uint256
growth_word: uint256
interest_word: uint256


@deploy
def __init__(feed: address, config: IPerpMarket.Config):
    self._check(config)
    CONFIG = config
    FEED = feed
    FEED_SCALE = price_feed._scale(feed)

    reading: price_feed.Reading = self._read_feed()
    assert reading.ok, "virtual_market: no price"
    self.index_word = perp_words._from_accrual(
        funding.Accrual(
            index=reading.price,
            index_at=reading.at,
            at=block.timestamp,
            accumulator=0,
            ema_year=0,
        )
    )


@internal
def _touch() -> Market:
    """
    @notice The market of now: index read, funding accrued. Whoever touches saves.
    """
    market: Market = self._touched()
    log IPerpMarket.Touched(
        index=market.accrual.index,
        mark=self._mark(market),
        accumulator=market.accrual.accumulator,
        valid=market.live,
    )
    return market


@internal
def _save(market: Market):
    self.index_word = perp_words._from_accrual(market.accrual)
    self.growth_word = perp_words._join(
        perp_words._half(market.start), perp_words._half(market.accrual.accumulator)
    )
    self.interest_word = perp_words._join(market.shorts, market.longs)


@internal
@view
def _touched() -> Market:
    """
    @dev The stored index is charged until the feed moved, the new one from there. A bad feed
         charges nothing, except that the stored index counts until it would have gone stale: else
         whoever pokes between two rounds of a slow feed would wipe out what is owed since the last
         touch.
    """
    m: Market = self._stored()
    reading: price_feed.Reading = self._read_feed()
    m.live = reading.ok
    if reading.ok:
        m.accrual = self._accrued(m, max(reading.at, m.accrual.at))
        m.accrual.index = reading.price
        m.accrual.index_at = reading.at
        m.accrual = self._accrued(m, block.timestamp)
    else:
        stale_at: uint256 = max(m.accrual.index_at + CONFIG.heartbeat, m.accrual.at)
        m.accrual = self._accrued(m, min(stale_at, block.timestamp))
        m.accrual.at = block.timestamp
    return m


@internal
@view
def _priced() -> Market:
    """
    @notice As `_touched` but for the funding, which no price and no size depends on.
    """
    m: Market = self._stored()
    reading: price_feed.Reading = self._read_feed()
    m.live = reading.ok
    if reading.ok:
        m.accrual.index = reading.price
        m.accrual.index_at = reading.at
    return m


@internal
@view
def _stored() -> Market:
    """
    @dev The market of the last touch, in the block of now: those that share a timestamp count as
         one.
    """
    growth: uint256 = self.growth_word
    interest: uint256 = self.interest_word
    m: Market = empty(Market)
    m.accrual = perp_words._to_accrual(self.index_word, perp_words._signed(perp_words._low(growth)))
    m.longs = perp_words._low(interest)
    m.shorts = perp_words._high(interest)
    # Both are halves of a word: the difference fits.
    m.net = unsafe_sub(convert(m.longs, int256), convert(m.shorts, int256))
    m.start = m.net
    if m.accrual.at == block.timestamp:
        m.start = perp_words._signed(perp_words._high(growth))
    return m


@internal
@view
def _accrued(m: Market, until: uint256) -> funding.Accrual:
    if until == m.accrual.at:
        return m.accrual
    return funding._accrue(
        m.accrual, self._mark(m), until, CONFIG.funding_cap, CONFIG.period, CONFIG.half_life
    )


@internal
@pure
def _resized(m: Market, before: int256, after: int256) -> Market:
    """
    @notice Count a position of `before` as one of `after`. [ETH wad]
    """
    market: Market = m
    market.longs = m.longs + self._long_part(after) - self._long_part(before)
    market.shorts = m.shorts + self._long_part(-after) - self._long_part(-before)
    market.net = m.net + after - before
    return market


@internal
@view
def _exchange(m: Market, size_delta: int256) -> int256:
    """
    @return What the trader pays, negative when he gets. [USD wad]
    """
    size: uint256 = wad._abs(size_delta)
    if size_delta > 0:
        return convert(curve._cost_up(self._peg(m), CONFIG.depth, m.net, size), int256)
    return -convert(curve._proceeds_down(self._peg(m), CONFIG.depth, m.net, size), int256)


@internal
@view
def _size_to_close(m: Market, sells: bool, notional: uint256) -> uint256:
    """
    @return Size whose trade moves at least `notional` of quote. [ETH wad]
    """
    if sells:
        return curve._size_for_proceeds_up(self._peg(m), CONFIG.depth, m.net, notional)
    return curve._size_for_cost_down(self._peg(m), CONFIG.depth, m.net, notional) + 1


@internal
@view
def _room(m: Market, buys: bool, start: int256) -> uint256:
    """
    @notice Largest trade that leaves the mark within both bands on its side.
    @dev Toward the index there is always room: outside the band just what would worsen the gap is
         stopped.
    @param start Net position from which the block's band is measured. [ETH wad]
    @return Size. [ETH wad]
    """
    peg: uint256 = self._peg(m)
    start_mark: uint256 = curve._mark(peg, CONFIG.depth, start)
    if buys:
        highest: uint256 = min(
            wad._mul_down(start_mark, wad.WAD + CONFIG.block_band),
            wad._mul_down(m.accrual.index, wad.WAD + CONFIG.index_band),
        )
        return curve._room_to_buy(peg, CONFIG.depth, m.net, highest)
    lowest: uint256 = max(
        wad._mul_up(start_mark, wad.WAD - CONFIG.block_band),
        wad._mul_up(m.accrual.index, wad.WAD - CONFIG.index_band),
    )
    return curve._room_to_sell(peg, CONFIG.depth, m.net, lowest)


@internal
@view
def _largest(m: Market, buys: bool) -> uint256:
    """
    @dev Passes in this block and in the next, which measures its band from the net position of now.
    @return Largest trade of a fresh account that passes bands and caps. [ETH wad]
    """
    room: uint256 = self._room(m, buys, m.net)
    if m.start != m.net:
        room = min(room, self._room(m, buys, m.start))
    cap: uint256 = self._longs_cap() if buys else CONFIG.open_interest_cap
    taken: uint256 = min(m.longs if buys else m.shorts, cap)
    crowd: int256 = m.net if buys else -m.net
    net_left: uint256 = convert(max(convert(CONFIG.net_cap, int256) - crowd, 0), uint256)
    return min(room, min(cap - taken, net_left))


@internal
@view
def _within_open_interest(m: Market) -> bool:
    return m.longs <= self._longs_cap() and m.shorts <= CONFIG.open_interest_cap


@internal
@view
def _longs_cap() -> uint256:
    """
    @dev Half the depth at most, so that the base reserve never falls below the other half.
    """
    return min(CONFIG.open_interest_cap, CONFIG.depth // 2)


@internal
@view
def _mark(m: Market) -> uint256:
    return curve._mark(self._peg(m), CONFIG.depth, m.net)


@internal
@view
def _peg(m: Market) -> uint256:
    return m.accrual.index if CONFIG.anchored else CONFIG.peg


@internal
@pure
def _long_part(size: int256) -> uint256:
    return convert(max(size, 0), uint256)


@internal
@pure
def _check(c: IPerpMarket.Config):
    assert c.anchored or (MIN_PRICE <= c.peg and c.peg <= MAX_PRICE), "virtual_market: bad peg"
    assert wad.WAD <= c.depth and c.depth <= 10**25, "virtual_market: bad depth"
    assert c.fee <= wad.WAD // 100, "virtual_market: bad fee"
    assert c.liquidation_fee < c.mmr, "virtual_market: penalty >= mmr"
    assert c.mmr < c.imr and c.imr <= wad.WAD, "virtual_market: bad ratios"
    assert 3_600 <= c.period and c.period <= 604_800, "virtual_market: bad period"
    assert c.funding_cap <= wad.WAD, "virtual_market: bad funding cap"
    assert 60 <= c.half_life and c.half_life <= 2_592_000, "virtual_market: bad half-life"
    # Below 1, so that there is a lowest price.
    assert c.block_band < wad.WAD and c.index_band < wad.WAD, "virtual_market: bad band"
    # With at most 4·X short the base reserve stays below 5·X, what `curve` is proved for.
    assert c.open_interest_cap <= 4 * c.depth, "virtual_market: bad cap"
    assert 60 <= c.heartbeat and c.heartbeat <= 2_592_000, "virtual_market: bad heartbeat"
    assert c.grace <= 604_800, "virtual_market: bad grace"


@internal
@view
def _read_feed() -> price_feed.Reading:
    source: price_feed.Source = price_feed.Source(
        feed=FEED, scale=FEED_SCALE, min_price=MIN_PRICE, max_price=MAX_PRICE
    )
    return price_feed._latest(source, CONFIG.heartbeat)
