"""Trade at the perpetual venue of a deployment, and look at it: `ape run perp status ...`."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from ape import chain, project
from ape.api import AccountAPI
from ape.cli import ConnectedProviderCommand
from eth_utils import is_address, to_checksum_address

from ballast.chain import Receipt, quieten_ape
from ballast.cli import (
    Amount,
    Connection,
    deployment_option,
    errors_in_a_line,
    json_option,
    percent,
    print_sheet,
    scaled,
    sender_option,
)
from ballast.compiler import compile_if_stale
from ballast.perp import Trader, status

ETH = 18
EVERYTHING = 2**128 - 1


def command(name: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command that is connected to a chain and speaks to a deployment's venue."""

    def decorate(function: Callable[..., None]) -> click.Command:
        return cli.command(name, cls=ConnectedProviderCommand)(deployment_option(function))

    return decorate


def order_options(function: Callable[..., None]) -> Callable[..., None]:
    """How an order is bounded."""
    function = click.option(
        "--patience", type=click.IntRange(min=0), default=300, show_default=True,
        help="Seconds that the order may wait.",
    )(function)  # fmt: skip
    return click.option(
        "--slippage", type=click.FloatRange(0, 50), default=1.0, show_default=True,
        help="Percent by which the price may be worse than the quote.",
    )(function)  # fmt: skip


@click.group()
def cli() -> None:
    """Trade at the perpetual venue, move margin, liquidate, collect, look."""
    quieten_ape()


@command("open")
@sender_option
@click.argument("side", type=click.Choice(["long", "short"]))
@click.argument("size", type=Amount())
@order_options
def open_(
    path: Path, account: AccountAPI, side: str, size: Decimal, slippage: float, patience: int
) -> None:
    """Open, or add to, a position of SIZE ETH; on the other SIDE it closes first."""
    with errors_in_a_line():
        signed = scaled(size, ETH) * (1 if side == "long" else -1)
        show(trader(path, account).trade(signed, percent(slippage), patience))


@command("close")
@sender_option
@click.option("--size", type=Amount(), help="ETH to close; all when left out.")
@order_options
def close(
    path: Path, account: AccountAPI, size: Decimal | None, slippage: float, patience: int
) -> None:
    """Close the position, or a part of it."""
    with errors_in_a_line():
        part = None if size is None else scaled(size, ETH)
        show(trader(path, account).close(part, percent(slippage), patience))


@command("add-margin")
@sender_option
@click.argument("amount", type=Amount())
def add_margin(path: Path, account: AccountAPI, amount: Decimal) -> None:
    """Deposit AMOUNT tokens."""
    with errors_in_a_line():
        who = trader(path, account)
        show(who.add_margin(scaled(amount, digits(who))))


@command("remove-margin")
@sender_option
@click.argument("amount", type=Amount(), required=False)
def remove_margin(path: Path, account: AccountAPI, amount: Decimal | None) -> None:
    """Withdraw AMOUNT tokens, or all that is free."""
    with errors_in_a_line():
        who = trader(path, account)
        show(who.remove_margin(EVERYTHING if amount is None else scaled(amount, digits(who))))


@command("liquidate")
@sender_option
@click.argument("who")
def liquidate(path: Path, account: AccountAPI, who: str) -> None:
    """Liquidate the account WHO, for half of the penalty."""
    call(path, account, "liquidate", address(who))


@command("poke")
@sender_option
def poke(path: Path, account: AccountAPI) -> None:
    """Have the venue read its feed and accrue funding."""
    call(path, account, "poke")


@command("collect")
@sender_option
@click.argument("who", required=False)
def collect(path: Path, account: AccountAPI, who: str | None) -> None:
    """Have the fund pay the IOU of WHO, or one's own, into the margin."""
    call(path, account, "collect", address(who) if who else account)


@command("status")
@click.argument("who", required=False)
@json_option
def status_(path: Path, who: str | None, as_json: bool) -> None:
    """Show market and venue, and the account WHO. USD, ETH, tokens; rates as fractions."""
    with errors_in_a_line():
        here = connect(path)
        whose = address(who) if who else None
        sheet = status(here.chain, here.contract("venue"), here.contract("token"), whose)
    print_sheet(sheet, as_json)


def connect(path: Path) -> Connection:
    """The deployment's contracts, compiled as they are now."""
    compile_if_stale(project)
    return Connection(project, chain, path)


def trader(path: Path, account: AccountAPI) -> Trader:
    """The account at the deployment's venue."""
    here = connect(path)
    return Trader(here.chain, here.contract("venue"), here.contract("token"), account)


def call(path: Path, account: AccountAPI, function: str, *arguments: Any) -> None:
    """Send something to the venue."""
    with errors_in_a_line():
        here = connect(path)
        show(here.chain.send(here.contract("venue"), function, *arguments, sender=account))


def address(text: str) -> str:
    """A checksummed address; BadParameter when it is none."""
    if not is_address(text):
        raise click.BadParameter(f"'{text}' is not an address")
    return to_checksum_address(text)


def digits(who: Trader) -> int:
    """Decimals of the token."""
    return int(who.chain.read(who.token, "decimals"))


def show(receipt: Receipt) -> None:
    """One line about what was sent."""
    click.echo(f"done in block {receipt.block}, {receipt.gas_used:,} gas")
