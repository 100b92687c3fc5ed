"""Tokens, prices and people for a devnet: `ape run market live`."""

from decimal import Decimal
from functools import partial
from pathlib import Path

import click
from ape import accounts, chain, project
from ape.api import AccountAPI

from ballast import parameters, paths, refusals
from ballast.agents import FLOWS, option_flow
from ballast.chain import quieten_ape
from ballast.cli import (
    Amount,
    Connection,
    Who,
    connect,
    devnet_command,
    readable,
    scaled,
    sender_option,
    sent,
    stop_by_signal,
)
from ballast.human import decimal, moment
from ballast.live import HOUR, Market, Tally, calm, live, parts_an_hour
from ballast.units import WAD

ETH = 18
VOL = 0.70
"""Of the paths, a year: the vol at which the default boards are listed."""

STRIKES = 9
"""Of a default board."""

ARBITRAGEUR, BUYERS = 4, (5, 6, 7, 8, 9)
"""Which of ape's test accounts they are."""


@click.group()
def cli() -> None:
    """Play the rest of the world on a devnet; the account is who deployed its mocks."""
    quieten_ape()


command = partial(devnet_command, cli)


@command("give")
@sender_option
@click.option("--to", "who", type=Who(), required=True, help="An address, or TEST::2.")
@click.argument("amount", type=Amount())
def give(path: Path, account: AccountAPI, who: str, amount: Decimal) -> None:
    """Mint AMOUNT tokens."""
    here = connect(project, chain, path)
    token = here.contract("token")
    digits = here.chain.read(token, "decimals")
    receipt = here.chain.send(token, "mint", who, scaled(amount, digits), sender=account)
    held = decimal(here.chain.read(token, "balanceOf", who), digits)
    click.echo(f"{sent(receipt)}: {who} has {readable(held)} tokens")


@command("move")
@sender_option
@click.option("--to", "price", type=Amount(), help="USD per ETH; as it is when left out.")
def move(path: Path, account: AccountAPI, price: Decimal | None) -> None:
    """Have the feed answer, and arbitrage follow it. Wakes a feed that has been silent."""
    here = connect(project, chain, path)
    market = open_market(here, account)
    before = market.price()
    after = before if price is None else scaled(price, ETH)
    market.move(calm(after))
    mark = here.chain.read(here.contract("venue"), "market").mark
    click.echo(
        f"index {shown(before)} -> {shown(market.price())} USD, mark {readable(decimal(mark))}"
    )
    if flags := here.chain.read(here.contract("breaker"), "breached"):
        click.echo(f"the vault is closed: {refusals.breaches(flags)}")


@command("live")
@sender_option
@click.option(
    "--path",
    "source",
    default="gbm",
    show_default=True,
    help="gbm, jump, or an hourly OHLC CSV file, scaled to the price where it starts.",
)
@click.option("--flow", type=click.Choice(FLOWS), default="mixed", help="What buyers buy.")
@click.option(
    "--speed",
    type=click.FloatRange(1, 100_000),
    default=60.0,
    show_default=True,
    help="Simulated seconds a real one.",
)
@click.option(
    "--hours",
    type=click.IntRange(1, 10_000),
    default=168,
    show_default=True,
    help="Simulated hours to live.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of prices and buyers.")
def live_(
    path: Path, account: AccountAPI, source: str, flow: str, speed: float, hours: int, seed: int
) -> None:  # fmt: skip
    """Let prices move, arbitrage follow and people buy options, until Ctrl-C or the hours end.

    A board is listed for each that expires; to settle is left to a keeper, or whoever does.
    """
    stop = stop_by_signal()
    here = connect(project, chain, path)
    market = open_market(here, account, BUYERS)
    parts = parts_an_hour(speed)
    steps = price_path(source, market.price(), hours, seed, parts)
    orders = option_flow(flow, hours, len(BUYERS), STRIKES, seed)

    def tell(step: paths.Step, tally: Tally) -> None:
        if tally.steps % parts == 0:
            hour = tally.steps // parts
            now = moment(here.chain.now())
            click.echo(f"{now}  hour {hour}: index {shown(step.price)}, {tally.sales} sales")

    tally = live(here.chain, market, steps, orders, speed, parts, stop, tell)
    how = "stopped" if stop.is_set() else "done"
    refused = sum(tally.refused.values())
    click.echo(
        f"{how} after {tally.steps * HOUR // parts // 60:,} simulated minutes, "
        f"{tally.sales} sales, {refused} refused, {tally.boards} boards listed"
    )


def open_market(here: Connection, account: AccountAPI, buyers: tuple[int, ...] = ()) -> Market:
    """The market of the deployment, with people from ape's test accounts."""
    people = accounts.test_accounts
    return Market(
        here.chain,
        here.deployment(),
        account,
        people[ARBITRAGEUR],
        parameters.load()["boards"],
        tuple(people[index] for index in buyers),
    )


def price_path(source: str, price: int, hours: int, seed: int, parts: int) -> list[paths.Step]:
    """The path that `--path` names, from `price` [USD wad] on, `hours` long at most."""
    if source == "gbm":
        return paths.gbm(price / WAD, VOL, hours, seed, parts)
    if source == "jump":
        return paths.jump(price / WAD, VOL, hours, seed, parts=parts)
    hourly = paths.from_csv(Path(source))[: hours + 1]
    return paths.between(paths.starting_at(hourly, price), parts)


def shown(price: int) -> str:
    """A price as a readable number."""
    return readable(decimal(price), 2)
