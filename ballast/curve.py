"""Twin of contracts/modules/curve.vy, bit for bit: the constant-product virtual market.

Sizes are [ETH wad], prices and amounts of quote [USD wad]. With depth X, peg P and net position q
(+ when traders are long) the reserves are base B = X - q and quote Q = P X^2 / B, and the mark is Q
/ B. A size that exceeds the reserve raises ZeroDivisionError or gives nonsense: the contract bounds
it before.
"""

from math import isqrt

from ballast.units import WAD, ceil_div


def mark(peg: int, depth: int, net: int) -> int:
    """P X^2 / B^2 [USD wad], rounded down."""
    return peg * depth * depth // (depth - net) ** 2


def cost_up(peg: int, depth: int, net: int, size: int) -> int:
    """What buying `size` costs [USD wad]: Q b / (B - b), rounded up."""
    base = depth - net
    return ceil_div(ceil_div(peg * depth * depth, base) * size, (base - size) * WAD)


def proceeds_down(peg: int, depth: int, net: int, size: int) -> int:
    """What selling `size` pays [USD wad]: Q b / (B + b), rounded down."""
    base = depth - net
    return peg * depth * depth // base * size // ((base + size) * WAD)


def size_for_cost_down(peg: int, depth: int, net: int, cost: int) -> int:
    """What `cost` [USD wad] buys [ETH wad]: B c / (Q + c), rounded down."""
    base = depth - net
    quote = ceil_div(peg * depth * depth, base)
    return base * cost * WAD // (quote + cost * WAD)


def size_for_proceeds_up(peg: int, depth: int, net: int, proceeds: int) -> int:
    """What must be sold for `proceeds` < Q [USD wad], in [ETH wad]: B c / (Q - c), rounded up."""
    base = depth - net
    quote = peg * depth * depth // base
    return ceil_div(base * proceeds * WAD, quote - proceeds * WAD)


def room_to_buy(peg: int, depth: int, net: int, highest: int) -> int:
    """Largest buy [ETH wad] that leaves the mark at or below `highest` > 0 [USD wad]."""
    base = depth - net
    return max(base - isqrt(peg * depth * depth // highest) - 1, 0)


def room_to_sell(peg: int, depth: int, net: int, lowest: int) -> int:
    """Largest sale [ETH wad] that leaves the mark at or above `lowest` > 0 [USD wad]."""
    base = depth - net
    return max(isqrt(peg * depth * depth // lowest) - base, 0)
