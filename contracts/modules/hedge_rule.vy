# pragma version 0.4.3
"""
@title hedge_rule
@license AGPL-3.0-only
@notice When to trade the perp, how much, and with how much margin.
@dev Stateless. Band: Whalley and Wilmott, "An asymptotic analysis of an optimal hedging model for
     option pricing with transaction costs" (1997).
"""

from snekmate.utils import math

from ..interfaces import IHedger
from . import wad

# Share of a price that is more than what rounding to a wei does to the average of 0.001 ETH.
ROUNDING: constant(uint256) = 10**12

# Less than the fee on the delta that makes a hedge necessary, which is why making it pays nobody.
REWARD_RATE: constant(uint256) = 10**14  # of what was hedged [wad]


@internal
@pure
def _half_width(
    band: IHedger.Band,
    gamma: int256,
    price: uint256,
    cost: uint256,
    nav: int256,
    sold: uint256,
) -> uint256:
    """
    @dev h = clamp((3/2·c·S·Γ²/λ)^⅓, max(h_min, min_hedge), h_max), λ = risk aversion / NAV. [ETH
         wad]
    """
    worth: uint256 = convert(max(nav, 0), uint256)
    g: uint256 = wad._abs(gamma)
    spent: uint256 = wad._mul_down(cost, price) * 3 // 2  # [USD per ETH]
    cube: uint256 = wad._mul_down(
        wad._mul_down(spent, g), wad._mul_div_down(g, worth, band.risk_aversion)
    )
    smallest: uint256 = max(wad._mul_up(band.min_share, sold), band.min_hedge)
    largest: uint256 = max(wad._mul_down(band.max_share, sold), smallest)
    return min(max(math._wad_cbrt(cube), smallest), largest)


@internal
@pure
def _trade(net: int256, half_width: uint256, minimum: uint256, to_centre: bool) -> int256:
    """
    @dev From outside the band to `minimum` inside its nearer edge, so that the next second's drift
         does not lead out again, or to its centre. `half_width` ≥ `minimum`: it never crosses zero.
         [ETH wad]
    """
    if to_centre:
        return -net
    excess: int256 = convert(wad._abs(net) - half_width + minimum, int256)
    return -excess if net > 0 else excess


@internal
@pure
def _clip(trade: int256, limit: uint256) -> int256:
    """
    @dev `trade` cut to at most `limit` either way. [ETH wad]
    """
    bound: int256 = convert(limit, int256)
    return min(max(trade, -bound), bound)


@internal
@pure
def _clip_to_margin(trade: int256, size: int256, affordable: uint256) -> int256:
    """
    @dev `trade` cut so that |size + trade| ≤ max(|size|, affordable), and ≤ affordable on the other
         side of zero: a trade that only reduces always passes. [ETH wad]
    """
    bound: int256 = convert(affordable, int256)
    above: int256 = max(bound, size)
    below: int256 = min(-bound, size)
    return min(max(size + trade, below), above) - size


@internal
@pure
def _limit_price(index: uint256, max_adverse: uint256, is_buy: bool) -> uint256:
    """
    @dev Worst average price accepted, from the index and never from the mark. [USD wad]
    """
    if is_buy:
        return wad._mul_down(index, wad.WAD + max_adverse)
    return wad._mul_up(index, wad.WAD - max_adverse)


@internal
@pure
def _size_within_price(
    mark: uint256, index: uint256, limit: uint256, depth: uint256, is_buy: bool
) -> uint256:
    """
    @dev Size whose average price on a constant-product curve stays within `limit`: with B the base
         reserve a buy of b
         averages mark·B/(B − b), a sell mark·B/(B + b). B = depth·√(index/mark) where the mark is
         anchored; the smaller of depth and depth·index/mark is below it when the mark is high,
         where it matters. A venue rounds the average against the trader: the size stays inside the
         limit by more than that. [ETH wad]
    """
    reserve: uint256 = min(depth, wad._mul_div_down(depth, index, max(mark, 1)))
    nearest: uint256 = mark + limit // ROUNDING if is_buy else limit + limit // ROUNDING
    farthest: uint256 = limit if is_buy else mark
    if nearest >= farthest:
        return 0
    return wad._mul_div_down(reserve, farthest - nearest, limit)


@internal
@pure
def _margin_trigger(target: uint256, mmr: uint256, share: uint256) -> uint256:
    """
    @dev Top up below MMR + share·(m* − MMR). [wad]
    """
    return mmr + wad._mul_up(share, target - min(target, mmr))


@internal
@pure
def _liquidation_price(size: int256, equity: int256, index: uint256, mmr: uint256) -> uint256:
    """
    @dev Index p at which E + size·(p − index) = MMR·|size|·p; 0 when there is none. [USD wad]
    """
    if size == 0:
        return 0
    kept: int256 = size - wad._mul_signed(convert(mmr, int256), abs(size))
    needed: int256 = wad._mul_signed(size, convert(index, int256)) - equity
    # A long is liquidated below a positive price only if it owes more than it has at price 0.
    if needed == 0 or (needed > 0) != (kept > 0):
        return 0
    return wad._mul_div_down(wad._abs(needed), wad.WAD, wad._abs(kept))


@internal
@pure
def _reward(filled: int256, price: uint256, cap: uint256, scale: uint256) -> uint256:
    """
    @dev min(cap, 1 bp of the notional), down. [asset]
    """
    notional: uint256 = wad._mul_down(wad._abs(filled), price)
    return min(cap, wad._to_asset_down(wad._mul_down(notional, REWARD_RATE), scale))
