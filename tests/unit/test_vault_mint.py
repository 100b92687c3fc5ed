"""Vault.mint: what a number of shares costs at the high net asset value."""

import ape
import pytest
from vault_counter import PENDING, VIRTUAL

from ballast.units import ceil_div

pytest_plugins = ["vault_fixtures"]

ZERO = ape.utils.ZERO_ADDRESS
SHARES = 1_000_000_007 * VIRTUAL + 1


@pytest.fixture(scope="module")
def rich(counter, keeper):
    """The counter, and a keeper with tokens to put in."""
    counter.give(keeper, 10_000 * counter.unit)
    return counter


def test_mint__first__costs_one_a_token_rounded_up(create_counter, keeper, stranger):
    """SPEC-V5."""
    counter = create_counter(deposit=0, boards=False)
    counter.give(keeper, 10_000 * counter.unit)
    tx = counter.vault.mint(SHARES, stranger, sender=keeper)

    assets = 1_000_000_008
    assert tx.events == [
        counter.vault.Transfer(sender=ZERO, receiver=stranger, value=SHARES),
        counter.token.Transfer(sender=keeper, receiver=counter.vault, value=assets),
        counter.vault.Deposit(sender=keeper, owner=stranger, assets=assets, shares=SHARES),
    ]
    assert counter.vault.balanceOf(stranger) == SHARES
    assert counter.vault.ledger().cash == counter.token.balanceOf(counter.vault) == assets


def test_mint__with_a_book__is_at_the_high_value_rounded_up(rich, keeper, stranger):
    """SPEC-V5."""
    high, supply = rich.high(**PENDING), rich.supply()
    before = rich.token.balanceOf(keeper)
    rich.vault.mint(SHARES, stranger, sender=keeper)

    assert before - rich.token.balanceOf(keeper) == ceil_div(SHARES * (high + 1), supply)
    assert rich.vault.balanceOf(stranger) == SHARES


def test_mint__one_share__costs_a_whole_token_unit(rich, keeper):
    """SPEC-V5: what is taken is rounded up."""
    before = rich.token.balanceOf(keeper)
    rich.vault.mint(1, keeper, sender=keeper)

    assert rich.token.balanceOf(keeper) == before - 1


def test_mint__max_assets__bounds_what_is_taken(rich, keeper):
    """SPEC-V5."""
    most = rich.vault.previewMint(SHARES, **PENDING)
    with rich.refused("vault: over max assets", keeper):
        rich.vault.mint(SHARES, keeper, most - 2, sender=keeper)
    most = rich.vault.previewMint(SHARES, **PENDING)
    rich.vault.mint(SHARES, keeper, most, sender=keeper)

    assert rich.vault.balanceOf(keeper) == SHARES


def test_mint__zero__reverts(rich, keeper):
    """SPEC-V5."""
    with rich.refused("vault: zero amount", keeper):
        rich.vault.mint(0, keeper, sender=keeper)


@pytest.mark.parametrize("receiver", ["zero", "the vault"])
def test_mint__bad_receiver__reverts(rich, keeper, receiver):
    """SPEC-V5."""
    with rich.refused("vault: bad receiver", keeper):
        rich.vault.mint(SHARES, ZERO if receiver == "zero" else rich.vault, sender=keeper)


def test_mint__over_balance__reverts(rich, keeper):
    """SPEC-V5."""
    shares = rich.vault.previewDeposit(rich.token.balanceOf(keeper)) * 101 // 100
    with rich.refused("erc20: transfer amount exceeds balance", keeper):
        rich.vault.mint(shares, keeper, sender=keeper)


def test_mint__over_allowance__reverts(rich, keeper):
    """SPEC-V5."""
    rich.token.approve(rich.vault, 1_000, sender=keeper)
    with rich.refused("erc20: insufficient allowance", keeper):
        rich.vault.mint(1_000 * VIRTUAL * 2, keeper, sender=keeper)
    rich.vault.mint(1_000 * VIRTUAL // 2, keeper, sender=keeper)


def test_mint__to_the_cap__passes_and_one_more_reverts(counter, keeper):
    """SPEC-V2, SPEC-V5: what `maxMint` would cost is the room under the cap, to the unit."""
    counter.give(keeper, 3_000_000 * counter.unit)
    with counter.refused("vault: over deposit cap", keeper):
        most = counter.vault.maxMint(keeper, **PENDING)
        counter.vault.mint(most + 2 * VIRTUAL, keeper, sender=keeper)
    most = counter.vault.maxMint(keeper, **PENDING)
    room = counter.vault.maxDeposit(keeper, **PENDING)
    assert counter.vault.previewMint(most, **PENDING) == room
    assert counter.vault.previewMint(most + 1, **PENDING) == room + 1
    counter.vault.mint(most, keeper, sender=keeper)

    assert counter.vault.totalAssets() == counter.vault.deposit_cap()
