# pragma version 0.4.3
"""
@title VenueHarness
@license AGPL-3.0-only
@notice Opens the venue's stateless modules to tests: wad, curve, funding, perp_words and
     price_feed.
"""

from ..modules import curve
from ..modules import funding
from ..modules import perp_words
from ..modules import price_feed
from ..modules import wad


@external
@pure
def mul_down(a: uint256, b: uint256) -> uint256:
    return wad._mul_down(a, b)


@external
@pure
def mul_up(a: uint256, b: uint256) -> uint256:
    return wad._mul_up(a, b)


@external
@pure
def div_down(a: uint256, b: uint256) -> uint256:
    return wad._div_down(a, b)


@external
@pure
def div_up(a: uint256, b: uint256) -> uint256:
    return wad._div_up(a, b)


@external
@pure
def mul_div_down(a: uint256, b: uint256, c: uint256) -> uint256:
    return wad._mul_div_down(a, b, c)


@external
@pure
def mul_div_up(a: uint256, b: uint256, c: uint256) -> uint256:
    return wad._mul_div_up(a, b, c)


@external
@pure
def mul_signed(a: int256, b: int256) -> int256:
    return wad._mul_signed(a, b)


@external
@pure
def abs_(a: int256) -> uint256:
    return wad._abs(a)


@external
@pure
def to_asset_down(amount: uint256, scale: uint256) -> uint256:
    return wad._to_asset_down(amount, scale)


@external
@pure
def to_asset_up(amount: uint256, scale: uint256) -> uint256:
    return wad._to_asset_up(amount, scale)


@external
@pure
def to_asset_signed_down(amount: int256, scale: uint256) -> int256:
    return wad._to_asset_signed_down(amount, scale)


@external
@pure
def mark(peg: uint256, depth: uint256, net: int256) -> uint256:
    return curve._mark(peg, depth, net)


@external
@pure
def cost_up(peg: uint256, depth: uint256, net: int256, size: uint256) -> uint256:
    return curve._cost_up(peg, depth, net, size)


@external
@pure
def proceeds_down(peg: uint256, depth: uint256, net: int256, size: uint256) -> uint256:
    return curve._proceeds_down(peg, depth, net, size)


@external
@pure
def size_for_cost_down(peg: uint256, depth: uint256, net: int256, cost: uint256) -> uint256:
    return curve._size_for_cost_down(peg, depth, net, cost)


@external
@pure
def size_for_proceeds_up(peg: uint256, depth: uint256, net: int256, proceeds: uint256) -> uint256:
    return curve._size_for_proceeds_up(peg, depth, net, proceeds)


@external
@pure
def room_to_buy(peg: uint256, depth: uint256, net: int256, highest: uint256) -> uint256:
    return curve._room_to_buy(peg, depth, net, highest)


@external
@pure
def room_to_sell(peg: uint256, depth: uint256, net: int256, lowest: uint256) -> uint256:
    return curve._room_to_sell(peg, depth, net, lowest)


@external
@pure
def premium(mark_: uint256, index: uint256, cap: uint256) -> int256:
    return funding._premium(mark_, index, cap)


@external
@pure
def rate(premium_: int256, index: uint256, period: uint256, span: uint256) -> int256:
    return funding._rate(premium_, index, period, span)


@external
@pure
def accrue(
    state: funding.Accrual,
    mark_: uint256,
    until: uint256,
    cap: uint256,
    period: uint256,
    half_life: uint256,
) -> funding.Accrual:
    return funding._accrue(state, mark_, until, cap, period, half_life)


@external
@pure
def ema(ema_: int256, rate_: int256, span: uint256, half_life: uint256) -> int256:
    return funding._ema(ema_, rate_, span, half_life)


@external
@pure
def owed_up(size: int256, growth: int256, period: uint256, scale: uint256) -> int256:
    return funding._owed_up(size, growth, period, scale)


@external
@pure
def exchange_rate(premium_: int256, interest: int256, width: int256) -> int256:
    return funding._exchange_rate(premium_, interest, width)


@external
@pure
def join(high_: uint256, low_: uint256) -> uint256:
    return perp_words._join(high_, low_)


@external
@pure
def high(word: uint256) -> uint256:
    return perp_words._high(word)


@external
@pure
def low(word: uint256) -> uint256:
    return perp_words._low(word)


@external
@pure
def half(number: int256) -> uint256:
    return perp_words._half(number)


@external
@pure
def signed(half_: uint256) -> int256:
    return perp_words._signed(half_)


@external
@pure
def from_accrual(accrual: funding.Accrual) -> uint256:
    return perp_words._from_accrual(accrual)


@external
@pure
def to_accrual(word: uint256, accumulator: int256) -> funding.Accrual:
    return perp_words._to_accrual(word, accumulator)


@external
@view
def scale(feed: address) -> uint256:
    return price_feed._scale(feed)


@external
@view
def latest(
    feed: address, feed_scale: uint256, heartbeat: uint256, min_price: uint256, max_price: uint256
) -> price_feed.Reading:
    source: price_feed.Source = price_feed.Source(
        feed=feed, scale=feed_scale, min_price=min_price, max_price=max_price
    )
    return price_feed._latest(source, heartbeat)


@external
@view
def round_(feed: address, feed_scale: uint256, round_id: uint256) -> price_feed.Reading:
    source: price_feed.Source = price_feed.Source(
        feed=feed, scale=feed_scale, min_price=1, max_price=max_value(uint256)
    )
    return price_feed._round(source, round_id)


@external
@view
def sequencer_up(feed: address, grace: uint256) -> bool:
    return price_feed._sequencer_up(feed, grace)
