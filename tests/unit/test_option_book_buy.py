"""OptionBook: `buy`, and every reason for which it refuses."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from book_shop import DAY, DEFAULTS, FOREVER, HEARTBEAT, plain, wad

from ballast import packing, risk

pytest_plugins = ["book_fixtures"]

CUTOFF = DEFAULTS["limits"]["cutoff"]
MIN_SIZE = DEFAULTS["limits"]["min_size"]
NORMAL, REDUCE_ONLY, PAUSED = 1, 2, 4  # IPerpVenue.Mode


def premium_at(shop, time, series, amount=10):
    """What the twin asks for an option of an empty book at a time. [asset]"""
    scene = shop.scene()._replace(now=time)
    return risk.sale(scene, [], shop.order(series, amount, 0)).quote.premium


# ---- A sale


def test_buy__call__pays_the_premium_and_mints(shop, stranger):
    """SPEC-B3, SPEC-B4, SPEC-B9: the caller pays, the receiver gets the options."""
    series, time = shop.id(), shop.soon
    sale = risk.sale(shop.scene()._replace(now=time), [], shop.order(series, 10, 0))
    premium = sale.quote.premium
    cash, money = shop.vault.ledger().cash, shop.system.token.balanceOf(shop.buyer)
    shop.chain.pending_timestamp = time
    receipt = shop.buy(series, 10, receiver=stranger)

    assert shop.events(receipt, "Bought") == [
        shop.book.Bought(
            id=series,
            buyer=shop.buyer,
            receiver=stranger,
            amount=wad(10),
            premium=premium,
            value=sale.value,
            spot=wad(2_000),
        )
    ]
    assert shop.events(receipt, "PremiumTaken") == [
        shop.vault.PremiumTaken(payer=shop.buyer, amount=premium)
    ]
    assert shop.book.balanceOf(stranger, series) == shop.book.sold(series) == wad(10)
    assert shop.book.balanceOf(shop.buyer, series) == 0
    assert shop.vault.ledger().cash - cash == premium
    assert money - shop.system.token.balanceOf(shop.buyer) == premium
    found = plain(shop.book.risk())
    assert found == sale.after._replace(at=found[1], valid=True)


def test_buy__same_series_twice__adds_up(shop, stranger):
    """SPEC-B2: one live series, whoever holds it."""
    series = shop.id(1, 2_100, True)
    shop.buy(series, 3)
    shop.buy(series, "0.5", receiver=stranger)
    assert shop.book.sold(series) == wad("3.5")
    assert shop.book.balanceOf(shop.buyer, series) == wad(3)
    found = plain(shop.book.risk())
    expected = risk.risk(shop.scene(), shop.words([series]))
    assert found == expected._replace(at=found[1], valid=True)


def test_buy__call_and_put_of_a_strike__are_two_series(shop):
    """SPEC-B9."""
    call, put = shop.id(), shop.id(is_put=True)
    shop.buy(call, 2)
    shop.buy(put, 5)
    assert (shop.book.sold(call), shop.book.sold(put)) == (wad(2), wad(5))
    assert put == call | 1


def test_buy__smallest_size__is_sold_and_a_wei_less_is_not(shop):
    """SPEC-B5: no dust."""
    series = shop.id()
    with shop.refuses("admission: below minimum size"):
        shop.book.buy(series, MIN_SIZE - 1, FOREVER, shop.buyer, FOREVER, sender=shop.buyer)
    with ape.reverts("admission: below minimum size"):
        shop.book.quote(series, MIN_SIZE - 1)
    shop.book.buy(series, MIN_SIZE, FOREVER, shop.buyer, FOREVER, sender=shop.buyer)
    assert shop.book.sold(series) == MIN_SIZE


def test_buy__size_zero__reverts(shop):
    """SPEC-B5."""
    shop.refuses_sale("option_book: size is zero", shop.id(), 0)


def test_buy__size_over_what_is_stored__reverts(shop):
    """SPEC-B5."""
    series, amount = shop.id(), packing.MAX_SOLD + 1
    with shop.refuses("option_book: size does not fit"):
        shop.book.buy(series, amount, FOREVER, shop.buyer, FOREVER, sender=shop.buyer)


# ---- What the buyer gives


def test_buy__at_the_deadline__is_sold_and_a_second_later_is_not(shop):
    """SPEC-B3, SPEC-B5."""
    series, deadline = shop.id(), shop.soon
    with shop.refuses("option_book: deadline passed"):
        shop.chain.pending_timestamp = deadline + 1
        shop.buy(series, deadline=deadline)
    later = shop.soon
    shop.chain.pending_timestamp = later
    shop.buy(series, deadline=later)
    assert shop.now == later


def test_buy__premium_at_the_maximum__is_sold_and_over_it_is_not(shop):
    """SPEC-B3, SPEC-B5."""
    series, time = shop.id(), shop.soon
    with shop.refuses("option_book: premium over maximum"):
        shop.chain.pending_timestamp = time
        shop.buy(series, max_premium=premium_at(shop, time, series) - 1)
    time = shop.soon
    premium = premium_at(shop, time, series)
    shop.chain.pending_timestamp = time
    (bought,) = shop.events(shop.buy(series, max_premium=premium), "Bought")
    assert bought.premium == premium


def test_buy__receiver_zero__reverts(shop):
    """SPEC-B5."""
    with shop.refuses("option_book: receiver is zero"):
        shop.buy(shop.id(), receiver=ZERO_ADDRESS)


def test_buy__without_the_money__reverts(shop, attacker, owner):
    """SPEC-B3: nobody else pays, least of all the vault."""
    with shop.refuses("erc20: insufficient allowance"):
        shop.buy(shop.id(), sender=attacker)
    shop.system.token.approve(shop.vault, FOREVER, sender=attacker)
    with shop.refuses("erc20: transfer amount exceeds balance"):
        shop.buy(shop.id(), sender=attacker)


# ---- What is not for sale


@pytest.mark.parametrize("change", [1, -1])
def test_buy__unknown_board__reverts(shop, change):
    """SPEC-B5."""
    series = packing.series_id(shop.expiries[0] + change, wad(2_000), False)
    shop.refuses_sale("option_book: unknown board", series)


@pytest.mark.parametrize("series", [0, 1, 2_000 * 10**18 << 8, 2**256 - 1])
def test_buy__garbage_for_an_id__reverts(shop, series):
    """SPEC-B5: expiry 0 is no board although empty slots hold it."""
    shop.refuses_sale("option_book: unknown board", series)
    assert shop.book.sold(series) == 0


@pytest.mark.parametrize("kind", [2, 3, 128, 255])
def test_buy__unknown_kind__reverts(shop, kind):
    """SPEC-B5."""
    shop.refuses_sale("option_book: unknown kind", shop.id() | kind)


@pytest.mark.parametrize("strike", ["0", "2000.000000000000000001", "1999", "9000"])
def test_buy__unknown_strike__reverts(shop, strike):
    """SPEC-B5."""
    shop.refuses_sale("option_book: unknown strike", shop.id(0, strike))


def test_buy__settled_board__reverts(shop):
    """SPEC-B5."""
    shop.settle(0, 2_000)
    shop.refuses_sale("option_book: unknown board", shop.id())


def test_buy__at_the_cutoff__is_sold_and_a_second_later_is_not(shop):
    """SPEC-B5."""
    last = shop.expiries[0] - CUTOFF
    shop.push(2_000, last - 1)
    shop.chain.pending_timestamp = last
    shop.buy(shop.id())
    assert shop.now == last
    shop.at(last + 1)
    shop.refuses_sale("admission: inside the cutoff", shop.id())


@pytest.mark.parametrize(
    "after, reason",
    [
        (-1, "admission: inside the cutoff"),
        (0, "option_book: expired"),
        (1, "option_book: expired"),
    ],
)
def test_buy__around_expiry__reverts(shop, after, reason):
    """SPEC-B5."""
    shop.push(2_000, shop.expiries[0] + after - 2)
    shop.at(shop.expiries[0] + after - 1)  # the sale comes a second later, and the quote with it
    shop.refuses_sale(reason, shop.id())
    assert shop.now == shop.expiries[0] + after


# ---- When nothing is for sale


@pytest.mark.parametrize("answer", [-2_000, 0, "0.5", 1_000_001])
def test_buy__bad_answer__reverts(shop, answer):
    """SPEC-B5."""
    shop.push(answer)
    shop.refuses_sale("option_book: feed not live", shop.id())


def test_buy__feed_a_heartbeat_old__is_sold_and_a_second_later_is_not(shop):
    """SPEC-B5."""
    pushed = shop.soon
    shop.push(2_000, pushed)
    shop.chain.pending_timestamp = pushed + HEARTBEAT
    shop.buy(shop.id())
    assert shop.now == pushed + HEARTBEAT
    shop.at(pushed + HEARTBEAT + 1)
    shop.refuses_sale("option_book: feed not live", shop.id())


def test_buy__feed_reverts__reverts(switched):
    """SPEC-B5."""
    shop, switches = switched
    switches.feed.switch_off(sender=shop.owner)
    shop.refuses_sale("option_book: feed not live", shop.id())


def test_buy__venue_silent__reverts(switched):
    """SPEC-B5."""
    shop, switches = switched
    switches.venue.switch_off(sender=shop.owner)
    shop.refuses_sale("option_book: venue not live", shop.id())


@pytest.mark.parametrize("mode", [REDUCE_ONLY, PAUSED])
def test_buy__venue_opens_nothing__reverts(shop, mode):
    """SPEC-B5: nobody could hedge it."""
    shop.system.venue.set_mode(mode, sender=shop.owner)
    shop.refuses_sale("option_book: venue reduce-only", shop.id())
    shop.system.venue.set_mode(NORMAL, sender=shop.owner)
    shop.buy(shop.id())


def test_buy__after_a_bad_answer__is_sold_at_the_next_good_one(shop):
    """SPEC-B5."""
    shop.push(-1)
    shop.push(2_000)
    shop.buy(shop.id())


# ---- What the book may be after it (the very edges are in test_admission.py)


@pytest.mark.parametrize(
    "series, amount, reason",
    [
        ((0, 2_400, False), 1, "delta too small"),
        ((0, 1_600, True), 1, "delta too small"),
        ((0, 1_600, False), 1, "delta too large"),
        ((0, 2_400, True), 1, "delta too large"),
        ((1, 2_000, False), 5_000, "over vega cap"),
        ((0, 2_000, False), 8_000, "over hedge cap"),
        ((0, 2_000, True), 8_000, "over hedge cap"),
        ((0, 2_000, False), 3_600, "over stress loss"),
        ((0, 2_000, False), 2_400, "over free liquidity"),
    ],
)
def test_buy__over_a_limit__reverts(shop, series, amount, reason):
    """SPEC-B5, SPEC-B6."""
    shop.refuses_sale(f"admission: {reason}", shop.id(*series), amount)


def test_buy__a_limit_used_up_in_parts__reverts_too(shop):
    """SPEC-B6: limits are on the book, not on the sale."""
    for _ in range(2):
        shop.buy(shop.id(), 800)
    shop.refuses_sale("admission: over free liquidity", shop.id(), 800)


def test_buy__days_later__is_priced_on_what_is_left(shop):
    """SPEC-B4."""
    series, time = shop.id(), shop.soon + 3 * DAY
    shop.push(2_000, time - 1)
    premium = premium_at(shop, time, series)
    shop.chain.pending_timestamp = time
    (bought,) = shop.events(shop.buy(series), "Bought")
    assert bought.premium == premium < premium_at(shop, time - 3 * DAY, series)
