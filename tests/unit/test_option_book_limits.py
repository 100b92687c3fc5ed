"""OptionBook: sales that fill its words, with a pricer that prices and refuses nothing."""

from book_shop import DAY, DEFAULTS, WEEK, Shop, wad

from ballast import packing, risk
from ballast.units import WAD

pytest_plugins = ["book_fixtures"]

PREMIUM = 10**6


def tell(shop: Shop) -> None:
    """What the pricer says of the next sales."""
    book = risk.Risk(price=2_000 * WAD)
    quote = risk.Quote(PREMIUM, 0, 0, 0, 0, book.price, 0, 0)
    shop.pricer.tell(risk.Sale(book, book, 0, WAD // 2, quote), sender=shop.owner)


def test_size__of_a_series__fits_to_the_last_wei(stubbed):
    """SPEC-B5: what was sold before counts."""
    book, buyer, series = stubbed.book, stubbed.buyer, stubbed.id()
    tell(stubbed)
    least = DEFAULTS["limits"]["min_size"]

    def buy(amount):
        book.buy(series, amount, PREMIUM, buyer, 2**255, sender=buyer)

    buy(packing.MAX_SOLD - 2 * least)
    with stubbed.refuses("option_book: series is full"):
        buy(2 * least + 1)
    buy(2 * least)
    assert book.sold(series) == packing.MAX_SOLD


def test_live_strikes__a_whole_board_of_both_kinds__is_bought(stubbed):
    """SPEC-B1: every listed series has room, none pushes another out."""
    tell(stubbed)
    strikes = [wad(1_000 + i) for i in range(16)]
    expiry = stubbed.soon + WEEK + 2 * DAY
    stubbed.book.list_board(expiry, strikes, (wad("0.7"), 0, 0), sender=stubbed.owner)
    series = [
        packing.series_id(expiry, strike, is_put) for is_put in (True, False) for strike in strikes
    ]
    for amount, one in enumerate(series, start=1):
        stubbed.buy(one, amount)
    stubbed.buy(series[-1], 1)
    sold = [stubbed.book.sold(one) for one in series]
    assert sold == [wad(amount) for amount in (*range(1, 32), 33)]
