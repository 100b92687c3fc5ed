"""The last accepted figures of the benches, their bounds and the best of others known to us."""

import json
from pathlib import Path
from typing import NamedTuple

from rich.table import Table

BASELINE = Path(__file__).with_name("baseline.json")

Results = dict[str, dict[str, float]]


class Limit(NamedTuple):
    """One figure of baseline.json; smaller is better, but where `least` is given."""

    accepted: float
    bound: float | None = None  # largest that passes
    least: float | None = None  # smallest that passes
    target: float | None = None  # what the work on it aims at; to miss it fails nothing
    peer: float | None = None  # the best of others
    peer_is: str = ""  # what that is, and where it is from

    def allows(self, value: float) -> bool:
        """Whether the figure keeps its bound."""
        if self.least is not None and value < self.least:
            return False
        return self.bound is None or value <= self.bound

    def bound_text(self) -> str:
        """The bound as the table shows it."""
        if self.least is not None:
            return f"≥ {number(self.least)}"
        return "" if self.bound is None else f"≤ {number(self.bound)}"


def load() -> dict[str, dict[str, Limit]]:
    """{case: {metric: limit}} of baseline.json."""
    cases = json.loads(BASELINE.read_text())
    return {
        case: {metric: Limit(**limit) for metric, limit in metrics.items()}
        for case, metrics in cases.items()
    }


def failures(results: Results) -> list[str]:
    """One line for each figure worse than its bound, or that is missing where one is bound."""
    lines = []
    for case, metrics in load().items():
        for metric, limit in metrics.items():
            value = results.get(case, {}).get(metric)
            if value is None:
                lines.append(f"{case}: {metric} was not measured")
            elif not limit.allows(value):
                lines.append(f"{case}: {metric} is {number(value)}, asked {limit.bound_text()}")
    return lines


def accept(results: Results) -> None:
    """Write the results into baseline.json, bounds and peers as they were."""
    old = load()
    cases = {
        case: {
            metric: old.get(case, {}).get(metric, Limit(value))._replace(accepted=value)
            for metric, value in metrics.items()
        }
        for case, metrics in results.items()
    }
    written = {
        case: {
            metric: {
                key: value for key, value in limit._asdict().items() if value not in (None, "")
            }
            for metric, limit in metrics.items()
        }
        for case, metrics in cases.items()
    }
    BASELINE.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")


def table(results: Results, title: str) -> Table:
    """The results beside what was accepted, the bounds and the best of others."""
    limits = load()
    shown = Table(title=title, caption_justify="left")
    for column in ("case", "metric"):
        shown.add_column(column)
    for column in ("value", "accepted", "bound", "target", "best of others"):
        shown.add_column(column, justify="right")
    notes = []
    for case, metrics in results.items():
        for metric, value in metrics.items():
            limit = limits.get(case, {}).get(metric, Limit(value))
            peer = "" if limit.peer is None else number(limit.peer)
            target = "" if limit.target is None else number(limit.target)
            if limit.peer_is:
                notes.append(f"{case}, {metric}: {limit.peer_is}")
            shown.add_row(
                case,
                metric,
                number(value),
                number(limit.accepted),
                limit.bound_text(),
                target,
                peer,
            )
    shown.caption = "Others: " + "; ".join(notes) if notes else None
    return shown


def number(value: float) -> str:
    """Digits enough to compare."""
    if value and abs(value) < 1e-3:
        return f"{value:.1e}"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
