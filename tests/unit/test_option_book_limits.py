"""OptionBook: the limits of a sale at their very edges, with a pricer that says what it is told."""

import pytest
from book_shop import DAY, DEFAULTS, WEEK, Shop, wad

from ballast import packing, risk
from ballast.units import WAD

pytest_plugins = ["book_fixtures"]

LIMITS = DEFAULTS["limits"]
VEGA_CAP = DEFAULTS["quoting"]["vega_cap"]
HEDGE_CAP = 100 * WAD
PREMIUM = 10**6
BASE = risk.Risk(price=2_000 * WAD, shock=4 * 10**17, vol=7 * WAD // 10)
SWING = 800 * WAD  # what a move by the shock does to one ETH


def tell(shop: Shop, each: int = WAD // 2, **after: int) -> None:
    """What the pricer says of the next sales. each: delta of an option; after: fields of Risk."""
    quote = risk.Quote(PREMIUM, 0, 0, 0, 0, BASE.price, BASE.vol, 0)
    sale = risk.Sale(BASE, BASE._replace(**after), 0, each, quote)
    shop.system.pricer.tell(sale, sender=shop.owner)


def edge(shop: Shop, reason: str, inside: dict, outside: dict) -> None:
    """Refused for that reason outside, sold inside."""
    tell(shop, **outside)
    shop.refuses_sale(f"option_book: {reason}", shop.id())
    tell(shop, **inside)
    shop.buy(shop.id())


def worth(shop: Shop) -> int:
    """Cash of the vault after the next sale. [USD wad]"""
    return (shop.vault.ledger().cash + PREMIUM) * 10**12


@pytest.mark.parametrize("sign", [1, -1])
def test_delta__smallest__is_sold(stubbed, sign):
    """SPEC-B5: |Δ| of one option, calls and puts alike."""
    least = LIMITS["min_delta"]
    edge(stubbed, "delta too small", {"each": sign * least}, {"each": sign * (least - 1)})


@pytest.mark.parametrize("sign", [1, -1])
def test_delta__largest__is_sold(stubbed, sign):
    """SPEC-B5."""
    most = LIMITS["max_delta"]
    edge(stubbed, "delta too large", {"each": sign * most}, {"each": sign * (most + 1)})


@pytest.mark.parametrize("sign", [1, -1])
def test_vega__at_the_cap__is_sold(stubbed, sign):
    """SPEC-B5: |vega| of the book after the sale."""
    edge(stubbed, "over vega cap", {"vega": sign * VEGA_CAP}, {"vega": sign * (VEGA_CAP + 1)})


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("where", ["delta", "up_delta", "down_delta"])
def test_hedge__at_the_cap__is_sold(stubbed, where, sign):
    """SPEC-B6: |Δ| at spot and at both shocks."""
    inside, outside = ({where: sign * size} for size in (HEDGE_CAP, HEDGE_CAP + 1))
    edge(stubbed, "over hedge cap", inside, outside)


def test_hedge__at_what_the_venue_takes__is_sold(create_shop, stubbed_chain):
    """SPEC-B6: a hedge that the venue has no room for cannot be sold against, on either side."""
    narrow = create_shop(engine=stubbed_chain, **{"venue.net_cap": "50 ETH"})
    terms = narrow.system.venue.terms()
    room = min(terms.max_buy, terms.max_sell)
    assert 0 < room <= 50 * WAD < narrow.book.stress().hedge_cap
    for sign in (1, -1):
        inside, outside = ({"up_delta": sign * size} for size in (room, room + 1))
        edge(narrow, "over hedge cap", inside, outside)


@pytest.mark.parametrize("where", ["up_value", "down_value"])
def test_stress_loss__at_the_maximum__is_sold(stubbed, where):
    """SPEC-B6: L(s) − L(0) + Δ·S·s ≤ max_loss · low NAV, at either shock."""
    most = worth(stubbed) * 3 // 10
    edge(stubbed, "over stress loss", {where: most}, {where: most + 1})


@pytest.mark.parametrize("where, hedged", [("up_value", -HEDGE_CAP), ("down_value", HEDGE_CAP)])
def test_stress_loss__hedge__earns_what_the_options_lose(stubbed, where, hedged):
    """SPEC-B6: a short book holds a long hedge, which gains when spot rises, and the reverse."""
    most = worth(stubbed) * 3 // 10 + SWING * HEDGE_CAP // WAD
    inside, outside = ({where: value, "delta": hedged} for value in (most, most + 1))
    edge(stubbed, "over stress loss", inside, outside)


@pytest.mark.parametrize("where, hedged", [("up_value", HEDGE_CAP), ("down_value", -HEDGE_CAP)])
def test_stress_loss__hedge_on_the_wrong_side__loses_too(stubbed, where, hedged):
    """SPEC-B6."""
    most = worth(stubbed) * 3 // 10 - SWING * HEDGE_CAP // WAD
    inside, outside = ({where: value, "delta": hedged} for value in (most, most + 1))
    edge(stubbed, "over stress loss", inside, outside)


def test_stress_loss__what_is_owed_already__is_no_loss(stubbed):
    """SPEC-B6: NAV is low by the ask, the loss counts from the mid."""
    mid, ask = 10**5 * WAD, 2 * 10**5 * WAD
    most = mid + (worth(stubbed) - ask) * 3 // 10
    fields = {"mid": mid, "ask": ask, "down_value": mid}
    edge(
        stubbed,
        "over stress loss",
        {**fields, "up_value": most},
        {**fields, "up_value": most + 1},
    )


def test_free_liquidity__nothing_left__is_sold(stubbed):
    """SPEC-B6: the premium of the sale counts; a wei below zero does not do."""
    cash = worth(stubbed)
    inside, outside = (
        {"mid": owed, "ask": owed, "up_value": owed, "down_value": owed}
        for owed in (cash, cash + 1)
    )
    edge(stubbed, "over free liquidity", inside, outside)


def test_size__of_a_series__fits_to_the_last_wei(stubbed):
    """SPEC-B5: what was sold before counts."""
    book, buyer, series = stubbed.book, stubbed.buyer, stubbed.id()
    tell(stubbed)
    least = LIMITS["min_size"]

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
