"""Trade at the perpetual venue of a deployment, and look at it: `ape run perp status ...`."""

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import click
from ape import chain, project
from ape.api import AccountAPI

from ballast.chain import quieten_ape
from ballast.cli import (
    Amount,
    Who,
    connect,
    devnet_command,
    json_option,
    patience_option,
    percent,
    print_sheet,
    scaled,
    sender_option,
    sent,
    slippage_option,
)
from ballast.perp import Trader, status

ETH = 18
SLIPPAGE = 1.0  # [%]
EVERYTHING = 2**128 - 1


@click.group()
def cli() -> None:
    """Trade at the perpetual venue, move margin, liquidate, collect, look."""
    quieten_ape()


command = partial(devnet_command, cli)


@command("open")
@sender_option
@click.argument("side", type=click.Choice(["long", "short"]))
@click.argument("size", type=Amount())
@slippage_option(SLIPPAGE)
@patience_option
def open_(
    path: Path, account: AccountAPI, side: str, size: Decimal, slippage: float, patience: int
) -> None:
    """Open, or add to, a position of SIZE ETH; on the other SIDE it closes first."""
    signed = scaled(size, ETH) * (1 if side == "long" else -1)
    click.echo(sent(trader(path, account).trade(signed, percent(slippage), patience)))


@command("close")
@sender_option
@click.option("--size", type=Amount(), help="ETH to close; all when left out.")
@slippage_option(SLIPPAGE)
@patience_option
def close(
    path: Path, account: AccountAPI, size: Decimal | None, slippage: float, patience: int
) -> None:
    """Close the position, or a part of it."""
    part = None if size is None else scaled(size, ETH)
    click.echo(sent(trader(path, account).close(part, percent(slippage), patience)))


@command("add-margin")
@sender_option
@click.argument("amount", type=Amount())
def add_margin(path: Path, account: AccountAPI, amount: Decimal) -> None:
    """Deposit AMOUNT tokens."""
    who = trader(path, account)
    click.echo(sent(who.add_margin(scaled(amount, who.digits))))


@command("remove-margin")
@sender_option
@click.argument("amount", type=Amount(), required=False)
def remove_margin(path: Path, account: AccountAPI, amount: Decimal | None) -> None:
    """Withdraw AMOUNT tokens, or all that is free."""
    who = trader(path, account)
    part = EVERYTHING if amount is None else scaled(amount, who.digits)
    click.echo(sent(who.remove_margin(part)))


@command("liquidate")
@sender_option
@click.argument("who", type=Who())
def liquidate(path: Path, account: AccountAPI, who: str) -> None:
    """Liquidate the account WHO, for half of the penalty."""
    call(path, account, "liquidate", who)


@command("poke")
@sender_option
def poke(path: Path, account: AccountAPI) -> None:
    """Have the venue read its feed and accrue funding."""
    call(path, account, "poke")


@command("collect")
@sender_option
@click.argument("who", type=Who(), required=False)
def collect(path: Path, account: AccountAPI, who: str | None) -> None:
    """Have the fund pay the IOU of WHO, or one's own, into the margin."""
    call(path, account, "collect", who or account)


@command("status")
@click.argument("who", type=Who(), required=False)
@json_option
def status_(path: Path, who: str | None, as_json: bool) -> None:
    """Show market and venue, and the account WHO. USD, ETH, tokens; rates as fractions."""
    here = connect(project, chain, path)
    print_sheet(status(here.chain, here.contract("venue"), here.contract("token"), who), as_json)


def trader(path: Path, account: AccountAPI) -> Trader:
    """The account at the deployment's venue."""
    here = connect(project, chain, path)
    return Trader(here.chain, here.contract("venue"), here.contract("token"), account)


def call(path: Path, account: AccountAPI, function: str, *arguments: Any) -> None:
    """Send something to the venue."""
    here = connect(project, chain, path)
    receipt = here.chain.send(here.contract("venue"), function, *arguments, sender=account)
    click.echo(sent(receipt))
