"""Vault.withdraw: tokens for shares at the low net asset value, up to free liquidity."""

import ape
import pytest
from vault_counter import FOREVER, PENDING

from ballast import solvency
from ballast.units import ceil_div

pytest_plugins = ["vault_fixtures"]

ZERO = ape.utils.ZERO_ADDRESS
AMOUNT = 1_000_000_007


def test_withdraw__with_a_book__is_at_the_low_value_rounded_up(counter, depositor, stranger):
    """SPEC-V6."""
    low, supply, cash = counter.low(**PENDING), counter.supply(), counter.vault.ledger().cash
    mid, _, high = counter.navs(**PENDING)
    held = counter.vault.balanceOf(depositor)
    tx = counter.vault.withdraw(AMOUNT, stranger, depositor, sender=depositor)

    shares = ceil_div(AMOUNT * supply, low + 1)
    assert low < mid // counter.scale < high // counter.scale
    assert tx.events == [
        counter.vault.Transfer(sender=depositor, receiver=ZERO, value=shares),
        counter.token.Transfer(sender=counter.vault, receiver=stranger, value=AMOUNT),
        counter.vault.Withdraw(
            sender=depositor, receiver=stranger, owner=depositor, assets=AMOUNT, shares=shares
        ),
    ]
    assert counter.vault.balanceOf(depositor) == held - shares
    assert counter.vault.ledger().cash == counter.token.balanceOf(counter.vault) == cash - AMOUNT
    assert counter.token.balanceOf(stranger) == AMOUNT
    assert counter.navs()[0] == mid - AMOUNT * counter.scale


def test_withdraw__max_shares__bounds_what_is_burnt(counter, depositor):
    """SPEC-V6."""
    most = counter.vault.previewWithdraw(AMOUNT, **PENDING)
    with counter.refused("vault: over max shares", depositor):
        counter.vault.withdraw(AMOUNT, depositor, depositor, most - 10**6, sender=depositor)
    held = counter.vault.balanceOf(depositor)
    most = counter.vault.previewWithdraw(AMOUNT, **PENDING)
    counter.vault.withdraw(AMOUNT, depositor, depositor, most, sender=depositor)

    assert counter.vault.balanceOf(depositor) == held - most


def test_withdraw__zero__reverts(counter, depositor):
    """SPEC-V6."""
    with counter.refused("vault: zero amount", depositor):
        counter.vault.withdraw(0, depositor, depositor, sender=depositor)


@pytest.mark.parametrize("receiver", ["zero", "the vault"])
def test_withdraw__bad_receiver__reverts(counter, depositor, receiver):
    """SPEC-V6."""
    with counter.refused("vault: bad receiver", depositor):
        who = ZERO if receiver == "zero" else counter.vault
        counter.vault.withdraw(AMOUNT, who, depositor, sender=depositor)


def test_withdraw__over_share_balance__reverts_and_to_it_passes(counter, keeper, depositor):
    """SPEC-V6."""
    counter.deposit(keeper, AMOUNT)
    with counter.refused("vault: over share balance", keeper, depositor):
        counter.vault.withdraw(
            counter.vault.maxWithdraw(keeper, **PENDING) + 2, keeper, keeper, sender=keeper
        )
    most = counter.vault.maxWithdraw(keeper, **PENDING)
    counter.vault.withdraw(most, keeper, keeper, sender=keeper)

    # What is left is worth less than a token unit.
    assert AMOUNT - 100_000 < most < AMOUNT
    assert counter.vault.previewRedeem(counter.vault.balanceOf(keeper)) == 0


def test_withdraw__over_free_liquidity__reverts_and_to_it_passes(counter, depositor):
    """SPEC-V4, SPEC-V6."""
    with counter.refused("vault: over free liquidity", depositor):
        counter.vault.withdraw(
            counter.vault.maxWithdraw(depositor, **PENDING) + 2,
            depositor,
            depositor,
            sender=depositor,
        )
    free = solvency.free_liquidity(*counter.parts(**PENDING))
    assert counter.vault.free_liquidity(**PENDING) == free
    assert counter.vault.maxWithdraw(depositor, **PENDING) == free // counter.scale
    held = counter.vault.balanceOf(depositor)
    counter.vault.withdraw(free // counter.scale, depositor, depositor, sender=depositor)

    assert 0 < counter.vault.balanceOf(depositor) < held // 50
    assert 0 <= counter.vault.free_liquidity() < counter.scale
    assert counter.vault.maxWithdraw(depositor) == counter.vault.maxRedeem(depositor) == 0
    with counter.refused("vault: over free liquidity", depositor):
        counter.vault.withdraw(counter.unit, depositor, depositor, sender=depositor)


def test_withdraw__by_a_spender__takes_the_allowance(counter, depositor, keeper):
    """SPEC-V6."""
    shares = counter.vault.previewWithdraw(AMOUNT) + 10**9
    counter.vault.approve(keeper, shares, sender=depositor)
    burnt, before = (
        counter.vault.previewWithdraw(AMOUNT, **PENDING),
        counter.token.balanceOf(keeper),
    )
    counter.vault.withdraw(AMOUNT, keeper, depositor, sender=keeper)

    assert counter.vault.allowance(depositor, keeper) == shares - burnt
    assert counter.token.balanceOf(keeper) == before + AMOUNT
    with counter.refused("erc20: insufficient allowance", depositor, keeper):
        counter.vault.withdraw(AMOUNT, keeper, depositor, sender=keeper)


def test_withdraw__unbounded_allowance__stays(counter, depositor, keeper):
    """SPEC-V6."""
    counter.vault.approve(keeper, FOREVER, sender=depositor)
    counter.vault.withdraw(AMOUNT, keeper, depositor, sender=keeper)

    assert counter.vault.allowance(depositor, keeper) == FOREVER


def test_withdraw__of_a_stranger__reverts(counter, depositor, attacker):
    """SPEC-V6."""
    with counter.refused("erc20: insufficient allowance", depositor, attacker):
        counter.vault.withdraw(AMOUNT, attacker, depositor, sender=attacker)
