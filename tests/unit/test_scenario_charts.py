"""ballast.scenario_charts: what is drawn is what the rows and the lines say."""

from math import isnan
from pathlib import Path

import pytest
from matplotlib import pyplot
from scenario_samples import AMOUNTS, sample

from ballast import scenario_charts
from ballast.attribution import FLOWS, LINES
from ballast.panels import Line, Panel, column, draw, marked
from ballast.scenario_charts import (
    CHARTS,
    RESULT,
    Bar,
    Estimate,
    Policy,
    waterfall,
    write_frontier,
    write_pngs,
)
from ballast.scenario_result import COLUMNS
from ballast.units import WAD

POLICIES = [
    Policy("hourly", Estimate(10.0, 9.0, 11.0), Estimate(2.0, 1.8, 2.2)),
    Policy("band", Estimate(4.0, 3.5, 4.5), Estimate(2.2, 2.0, 2.5)),
]
PNG = b"\x89PNG\r\n\x1a\n"


def test_charts__columns__are_those_of_a_step():
    panels = [panel for chart in CHARTS for panel in chart.panels]
    named = {line.column for panel in panels for line in panel.lines}
    named |= {panel.band for panel in panels if panel.band}
    named |= {panel.marks for panel in panels if panel.marks}
    assert named <= COLUMNS.keys()
    required = {"spot", "mark", "funding", "book_delta", "hedge", "band", "nav", "margin_ratio"}
    assert required | {"liquidations"} <= named


def test_charts__panel__has_a_unit():
    assert all(panel.unit for chart in CHARTS for panel in chart.panels)


def test_waterfall__bars__start_where_the_last_one_ended():
    lines = dict.fromkeys(LINES, 0) | {"premium": 5 * WAD, "theta": -2 * WAD, "reward": -4 * WAD}
    assert waterfall(lines) == [
        Bar("premium", 0.0, 5.0),
        Bar("theta", 5.0, -2.0),
        Bar("reward", 3.0, -4.0),
        Bar(RESULT, 0.0, -1.0),
    ]


def test_waterfall__flows__are_no_result():
    bars = waterfall(sample().lines)
    assert {bar.name for bar in bars} == {*AMOUNTS, RESULT} - {*FLOWS}
    assert bars[-1].amount * WAD == pytest.approx(
        sum(AMOUNTS.values()) - AMOUNTS["deposits"], rel=1e-15
    )


def test_waterfall__nothing_happened__is_a_result_of_nothing():
    assert waterfall(dict.fromkeys(LINES, 0)) == [Bar(RESULT, 0.0, 0.0)]


def test_draw__rows__are_what_the_axes_hold():
    """A band to both sides of zero, a mark where the column counts something, gaps as NaN."""
    rows = sample().rows
    lines = (Line("net", "net", "black"), Line("margin_ratio", "ratio", "tab:red", is_dots=True))
    panel = Panel("net", "ETH", lines, band="band", marks="liquidations")
    figure = draw([panel], rows)
    (axis,) = figure.axes
    net, ratio, *marks = axis.lines
    assert [*net.get_ydata()] == [row["net"] for row in rows]
    assert [*net.get_xdata()] == [row["hour"] for row in rows]
    assert [isnan(value) for value in ratio.get_ydata()] == [
        row["margin_ratio"] is None for row in rows
    ]
    assert [mark.get_xdata()[0] for mark in marks] == [10, 20] == marked(panel, rows)
    edges = axis.collections[0].get_paths()[0].vertices[:, 1]
    assert (min(edges), max(edges)) == (-2.0, 2.0)
    labels = [text.get_text() for text in axis.get_legend().get_texts()]
    assert labels == ["band", "net", "ratio", "liquidations"]
    pyplot.close(figure)


def test_column__none__is_no_number():
    assert isnan(column([{"ratio": None}], "ratio")[0])


def test_nav__picture__is_the_steps_above_the_waterfall():
    result = sample()
    chart = next(chart for chart in CHARTS if chart.name == "nav")
    figure = scenario_charts._nav(chart, result)
    *panels, bars = figure.axes
    columns = [[line.column for line in panel.lines] for panel in chart.panels]
    drawn = [[[*line.get_ydata()] for line in axis.lines] for axis in panels]
    assert drawn == [[column(result.rows, name) for name in names] for names in columns]
    seen = [(patch.get_x(), patch.get_width()) for patch in bars.patches]
    assert seen == [(bar.start, bar.amount) for bar in waterfall(result.lines)]
    pyplot.close(figure)


def test_write_pngs__other_attribution__changes_the_picture_of_the_nav_alone(tmp_path: Path):
    """What did not change is drawn in the same bytes."""
    first = write_pngs(sample(), tmp_path / "first")
    lines = sample().lines | {"funding": 3_000 * WAD}
    second = write_pngs(sample(lines=lines), tmp_path / "second")
    assert [path.name for path in first] == [f"{chart.name}.png" for chart in CHARTS]
    assert all(path.read_bytes().startswith(PNG) for path in first)
    differ = [
        a.stem for a, b in zip(first, second, strict=True) if a.read_bytes() != b.read_bytes()
    ]
    assert differ == ["nav"]


def test_write_pngs__stopped_at_once__draws_empty_charts(tmp_path: Path):
    assert all(path.exists() for path in write_pngs(sample(rows=[], lines={}), tmp_path))


def test_write_frontier__interval__is_in_the_picture(tmp_path: Path):
    write_frontier(POLICIES, "USD", tmp_path / "a.png")
    wider = [POLICIES[0]._replace(cost=Estimate(10.0, 8.0, 11.0)), POLICIES[1]]
    write_frontier(wider, "USD", tmp_path / "b.png")
    write_frontier(POLICIES, "USD", tmp_path / "c.png")
    a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert a.startswith(PNG)
    assert a == c != b
