"""Vault, book, hedger and venue: boards in the money, with cash, without it, and insolvent."""

import pytest

from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]


@pytest.fixture(scope="module")
def rich_in_margin(create_desk):
    """100,000 USDC, 25 calls hedged while the index rises from 2,000: the gain is at the venue."""
    desk = create_desk(deposit=100_000)
    desk.sell(20, 2_000)
    desk.sell(5, 2_400, board=1)
    for price in (2_000, 2_300, 3_000):
        desk.push(price)
        desk.hedge()
    return desk


def test_settle__gain_locked_as_margin__is_owed_in_full_and_paid_as_cash_comes(
    rich_in_margin, buyer, keeper, depositor
):
    """SPEC-C1, SPEC-C3, SPEC-C4, SPEC-H5: being short of cash cuts nobody."""
    desk = rich_in_margin
    vault, book = desk.vault, desk.system.book
    expiry, series = book.live_boards()[0], desk.series(2_000)
    payoff = 20 * 10_000 * desk.unit
    cash = vault.ledger().cash
    held = desk.token.balanceOf(buyer)
    desk.settle(expiry, 12_000)
    assert tuple(vault.board_claims(expiry)) == (payoff, payoff, cash)
    assert cash < payoff // 2
    assert vault.maxWithdraw(depositor) == 0

    book.claim(series, buyer, sender=keeper)
    assert desk.token.balanceOf(buyer) == held + cash
    assert tuple(vault.ledger())[:2] == (0, payoff - cash)

    desk.push(12_001)
    desk.hedge()
    assert vault.board_claims(expiry).reserved == payoff
    book.claim(series, buyer, sender=keeper)
    assert desk.token.balanceOf(buyer) == held + payoff
    assert vault.ledger().claims == 0


def test_settle__feed_dead_since__needs_neither_feed_nor_venue(rich_in_margin, buyer, keeper):
    """SPEC-C1: the hedge counts as last seen live."""
    desk = rich_in_margin
    vault, book = desk.vault, desk.system.book
    expiry, series = book.live_boards()[0], desk.series(2_000)
    desk.wait_until(expiry - 60)
    desk.push(5_000)
    desk.system.hedger.rebalance(sender=keeper)
    seen, cash = desk.system.hedger.account().low, vault.ledger().cash
    last = desk.system.feed.latest_round()
    desk.wait_until(expiry + 3_601)
    desk.push(10)
    desk.kill_venue()
    book.settle(expiry, last, last + 1, sender=keeper)

    payoff = 20 * 3_000 * desk.unit
    assert seen > 20_000 * WAD
    assert tuple(vault.board_claims(expiry)) == (payoff, payoff, min(cash, payoff))
    book.claim(series, buyer, sender=keeper)
    assert vault.ledger().claims == payoff - min(cash, payoff)


def test_settle__insolvent__each_holder_gets_the_same_share(create_desk, buyer, keeper, stranger):
    """SPEC-C1, SPEC-C2, SPEC-C4: 500 calls without a hedge, the index at ten times what it was."""
    desk = create_desk()
    vault, book = desk.vault, desk.system.book
    expiry = book.live_boards()[0]
    desk.sell(300, 2_000, to=stranger)
    desk.sell(100, 2_000, to=keeper)
    desk.sell(100, 2_100, to=buyer)
    calls = {stranger: (300, 2_000), keeper: (100, 2_000), buyer: (100, 2_100)}
    cash = vault.ledger().cash
    desk.settle(expiry, 20_000)

    payoffs = {who: n * (20_000 - strike) * desk.unit for who, (n, strike) in calls.items()}
    total = sum(payoffs.values())
    assert tuple(vault.board_claims(expiry)) == (total, cash, cash)
    for who, (_, strike) in calls.items():
        held = desk.token.balanceOf(who)
        series = book.series_id(expiry, strike * WAD, False)
        book.claim(series, who, sender=keeper)
        assert desk.token.balanceOf(who) - held == payoffs[who] * cash // total
    assert 0 <= vault.ledger().claims < len(calls)
    assert vault.totalAssets() == 0


def test_settle__two_boards__the_first_settled_is_first(rich_in_margin, keeper, buyer):
    """SPEC-C3: cash goes to the board settled first, though both have expired."""
    desk = rich_in_margin
    vault, book = desk.vault, desk.system.book
    near, far = book.live_boards()
    rounds = desk.expire(near, 6_000)
    later = desk.expire(far, 6_000)
    cash = vault.ledger().cash
    book.settle(far, *later, sender=keeper)
    book.settle(near, *rounds, sender=keeper)

    first = 5 * (6_000 - 2_400) * desk.unit
    assert tuple(vault.board_claims(far)) == (first, first, first)
    second = vault.board_claims(near)
    assert (second.payoff, second.reserved) == (20 * 4_000 * desk.unit, cash - first)
    assert second.owed == second.payoff
