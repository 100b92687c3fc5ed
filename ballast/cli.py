"""What the commands of scripts/ share: amounts, the deployment they speak to, errors in a line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click
from ape.cli import ConnectedProviderCommand, account_option
from ape.cli.options import NetworkOption
from ape.contracts import ContractInstance

from ballast import deployment_file
from ballast.chain import ApeChain, Contract, Reverted
from ballast.deployment import Deployment
from ballast.deployment_file import DeploymentError
from ballast.parameters import ParameterError
from ballast.perp import PerpError

DEVNET = "ethereum:devnet"
"""The network of `make devnet`, as ape-config.yaml has it."""

DEPLOYMENT = Path("deployments/31337.json")
"""The file that `ape run deploy` writes there."""

LARGEST = 10**30
"""No amount of tokens or ETH is larger."""

KINDS = {
    "token": "MockToken",
    "feed": "MockFeed",
    "venue": "PerpMarket",
    "vault": "Vault",
    "breaker": "Breaker",
    "pricer": "Pricer",
    "book": "OptionBook",
    "hedger": "Hedger",
    "multicall": "Multicall",
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


class DevnetCommand(ConnectedProviderCommand):
    """A command on a chain, the devnet unless `--network` names another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.params.append(NetworkOption(default=DEVNET))


@contextmanager
def errors_in_a_line() -> Iterator[None]:
    """What a contract refuses, or a file does not say, ends the command without a traceback."""
    try:
        yield
    except Reverted as refusal:
        raise click.ClickException(f"refused: {refusal}") from None
    except (DeploymentError, PerpError, ParameterError) as error:
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
        self.file = file
        self._project = project

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
        """The whole vault; DeploymentError when the file misses a part."""
        return Deployment(**{name: self.contract(name) for name in KINDS})


def to_hex(value: bytes) -> str:
    """0x and the digits."""
    return "0x" + bytes(value).hex()
