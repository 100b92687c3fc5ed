"""Deploy Ballast with its mocks, or check a deployment: `ape run deploy [check]`."""

from pathlib import Path
from typing import Any

import click
from ape import chain, project
from ape.api import AccountAPI

from ballast import parameters
from ballast.chain import ApeChain, quieten_ape
from ballast.cli import (
    DEPLOYMENT,
    Amount,
    DevnetCommand,
    connect,
    deployment_option,
    overrides,
    scaled,
    sender_option,
    to_hex,
)
from ballast.compiler import compile_if_stale
from ballast.deployment import deploy, list_boards
from ballast.deployment_check import code_hash, differences, facts
from ballast.deployment_file import DeploymentError, DeploymentFile

WAD_DIGITS = 18


class Deploy(click.Group):
    """A group whose own command is to deploy: `ape run deploy` and `ape run deploy check`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = args and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["new", *args])


@click.group(cls=Deploy)
def cli() -> None:
    """Deploy a vault with its venue, or check one that is deployed."""
    quieten_ape()


@cli.command(cls=DevnetCommand)
@sender_option
@click.option("--price", type=Amount(), default="2000", show_default=True, help="USD per ETH.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Override a parameter.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), default=DEPLOYMENT,
    show_default=True, help="File to write.",
)  # fmt: skip
def new(account: AccountAPI, price: Any, changes: tuple[str, ...], output: Path) -> None:
    """Deploy token, feed, venue and vault, list the boards, write the deployment's file.

    This is what `ape run deploy` does without another word.
    """
    check_lasting()
    compile_if_stale(project)
    values = parameters.load(overrides=overrides(changes))
    engine = ApeChain(project, chain)
    parts = deploy(engine, account, values, scaled(price, WAD_DIGITS))
    spot, now = scaled(price, WAD_DIGITS), engine.now()
    expiries = list_boards(engine, parts.book, account, values, spot, now)
    contracts = vars(parts)
    DeploymentFile(
        chain_id=chain.chain_id,
        genesis=to_hex(chain.blocks[0].hash),
        contracts={name: contract.address for name, contract in contracts.items()},
        block=chain.blocks.height,
        deployer=account.address,
        code=code_of(contracts),
        getters=facts(engine, contracts),
    ).save(output)
    for name, contract in contracts.items():
        click.echo(f"{name:8} {contract.address}")
    click.echo(f"{len(expiries)} boards listed; the deployment is in {output}")


@cli.command(cls=DevnetCommand)
@deployment_option
def check(path: Path) -> None:
    """Read code, owners and parameters again and compare them with the deployment's file."""
    here = connect(project, chain, path)
    contracts = here.contracts()
    if not here.file.getters:
        raise DeploymentError(f"{path} does not say what was deployed")
    lines = differences(here.file.getters, facts(here.chain, contracts))
    lines += differences(here.file.code, code_of(contracts), "code of ")
    for line in lines:
        click.echo(line)
    if lines:
        raise click.ClickException(f"{len(lines)} of what was deployed has changed")
    count = sum(len(getters) for getters in here.file.getters.values())
    click.echo(f"{len(contracts)} contracts, {count} getters: all as deployed")


def check_lasting() -> None:
    """DeploymentError on a chain that would be gone with this command."""
    if chain.provider.name == "test":
        raise DeploymentError(
            "this chain ends with the command: run `make devnet`, then deploy to ethereum:devnet"
        )


def code_of(contracts: dict[str, Any]) -> dict[str, str]:
    """Hash of each contract's code on the chain."""
    get_code = chain.provider.get_code
    return {name: code_hash(bytes(get_code(item.address))) for name, item in contracts.items()}
