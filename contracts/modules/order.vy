# pragma version 0.4.3
"""
@title order
@license AGPL-3.0-only
@notice What an order does to a position: which part of it closes, and whether the position grows.
@dev Stateless. Sizes are ETH [wad], + is long.
"""

from . import wad


@internal
@pure
def _closing_part(size_delta: int256, size: int256) -> int256:
    """
    @dev The part of an order that closes `size`, with the order's sign. [ETH wad]
    """
    if size > 0:
        return min(max(size_delta, -size), 0)
    return max(min(size_delta, -size), 0)


@internal
@pure
def _opens(before: int256, after: int256) -> bool:
    """
    @dev Whether a position grows or changes sides.
    """
    if after == 0:
        return False
    return wad._abs(after) > wad._abs(before) or (after > 0) != (before > 0)
