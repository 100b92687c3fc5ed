"""The parameters of a deployment, from `parameters.toml`, in the units of the contracts.

A value is a number with its unit ("5 bps", "24 h", "200000 ETH"), a plain integer, a boolean or a
name.
"""

import math
import tomllib
from decimal import Decimal, InvalidOperation
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


TEXTS = ("vault.name", "vault.symbol", "book.oracle.sequencer")
"""Parameters that are no numbers."""


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
    if not value.is_finite():
        raise ParameterError(f"'{number}' in '{text}' is not a number")
    if value != int(value):
        raise ParameterError(f"'{text}' is finer than the unit it is stored in")
    return int(value)


def load(
    path: Path = DEFAULTS, decimals: int = 6, overrides: dict[str, str] | None = None
) -> Parameters:
    """Read a parameter file; `overrides` maps dotted names ("hedger.band.min_hedge") to values.

    ParameterError when a name is unknown or a value cannot be read.
    """
    tables = tomllib.loads(path.read_text())
    for name, value in (overrides or {}).items():
        _override(tables, name, value)
    return {key: _convert(key, value, decimals) for key, value in tables.items()}


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
        table[key] = int(value)
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
            return parse(value, decimals)
        except ParameterError as error:
            raise ParameterError(f"{name}: {error}") from None
    return value
