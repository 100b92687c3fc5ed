"""Vault: the cap on deposits."""

import ape
from vault_counter import PENDING

pytest_plugins = ["vault_fixtures"]

MAX_CAP = 10**30  # [asset] a million million tokens of 18 decimals


def test_set_deposit_cap__by_owner__stores_and_logs(idle, owner):
    """SPEC-V2."""
    tx = idle.vault.set_deposit_cap(7, sender=owner)

    assert tx.events == [idle.vault.DepositCapSet(cap=7)]
    assert idle.vault.deposit_cap() == 7


def test_set_deposit_cap__by_stranger__reverts(idle, stranger):
    """SPEC-V2."""
    with idle.refused("ownable: caller is not the owner"):
        idle.vault.set_deposit_cap(7, sender=stranger)


def test_set_deposit_cap__largest__no_view_overflows(idle, owner, depositor):
    """SPEC-V2: a cap that is to be none must not make `maxMint` revert."""
    with idle.refused("vault: deposit cap too large"):
        idle.vault.set_deposit_cap(MAX_CAP + 1, sender=owner)
    idle.vault.set_deposit_cap(MAX_CAP, sender=owner)

    assert idle.vault.maxDeposit(depositor) == MAX_CAP - idle.vault.totalAssets()
    assert idle.vault.maxMint(depositor) == idle.vault.previewDeposit(
        idle.vault.maxDeposit(depositor)
    )


def test_deploy__cap_too_large__reverts(create_vault):
    """SPEC-V2."""
    with ape.reverts("vault: deposit cap too large"):
        create_vault(cap=MAX_CAP + 1)


def test_deposit__to_the_cap__passes_and_one_more_reverts(counter, depositor):
    """SPEC-V2, SPEC-V5: the cap is on the NAV at mid."""
    vault = counter.vault
    counter.give(depositor, 4_000_000 * counter.unit)
    most = vault.maxDeposit(depositor, **PENDING)
    with counter.refused("vault: over deposit cap", depositor):
        vault.deposit(most + 2, depositor, sender=depositor)

    mid, _, _ = counter.navs(**PENDING)
    room = vault.deposit_cap() - mid // counter.scale
    assert vault.maxDeposit(depositor, **PENDING) == room
    vault.deposit(room, depositor, sender=depositor)
    assert vault.totalAssets() == vault.deposit_cap()
    assert vault.maxDeposit(depositor) == vault.maxMint(depositor) == 0


def test_max_deposit__cap_at_or_under_nav__is_zero_and_who_leaves_may(idle, owner, depositor):
    """SPEC-V2."""
    idle.give(depositor, 1)
    idle.vault.set_deposit_cap(idle.vault.totalAssets(), sender=owner)
    assert idle.vault.maxDeposit(depositor) == 0

    idle.vault.set_deposit_cap(0, sender=owner)
    assert idle.vault.maxDeposit(depositor) == idle.vault.maxMint(depositor) == 0
    with idle.refused("vault: over deposit cap", depositor):
        idle.vault.deposit(1, depositor, sender=depositor)
    idle.vault.withdraw(10**6, depositor, depositor, sender=depositor)
    assert idle.token.balanceOf(depositor) == 10**6 + 1
