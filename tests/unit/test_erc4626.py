"""ERC-4626, the properties of the standard's published test suites, with 6, 8 and 18 decimals.

Calls are sold and hedged, and the index has moved: what who comes pays on and what who goes is
paid on differ. A view at `PENDING` sees the block that the next transaction is in.
"""

import ape
import pytest
from vault_desk import FOREVER, PENDING, VIRTUAL

pytest_plugins = ["vault_fixtures"]

pytestmark = pytest.mark.parametrize("decimals", [6, 8, 18])

ZERO = ape.utils.ZERO_ADDRESS
# Amounts that divide nothing. [asset] [shares]
ASSETS = 1_000_007
SHARES = 1_000_007 * VIRTUAL + 1


# One fixture for all: ape would set up a parametrized one again for many a test.
@pytest.fixture(scope="module")
def desks(create_desk, keeper):
    """A system a number of decimals; the keeper has tokens and shares, the depositor most."""
    desks = {}
    for decimals in (6, 8, 18):
        desks[decimals] = desk = create_desk(decimals=decimals)
        desk.sell(20, 2_000)
        desk.hedge()
        desk.push(2_050)
        desk.deposit(keeper, 10_000 * desk.unit)
        desk.give(keeper, 4_000_000 * desk.unit)
    return desks


@pytest.fixture
def desk(desks, decimals):
    return desks[decimals]


def holdings(desk, who) -> tuple[int, int]:
    return desk.token.balanceOf(who), desk.vault.balanceOf(who)


def test_asset__any__is_the_token_with_decimals_to_spare(desk):
    assert desk.vault.asset() == desk.token
    assert desk.vault.decimals() == desk.token.decimals() + 6


def test_convert__any_caller__is_the_same_and_rounds_down(desk, depositor, stranger):
    """At mid: between what who comes gets and what who goes pays, and there and back no gain."""
    vault = desk.vault
    shares = vault.convertToShares(ASSETS, sender=stranger)
    assert shares == vault.convertToShares(ASSETS, sender=depositor)
    back = vault.convertToAssets(shares, sender=stranger)
    assert back == vault.convertToAssets(shares, sender=depositor)

    mid = desk.navs()[0] // desk.scale
    assert shares == ASSETS * desk.supply() // (mid + 1)
    assert back == shares * (mid + 1) // desk.supply()
    assert ASSETS - 1 <= back <= ASSETS


def test_max__anybody__never_reverts(desk, stranger):
    """SPEC-V7: also for those who could do nothing with it; 0 for whom `deposit` refuses."""
    vault, mid = desk.vault, desk.navs()[0]
    assert vault.maxDeposit(stranger) == vault.deposit_cap() - mid // desk.scale
    assert vault.maxMint(stranger) > 0
    assert vault.maxWithdraw(stranger) == vault.maxRedeem(stranger) == 0
    for who in (ZERO, vault.address):
        assert vault.maxDeposit(who) == vault.maxMint(who) == 0
        assert vault.maxWithdraw(who) == vault.maxRedeem(who) == 0


def test_deposit__any__is_as_previewed(desk, keeper, stranger):
    """SPEC-V5: takes the assets from the caller, gives the shares to the receiver."""
    tokens, held = holdings(desk, keeper)
    preview = desk.vault.previewDeposit(ASSETS, **PENDING)
    tx = desk.vault.deposit(ASSETS, stranger, sender=keeper)

    assert holdings(desk, keeper) == (tokens - ASSETS, held)
    assert holdings(desk, stranger) == (0, preview)
    assert tx.events[-1] == desk.vault.Deposit(
        sender=keeper, owner=stranger, assets=ASSETS, shares=preview
    )


def test_mint__any__is_as_previewed(desk, keeper, stranger):
    """SPEC-V5: gives exactly the shares."""
    tokens, held = holdings(desk, keeper)
    preview = desk.vault.previewMint(SHARES, **PENDING)
    tx = desk.vault.mint(SHARES, stranger, sender=keeper)

    assert holdings(desk, keeper) == (tokens - preview, held)
    assert holdings(desk, stranger) == (0, SHARES)
    assert tx.events[-1] == desk.vault.Deposit(
        sender=keeper, owner=stranger, assets=preview, shares=SHARES
    )


def test_withdraw__by_a_spender__is_as_previewed(desk, keeper, attacker, stranger):
    """SPEC-V6: pays exactly the assets, burns the owner's shares, spends his allowance."""
    tokens, held = holdings(desk, keeper)
    desk.vault.approve(attacker, held, sender=keeper)
    preview = desk.vault.previewWithdraw(ASSETS, **PENDING)
    tx = desk.vault.withdraw(ASSETS, stranger, keeper, sender=attacker)

    assert holdings(desk, keeper) == (tokens, held - preview)
    assert holdings(desk, stranger) == (ASSETS, 0)
    assert desk.vault.allowance(keeper, attacker) == held - preview
    assert tx.events[-1] == desk.vault.Withdraw(
        sender=attacker, receiver=stranger, owner=keeper, assets=ASSETS, shares=preview
    )


def test_redeem__by_a_spender__is_as_previewed(desk, keeper, attacker, stranger):
    """SPEC-V6: burns exactly the shares."""
    tokens, held = holdings(desk, keeper)
    desk.vault.approve(attacker, SHARES, sender=keeper)
    preview = desk.vault.previewRedeem(SHARES, **PENDING)
    tx = desk.vault.redeem(SHARES, stranger, keeper, sender=attacker)

    assert holdings(desk, keeper) == (tokens, held - SHARES)
    assert holdings(desk, stranger) == (preview, 0)
    assert desk.vault.allowance(keeper, attacker) == 0
    assert tx.events[-1] == desk.vault.Withdraw(
        sender=attacker, receiver=stranger, owner=keeper, assets=preview, shares=SHARES
    )


def test_max__taken_in_full__passes(desk, keeper, depositor):
    """SPEC-V2, SPEC-V6: of who holds little all, of who holds much what liquidity leaves."""
    vault, chain = desk.vault, desk.chain
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


def test_max__one_more__reverts(desk, keeper, depositor):
    """SPEC-V2, SPEC-V6: the smallest step beyond each limit."""
    vault = desk.vault
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


def test_round_trips__in_one_block__never_gain(desk, keeper):
    """What previews say of there and back, all at one moment: against the caller, both ways."""
    vault = desk.vault
    for assets in (1, ASSETS):
        got = vault.previewDeposit(assets)
        assert vault.previewRedeem(got) <= assets
        assert vault.previewWithdraw(assets) >= got
        paid = vault.previewRedeem(got + 1)
        assert vault.previewDeposit(paid) <= got + 1
        assert vault.previewMint(got + 1) >= paid


def test_round_trips__in_transactions__never_gain(desk, keeper):
    """Nothing but a second passes in between, and it is worth less than the spread."""
    vault, amount = desk.vault, 1_000_000_007
    tokens, held = holdings(desk, keeper)
    for there, back in (("deposit", "redeem"), ("deposit", "withdraw"), ("mint", "redeem")):
        with desk.chain.isolate():
            size = amount * VIRTUAL if there == "mint" else amount
            getattr(vault, there)(size, keeper, sender=keeper)
            bought = vault.balanceOf(keeper) - held
            spent = tokens - desk.token.balanceOf(keeper)
            size = bought if back == "redeem" else spent
            getattr(vault, back)(size, keeper, keeper, sender=keeper)
            now = holdings(desk, keeper)
            assert now[0] <= tokens and now[1] <= held and now != (tokens, held)
    with desk.chain.isolate():
        vault.redeem(amount * VIRTUAL, keeper, keeper, sender=keeper)
        vault.deposit(desk.token.balanceOf(keeper) - tokens, keeper, sender=keeper)
        assert vault.balanceOf(keeper) < held


def test_shares__sent_on__take_their_value_with_them(desk, keeper, stranger):
    """Shares are an ERC-20 token: approve, transferFrom, and redeem by the new owner."""
    vault, amount = desk.vault, 1_000_007 * VIRTUAL
    vault.approve(stranger, amount, sender=keeper)
    vault.transferFrom(keeper, stranger, amount, sender=stranger)
    preview = vault.previewRedeem(amount, **PENDING)
    vault.redeem(amount, stranger, stranger, sender=stranger)

    assert holdings(desk, stranger) == (preview, 0)


def test_permit__signed_by_the_owner__lets_a_spender_redeem(desk, keeper, attacker, sign_permit):
    """ERC-2612."""
    vault, amount = desk.vault, 1_000_007 * VIRTUAL
    vault.permit(*sign_permit(vault, keeper, attacker, amount, FOREVER), sender=attacker)
    vault.redeem(amount, attacker, keeper, sender=attacker)

    assert vault.allowance(keeper, attacker) == 0
    assert desk.token.balanceOf(attacker) > 0
