"""Twin of contracts/modules/quoting.vy, bit for bit: what a buyer pays above the mark,
and a seller gets below it.

The formulas are in the module. Prices and charges [USD wad], sizes [ETH wad], rates, vols [wad].
"""

from ballast.units import WAD, ceil_div, clamp

MARK_CLAMP = 2 * 10**16
FEE_CEILING = 125 * 10**15


def spot(index: int, mark: int, edge: int, is_low: bool) -> int:
    """The lower or the higher of index and clamped mark, and `edge` further."""
    seen = clamp(mark, index * (WAD - MARK_CLAMP) // WAD, _mul_up(index, WAD + MARK_CLAMP))
    if is_low:
        return min(index, seen) * (WAD - edge) // WAD
    return _mul_up(max(index, seen), WAD + edge)


def vol_charge(amount: int, vega: int, vol: int, spread: int, impact: int, use: int) -> int:
    """Spread and impact of an amount; `use` is the use of the vega cap before and after, summed."""
    points = _mul_up(spread, vol) + _mul_up(impact, use) // 2 + 1
    return _mul_up(_mul_up(amount, vega), points)


def fee(amount: int, spot: int, price: int, rate: int) -> int:
    """A share of spot, at most 12.5% of the option's price."""
    return _mul_up(amount, min(_mul_up(rate, spot), _mul_up(FEE_CEILING, price)))


def hedge_cost(net: int, spot: int, venue_fee: int, depth: int) -> int:
    """The cost of trading a net delta away."""
    x = abs(net)
    return _mul_up(spot, _mul_up(venue_fee, x) + ceil_div(x * x, depth))


def hedge_charge(net_before: int, net_after: int, spot: int, venue_fee: int, depth: int) -> int:
    """What a trade adds to the cost of the hedge, not less than 0."""
    before = hedge_cost(net_before, spot, venue_fee, depth)
    return max(0, hedge_cost(net_after, spot, venue_fee, depth) - before)


def _mul_up(a: int, b: int) -> int:
    return ceil_div(a * b, WAD)
