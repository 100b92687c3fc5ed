"""Vault: tokens that arrive outside its calls."""

import ape
import pytest

pytest_plugins = ["vault_fixtures"]

GIFT = 777_777_777


@pytest.fixture
def given(counter):
    """The counter, after somebody sent the vault tokens."""
    counter.token.mint(counter.vault, GIFT, sender=counter.owner)
    return counter


def test_donation__any__changes_nothing(counter, owner, depositor):
    """SPEC-V8."""
    block = {"block_id": "pending"}

    def everything(**at):
        vault = counter.vault
        return (
            vault.ledger(**at),
            vault.net_asset_value(**at),
            vault.totalAssets(**at),
            vault.free_liquidity(**at),
            vault.previewDeposit(GIFT, **at),
            vault.previewMint(GIFT, **at),
            vault.previewWithdraw(GIFT, **at),
            vault.previewRedeem(GIFT, **at),
            vault.convertToShares(GIFT, **at),
            vault.maxDeposit(depositor, **at),
            vault.maxRedeem(depositor, **at),
        )

    before = everything(**block)
    counter.token.mint(counter.vault, GIFT, sender=owner)

    assert everything() == before


def test_skim__by_owner__sends_the_gift_and_logs(given, owner, stranger):
    """SPEC-V8."""
    tx = given.vault.skim(stranger, sender=owner)

    assert tx.events == [
        given.token.Transfer(sender=given.vault, receiver=stranger, value=GIFT),
        given.vault.Skimmed(receiver=stranger, amount=GIFT),
    ]
    assert given.token.balanceOf(stranger) == GIFT
    assert given.token.balanceOf(given.vault) == given.vault.ledger().cash


def test_skim__nothing_there__sends_nothing(counter, owner, stranger):
    """SPEC-V8: not a unit of what is booked."""
    counter.vault.skim(stranger, sender=owner)

    assert counter.token.balanceOf(stranger) == 0
    assert counter.token.balanceOf(counter.vault) == counter.vault.ledger().cash


def test_skim__by_stranger__reverts(given, stranger):
    """SPEC-V8."""
    with given.refused("ownable: caller is not the owner", stranger):
        given.vault.skim(stranger, sender=stranger)


def test_skim__to_zero__reverts(given, owner):
    """SPEC-V8."""
    with given.refused("erc20: transfer to the zero address"):
        given.vault.skim(ape.utils.ZERO_ADDRESS, sender=owner)
