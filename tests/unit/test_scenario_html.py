"""ballast.scenario_html and its figures: one page that loads nothing and shows everything."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plotly.graph_objects import Figure
from scenario_samples import AMOUNTS, STEPS, sample

from ballast.human import decimal
from ballast.scenario_charts import CHARTS, Estimate, Policy
from ballast.scenario_figures import figure, frontier, waterfall_figure
from ballast.scenario_html import report
from ballast.scenario_result import Check

POLICIES = [
    Policy("hourly", Estimate(10.0, 9.0, 11.5), Estimate(2.0, 1.8, 2.25)),
    Policy("<band>", Estimate(4.0, 3.5, 4.5), Estimate(2.2, 2.0, 2.5)),
]


class Page(HTMLParser):
    """What a page is made of: tags, attributes by name, ids, text outside of scripts and styles."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.style = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        self.ids = [value for name, value in self.attributes if name == "id"]
        self.said = " ".join(" ".join(self.text).split())
        self.figures = next(json.loads(text) for text in self.scripts if text.startswith('{"'))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts.append(data)
        elif self.cdata_elem == "style":
            self.style += data
        else:
            self.text.append(data)


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """Of two runs of the same scenario, one of which failed, and policies compared."""
    path = tmp_path / "folder" / "report.html"
    report([sample(), sample(holds=False)], path, POLICIES, "% of premium")
    return Page(path)


def test_report__page__loads_nothing(page: Page):
    """Nothing names a source, links lead inside the page, and the browser is told to refuse."""
    names = {name for name, _ in page.attributes}
    assert not names & {"src", "srcset", "data", "action", "background", "poster", "style"}
    links = [value for name, value in page.attributes if name == "href"]
    assert links and all(value and value.startswith("#run-") for value in links)
    assert not {*page.tags} & {"link", "iframe", "img", "object", "embed", "base", "form"}
    assert "url(" not in page.style and "@import" not in page.style
    policy = next(value for name, value in page.attributes if value and "default-src" in value)
    sources = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert sources == {
        "default-src": ["'none'"],
        "script-src": ["'unsafe-inline'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:", "blob:"],
    }


def test_report__plotly__is_in_the_page(page: Page):
    assert any("plotly.js v" in script and len(script) > 10**6 for script in page.scripts)


def test_report__links__lead_to_the_runs(page: Page):
    assert len(page.ids) == len({*page.ids})
    links = {value for name, value in page.attributes if name == "href"}
    assert links == {"#run-1", "#run-2"} <= {f"#{name}" for name in page.ids}


def test_report__charts__each_has_its_place(page: Page):
    """Two runs of the same name have places of their own, and every figure is one plotly takes."""
    expected = {
        f"run-{number}-{name}"
        for number in (1, 2)
        for name in ("attribution", *(chart.name for chart in CHARTS))
    }
    assert page.figures.keys() == expected | {"frontier"} <= {*page.ids}
    assert all(page.said.count(chart.title) == 2 for chart in CHARTS)
    for shown in page.figures.values():
        Figure(shown)


def test_report__checks__stand_in_each_run_with_what_was_seen(page: Page):
    for check in [*sample().checks, *sample(holds=False).checks]:
        verdict = "holds" if check.holds else "fails"
        assert f"{check.name} {check.bound} {check.seen} {verdict}" in page.said


def test_report__a_check_fails__comes_first(page: Page):
    """Before all figures, once, and once in its run; what holds stands in its run only."""
    assert "Failed: gap." in page.said
    first = page.said.index("NAV before")
    for check in sample(holds=False).checks:
        verdict = "holds" if check.holds else "fails"
        told = f"gap {check.name} {check.bound} {check.seen} {verdict}"
        assert (told in page.said[:first]) is not check.holds
    held = sum(check.holds for check in sample(holds=False).checks)
    assert f"gap {held} of {len(sample().checks)} " in page.said


def test_report__all_holds__says_so(tmp_path: Path):
    report([sample()], tmp_path / "report.html")
    said = Page(tmp_path / "report.html").said
    assert "All 2 checks hold, and every attribution is exact." in said
    assert "Failed" not in said


@pytest.mark.parametrize("wei", [0, 1, -1])
def test_report__attribution__says_whether_it_sums(tmp_path: Path, wei: int):
    """To the wei, and a failure is one though every check holds."""
    result = sample()
    total = sum(AMOUNTS.values())
    result = replace(result, nav_after=result.nav_after + wei)
    report([result], tmp_path / "report.html")
    said = Page(tmp_path / "report.html").said
    assert (
        f"The lines {'do not sum' if wei else 'sum'} to the change of NAV: {decimal(total)} USD "
        f"of {decimal(total + wei)} USD, residual {decimal(wei)} USD."
    ) in said
    assert ("Failed: gap." in said) is bool(wei)


def test_report__lines__are_those_that_are_not_zero(page: Page):
    table = page.said[page.said.index("line USD") : page.said.index("sum of the lines")]
    words = "".join(f"{name} {amount / 10**18:,.2f} " for name, amount in AMOUNTS.items())
    assert table == f"line USD {words}"


def test_report__figures_of_a_run__are_those_of_its_rows(page: Page):
    sales = sum(hour % 3 for hour in range(1, STEPS + 1))
    fees = round(sum(0.1 * hour for hour in range(1, STEPS + 1)))
    assert f"30.0% {STEPS} {sales} 2 {fees}" in page.said


def test_report__origin__is_told(page: Page):
    result = sample()
    for content in (result.bytecode, result.versions):
        assert all(f"{name} {value}" in page.said for name, value in content.items())
    assert "Events: 1 hour what detail 10 liquidation of 3 ETH" in page.said
    assert "vol: 0.7" in page.said


def test_report__twice__leaves_the_same_bytes(tmp_path: Path):
    for name in ("a", "b"):
        report([sample(), sample("pump")], tmp_path / name / "report.html", POLICIES)
    a, b = ((tmp_path / name / "report.html").read_bytes() for name in "ab")
    assert a == b
    assert str(tmp_path).encode() not in a


def test_report__markup_in_words__stays_words(tmp_path: Path):
    """Of a scenario file that somebody else wrote, in text and in what the charts are told."""
    evil = "</script><!--<script><img src=x>&"
    checks = [Check(evil, evil, evil, True)]
    events = [{"hour": 1, "what": evil, "detail": evil}]
    scenario = sample().scenario | {"name": evil, "why": evil}
    policy = Policy(evil, *POLICIES[0][1:])
    result = sample(scenario=scenario, checks=checks, events=events, versions={evil: evil})
    report([result], tmp_path / "report.html", [policy], evil)
    page = Page(tmp_path / "report.html")
    assert "img" not in page.tags
    assert page.said.count(evil) > 8
    assert page.figures["frontier"]["data"][0]["name"] == evil


def test_report__no_policies__has_no_frontier(tmp_path: Path):
    report([sample()], tmp_path / "report.html")
    assert "frontier" not in Page(tmp_path / "report.html").ids


def test_report__policies_alone__say_nothing_of_runs(tmp_path: Path):
    report([], tmp_path / "report.html", POLICIES)
    page = Page(tmp_path / "report.html")
    assert page.ids == ["frontier", "figures"]
    assert "<band> 4 3.5 4.5 2.2 2 2.5" in page.said
    assert "check" not in page.said


def test_report__stopped_at_once__is_a_page(tmp_path: Path):
    """Without steps, events and lines."""
    report(
        [sample(rows=[], events=[], lines={}, nav_after=sample().nav_before)],
        tmp_path / "report.html",
    )
    said = Page(tmp_path / "report.html").said
    assert "no position" in said
    assert "Events" not in said


# ------------------------------------------------------------------------------ figures


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_figure__traces__are_the_columns(chart):
    """To eight digits; every panel has an axis with its unit, and none overlaps another."""
    rows = sample().rows
    shown = figure(chart, rows)
    traces = {(trace["yaxis"], trace["name"]): trace for trace in shown["data"]}
    domains = []
    for number, panel in enumerate(chart.panels, start=1):
        suffix = "" if number == 1 else str(number)
        axis = shown["layout"][f"yaxis{suffix}"]
        assert axis["title"]["text"] == f"{panel.title}<br>{panel.unit}"
        domains.append(axis["domain"])
        for line in panel.lines:
            trace = traces[f"y{suffix}", line.label]
            assert trace["x"] == [row["hour"] for row in rows]
            expected = [row[line.column] for row in rows]
            assert trace["y"] == [
                None if value is None else pytest.approx(value, rel=1e-7) for value in expected
            ]
    edges = [edge for low, high in reversed(domains) for edge in (low, high)]
    assert edges == sorted(edges) and (edges[0], edges[-1]) == (0, 1)


def test_figure__deltas__have_the_band_to_both_sides():
    chart = next(chart for chart in CHARTS if chart.name == "deltas")
    below, above = (
        trace for trace in figure(chart, sample().rows)["data"] if "band" in trace["name"]
    )
    assert (below["y"], above["y"]) == ([-2.0] * STEPS, [2.0] * STEPS)
    assert above["fill"] == "tonexty"


def test_figure__margin__marks_the_liquidations():
    chart = next(chart for chart in CHARTS if chart.name == "margin")
    marks = figure(chart, sample().rows)["layout"]["shapes"]
    assert [(mark["x0"], mark["x1"], mark["yref"]) for mark in marks] == [
        (10, 10, "y domain"),
        (20, 20, "y domain"),
    ]


def test_waterfall_figure__bars__are_the_lines_and_their_sum():
    (trace,) = waterfall_figure(sample().lines)["data"]
    amounts = {name: amount / 10**18 for name, amount in AMOUNTS.items() if name != "deposits"}
    assert trace["y"] == [*amounts, "result"]
    assert trace["x"] == pytest.approx([*amounts.values(), sum(amounts.values())])
    assert trace["measure"] == ["relative"] * len(amounts) + ["total"]


def test_frontier__bars__are_the_intervals():
    hourly = frontier(POLICIES, "USD")["data"][0]
    assert (hourly["x"], hourly["y"]) == ([10.0], [2.0])
    assert (hourly["error_x"]["arrayminus"], hourly["error_x"]["array"]) == ([1.0], [1.5])
    assert hourly["error_y"]["arrayminus"] == pytest.approx([0.2])
    assert hourly["error_y"]["array"] == pytest.approx([0.25])
