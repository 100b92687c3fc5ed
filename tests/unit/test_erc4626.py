"""ERC-4626, the properties of the standard's published test suites, with 6, 8 and 18 decimals.

Calls are sold and hedged, and the index has moved: what who comes pays on and what who goes is
paid on differ. A view at `PENDING` sees the block that the next transaction is in.
"""

import ape
import pytest
from vault_counter import FOREVER, PENDING, VIRTUAL

pytest_plugins = ["vault_fixtures"]

pytestmark = pytest.mark.parametrize("decimals", [6, 8, 18])

ZERO = ape.utils.ZERO_ADDRESS
# Amounts that divide nothing. [asset] [shares]
ASSETS = 1_000_007
SHARES = 1_000_007 * VIRTUAL + 1


# One fixture for all: ape would set up a parametrized one again for many a test.
@pytest.fixture(scope="module")
def desks(create_counter, keeper):
    """A system a number of decimals; the keeper has tokens and shares, the depositor most."""
    desks = {}
    for decimals in (6, 8, 18):
        desks[decimals] = counter = create_counter(decimals=decimals)
        counter.sell(20, 2_000)
        counter.hedge()
        counter.push(2_050)
        counter.deposit(keeper, 10_000 * counter.unit)
        counter.give(keeper, 4_000_000 * counter.unit)
    return desks


@pytest.fixture
def counter(desks, decimals):
    return desks[decimals]


def holdings(counter, who) -> tuple[int, int]:
    return counter.token.balanceOf(who), counter.vault.balanceOf(who)


def test_asset__any__is_the_token_with_decimals_to_spare(counter):
    assert counter.vault.asset() == counter.token
    assert counter.vault.decimals() == counter.token.decimals() + 6


def test_convert__any_caller__is_the_same_and_rounds_down(counter, depositor, stranger):
    """At mid: between what who comes gets and what who goes pays, and there and back no gain."""
    vault = counter.vault
    shares = vault.convertToShares(ASSETS, sender=stranger)
    assert shares == vault.convertToShares(ASSETS, sender=depositor)
    back = vault.convertToAssets(shares, sender=stranger)
    assert back == vault.convertToAssets(shares, sender=depositor)

    mid = counter.navs()[0] // counter.scale
    assert shares == ASSETS * counter.supply() // (mid + 1)
    assert back == shares * (mid + 1) // counter.supply()
    assert ASSETS - 1 <= back <= ASSETS


def test_max__anybody__never_reverts(counter, stranger):
    """SPEC-V7: also for those who could do nothing with it; 0 for whom `deposit` refuses."""
    vault, mid = counter.vault, counter.navs()[0]
    assert vault.maxDeposit(stranger) == vault.deposit_cap() - mid // counter.scale
    assert vault.maxMint(stranger) > 0
    assert vault.maxWithdraw(stranger) == vault.maxRedeem(stranger) == 0
    for who in (ZERO, vault.address):
        assert vault.maxDeposit(who) == vault.maxMint(who) == 0
        assert vault.maxWithdraw(who) == vault.maxRedeem(who) == 0


def test_deposit__any__is_as_previewed(counter, keeper, stranger):
    """SPEC-V5: takes the assets from the caller, gives the shares to the receiver."""
    tokens, held = holdings(counter, keeper)
    preview = counter.vault.previewDeposit(ASSETS, **PENDING)
    tx = counter.vault.deposit(ASSETS, stranger, sender=keeper)

    assert holdings(counter, keeper) == (tokens - ASSETS, held)
    assert holdings(counter, stranger) == (0, preview)
    assert tx.events[-1] == counter.vault.Deposit(
        sender=keeper, owner=stranger, assets=ASSETS, shares=preview
    )


def test_mint__any__is_as_previewed(counter, keeper, stranger):
    """SPEC-V5: gives exactly the shares."""
    tokens, held = holdings(counter, keeper)
    preview = counter.vault.previewMint(SHARES, **PENDING)
    tx = counter.vault.mint(SHARES, stranger, sender=keeper)

    assert holdings(counter, keeper) == (tokens - preview, held)
    assert holdings(counter, stranger) == (0, SHARES)
    assert tx.events[-1] == counter.vault.Deposit(
        sender=keeper, owner=stranger, assets=preview, shares=SHARES
    )


def test_withdraw__by_a_spender__is_as_previewed(counter, keeper, attacker, stranger):
    """SPEC-V6: pays exactly the assets, burns the owner's shares, spends his allowance."""
    tokens, held = holdings(counter, keeper)
    counter.vault.approve(attacker, held, sender=keeper)
    preview = counter.vault.previewWithdraw(ASSETS, **PENDING)
    tx = counter.vault.withdraw(ASSETS, stranger, keeper, sender=attacker)

    assert holdings(counter, keeper) == (tokens, held - preview)
    assert holdings(counter, stranger) == (ASSETS, 0)
    assert counter.vault.allowance(keeper, attacker) == held - preview
    assert tx.events[-1] == counter.vault.Withdraw(
        sender=attacker, receiver=stranger, owner=keeper, assets=ASSETS, shares=preview
    )


def test_redeem__by_a_spender__is_as_previewed(counter, keeper, attacker, stranger):
    """SPEC-V6: burns exactly the shares."""
    tokens, held = holdings(counter, keeper)
    counter.vault.approve(attacker, SHARES, sender=keeper)
    preview = counter.vault.previewRedeem(SHARES, **PENDING)
    tx = counter.vault.redeem(SHARES, stranger, keeper, sender=attacker)

    assert holdings(counter, keeper) == (tokens, held - SHARES)
    assert holdings(counter, stranger) == (preview, 0)
    assert counter.vault.allowance(keeper, attacker) == 0
    assert tx.events[-1] == counter.vault.Withdraw(
        sender=attacker, receiver=stranger, owner=keeper, assets=preview, shares=SHARES
    )


def test_max__taken_in_full__passes(counter, keeper, depositor):
    """SPEC-V2, SPEC-V6: of who holds little all, of who holds much what liquidity leaves."""
    vault, chain = counter.vault, counter.chain
    for function, limit, who in (
        ("deposit", "maxDeposit", [keeper]),
        ("mint", "maxMint", [keeper]),
        ("withdraw", "maxWithdraw", [keeper, keeper]),
        ("redeem", "maxRedeem", [keeper, keeper]),
        ("withdraw", "maxWithdraw", [depositor, depositor]),
        ("redeem", "maxRedeem", [depositor, depositor]),
    ):
        with chain.isolate():
            most = getattr(vault, limit)(who[0], **PENDING)
            assert most > 0
            getattr(vault, function)(most, *who, sender=who[0])
            assert getattr(vault, limit)(who[0]) in (0, 1)


def test_max__one_more__reverts(counter, keeper, depositor):
    """SPEC-V2, SPEC-V6: the smallest step beyond each limit."""
    vault = counter.vault
    for function, limit, reason, who in (
        ("deposit", "maxDeposit", "vault: over deposit cap", [keeper]),
        ("mint", "maxMint", "vault: over deposit cap", [keeper]),
        ("withdraw", "maxWithdraw", "vault: over share balance", [keeper, keeper]),
        ("redeem", "maxRedeem", "vault: over share balance", [keeper, keeper]),
        ("withdraw", "maxWithdraw", "vault: over free liquidity", [depositor, depositor]),
        ("redeem", "maxRedeem", "vault: over free liquidity", [depositor, depositor]),
    ):
        most = getattr(vault, limit)(who[0], **PENDING)
        with ape.reverts(reason):
            getattr(vault, function)(most + 1, *who, sender=who[0])


def test_round_trips__in_one_block__never_gain(counter, keeper):
    """What previews say of there and back, all at one moment: against the caller, both ways."""
    vault = counter.vault
    for assets in (1, ASSETS):
        got = vault.previewDeposit(assets)
        assert vault.previewRedeem(got) <= assets
        assert vault.previewWithdraw(assets) >= got
        paid = vault.previewRedeem(got + 1)
        assert vault.previewDeposit(paid) <= got + 1
        assert vault.previewMint(got + 1) >= paid


def test_round_trips__in_transactions__never_gain(counter, keeper):
    """Nothing but a second passes in between, and it is worth less than the spread."""
    vault, amount = counter.vault, 1_000_000_007
    tokens, held = holdings(counter, keeper)
    for there, back in (("deposit", "redeem"), ("deposit", "withdraw"), ("mint", "redeem")):
        with counter.chain.isolate():
            size = amount * VIRTUAL if there == "mint" else amount
            getattr(vault, there)(size, keeper, sender=keeper)
            bought = vault.balanceOf(keeper) - held
            spent = tokens - counter.token.balanceOf(keeper)
            size = bought if back == "redeem" else spent
            getattr(vault, back)(size, keeper, keeper, sender=keeper)
            now = holdings(counter, keeper)
            assert now[0] <= tokens and now[1] <= held and now != (tokens, held)
    with counter.chain.isolate():
        vault.redeem(amount * VIRTUAL, keeper, keeper, sender=keeper)
        vault.deposit(counter.token.balanceOf(keeper) - tokens, keeper, sender=keeper)
        assert vault.balanceOf(keeper) < held


def test_shares__sent_on__take_their_value_with_them(counter, keeper, stranger):
    """Shares are an ERC-20 token: approve, transferFrom, and redeem by the new owner."""
    vault, amount = counter.vault, 1_000_007 * VIRTUAL
    vault.approve(stranger, amount, sender=keeper)
    vault.transferFrom(keeper, stranger, amount, sender=stranger)
    preview = vault.previewRedeem(amount, **PENDING)
    vault.redeem(amount, stranger, stranger, sender=stranger)

    assert holdings(counter, stranger) == (preview, 0)


def test_permit__signed_by_the_owner__lets_a_spender_redeem(counter, keeper, attacker, sign_permit):
    """ERC-2612."""
    vault, amount = counter.vault, 1_000_007 * VIRTUAL
    vault.permit(*sign_permit(vault, keeper, attacker, amount, FOREVER), sender=attacker)
    vault.redeem(amount, attacker, keeper, sender=attacker)

    assert vault.allowance(keeper, attacker) == 0
    assert counter.token.balanceOf(attacker) > 0
