"""Keep a vault hedged and settled: `ape run keeper --loop`. See docs/KEEPER.md."""

import signal
from pathlib import Path
from typing import Any

import click
from ape import chain, project
from ape.api import AccountAPI
from web3.exceptions import Web3Exception

from ballast.chain import quieten_ape
from ballast.cli import (
    Connection,
    DevnetCommand,
    connect,
    deployment_option,
    sender_option,
)
from ballast.deployment_file import DeploymentError
from ballast.keeper import Policy, Rule
from ballast.keeper_alerts import Alerts, Webhook
from ballast.keeper_journal import Journal, JournalError, JournalFile
from ballast.keeper_log import Log
from ballast.keeper_loop import Loop, Options, exit_code
from ballast.keeper_metrics import Metrics, serve
from ballast.keeper_reading import parts
from ballast.keeper_rpc import Node
from ballast.keeper_sender import GWEI, ApeSigner, FeeRule

LOCAL = (1_337, 31_337)
"""Chains whose time is nobody's: the age of their head says nothing."""

FOLDER = Path(".keeper")
"""Where journals are kept."""


class KeeperCommand(DevnetCommand):
    """A command whose lines are all its own: ape announces the node that it connects to, and shows
    the source of whatever it raises."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; ClickException when the node does not let it start."""
        quieten_ape()
        try:
            return super().invoke(ctx)
        except (Web3Exception, OSError) as error:
            raise click.ClickException(f"cannot start: {str(error).splitlines()[0]}") from None


@click.command(cls=KeeperCommand)
@sender_option
@deployment_option
@click.option(
    "--once/--loop",
    default=True,
    show_default=True,
    help="Do what is due and end, or go on until SIGTERM.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be sent; send nothing.")
@click.option(
    "--policy",
    type=click.Choice([rule.value for rule in Rule]),
    default="onchain",
    show_default=True,
    help="Which hedges are paid for.",
)
@click.option(
    "--interval",
    type=click.IntRange(min=1),
    default=3_600,
    show_default=True,
    help="Seconds between two hedges, for --policy interval.",
)
@click.option("--max-base-fee", type=float, help="Gwei a unit of gas; above it nothing is sent.")
@click.option(
    "--tip", type=float, default=0.1, show_default=True, help="Gwei a unit of gas, at first."
)
@click.option("--max-oracle-age", type=int, help="Seconds; with an older price no hedge is sent.")
@click.option(
    "--max-head-age",
    type=int,
    help="Seconds; nothing is sent on an older block. 120, on a local chain any.",
)
@click.option("--liquidate", is_flag=True, help="Liquidate others at the venue, for the reward.")
@click.option("--poll", type=float, default=2.0, show_default=True, help="Seconds between looks.")
@click.option(
    "--timeout", type=float, default=5.0, show_default=True, help="Seconds for an RPC request."
)
@click.option("--metrics-port", type=int, help="Serve /metrics, /healthz and /readyz there.")
@click.option("--webhook", help="URL that alerts are posted to, as JSON.")
@click.option(
    "--log",
    "style",
    type=click.Choice(["json", "console"]),
    default="console",
    show_default=True,
    help="How lines are written.",
)
@click.option(
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that remembers what was sent. [default: .keeper/CHAIN-GENESIS-ACCOUNT.json]",
)
@click.pass_context
def cli(
    context: click.Context,
    account: AccountAPI,
    path: Path,
    once: bool,
    journal: Path | None,
    style: str,
    timeout: float,
    metrics_port: int | None,
    webhook: str | None,
    **settings: Any,
) -> None:  # fmt: skip
    """Hedge, settle, process redemptions and show the breaker where the vault stands.

    Ends with 0 when all went well, 3 when the node failed, 4 when something is due and had to wait,
    5 when something was refused or reverted.
    """
    here = connect(project, chain, path)
    if hasattr(account, "set_autosign"):
        account.set_autosign(True)
    log = Log(style)
    metrics = Metrics()
    hook = Webhook(webhook, lambda why: log("alert_lost", why, "warning")) if webhook else None
    try:
        file = JournalFile(journal or default_journal(here, account))
        remembered, how = remember(file, here, account)
        server = serve(metrics, metrics_port, settings["poll"] * 10 + 60) if metrics_port else 0
    except (JournalError, OSError) as error:
        raise click.ClickException(str(error)) from None
    loop = Loop(
        Node(address_of_node(), timeout),
        parts(here.deployment()),
        ApeSigner(account, chain.provider.network.ecosystem),
        file,
        remembered,
        options(here.file.chain_id, **settings),
        log,
        metrics,
        Alerts(hook) if hook else None,
    )
    log("started", f"journal {how}", account=account.address, policy=settings["policy"])
    code = run(loop, once)
    log("stopped", "", block=remembered.head, requests=loop.node.requests)
    if hook:
        hook.flush(5)
    if server:
        server.shutdown()
    file.close()
    context.exit(code)


def remember(file: JournalFile, here: Connection, account: AccountAPI) -> tuple[Journal, str]:
    """The journal of this chain and account, and how it was found; JournalError."""
    remembered, how = file.load(here.file.chain_id, here.file.genesis, account.address)
    # Nobody has traded at the venue before the vault was wired.
    remembered.scanned = max(remembered.scanned, here.file.block)
    return remembered, how


def run(loop: Loop, once: bool) -> int:
    """Until it is done, or stopped by a signal; the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop())
    if once:
        return exit_code(loop.run_once())
    loop.run()
    return 0


def options(
    chain_id: int,
    policy: str,
    interval: int,
    max_oracle_age: int | None,
    max_base_fee: float | None,
    tip: float,
    max_head_age: int | None,
    **rest: Any,
) -> Options:
    """What was asked for; fees from gwei."""
    ceiling = None if max_base_fee is None else int(max_base_fee * GWEI)
    age = max_head_age or (None if chain_id in LOCAL else 120)
    return Options(
        Policy(Rule(policy), interval, max_oracle_age),
        FeeRule(int(tip * GWEI), ceiling),
        max_head_age=age,
        **rest,
    )


def default_journal(here: Connection, account: AccountAPI) -> Path:
    """One a chain and account."""
    return FOLDER / f"{here.file.chain_id}-{here.file.genesis[2:10]}-{account.address}.json"


def address_of_node() -> str:
    """Where ape's node answers; DeploymentError for a chain that is in this process."""
    uri = getattr(chain.provider, "http_uri", None)
    if not uri:
        raise DeploymentError("the keeper needs a node that speaks HTTP: --network ethereum:devnet")
    return str(uri)
