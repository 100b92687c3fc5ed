"""Twin of contracts/modules/packing.vy, bit for bit: series and boards as one word each.

The layouts are in the module. Sizes [ETH wad], strikes [USD wad], expiries [unix s], vols [wad].
"""

from typing import NamedTuple

MAX_STRIKE = 2**128 - 1
MAX_SOLD = 2**120 - 1
OFFSET = 2**63
SERIES_MASK = 2**136 - 1
VOL_MASK = 2**64 - 1


class Surface(NamedTuple):
    """The three vol parameters of a board."""

    atm_vol: int  # [wad]
    skew: int  # [wad]
    smile: int  # [wad]


def series_id(expiry: int, strike: int, is_put: bool) -> int:
    """Id of a series."""
    return expiry << 136 | strike << 8 | is_put


def expiry(series: int) -> int:
    """Expiry of an id."""
    return series >> 136


def strike(word: int) -> int:
    """Strike of an id or of a live word."""
    return (word & SERIES_MASK) >> 8


def is_put(word: int) -> bool:
    """Kind of an id or of a live word."""
    return word & 1 == 1


def is_canonical(series: int) -> bool:
    """Whether the kind of an id is one that exists."""
    return series & 255 <= 1


def live(series: int, amount: int) -> int:
    """What the book stores of a live series."""
    return amount << 136 | series & SERIES_MASK


def sold(word: int) -> int:
    """Amount of a live word."""
    return word >> 136


def is_same_series(word: int, series: int) -> bool:
    """Whether a live word is of a series, both of one board."""
    return (word ^ series) & SERIES_MASK == 0


def board(expiry: int, count: int, surface: Surface) -> int:
    """Word of a board with `count` live series; vols below 2^63."""
    skew, smile = surface.skew + OFFSET, surface.smile + OFFSET
    return expiry << 200 | count << 192 | smile << 128 | skew << 64 | surface.atm_vol


def board_expiry(word: int) -> int:
    """Expiry of a board."""
    return word >> 200


def board_count(word: int) -> int:
    """Live series of a board."""
    return word >> 192 & 255


def board_surface(word: int) -> Surface:
    """Vols of a board."""
    return Surface(
        word & VOL_MASK, (word >> 64 & VOL_MASK) - OFFSET, (word >> 128 & VOL_MASK) - OFFSET
    )


def with_one_more(word: int) -> int:
    """The board with one more live series."""
    return word + (1 << 192)
