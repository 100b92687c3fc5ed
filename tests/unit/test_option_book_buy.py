"""OptionBook: `buy`, and every reason for which it refuses."""

import ape
import pytest
from book_desk import DAY, DEFAULTS, FOREVER, HEARTBEAT, plain, wad

from ballast import packing, risk
from ballast.deployment import ZERO_ADDRESS

pytest_plugins = ["book_fixtures"]

CUTOFF = DEFAULTS["limits"]["cutoff"]
MIN_SIZE = DEFAULTS["limits"]["min_size"]


def premium_at(desk, time, series, amount=10):
    """What the twin asks for an option of an empty book at a time. [asset]"""
    scene = desk.scene()._replace(now=time)
    return risk.sale(scene, [], desk.order(series, amount, 0)).quote.premium


# ---- A sale


def test_buy__call__pays_the_premium_and_mints(desk, stranger):
    """SPEC-B3, SPEC-B4, SPEC-B9: the caller pays, the receiver gets the options."""
    series, time = desk.id(), desk.soon
    sale = risk.sale(desk.scene()._replace(now=time), [], desk.order(series, 10, 0))
    premium = sale.quote.premium
    cash, money = desk.vault.ledger().cash, desk.system.token.balanceOf(desk.buyer)
    desk.chain.pending_timestamp = time
    receipt = desk.buy(series, 10, receiver=stranger)

    assert desk.events(receipt, "Bought") == [
        desk.book.Bought(
            id=series,
            buyer=desk.buyer,
            receiver=stranger,
            amount=wad(10),
            premium=premium,
            value=sale.value,
            spot=wad(2_000),
        )
    ]
    assert desk.events(receipt, "PremiumTaken") == [
        desk.vault.PremiumTaken(payer=desk.buyer, amount=premium)
    ]
    assert desk.book.balanceOf(stranger, series) == desk.book.sold(series) == wad(10)
    assert desk.book.balanceOf(desk.buyer, series) == 0
    assert desk.vault.ledger().cash - cash == premium
    assert money - desk.system.token.balanceOf(desk.buyer) == premium
    found = plain(desk.book.risk())
    assert found == sale.after._replace(at=found[1], valid=True)


def test_buy__same_series_twice__adds_up(desk, stranger):
    """SPEC-B2: one live series, whoever holds it."""
    series = desk.id(1, 2_100, True)
    desk.buy(series, 3)
    desk.buy(series, "0.5", receiver=stranger)
    assert desk.book.sold(series) == wad("3.5")
    assert desk.book.balanceOf(desk.buyer, series) == wad(3)
    found = plain(desk.book.risk())
    expected = risk.risk(desk.scene(), desk.words([series]))
    assert found == expected._replace(at=found[1], valid=True)


def test_buy__call_and_put_of_a_strike__are_two_series(desk):
    """SPEC-B9."""
    call, put = desk.id(), desk.id(is_put=True)
    desk.buy(call, 2)
    desk.buy(put, 5)
    assert (desk.book.sold(call), desk.book.sold(put)) == (wad(2), wad(5))
    assert put == call | 1


def test_buy__smallest_size__is_sold_and_a_wei_less_is_not(desk):
    """SPEC-B5: no dust."""
    series = desk.id()
    with desk.refuses("option_book: below minimum size"):
        desk.book.buy(series, MIN_SIZE - 1, FOREVER, desk.buyer, FOREVER, sender=desk.buyer)
    with ape.reverts("option_book: below minimum size"):
        desk.book.quote(series, MIN_SIZE - 1)
    desk.book.buy(series, MIN_SIZE, FOREVER, desk.buyer, FOREVER, sender=desk.buyer)
    assert desk.book.sold(series) == MIN_SIZE


def test_buy__size_zero__reverts(desk):
    """SPEC-B5."""
    desk.refuses_sale("option_book: below minimum size", desk.id(), 0)


def test_buy__size_over_what_is_stored__reverts(desk):
    """SPEC-B5."""
    series, amount = desk.id(), packing.MAX_SOLD + 1
    with desk.refuses("option_book: size does not fit"):
        desk.book.buy(series, amount, FOREVER, desk.buyer, FOREVER, sender=desk.buyer)


# ---- What the buyer gives


def test_buy__at_the_deadline__is_sold_and_a_second_later_is_not(desk):
    """SPEC-B3, SPEC-B5."""
    series, deadline = desk.id(), desk.soon
    with desk.refuses("option_book: deadline passed"):
        desk.chain.pending_timestamp = deadline + 1
        desk.buy(series, deadline=deadline)
    later = desk.soon
    desk.chain.pending_timestamp = later
    desk.buy(series, deadline=later)
    assert desk.now == later


def test_buy__premium_at_the_maximum__is_sold_and_over_it_is_not(desk):
    """SPEC-B3, SPEC-B5."""
    series, time = desk.id(), desk.soon
    with desk.refuses("option_book: premium over maximum"):
        desk.chain.pending_timestamp = time
        desk.buy(series, max_premium=premium_at(desk, time, series) - 1)
    time = desk.soon
    premium = premium_at(desk, time, series)
    desk.chain.pending_timestamp = time
    (bought,) = desk.events(desk.buy(series, max_premium=premium), "Bought")
    assert bought.premium == premium


def test_buy__receiver_zero__reverts(desk):
    """SPEC-B5."""
    with desk.refuses("option_book: receiver is zero"):
        desk.buy(desk.id(), receiver=ZERO_ADDRESS)


def test_buy__without_the_money__reverts(desk, attacker, owner):
    """SPEC-B3: nobody else pays, least of all the vault."""
    with desk.refuses("erc20: insufficient allowance"):
        desk.buy(desk.id(), sender=attacker)
    desk.system.token.approve(desk.vault, FOREVER, sender=attacker)
    with desk.refuses("erc20: transfer amount exceeds balance"):
        desk.buy(desk.id(), sender=attacker)


# ---- What is not for sale


@pytest.mark.parametrize("change", [1, -1])
def test_buy__unknown_board__reverts(desk, change):
    """SPEC-B5."""
    series = packing.series_id(desk.expiries[0] + change, wad(2_000), False)
    desk.refuses_sale("option_book: unknown board", series)


@pytest.mark.parametrize("series", [0, 1, 2_000 * 10**18 << 8, 2**256 - 1])
def test_buy__garbage_for_an_id__reverts(desk, series):
    """SPEC-B5: expiry 0 is no board although empty slots hold it."""
    desk.refuses_sale("option_book: unknown board", series)
    assert desk.book.sold(series) == 0


@pytest.mark.parametrize("kind", [2, 3, 128, 255])
def test_buy__unknown_kind__reverts(desk, kind):
    """SPEC-B5."""
    desk.refuses_sale("option_book: unknown kind", desk.id() | kind)


@pytest.mark.parametrize("strike", ["0", "2000.000000000000000001", "1999", "9000"])
def test_buy__unknown_strike__reverts(desk, strike):
    """SPEC-B5."""
    desk.refuses_sale("option_book: unknown strike", desk.id(0, strike))


def test_buy__settled_board__reverts(desk):
    """SPEC-B5."""
    desk.settle(0, 2_000)
    desk.refuses_sale("option_book: unknown board", desk.id())


def test_buy__at_the_cutoff__is_sold_and_a_second_later_is_not(desk):
    """SPEC-B5."""
    last = desk.expiries[0] - CUTOFF
    desk.push(2_000, last - 1)
    desk.chain.pending_timestamp = last
    desk.buy(desk.id())
    assert desk.now == last
    desk.at(last + 1)
    desk.refuses_sale("option_book: inside the cutoff", desk.id())


@pytest.mark.parametrize(
    "after, reason", [(-1, "inside the cutoff"), (0, "expired"), (1, "expired")]
)
def test_buy__around_expiry__reverts(desk, after, reason):
    """SPEC-B5."""
    desk.push(2_000, desk.expiries[0] + after - 2)
    desk.at(desk.expiries[0] + after - 1)  # the sale comes a second later, and the quote with it
    desk.refuses_sale(f"option_book: {reason}", desk.id())
    assert desk.now == desk.expiries[0] + after


# ---- When nothing is for sale


@pytest.mark.parametrize("answer", [-2_000, 0, "0.5", 1_000_001])
def test_buy__bad_answer__reverts(desk, answer):
    """SPEC-B5."""
    desk.push(answer)
    desk.refuses_sale("option_book: feed not live", desk.id())


def test_buy__feed_a_heartbeat_old__is_sold_and_a_second_later_is_not(desk):
    """SPEC-B5."""
    pushed = desk.soon
    desk.push(2_000, pushed)
    desk.chain.pending_timestamp = pushed + HEARTBEAT
    desk.buy(desk.id())
    assert desk.now == pushed + HEARTBEAT
    desk.at(pushed + HEARTBEAT + 1)
    desk.refuses_sale("option_book: feed not live", desk.id())


def test_buy__feed_reverts__reverts(switched):
    """SPEC-B5."""
    desk, switches = switched
    switches.feed.switch_off(sender=desk.owner)
    desk.refuses_sale("option_book: feed not live", desk.id())


def test_buy__venue_silent__reverts(switched):
    """SPEC-B5."""
    desk, switches = switched
    switches.venue.switch_off(sender=desk.owner)
    desk.refuses_sale("option_book: venue not live", desk.id())


def test_buy__after_a_bad_answer__is_sold_at_the_next_good_one(desk):
    """SPEC-B5."""
    desk.push(-1)
    desk.push(2_000)
    desk.buy(desk.id())


# ---- What the book may be after it (the very edges are in test_option_book_limits.py)


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
def test_buy__over_a_limit__reverts(desk, series, amount, reason):
    """SPEC-B5, SPEC-B6."""
    desk.refuses_sale(f"option_book: {reason}", desk.id(*series), amount)


def test_buy__a_limit_used_up_in_parts__reverts_too(desk):
    """SPEC-B6: limits are on the book, not on the sale."""
    for _ in range(2):
        desk.buy(desk.id(), 800)
    desk.refuses_sale("option_book: over free liquidity", desk.id(), 800)


def test_buy__days_later__is_priced_on_what_is_left(desk):
    """SPEC-B4."""
    series, time = desk.id(), desk.soon + 3 * DAY
    desk.push(2_000, time - 1)
    premium = premium_at(desk, time, series)
    desk.chain.pending_timestamp = time
    (bought,) = desk.events(desk.buy(series), "Bought")
    assert bought.premium == premium < premium_at(desk, time - 3 * DAY, series)
