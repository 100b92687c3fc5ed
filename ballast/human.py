"""Amounts and times as people write them, and what they accept to be off by."""

from datetime import UTC, datetime
from decimal import Decimal

from ballast.units import WAD, ceil_div

Sheet = dict[str, dict[str, str]]
"""Parts of lines: a title, and what stands under it."""


def decimal(value: int, digits: int = 18) -> str:
    """An amount of so many digits as an exact decimal number: `decimal(15, 1)` is "1.5"."""
    text = f"{Decimal(value).scaleb(-digits):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(timestamp: int) -> str:
    """A time as `2050-01-31 12:00:00 UTC`."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC"


def least(amount: int, slippage: int) -> int:
    """An amount less `slippage` [wad], down: the least that is accepted."""
    return amount * (WAD - slippage) // WAD


def most(amount: int, slippage: int) -> int:
    """An amount and `slippage` [wad], up: the most that is accepted."""
    return ceil_div(amount * (WAD + slippage), WAD)
