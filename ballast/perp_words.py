"""Twin of contracts/modules/perp_words.vy, bit for bit: what the venue writes into storage words.

The layouts are in the module. OverflowError where the contract reverts: nothing is cut.
"""

from ballast.funding import Accrual

HALF = 2**128 - 1


def join(high: int, low: int) -> int:
    """Two halves as a word."""
    return _fits(high, 128) << 128 | _fits(low, 128)


def high(word: int) -> int:
    """Upper half of a word."""
    return word >> 128


def low(word: int) -> int:
    """Lower half of a word."""
    return word & HALF


def half(number: int) -> int:
    """A signed number as a half, in two's complement."""
    return _bits(number, 128)


def signed(half: int) -> int:
    """The number that `half` wrote."""
    return _number(half, 128)


def from_accrual(accrual: Accrual) -> int:
    """All of an accrual but its accumulator."""
    return (
        _bits(accrual.ema_year, 96) << 160
        | _fits(accrual.at, 40) << 120
        | _fits(accrual.index_at, 40) << 80
        | _fits(accrual.index, 80)
    )


def to_accrual(word: int, accumulator: int) -> Accrual:
    """What `from_accrual` wrote, with its accumulator."""
    return Accrual(
        index=word & (2**80 - 1),
        index_at=word >> 80 & (2**40 - 1),
        at=word >> 120 & (2**40 - 1),
        accumulator=accumulator,
        ema_year=_number(word >> 160, 96),
    )


def _fits(number: int, bits: int) -> int:
    if not 0 <= number < 2**bits:
        raise OverflowError(f"{number} does not fit {bits} bits")
    return number


def _bits(number: int, bits: int) -> int:
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise OverflowError(f"{number} does not fit {bits} bits with a sign")
    return number & ((1 << bits) - 1)


def _number(field: int, bits: int) -> int:
    return field - 2**bits if field >> (bits - 1) else field
