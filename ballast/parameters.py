"""The parameters of a deployment, from `parameters.toml`, in the units of the contracts.

A value is a number with its unit ("5 bps", "24 h", "200000 ETH"), a plain integer, a boolean or a
name.
"""

import math
import re
import tomllib
from decimal import Decimal, InvalidOperation, Overflow
from pathlib import Path
from typing import Any

from ballast.units import WAD, YEAR

DEFAULTS = Path(__file__).with_name("parameters.toml")

Parameters = dict[str, Any]
"""Nested tables of parameters, as in the file; numbers are integers in contract units."""

UNITS = {
    "ETH": WAD,
    "USD": WAD,
    "x": WAD,
    "%": WAD // 100,
    "bps": WAD // 10_000,
    "s": 1,
    "h": 3_600,
    "d": 86_400,
}
"""Multiplier of each unit; token units ("USDC") depend on the decimals of the token."""

ADDRESS = (r"0x[0-9a-fA-F]{40}", "an address, 0x and 40 hex digits")

TEXTS = {
    "vault.name": (r".{1,25}", "1 to 25 characters"),
    "vault.symbol": (r".{1,5}", "1 to 5 characters"),
    "vault.fees.recipient": ADDRESS,
    "book.oracle.sequencer": ADDRESS,
}
"""Parameters that are no numbers: what they match, and the same in words."""

SIGNED = ("pricer.carry.rate", "boards.skew", "boards.smile")
"""Numbers that may be negative."""

LIMITS = {
    "vault.offset": (0, 12),
    "token.decimals": (0, 18),
    "feed.decimals": (0, 18),
    "pricer.carry.half_life": (1, 10**38),
    "boards.strike_step": (1, 10**38),
}
"""Bounds of numbers that Python itself calculates with, or that are stored in less than a word."""

LARGEST = 10**38
"""Beyond any amount; it keeps every number in a word of the EVM."""

MAX_STRIKES = 16
"""Strikes of a board that the book takes."""


class ParameterError(ValueError):
    """A parameter that cannot be read; the message names it and says what is allowed."""


def parse(text: str, decimals: int = 6) -> int:
    """An amount with its unit, in contract units; `decimals` are the token's.

    >>> parse("5 bps")
    500000000000000
    """
    number, _, unit = text.partition(" ")
    units = UNITS | {"USDC": 10**decimals}
    if unit not in units:
        raise ParameterError(f"'{text}' needs a unit: one of {', '.join(sorted(units))}")
    try:
        value = Decimal(number) * units[unit]
    except InvalidOperation:
        value = Decimal("nan")
    except Overflow:
        value = Decimal(LARGEST)
    if not value.is_finite():
        raise ParameterError(f"'{number}' in '{text}' is not a number")
    if abs(value) >= LARGEST:
        raise ParameterError(f"'{text}' is too large")
    if value != int(value):
        raise ParameterError(f"'{text}' is finer than the unit it is stored in")
    return int(value)


def load(path: Path = DEFAULTS, overrides: dict[str, str] | None = None) -> Parameters:
    """Read a parameter file; `overrides` maps dotted names ("hedger.band.min_hedge") to values.

    Token units are those of `token.decimals`. ParameterError when a name is unknown, a value cannot
    be read, or it is none that a deployment could be tried with.
    """
    tables = tomllib.loads(path.read_text())
    for name, value in (overrides or {}).items():
        _override(tables, name, value)
    decimals = tables.get("token", {}).get("decimals", 6)
    _check("token.decimals", decimals)
    parameters = {key: _convert(key, value, decimals) for key, value in tables.items()}
    _check_strikes(parameters)
    return parameters


def reversion(half_life: int) -> int:
    """κ = ln 2 / half-life, per year [wad]; half-life in seconds."""
    return int(Decimal(math.log(2) * YEAR / half_life) * WAD)


def _override(tables: dict[str, Any], name: str, value: str) -> None:
    *path, key = name.split(".")
    table: Any = tables
    for part in path:
        table = table.get(part) if isinstance(table, dict) else None
    if not isinstance(table, dict) or key not in table or isinstance(table[key], dict):
        raise ParameterError(f"there is no parameter '{name}' in {DEFAULTS.name}")
    old = table[key]
    if isinstance(old, bool):
        if value not in ("true", "false"):
            raise ParameterError(f"'{name}' is true or false, not '{value}'")
        table[key] = value == "true"
    elif isinstance(old, int):
        if not value.isdecimal():
            raise ParameterError(f"'{name}' is a whole number, not '{value}'")
        table[key] = int(value[:40])  # anything longer is out of bounds as well
    elif isinstance(old, list):
        table[key] = [part.strip() for part in value.split(",")]
    else:
        table[key] = value


def _convert(name: str, value: Any, decimals: int) -> Any:
    if isinstance(value, dict):
        return {key: _convert(f"{name}.{key}", item, decimals) for key, item in value.items()}
    if isinstance(value, list):
        return [_convert(name, item, decimals) for item in value]
    if isinstance(value, str) and name not in TEXTS:
        try:
            value = parse(value, decimals)
        except ParameterError as error:
            raise ParameterError(f"{name}: {error}") from None
    _check(name, value)
    return value


def _check(name: str, value: Any) -> None:
    """ParameterError when a single value is out of its bounds."""
    if name in TEXTS:
        pattern, words = TEXTS[name]
        if not re.fullmatch(pattern, value, re.ASCII) or not value.isascii():
            raise ParameterError(f"{name}: '{value}' is not {words}")
    elif name in LIMITS:
        low, high = LIMITS[name]
        if value < low:
            raise ParameterError(f"{name}: must be {'positive' if low else 'at least 0'}")
        if value > high:
            raise ParameterError(f"{name}: {value} is over {high}")
    elif value < 0 and name not in SIGNED:
        raise ParameterError(f"{name}: must not be negative")


def _check_strikes(parameters: Parameters) -> None:
    """ParameterError when the boards have no strike or more than the book takes."""
    if "boards" not in parameters:
        return
    boards = parameters["boards"]
    count = (boards["highest_strike"] - boards["lowest_strike"]) // boards["strike_step"] + 1
    if not 1 <= count <= MAX_STRIKES:
        raise ParameterError(
            f"boards.strike_step: gives {max(count, 0)} strikes, a board has 1 to {MAX_STRIKES}"
        )
