# pragma version 0.4.3
"""
@title HedgeRuleHarness
@license AGPL-3.0-only
@notice Opens hedge_rule, and the cube root it takes, to tests.
"""

from snekmate.utils import math

from ..interfaces import IHedger
from ..modules import hedge_rule


@external
@pure
def wad_cbrt(x: uint256) -> uint256:
    return math._wad_cbrt(x)


@external
@pure
def half_width(
    band: IHedger.Band, gamma: int256, price: uint256, cost: uint256, nav: int256, sold: uint256
) -> uint256:
    return hedge_rule._half_width(band, gamma, price, cost, nav, sold)


@external
@pure
def trade(net: int256, half_width_: uint256, minimum: uint256, to_centre: bool) -> int256:
    return hedge_rule._trade(net, half_width_, minimum, to_centre)


@external
@pure
def clip(trade_: int256, limit: uint256) -> int256:
    return hedge_rule._clip(trade_, limit)


@external
@pure
def clip_to_margin(trade_: int256, size: int256, affordable: uint256) -> int256:
    return hedge_rule._clip_to_margin(trade_, size, affordable)


@external
@pure
def limit_price(index: uint256, max_adverse: uint256, is_buy: bool) -> uint256:
    return hedge_rule._limit_price(index, max_adverse, is_buy)


@external
@pure
def size_within_price(
    mark: uint256, index: uint256, limit: uint256, depth: uint256, is_buy: bool
) -> uint256:
    return hedge_rule._size_within_price(mark, index, limit, depth, is_buy)


@external
@pure
def margin_trigger(target: uint256, mmr: uint256, share: uint256) -> uint256:
    return hedge_rule._margin_trigger(target, mmr, share)


@external
@pure
def liquidation_price(size: int256, equity: int256, index: uint256, mmr: uint256) -> uint256:
    return hedge_rule._liquidation_price(size, equity, index, mmr)


@external
@pure
def reward(filled: int256, price: uint256, cap: uint256, scale: uint256) -> uint256:
    return hedge_rule._reward(filled, price, cap, scale)
