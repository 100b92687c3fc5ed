"""Prints the figures of the conformance tests at the end of their run."""

from figures import FIGURES, IS_FULL
from rich.console import Console
from rich.table import Table


def pytest_terminal_summary() -> None:
    """List figure beside figure; those of xdist's workers stay with them."""
    if not FIGURES:
        return
    grid = Table(title="Conformance, " + ("in full" if IS_FULL else "short form"))
    for column in ("figure", "asked", "seen", "off", "bound"):
        grid.add_column(column, justify="left" if column == "figure" else "right")
    for row in FIGURES:
        grid.add_row(*row)
    Console(width=120).print(grid)
