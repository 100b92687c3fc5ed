"""Units of the contracts and the integer operations of the EVM that Python rounds differently."""

from decimal import Decimal

WAD = 10**18
"""One, in prices, sizes, rates and ratios."""

Q64 = 2**64
"""One, inside the pricing maths."""

YEAR = 31_536_000
"""Seconds of the year that every rate and volatility is quoted for."""


def trunc_div(numerator: int, denominator: int) -> int:
    """Signed quotient rounded toward zero, as the EVM divides; ZeroDivisionError by 0."""
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def ceil_div(numerator: int, denominator: int) -> int:
    """Quotient rounded up, for what is taken; the numerator is not negative."""
    return -(-numerator // denominator)


def clamp(value: int, low: int, high: int) -> int:
    """The value, or the bound it exceeds; the upper bound wins if the two are crossed."""
    return min(max(value, low), high)


def to_wad(value: float | str) -> int:
    """A decimal number in wad, to the nearest: `to_wad("0.1")` is exact."""
    return int((Decimal(value) * WAD).to_integral_value())


def from_wad(value: int) -> float:
    """A wad as a float, for charts and messages."""
    return value / WAD
