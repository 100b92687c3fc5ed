"""One page for the runs of scenarios: it needs no network, and its charts can be looked into.

Plotly's own script is part of the page, and a policy in its head forbids the browser to load
anything. A chart is drawn when it comes near the window: the whole catalogue is a hundred of them.
What the charts show is said in `ballast.scenario_charts`.
"""

import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import yaml
from plotly.offline import get_plotlyjs

from ballast.human import decimal
from ballast.scenario_charts import CHARTS, FRONTIER, Policy
from ballast.scenario_figures import Figure, figure, frontier, waterfall_figure
from ballast.scenario_result import Check, Result
from ballast.units import WAD

TEMPLATE = Path(__file__).with_name("scenario_page.html")

CHECK_COLUMNS = ("check", "bound", "seen", "")
"""Columns of a table of checks."""

RUN_COLUMNS = (
    "checks", "steps", "NAV before [USD]", "NAV after [USD]", "lowest margin ratio",
    "hedges", "sales", "liquidations", "fees [USD]",
)  # fmt: skip
"""Columns of the table of runs; of the checks, those that hold."""


def report(
    results: Sequence[Result], path: Path, policies: Sequence[Policy] = (), unit: str = "USD"
) -> None:
    """Write the page. policies: what was compared, in `unit`; without any there is no frontier."""
    figures: dict[str, Figure] = {}
    body = [_summary(results)] if results else []
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


def _figures(result: Result, number: int) -> dict[str, Figure]:
    """By the id of the place where each is drawn."""
    figures = {_place(number, chart.name): figure(chart, result.rows) for chart in CHARTS}
    return figures | {_place(number, "attribution"): waterfall_figure(result.lines)}


def _place(number: int, name: str) -> str:
    return f"run-{number}-{name}"


def _json(content: Any) -> str:
    """JSON that cannot end the script it stands in."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c")


def _title(results: Sequence[Result]) -> str:
    names = [result.scenario["name"] for result in results]
    if len(names) > 1:
        return f"Ballast: {len(names)} scenarios"
    return f"Ballast: {names[0] if names else 'hedging policies'}"


def _summary(results: Sequence[Result]) -> str:
    """Whether all held, what did not, and the figures of each run; its name leads to its part."""
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
    checks = [(link, check) for link, result in runs for check in result.checks]
    broken = [[link, *_check(check)] for link, check in checks if not check.holds]
    figures = [[link, *_run(result)] for link, result in runs]
    parts = [verdict, _table(["scenario", *CHECK_COLUMNS], broken)] if broken else [verdict]
    parts.append(_table(["scenario", *RUN_COLUMNS], figures, numbers=len(RUN_COLUMNS)))
    return "\n".join(parts)


def _run(result: Result) -> list[str]:
    """RUN_COLUMNS of a run."""
    ratios = [row["margin_ratio"] for row in result.rows if row["margin_ratio"] is not None]
    return [
        f"{sum(check.holds for check in result.checks)} of {len(result.checks)}",
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
        _table(CHECK_COLUMNS, [_check(check) for check in result.checks]),
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
    return f"<details><summary>Events: {len(rows)}</summary>{_table(header, rows)}</details>"


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
