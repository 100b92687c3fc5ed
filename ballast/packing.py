"""Twin of contracts/modules/packing.vy, bit for bit: series, live strikes and boards as one word.

The layouts are in the module. Sizes [ETH wad], strikes [USD wad], expiries [unix s], vols [wad].
"""

from typing import NamedTuple

MAX_STRIKE = 2**96 - 1
MAX_SOLD = 2**80 - 1
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


def id_strike(series: int) -> int:
    """Strike of an id."""
    return (series & SERIES_MASK) >> 8


def is_put(series: int) -> bool:
    """Kind of an id."""
    return series & 1 == 1


def is_canonical(series: int) -> bool:
    """Whether the kind of an id is one that exists."""
    return series & 255 <= 1


def live(strike: int, calls: int = 0, puts: int = 0) -> int:
    """What the book stores of a live strike: how much is sold of its call and of its put."""
    return calls << 176 | puts << 96 | strike


def strike(word: int) -> int:
    """Strike of a live word."""
    return word & MAX_STRIKE


def calls(word: int) -> int:
    """Calls sold at a live word's strike."""
    return word >> 176


def puts(word: int) -> int:
    """Puts sold at a live word's strike."""
    return word >> 96 & MAX_SOLD


def sold(word: int, is_put: bool) -> int:
    """What is sold of one kind at a live word's strike."""
    return puts(word) if is_put else calls(word)


def with_sold(word: int, is_put: bool, amount: int) -> int:
    """A live word with that amount sold of one kind."""
    if is_put:
        return live(strike(word), calls(word), amount)
    return live(strike(word), amount, puts(word))


def board(expiry: int, count: int, surface: Surface) -> int:
    """Word of a board with `count` live strikes; vols below 2^63."""
    skew, smile = surface.skew + OFFSET, surface.smile + OFFSET
    return expiry << 200 | count << 192 | smile << 128 | skew << 64 | surface.atm_vol


def board_expiry(word: int) -> int:
    """Expiry of a board."""
    return word >> 200


def board_count(word: int) -> int:
    """Live strikes of a board."""
    return word >> 192 & 255


def board_surface(word: int) -> Surface:
    """Vols of a board."""
    return Surface(
        word & VOL_MASK, (word >> 64 & VOL_MASK) - OFFSET, (word >> 128 & VOL_MASK) - OFFSET
    )


def with_surface(word: int, surface: Surface) -> int:
    """The board with other vols."""
    return board(board_expiry(word), board_count(word), surface)


def with_one_more(word: int) -> int:
    """The board with one more live strike."""
    return word + (1 << 192)


def with_one_less(word: int) -> int:
    """The board with one live strike less."""
    return word - (1 << 192)
