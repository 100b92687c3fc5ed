"""Vault: shares that wait to be redeemed, from the request to the money."""

import ape
import pytest
from vault_counter import HOUR, PENDING, VIRTUAL

pytest_plugins = ["vault_fixtures"]

ZERO = ape.utils.ZERO_ADDRESS
SHARES = 1_000_000_007 * VIRTUAL + 1


@pytest.fixture
def locked(create_counter, keeper, depositor):
    """Two depositors, and a book that leaves part of their money free."""
    counter = create_counter()
    counter.deposit(keeper, 1_000_000 * counter.unit)
    counter.sell(300, 2_000)
    counter.hedge()
    return counter


def test_request__shares__wait_in_the_vault_and_stay_in_supply(counter, depositor, keeper):
    """SPEC-V10."""
    vault = counter.vault
    supply, held = vault.totalSupply(), vault.balanceOf(depositor)
    tx = vault.request_redeem(SHARES, depositor, depositor, sender=depositor)

    assert tx.events == [
        vault.Transfer(sender=depositor, receiver=vault, value=SHARES),
        vault.RedeemRequested(caller=depositor, receiver=depositor, owner=depositor, shares=SHARES),
    ]
    assert vault.totalSupply() == supply
    assert vault.balanceOf(vault) == held - vault.balanceOf(depositor) == SHARES == vault.waiting()
    assert tuple(vault.redemption(depositor)) == (SHARES, 0)


def test_request__shares_of_another__need_his_allowance(counter, depositor, keeper):
    """SPEC-V10."""
    vault = counter.vault
    with counter.refused("erc20: insufficient allowance", depositor, keeper):
        vault.request_redeem(SHARES, keeper, depositor, sender=keeper)
    vault.approve(keeper, SHARES, sender=depositor)
    vault.request_redeem(SHARES, keeper, depositor, sender=keeper)

    assert vault.allowance(depositor, keeper) == 0
    assert tuple(vault.redemption(keeper)) == (SHARES, 0)


@pytest.mark.parametrize(
    "reason, change",
    [
        ("vault: zero shares", {"shares": 0}),
        ("vault: bad receiver", {"receiver": ZERO}),
        ("vault: over share balance", {"shares": 2**200}),
    ],
)
def test_request__not_possible__reverts(counter, depositor, reason, change):
    """SPEC-V10."""
    asked = {"shares": SHARES, "receiver": depositor} | change
    with counter.refused(reason, depositor):
        counter.vault.request_redeem(
            asked["shares"], asked["receiver"], depositor, sender=depositor
        )


def test_request__for_one_who_has_a_request__reverts(counter, depositor, keeper):
    """SPEC-V10: a grain in each block would make his shares wait for ever."""
    vault = counter.vault
    vault.transfer(keeper, SHARES, sender=depositor)
    vault.request_redeem(SHARES, keeper, keeper, sender=keeper)
    with counter.refused("vault: receiver has a request", depositor, keeper):
        vault.request_redeem(1, keeper, depositor, sender=depositor)


def test_cancel__returns_what_waits(counter, depositor):
    """SPEC-V10."""
    vault = counter.vault
    held = vault.balanceOf(depositor)
    vault.request_redeem(SHARES, depositor, depositor, sender=depositor)
    tx = vault.cancel_redeem(sender=depositor)

    assert tx.events[-1] == vault.RedeemCancelled(receiver=depositor, shares=SHARES)
    assert vault.balanceOf(depositor) == held
    assert vault.waiting() == vault.balanceOf(vault) == 0
    with counter.refused("vault: no request", depositor):
        vault.cancel_redeem(sender=depositor)


def test_process__enough_is_free__fills_all_at_the_low_value(counter, depositor, stranger):
    """SPEC-V11."""
    vault, token = counter.vault, counter.token
    vault.request_redeem(SHARES, depositor, depositor, sender=depositor)
    low, supply, cash = counter.low(**PENDING), counter.supply(), vault.ledger().cash
    assets = SHARES * (low + 1) // supply
    assert low < vault.totalAssets()
    tx = vault.process_redemptions(sender=stranger)

    assert tx.events == [
        vault.Transfer(sender=vault, receiver=ZERO, value=SHARES),
        vault.RedemptionsProcessed(shares=SHARES, assets=assets),
    ]
    assert counter.supply() == supply - SHARES
    assert (vault.ledger().cash, vault.ledger().owed) == (cash, assets)
    left, due = vault.redemption(depositor)
    assert left == 0 and assets - 1 <= due <= assets  # a product of two floors

    tx = vault.claim_redemption(depositor, sender=stranger)
    assert tx.events[-1] == vault.RedemptionClaimed(receiver=depositor, assets=due)
    assert token.balanceOf(depositor) == due
    assert (vault.ledger().cash, vault.ledger().owed) == (cash - due, assets - due)
    vault.claim_redemption(depositor, sender=stranger)
    assert token.balanceOf(depositor) == due


def test_process__those_who_stay__lose_nothing(counter, depositor, stranger):
    """SPEC-V11: low NAV a share does not fall."""
    vault = counter.vault
    vault.request_redeem(SHARES, depositor, depositor, sender=depositor)
    low, supply = counter.low(), counter.supply()
    vault.process_redemptions(sender=stranger)
    # the book loses some value in a second; the hedge is not touched
    assert (counter.low() + 1) / counter.supply() >= (low + 1) / supply * (1 - 1e-9)


def test_process__less_is_free__fills_all_alike(locked, keeper, depositor, stranger):
    """SPEC-V11."""
    vault = locked.vault
    mine, his = vault.balanceOf(depositor), vault.balanceOf(keeper)
    vault.request_redeem(mine, depositor, depositor, sender=depositor)
    vault.request_redeem(his, keeper, keeper, sender=keeper)
    free = vault.free_liquidity(**PENDING) // locked.scale
    assert 0 < free < locked.low()
    vault.process_redemptions(sender=stranger)

    (left, due), (his_left, his_due) = vault.redemption(depositor), vault.redemption(keeper)
    assert free - 4 <= due + his_due <= vault.ledger().owed <= free
    assert left * his == pytest.approx(his_left * mine, rel=1e-15)
    assert due * his == pytest.approx(his_due * mine, rel=1e-9)
    assert vault.free_liquidity() // locked.scale <= 10 * locked.unit  # but for a second's decay


def test_process__a_small_one_among_large_ones__is_filled_as_they_are(
    locked, keeper, depositor, stranger
):
    """SPEC-V11: there is no smallest request, and who asked before with more is not before him."""
    vault = locked.vault
    vault.transfer(stranger, 10**9, sender=depositor)  # a thousandth of a token
    large = vault.balanceOf(depositor)
    vault.request_redeem(large, depositor, depositor, sender=depositor)
    vault.request_redeem(vault.balanceOf(keeper), keeper, keeper, sender=keeper)
    vault.request_redeem(10**9, stranger, stranger, sender=stranger)
    vault.process_redemptions(sender=stranger)
    (left, due), (small_left, small_due) = (vault.redemption(who) for who in (depositor, stranger))
    assert 0 < small_left < 10**9 and small_due > 0
    assert small_left * large == pytest.approx(left * 10**9, rel=1e-7)
    assert small_due * large == pytest.approx(due * 10**9, rel=0.01)  # a unit in a few hundred
    vault.claim_redemption(stranger, sender=stranger)
    assert locked.token.balanceOf(stranger) == small_due


def test_process__many_small_requests__costs_no_more(locked, depositor, stranger):
    """SPEC-V11: no loop over those who wait."""
    vault = locked.vault
    vault.request_redeem(SHARES, depositor, depositor, sender=depositor)
    with locked.chain.isolate():
        alone = vault.process_redemptions(sender=stranger).gas_used
    for number in range(8):
        vault.request_redeem(1, f"0x{0xBEEF + number:040x}", depositor, sender=depositor)
    crowded = vault.process_redemptions(sender=stranger).gas_used
    assert vault.waiting() == 0
    assert crowded == pytest.approx(alone, rel=0.01)


def test_claim_redemption__token_refuses_one__the_others_are_paid(odd, keeper, depositor, stranger):
    """SPEC-V10: nobody is paid in the fill; who is blacklisted keeps his claim."""
    vault, token = odd.vault, odd.token
    odd.deposit(keeper, 500 * odd.unit)
    for who in (depositor, keeper):
        vault.request_redeem(vault.balanceOf(who), who, who, sender=who)
    token.set_refused(depositor, sender=stranger)
    vault.process_redemptions(sender=stranger)
    with odd.refused("odd_token: refused", depositor, keeper):
        vault.claim_redemption(depositor, sender=stranger)
    vault.claim_redemption(keeper, sender=stranger)
    assert token.balanceOf(keeper) == 500 * odd.unit

    token.set_refused(ZERO, sender=stranger)
    vault.claim_redemption(depositor, sender=stranger)
    assert token.balanceOf(depositor) == 1_000 * odd.unit


def test_process__nothing_waits__reverts(counter, stranger):
    """SPEC-V11."""
    with counter.refused("vault: nothing to fill"):
        counter.vault.process_redemptions(sender=stranger)


def test_process__feed_dead__is_closed_but_all_else_is_open(counter, depositor, stranger):
    """SPEC-V10, SPEC-V11."""
    vault = counter.vault
    vault.request_redeem(SHARES, depositor, depositor, sender=depositor)
    vault.process_redemptions(sender=stranger)
    counter.wait(2 * HOUR)
    with counter.refused("vault: feed not live", depositor):
        vault.process_redemptions(sender=stranger)
    vault.request_redeem(SHARES, depositor, depositor, sender=depositor)
    vault.cancel_redeem(sender=depositor)
    vault.claim_redemption(depositor, sender=stranger)
    assert counter.token.balanceOf(depositor) > 0


def test_process__board_not_settled__is_closed(counter, depositor, stranger):
    """SPEC-V11."""
    counter.vault.request_redeem(SHARES, depositor, depositor, sender=depositor)
    counter.expire(counter.system.book.live_boards()[0], 2_050)
    with counter.refused("vault: board not settled", depositor):
        counter.vault.process_redemptions(sender=stranger)


def test_max_withdraw__shares_wait__leaves_them_what_they_need(locked, keeper, depositor):
    """SPEC-V6: who waits comes before who asks now."""
    vault = locked.vault
    free = vault.free_liquidity(**PENDING) // locked.scale
    shares = vault.balanceOf(keeper)
    vault.request_redeem(shares, keeper, keeper, sender=keeper)
    worth = vault.previewRedeem(shares, **PENDING)
    left = vault.maxWithdraw(depositor, **PENDING)
    assert left == pytest.approx(free - worth, abs=10 * locked.unit)  # a second's decay
    with locked.refused("vault: over free liquidity", depositor):
        vault.withdraw(left + 20 * locked.unit, depositor, depositor, sender=depositor)


def test_ledger__owed__is_not_the_vaults(counter, depositor, stranger):
    """SPEC-V3: what is owed to redeemed shares is in no value of the vault."""
    vault = counter.vault
    vault.request_redeem(SHARES, depositor, depositor, sender=depositor)
    vault.process_redemptions(sender=stranger)
    mid = counter.navs()[0]
    assert vault.net_asset_value()[0] == mid
    vault.claim_redemption(depositor, sender=stranger)
    assert counter.navs()[0] == pytest.approx(mid, rel=1e-9)


# ---- What comes first


def test_top_up__all_cash_is_owed__takes_none_of_it(create_counter, depositor, stranger):
    """SPEC-C5: margin is paid from what neither claims nor redeemed shares need."""
    counter = create_counter(deposit=1_000)
    vault = counter.vault
    vault.request_redeem(vault.balanceOf(depositor), depositor, depositor, sender=depositor)
    vault.process_redemptions(sender=stranger)
    ledger = vault.ledger()
    assert ledger.cash == ledger.owed == 1_000 * counter.unit
    assert vault.totalAssets() == 0 == vault.maxWithdraw(depositor)


def test_pay_margin__over_what_is_owed__reverts(create_rig, depositor):
    """SPEC-C5."""
    rig = create_rig()
    rig.sale(100)
    rig.settle(7, 60)
    with rig.refused("vault: margin over free cash"):
        rig.pay_margin(41)
    rig.pay_margin(40)


def test_claim_redemption__claims_wait__pays_what_they_leave(create_counter, stranger, depositor):
    """SPEC-C5: settled options come before redeemed shares, also those filled before."""
    counter = create_counter()
    vault = counter.vault
    counter.sell(100, 2_000)
    shares = vault.balanceOf(depositor) // 2
    vault.request_redeem(shares, depositor, depositor, sender=depositor)
    vault.process_redemptions(sender=stranger)
    due = vault.redemption(depositor)[1]
    expiry = counter.system.book.live_boards()[0]
    counter.settle(expiry, 22_000)  # 20,000 USD an ETH, twice what is left
    ledger = vault.ledger()
    assert ledger.claims > ledger.cash - due
    vault.claim_redemption(depositor, sender=stranger)
    paid = counter.token.balanceOf(depositor)
    assert paid == max(0, ledger.cash - ledger.claims) < due
    assert tuple(vault.redemption(depositor)) == (0, due - paid)
