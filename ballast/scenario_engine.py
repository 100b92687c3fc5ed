"""Where a scenario is lived: a fresh chain in this process, or a fork of a node that runs."""

from ballast import scenario_run
from ballast.anvil import AnvilChain, AnvilError, fork
from ballast.deployment import KINDS, Deployment
from ballast.deployment_file import DeploymentError, DeploymentFile
from ballast.keeper_rpc import Node
from ballast.paths import Step
from ballast.revm import RevmChain
from ballast.scenario import Scenario
from ballast.scenario_result import Result


def on_fresh(scenario: Scenario, path: list[Step] | None = None) -> Result:
    """On an empty chain in this process, where the vault is deployed first.

    path: of prices, if not the scenario's own.
    """
    chain = RevmChain()
    owner, *people = chain.accounts(1 + scenario_run.people_of(scenario))
    deployment = scenario_run.fresh(chain, owner, scenario)
    return scenario_run.run(scenario, chain, deployment, owner, people, path=path)


def on_fork(scenario: Scenario, url: str, file: DeploymentFile) -> Result:
    """On a fork of the node at `url`, which is not touched, with the deployment of `file`.

    AnvilError when there is no node or no anvil, DeploymentError when the file is of another chain.
    """
    with fork(url) as node:
        chain = AnvilChain(node)
        _check(node, file)
        parts = {name: chain.at(kind, file.address(name)) for name, kind in KINDS.items()}
        owner = chain.endow(file.deployer)
        owner_, *people = chain.accounts(1 + scenario_run.people_of(scenario))
        return scenario_run.run(scenario, chain, Deployment(**parts), owner, people, stands=True)


def _check(node: Node, file: DeploymentFile) -> None:
    """Whether the file is of the chain that was forked, and says who owns what it names."""
    if not file.deployer:
        raise DeploymentError("the deployment does not say who deployed it")
    genesis = node.mapping("eth_getBlockByNumber", "0x0", False)
    if genesis is None:
        raise AnvilError("the forked node has no first block")
    file.check(
        node.quantity("eth_chainId"),
        genesis["hash"],
        lambda address: bool(node.data("eth_getCode", address, "latest")),
    )
