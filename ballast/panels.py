"""Panels of lines over the hours: what stands in a chart is said once, for PNG and for page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

matplotlib.use("Agg")

Rows = Sequence[Mapping[str, Any]]
"""Of a run, each with its `hour`; where a value is None there is a gap."""

WIDTH, HEIGHT, DPI = 10, 2.8, 110
"""Of a panel [inch], and dots an inch."""

PERCENT = "%"

GRID = 0.3


@dataclass(frozen=True)
class Line:
    """A column of the rows in a panel."""

    column: str
    label: str
    colour: str
    is_dots: bool = False
    """Dots instead of a line: values of a moment, with nothing between them."""


@dataclass(frozen=True)
class Panel:
    """Lines that share an axis."""

    title: str
    unit: str
    """Shares of PERCENT are drawn as such: a column of 0.01 is 1 %."""
    lines: tuple[Line, ...]
    band: str | None = None
    """The column of a half width around zero."""
    marks: str | None = None
    """The column that counts what is marked by a line from top to bottom, where it is not 0."""


def draw(panels: Sequence[Panel], rows: Rows) -> Figure:
    """The panels one above the other, over the hours of the rows."""
    figure, axes = pyplot.subplots(
        len(panels),
        1,
        figsize=(WIDTH, HEIGHT * len(panels)),
        sharex=True,
        layout="constrained",
        squeeze=False,
    )
    for panel, axis in zip(panels, axes[:, 0], strict=True):
        draw_panel(panel, axis, rows)
    axes[-1, 0].set_xlabel("hour")
    return figure


def draw_panel(panel: Panel, axis: Axes, rows: Rows) -> None:
    """One panel into its axis; a legend only where there is something to tell apart."""
    hours = column(rows, "hour")
    if panel.band:
        widths = column(rows, panel.band)
        axis.fill_between(
            hours,
            [-width for width in widths],
            widths,
            color="tab:blue",
            alpha=0.2,
            lw=0,
            label="band",
        )
    for line in panel.lines:
        axis.plot(
            hours,
            column(rows, line.column),
            "x" if line.is_dots else "-",
            label=line.label,
            color=line.colour,
            linewidth=1,
            markersize=3,
        )
    for number, hour in enumerate(marked(panel, rows)):
        axis.axvline(hour, color="tab:red", ls=":", lw=1, label="" if number else panel.marks)
    if len(axis.get_legend_handles_labels()[0]) > 1:
        axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, fontsize=8, frameon=False)
    if hours[:1] != hours[-1:]:
        axis.set_xlim(hours[0], hours[-1])
    finish(axis, panel.title, panel.unit)


def finish(axis: Axes, title: str, unit: str) -> None:
    """Title, unit and grid as every chart has them."""
    axis.set_title(title, loc="left", fontsize=10)
    axis.set_ylabel(unit)
    axis.grid(alpha=GRID)
    if unit == "USD":
        axis.yaxis.set_major_formatter("{x:,.0f}")
    if unit.startswith(PERCENT):
        axis.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))


def save(figure: Figure, path: Path) -> None:
    """A PNG whose bytes depend on the picture alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
    pyplot.close(figure)


def column(rows: Rows, name: str) -> list[float]:
    """The numbers of a column, with NaN for None."""
    return [float("nan") if row[name] is None else float(row[name]) for row in rows]


def marked(panel: Panel, rows: Rows) -> list[float]:
    """The hours that a panel marks."""
    return [float(row["hour"]) for row in rows if row[panel.marks]] if panel.marks else []
