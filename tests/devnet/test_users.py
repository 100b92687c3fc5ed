"""What only a node can show: commands that are stopped, and errors that come from the node."""

import json
import signal
import subprocess

import pytest
from nodes import ROOT, Node, environment, free_port


def assert_a_line(done, reason):
    assert done.returncode != 0
    assert done.stderr.startswith("Error: ") and reason in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture
def start(devnet):
    """Start a command on the devnet and wait until it has printed so many lines."""
    processes = []

    def start(*arguments, lines=1, node=devnet):
        process = subprocess.Popen(
            ["ape", "run", *arguments, "--network", node.network,
             "--deployment", str(devnet.deployment)],
            cwd=ROOT, env=environment() | {"PYTHONUNBUFFERED": "1"}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        processes.append(process)
        for _ in range(lines):
            assert process.stdout.readline(), process.stderr.read()
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_live__told_to_stop__ends_well(start, how):
    process = start("market", "live", "--speed", "3600", "--account", "TEST::0")
    process.send_signal(how)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert output.splitlines()[-1].startswith("stopped after ")


def test_watch__ctrl_c__ends_well(start):
    process = start("vault", "status", "--watch", "--every", "0.1", "--json", lines=2)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert all("vault" in json.loads(line) for line in output.splitlines() if line.endswith("}"))


def test_status__no_node__says_so(devnet):
    nowhere = Node(devnet.folder, port=free_port())
    done = nowhere.run("vault", "status", "--deployment", str(devnet.deployment))
    assert_a_line(done, "`make devnet` starts one")


def test_give__no_ether__says_so(devnet, accounts):
    account = accounts[9]
    devnet.rpc("anvil_setBalance", account.address, "0x0")
    done = devnet.run(
        "market", "give", "--to", "TEST::2", "1", "--deployment", str(devnet.deployment),
        account="TEST::9",
    )  # fmt: skip
    assert_a_line(done, "the account has too little ETH to pay for gas")


def test_live__node_dies__is_a_line(create_node, start, devnet):
    """The last test here: it takes the devnet with it."""
    process = start("market", "live", "--speed", "3600", "--account", "TEST::0")
    devnet.kill()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith("Error: ") and errors.count("\n") == 1, errors
