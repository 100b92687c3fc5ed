"""Vault.redeem: shares for tokens at the low net asset value, up to free liquidity."""

import ape
import pytest
from vault_desk import PENDING, VIRTUAL

from ballast import solvency

pytest_plugins = ["vault_fixtures"]

ZERO = ape.utils.ZERO_ADDRESS
SHARES = 1_000_000_007 * VIRTUAL + 1


def test_redeem__with_a_book__is_at_the_low_value_rounded_down(desk, depositor, stranger):
    """SPEC-V6."""
    low, supply, cash = desk.low(**PENDING), desk.supply(), desk.vault.ledger().cash
    mid, _, _ = desk.navs(**PENDING)
    tx = desk.vault.redeem(SHARES, stranger, depositor, sender=depositor)

    assets = SHARES * (low + 1) // supply
    assert low < mid // desk.scale
    assert tx.events == [
        desk.vault.Transfer(sender=depositor, receiver=ZERO, value=SHARES),
        desk.token.Transfer(sender=desk.vault, receiver=stranger, value=assets),
        desk.vault.Withdraw(
            sender=depositor, receiver=stranger, owner=depositor, assets=assets, shares=SHARES
        ),
    ]
    assert desk.supply() == supply - SHARES
    assert desk.vault.ledger().cash == desk.token.balanceOf(desk.vault) == cash - assets
    assert desk.token.balanceOf(stranger) == assets


def test_redeem__all_of_an_idle_vault__leaves_nothing(create_desk, depositor):
    """SPEC-V6."""
    idle = create_desk(boards=False)
    idle.vault.redeem(idle.vault.balanceOf(depositor), depositor, depositor, sender=depositor)

    assert idle.token.balanceOf(depositor) == 3_000_000 * idle.unit
    assert idle.vault.totalSupply() == idle.vault.totalAssets() == idle.vault.ledger().cash == 0


def test_redeem__min_assets__bounds_what_is_paid(desk, depositor):
    """SPEC-V6."""
    least = desk.vault.previewRedeem(SHARES, **PENDING)
    with desk.refused("vault: below min assets", depositor):
        desk.vault.redeem(SHARES, depositor, depositor, least + 2, sender=depositor)
    least = desk.vault.previewRedeem(SHARES, **PENDING)
    desk.vault.redeem(SHARES, depositor, depositor, least, sender=depositor)

    assert desk.token.balanceOf(depositor) == least


@pytest.mark.parametrize("shares", [0, 1, VIRTUAL // 2])
def test_redeem__worth_no_token_unit__reverts(desk, depositor, shares):
    """SPEC-V6: what is paid is rounded down, and nobody burns shares for nothing."""
    with desk.refused("vault: zero amount", depositor):
        desk.vault.redeem(shares, depositor, depositor, sender=depositor)


def test_max_redeem__dust__is_zero(desk, depositor, keeper):
    """SPEC-V6: shares that `redeem` refuses cannot be redeemed."""
    desk.vault.transfer(keeper, VIRTUAL // 2, sender=depositor)
    assert desk.vault.maxWithdraw(keeper) == 0
    assert desk.vault.maxRedeem(keeper) == 0

    desk.vault.transfer(keeper, VIRTUAL, sender=depositor)
    assert desk.vault.maxRedeem(keeper, **PENDING) == desk.vault.balanceOf(keeper)
    desk.vault.redeem(desk.vault.balanceOf(keeper), keeper, keeper, sender=keeper)


@pytest.mark.parametrize("receiver", ["zero", "the vault"])
def test_redeem__bad_receiver__reverts(desk, depositor, receiver):
    """SPEC-V6."""
    with desk.refused("vault: bad receiver", depositor):
        who = ZERO if receiver == "zero" else desk.vault
        desk.vault.redeem(SHARES, who, depositor, sender=depositor)


def test_redeem__over_share_balance__reverts_and_to_it_passes(desk, keeper, depositor):
    """SPEC-V6."""
    desk.vault.transfer(keeper, SHARES, sender=depositor)
    assert desk.vault.maxRedeem(keeper) == SHARES
    with desk.refused("vault: over share balance", keeper, depositor):
        desk.vault.redeem(SHARES + 1, keeper, keeper, sender=keeper)
    desk.vault.redeem(SHARES, keeper, keeper, sender=keeper)

    assert desk.vault.balanceOf(keeper) == 0


def test_redeem__over_free_liquidity__reverts_and_to_it_passes(desk, depositor):
    """SPEC-V4, SPEC-V6: to the share."""
    with desk.refused("vault: over free liquidity", depositor):
        most = desk.vault.maxRedeem(depositor, **PENDING)
        desk.vault.redeem(most + 2 * VIRTUAL, depositor, depositor, sender=depositor)
    free = solvency.free_liquidity(*desk.parts(**PENDING)) // desk.scale
    most = desk.vault.maxRedeem(depositor, **PENDING)
    low, supply = desk.low(**PENDING), desk.supply()
    assert most * (low + 1) // supply == free
    assert (most + 1) * (low + 1) // supply == free + 1
    desk.vault.redeem(most, depositor, depositor, sender=depositor)

    assert desk.token.balanceOf(depositor) == free


def test_redeem__by_a_spender__takes_the_allowance(desk, depositor, keeper):
    """SPEC-V6."""
    desk.vault.approve(keeper, SHARES, sender=depositor)
    with desk.refused("erc20: insufficient allowance", depositor, keeper):
        desk.vault.redeem(SHARES + 1, keeper, depositor, sender=keeper)
    desk.vault.redeem(SHARES, keeper, depositor, sender=keeper)

    assert desk.vault.allowance(depositor, keeper) == 0
    assert desk.token.balanceOf(keeper) > 0


def test_redeem__by_a_spender_without__reverts(desk, depositor, attacker):
    """SPEC-V6."""
    with desk.refused("erc20: insufficient allowance", depositor, attacker):
        desk.vault.redeem(SHARES, attacker, depositor, sender=attacker)
