"""What must hold in a scenario: named checks, each with a bound that the file gives.

A check sees the finished run and says what it saw. Losses and shares are plain numbers: 0.15 is
15%.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ballast.parameters import load
from ballast.scenario_result import Check, Value
from ballast.strict import StrictError
from ballast.units import WAD

Rows = list[dict[str, Value]]


@dataclass(frozen=True)
class Seen:
    """What checks look at."""

    rows: Rows
    events: Rows
    lines: dict[str, int]  # [USD wad]
    nav_before: int  # [USD wad]
    requested: float  # asked back by redeemers, of all shares that they had
    filled: float  # of it
    start_price: float  # of a share [USD]
    others: int  # accounts besides the hedge's that were liquidated


Measure = Callable[[Seen], Any]


def run_checks(expect: dict[str, Any], seen: Seen) -> list[Check]:
    """All that a file expects, in its order."""
    return [_run(name, bound, seen) for name, bound in expect.items()]


def check_bounds(expect: dict[str, Any]) -> None:
    """StrictError for a check that there is not, or a bound that it cannot take."""
    for name, bound in expect.items():
        if name not in CHECKS:
            raise StrictError(f"expect.{name} is unknown; known are {', '.join(CHECKS)}")
        sign, _ = CHECKS[name]
        if sign in ("≤", "≥"):
            is_fit = type(bound) in (int, float) and abs(bound) < 1e12
        else:
            is_fit = type(bound) is (str if sign == "has" else bool) and bound != ""
        if not is_fit:
            raise StrictError(f"expect.{name} is '{bound}', not {WANTED[sign]}")


def _run(name: str, bound: Any, seen: Seen) -> Check:
    sign, measure = CHECKS[name]
    value = measure(seen)
    if sign == "≤":
        holds = value is not None and value <= bound
    elif sign == "≥":
        holds = value is not None and value >= bound
    elif sign == "has":
        holds = bound in value
    else:
        holds = value == bound
    return Check(name, f"{sign} {_text(bound)}", _text(value), holds)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, (set, list)):
        return ", ".join(sorted(value)) or "nothing"
    return "none" if value is None else str(value)


def _column(seen: Seen, name: str) -> list[Any]:
    return [row[name] for row in seen.rows if row[name] is not None]


def _count(seen: Seen, what: str) -> int:
    return sum(event["what"] == what for event in seen.events)


def _words(seen: Seen, name: str) -> set[str]:
    """All words that a column of words has held."""
    return {word for text in _column(seen, name) for word in text.split(", ") if word}


def _loss(seen: Seen) -> float:
    """Of the value of a share, over the whole run."""
    return 1 - float(seen.rows[-1]["share_price"] or 0) / seen.start_price


def _worst_loss(seen: Seen) -> float:
    """The same at its worst moment."""
    return 1 - float(min(_column(seen, "share_price"))) / seen.start_price


def _is_solvent(seen: Seen) -> bool:
    """Never a value of nothing or less, and no holder of options cut."""
    return min(_column(seen, "nav")) > 0 and seen.lines["insolvency cut"] == 0


def _is_hedged(row: dict[str, Value]) -> bool:
    """Within the band, or as near as the smallest hedge comes."""
    return abs(float(row["net"] or 0)) <= max(float(row["band"] or 0), CRUMB)


def _is_hedged_at_end(seen: Seen) -> bool:
    """When the keeper was last there."""
    visited = [row for row in seen.rows if row["keeper"] == "on"]
    return bool(visited) and _is_hedged(visited[-1])


def _hedged_share(seen: Seen) -> float:
    """Steps that end within the band."""
    rows = [row for row in seen.rows if row["keeper"] == "on"]
    return sum(map(_is_hedged, rows)) / max(len(rows), 1)


def _recovered(seen: Seen) -> bool:
    """After the last liquidation of the hedge: hedged again, with margin to spare, and worth
    something."""
    ratio = seen.rows[-1]["margin_ratio"]
    has_margin = ratio is None or float(ratio) >= SPARE_MARGIN
    is_over = seen.rows[-1]["liquidations"] == 0
    return is_over and has_margin and _is_hedged_at_end(seen) and _is_solvent(seen)


def _line(name: str) -> Measure:
    """A line of the attribution, of the NAV at the beginning."""
    return lambda seen: seen.lines[name] / seen.nav_before


def _net_share(seen: Seen) -> float:
    """Largest net delta that was left, of the largest delta that was sold."""
    largest = max((abs(delta) for delta in _column(seen, "book_delta")), default=0.0)
    return max(abs(net) for net in _column(seen, "net")) / largest if largest else 0.0


DEFAULTS = load()

CRUMB: float = DEFAULTS["hedger"]["band"]["min_hedge"] / WAD
"""The default deployment's smallest hedge [ETH]."""

SPARE_MARGIN: float = DEFAULTS["venue"]["mmr"] * DEFAULTS["breaker"]["margin"] / WAD**2
"""Margin ratio at which the default breaker sees a breach."""

WANTED = {"≤": "a number", "≥": "a number", "is": "true or false", "has": "a text"}

CHECKS: dict[str, tuple[str, Measure]] = {
    "solvent": ("is", _is_solvent),
    "max_loss": ("≤", _loss),
    "min_loss": ("≥", _loss),
    "worst_loss": ("≤", _worst_loss),
    "min_margin_ratio": ("≥", lambda seen: min(_column(seen, "margin_ratio"), default=None)),
    "liquidations": ("≤", lambda seen: sum(_column(seen, "liquidations"))),
    "liquidated": ("≥", lambda seen: sum(_column(seen, "liquidations"))),
    "others_liquidated": ("≥", lambda seen: seen.others),
    "recovered": ("is", _recovered),
    "hedged_at_end": ("is", _is_hedged_at_end),
    "hedged_share": ("≥", _hedged_share),
    "net_share": ("≤", _net_share),
    "hedges": ("≥", lambda seen: sum(_column(seen, "hedges"))),
    "sales": ("≥", lambda seen: sum(_column(seen, "sales"))),
    "settlements": ("≥", lambda seen: _count(seen, "settlement")),
    "trips": ("≤", lambda seen: _count(seen, "trip")),
    "tripped_by": ("has", lambda seen: _trips(seen)),
    "mode": ("has", lambda seen: _words(seen, "mode")),
    "mode_at_end": ("has", lambda seen: {seen.rows[-1]["mode"]}),
    "breach": ("has", lambda seen: _words(seen, "breaches")),
    "keeper": ("has", lambda seen: _words(seen, "keeper")),
    "redeemed": ("≥", lambda seen: seen.filled / seen.requested if seen.requested else None),
    "claims_at_end": ("≤", lambda seen: seen.rows[-1]["claims"]),
    "venue_owes": ("≥", lambda seen: max(_column(seen, "ious"))),
    "venue_debt": ("≤", lambda seen: max(_column(seen, "ious"))),
    "funding": ("≥", lambda seen: _line("funding")(seen)),
    "funding_cost": ("≤", lambda seen: -_line("funding")(seen)),
    "premium": ("≥", lambda seen: _line("premium")(seen)),
    "trading_cost": ("≤", lambda seen: -_trading(seen)),
    "widest_basis": ("≥", lambda seen: max(abs(basis) for basis in _column(seen, "basis"))),
}
"""By name: how it compares with its bound, and what it sees."""


def _trips(seen: Seen) -> set[str]:
    """Why the breaker tripped."""
    details = [str(event["detail"]) for event in seen.events if event["what"] == "trip"]
    return {word for detail in details for word in detail.split(" and ")}


def _trading(seen: Seen) -> float:
    return (seen.lines["slippage and basis"] + seen.lines["venue fees"]) / seen.nav_before
