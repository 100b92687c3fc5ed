"""OptionBook: `settle`: what it books. Which price it takes is in test_settlement.py."""

import pytest
from book_shop import DAY, wad

from ballast import packing, payoff

pytest_plugins = ["book_fixtures"]

AMOUNTS = {
    (0, 2_000, False): "3.000000000000000001",
    (0, 1_900, True): "2.718281828459045235",
    (0, 2_100, False): "1.1",
    (1, 2_000, True): 7,
}


@pytest.fixture(scope="module")
def sold(shop, switched):
    """The default vault with three series of the first board and one of the second sold.

    `switched` must be there before: a session's fixture that comes later has this done again.
    """
    for series, amount in AMOUNTS.items():
        shop.buy(shop.id(*series), amount)
    return shop


def owed(shop, board, price):
    """Σ of what the series of a board pay, each cut to the token's units. [asset]"""
    total = 0
    for (of, strike, is_put), amount in AMOUNTS.items():
        if of == board:
            each = payoff.intrinsic(wad(price), wad(strike), is_put)
            total += wad(amount) * each // 10**18 // 10**12
    return total


@pytest.mark.parametrize("price", ["1650.5", "1899.99999999", "2000", "2000.00000001", "2222.22"])
def test_settle__any_price__books_what_each_series_pays(sold, stranger, price):
    """SPEC-B7, SPEC-C1: anyone settles; the board's claim is the sum over its series."""
    expiry = sold.expiries[0]
    before, after = sold.push(price, expiry), sold.push(1_234, expiry + 1)
    cash = sold.vault.ledger().cash
    receipt = sold.book.settle(expiry, before, after, sender=stranger)

    expected = owed(sold, 0, price)
    assert sold.events(receipt, "Settled") == [
        sold.book.Settled(expiry=expiry, price=wad(price), payoff=expected)
    ]
    assert sold.book.settlement_price(expiry) == wad(price)
    assert sold.book.live_boards() == [sold.expiries[1]]
    assert tuple(sold.vault.board_claims(expiry)) == (expected, expected, expected)
    ledger = sold.vault.ledger()
    assert (ledger.cash, ledger.claims) == (cash, expected)
    for of, strike, is_put in AMOUNTS:
        is_live = of == 1
        amount = AMOUNTS[of, strike, is_put]
        assert sold.book.sold(sold.id(of, strike, is_put)) == (wad(amount) if is_live else 0)


def test_settle__board_settled__risk_is_that_of_the_rest(sold):
    """SPEC-B7."""
    sold.settle(0, 2_150)
    found = sold.book.risk()
    assert found.sold == wad(7) and not found.unsettled
    assert found.delta > 0  # the put


def test_settle__a_second_before_expiry__reverts(sold):
    """SPEC-B7."""
    expiry = sold.expiries[0]
    round_id = sold.push(2_000, expiry - 10)
    with sold.refuses("option_book: not expired"):
        sold.chain.pending_timestamp = expiry - 1
        sold.book.settle(expiry, round_id, 0, sender=sold.buyer)


def test_settle__twice__reverts(sold):
    """SPEC-B7."""
    expiry = sold.settle(0, 2_100)
    last = sold.feed.latest_round()
    with sold.refuses("option_book: unknown board"):
        sold.book.settle(expiry, last - 1, last, sender=sold.buyer)
    assert sold.book.settlement_price(expiry) == wad(2_100)


@pytest.mark.parametrize("expiry", [0, 1, 1_700_000_000, 2**256 - 1])
def test_settle__unknown_board__reverts(sold, expiry):
    """SPEC-B7: expiry 0 is no board although empty slots hold it."""
    with sold.refuses("option_book: unknown board"):
        sold.book.settle(expiry, 1, 2, sender=sold.buyer)


def test_settle__nothing_sold__owes_nothing(switched):
    """SPEC-B7."""
    shop, _ = switched
    expiry = shop.settle(0, 2_500)
    assert tuple(shop.vault.board_claims(expiry)) == (0, 0, 0)
    assert shop.book.settlement_price(expiry) == wad(2_500)


def test_settle__later_board_first__each_for_itself(sold):
    """SPEC-B7: one board's trouble never blocks another."""
    near, far = sold.expiries
    at_near = sold.push(2_100, near), sold.push(2_110, near + 1)
    at_far = sold.push(1_900, far), sold.push(1_800, far + 1)
    sold.book.settle(far, *at_far, sender=sold.buyer)
    assert sold.book.live_boards() == [near]
    assert sold.book.risk().unsettled
    sold.book.settle(near, *at_near, sender=sold.buyer)
    assert sold.book.live_boards() == []
    assert not sold.book.risk().unsettled
    assert sold.book.settlement_price(near) == wad(2_100)
    assert sold.book.settlement_price(far) == wad(1_900)
    assert sold.vault.ledger().claims == owed(sold, 0, 2_100) + owed(sold, 1, 1_900)


def test_settle__feed_dead_since__still_settles(sold):
    """SPEC-B7: the rounds are there for good."""
    expiry = sold.expiries[0]
    before, after = sold.push(2_100, expiry), sold.push(2_110, expiry + 1)
    sold.push(-1)
    sold.at(expiry + 30 * DAY)
    assert not sold.book.risk().valid
    sold.book.settle(expiry, before, after, sender=sold.buyer)
    assert sold.book.settlement_price(expiry) == wad(2_100)


def test_settle__venue_silent__still_settles(switched):
    """SPEC-B7."""
    shop, switches = switched
    series = shop.id()
    shop.buy(series)
    switches.venue.switch_off(sender=shop.owner)
    expiry = shop.settle(0, 2_100)
    assert shop.vault.board_claims(expiry).reserved == 1_000 * 10**6
    shop.book.claim(series, shop.buyer, sender=shop.buyer)
    assert shop.book.balanceOf(shop.buyer, series) == 0


def test_settle__feed_unreadable__reverts_for_want_of_a_round(switched):
    """SPEC-B7."""
    shop, switches = switched
    expiry = shop.expiries[0]
    before, after = shop.push(2_100, expiry), shop.push(2_110, expiry + 1)
    switches.feed.switch_off(sender=shop.owner)
    with shop.refuses("settlement: no such round"):
        shop.book.settle(expiry, before, after, sender=shop.buyer)


def test_sold__other_id_of_the_board__is_zero(sold):
    assert sold.book.sold(sold.id(0, 2_300)) == 0
    assert sold.book.sold(packing.series_id(12_345, wad(2_000), False)) == 0
