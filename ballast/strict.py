"""Dataclasses from plain data (YAML, JSON), strictly: nothing unknown, mistyped or out of range.

Bounds of a number stand beside its field: `vol: float = bounded(0, 5, 0.7)`.
"""

import dataclasses
import math
import types
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

Kind = TypeVar("Kind")

NAMES = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


class StrictError(ValueError):
    """Data that is not of its shape; the message is one line and begins with where."""


@dataclass(frozen=True)
class Bounds:
    """Of a number, both included."""

    low: float
    high: float


def bounded(low: float, high: float, default: Any = dataclasses.MISSING) -> Any:
    """A field that holds a number, or a list of them, from `low` to `high`."""
    return field(default=default, metadata={"bounds": Bounds(low, high)})


def build(kind: type[Kind], data: Any, where: str = "") -> Kind:
    """The dataclass `kind` from a mapping; StrictError says what is wrong with it, and where."""
    if not isinstance(data, dict):
        raise StrictError(f"{where or 'the whole'} is not a mapping of names to values")
    hints = get_type_hints(kind)
    known = {item.name.rstrip("_"): item for item in fields(kind)}  # type: ignore[arg-type]
    for name in data:
        if name not in known:
            raise StrictError(f"{_at(where, name)} is unknown; known are {', '.join(known)}")
    values = {}
    for name, item in known.items():
        place = _at(where, name)
        if name not in data:
            if item.default is item.default_factory is dataclasses.MISSING:
                raise StrictError(f"{place} is missing")
            continue
        values[item.name] = _value(hints[item.name], data[name], place)
        _check_bounds(item.metadata.get("bounds"), values[item.name], place)
    return kind(**values)


def plain(value: Any) -> Any:
    """A dataclass, with what it is made of, as `build` takes it."""
    if dataclasses.is_dataclass(value):
        return {item.name.rstrip("_"): plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return value


def _at(where: str, name: Any) -> str:
    return f"{where}.{name}" if where else str(name)


def _value(hint: Any, data: Any, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        (inner,) = (part for part in get_args(hint) if part is not type(None))
        return None if data is None else _value(inner, data, where)
    if origin is Literal:
        if data not in get_args(hint):
            allowed = ", ".join(map(str, get_args(hint)))
            raise StrictError(f"{where} is '{data}', allowed are {allowed}")
        return data
    if origin is list:
        return [_value(get_args(hint)[0], item, f"{where}[{n}]") for n, item in _items(data, where)]
    if origin is dict:
        if not isinstance(data, dict):
            raise StrictError(f"{where} is not a mapping of names to values")
        return {str(name): _value(get_args(hint)[1], data[name], _at(where, name)) for name in data}
    if dataclasses.is_dataclass(hint):
        return build(hint, data, where)  # type: ignore[arg-type]
    return _scalar(hint, data, where)


def _items(data: Any, where: str) -> list[tuple[int, Any]]:
    if not isinstance(data, list):
        raise StrictError(f"{where} is not a list")
    return list(enumerate(data))


def _scalar(kind: Any, data: Any, where: str) -> Any:
    """A number, a text, a truth; a whole number is a number too, true is none."""
    if kind is Any:
        return data
    if kind is float and type(data) is int:
        data = float(data)
    if type(data) is not kind:
        raise StrictError(f"{where} is '{data}', not {NAMES[kind]}")
    if kind is float and not math.isfinite(data):
        raise StrictError(f"{where} is {data}, not a finite number")
    return data


def _check_bounds(bounds: Bounds | None, value: Any, where: str) -> None:
    if bounds is None or value is None:
        return
    for number in value if isinstance(value, list) else [value]:
        if not bounds.low <= number <= bounds.high:
            raise StrictError(f"{where} is {number:g}, not from {bounds.low:g} to {bounds.high:g}")
