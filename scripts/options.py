"""Buy options, sell them back, settle and claim: `ape run options list ...`."""

import json
from collections.abc import Callable
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
    confirm,
    connect,
    devnet_command,
    json_option,
    patience_option,
    percent,
    print_rows,
    print_sheet,
    readable,
    scaled,
    sender_option,
    sent,
    slippage_option,
    yes_option,
)
from ballast.human import decimal, least, moment, most
from ballast.option_desk import KINDS, Deal, OptionDesk, left, name
from ballast.settlement import TooEarly

ETH = 18
SLIPPAGE = 1.0  # [%]


@click.group()
def cli() -> None:
    """Buy options from the vault, sell them back, settle and claim, look."""
    quieten_ape()


command = partial(devnet_command, cli)


def series_arguments(function: Callable[..., None]) -> Callable[..., None]:
    """Which option and how much of it."""
    for decorate in (
        click.option(
            "--board", type=click.IntRange(min=1), default=1, show_default=True,
            help="1 is the next to expire.",
        ),
        click.argument("size", type=Amount()),
        click.argument("strike", type=Amount()),
        click.argument("kind", type=click.Choice(KINDS)),
    ):  # fmt: skip
        function = decorate(function)
    return function


@command("list")
@click.option("--size", type=Amount(), default="1", show_default=True, help="ETH to quote.")
@json_option
def list_(path: Path, size: Decimal, as_json: bool) -> None:
    """Show the boards and what their options cost; delta is the holder's."""
    here = connect(project, chain, path)
    desk = OptionDesk(here.chain, here.deployment())
    boards = desk.boards()
    prices = [desk.prices(expiry, scaled(size, ETH)) for expiry in desk.expiries()]
    if as_json:
        found = [board | {"options": rows} for board, rows in zip(boards, prices, strict=True)]
        click.echo(json.dumps(found, indent=2))
        return
    print_rows(boards, False, "boards")
    for number, (board, rows) in enumerate(zip(boards, prices, strict=True), start=1):
        title = f"board {number}, {board['expiry']}: tokens for {readable(str(size))} ETH"
        print_rows(rows, False, title)


@command("quote")
@series_arguments
@click.option("--sell", is_flag=True, help="What the vault would pay to have them back.")
@json_option
def quote(
    path: Path, kind: str, strike: Decimal, size: Decimal, board: int, sell: bool, as_json: bool
) -> None:
    """Show what SIZE options would cost, part by part; prices in USD, the premium in tokens."""
    here = connect(project, chain, path)
    desk = OptionDesk(here.chain, here.deployment())
    series = desk.series(board, kind, scaled(strike, ETH))
    print_sheet({name(series): desk.quote(series, scaled(size, ETH), sell)}, as_json)


def order_options(function: Callable[..., None]) -> Callable[..., None]:
    """Who trades which option, and how much worse than shown he accepts."""
    function = yes_option(patience_option(slippage_option(SLIPPAGE)(function)))
    return sender_option(series_arguments(function))


@command("buy")
@order_options
def buy(**order: Any) -> None:
    """Buy SIZE options from the vault."""
    trade("buy", most, **order)


@command("sell")
@order_options
def sell(**order: Any) -> None:
    """Sell SIZE options back to the vault."""
    trade("sell", least, **order)


def trade(
    side: str,
    worst: Callable[[int, int], int],
    path: Path,
    account: AccountAPI,
    kind: str,
    strike: Decimal,
    size: Decimal,
    board: int,
    slippage: float,
    patience: int,
    yes: bool,
) -> None:
    """Quote, ask, send; `worst` makes the bound from the premium that is quoted."""
    desk = visit(path, account)
    series = desk.series(board, kind, scaled(strike, ETH))
    amount = scaled(size, ETH)
    premium = desk.premium(series, amount, is_sale=side == "sell")
    bound = worst(premium, percent(slippage))
    confirm(
        f"{side} {readable(str(size))} of {name(series)} for {tokens(desk, premium)} tokens, "
        f"{tokens(desk, bound)} at the {worst.__name__}",
        yes,
    )
    show(desk, getattr(desk, side)(series, amount, bound, patience))


@command("settle")
@sender_option
def settle(path: Path, account: AccountAPI) -> None:
    """Settle every board that has expired, by the feed's rounds that prove its price."""
    desk = visit(path, account)
    found = desk.settle()
    for expiry, done in found:
        if isinstance(done, TooEarly):
            when = "after another price" if done.until is None else f"from {moment(done.until)} on"
            click.echo(f"board of {moment(expiry)}: {when}")
        else:
            click.echo(f"board of {moment(expiry)}: {sent(done)}")
    if not found:
        nearest = min(desk.expiries(), default=None)
        wait = f"; the next does in {left(nearest - desk.now())}" if nearest else ""
        click.echo(f"no board has expired{wait}")


@command("claim")
@sender_option
def claim(path: Path, account: AccountAPI) -> None:
    """Have paid what the account's settled options are worth."""
    here = connect(project, chain, path)
    desk = OptionDesk(here.chain, here.deployment(), account)
    for series, deal in desk.claim(here.file.block):
        click.echo(f"{name(series)}: {sent(deal.receipt)}: {tokens(desk, deal.tokens)} tokens")


@command("held")
@click.argument("who", type=Who())
@json_option
def held(path: Path, who: str, as_json: bool) -> None:
    """Show the options that WHO (an address, or TEST::3) holds."""
    here = connect(project, chain, path)
    desk = OptionDesk(here.chain, here.deployment())
    print_rows(desk.holdings(here.file.block, who), as_json)


def visit(path: Path, account: AccountAPI) -> OptionDesk:
    """The account at the deployment's book."""
    here = connect(project, chain, path)
    return OptionDesk(here.chain, here.deployment(), account)


def tokens(desk: OptionDesk, amount: int) -> str:
    """Token units as a readable number."""
    return readable(decimal(amount, desk.asset_digits))


def show(desk: OptionDesk, deal: Deal) -> None:
    """One line about what was sent and what it moved."""
    sign = "+" if deal.tokens > 0 else ""
    click.echo(f"{sent(deal.receipt)}: {sign}{tokens(desk, deal.tokens)} tokens")
