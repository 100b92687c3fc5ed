"""What a run looks like: a table of its figures and a picture of its hours."""

import statistics
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.table import Table

from ballast.attribution import HEDGE, OPTIONS, Statement
from ballast.panels import Line, Panel, draw, save
from ballast.simulation import Record, Row
from ballast.units import WAD

PANELS = (
    Panel("spot", "USD", (Line("spot", "spot", "black"),)),
    Panel(
        "delta of the book and of the hedge",
        "ETH",
        (Line("book_delta", "book", "tab:blue"), Line("hedge", "hedge", "tab:orange")),
    ),
    Panel(
        "net delta",
        "ETH",
        (
            Line("net_found", "found", "tab:orange", is_dots=True),
            Line("net_left", "left by the keeper", "tab:blue"),
        ),
        band="band_left",
    ),
    Panel("net asset value", "USD", (Line("nav", "NAV", "tab:green"),)),
    Panel("margin ratio", "", (Line("margin_ratio", "margin ratio", "tab:red"),)),
)
"""The picture of a run, from top to bottom."""


@dataclass(frozen=True)
class Summary:
    """Figures of a run; ratios are plain numbers, money USD, sizes ETH."""

    hedges: int
    clipped: int
    outside_found: float
    outside_left: float
    outside_left_clipped: float
    largest_net: float
    largest_book: float
    lowest_margin_ratio: float | None
    nav_deviation: float
    book_deviation: float


def summarise(rows: list[Row]) -> Summary:
    """Figures of a run; deviations are hourly, over hours without a sale or settlement.

    An hour whose last hedge was clipped may end outside the band; it counts apart.
    """
    ratios = [row.margin_ratio for row in rows if row.margin_ratio is not None]
    left = [row for row in rows if abs(row.net_left) > row.band_left]
    quiet = [
        (before, after) for before, after in zip(rows, rows[1:], strict=False) if not after.traded
    ]
    return Summary(
        hedges=sum(row.hedges for row in rows),
        clipped=sum(row.clipped for row in rows),
        outside_found=sum(abs(row.net_found) > row.band_found for row in rows) / len(rows),
        outside_left=sum(not row.ended_clipped for row in left) / len(rows),
        outside_left_clipped=sum(row.ended_clipped for row in left) / len(rows),
        largest_net=max(abs(row.net_left) for row in rows),
        largest_book=max(abs(row.book_delta) for row in rows),
        lowest_margin_ratio=min(ratios, default=None),
        nav_deviation=_deviation([after.nav - before.nav for before, after in quiet]),
        book_deviation=_deviation(
            [before.book_value - after.book_value for before, after in quiet]
        ),
    )


def table(
    record: Record, statement: Statement, shares: tuple[float, float], withdrawal: str
) -> Table:
    """The figures of a run. shares: price of a share before and after, in tokens."""
    figures = summarise(record.rows)
    grid = Table(title="A vault's week", show_header=False)
    grid.add_column(justify="left")
    grid.add_column(justify="right")
    grid.add_row("NAV before → after", _pair(statement.nav_before, statement.nav_after))
    grid.add_row("share price before → after", f"{shares[0]:.6f} → {shares[1]:.6f}")
    grid.add_section()
    for name, amount in statement.lines.items():
        if amount:
            grid.add_row(name, _usd(amount))
    grid.add_row("sum of the lines", _usd(statement.total))
    grid.add_row("change of NAV", _usd(statement.nav_after - statement.nav_before))
    grid.add_row("of which the options", _usd(statement.sum(OPTIONS)))
    grid.add_row("of which the hedge", _usd(statement.sum(HEDGE)))
    grid.add_section()
    grid.add_row("sales", str(record.sales))
    for reason, count in sorted(record.refused.items()):
        grid.add_row(f"refused: {reason}", str(count))
    grid.add_row("hedges (of which clipped)", f"{figures.hedges} ({figures.clipped})")
    grid.add_row("hours outside the band, found", f"{figures.outside_found:.1%}")
    grid.add_row("hours outside the band, left", f"{figures.outside_left:.1%}")
    grid.add_row("the same after a clipped hedge", f"{figures.outside_left_clipped:.1%}")
    grid.add_row("largest |net delta| left", f"{figures.largest_net:,.2f} ETH")
    grid.add_row("largest |book delta|", f"{figures.largest_book:,.2f} ETH")
    grid.add_row("lowest margin ratio", _ratio(figures.lowest_margin_ratio))
    grid.add_section()
    grid.add_row("hourly sd of NAV, quiet hours", f"{figures.nav_deviation:,.0f} USD")
    grid.add_row("hourly sd of the book alone", f"{figures.book_deviation:,.0f} USD")
    if figures.book_deviation:
        share = figures.nav_deviation / figures.book_deviation
        grid.add_row("ratio of the two", f"{share:.3f}")
    grid.add_row("withdrawal", withdrawal)
    return grid


def picture(rows: list[Row], path: Path) -> None:
    """Spot; book delta against hedge; net delta with its band; NAV; margin ratio: a PNG."""
    save(draw(PANELS, [asdict(row) for row in rows]), path)


def _deviation(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


def _usd(amount: int) -> str:
    return f"{amount / WAD:,.2f} USD"


def _pair(before: int, after: int) -> str:
    return f"{before / WAD:,.2f} → {after / WAD:,.2f} USD"


def _ratio(value: float | None) -> str:
    return "no position" if value is None else f"{value:.3f}"
