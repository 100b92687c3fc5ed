"""A week of options sold, hedged, settled and paid out, on a fresh in-process chain."""

from pathlib import Path

import click
from ape import accounts, chain, project
from ape.cli import ConnectedProviderCommand
from rich.console import Console
from rich.progress import Progress

from ballast import attribution, history, paths, report
from ballast.agents import FLOWS, Order, option_flow
from ballast.chain import START, ApeChain, Reverted, quieten_ape
from ballast.cli import overrides
from ballast.compiler import compile_if_stale
from ballast.parameters import ParameterError, Parameters, load
from ballast.simulation import HOUR, Cast, World, run

SPOT = 2_000.0
VOL = 0.70
"""Of the path, a year; the board's, on purpose: the spread of the quotes is then earned by
construction, and the run shows what the hedge does, not whether selling options pays."""

BOARDS = 2
"""Boards that the buyers' orders name."""

DEPOSITS = (3_000_000, 1_500_000)
"""Tokens that the two depositors bring."""

BUYERS = 5
SHORTEST = 12
"""Hours: the first board must outlive the cutoff of sales, and be settled within the run."""


@click.command(cls=ConnectedProviderCommand)
@click.option("--path", "source", default="gbm", help="gbm, jump or an hourly OHLC CSV file.")
@click.option("--flow", type=click.Choice(FLOWS), default="mixed", help="What buyers buy.")
@click.option("--hours", type=click.IntRange(min=SHORTEST), default=172, help="Length of the run.")
@click.option("--seed", type=int, default=1, help="Seed of path and flow.")
@click.option("--no-hedge", is_flag=True, help="Do not hedge, to see what the hedge is worth.")
@click.option("--out", type=click.Path(path_type=Path), default="out/demo.png", help="PNG.")
@click.option("--set", "changes", multiple=True, help="NAME=VALUE, as hedger.band.min_share='1 %'.")
def cli(
    source: str,
    flow: str,
    hours: int,
    seed: int,
    no_hedge: bool,
    out: Path,
    changes: tuple[str, ...],
) -> None:
    """Deploy Ballast, live through a week of its life, and show where the money went."""
    quieten_ape()
    try:
        path = price_path(source, hours, seed)
        parameters = first_board_within(load(overrides=overrides(changes)), hours)
        check_picture(out)
    except (paths.PathError, ParameterError) as error:
        raise click.UsageError(str(error)) from None
    compile_if_stale(project)
    unit = 10 ** parameters["token"]["decimals"]
    deposits = [amount * unit for amount in DEPOSITS]
    engine = ApeChain(project, chain)
    engine.advance(START)
    try:
        world = World(engine, cast(), parameters, path[0], deposits, not no_hedge)
    except Reverted as refusal:
        raise click.UsageError(f"the contracts refuse a parameter: {refusal}") from None
    live(world, path, option_flow(flow, hours, BUYERS, len(world.strikes), seed), out)


def live(world: World, path: list[paths.Step], orders: list[Order], out: Path) -> None:
    """Run the week behind a progress bar, then print the table and draw the picture."""
    console = Console()
    vault = world.deployment.vault
    decimals = world.parameters["token"]["decimals"]
    share = 10 ** world.chain.read(vault, "decimals")
    before = world.chain.read(vault, "convertToAssets", share) / 10**decimals
    begin = world.chain.now()
    with Progress(console=console) as progress:
        task = progress.add_task("hours", total=len(path) - 1)
        try:
            record = run(world, path, orders, lambda row: progress.advance(task))
        except Reverted as refusal:
            raise click.ClickException(f"a contract ended the run: {refusal}") from None
    journal = history.journal(world.chain, world.deployment)
    statement = attribution.attribute(journal, begin, world.chain.now())
    nav = world.chain.read(vault, "net_asset_value")[0]
    after = world.chain.read(vault, "convertToAssets", share) / 10**decimals
    console.print(report.table(record, statement, (before, after), withdraw(world)))
    report.picture(record.rows, out)
    console.print(f"picture: {out}")
    try:
        statement.check(nav)
    except ArithmeticError as error:
        raise click.ClickException(str(error)) from None


def price_path(source: str, hours: int, seed: int) -> list[paths.Step]:
    """The path that `--path` names, `hours` long."""
    if source == "gbm":
        return paths.gbm(SPOT, VOL, hours, seed)
    if source == "jump":
        return paths.jump(SPOT, VOL, hours, seed)
    return paths.first_hours(paths.from_csv(Path(source)), hours)


def first_board_within(parameters: Parameters, hours: int) -> Parameters:
    """A short run lists its first board shorter: it is settled in every run."""
    tenors = parameters["boards"]["tenors"]
    if len(tenors) < BOARDS:
        raise ParameterError(f"boards.tenors: the buyers need {BOARDS} boards, not {len(tenors)}")
    tenors[0] = min(tenors[0], (hours - 2) * HOUR)
    return parameters


def check_picture(out: Path) -> None:
    """UsageError when no picture could be written there after the run."""
    if out.suffix.lower() != ".png":
        raise click.UsageError(f"--out '{out}' must end in .png")
    is_new = not out.exists()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.open("ab").close()
    except OSError as error:
        raise click.UsageError(f"--out '{out}' cannot be written: {error.strerror}") from None
    if is_new:
        out.unlink()


def cast() -> Cast:
    """The people, from ape's test accounts."""
    owner, keeper, arbitrageur, first, second, *others = accounts.test_accounts[: 5 + BUYERS]
    return Cast(owner, keeper, arbitrageur, [first, second], others)


def withdraw(world: World) -> str:
    """The second depositor takes out what can be taken out; in words, or why nothing can be."""
    unit = 10 ** world.parameters["token"]["decimals"]
    depositor = world.cast.depositors[1]
    shares = world.chain.read(world.deployment.vault, "balanceOf", depositor)
    try:
        paid = world.leave(depositor)
    except Reverted as refusal:
        return f"closed: {closed(world, str(refusal))}"
    left = world.chain.read(world.deployment.vault, "balanceOf", depositor)
    cost = DEPOSITS[1] * unit * (shares - left) // shares
    return (
        f"{paid / unit:,.2f} USDC for a deposit of {cost / unit:,.2f}: {(paid - cost) / unit:+,.2f}"
    )


def closed(world: World, refusal: str) -> str:
    """Why nothing can be withdrawn: asked for nothing, an open vault refuses zero."""
    if world.chain.read(world.deployment.vault, "free_liquidity") <= 0 and "zero" in refusal:
        return "no free liquidity"
    return refusal
