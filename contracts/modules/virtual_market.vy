# pragma version 0.4.3
"""
@title virtual_market
@license AGPL-3.0-only
@notice The market the perpetual venue trades on: index, curve, funding and open interest, but no account.
@dev Units are in brackets: [wad] 1e18, [s], [unix s]. Prices are USD per ETH [wad], sizes ETH [wad], + is long.
     Functions take the index they are to use, so that views can look at a touch that has not happened yet.
"""

from ..interfaces import IPerpMarket
from . import curve
from . import funding
from . import price_feed
from . import wad

MIN_PRICE: constant(uint256) = 10**18  # [USD wad] sanity bounds of the index
MAX_PRICE: constant(uint256) = 10**24  # [USD wad]

CONFIG: immutable(IPerpMarket.Config)
FEED: immutable(address)
FEED_SCALE: immutable(uint256)  # 10^(18 − decimals of the feed)

# Last good index and funding up to the last touch.
accrual: funding.Accrual

# Σ size of the longs, and of the shorts. [ETH wad]
longs: uint256
shorts: uint256

# Net position at the first touch of `band_block`, from which the price band of the block is measured. [ETH wad]
band_net: int256
band_block: uint256


@deploy
def __init__(feed: address, config: IPerpMarket.Config):
    self._check(config)
    CONFIG = config
    FEED = feed
    FEED_SCALE = price_feed._scale(feed)

    reading: price_feed.Reading = price_feed._latest(
        feed, FEED_SCALE, config.heartbeat, MIN_PRICE, MAX_PRICE
    )
    assert reading.ok, "virtual_market: no price"
    self.accrual.index = reading.price
    self.accrual.index_at = reading.at
    self.accrual.at = block.timestamp


@internal
def _touch() -> bool:
    """
    @notice Read the index, accrue funding to now and note where the block began.
    @return Whether the index is live.
    """
    live: bool = False
    self.accrual, live = self._accrued()
    if self.band_block != block.number:
        self.band_block = block.number
        self.band_net = self._net()

    log IPerpMarket.Touched(
        index=self.accrual.index,
        mark=self._mark(self._net(), self.accrual.index),
        accumulator=self.accrual.accumulator,
        valid=live,
    )
    return live


@internal
def _resize(before: int256, after: int256):
    """
    @notice Count a position of `before` as one of `after`. [ETH wad]
    """
    self.longs = self.longs + self._long_part(after) - self._long_part(before)
    self.shorts = self.shorts + self._long_part(-after) - self._long_part(-before)


@internal
@view
def _accrued() -> (funding.Accrual, bool):
    """
    @dev The stored index is charged until the feed moved, the new one from there. A bad feed charges nothing, except
         that the stored index counts until it would have gone stale: else whoever pokes between two rounds of a slow
         feed would wipe out what is owed since the last touch.
    @return Funding projected to now, and whether the index is live.
    """
    now: funding.Accrual = self.accrual
    reading: price_feed.Reading = price_feed._latest(
        FEED, FEED_SCALE, CONFIG.heartbeat, MIN_PRICE, MAX_PRICE
    )
    if reading.ok:
        now = self._accrue(now, max(reading.at, now.at))
        now.index = reading.price
        now.index_at = reading.at
        now = self._accrue(now, block.timestamp)
    else:
        stale_at: uint256 = max(now.index_at + CONFIG.heartbeat, now.at)
        now = self._accrue(now, min(stale_at, block.timestamp))
        now.at = block.timestamp
    return now, reading.ok


@internal
@view
def _accrue(state: funding.Accrual, until: uint256) -> funding.Accrual:
    return funding._accrue(
        state,
        self._mark(self._net(), state.index),
        until,
        CONFIG.funding_cap,
        CONFIG.period,
        CONFIG.half_life,
    )


@internal
@view
def _exchange(size_delta: int256, index: uint256) -> int256:
    """
    @return What the trader pays, negative when he gets. [USD wad]
    """
    peg: uint256 = self._peg(index)
    size: uint256 = wad._abs(size_delta)
    if size_delta > 0:
        return convert(curve._cost_up(peg, CONFIG.depth, self._net(), size), int256)
    return -convert(curve._proceeds_down(peg, CONFIG.depth, self._net(), size), int256)


@internal
@view
def _size_to_close(sells: bool, notional: uint256, index: uint256) -> uint256:
    """
    @return Size whose trade moves at least `notional` of quote. [ETH wad]
    """
    peg: uint256 = self._peg(index)
    if sells:
        return curve._size_for_proceeds_up(peg, CONFIG.depth, self._net(), notional)
    return curve._size_for_cost_down(peg, CONFIG.depth, self._net(), notional) + 1


@internal
@view
def _block_start() -> int256:
    """
    @return Net position at the start of the block. [ETH wad]
    """
    return self.band_net if self.band_block == block.number else self._net()


@internal
@view
def _room(buys: bool, start: int256, index: uint256) -> uint256:
    """
    @notice Largest trade that leaves the mark within both bands on its side.
    @dev Toward the index there is always room: outside the band just what would worsen the gap is stopped.
    @param start Net position from which the block's band is measured. [ETH wad]
    @return Size. [ETH wad]
    """
    peg: uint256 = self._peg(index)
    start_mark: uint256 = self._mark(start, index)
    if buys:
        highest: uint256 = min(
            wad._mul_down(start_mark, wad.WAD + CONFIG.block_band),
            wad._mul_down(index, wad.WAD + CONFIG.index_band),
        )
        return curve._room_to_buy(peg, CONFIG.depth, self._net(), highest)
    lowest: uint256 = max(
        wad._mul_up(start_mark, wad.WAD - CONFIG.block_band),
        wad._mul_up(index, wad.WAD - CONFIG.index_band),
    )
    return curve._room_to_sell(peg, CONFIG.depth, self._net(), lowest)


@internal
@view
def _largest(buys: bool, index: uint256) -> uint256:
    """
    @dev Passes in this block and in the next, which measures its band from the net position of now.
    @return Largest trade of a fresh account that passes bands and caps. [ETH wad]
    """
    net: int256 = self._net()
    room: uint256 = min(self._room(buys, self._block_start(), index), self._room(buys, net, index))
    cap: uint256 = self._longs_cap() if buys else CONFIG.open_interest_cap
    taken: uint256 = min(self.longs if buys else self.shorts, cap)
    crowd: int256 = net if buys else -net
    net_left: uint256 = convert(max(convert(CONFIG.net_cap, int256) - crowd, 0), uint256)
    return min(room, min(cap - taken, net_left))


@internal
@view
def _within_open_interest() -> bool:
    return self.longs <= self._longs_cap() and self.shorts <= CONFIG.open_interest_cap


@internal
@view
def _longs_cap() -> uint256:
    """
    @dev Half the depth at most, so that the base reserve never falls below the other half.
    """
    return min(CONFIG.open_interest_cap, CONFIG.depth // 2)


@internal
@view
def _mark(net: int256, index: uint256) -> uint256:
    return curve._mark(self._peg(index), CONFIG.depth, net)


@internal
@view
def _peg(index: uint256) -> uint256:
    return index if CONFIG.anchored else CONFIG.peg


@internal
@view
def _net() -> int256:
    return convert(self.longs, int256) - convert(self.shorts, int256)


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
