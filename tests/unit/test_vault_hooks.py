"""Vault: the hooks that the wired book and hedger call; here they are two accounts."""

import pytest
from vault_counter import ACCOUNT, RISK, VALUATION, changed

from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]

AMOUNT = 1_000_000_007
EXPIRY = 1_900_000_000


@pytest.fixture(scope="module")
def funded(rig):
    """The rig after a premium."""
    rig.sale(AMOUNT)
    return rig


@pytest.mark.parametrize("who", ["hedger", "owner", "payer"])
def test_book_hooks__called_by_another__revert(funded, who):
    """SPEC-V9."""
    caller = getattr(funded, who)
    with funded.refused("vault: only the book"):
        funded.vault.on_sale(funded.payer, 1, VALUATION, sender=caller)
    with funded.refused("vault: only the book"):
        funded.vault.on_buy_back(caller, 1, VALUATION, sender=caller)
    with funded.refused("vault: only the book"):
        funded.vault.on_settle(EXPIRY, 1, VALUATION, sender=caller)
    with funded.refused("vault: only the book"):
        funded.vault.on_claim(EXPIRY, caller, 1, sender=caller)
    assert tuple(funded.vault.board_claims(EXPIRY)) == (0, 0, 0)
    assert tuple(funded.vault.holder_claims(EXPIRY, caller)) == (0, 0)


@pytest.mark.parametrize("who", ["book", "owner", "payer"])
def test_hedger_hooks__called_by_another__revert(funded, who):
    """SPEC-V9."""
    caller = getattr(funded, who)
    with funded.refused("vault: only the hedger"):
        funded.vault.pay_margin(1, sender=caller)
    with funded.refused("vault: only the hedger"):
        funded.vault.on_hedged(1, 0, caller, VALUATION, sender=caller)


def test_on_sale__any__takes_the_premium_and_logs(rig):
    """SPEC-V9."""
    held, cash = rig.token.balanceOf(rig.payer), rig.vault.ledger().cash
    tx = rig.sale(AMOUNT)

    assert tx.events == [
        rig.token.Transfer(sender=rig.payer, receiver=rig.vault, value=AMOUNT),
        rig.vault.PremiumTaken(payer=rig.payer, amount=AMOUNT),
    ]
    assert rig.vault.ledger().cash == rig.token.balanceOf(rig.vault) == cash + AMOUNT
    assert rig.token.balanceOf(rig.payer) == held - AMOUNT


def test_on_sale__payer_short_of_tokens__reverts(rig):
    with rig.refused("erc20: transfer amount exceeds balance"):
        rig.sale(rig.token.balanceOf(rig.payer) + 1)


def test_on_sale__payer_has_not_approved__reverts(rig):
    rig.token.approve(rig.vault, AMOUNT - 1, sender=rig.payer)
    with rig.refused("erc20: insufficient allowance"):
        rig.sale(AMOUNT)


def test_on_buy_back__free_cash__pays_the_receiver_and_logs(funded, stranger):
    """SPEC-V9: to the last token unit, and no further."""
    vault = funded.vault
    cash, held = vault.ledger().cash, funded.token.balanceOf(stranger)
    with funded.refused("vault: premium over free cash"):
        vault.on_buy_back(stranger, cash + 1, VALUATION, sender=funded.book)
    tx = vault.on_buy_back(stranger, cash, VALUATION, sender=funded.book)

    assert tx.events == [
        funded.token.Transfer(sender=vault, receiver=stranger, value=cash),
        vault.PremiumReturned(receiver=stranger, amount=cash),
    ]
    assert vault.ledger().cash == funded.token.balanceOf(vault) == 0
    assert funded.token.balanceOf(stranger) == held + cash


def test_on_buy_back__cash_that_claims_need__reverts(funded, stranger):
    """SPEC-V9: settled claims come first."""
    vault = funded.vault
    cash = vault.ledger().cash
    vault.on_settle(EXPIRY, AMOUNT // 2, VALUATION, sender=funded.book)
    free = cash - vault.ledger().claims
    with funded.refused("vault: premium over free cash"):
        vault.on_buy_back(stranger, free + 1, VALUATION, sender=funded.book)
    vault.on_buy_back(stranger, free, VALUATION, sender=funded.book)
    assert vault.ledger().cash == vault.ledger().claims == AMOUNT // 2


def test_on_sale__token_keeps_a_fee__reverts(create_rig, project, owner):
    """SPEC-V8."""
    rig = create_rig(owner.deploy(project.OddToken, "Odd", "ODD", 6))
    rig.sale(AMOUNT)
    rig.token.set_fee(1, sender=owner)
    with rig.refused("vault: token moved less"):
        rig.sale(AMOUNT)


def test_pay_margin__free_cash__goes_to_the_hedger_and_logs(funded):
    """SPEC-V9."""
    tx = funded.pay_margin(AMOUNT)

    assert tx.events == [
        funded.token.Transfer(sender=funded.vault, receiver=funded.hedger, value=AMOUNT),
        funded.vault.MarginPaid(amount=AMOUNT),
    ]
    assert funded.vault.ledger().cash == funded.token.balanceOf(funded.vault) == 0
    assert funded.token.balanceOf(funded.hedger) == AMOUNT


def test_pay_margin__over_cash__reverts(funded):
    """SPEC-V9."""
    with funded.refused("vault: margin over free cash"):
        funded.pay_margin(AMOUNT + 1)


def test_pay_margin__cash_that_claims_need__reverts_and_the_rest_passes(funded):
    """SPEC-V9, SPEC-C3."""
    owed = AMOUNT // 3
    funded.settle(EXPIRY, owed)
    with funded.refused("vault: margin over free cash"):
        funded.pay_margin(AMOUNT - owed + 1)
    funded.pay_margin(AMOUNT - owed)

    assert tuple(funded.vault.ledger())[:2] == (owed, owed)
    with funded.refused("vault: margin over free cash"):
        funded.pay_margin(1)


def test_pay_margin__claims_wait_for_cash__reverts(funded):
    """SPEC-V9: owed beyond the cash, because the hedge is worth it."""
    funded.settle(EXPIRY, 2 * AMOUNT, account=changed(ACCOUNT, low=AMOUNT * 10**12))
    with funded.refused("vault: margin over free cash"):
        funded.pay_margin(1)
    funded.sale(AMOUNT // 2)  # cash that nobody has set aside yet
    with funded.refused("vault: margin over free cash"):
        funded.pay_margin(1)


def test_on_hedged__margin_back__is_cash_again_and_logged(funded):
    """SPEC-V9."""
    funded.pay_margin(AMOUNT)
    tx = funded.return_margin(AMOUNT - 5)

    assert tx.events == [
        funded.token.Transfer(sender=funded.hedger, receiver=funded.vault, value=AMOUNT - 5),
        funded.vault.MarginReturned(amount=AMOUNT - 5),
    ]
    assert funded.vault.ledger().cash == funded.token.balanceOf(funded.vault) == AMOUNT - 5


def test_on_hedged__nothing_back__moves_and_logs_nothing(funded):
    """SPEC-V9."""
    before = funded.look()
    tx = funded.return_margin(0)

    assert tx.events == []
    assert funded.look() == before


def test_on_hedged__reward__is_paid_and_logged(funded):
    """SPEC-H10."""
    held, cash = funded.token.balanceOf(funded.payer), funded.vault.ledger().cash
    tx = funded.return_margin(0, reward=7)

    assert tx.events == [
        funded.token.Transfer(sender=funded.vault, receiver=funded.payer, value=7),
        funded.vault.RewardPaid(receiver=funded.payer, amount=7),
    ]
    assert funded.token.balanceOf(funded.payer) == held + 7
    assert funded.vault.ledger().cash == funded.token.balanceOf(funded.vault) == cash - 7


def test_on_hedged__reward_over_the_cash__is_what_there_is(funded):
    """SPEC-H10: never a revert, and what comes back in the same call counts."""
    funded.pay_margin(AMOUNT)
    tx = funded.return_margin(5, reward=6)
    assert funded.vault.RewardPaid.from_receipt(tx)[0].amount == 5
    assert funded.vault.ledger().cash == 0


@pytest.mark.parametrize(("spare", "paid"), [(-1, 0), (0, 0), (1, 1), (10, 10), (11, 10)])
def test_on_hedged__claims_and_reward__claims_come_first(funded, spare, paid):
    """SPEC-H10: of the cash that no claim needs, one token unit more or less."""
    funded.settle(EXPIRY, AMOUNT - spare, account=changed(ACCOUNT, low=AMOUNT * 10**12))
    tx = funded.return_margin(0, reward=10)
    assert sum(log.amount for log in funded.vault.RewardPaid.from_receipt(tx)) == paid
    assert funded.vault.ledger().cash == AMOUNT - paid >= min(AMOUNT, AMOUNT - spare)


def test_on_hedged__more_than_the_hedger_has__reverts(funded):
    funded.pay_margin(AMOUNT)
    with funded.refused("erc20: transfer amount exceeds balance"):
        funded.return_margin(AMOUNT + 1)


def test_on_settle__venue_not_live__counts_the_hedge_as_last_seen(funded):
    """SPEC-C1: 1,000 at the venue were seen last; the account shown now is not to be believed."""
    seen = changed(ACCOUNT, low=1_000 * WAD)
    funded.sale(1, account=seen)
    dark = changed(ACCOUNT, low=10**6 * WAD, valid=False)
    funded.settle(EXPIRY, 10**12, changed(RISK, valid=False), dark)

    assert funded.vault.board_claims(EXPIRY).owed == AMOUNT + 1 + 1_000 * 10**6


def test_on_settle__margin_moved_while_not_live__counts_where_it_is(funded):
    """SPEC-C1: what was topped up with a bad feed is at the venue, not lost."""
    funded.sale(1, account=changed(ACCOUNT, low=1_000 * WAD))
    dark = {"risk": changed(RISK, valid=False), "account": changed(ACCOUNT, valid=False)}
    funded.pay_margin(AMOUNT)
    funded.return_margin(0, **dark)
    funded.settle(EXPIRY, 1_500 * 10**6, **dark)
    assert funded.vault.board_claims(EXPIRY).owed == 1_500 * 10**6

    funded.return_margin(AMOUNT, **dark)
    funded.settle(EXPIRY + 1, 10**12, **dark)
    assert funded.vault.board_claims(EXPIRY + 1).owed == AMOUNT + 1 - 500 * 10**6


def test_on_settle__venue_live_and_feed_not__counts_the_hedge_as_it_is(funded):
    """SPEC-C1."""
    funded.sale(1, account=changed(ACCOUNT, low=1_000 * WAD))
    funded.settle(EXPIRY, 10**12, changed(RISK, valid=False), changed(ACCOUNT, low=7 * WAD))

    assert funded.vault.board_claims(EXPIRY).owed == AMOUNT + 1 + 7 * 10**6


def test_on_settle__equity_and_nav_negative__are_told_apart(funded):
    """SPEC-C1: as last seen they share a word; margin that moves counts in the lower half alone."""
    owing = {"risk": changed(RISK, mid=10**9 * WAD), "account": changed(ACCOUNT, low=-300 * WAD)}
    funded.sale(1, **owing)
    dark = {"risk": changed(RISK, valid=False), "account": changed(ACCOUNT, valid=False)}
    funded.pay_margin(100 * 10**6)
    funded.return_margin(50 * 10**6, **dark)
    funded.settle(EXPIRY, 10**12, **dark)
    assert funded.vault.board_claims(EXPIRY).owed == AMOUNT + 1 - 300 * 10**6


def test_on_claim__more_than_all_is_owed__reverts(funded):
    """No book that is wired says so; it must not be taken from the cash of others."""
    funded.settle(EXPIRY, 1_000)
    with funded.refused(None):
        funded.claim(EXPIRY, funded.payer, 1_001)
    funded.claim(EXPIRY, funded.payer, 1_000)
    assert funded.vault.ledger().claims == 0
