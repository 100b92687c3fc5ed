"""`ape run vault ...` as a user runs it, against a vault on the chain of the tests."""

import json
import re
from decimal import Decimal

import pytest

from ballast.deployment import push_price
from ballast.refusals import WORDS
from ballast.units import WAD

USDC = 10**6
SHARE = 10**12
DEPOSITOR, OTHER, STRANGER = "TEST::2", "TEST::3", "TEST::6"


@pytest.fixture
def vault(system):
    return system.vault


@pytest.fixture
def system(create_system):
    """3,000,000 USDC of the depositor's are in; two people have tokens and approved nothing.

    A new one each test: what a command sends on a connection of its own is not undone.
    """
    return create_system()


@pytest.fixture
def path(write_deployment, system):
    return write_deployment(vars(system))


@pytest.fixture
def run(create_command, path):
    return create_command("vault", path)


def test_vault__a_life__from_deposit_to_the_last_token(
    run, succeed, system, owner, depositor, buyer, stranger
):
    token, vault = system.token, system.vault
    token.mint(stranger, 10_000 * USDC, sender=owner)
    output = succeed(run("deposit", "1000.5", "--yes", account=STRANGER))
    assert "deposit 1,000.5 tokens for 1,000.5 shares, 995.4975 at the least" in output
    assert "-1,000.5 tokens, +1,000.5 shares" in output
    assert token.allowance(stranger, vault) == 0, "approved for more than was put in"
    output = succeed(run("withdraw", "100", "--yes", account=STRANGER))
    assert "+100 tokens, -100 shares" in output
    output = succeed(run("redeem", "100", "--yes", account=STRANGER))
    assert "+100 tokens, -100 shares" in output
    output = succeed(run("redeem", "all", "--yes", account=STRANGER))
    assert vault.balanceOf(stranger) == 0
    assert token.balanceOf(stranger) == 10_000 * USDC
