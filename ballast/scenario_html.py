"""One page for the runs of scenarios: it needs no network, and its charts can be looked into.

Plotly's own script is part of the page, and a policy in its head forbids the browser to load
anything. What the charts show is said in `ballast.scenario_charts`.
"""

import html
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import yaml
from matplotlib.colors import to_hex
from plotly.offline import get_plotlyjs

from ballast.human import decimal
from ballast.panels import PERCENT, Line, Panel, Rows, marked
from ballast.scenario_charts import (
    CHARTS,
    FRONTIER,
    GAIN,
    LOSS,
    TOTAL,
    Chart,
    Policy,
    waterfall,
)
from ballast.scenario_result import Check, Result
from ballast.units import WAD

TEMPLATE = Path(__file__).with_name("scenario_page.html")

PANEL_HEIGHT, BAR_HEIGHT, MARGIN = 240, 26, 90
"""Of a panel, of a bar of the waterfall, and of what stands above and below them [px]."""

GAP = 0.08
"""Between panels, of the chart's height."""

CHECK = ("check", "bound", "seen", "")
"""Columns of a table of checks."""

FIGURES = (
    "steps", "NAV before [USD]", "NAV after [USD]", "lowest margin ratio", "hedges", "sales",
    "liquidations", "fees [USD]",
)  # fmt: skip
"""Columns of the table of runs."""

Figure = dict[str, Any]
"""What plotly.js draws: `data` and `layout`."""


def report(
    results: Sequence[Result], path: Path, policies: Sequence[Policy] = (), unit: str = "USD"
) -> None:
    """Write the page. policies: what was compared, in `unit`; without any there is no frontier."""
    figures: dict[str, Figure] = {}
    body = [_summary(results)]
    if policies:
        figures["frontier"] = frontier(policies, unit)
        body.append(_frontier_section(policies, unit))
    for number, result in enumerate(results, start=1):
        figures |= _figures(result, number)
        body.append(_section(result, number))
    page = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=_escape(_title(results)),
        plotly=get_plotlyjs(),
        body="\n".join(body),
        figures=_json(figures),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(page.encode())


# ------------------------------------------------------------------------------ figures


def figure(chart: Chart, rows: Rows) -> Figure:
    """A chart's panels one above the other, on one axis of hours."""
    height = (1 + GAP) / len(chart.panels)
    layout = _layout(PANEL_HEIGHT * len(chart.panels))
    layout["hovermode"] = "x unified"
    layout["shapes"] = []
    data: list[dict[str, Any]] = []
    for number, panel in enumerate(chart.panels):
        axis = f"y{number + 1}" if number else "y"
        top = 1 - number * height
        layout[axis.replace("y", "yaxis")] = {
            "title": {"text": f"{panel.title}<br>{panel.unit}"},
            "domain": [max(0.0, top - height + GAP), top],
            "zeroline": False,
            "tickformat": ".2%" if panel.unit.startswith(PERCENT) else ",",
        }
        data += _band(panel, rows, axis) + [_trace(line, rows, axis) for line in panel.lines]
        layout["shapes"] += _marks(panel, rows, axis)
        layout["xaxis"] = {"title": {"text": "hour"}, "anchor": axis}
    return {"data": data, "layout": layout}


def waterfall_figure(lines: Mapping[str, int]) -> Figure:
    """The attribution, the first line on top."""
    bars = waterfall(lines)
    layout = _layout(BAR_HEIGHT * len(bars))
    layout["xaxis"] = {"title": {"text": "USD"}, "tickformat": ",.0f"}
    layout["yaxis"] = {"autorange": "reversed", "automargin": True}
    trace = {
        "type": "waterfall",
        "orientation": "h",
        "y": [bar.name for bar in bars],
        "x": [_short(bar.amount) for bar in bars],
        "measure": ["relative"] * (len(bars) - 1) + ["total"],
        "text": [f"{bar.amount:+,.2f}" for bar in bars],
        "textposition": "outside",
        "cliponaxis": False,
        "increasing": {"marker": {"color": to_hex(GAIN)}},
        "decreasing": {"marker": {"color": to_hex(LOSS)}},
        "totals": {"marker": {"color": to_hex(TOTAL)}},
        "hovertemplate": "%{y}: %{text} USD<extra></extra>",
    }
    return {"data": [trace], "layout": layout}


def frontier(policies: Sequence[Policy], unit: str) -> Figure:
    """Cost against error, with the confidence intervals of both."""
    layout = _layout(2 * PANEL_HEIGHT)
    layout["xaxis"] = {"title": {"text": f"cost, {unit}"}}
    layout["yaxis"] = {"title": {"text": f"sd of the P&L, {unit}"}}
    data = [
        {
            "type": "scatter",
            "mode": "markers+text",
            "name": policy.name,
            "text": [policy.name],
            "textposition": "top right",
            "x": [policy.cost.value],
            "y": [policy.error.value],
            "error_x": _bars(*policy.cost),
            "error_y": _bars(*policy.error),
        }
        for policy in policies
    ]
    return {"data": data, "layout": layout}


def _figures(result: Result, number: int) -> dict[str, Figure]:
    """By the id of the place where each is drawn."""
    figures = {_place(number, chart.name): figure(chart, result.rows) for chart in CHARTS}
    return figures | {_place(number, "attribution"): waterfall_figure(result.lines)}


def _place(number: int, name: str) -> str:
    return f"run-{number}-{name}"


def _layout(height: int) -> dict[str, Any]:
    return {
        "height": height + MARGIN,
        "margin": {"l": 90, "r": 20, "t": 30, "b": 50},
        "font": {"family": "system-ui, sans-serif", "size": 12},
        "plot_bgcolor": "#fafafa",
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    }


def _trace(line: Line, rows: Rows, axis: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers" if line.is_dots else "lines",
        "name": line.label,
        "x": [row["hour"] for row in rows],
        "y": [_short(row[line.column]) for row in rows],
        "yaxis": axis,
        "line": {"color": to_hex(line.colour), "width": 1.3},
    }


def _band(panel: Panel, rows: Rows, axis: str) -> list[dict[str, Any]]:
    """The lower edge, and the upper with what lies between them filled."""
    if not panel.band:
        return []
    edges = [
        _trace(Line(panel.band, name, "tab:blue"), rows, axis) for name in ("band below", "band")
    ]
    edges[0]["y"] = [None if width is None else -width for width in edges[0]["y"]]
    edges[0]["showlegend"] = False
    for edge in edges:
        edge["line"]["width"] = 0
    edges[1] |= {"fill": "tonexty", "fillcolor": "rgba(31, 119, 180, 0.2)"}
    return edges


def _marks(panel: Panel, rows: Rows, axis: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "x0": hour,
            "x1": hour,
            "y0": 0,
            "y1": 1,
            "yref": f"{axis} domain",
            "line": {"color": to_hex(LOSS), "width": 1, "dash": "dot"},
            "name": panel.marks,
            "showlegend": not number,
        }
        for number, hour in enumerate(marked(panel, rows))
    ]


def _bars(value: float, low: float, high: float) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value],
        "arrayminus": [value - low],
        "thickness": 1,
    }


def _short(value: Any) -> float | None:
    """Eight digits are more than a chart shows; None, as NaN, is a gap."""
    if value is None or math.isnan(value):
        return None
    return float(f"{value:.8g}")


def _json(content: Any) -> str:
    """JSON that cannot end the script it stands in."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("</", "<\\/")


# ------------------------------------------------------------------------------ text


def _title(results: Sequence[Result]) -> str:
    if len(results) == 1:
        return f"Ballast: {results[0].scenario['name']}"
    return f"Ballast: {len(results)} scenarios"


def _summary(results: Sequence[Result]) -> str:
    """What had to hold, for all runs, and their figures; a run's name leads to its part."""
    count = sum(len(result.checks) for result in results)
    verdict = f'<p class="holds">All {count} checks hold, and every attribution is exact.</p>'
    failed = [result.scenario["name"] for result in results if not result.holds]
    if failed:
        verdict = f'<p class="fails">Failed: {_escape(", ".join(failed))}.</p>'
    links = [
        f'<a href="#run-{number}">{_escape(result.scenario["name"])}</a>'
        for number, result in enumerate(results, start=1)
    ]
    runs = [*zip(links, results, strict=True)]
    checks = [[link, *_check(check)] for link, result in runs for check in result.checks]
    figures = [[link, *_figures_of(result)] for link, result in runs]
    return "\n".join(
        [
            verdict,
            _table(["scenario", *CHECK], checks),
            _table(["scenario", *FIGURES], figures, numbers=len(FIGURES)),
        ]
    )


def _figures_of(result: Result) -> list[str]:
    """FIGURES of a run."""
    ratios = [row["margin_ratio"] for row in result.rows if row["margin_ratio"] is not None]
    return [
        f"{len(result.rows):,}",
        _usd(result.nav_before),
        _usd(result.nav_after),
        f"{min(map(float, ratios)):.1%}" if ratios else "no position",
        *(f"{_sum(result, name):,.0f}" for name in ("hedges", "sales", "liquidations", "fees")),
    ]


def _sum(result: Result, name: str) -> float:
    return sum(float(row[name] or 0) for row in result.rows)


def _check(check: Check) -> list[str]:
    verdict = "holds" if check.holds else "fails"
    return [
        _escape(check.name),
        _escape(check.bound),
        _escape(check.seen),
        f'<span class="{verdict}">{verdict}</span>',
    ]


def _section(result: Result, number: int) -> str:
    scenario = result.scenario
    parts = [
        f'<h2 id="run-{number}">{_escape(scenario["name"])}</h2>',
        f"<p>{_escape(scenario['why'])}</p>",
        f'<p class="soft">{len(result.rows)} steps, seed {scenario["seed"]}</p>',
        _table(CHECK, [_check(check) for check in result.checks]),
    ]
    for chart in CHARTS:
        parts += [f"<h3>{chart.title}</h3>", _chart(_place(number, chart.name))]
    parts += [
        "<h3>Attribution</h3>",
        _statement(result),
        _chart(_place(number, "attribution")),
        _lines(result),
        _events(result),
        _origin(result),
    ]
    return "\n".join(parts)


def _statement(result: Result) -> str:
    """What the lines are worth as an explanation, in a sentence."""
    change = result.nav_after - result.nav_before
    verb = "do not sum" if result.residual else "sum"
    return (
        f"<p>The lines {verb} to the change of NAV: {decimal(sum(result.lines.values()))} USD of "
        f"{decimal(change)} USD, residual {decimal(result.residual)} USD. Each has a formula of "
        f"its own, and none is what the others leave.</p>"
    )


def _lines(result: Result) -> str:
    lines = {name: amount for name, amount in result.lines.items() if amount}
    rows = [[_escape(name), _usd(amount)] for name, amount in lines.items()]
    rows += [
        ["sum of the lines", _usd(sum(lines.values()))],
        ["NAV before", _usd(result.nav_before)],
        ["NAV after", _usd(result.nav_after)],
        ["residual", _usd(result.residual)],
    ]
    return _table(["line", "USD"], rows, numbers=1, sums=4)


def _frontier_section(policies: Sequence[Policy], unit: str) -> str:
    rows = [
        [_escape(policy.name), *(f"{value:,.4g}" for value in (*policy.cost, *policy.error))]
        for policy in policies
    ]
    header = ["policy", "cost", "low", "high", "sd of the P&amp;L", "low", "high"]
    return "\n".join(
        [
            f"<h2>{FRONTIER}</h2>",
            f"<p>In {_escape(unit)}, with the confidence interval of each.</p>",
            _chart("frontier"),
            _table(header, rows, numbers=6),
        ]
    )


def _events(result: Result) -> str:
    if not result.events:
        return ""
    header = ["hour", "what", "detail"]
    rows = [[_escape(event[name]) for name in header] for event in result.events]
    return f"<details><summary>{len(rows)} events</summary>{_table(header, rows)}</details>"


def _origin(result: Result) -> str:
    """What the run was made from."""
    scenario = yaml.safe_dump(result.scenario, sort_keys=False, allow_unicode=True)
    made = _table(["contract", "code"], _pairs(result.bytecode))
    made += _table(["package", "version"], _pairs(result.versions))
    return (
        f"<details><summary>What this run was made from</summary>"
        f"<p>Its folder's <code>repeat.sh</code> runs it again.</p>"
        f"<pre>{_escape(scenario)}</pre>{made}</details>"
    )


def _pairs(content: Mapping[str, str]) -> list[list[str]]:
    return [[_escape(name), f"<code>{_escape(value)}</code>"] for name, value in content.items()]


def _chart(place: str) -> str:
    return f'<div class="chart" id="{place}"></div>'


def _table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0, sums: int = 0
) -> str:
    """A table whose last `numbers` columns are aligned right, and last `sums` rows stand out."""
    first = len(header) - numbers

    def line(cells: Sequence[str], tag: str, kind: str) -> str:
        text = "".join(
            f'<{tag} class="number">{cell}</{tag}>' if place >= first else f"<{tag}>{cell}</{tag}>"
            for place, cell in enumerate(cells)
        )
        return f"<tr{kind}>{text}</tr>"

    body = [
        line(cells, "td", ' class="sum"' if place >= len(rows) - sums else "")
        for place, cells in enumerate(rows)
    ]
    return (
        f'<div class="scroll"><table><thead>{line(header, "th", "")}</thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _usd(amount: int) -> str:
    return f"{amount / WAD:,.2f}"


def _escape(value: Any) -> str:
    return html.escape(str(value))
