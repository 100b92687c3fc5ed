"""`ape run deploy` and `ape run deploy check`, on Anvil."""

import json

import pytest


def check(node, *options):
    return node.run("deploy", "check", "--deployment", str(node.deployment), *options)


def test_deploy__default__writes_what_check_then_finds(devnet):
    content = json.loads(devnet.deployment.read_text())
    assert content["chain_id"] == 31337
    assert content["contracts"].keys() == content["code"].keys() == content["getters"].keys()
    done = check(devnet)
    assert (done.returncode, done.stderr) == (0, "")
    assert "all as deployed" in done.stdout


def test_check__a_parameter_set_since__says_which(devnet, tmp_path):
    """A file that says something else is the same as a chain that does."""
    content = json.loads(devnet.deployment.read_text())
    content["getters"]["vault"]["deposit_cap"] = "1"
    content["code"]["book"] = "0x" + "00" * 32
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content))
    done = devnet.run("deploy", "check", "--deployment", str(other))
    assert done.returncode != 0
    assert "vault.deposit_cap: 1 was deployed, 5000000000000 is there" in done.stdout
    assert "code of book: " in done.stdout
    assert done.stderr == "Error: 2 of what was deployed has changed\n"


def test_check__node_restarted__finds_it_all(devnet):
    """`make devnet` keeps its state."""
    devnet.stop()
    devnet.start()
    assert check(devnet).returncode == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--set", "vault.nothing=1"), "there is no parameter 'vault.nothing'"),
        (("--set", "vault"), "'vault' is not of the form NAME=VALUE"),
        (("--price", "-1"), "'-1' is not a positive number"),
        (("--set", "breaker.basis=50 %"), "refused: breaker: basis over 20%"),
    ],
)
def test_deploy__bad_input__is_one_line_and_writes_nothing(devnet, tmp_path, options, reason):
    output = tmp_path / "deployment.json"
    done = devnet.run("deploy", *options, "--output", str(output), account="TEST::0")
    assert done.returncode != 0
    assert [line for line in done.stderr.splitlines() if line.startswith("Error: ")] == [
        line for line in done.stderr.splitlines() if reason in line
    ]
    assert "Traceback" not in done.stderr
    assert not output.exists()


def test_check__another_chain__says_so(devnet, create_node):
    other = create_node()
    done = other.run("deploy", "check", "--deployment", str(devnet.deployment))
    assert done.returncode != 0
    assert done.stderr.startswith("Error: the deployment is on chain 31337 with genesis ")
