"""Vault, book, hedger and venue: boards in the money, with cash, without it, and insolvent."""

import pytest

from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]


@pytest.fixture(scope="module")
def rich_in_margin(create_counter):
    """100,000 USDC, 25 calls hedged while the index rises from 2,000: the gain is at the venue."""
    counter = create_counter(deposit=100_000)
    counter.sell(20, 2_000)
    counter.sell(5, 2_400, board=1)
    for price in (2_000, 2_300, 3_000):
        counter.push(price)
        counter.hedge()
    return counter


def test_settle__gain_locked_as_margin__is_owed_in_full_and_paid_as_cash_comes(
    rich_in_margin, buyer, keeper, depositor
):
    """SPEC-C1, SPEC-C3, SPEC-C4, SPEC-H5: being short of cash cuts nobody."""
    counter = rich_in_margin
    vault, book = counter.vault, counter.system.book
    expiry, series = book.live_boards()[0], counter.series(2_000)
    payoff = 20 * 10_000 * counter.unit
    cash = vault.ledger().cash
    held = counter.token.balanceOf(buyer)
    counter.settle(expiry, 12_000)
    assert tuple(vault.board_claims(expiry)) == (payoff, payoff, cash)
    assert cash < payoff // 2
    assert vault.maxWithdraw(depositor) == 0

    book.claim(series, buyer, sender=keeper)
    assert counter.token.balanceOf(buyer) == held + cash
    assert tuple(vault.ledger())[:2] == (0, payoff - cash)

    counter.push(12_001)
    counter.hedge()
    assert vault.board_claims(expiry).reserved == payoff
    book.claim(series, buyer, sender=keeper)
    assert counter.token.balanceOf(buyer) == held + payoff
    assert vault.ledger().claims == 0


def test_settle__feed_dead_since__needs_neither_feed_nor_venue(rich_in_margin, buyer, keeper):
    """SPEC-C1: the hedge counts as last seen live."""
    counter = rich_in_margin
    vault, book = counter.vault, counter.system.book
    expiry, series = book.live_boards()[0], counter.series(2_000)
    counter.wait_until(expiry - 60)
    counter.push(5_000)
    counter.system.hedger.rebalance(sender=keeper)
    seen, cash = counter.system.hedger.account().low, vault.ledger().cash
    last = counter.system.feed.latest_round()
    counter.wait_until(expiry + 3_601)
    counter.push(10)
    counter.kill_venue()
    book.settle(expiry, last, last + 1, sender=keeper)

    payoff = 20 * 3_000 * counter.unit
    assert seen > 20_000 * WAD
    assert tuple(vault.board_claims(expiry)) == (payoff, payoff, min(cash, payoff))
    book.claim(series, buyer, sender=keeper)
    assert vault.ledger().claims == payoff - min(cash, payoff)


def test_settle__insolvent__each_holder_gets_the_same_share(
    create_counter, buyer, keeper, stranger
):
    """SPEC-C1, SPEC-C2, SPEC-C4: 500 calls without a hedge, the index at ten times what it was."""
    counter = create_counter()
    vault, book = counter.vault, counter.system.book
    expiry = book.live_boards()[0]
    counter.sell(300, 2_000, to=stranger)
    counter.sell(100, 2_000, to=keeper)
    counter.sell(100, 2_100, to=buyer)
    calls = {stranger: (300, 2_000), keeper: (100, 2_000), buyer: (100, 2_100)}
    cash = vault.ledger().cash
    counter.settle(expiry, 20_000)

    payoffs = {who: n * (20_000 - strike) * counter.unit for who, (n, strike) in calls.items()}
    total = sum(payoffs.values())
    assert tuple(vault.board_claims(expiry)) == (total, cash, cash)
    for who, (_, strike) in calls.items():
        held = counter.token.balanceOf(who)
        series = book.series_id(expiry, strike * WAD, False)
        book.claim(series, who, sender=keeper)
        assert counter.token.balanceOf(who) - held == payoffs[who] * cash // total
    assert 0 <= vault.ledger().claims < len(calls)
    assert vault.totalAssets() == 0


def test_settle__two_boards__the_first_settled_is_first(rich_in_margin, keeper, buyer):
    """SPEC-C3: cash goes to the board settled first, though both have expired."""
    counter = rich_in_margin
    vault, book = counter.vault, counter.system.book
    near, far = book.live_boards()
    rounds = counter.expire(near, 6_000)
    later = counter.expire(far, 6_000)
    cash = vault.ledger().cash
    book.settle(far, *later, sender=keeper)
    book.settle(near, *rounds, sender=keeper)

    first = 5 * (6_000 - 2_400) * counter.unit
    assert tuple(vault.board_claims(far)) == (first, first, first)
    second = vault.board_claims(near)
    assert (second.payoff, second.reserved) == (20 * 4_000 * counter.unit, cash - first)
    assert second.owed == second.payoff
