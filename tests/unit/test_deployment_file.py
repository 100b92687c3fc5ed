"""ballast.deployment_file: what was saved is read back; anything else is refused in words."""

import json

import pytest

from ballast import deployment_file
from ballast.deployment_file import DeploymentError, DeploymentFile

GENESIS = "0x" + "ab" * 32
VENUE = "0x" + "11" * 20
FILE = DeploymentFile(31_337, GENESIS, {"venue": VENUE})
WHOLE = DeploymentFile(
    31_337, GENESIS, {"venue": VENUE}, 7, VENUE, {"venue": GENESIS}, {"venue": {"owner": VENUE}}
)
GOOD = {"chain_id": 31_337, "genesis": GENESIS, "contracts": {"venue": VENUE}}


@pytest.mark.parametrize("file", [FILE, WHOLE])
def test_save__any__is_read_back(tmp_path, file):
    path = tmp_path / "new" / "local.json"
    file.save(path)
    assert deployment_file.load(path) == file
    assert json.loads(path.read_text()).items() >= GOOD.items()


def test_load__more_than_needed__is_left_alone(tmp_path):
    path = tmp_path / "local.json"
    path.write_text(json.dumps(GOOD | {"comment": "mine"}))
    assert deployment_file.load(path) == FILE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"chain_id": None}, "chain_id is missing or not a whole number"),
        ({"chain_id": "31337"}, "chain_id is missing or not a whole number"),
        ({"chain_id": True}, "chain_id is missing or not a whole number"),
        ({"genesis": 1}, "genesis is missing or not a text"),
        ({"genesis": "0xab"}, "genesis is not a block hash"),
        ({"block": "7"}, "block is missing or not a whole number"),
        ({"contracts": []}, "contracts is missing or not an object"),
        ({"contracts": {"venue": 1}}, "contracts.venue is not an address"),
        ({"contracts": {"venue": VENUE + "1"}}, "contracts.venue is not an address"),
    ],
)
def test_load__field_wrong__says_which(tmp_path, change, reason):
    path = tmp_path / "local.json"
    path.write_text(json.dumps(GOOD | change))
    with pytest.raises(DeploymentError, match=f"{path}: {reason}"):
        deployment_file.load(path)


@pytest.mark.parametrize(("text", "reason"), [("{", "is not JSON"), ("[]", "is not a JSON object")])
def test_load__not_a_file_of_ours__says_so(tmp_path, text, reason):
    path = tmp_path / "local.json"
    path.write_text(text)
    with pytest.raises(DeploymentError, match=reason):
        deployment_file.load(path)


def test_load__no_file__says_so(tmp_path):
    with pytest.raises(DeploymentError, match="cannot read .*absent.json: No such file"):
        deployment_file.load(tmp_path / "absent.json")


def test_address__unknown_name__says_so():
    assert FILE.address("venue") == VENUE
    with pytest.raises(DeploymentError, match="no contract 'vault'"):
        FILE.address("vault")


def test_check__right_chain__passes():
    FILE.check(31_337, GENESIS.upper().replace("0X", "0x"), lambda address: address == VENUE)


@pytest.mark.parametrize(
    ("chain_id", "genesis"), [(1, GENESIS), (31_337, "0x" + "cd" * 32)], ids=["id", "genesis"]
)
def test_check__other_chain__names_both(chain_id, genesis):
    with pytest.raises(DeploymentError, match=f"on chain 31337 .*connected is chain {chain_id} "):
        FILE.check(chain_id, genesis, lambda address: True)


def test_check__nothing_there__names_the_contract():
    with pytest.raises(DeploymentError, match=f"no code at {VENUE}, the deployment's 'venue'"):
        FILE.check(31_337, GENESIS, lambda address: False)
