"""What the commands of scripts/ share: amounts, the deployment they speak to, errors in a line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from ape.cli import account_option
from ape.contracts import ContractInstance

from ballast import deployment_file
from ballast.chain import ApeChain, Contract, Reverted
from ballast.deployment_file import DeploymentError
from ballast.perp import PerpError

LARGEST = 10**30
"""No amount of tokens or ETH is larger."""

KINDS = {
    "token": "MockToken",
    "feed": "MockFeed",
    "venue": "PerpMarket",
    "vault": "Vault",
    "pricer": "Pricer",
    "book": "OptionBook",
    "hedger": "Hedger",
}
"""Contracts by their names in a deployment file."""


class Amount(click.ParamType):
    """A positive decimal number, kept as it was written."""

    name = "amount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        """The number; BadParameter when it is none."""
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("nan")
        if not amount.is_finite() or not 0 < amount <= LARGEST:
            self.fail(f"'{value}' is not a positive number", param, ctx)
        return amount


def scaled(amount: Decimal, digits: int) -> int:
    """An amount in units of 10^-digits; BadParameter when it is finer than that."""
    units = amount * 10**digits
    if units != int(units):
        raise click.BadParameter(f"{amount} has more than {digits} digits after the point")
    return int(units)


def sender_option(function: Callable[..., None]) -> Callable[..., None]:
    """ape's `--account`, with the help that ape leaves out."""
    function = account_option()(function)
    function.__click_params__[-1].help = "Alias of the account that sends."  # type: ignore[attr-defined]
    return function


deployment_option = click.option(
    "--deployment",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="JSON file of the deployment.",
)


@contextmanager
def errors_in_a_line() -> Iterator[None]:
    """What a contract refuses, or a file does not say, ends the command without a traceback."""
    try:
        yield
    except Reverted as refusal:
        raise click.ClickException(f"refused: {refusal}") from None
    except (DeploymentError, PerpError) as error:
        raise click.ClickException(str(error)) from None


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
        self._project = project
        self._file = file

    def contract(self, name: str) -> Contract:
        """A contract by its name in the file.

        Made from the compiled type: ape's own cache by address would outlive a local chain.
        """
        kind = getattr(self._project, KINDS[name]).contract_type
        return ContractInstance(self._file.address(name), kind)


def to_hex(value: bytes) -> str:
    """0x and the digits."""
    return "0x" + bytes(value).hex()
