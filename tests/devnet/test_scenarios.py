"""Scenarios on a fork of the devnet: the bytes of a fresh chain, and a devnet nobody touched."""

import json
from dataclasses import replace

import pytest
import yaml

from ballast import deployment_file, scenario, scenario_engine
from ballast.anvil import AnvilError
from ballast.deployment_file import DeploymentError
from ballast.scenario import ScenarioError

SHORT = {
    "name": "short",
    "why": "sales, refusals, hedges, a settlement, flows and a liquidation, all in half a day",
    "hours": 12,
    "price": {"model": "waypoints", "vol": 0.8, "points": [[0, 1], [4, 1], [8, 0.8], [12, 0.85]]},
    "deposits": [1_000_000, 500_000],
    "parameters": {"boards.tenors": "8 h, 28 d", "hedger.margin.floor": "20 %"},
    "options": {"flow": "mixed", "fill": {"hour": 1, "share": 0.03}, "roll": 0.9},
    "flows": [
        {"hour": 3, "who": 0, "what": "request", "share": 0.5},
        {"hour": 5, "who": 1, "what": "withdraw", "share": 0.1},
    ],
    "venue": {"crowd": {"accounts": 3, "size": 5, "leverage": [5, 8]}},
    "faults": [{"what": "feed", "hour": 6, "hours": 2}],
    "expect": {"solvent": True, "settlements": 1, "others_liquidated": 3},
}


@pytest.fixture(scope="module")
def short():
    return scenario.parse(SHORT)


@pytest.fixture(scope="module")
def file(devnet):
    return deployment_file.load(devnet.deployment)


def test_on_fork__the_default_deployment__is_a_fresh_chain_to_the_byte(devnet, short, file):
    """And the devnet is as it was: the same block, the same feed."""
    before = devnet.rpc("eth_getBlockByNumber", "latest", False)
    forked = scenario_engine.on_fork(short, devnet.url, file)
    assert devnet.rpc("eth_getBlockByNumber", "latest", False)["hash"] == before["hash"]
    fresh = scenario_engine.on_fresh(short)
    assert forked.to_bytes() == fresh.to_bytes()
    assert fresh.holds, fresh.checks
    assert sum(row["refused"] for row in fresh.rows) > 0


def test_on_fork__parameter_fixed_at_deployment__says_so(devnet, short, file):
    thin = replace(short, parameters={"venue.depth": "100000 ETH"})
    with pytest.raises(ScenarioError, match="venue.depth is fixed at deployment"):
        scenario_engine.on_fork(thin, devnet.url, file)


def test_on_fork__another_chains_file__says_so(devnet, short, file):
    with pytest.raises(DeploymentError, match="the deployment is on chain 31337 with genesis"):
        scenario_engine.on_fork(short, devnet.url, replace(file, genesis="0x" + "11" * 32))


def test_on_fork__file_without_a_deployer__says_so(devnet, short, file):
    with pytest.raises(DeploymentError, match="does not say who deployed it"):
        scenario_engine.on_fork(short, devnet.url, replace(file, deployer=""))


def test_on_fork__other_code__says_so(devnet, short, file):
    swapped = file.contracts | {"vault": file.contracts["token"]}
    with pytest.raises(ScenarioError, match="what is deployed as 'vault' is not the Vault"):
        scenario_engine.on_fork(short, devnet.url, replace(file, contracts=swapped))


def test_on_fork__no_node__says_so(short, file):
    with pytest.raises(AnvilError, match="anvil did not start"):
        scenario_engine.on_fork(short, "http://127.0.0.1:9", file)


def test_command__on_a_fork__writes_the_run(devnet, tmp_path):
    path = tmp_path / "short.yaml"
    path.write_text(yaml.safe_dump(SHORT | {"hours": 3, "expect": {"solvent": True}}))
    done = devnet.run(
        "scenario", "run", str(path), "--deployment", str(devnet.deployment),
        "--output", str(tmp_path / "out"),
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "out" / "short" / "manifest.json").read_text())["steps"] == 3


def test_command__no_devnet__is_an_error_of_a_line(devnet, tmp_path):
    gone = replace(devnet, port=9, process=None)
    done = gone.run("scenario", "run", "jumps", "--deployment", str(devnet.deployment))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1
