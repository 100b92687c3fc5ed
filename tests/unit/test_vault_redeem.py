"""Vault.redeem: shares for tokens at the low net asset value, up to free liquidity."""

import ape
import pytest
from vault_counter import PENDING, VIRTUAL

from ballast import solvency

pytest_plugins = ["vault_fixtures"]

ZERO = ape.utils.ZERO_ADDRESS
SHARES = 1_000_000_007 * VIRTUAL + 1


def test_redeem__with_a_book__is_at_the_low_value_rounded_down(counter, depositor, stranger):
    """SPEC-V6."""
    low, supply, cash = counter.low(**PENDING), counter.supply(), counter.vault.ledger().cash
    mid, _, _ = counter.navs(**PENDING)
    tx = counter.vault.redeem(SHARES, stranger, depositor, sender=depositor)

    assets = SHARES * (low + 1) // supply
    assert low < mid // counter.scale
    assert tx.events == [
        counter.vault.Transfer(sender=depositor, receiver=ZERO, value=SHARES),
        counter.token.Transfer(sender=counter.vault, receiver=stranger, value=assets),
        counter.vault.Withdraw(
            sender=depositor, receiver=stranger, owner=depositor, assets=assets, shares=SHARES
        ),
    ]
    assert counter.supply() == supply - SHARES
    assert counter.vault.ledger().cash == counter.token.balanceOf(counter.vault) == cash - assets
    assert counter.token.balanceOf(stranger) == assets


def test_redeem__all_of_an_idle_vault__leaves_nothing(create_counter, depositor):
    """SPEC-V6."""
    idle = create_counter(boards=False)
    idle.vault.redeem(idle.vault.balanceOf(depositor), depositor, depositor, sender=depositor)

    assert idle.token.balanceOf(depositor) == 3_000_000 * idle.unit
    assert idle.vault.totalSupply() == idle.vault.totalAssets() == idle.vault.ledger().cash == 0


def test_redeem__min_assets__bounds_what_is_paid(counter, depositor):
    """SPEC-V6."""
    least = counter.vault.previewRedeem(SHARES, **PENDING)
    with counter.refused("vault: below min assets", depositor):
        counter.vault.redeem(SHARES, depositor, depositor, least + 2, sender=depositor)
    least = counter.vault.previewRedeem(SHARES, **PENDING)
    counter.vault.redeem(SHARES, depositor, depositor, least, sender=depositor)

    assert counter.token.balanceOf(depositor) == least


@pytest.mark.parametrize("shares", [0, 1, VIRTUAL // 2])
def test_redeem__worth_no_token_unit__reverts(counter, depositor, shares):
    """SPEC-V6: what is paid is rounded down, and nobody burns shares for nothing."""
    with counter.refused("vault: zero amount", depositor):
        counter.vault.redeem(shares, depositor, depositor, sender=depositor)


def test_max_redeem__dust__is_zero(counter, depositor, keeper):
    """SPEC-V6: shares that `redeem` refuses cannot be redeemed."""
    counter.vault.transfer(keeper, VIRTUAL // 2, sender=depositor)
    assert counter.vault.maxWithdraw(keeper) == 0
    assert counter.vault.maxRedeem(keeper) == 0

    counter.vault.transfer(keeper, VIRTUAL, sender=depositor)
    assert counter.vault.maxRedeem(keeper, **PENDING) == counter.vault.balanceOf(keeper)
    counter.vault.redeem(counter.vault.balanceOf(keeper), keeper, keeper, sender=keeper)


@pytest.mark.parametrize("receiver", ["zero", "the vault"])
def test_redeem__bad_receiver__reverts(counter, depositor, receiver):
    """SPEC-V6."""
    with counter.refused("vault: bad receiver", depositor):
        who = ZERO if receiver == "zero" else counter.vault
        counter.vault.redeem(SHARES, who, depositor, sender=depositor)


def test_redeem__over_share_balance__reverts_and_to_it_passes(counter, keeper, depositor):
    """SPEC-V6."""
    counter.vault.transfer(keeper, SHARES, sender=depositor)
    assert counter.vault.maxRedeem(keeper) == SHARES
    with counter.refused("vault: over share balance", keeper, depositor):
        counter.vault.redeem(SHARES + 1, keeper, keeper, sender=keeper)
    counter.vault.redeem(SHARES, keeper, keeper, sender=keeper)

    assert counter.vault.balanceOf(keeper) == 0


def test_redeem__over_free_liquidity__reverts_and_to_it_passes(counter, depositor):
    """SPEC-V4, SPEC-V6: to the share."""
    with counter.refused("vault: over free liquidity", depositor):
        most = counter.vault.maxRedeem(depositor, **PENDING)
        counter.vault.redeem(most + 2 * VIRTUAL, depositor, depositor, sender=depositor)
    free = solvency.free_liquidity(*counter.parts(**PENDING)) // counter.scale
    most = counter.vault.maxRedeem(depositor, **PENDING)
    low, supply = counter.low(**PENDING), counter.supply()
    assert most * (low + 1) // supply == free
    assert (most + 1) * (low + 1) // supply == free + 1
    counter.vault.redeem(most, depositor, depositor, sender=depositor)

    assert counter.token.balanceOf(depositor) == free


def test_redeem__by_a_spender__takes_the_allowance(counter, depositor, keeper):
    """SPEC-V6."""
    counter.vault.approve(keeper, SHARES, sender=depositor)
    with counter.refused("erc20: insufficient allowance", depositor, keeper):
        counter.vault.redeem(SHARES + 1, keeper, depositor, sender=keeper)
    counter.vault.redeem(SHARES, keeper, depositor, sender=keeper)

    assert counter.vault.allowance(depositor, keeper) == 0
    assert counter.token.balanceOf(keeper) > 0


def test_redeem__by_a_spender_without__reverts(counter, depositor, attacker):
    """SPEC-V6."""
    with counter.refused("erc20: insufficient allowance", depositor, attacker):
        counter.vault.redeem(SHARES, attacker, depositor, sender=attacker)
