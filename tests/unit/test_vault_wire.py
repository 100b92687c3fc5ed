"""Vault: construction, wiring, and what it is before it is wired."""

import ape
import pytest
from vault_counter import VALUATION

pytest_plugins = ["vault_fixtures"]

ZERO = ape.utils.ZERO_ADDRESS
CAP = 5_000_000 * 10**6


@pytest.fixture(scope="module")
def vault(create_vault):
    return create_vault()


@pytest.fixture(scope="module")
def look(vault):
    return lambda: (
        vault.book(),
        vault.hedger(),
        vault.owner(),
        vault.pending_owner(),
        vault.ledger(),
        vault.totalSupply(),
    )


@pytest.mark.parametrize("decimals", [0, 6, 8, 18])
def test_deploy__any_decimals__stores_them(create_token, create_vault, owner, decimals):
    token = create_token(decimals)
    vault = create_vault(token, decimals, offset=12)

    assert vault.asset() == token
    assert (vault.name(), vault.symbol()) == ("Ballast ETH options", "BLST")
    assert vault.decimals() == decimals + 12
    assert tuple(vault.ledger()) == (0, 0, 0, 10 ** (18 - decimals), 10**12)
    assert vault.owner() == owner
    assert vault.deposit_cap() == 5_000_000 * 10**decimals
    assert vault.totalSupply() == 0


def test_deploy__19_decimals__reverts(create_token, create_vault):
    with ape.reverts("vault: token decimals over 18"):
        create_vault(create_token(19), 19)


def test_deploy__offset_13__reverts(create_vault):
    with ape.reverts("vault: offset over 12"):
        create_vault(offset=13)


def test_wire__by_owner__stores_and_logs(vault, owner, keeper, stranger):
    """SPEC-V1."""
    tx = vault.wire(keeper, stranger, keeper, sender=owner)

    assert tx.events == [vault.Wired(book=keeper, hedger=stranger, breaker=keeper)]
    assert (vault.book(), vault.hedger(), vault.breaker()) == (keeper, stranger, keeper)


def test_wire__by_stranger__reverts(vault, look, keeper, stranger):
    """SPEC-V1."""
    before = look()
    with ape.reverts("ownable: caller is not the owner"):
        vault.wire(keeper, stranger, keeper, sender=stranger)
    assert look() == before


def test_wire__twice__reverts(vault, look, owner, keeper, stranger):
    """SPEC-V1: for good."""
    vault.wire(keeper, stranger, keeper, sender=owner)
    before = look()
    with ape.reverts("vault: already wired"):
        vault.wire(stranger, keeper, stranger, sender=owner)
    assert look() == before


@pytest.mark.parametrize("zero", range(3))
def test_wire__to_zero__reverts(vault, look, owner, keeper, zero):
    """SPEC-V1."""
    before = look()
    with ape.reverts("vault: wired to zero"):
        vault.wire(*(ZERO if i == zero else keeper for i in range(3)), sender=owner)
    assert look() == before


def test_wire__owner_handed_over__only_the_new_one_may(vault, owner, keeper, stranger):
    """SPEC-V1: ownership moves in two steps."""
    vault.transfer_ownership(keeper, sender=owner)
    with ape.reverts("ownable: caller is not the owner"):
        vault.wire(owner, stranger, keeper, sender=keeper)
    with ape.reverts("ownable_2step: caller is not the new owner"):
        vault.accept_ownership(sender=stranger)
    vault.accept_ownership(sender=keeper)
    with ape.reverts("ownable: caller is not the owner"):
        vault.wire(owner, stranger, keeper, sender=owner)
    vault.wire(owner, stranger, keeper, sender=keeper)

    assert (vault.owner(), vault.book()) == (keeper, owner)


def test_views__not_wired__are_those_of_an_empty_vault(vault, depositor):
    """SPEC-V1, SPEC-V7."""
    assert tuple(vault.net_asset_value()) == (0, 0, 0, False)
    assert vault.free_liquidity() == 0
    assert vault.totalAssets() == 0
    assert vault.maxDeposit(depositor) == vault.maxMint(depositor) == 0
    assert vault.maxWithdraw(depositor) == vault.maxRedeem(depositor) == 0
    assert vault.previewDeposit(5) == vault.previewWithdraw(5) == 5 * 10**6
    assert vault.convertToShares(5) == 5 * 10**6
    assert vault.previewMint(5 * 10**6 - 1) == 5
    assert vault.previewRedeem(5 * 10**6 - 1) == vault.convertToAssets(5 * 10**6 - 1) == 4


@pytest.mark.parametrize("function", ["deposit", "mint", "withdraw", "redeem"])
def test_flow__not_wired__reverts(vault, look, owner, depositor, function):
    """SPEC-V1, SPEC-V7."""
    before = look()
    people = [depositor, depositor] if function in ("withdraw", "redeem") else [depositor]
    with ape.reverts("vault: not wired"):
        getattr(vault, function)(10**6, *people, sender=depositor)
    assert look() == before


def test_hooks__not_wired__take_nobody(vault, look, owner):
    """SPEC-V9."""
    before = look()
    for call in (
        lambda: vault.on_sale(owner, 0, VALUATION, sender=owner),
        lambda: vault.on_settle(1, 0, VALUATION, sender=owner),
        lambda: vault.on_claim(1, owner, 0, sender=owner),
    ):
        with ape.reverts("vault: only the book"):
            call()
    for call in (
        lambda: vault.pay_margin(0, sender=owner),
        lambda: vault.on_hedged(0, 0, owner, VALUATION, sender=owner),
    ):
        with ape.reverts("vault: only the hedger"):
            call()
    assert look() == before
