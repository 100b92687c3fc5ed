"""What hedging policies cost and leave, on the same random paths: `ape run policies`."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from ballast import policies, policy_table, scenario_charts, scenario_html
from ballast.cli import errors_in_a_line, overrides
from ballast.parameters import load

SPOT = 2_000.0
"""The figures are shares of the premium and the NAV: they are the same at any spot."""


@click.command()
@click.option(
    "--paths", "count", type=click.IntRange(100, 20_000), default=2_000, show_default=True,
    help="Number of random paths, the same for every policy.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of them.")
@click.option(
    "--vol", type=click.FloatRange(0.2, 3), default=0.8, show_default=True,
    help="A year, of the paths and of what is sold.",
)  # fmt: skip
@click.option(
    "--jumps", type=click.FloatRange(0, 1_000), default=0.0, show_default=True,
    help="Of prices, a year, by 4% down on average: what brings a watched hedge near liquidation.",
)  # fmt: skip
@click.option(
    "--output", "folder", type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/policies"), show_default=True, help="Folder for table and frontier.",
)  # fmt: skip
@click.option("--set", "changes", multiple=True, help="NAME=VALUE, as hedger.band.min_share='1 %'.")
def cli(
    count: int, seed: int, vol: float, jumps: float, folder: Path, changes: tuple[str, ...]
) -> None:
    """Sell a call and a put for a week, hedge them in nine ways, and show what each is worth."""
    console = Console()
    with errors_in_a_line():
        parameters = load(overrides=overrides(changes))
        make(folder)
        book = policies.default_book(SPOT, vol)
        terms = policies.terms_of(parameters, SPOT, vol)
        prices = policies.minutes(SPOT, vol, book.tenor, count, seed, jumps)
        steps = book.tenor // policies.MINUTE + 1
        shown = track(prices, "minutes", steps, console=console, transient=True)
        outcomes = policies.run(shown, book, terms, policies.plans(parameters))
        premium = policies.premium(SPOT, book, terms)
        rows = policy_table.compare(outcomes, premium, terms.nav, seed)
        console.print(*policy_table.tables(rows), *policy_table.tables(rows, is_apart=True))
        found, unit = policy_table.frontier(rows), policy_table.PREMIUM
        policy_table.write_csv(rows, folder / "policies.csv")
        scenario_charts.write_frontier(found, unit, folder / "frontier.png")
        scenario_html.report([], folder / "frontier.html", found, unit)
        console.print(f"written to {folder}: policies.csv, frontier.png, frontier.html")


def make(folder: Path) -> None:
    """The folder; a click error when it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.ClickException(f"cannot write to '{folder}': {error.strerror}") from None
