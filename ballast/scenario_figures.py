"""The charts of a scenario as plotly.js draws them: what they show is `scenario_charts.CHARTS`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.colors import to_hex

from ballast.panels import PERCENT, Line, Panel, Rows, marked
from ballast.scenario_charts import GAIN, LOSS, TOTAL, Chart, Policy, waterfall

Figure = dict[str, Any]
"""`data` and `layout`, with nothing in it that JSON does not hold."""

PANEL_HEIGHT, BAR_HEIGHT, MARGIN = 240, 26, 90
"""Of a panel, of a bar of the waterfall, and of what stands above and below them [px]."""

LABEL = 90
"""Width of the amount beside a bar [px]."""

GAP = 0.08
"""Between panels, of the chart's height."""


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
            "tickformat": ".3~%" if panel.unit.startswith(PERCENT) else ",",
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
    layout["margin"]["r"] = LABEL  # of a bar that ends at the right
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


def _layout(height: int) -> dict[str, Any]:
    return {
        "height": height + MARGIN,
        "margin": {"l": 110, "r": 20, "t": 30, "b": 50},
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
