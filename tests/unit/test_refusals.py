"""What the reasons of contracts are in words, and what nodes make of them."""

from pathlib import Path

import pytest
from ape.exceptions import ContractLogicError, VirtualMachineError

from ballast.chain import reason
from ballast.flags import Breach
from ballast.refusals import BREACHES, WORDS, breaches, in_words

ROOT = Path(__file__).parents[2]
SOURCES = "\n".join(path.read_text() for path in (ROOT / "contracts").rglob("*.vy"))
LIBRARIES = {"ownable: caller is not the owner", "erc20: access is denied"}


@pytest.mark.parametrize("known", sorted(WORDS.keys() - LIBRARIES))
def test_words__every_reason__is_a_contract_s(known):
    assert f'"{known}"' in SOURCES


def test_in_words__known_or_not__begins_with_the_reason():
    known = "vault: no request"
    assert in_words(known) == f"{known} ({WORDS[known]})"
    assert in_words("venue: whatever") == "venue: whatever"


def test_breaches__each__has_words():
    assert set(BREACHES) == set(Breach)
    assert breaches(0) == ""
    assert breaches(Breach.JUMP | Breach.BASIS) == (
        f"{BREACHES[Breach.BASIS]}, {BREACHES[Breach.JUMP]}"
    )


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("vault: zero amount", None),
        ("zero amount", "execution reverted: vault: zero amount"),  # ape cuts at the last colon
        ("vault: zero amount", "('execution reverted: vault: zero amount', '0x08c3')"),
        ("Error: VM Exception: reverted with reason string 'vault: zero amount'", None),
        ("x", "execution reverted: Error: reverted with reason string 'vault: zero amount'"),
    ],
)
def test_reason__whatever_the_node_makes_of_it__is_the_contract_s(message, cause):
    error = ContractLogicError(message, base_err=Exception(cause) if cause else None)
    assert reason(error) == "vault: zero amount"


def test_reason__no_contract_s__is_what_the_node_said():
    assert reason(VirtualMachineError("nonce too low")) == "nonce too low"
