# pragma version 0.4.3
"""
@title quoting
@license AGPL-3.0-only
@notice What a buyer pays above the mark and a seller gets below it: vega-linear spread and impact,
     fee, and the cost of the hedge.
@dev Stateless. The impact is the mean of the use of the vega cap before and after the trade, so
     splitting an order gains nothing beyond rounding.
"""

from . import wad

MARK_CLAMP: constant(uint256) = 2 * 10**16  # [wad] how far from the index a mark counts
FEE_CEILING: constant(uint256) = 125 * 10**15  # [wad] of the option's price


@internal
@pure
def _spot(index: uint256, mark: uint256, edge: uint256, is_low: bool) -> uint256:
    """
    @dev The lower or the higher of index and clamped mark, and `edge` further: low is the worse for
         who buys a put or sells a call. [USD wad]
    """
    low: uint256 = wad._mul_down(index, wad.WAD - MARK_CLAMP)
    high: uint256 = wad._mul_up(index, wad.WAD + MARK_CLAMP)
    seen: uint256 = min(max(mark, low), high)
    if is_low:
        return wad._mul_down(min(index, seen), wad.WAD - edge)
    return wad._mul_up(max(index, seen), wad.WAD + edge)


@internal
@pure
def _vol_charge(
    amount: uint256,
    vega: uint256,
    vol: uint256,
    spread: uint256,
    impact: uint256,
    use: uint256,
) -> uint256:
    """
    @dev n·vega·(spread·σ + impact·(u0 + u1)/2), `use` = u0 + u1. [USD wad]
    """
    points: uint256 = wad._mul_up(spread, vol) + wad._mul_up(impact, use) // 2 + 1
    return wad._mul_up(wad._mul_up(amount, vega), points)


@internal
@pure
def _fee(amount: uint256, spot: uint256, price: uint256, rate: uint256) -> uint256:
    """
    @dev n·min(rate·S, 12.5% of the option's price). [USD wad]
    """
    return wad._mul_up(amount, min(wad._mul_up(rate, spot), wad._mul_up(FEE_CEILING, price)))


@internal
@pure
def _hedge_cost(net: int256, spot: uint256, venue_fee: uint256, depth: uint256) -> uint256:
    """
    @dev H(x) = S·(venue fee·|x| + x²/depth), the cost of trading x away. [USD wad]
    """
    x: uint256 = wad._abs(net)
    return wad._mul_up(spot, wad._mul_up(venue_fee, x) + wad._mul_div_up(x, x, depth))


@internal
@pure
def _hedge_charge(
    net_before: int256, net_after: int256, spot: uint256, venue_fee: uint256, depth: uint256
) -> uint256:
    """
    @dev max(0, H(x1) − H(x0)): a trade that lowers the net delta is not charged, and not paid. [USD
         wad]
    """
    before: uint256 = self._hedge_cost(net_before, spot, venue_fee, depth)
    after: uint256 = self._hedge_cost(net_after, spot, venue_fee, depth)
    return after - min(after, before)
