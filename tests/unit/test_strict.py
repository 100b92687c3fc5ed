"""ballast.strict: data that is of its shape, and one line about what is not."""

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from ballast.strict import StrictError, bounded, build, plain


@dataclass(frozen=True)
class Part:
    share: float = bounded(0, 1)
    kind: Literal["call", "put"] = "call"


@dataclass(frozen=True)
class Whole:
    name: str
    count: int = bounded(1, 3, 2)
    is_on: bool = False
    limit: float | None = bounded(-1, 1, None)
    parts: list[Part] = field(default_factory=list)
    pairs: list[list[float]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    anything: Any = None
    extra: list[float] = bounded(0, 9, ())


def test_build__all_that_is_allowed__is_taken():
    data = {
        "name": "one",
        "count": 3,
        "is_on": True,
        "limit": -1,
        "parts": [{"share": 0}, {"share": 1, "kind": "put"}],
        "pairs": [[0, 1], [2, 3.5]],
        "texts": {"a": "b"},
        "anything": [1],
        "extra": [0, 9],
    }
    built = build(Whole, data)
    assert built == Whole(
        "one", 3, True, -1.0, [Part(0.0), Part(1.0, "put")], [[0.0, 1.0], [2.0, 3.5]],
        {"a": "b"}, [1], [0.0, 9.0],
    )  # fmt: skip
    assert build(Whole, plain(built)) == built
    assert type(built.limit) is float


@pytest.mark.parametrize(
    "change, words",
    [
        ({"other": 1}, "other is unknown; known are name, count,"),
        ({"name": 1}, "name is '1', not a text"),
        ({"count": 1.0}, "count is '1.0', not a whole number"),
        ({"count": True}, "count is 'True', not a whole number"),
        ({"count": 0}, "count is 0, not from 1 to 3"),
        ({"count": 4}, "count is 4, not from 1 to 3"),
        ({"is_on": 1}, "is_on is '1', not true or false"),
        ({"limit": float("nan")}, "limit is nan, not a finite number"),
        ({"limit": 1.01}, "limit is 1.01, not from -1 to 1"),
        ({"limit": "1"}, "limit is '1', not a number"),
        ({"parts": {}}, "parts is not a list"),
        ({"parts": [{}]}, "parts[0].share is missing"),
        ({"parts": [{"share": 0}, {"share": 2}]}, "parts[1].share is 2, not from 0 to 1"),
        ({"parts": [{"share": 0, "kind": "x"}]}, "parts[0].kind is 'x', allowed are call, put"),
        ({"parts": [1]}, "parts[0] is not a mapping"),
        ({"pairs": [[0, "x"]]}, "pairs[0][1] is 'x', not a number"),
        ({"texts": []}, "texts is not a mapping"),
        ({"texts": {"a": 1}}, "texts.a is '1', not a text"),
        ({"extra": [1, 10]}, "extra is 10, not from 0 to 9"),
    ],
)
def test_build__something_wrong__says_where_in_a_line(change, words):
    with pytest.raises(StrictError) as wrong:
        build(Whole, {"name": "one"} | change)
    assert str(wrong.value).startswith(words) and "\n" not in str(wrong.value)


def test_build__name_missing__says_so():
    with pytest.raises(StrictError, match="^name is missing$"):
        build(Whole, {})


def test_build__no_mapping__says_so():
    with pytest.raises(StrictError, match="^the whole is not a mapping"):
        build(Whole, [])
