"""Results as an engine could have left them, for what writes and draws them."""

from dataclasses import replace
from math import sin
from typing import Any

from ballast.attribution import LINES
from ballast.scenario import parse
from ballast.scenario_result import COLUMNS, Check, Result, Value
from ballast.strict import plain
from ballast.units import WAD

STEPS = 30

AMOUNTS = {
    "deposits": 1_000_000 * WAD,
    "premium": 70_000 * WAD + 1,
    "theta": 35_000 * WAD,
    "gamma": -61_000 * WAD - 7,
    "delta of the hedge": -14_000 * WAD,
    "funding": -3_000 * WAD,
}
"""Lines that are not 0; none is a round number of dollars in floats."""


def row(hour: int) -> dict[str, Value]:
    """A step of every type of value, with gaps where there is no position."""
    spot = 2_000.0 + 100 * sin(hour / 5)
    values: dict[str, Value] = dict.fromkeys(COLUMNS, 0.1 * hour)
    return values | {
        "hour": hour,
        "spot": spot,
        "index": spot,
        "mark": spot * 1.001,
        "basis": 0.001,
        "funding": -0.0001,
        "book_delta": -40.0 * sin(hour / 7),
        "hedge": 40.0 * sin(hour / 7),
        "net": sin(hour),
        "band": 2.0,
        "margin_ratio": None if hour < 4 else 0.3,
        "liquidation_price": None,
        "hedges": 1,
        "clipped": 0,
        "sales": hour % 3,
        "refused": 0,
        "liquidations": int(hour in (10, 20)),
        "others_liquidated": 0,
        "mode": "normal" if hour < 10 else "reduce-only",
        "breaches": "" if hour < 10 else "margin, basis",
        "keeper": "on",
        "sends": 1,
        "venue": "normal",
    }


def scenario(name: str, file: str = "") -> dict[str, Any]:
    """A scenario file as it is loaded, of prices that are drawn or replayed from `file`."""
    content = {
        "name": name,
        "why": "No hedge in time → a loss.",
        "hours": STEPS,
        "seed": 7,
        "price": {"model": "csv" if file else "gbm", "vol": 0.7, "file": file},
        "deposits": [3_000_000, 1_500_000],
        "expect": {"solvent": True},
    }
    return dict(plain(parse(content)))


def sample(name: str = "gap", holds: bool = True, **changes: Any) -> Result:
    """A run whose lines sum to the change of its NAV."""
    lines = dict.fromkeys(LINES, 0) | AMOUNTS
    result = Result(
        scenario=scenario(name),
        rows=[row(hour) for hour in range(1, STEPS + 1)],
        events=[{"hour": 10, "what": "liquidation", "detail": "of 3 ETH"}],
        lines=lines,
        nav_before=4 * 10**24,
        nav_after=4 * 10**24 + sum(lines.values()),
        checks=[
            Check("solvent", "NAV > 0", "4,512,000 USD", True),
            Check("margin ratio", "≥ 6.25 %", "30 %", holds),
        ],
        bytecode={"Vault": "0x" + "ab" * 32},
        versions={"pyarrow": "21.0.0"},
    )
    return replace(result, **changes)
