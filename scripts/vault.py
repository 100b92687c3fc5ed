"""Deposit, withdraw, redeem, and look at the vault: `ape run vault status ...`."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import click
from ape import chain, project
from ape.api import AccountAPI
from rich.live import Live

from ballast.chain import quieten_ape
from ballast.cli import (
    Amount,
    Who,
    amount_of,
    confirm,
    connect,
    devnet_command,
    json_option,
    percent,
    print_rows,
    print_sheet,
    readable,
    sender_option,
    sent,
    sheet_table,
    slippage_option,
    stop_by_signal,
    yes_option,
)
from ballast.human import decimal, least, most
from ballast.vault_user import (
    ACTIONS,
    Moved,
    Preview,
    VaultUser,
    history,
    position,
    status,
)

SLIPPAGE = 0.5  # [%]


@click.group()
def cli() -> None:
    """Put tokens into the vault, take them out, look at it and at what one has."""
    quieten_ape()


command = partial(devnet_command, cli)


def flow_options(metavar: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Who moves how much, and how much worse than shown he accepts."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        function = yes_option(slippage_option(SLIPPAGE)(function))
        argument = click.argument("amount", type=Amount("all"), metavar=metavar)
        return sender_option(argument(function))

    return decorate


@command("deposit")
@flow_options("AMOUNT")
def deposit(**order: Any) -> None:
    """Put in AMOUNT tokens, or all that go in, for shares."""
    move("deposit", least, **order)


@command("withdraw")
@flow_options("AMOUNT")
def withdraw(**order: Any) -> None:
    """Take out AMOUNT tokens, or all that come out, for shares."""
    move("withdraw", most, **order)


@command("redeem")
@flow_options("SHARES")
def redeem(**order: Any) -> None:
    """Burn SHARES, or all that can be, for tokens."""
    move("redeem", least, **order)


def move(
    action: str,
    worst: Callable[[int, int], int],
    path: Path,
    account: AccountAPI,
    amount: Decimal | str,
    slippage: float,
    yes: bool,
) -> None:
    """Preview, ask, send; `worst` makes the bound from what is moved in return."""
    user = visit(path, account)
    digits, other = user.asset_digits, user.share_digits
    if action == "redeem":
        digits, other = other, digits
    given = amount_of(amount, digits, lambda: user.most(action))
    preview = user.checked(action, given)
    bound = worst(preview.returned, percent(slippage))
    confirm(f"{said(user, preview)}, {shown(bound, other)} at the {worst.__name__}", yes)
    show(user, getattr(user, action)(given, bound))


@command("request")
@sender_option
@click.argument("shares", type=Amount("all"))
@yes_option
def request(path: Path, account: AccountAPI, shares: Decimal | str, yes: bool) -> None:
    """Queue SHARES, or all, to be redeemed as liquidity comes."""
    user = visit(path, account)
    asked = amount_of(shares, user.share_digits, user.shares)
    worth = user.preview("redeem", asked).assets
    confirm(
        f"{shown(asked, user.share_digits)} shares wait; they bear profit and loss until they are "
        f"filled, now they are worth {shown(worth, user.asset_digits)} tokens",
        yes,
    )
    show(user, user.request(asked))


@command("cancel")
@sender_option
def cancel(path: Path, account: AccountAPI) -> None:
    """Take back the shares that wait."""
    user = visit(path, account)
    show(user, user.cancel())


@command("claim")
@sender_option
def claim(path: Path, account: AccountAPI) -> None:
    """Have paid what was filled of a request; fills what can be filled now."""
    user = visit(path, account)
    show(user, user.claim())


@command("preview")
@click.option("--account", "who", type=Who(), required=True, help="Whose tokens or shares.")
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("amount", type=Amount())
@json_option
def preview_(path: Path, who: str, action: str, amount: Decimal, as_json: bool) -> None:
    """Show what an ACTION with AMOUNT would move, or why it would be refused; send nothing."""
    user = visit(path, who)
    digits = user.share_digits if action == "redeem" else user.asset_digits
    preview = user.checked(action, amount_of(amount, digits))
    amounts = {
        "tokens": decimal(preview.assets, user.asset_digits),
        "shares": decimal(preview.shares, user.share_digits),
    }
    print_sheet({action: amounts}, as_json)


@command("position")
@click.argument("who", type=Who())
@json_option
def position_(path: Path, who: str, as_json: bool) -> None:
    """Show what WHO (an address, or TEST::2) has at the vault."""
    here = connect(project, chain, path)
    print_sheet(position(here.chain, here.deployment(), who), as_json)


@command("status")
@json_option
@click.option("--watch", is_flag=True, help="Show it again and again, until Ctrl-C.")
@click.option(
    "--every", type=click.FloatRange(min=0.1), default=2.0, show_default=True,
    help="Seconds between two looks.",
)  # fmt: skip
def status_(path: Path, as_json: bool, watch: bool, every: float) -> None:
    """Show the vault: open or why not, its values, its cash, its book and hedge."""
    here = connect(project, chain, path)
    deployment = here.deployment()

    def look() -> Any:
        return status(here.chain, deployment)

    if not watch:
        print_sheet(look(), as_json)
        return
    stop = stop_by_signal()
    with nullcontext() if as_json else Live(auto_refresh=False) as screen:
        while not stop.is_set():
            if screen is None:
                click.echo(json.dumps(look()))
            else:
                screen.update(sheet_table(look()), refresh=True)
            stop.wait(every)


@command("history")
@click.argument("who", type=Who(), required=False)
@json_option
def history_(path: Path, who: str | None, as_json: bool) -> None:
    """Show who came and went since the deployment, or what WHO did."""
    here = connect(project, chain, path)
    rows = history(here.chain, here.deployment(), here.file.block, who)
    print_rows(rows, as_json)


def visit(path: Path, account: AccountAPI | str) -> VaultUser:
    """The account at the deployment's vault; an address can only look."""
    here = connect(project, chain, path)
    return VaultUser(here.chain, here.deployment(), account)


def said(user: VaultUser, preview: Preview) -> str:
    """The preview in a line."""
    tokens = f"{shown(preview.assets, user.asset_digits)} tokens"
    shares = f"{shown(preview.shares, user.share_digits)} shares"
    given, taken = (tokens, shares) if preview.action == "deposit" else (shares, tokens)
    return f"{preview.action} {given} for {taken}"


def show(user: VaultUser, moved: Moved) -> None:
    """One line about what was sent and what it moved."""
    changes = [
        f"{'+' if amount > 0 else ''}{shown(amount, digits)} {name}"
        for amount, digits, name in (
            (moved.assets, user.asset_digits, "tokens"),
            (moved.shares, user.share_digits, "shares"),
        )
        if amount
    ]
    click.echo(f"{sent(moved.receipt)}: {', '.join(changes)}")


def shown(amount: int, digits: int) -> str:
    """Units as a readable number."""
    return readable(decimal(amount, digits))
