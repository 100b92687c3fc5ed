"""What the commands of scripts/ share: amounts, the deployment they speak to, errors in a line."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

import click
from ape.cli import ConnectedProviderCommand, account_option
from ape.cli.choices import AccountAliasPromptChoice
from ape.cli.options import NetworkOption
from ape.contracts import ContractInstance
from ape.exceptions import ApeException
from eth_utils.address import is_address, to_checksum_address
from requests.exceptions import RequestException
from rich.console import Console
from rich.table import Table

from ballast import deployment_file
from ballast.anvil import AnvilError
from ballast.chain import ApeChain, Contract, Receipt, Reverted
from ballast.compiler import compile_if_stale
from ballast.deployment import KINDS, Deployment
from ballast.deployment_check import code_hash
from ballast.deployment_file import DeploymentError
from ballast.human import Sheet
from ballast.keeper_rpc import Unavailable
from ballast.option_desk import OptionError
from ballast.parameters import ParameterError
from ballast.paths import PathError
from ballast.perp import PerpError
from ballast.refusals import in_words
from ballast.scenario import ScenarioError
from ballast.scenario_output import OutputError
from ballast.vault_user import VaultError
from ballast.venue_history import HistoryError

DEVNET = os.environ.get("BALLAST_NETWORK", "ethereum:devnet")
"""The network of `make devnet`, as ape-config.yaml has it, unless the environment says another."""

DEPLOYMENT = Path(os.environ.get("BALLAST_DEPLOYMENT", "deployments/31337.json"))
"""The file that `ape run deploy` writes there; the environment may name another."""

NO_ETHER = ("gas required exceeds allowance", "insufficient funds", "doesn't have enough funds")
"""What nodes and ape say of an account that cannot pay for gas."""

LARGEST = 10**30
"""No amount of tokens or ETH is larger."""


class Amount(click.ParamType):
    """A positive decimal number, kept as it was written; or a word, where one is allowed."""

    name = "amount"

    def __init__(self, word: str | None = None) -> None:
        self._word = word

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal | str:
        """The number, or the word; BadParameter when it is neither."""
        if value == self._word:
            return str(value)
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("nan")
        if not amount.is_finite() or not 0 < amount <= LARGEST:
            self.fail(f"'{value}' is not a positive number", param, ctx)
        return amount


class Who(click.ParamType):
    """An address, or an account of ape's by its alias: `TEST::2`."""

    name = "who"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """A checksummed address; BadParameter when it is none."""
        if is_address(value):
            return to_checksum_address(value)
        if not str(value).startswith("0x"):
            account = AccountAliasPromptChoice().convert(value, param, ctx)
            if account is not None:
                return str(account.address)
        self.fail(f"'{value}' is not an address", param, ctx)


def scaled(amount: Decimal, digits: int) -> int:
    """An amount in units of 10^-digits; BadParameter when it is finer than that."""
    units = amount * 10**digits
    if units != int(units):
        raise click.BadParameter(f"{amount} has more than {digits} digits after the point")
    return int(units)


def amount_of(
    amount: Decimal | str, digits: int, everything: Callable[[], int] | None = None
) -> int:
    """`scaled`; `everything` says how many units a word stands for."""
    if isinstance(amount, Decimal):
        return scaled(amount, digits)
    assert everything is not None, "a word is only taken where it stands for something"
    return everything()


def percent(value: float) -> int:
    """A percentage in wad."""
    return int(Decimal(str(value)) * 10**16)


def confirm(question: str, yes: bool) -> None:
    """Say what will be done; unless it was agreed to before, ask. Abort when the answer is no."""
    click.echo(question)
    if not yes:
        click.confirm("Send it?", abort=True)


def overrides(changes: tuple[str, ...]) -> dict[str, str]:
    """`NAME=VALUE` pairs as a mapping; ParameterError when one is none."""
    pairs = [change.partition("=") for change in changes]
    for name, sign, _ in pairs:
        if not sign:
            raise ParameterError(f"'{name}' is not of the form NAME=VALUE")
    return {name: value for name, _, value in pairs}


def sender_option(function: Callable[..., None]) -> Callable[..., None]:
    """ape's `--account`, with the help that ape leaves out."""
    function = account_option()(function)
    function.__click_params__[-1].help = "Alias of the account that sends."  # type: ignore[attr-defined]
    return function


deployment_option = click.option(
    "--deployment",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEPLOYMENT,
    show_default=True,
    help="JSON file of the deployment.",
)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, not a table.")


class Misuse(click.ClickException):
    """Something that was typed wrong, without the usage that click prints above it."""

    exit_code = 2


yes_option = click.option("--yes", is_flag=True, help="Do not ask before sending.")


def slippage_option(default: float) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """By how much it may come out worse than shown."""
    return click.option(
        "--slippage", type=click.FloatRange(0, 50), default=default, show_default=True,
        help="Percent by which it may come out worse than shown.",
    )  # fmt: skip


patience_option = click.option(
    "--patience", type=click.IntRange(min=0), default=300, show_default=True,
    help="Seconds for which the order is good.",
)  # fmt: skip


def devnet_command(group: click.Group, name: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command of the group that is connected to a chain and speaks to a deployment."""

    def decorate(function: Callable[..., None]) -> click.Command:
        return group.command(name, cls=DevnetCommand)(deployment_option(function))

    return decorate


class LineCommand(click.Command):
    """A command whose errors are a line; it connects by itself, if at all."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read what was typed."""
        with errors_in_a_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Connect and run; a node that is not there is an error of a line too."""
        with errors_in_a_line():
            return super().invoke(ctx)


class DevnetCommand(LineCommand, ConnectedProviderCommand):
    """A command on a chain, the devnet unless `--network` names another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.params.append(NetworkOption(default=DEVNET))


@contextmanager
def errors_in_a_line() -> Iterator[None]:
    """What a contract, a node or a file refuses ends the command without a traceback."""
    try:
        yield
    except Reverted as refusal:
        raise click.ClickException(f"refused: {in_words(str(refusal))}") from None
    except (
        DeploymentError,
        PerpError,
        ParameterError,
        PathError,
        VaultError,
        OptionError,
        ScenarioError,
        OutputError,
        AnvilError,
        HistoryError,
        Unavailable,
    ) as error:
        raise click.ClickException(str(error)) from None
    except click.UsageError as error:
        raise Misuse(error.format_message()) from None
    except (click.ClickException, click.Abort):
        raise  # ape's are both
    except RequestException:
        raise click.ClickException("the node does not answer any more") from None
    except ApeException as error:
        raise click.ClickException(_line(error)) from None


def _line(error: ApeException) -> str:
    """The first line of what ape says."""
    line = (str(error).splitlines() or [type(error).__name__])[0]
    if "node found on" in line:
        return f"{line} Is it running? `make devnet` starts one."
    if any(words in line.lower() for words in NO_ETHER):
        return "the account has too little ETH to pay for gas"
    return line


def print_sheet(sheet: Sheet, as_json: bool) -> None:
    """A sheet as JSON, its numbers exact, or as a table, its numbers to six places."""
    if as_json:
        click.echo(json.dumps(sheet, indent=2))
    else:
        Console().print(sheet_table(sheet))


def sheet_table(sheet: Sheet) -> Table:
    """A sheet, a section a part."""
    grid = Table(show_header=False)
    grid.add_column()
    grid.add_column(justify="right")
    for title, lines in sheet.items():
        grid.add_row(f"[bold]{title}", "")
        for name, value in lines.items():
            grid.add_row(f"  {name}", readable(value))
        grid.add_section()
    return grid


def print_rows(rows: list[dict[str, str]], as_json: bool, title: str | None = None) -> None:
    """Rows of the same columns as JSON, or as a table, its numbers to three places."""
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    grid = Table(*(rows[0] if rows else ["nothing"]), title=title)
    for row in rows:
        grid.add_row(*(readable(value, 3) for value in row.values()))
    Console().print(grid)


def readable(value: str, places: int = 6) -> str:
    """A number to so many places, with commas; any other text as it is."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    text = f"{number:,.{places}f}"
    return text.rstrip("0").rstrip(".")


def connect(project: Any, manager: Any, path: Path) -> "Connection":
    """The deployment's contracts on the chain of ape's `manager`, compiled as they are now."""
    compile_if_stale(project)
    return Connection(project, manager, path)


class Connection:
    """The contracts of a deployment on the chain that ape is connected to."""

    def __init__(self, project: Any, manager: Any, path: Path) -> None:
        """DeploymentError when the file cannot be read, or is of another chain."""
        file = deployment_file.load(path)
        file.check(
            manager.chain_id,
            to_hex(manager.blocks[0].hash),
            lambda address: bool(manager.provider.get_code(address)),
        )
        self.chain = ApeChain(project, manager)
        self.file = file
        self._project = project
        self._get_code = manager.provider.get_code

    def contract(self, name: str) -> Contract:
        """A contract by its name in the file.

        Made from the compiled type: ape's own cache by address would outlive a local chain.
        """
        kind = getattr(self._project, KINDS[name]).contract_type
        return ContractInstance(self.file.address(name), kind)

    def contracts(self) -> dict[str, Contract]:
        """All contracts of the file that are Ballast's, by name."""
        return {name: self.contract(name) for name in KINDS if name in self.file.contracts}

    def deployment(self) -> Deployment:
        """The whole vault; DeploymentError when the file misses a part, or names another's code."""
        for name, known in self.file.code.items():
            address = self.file.address(name)
            if code_hash(bytes(self._get_code(address))) != known:
                raise DeploymentError(f"what is at {address} is not the deployment's '{name}'")
        return Deployment(**{name: self.contract(name) for name in KINDS})


def sent(receipt: Receipt) -> str:
    """What was sent, in words."""
    return f"done in block {receipt.block}, {receipt.gas_used:,} gas"


def stop_by_signal() -> Event:
    """Set by Ctrl-C or SIGTERM: what is at hand is finished first."""
    stop = Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


def to_hex(value: bytes) -> str:
    """0x and the digits."""
    return "0x" + bytes(value).hex()
