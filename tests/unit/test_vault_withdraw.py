"""Vault.withdraw: tokens for shares at the low net asset value, up to free liquidity."""

import ape
import pytest
from vault_desk import FOREVER, PENDING

from ballast import solvency
from ballast.units import ceil_div

pytest_plugins = ["vault_fixtures"]

ZERO = ape.utils.ZERO_ADDRESS
AMOUNT = 1_000_000_007


def test_withdraw__with_a_book__is_at_the_low_value_rounded_up(desk, depositor, stranger):
    """SPEC-V6."""
    low, supply, cash = desk.low(**PENDING), desk.supply(), desk.vault.ledger().cash
    mid, _, high = desk.navs(**PENDING)
    held = desk.vault.balanceOf(depositor)
    tx = desk.vault.withdraw(AMOUNT, stranger, depositor, sender=depositor)

    shares = ceil_div(AMOUNT * supply, low + 1)
    assert low < mid // desk.scale < high // desk.scale
    assert tx.events == [
        desk.vault.Transfer(sender=depositor, receiver=ZERO, value=shares),
        desk.token.Transfer(sender=desk.vault, receiver=stranger, value=AMOUNT),
        desk.vault.Withdraw(
            sender=depositor, receiver=stranger, owner=depositor, assets=AMOUNT, shares=shares
        ),
    ]
    assert desk.vault.balanceOf(depositor) == held - shares
    assert desk.vault.ledger().cash == desk.token.balanceOf(desk.vault) == cash - AMOUNT
    assert desk.token.balanceOf(stranger) == AMOUNT
    assert desk.navs()[0] == mid - AMOUNT * desk.scale


def test_withdraw__max_shares__bounds_what_is_burnt(desk, depositor):
    """SPEC-V6."""
    most = desk.vault.previewWithdraw(AMOUNT, **PENDING)
    with desk.refused("vault: over max shares", depositor):
        desk.vault.withdraw(AMOUNT, depositor, depositor, most - 10**6, sender=depositor)
    held = desk.vault.balanceOf(depositor)
    most = desk.vault.previewWithdraw(AMOUNT, **PENDING)
    desk.vault.withdraw(AMOUNT, depositor, depositor, most, sender=depositor)

    assert desk.vault.balanceOf(depositor) == held - most


def test_withdraw__zero__reverts(desk, depositor):
    """SPEC-V6."""
    with desk.refused("vault: zero amount", depositor):
        desk.vault.withdraw(0, depositor, depositor, sender=depositor)


@pytest.mark.parametrize("receiver", ["zero", "the vault"])
def test_withdraw__bad_receiver__reverts(desk, depositor, receiver):
    """SPEC-V6."""
    with desk.refused("vault: bad receiver", depositor):
        who = ZERO if receiver == "zero" else desk.vault
        desk.vault.withdraw(AMOUNT, who, depositor, sender=depositor)


def test_withdraw__over_share_balance__reverts_and_to_it_passes(desk, keeper, depositor):
    """SPEC-V6."""
    desk.deposit(keeper, AMOUNT)
    with desk.refused("vault: over share balance", keeper, depositor):
        desk.vault.withdraw(
            desk.vault.maxWithdraw(keeper, **PENDING) + 2, keeper, keeper, sender=keeper
        )
    most = desk.vault.maxWithdraw(keeper, **PENDING)
    desk.vault.withdraw(most, keeper, keeper, sender=keeper)

    # What is left is worth less than a token unit.
    assert AMOUNT - 100_000 < most < AMOUNT
    assert desk.vault.previewRedeem(desk.vault.balanceOf(keeper)) == 0


def test_withdraw__over_free_liquidity__reverts_and_to_it_passes(desk, depositor):
    """SPEC-V4, SPEC-V6."""
    with desk.refused("vault: over free liquidity", depositor):
        desk.vault.withdraw(
            desk.vault.maxWithdraw(depositor, **PENDING) + 2, depositor, depositor, sender=depositor
        )
    free = solvency.free_liquidity(*desk.parts(**PENDING))
    assert desk.vault.free_liquidity(**PENDING) == free
    assert desk.vault.maxWithdraw(depositor, **PENDING) == free // desk.scale
    held = desk.vault.balanceOf(depositor)
    desk.vault.withdraw(free // desk.scale, depositor, depositor, sender=depositor)

    assert 0 < desk.vault.balanceOf(depositor) < held // 50
    assert 0 <= desk.vault.free_liquidity() < desk.scale
    assert desk.vault.maxWithdraw(depositor) == desk.vault.maxRedeem(depositor) == 0
    with desk.refused("vault: over free liquidity", depositor):
        desk.vault.withdraw(desk.unit, depositor, depositor, sender=depositor)


def test_withdraw__by_a_spender__takes_the_allowance(desk, depositor, keeper):
    """SPEC-V6."""
    shares = desk.vault.previewWithdraw(AMOUNT) + 10**9
    desk.vault.approve(keeper, shares, sender=depositor)
    burnt = desk.vault.previewWithdraw(AMOUNT, **PENDING)
    desk.vault.withdraw(AMOUNT, keeper, depositor, sender=keeper)

    assert desk.vault.allowance(depositor, keeper) == shares - burnt
    assert desk.token.balanceOf(keeper) == AMOUNT
    with desk.refused("erc20: insufficient allowance", depositor, keeper):
        desk.vault.withdraw(AMOUNT, keeper, depositor, sender=keeper)


def test_withdraw__unbounded_allowance__stays(desk, depositor, keeper):
    """SPEC-V6."""
    desk.vault.approve(keeper, FOREVER, sender=depositor)
    desk.vault.withdraw(AMOUNT, keeper, depositor, sender=keeper)

    assert desk.vault.allowance(depositor, keeper) == FOREVER


def test_withdraw__of_a_stranger__reverts(desk, depositor, attacker):
    """SPEC-V6."""
    with desk.refused("erc20: insufficient allowance", depositor, attacker):
        desk.vault.withdraw(AMOUNT, attacker, depositor, sender=attacker)
