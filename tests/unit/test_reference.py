"""docs/REFERENCE.md is what the contracts and the parameters make of it."""

import json
import re

import pytest

from ballast.reference import CONTRACTS, ROOT, TARGET, reference
from ballast.revm import ARTIFACTS


@pytest.fixture(scope="module")
def types():
    return json.loads(ARTIFACTS.read_text())["contractTypes"]


def test_reference__as_it_is_made_now__is_what_stands_in_docs(types):
    assert TARGET.read_text() == reference(types), "make reference"


def test_reference__every_function__stands_in_its_contract(types):
    for name in CONTRACTS:
        section = reference(types).split(f"\n## {name}\n")[1].split("\n## ")[0]
        names = {item["name"] for item in types[name]["abi"] if item["type"] == "function"}
        assert {
            one for one in names if f"`{one}(" not in section and f"`{one}`" not in section
        } == set()


def test_reference__same_name_in_two_contracts__has_each_its_words(types):
    vault, venue = (
        reference(types).split(f"\n## {name}\n")[1].split("\n## ")[0]
        for name in ("Vault", "PerpMarket")
    )
    assert "Put in tokens for shares" in vault and "Add margin" not in vault
    assert "Add margin" in venue


def test_reference__without_words__is_snekmate_s_alone(types):
    """What is ours has its notice, or a comment over it."""
    for name in CONTRACTS:
        section = reference(types).split(f"\n## {name}\n")[1].split("\n## ")[0]
        source = (ROOT / types[name]["sourceId"]).read_text()
        for line in re.findall(r"^And as snekmate has them: (.*)\.$", section, re.M):
            for function in re.findall(r"`(\w+)`", line):
                assert re.search(rf"^    (ownable|ownable_2step|erc20)\.{function},$", source, re.M)
