"""What the devnet's tests may use: nodes as processes, a deployment on one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nodes import Node


@pytest.fixture(scope="session")
def create_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Node]]:
    """Start a node: `create_node("anvil", ("--block-time", "1"))`; all end with the tests."""
    nodes: list[Node] = []

    def create(kind: str = "anvil", options: tuple[str, ...] = ()) -> Node:
        folder: Path = tmp_path_factory.mktemp(kind)
        node = Node(folder, kind, options).start()
        nodes.append(node)
        return node

    yield create
    for node in nodes:
        node.kill()


@pytest.fixture(scope="module")
def devnet(create_node: Callable[..., Node]) -> Node:
    """Anvil with the default deployment at 2,000 USD."""
    node = create_node()
    done = node.run("deploy", "--output", str(node.deployment), account="TEST::0")
    assert done.returncode == 0, done.stderr
    return node
