"""Scenarios of stress, on a fork of the devnet or on a fresh chain: `ape run scenario`."""

from functools import partial
from pathlib import Path

import click
from ape import networks, project
from rich.console import Console
from rich.table import Table

from ballast import (
    deployment_file,
    scenario,
    scenario_engine,
    scenario_html,
    scenario_output,
    scenario_policies,
)
from ballast.anvil import AnvilError
from ballast.chain import quieten_ape
from ballast.cli import DEVNET, LineCommand, deployment_option, overrides
from ballast.compiler import compile_if_stale
from ballast.deployment_file import DeploymentError
from ballast.scenario import Scenario
from ballast.scenario_charts import Estimate, write_frontier, write_pngs
from ballast.scenario_compare import compared
from ballast.scenario_policies import POLICIES
from ballast.scenario_result import Result

OUTPUT = Path("out/scenarios")
WIDTH = 150
"""Of a table that is not printed on a terminal."""


@click.group()
def cli() -> None:
    """Live through what markets have done, and worse, and see whether the vault holds."""
    quieten_ape()


command = partial(cli.command, cls=LineCommand)

seed_option = click.option("--seed", type=click.IntRange(min=0), help="Another seed.")
set_option = click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help="Override a parameter."
)


@command("list")
def list_() -> None:
    """The catalogue: each scenario and what it is there to show."""
    grid = table("scenario", "hours", "why")
    for path in scenario.catalogue():
        one = scenario.load(path)
        grid.add_row(one.name, str(one.hours), one.why)
    show(grid)


@command("run")
@click.argument("names", nargs=-1)
@click.option("--all", "whole", is_flag=True, help="The whole catalogue.")
@click.option("--fresh", is_flag=True, help="On an empty chain in this process, not on a fork.")
@seed_option
@set_option
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), default=OUTPUT,
    show_default=True, help="Folder; each scenario has one in it.",
)  # fmt: skip
@click.option("--network", default=DEVNET, show_default=True, help="Where the devnet is.")
@deployment_option
def run(
    names: tuple[str, ...],
    whole: bool,
    fresh: bool,
    seed: int | None,
    changes: tuple[str, ...],
    output: Path,
    network: str,
    path: Path,
) -> None:
    """Live through scenarios by name or file, and write what was seen.

    On a fork of the devnet, which is not touched, unless --fresh. The exit code is 1 when anything
    that had to hold does not.
    """
    if bool(names) == whole:
        raise click.UsageError("name one scenario at least, or --all")
    files = scenario.catalogue() if whole else [scenario.named(name) for name in names]
    chosen = [scenario.load(file, seed, overrides(changes)) for file in files]
    compile_if_stale(project)
    results = []
    for one in chosen:
        result = live(one, fresh, network, path)
        scenario_output.write(result, output / one.name)
        write_pngs(result, output / one.name)
        results.append(result)
    scenario_html.report(results, output / "report.html")
    show(checks(results))
    click.echo(f"runs and report.html are in {output}")
    broken = sum(not check.holds for result in results for check in result.checks)
    if broken:
        raise click.ClickException(f"{broken} checks do not hold; see repro.zip beside each run")


@command("compare")
@click.argument("names", nargs=-1, required=True)
@seed_option
@set_option
def compare(names: tuple[str, ...], seed: int | None, changes: tuple[str, ...]) -> None:
    """Figures side by side, of folders that `run` wrote or of scenarios lived on a fresh chain."""
    results = [result_of(name, seed, overrides(changes)) for name in names]
    grid = table("", *(result.scenario["name"] for result in results))
    for name, figures in compared(results).items():
        grid.add_row(name, *figures)
    show(grid)


@command("report")
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(path_type=Path, file_okay=False)
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), default=OUTPUT / "report.html",
    show_default=True, help="HTML file.",
)  # fmt: skip
def report(folders: tuple[Path, ...], output: Path) -> None:
    """One page of charts from folders that `run` wrote; it needs no network to be read."""
    scenario_html.report([scenario_output.read(folder) for folder in folders], output)
    click.echo(f"the page is {output}")


@command("policies")
@click.option(
    "--paths", type=click.IntRange(min=2), default=10, show_default=True,
    help="Days that each policy lives through.",
)  # fmt: skip
@click.option(
    "--only", multiple=True, type=click.Choice([one.name for one in POLICIES]),
    help="A policy; all unless named. Every minute takes half a minute a path.",
)  # fmt: skip
@seed_option
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), default=OUTPUT / "policies",
    show_default=True, help="Folder for the page and the picture.",
)  # fmt: skip
def policies(paths: int, only: tuple[str, ...], seed: int | None, output: Path) -> None:
    """What hedging policy is worth: one call a day, hedged in several ways on the same paths."""
    compile_if_stale(project)
    chosen = [one for one in POLICIES if not only or one.name in only]
    grid = table("policy", "cost", "sd of the P&L", "worst tenth", "hedges", "near liquidation")
    found = []
    for one in scenario_policies.compare(scenario_engine.on_fresh, paths, chosen, seed or 1):
        found.append(one.policy)
        words = [interval(part) for part in (one.cost, one.error, one.tail, one.hedges)]
        grid.add_row(one.name, *words, f"{one.near:.1%}")
    output.mkdir(parents=True, exist_ok=True)
    scenario_html.report([], output / "policies.html", found, scenario_policies.UNIT)
    write_frontier(found, scenario_policies.UNIT, output / "policies.png")
    show(grid)
    click.echo(
        f"in {scenario_policies.UNIT}, 95% intervals, {paths} paths; the page is in {output}"
    )


def interval(found: Estimate) -> str:
    """A figure with its interval; alone where one path made it, or all say the same."""
    if found.low == found.high:
        return f"{found.value:.1f}"
    return f"{found.value:.1f} ({found.low:.1f} to {found.high:.1f})"


def result_of(name: str, seed: int | None, changes: dict[str, str]) -> Result:
    """A run that was written, or one that is lived now."""
    if Path(name).is_dir():
        return scenario_output.read(Path(name))
    chosen = scenario.load(scenario.named(name), seed, changes)
    compile_if_stale(project)
    return scenario_engine.on_fresh(chosen)


def live(one: Scenario, fresh: bool, network: str, path: Path) -> Result:
    """On the chain that was asked for."""
    if fresh:
        return scenario_engine.on_fresh(one)
    if not path.exists():
        raise DeploymentError(f"there is no {path}: deploy to the devnet first, or use --fresh")
    file = deployment_file.load(path)
    return scenario_engine.on_fork(one, url_of(network), file)


def url_of(network: str) -> str:
    """Where the node of a network of ape's listens; ape's error when it does not answer."""
    with networks.parse_network_choice(network) as provider:
        url = getattr(provider, "http_uri", None)
    if url is None:
        raise AnvilError(f"'{network}' is no node that can be forked: use --fresh")
    return str(url)


def checks(results: list[Result]) -> Table:
    """What had to hold, and what was seen."""
    grid = table("scenario", "check", "bound", "seen", "")
    for result in results:
        for number, check in enumerate(result.checks):
            name = result.scenario["name"] if number == 0 else ""
            holds = "holds" if check.holds else "FAILS"
            grid.add_row(name, check.name, check.bound, check.seen, holds)
        grid.add_section()
    return grid


def table(*columns: str) -> Table:
    """An empty table."""
    return Table(*columns)


def show(grid: Table) -> None:
    """Print it, wide enough where nobody watches."""
    console = Console()
    if not console.is_terminal:
        console.width = max(console.width, WIDTH)
    console.print(grid)
