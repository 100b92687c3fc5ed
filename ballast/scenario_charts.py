"""What the charts of a scenario show, and the same charts as PNG.

CHARTS says what is drawn, here with matplotlib and in `ballast.scenario_html` for the browser.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ballast.attribution import FLOWS
from ballast.panels import HEIGHT, PERCENT, WIDTH, Line, Panel, draw, draw_panel, finish, save
from ballast.scenario_result import Result
from ballast.units import WAD

GAIN, LOSS, TOTAL = "tab:green", "tab:red", "tab:blue"
"""Colours of the bars of a waterfall."""

RESULT = "result"
"""The waterfall's last bar."""

FRONTIER = "Cost of hedging against what it leaves"


@dataclass(frozen=True)
class Chart:
    """Panels over the same hours, under one name that is also the PNG's."""

    name: str
    title: str
    panels: tuple[Panel, ...]


CHARTS = (
    Chart(
        "prices",
        "Spot, mark and funding",
        (
            Panel(
                "spot, index and mark",
                "USD",
                (
                    Line("spot", "spot", "black"),
                    Line("index", "index", "tab:blue"),
                    Line("mark", "mark", "tab:orange"),
                ),
            ),
            Panel("basis: mark over index", PERCENT, (Line("basis", "basis", "tab:orange"),)),
            Panel("funding", f"{PERCENT} over 8 h", (Line("funding", "funding", "tab:purple"),)),
        ),
    ),
    Chart(
        "deltas",
        "Delta, hedge and band",
        (
            Panel(
                "delta of the book and of the hedge",
                "ETH",
                (Line("book_delta", "book", "tab:blue"), Line("hedge", "hedge", "tab:orange")),
            ),
            Panel("net delta", "ETH", (Line("net", "net delta", "tab:blue"),), band="band"),
        ),
    ),
    Chart(
        "nav",
        "Net asset value and attribution",
        (
            Panel("net asset value", "USD", (Line("nav", "NAV", "tab:green"),)),
            Panel(
                "liquidity",
                "USD",
                (
                    Line("free", "free", "tab:green"),
                    Line("claims", "claims of buyers", "tab:red"),
                    Line("waiting", "waiting to be redeemed", "tab:orange"),
                ),
            ),
            Panel("price of a share", "USD a share", (Line("share_price", "share", "tab:green"),)),
        ),
    ),
    Chart(
        "margin",
        "Margin ratio and liquidations",
        (
            Panel(
                "margin ratio",
                f"{PERCENT} of the notional",
                (Line("margin_ratio", "margin ratio", "tab:blue"),),
                marks="liquidations",
            ),
            Panel(
                "where the hedge would be liquidated",
                "USD",
                (
                    Line("index", "index", "black"),
                    Line("liquidation_price", "liquidation price", "tab:red"),
                ),
            ),
        ),
    ),
)


class Bar(NamedTuple):
    """A step of a waterfall [USD]."""

    name: str
    start: float
    amount: float


class Estimate(NamedTuple):
    """A mean of many paths, and its confidence interval."""

    value: float
    low: float
    high: float


class Policy(NamedTuple):
    """What a way to hedge costs, and how far off it leaves the P&L [USD, or % of a premium]."""

    name: str
    cost: Estimate
    error: Estimate
    """Standard deviation of the P&L."""


def waterfall(lines: Mapping[str, int]) -> list[Bar]:
    """The lines of a result that are not 0, each from where the last one ended; last their sum.

    Deposits and withdrawals are no result, and would dwarf it. lines: [USD wad].
    """
    bars: list[Bar] = []
    total = 0
    for name, amount in lines.items():
        if amount and name not in FLOWS:
            bars.append(Bar(name, total / WAD, amount / WAD))
            total += amount
    return [*bars, Bar(RESULT, 0.0, total / WAD)]


def write_pngs(result: Result, folder: Path) -> list[Path]:
    """A PNG for each of CHARTS, the NAV's with the attribution below it."""
    paths: list[Path] = []
    for chart in CHARTS:
        figure = _nav(chart, result) if chart.name == "nav" else draw(chart.panels, result.rows)
        figure.suptitle(f"{result.scenario['name']}: {chart.title}", fontsize=12)
        paths.append(folder / f"{chart.name}.png")
        save(figure, paths[-1])
    return paths


def write_frontier(policies: Sequence[Policy], unit: str, path: Path) -> None:
    """The PNG of policies compared: cost against error, with the confidence interval of both."""
    figure, axis = pyplot.subplots(figsize=(WIDTH, 2 * HEIGHT), layout="constrained")
    for policy in policies:
        cost, error = policy.cost, policy.error
        axis.errorbar(
            cost.value,
            error.value,
            xerr=[[cost.value - cost.low], [cost.high - cost.value]],
            yerr=[[error.value - error.low], [error.high - error.value]],
            fmt="o",
            capsize=3,
            label=policy.name,
        )
    axis.legend(fontsize=8)
    axis.set_xlabel(f"cost, {unit}")
    finish(axis, FRONTIER, f"sd of the P&L, {unit}")
    save(figure, path)


def _nav(chart: Chart, result: Result) -> Figure:
    count = len(chart.panels)
    figure, axes = pyplot.subplots(
        count + 1,
        1,
        figsize=(WIDTH, HEIGHT * (count + 1.5)),
        height_ratios=[1.0] * count + [1.5],
        layout="constrained",
    )
    for panel, axis in zip(chart.panels, axes, strict=False):
        draw_panel(panel, axis, result.rows)
    axes[count - 1].set_xlabel("hour")
    _draw_waterfall(axes[count], waterfall(result.lines))
    return figure


def _draw_waterfall(axis: Axes, bars: Sequence[Bar]) -> None:
    """The first line on top, as in the table; each bar with its amount."""
    for place, bar in enumerate(bars):
        colour = TOTAL if bar.name == RESULT else GAIN if bar.amount > 0 else LOSS
        axis.barh(place, bar.amount, left=bar.start, color=colour)
        axis.annotate(
            f"{bar.amount:+,.0f}",
            (max(bar.start, bar.start + bar.amount), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axis.set_yticks(range(len(bars)), [bar.name for bar in bars])
    axis.invert_yaxis()
    axis.use_sticky_edges = False
    axis.margins(x=0.12)
    axis.set_axisbelow(True)
    axis.axvline(0, color="black", lw=0.8)
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.set_xlabel("USD")
    finish(axis, "attribution of the result", "")
