"""Runs side by side: the figures of each, and the lines of their attribution."""

from collections.abc import Callable, Sequence

from ballast.scenario_result import Result
from ballast.units import WAD


def compared(results: Sequence[Result]) -> dict[str, list[str]]:
    """By the name of a figure: what each run has; lines that are 0 in all are left out."""
    figures = {name: [take(result) for result in results] for name, take in FIGURES.items()}
    for line in results[0].lines if results else ():
        amounts = [result.lines[line] for result in results]
        if any(amounts):
            figures[line] = [_usd(amount) for amount in amounts]
    return figures


def _column(result: Result, name: str) -> list[float]:
    return [float(row[name] or 0) for row in result.rows if row[name] is not None]


def _total(name: str) -> Callable[[Result], str]:
    return lambda result: f"{sum(_column(result, name)):,.0f}"


def _usd(amount: int) -> str:
    return f"{amount / WAD:,.0f} USD"


def _lowest(name: str) -> Callable[[Result], str]:
    """The lowest of a column; a dash where it never had a value."""
    return lambda result: f"{min(_column(result, name)):,.4f}" if _column(result, name) else "-"


def _share_price(result: Result) -> str:
    prices = _column(result, "share_price")
    return f"{prices[-1]:.6f}" if prices else "-"


FIGURES: dict[str, Callable[[Result], str]] = {
    "hours": lambda result: f"{max(_column(result, 'hour'), default=0):g}",
    "checks that hold": lambda result: (
        f"{sum(check.holds for check in result.checks)} of {len(result.checks)}"
    ),
    "NAV before": lambda result: _usd(result.nav_before),
    "NAV after": lambda result: _usd(result.nav_after),
    "share price at the end": _share_price,
    "lowest share price": _lowest("share_price"),
    "lowest margin ratio": _lowest("margin_ratio"),
    "hedges": _total("hedges"),
    "clipped": _total("clipped"),
    "sales": _total("sales"),
    "refused": _total("refused"),
    "liquidations": _total("liquidations"),
    "the keeper's transactions": _total("sends"),
}
"""Figures of a run, but for its lines."""
