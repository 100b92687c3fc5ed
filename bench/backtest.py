"""What hedging would have been worth in the weeks of 2020-2023: tables, and out/backtest.json.

    python bench/backtest.py                    every week
    python bench/backtest.py --every 8          each eighth week
    python bench/backtest.py --weeks 2020-03    those whose first day begins so
    python bench/backtest.py --resume           only what the report does not have yet
    python bench/backtest.py --track-vol        the vols of the boards move within the week
    python bench/backtest.py --share 0.5        half of what the stress test lets be sold
    python bench/backtest.py --set "venue.fee=2 bps"      another parameter of the deployment

First one option on one ETH, in numpy; then the default vault through the contracts, a week a vault.
Exit 1 if a figure misses what is asked of it. The market data are not the project's: see
`ballast.market_data`.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, replace
from math import inf, sqrt
from pathlib import Path
from statistics import fmean, median, stdev
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from rich.console import Console
from rich.progress import track
from rich.table import Table

from ballast import backtest, market_data, parameters, real_weeks
from ballast.backtest import Setting, Week
from ballast.compiler import ROOT
from ballast.market_data import Market, MarketDataError
from ballast.parameters import ParameterError
from ballast.real_weeks import Rule
from ballast.revm import RevmChain

REPORT = ROOT / "out" / "backtest.json"
FIRST, LAST = "2020-01-03T08:00", "2024-01-01T00:00"
"""Weeks are those of the listed options: from Friday to Friday, 08:00 UTC."""

FEE = 0.0005
"""Of the perp in the single option's weeks: the default venue's."""

BAND = Rule("band 0.048, hourly, to the centre", band=0.048)
RULES = (
    Rule("hourly"),
    Rule("8-hourly", every=8),
    Rule("daily", every=24),
    BAND,
    Rule("band 0.05, hourly, to the edge", band=0.05, to_centre=False),
)

CRASHES = {
    "Mar 2020": ("2020-03-06", "2020-03-11T00:00", 0.18),
    "Jan 2021": ("2021-01-01", "2021-01-03T00:00", 0.10),
    "May 2021": ("2021-05-14", "2021-05-18T00:00", 0.15),
    "Nov 2022": ("2022-11-04", "2022-11-06T00:00", 0.10),
}
"""The weekly book that a crash fell into, a book sold on its eve, and the loss allowed to the
former."""


class Figure(NamedTuple):
    """Something asked, and what was seen."""

    name: str
    seen: float
    most: float
    unit: str = ""

    @property
    def passes(self) -> bool:
        """Whether it is no more than allowed."""
        return self.seen <= self.most


def main() -> int:
    """Run both parts, print and write what they say."""
    arguments = _arguments()
    console = Console(width=150)
    try:
        market = market_data.load()
        parameters.load(overrides=dict(arguments.set))
    except (MarketDataError, ParameterError) as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    single, figures = single_option(market)
    console.print(single)
    setting = Setting(
        half_life=arguments.half_life,
        tracks_vol=arguments.track_vol,
        share=arguments.share,
        overrides=dict(arguments.set),
    )
    starts = _starts(market, arguments.weeks, arguments.every)
    began = time.perf_counter()
    known = _known(arguments.report, setting) if arguments.resume else {}
    missing = [hour for hour in starts if market.moment(hour) not in known]
    for hour in _watched(missing):
        known[market.moment(hour)] = _live(market, hour, setting)
        _write(arguments.report, setting, list(known.values()), [])
    took = time.perf_counter() - began
    weeks = [known[start] for start in sorted(known)]
    whole = len(weeks) == len(_starts(market, [], 1))
    if weeks:
        eves = _eves(market, weeks, setting)
        each = took / max(len(missing), 1)
        console.print(weeks_table(weeks, each, setting, whole))
        console.print(crash_table(weeks, eves))
        figures += vault_figures(weeks) if whole else crash_figures(weeks)
    console.print(figures_table(figures))
    _write(arguments.report, setting, weeks, figures)
    return 0 if all(figure.passes for figure in figures) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", action="append", default=[], metavar="2020-03")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--resume", action="store_true", help="keep the weeks of the last report")
    parser.add_argument("--track-vol", action="store_true")
    parser.add_argument("--set", type=_pair, action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--report", type=Path, default=REPORT, help="where to write")
    parser.add_argument("--share", type=float, default=1.0, help="of what may be sold")
    parser.add_argument("--half-life", type=int, default=backtest.HALF_LIFE, metavar="HOURS")
    return parser.parse_args()


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _starts(market: Market, wanted: list[str], every: int) -> list[int]:
    last = market.hour_of(LAST) - backtest.WEEK - backtest.SETTLING
    hours = range(market.hour_of(FIRST), last + 1, backtest.WEEK)
    chosen = [hour for hour in hours if not wanted or market.moment(hour).startswith(tuple(wanted))]
    return chosen[::every]


def _watched(hours: list[int]) -> Iterable[int]:
    return track(hours, description="weeks", console=Console(stderr=True))


def _live(market: Market, hour: int, setting: Setting) -> Week:
    chain = RevmChain()
    return backtest.live(chain, chain.accounts(5), market, hour, setting)


def _known(report: Path, setting: Setting) -> dict[str, Week]:
    """The weeks of the last report, if it is of the same setting."""
    said = json.loads(report.read_text()) if report.exists() else {"setting": None}
    if said["setting"] != asdict(setting):
        return {}
    weeks = [Week(**row) for row in said["weeks"]]
    return {
        week.start: replace(week, nearest=inf) if week.nearest is None else week for week in weeks
    }


def _eves(market: Market, weeks: list[Week], setting: Setting) -> dict[str, Week]:
    """Books sold on the eve of each crash whose week is among those that were run."""
    return {
        name: _live(market, market.hour_of(eve), setting)
        for name, (week, eve, _) in CRASHES.items()
        if _find(weeks, week)
    }


# ------------------------------------------------------------------ one option


def single_option(market: Market) -> tuple[Table, list[Figure]]:
    """Hedging rules on all weeks, and what is asked of the band."""
    weeks = real_weeks.weeks(market, FIRST, LAST)
    grid = Table(
        title=f"An at-the-money call at the vol then realised, {weeks.index.shape[1]} weeks",
        caption="% of the premium; costs are the fees of 5 bps of what is traded; the perp is"
        " bought and sold at the mark. sd of the error: before fees and funding.",
    )
    for column in ("rule", "sd of P&L", "sd of error", "mean P&L", "worst", "fees", "funding",
                   "worst funding", "trades"):  # fmt: skip
        grid.add_column(column, justify="left" if column == "rule" else "right")
    results = {rule: real_weeks.hedge(weeks, rule, FEE) for rule in RULES}
    for rule, made in results.items():
        shares = (
            made.total.std(), made.hedged.std(), made.total.mean(), made.total.min(),
            made.fees.mean(), made.funding.mean(), made.funding.min(),
        )  # fmt: skip
        grid.add_row(rule.name, *(f"{share:.1%}" for share in shares), f"{made.trades.mean():.1f}")
    hourly, band = results[RULES[0]], results[BAND]
    return grid, [
        Figure("band: sd of P&L over hourly's", band.total.std() / hourly.total.std(), 1.10),
        Figure("band: sd of error over hourly's", band.hedged.std() / hourly.hedged.std(), 1.10),
        Figure("band: trades over hourly's", band.trades.mean() / hourly.trades.mean(), 1 / 6),
    ]


# ------------------------------------------------------------------ the vault


def vault_figures(weeks: list[Week]) -> list[Figure]:
    """What is asked of the default vault over all weeks."""
    cost = fmean(-week.fees - week.slippage for week in weeks)
    return [
        Figure("vault: hourly sd, hedged over unhedged", _sd_ratio(weeks), 0.18),
        Figure("vault: hedges a week", fmean(week.hedges for week in weeks), 40),
        Figure("vault: fees and slippage a week", cost * 1e4, 15, "bp of NAV"),
        Figure("vault: liquidations", sum(week.liquidations for week in weeks), 0),
        Figure("vault: in outages of 6 h", sum(week.outages_liquidated for week in weeks), 0),
        Figure("attribution residual", max(abs(week.residual) for week in weeks), 0, "wei"),
        *crash_figures(weeks),
    ]


def crash_figures(weeks: list[Week]) -> list[Figure]:
    """The losses of the crashes among the weeks."""
    return [
        Figure(f"vault: worst loss in {name}", -found.lowest * 100, most * 100, "% of NAV")
        for name, (start, _, most) in CRASHES.items()
        if (found := _find(weeks, start))
    ]


def _find(weeks: list[Week], start: str) -> Week | None:
    return next((week for week in weeks if week.start.startswith(start)), None)


def _sd_ratio(weeks: list[Week]) -> float:
    """Pooled over all hours."""
    return sqrt(fmean(week.nav_sd**2 for week in weeks) / fmean(week.book_sd**2 for week in weeks))


def weeks_table(weeks: list[Week], each: float, setting: Setting, whole: bool) -> Table:
    """The distribution of the weeks."""
    vol = "follow it, at the pace the book allows" if setting.tracks_vol else "stand for the week"
    grid = Table(
        title=f"The default vault, {'all' if whole else 'a choice of'} {len(weeks)} weeks",
        caption=f"{setting.share:.0%} of what may be sold, at the moving average of realised vol,"
        f" half-life {setting.half_life} h; vols {vol}. {each:.1f} s a week.",
    )
    for column in ("of NAV, a week", "mean", "median", "worst", "best"):
        grid.add_column(column, justify="left" if column == "of NAV, a week" else "right")
    rows = {
        "result": [week.result for week in weeks],
        "lowest in the week": [week.lowest for week in weeks],
        "the same unhedged": [week.lowest_unhedged for week in weeks],
        "premium over value": [week.premium for week in weeks],
        "venue fees": [week.fees for week in weeks],
        "slippage from the mark": [week.slippage for week in weeks],
        "basis": [week.basis for week in weeks],
        "funding": [week.funding for week in weeks],
    }
    for name, shares in rows.items():
        of = (fmean(shares), median(shares), min(shares), max(shares))
        grid.add_row(name, *(f"{share:+.2%}" for share in of))
    grid.add_section()
    counts = {
        "hedges": [week.hedges for week in weeks],
        "their steps, one a block": [week.steps for week in weeks],
        "steps at settlement": [week.unwinding for week in weeks],
    }
    for name, numbers in counts.items():
        worst_first = (fmean(numbers), median(numbers), max(numbers), min(numbers))
        grid.add_row(name, *(f"{number:.1f}" for number in worst_first))
    ratios = [week.nav_sd / week.book_sd for week in weeks]
    worst_first = (_sd_ratio(weeks), median(ratios), max(ratios), min(ratios))
    grid.add_row("hourly sd hedged / unhedged", *(f"{ratio:.3f}" for ratio in worst_first))
    _add_risks(grid, weeks)
    return grid


def _add_risks(grid: Table, weeks: list[Week]) -> None:
    """How near the hedge came to liquidation, and how the weeks differ."""
    margins = [inf if week.lowest_margin is None else week.lowest_margin for week in weeks]
    grid.add_row("lowest margin ratio", "", f"{median(margins):.3f}", f"{min(margins):.3f}")
    nearest = [week.nearest for week in weeks]
    grid.add_row(
        "index to liquidation, 6 h out", "", f"{median(nearest):.1%}", f"{min(nearest):.1%}"
    )
    grid.add_row("outages tried", str(sum(week.outages_tried for week in weeks)))
    if len(weeks) > 1:
        grid.add_row("sd of the weeks' results", f"{stdev(week.result for week in weeks):.2%}")


def crash_table(weeks: list[Week], eves: dict[str, Week]) -> Table:
    """The weeks of the crashes, and books sold on their eve."""
    grid = Table(title="Crashes")
    for column in ("crash", "sold", "vol", "lowest", "unhedged", "result", "funding",
                   "fees, slippage", "hedges", "margin", "sales ended by"):  # fmt: skip
        grid.add_column(column, justify="right" if column not in ("crash", "sold") else "left")
    for name, (start, _, _) in CRASHES.items():
        for week in (_find(weeks, start), eves.get(name)):
            if week:
                costs = f"{(week.fees + week.slippage) * 1e4:.0f} bp"
                shares = (week.vol, week.lowest, week.lowest_unhedged, week.result, week.funding)
                grid.add_row(
                    name, week.start, *(f"{share:.1%}" for share in shares), costs,
                    str(week.hedges), f"{week.lowest_margin or 0:.3f}", week.refusal,
                )  # fmt: skip
    return grid


def figures_table(figures: list[Figure]) -> Table:
    """Asked and seen."""
    grid = Table(title="Asked and seen")
    for column in ("figure", "asked", "seen", ""):
        grid.add_column(column, justify="right" if column in ("asked", "seen") else "left")
    for one in figures:
        kept = "kept" if one.passes else "MISSED"
        grid.add_row(one.name, f"≤ {one.most:.4g} {one.unit}", f"{one.seen:.4g} {one.unit}", kept)
    return grid


def _write(report: Path, setting: Setting, weeks: list[Week], figures: list[Figure]) -> None:
    """Infinity is no JSON: a week without a hedge has no distance."""
    rows = [
        {key: None if value == inf else value for key, value in asdict(week).items()}
        for week in weeks
    ]
    said = {
        "setting": asdict(setting),
        "figures": [figure._asdict() | {"passes": bool(figure.passes)} for figure in figures],
        "weeks": rows,
    }
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(said, indent=2, default=float) + "\n")


if __name__ == "__main__":
    sys.exit(main())
