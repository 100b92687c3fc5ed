"""What hedging policies are worth, in figures with confidence intervals, as tables and as CSV.

The paths are the same for every policy, so a difference of two policies is that of each path: its
interval is much narrower than theirs. What no path has shown has an interval of nothing, though
three in so many paths may still do it, by the rule of three.

Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), for the intervals.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import floor, log10
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table

from ballast.policies import HOURLY, Outcome
from ballast.replication import Floats
from ballast.scenario_charts import Estimate, Policy

RESAMPLES = 500
LEVEL = 0.95
"""Of the confidence intervals."""

TAIL = 0.05
"""Share of the paths, the worst, whose mean loss is the expected shortfall."""

BASELINE = HOURLY.name
"""What the others are compared with."""

COLUMNS = (
    "policy", "measure", "unit", "value", "low", "high", "difference", "difference_low",
    "difference_high",
)  # fmt: skip

Statistic = Callable[[Floats, Floats], Floats]
"""Of values, one a path, for each row of weights: how often a path is counted, its mean 1."""


def mean(values: Floats, weights: Floats) -> Floats:
    """Weighted mean."""
    found: Floats = weights @ values / len(values)
    return found


def deviation(values: Floats, weights: Floats) -> Floats:
    """Weighted standard deviation."""
    centred = values - values.mean()
    variance = mean(centred**2, weights) - mean(centred, weights) ** 2
    found: Floats = np.sqrt(np.maximum(variance, 0))
    return found


def shortfall(values: Floats, weights: Floats) -> Floats:
    """Mean loss of the worst `TAIL`, as a positive number."""
    order = np.argsort(values)
    ordered = weights[:, order]
    size = TAIL * len(values)
    counted = np.clip(size - (np.cumsum(ordered, axis=1) - ordered), 0, ordered)
    found: Floats = -counted @ values[order] / size
    return found


class Measure(NamedTuple):
    """A figure of a policy: of a value that each path has, and the unit of it."""

    name: str
    unit: str
    of: Callable[[Outcome], Floats]
    statistic: Statistic = mean


PREMIUM, NAV, TIME = "% of premium", "% of NAV", "bps of time"
EACH, THOUSAND = "a path", "1,000 paths"

MEASURES = (
    Measure("cost", PREMIUM, lambda made: made.cost),
    Measure("error", PREMIUM, lambda made: made.pnl, deviation),
    Measure("error with cost", PREMIUM, lambda made: made.net, deviation),
    Measure("shortfall", PREMIUM, lambda made: made.net, shortfall),
    Measure("hedges", EACH, lambda made: made.hedges),
    Measure("near liquidation", TIME, lambda made: made.near),
    Measure("liquidations", THOUSAND, lambda made: made.liquidations),
    Measure("margin", NAV, lambda made: made.margin),
)


class Row(NamedTuple):
    """A measure of a policy, and how far it is from the baseline's."""

    policy: str
    measure: str
    unit: str
    value: Estimate
    difference: Estimate


def compare(
    outcomes: Mapping[str, Outcome], premium: float, nav: float, seed: int = 0
) -> list[Row]:
    """Every measure of every policy; premium and nav [USD], seed of the resampling."""
    percent, bps, thousandth = 1e-2, 1e-4, 1e-3
    scales = {
        PREMIUM: premium * percent, NAV: nav * percent, TIME: bps, EACH: 1.0, THOUSAND: thousandth,
    }  # fmt: skip
    weights = resamples(len(outcomes[BASELINE].pnl), seed)
    rows = []
    for measure in MEASURES:
        found = {
            name: measure.statistic(measure.of(made) / scales[measure.unit], weights)
            for name, made in outcomes.items()
        }
        for name, figures in found.items():
            apart = figures - found[BASELINE]
            rows.append(Row(name, measure.name, measure.unit, estimate(figures), estimate(apart)))
    return rows


def resamples(count: int, seed: int) -> Floats:
    """How often each path is counted: in the first row once, then as drawn with replacement."""
    draw = np.random.default_rng(seed)
    drawn = draw.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return np.concatenate([np.ones((1, count)), drawn])


def estimate(figures: Floats) -> Estimate:
    """The first figure, and the interval in which the others are but for 1 − `LEVEL`."""
    value, rest = float(figures[0]), figures[1:]
    low, high = (float(end) for end in np.quantile(rest, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]))
    return Estimate(value, min(low, value), max(high, value))


def frontier(rows: Sequence[Row]) -> list[Policy]:
    """Cost and error of each policy [% of premium]."""
    found = {(row.policy, row.measure): row.value for row in rows}
    names = dict.fromkeys(row.policy for row in rows)
    return [Policy(name, found[name, "cost"], found[name, "error"]) for name in names]


def tables(rows: Sequence[Row], is_apart: bool = False) -> Iterator[Table]:
    """What a policy costs and leaves, then what it takes: policies down, measures across.

    Each with half its interval; `is_apart`: less the baseline's.
    """
    title = f"less that of {BASELINE}, path by path" if is_apart else "hedging policies"
    for measures in (MEASURES[:4], MEASURES[4:]):
        grid = Table(title=f"{title}, {LEVEL:.0%} confidence")
        grid.add_column("policy", no_wrap=True)
        for measure in measures:
            grid.add_column(f"{measure.name}\n[dim]{measure.unit}", justify="right")
        for policy in dict.fromkeys(row.policy for row in rows):
            if not (is_apart and policy == BASELINE):
                mine = {row.measure: row for row in rows if row.policy == policy}
                found = (mine[measure.name] for measure in measures)
                grid.add_row(policy, *(_cell(row, is_apart) for row in found))
        yield grid


def _cell(row: Row, is_apart: bool) -> str:
    """As many places as show two digits of half the interval, at most two; of thousands none."""
    value, low, high = row.difference if is_apart else row.value
    half, sign = (high - low) / 2, "+" if is_apart else ""
    if half == 0:
        return f"{value:{sign},.6g}"
    places = 0 if abs(value) >= 1_000 else min(max(1 - floor(log10(half)), 0), 2)
    return f"{value:{sign},.{places}f} ±{half:,.{places}f}"


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """COLUMNS, a line a measure of a policy; floats are the shortest text that reads back equal."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            named = row.policy, row.measure, row.unit
            writer.writerow([*named, *map(repr, (*row.value, *row.difference))])
