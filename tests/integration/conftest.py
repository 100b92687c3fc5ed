"""Commands run in this process, on the chain of the tests, as a user runs them."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from ape.managers.chain import ChainManager
from click.testing import CliRunner

from ballast.deployment_file import DeploymentFile

SCRIPTS = Path(__file__).parents[2] / "scripts"
NETWORK = "ethereum:local:test"

Result = tuple[int, str, str]


@pytest.fixture
def first_block(chain: ChainManager) -> int:
    """The newest block before what a test deploys: events are looked for from here."""
    return int(chain.blocks.height)


@pytest.fixture
def write_deployment(tmp_path: Path, chain: ChainManager, first_block: int) -> Callable[..., Path]:
    """`write_deployment({"token": contract})`: the file of a deployment on this chain."""

    def write(contracts: dict) -> Path:
        path = tmp_path / "local.json"
        addresses = {name: contract.address for name, contract in contracts.items()}
        genesis = "0x" + bytes(chain.blocks[0].hash).hex()
        DeploymentFile(chain.chain_id, genesis, addresses, first_block).save(path)
        return path

    return write


@pytest.fixture
def create_command(chain: ChainManager) -> Callable[..., Callable[..., Result]]:
    """`run = create_command("vault", path)`, `run("deposit", "1", account="TEST::2")`.

    A run gives exit code, output and errors; `says` is what the user types. As a command leaves the
    chain, ape forgets its snapshots; they are kept, so that what a test does is undone after it.
    """

    def create(name: str, path: Path) -> Callable[..., Result]:
        spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)

        def run(
            *arguments: str,
            account: str | None = None,
            deployment: Path = path,
            says: str = "",
        ) -> Result:
            options = ["--network", NETWORK, "--deployment", str(deployment)]
            options += ["--account", account] if account else []
            environment = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
            runner = CliRunner(mix_stderr=False, env=environment)
            snapshots = chain._snapshots[chain.chain_id]
            result = runner.invoke(module.cli, [*arguments, *options], input=says)
            chain._snapshots[chain.chain_id] = snapshots
            return result.exit_code, result.stdout, result.stderr

        return run

    return create


@pytest.fixture
def succeed() -> Callable[[Result], str]:
    """Nothing on stderr; returns the output."""

    def check(result: Result) -> str:
        code, output, errors = result
        assert (code, errors) == (0, "")
        return output

    return check


@pytest.fixture
def fail() -> Callable[[Result, str], None]:
    """One line on stderr that gives the reason, no traceback."""

    def check(result: Result, reason: str) -> None:
        code, _, errors = result
        assert code != 0
        assert reason in errors
        assert errors.startswith("Error: ") and errors.count("\n") == 1

    return check
