# pragma version 0.4.3
"""
@title curve
@license AGPL-3.0-only
@notice A constant-product virtual market: the mark follows the net position of all traders.
@dev Sizes are [ETH wad], prices and amounts of quote [USD wad]. Stateless; twin: ballast/curve.py.
     With depth X, peg P and net position q (+ when traders are long) the reserves are base B = X − q and
     quote Q = P·X²/B, the mark is Q/B. What a trader pays rounds up, what he gets rounds down; Q carries 36
     digits, so that he loses 1 wei at most.
     Range: P ≤ 1e24, X ≤ 1e25, X/2 ≤ B ≤ 5X before and after. Then P·X² ≤ 1e74 and Q·b ≤ 1e76 < 2^256.
"""

from . import wad


@internal
@pure
def _base(depth: uint256, net: int256) -> uint256:
    """
    @return Base reserve B = X − q. [ETH wad]
    """
    return convert(convert(depth, int256) - net, uint256)


@internal
@pure
def _mark(peg: uint256, depth: uint256, net: int256) -> uint256:
    """
    @return P·X²/B². [USD wad]
    """
    base: uint256 = self._base(depth, net)
    return peg * depth * depth // (base * base)


@internal
@pure
def _quote_down(peg: uint256, depth: uint256, base: uint256) -> uint256:
    """
    @return Quote reserve Q = P·X²/B. [USD, 36 digits]
    """
    return peg * depth * depth // base


@internal
@pure
def _quote_up(peg: uint256, depth: uint256, base: uint256) -> uint256:
    return wad._mul_div_up(peg * depth, depth, base)


@internal
@pure
def _cost_up(peg: uint256, depth: uint256, net: int256, size: uint256) -> uint256:
    """
    @return What buying `size` costs: Q·b/(B − b). [USD wad]
    """
    base: uint256 = self._base(depth, net)
    return wad._mul_div_up(self._quote_up(peg, depth, base), size, (base - size) * wad.WAD)


@internal
@pure
def _proceeds_down(peg: uint256, depth: uint256, net: int256, size: uint256) -> uint256:
    """
    @return What selling `size` pays: Q·b/(B + b). [USD wad]
    """
    base: uint256 = self._base(depth, net)
    return self._quote_down(peg, depth, base) * size // ((base + size) * wad.WAD)


@internal
@pure
def _size_for_cost_down(peg: uint256, depth: uint256, net: int256, cost: uint256) -> uint256:
    """
    @return What `cost` of quote buys: B·c/(Q + c). [ETH wad]
    """
    base: uint256 = self._base(depth, net)
    paid: uint256 = cost * wad.WAD
    return base * paid // (self._quote_up(peg, depth, base) + paid)


@internal
@pure
def _size_for_proceeds_up(peg: uint256, depth: uint256, net: int256, proceeds: uint256) -> uint256:
    """
    @return What must be sold for `proceeds` < Q of quote: B·c/(Q − c). [ETH wad]
    """
    base: uint256 = self._base(depth, net)
    paid: uint256 = proceeds * wad.WAD
    return wad._mul_div_up(base, paid, self._quote_down(peg, depth, base) - paid)


@internal
@pure
def _room_to_buy(peg: uint256, depth: uint256, net: int256, highest: uint256) -> uint256:
    """
    @return Largest buy that leaves the mark at or below `highest` > 0, to a wei or two. [ETH wad]
    """
    base: uint256 = self._base(depth, net)
    # B > √(P·X²/highest) is the same as mark < highest.
    least: uint256 = isqrt(peg * depth * depth // highest) + 1
    return base - min(base, least)


@internal
@pure
def _room_to_sell(peg: uint256, depth: uint256, net: int256, lowest: uint256) -> uint256:
    """
    @return Largest sale that leaves the mark at or above `lowest` > 0, to a wei or two. [ETH wad]
    """
    base: uint256 = self._base(depth, net)
    most: uint256 = isqrt(peg * depth * depth // lowest)
    return max(most, base) - base
