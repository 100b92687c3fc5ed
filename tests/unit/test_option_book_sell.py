"""OptionBook: `sell`, `quote_sell`, and every reason for which they refuse. SPEC-B11."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from book_shop import DEFAULTS, FOREVER, HEARTBEAT, plain, wad

from ballast import risk

pytest_plugins = ["book_fixtures"]

CUTOFF = DEFAULTS["limits"]["cutoff"]
REDUCE_ONLY, PAUSED = 2, 4  # IPerpVenue.Mode
LOTS = {(0, 2_000, False): 10, (0, 1_900, True): 20, (0, 2_100, False): 5, (1, 2_000, True): 8}


@pytest.fixture(scope="module")
def sold(shop, switched):
    """The default vault with four series sold to the buyer.

    `switched` must be there before: a session's fixture that comes later has this done again.
    """
    for series, amount in LOTS.items():
        shop.buy(shop.id(*series), amount)
    return shop


@pytest.fixture
def silent(switched):
    """A vault with ten calls sold whose feed and venue can be switched off."""
    shop, switches = switched
    shop.buy(shop.id())
    return shop, switches


@pytest.fixture
def short_of_cash(create_shop, keeper):
    """1,000 calls settled at 5,500 USD, which takes all the cash; one call of the far board."""
    shop = create_shop()
    shop.buy(shop.id(), 1_000)
    shop.buy(shop.id(1), 1)
    for _ in range(6):
        shop.system.hedger.rebalance(sender=keeper)
    shop.settle(0, 5_500)
    ledger = shop.vault.ledger()
    assert ledger.cash < ledger.claims
    return shop


def ids(shop):
    """The series in the order in which they were sold."""
    return [shop.id(*series) for series in LOTS]


def buy_back_at(shop, time, series, amount):
    """What the twin says of a buy-back of the sold book at a time."""
    scene = shop.scene()._replace(now=time)
    return risk.buy_back(scene, shop.words(ids(shop)), shop.order(series, amount, 3))


def refuses_buy_back(shop, reason, series, amount=10):
    """Neither bought back nor quoted, for that reason."""
    with shop.refuses(reason):
        shop.sell(series, amount)
    with ape.reverts(reason):
        shop.book.quote_sell(series, wad(amount))


# ---- A buy-back


@pytest.mark.parametrize("series, amount", [((0, 2_000, False), 4), ((0, 1_900, True), 20)])
def test_sell__held__burns_and_pays(sold, stranger, series, amount):
    """SPEC-B11: the caller's options are burnt, the receiver is paid."""
    series, time = sold.id(*series), sold.soon
    back = buy_back_at(sold, time, series, amount)
    premium = back.quote.premium
    held, live = sold.book.balanceOf(sold.buyer, series), sold.book.sold(series)
    cash, money = sold.vault.ledger().cash, sold.system.token.balanceOf(stranger)
    sold.chain.pending_timestamp = time
    receipt = sold.sell(series, amount, min_premium=premium, receiver=stranger)

    assert sold.events(receipt, "SoldBack") == [
        sold.book.SoldBack(
            id=series,
            seller=sold.buyer,
            receiver=stranger,
            amount=wad(amount),
            premium=premium,
            value=back.value,
            spot=wad(2_000),
        )
    ]
    assert sold.events(receipt, "PremiumReturned") == [
        sold.vault.PremiumReturned(receiver=stranger, amount=premium)
    ]
    assert sold.book.balanceOf(sold.buyer, series) == held - wad(amount)
    assert sold.book.sold(series) == live - wad(amount)
    assert cash - sold.vault.ledger().cash == premium > 0
    assert sold.system.token.balanceOf(stranger) - money == premium


def test_sell__all_of_a_strike__leaves_the_other_strikes_dense(sold):
    """SPEC-B11: the last live strike takes its place; nothing else changes."""
    sold.sell(sold.id(0, 2_000, False), 10)
    assert sold.book.sold(sold.id(0, 2_000, False)) == 0
    assert sold.book.sold(sold.id(0, 1_900, True)) == wad(20)
    assert sold.book.sold(sold.id(0, 2_100, False)) == wad(5)
    left = [sold.id(0, 2_100, False), sold.id(0, 1_900, True), sold.id(1, 2_000, True)]
    found = plain(sold.book.risk())
    assert found == risk.risk(sold.scene(), sold.words(left))._replace(at=found[1], valid=True)


def test_sell__one_kind_of_a_strike__keeps_the_other(sold):
    """SPEC-B11: a strike leaves when neither calls nor puts are left."""
    put = sold.id(0, 2_000, True)
    sold.buy(put, 3)
    sold.sell(sold.id(0, 2_000, False), 10)
    assert (sold.book.sold(sold.id(0, 2_000, False)), sold.book.sold(put)) == (0, wad(3))
    sold.sell(put, 3)
    assert sold.book.sold(put) == 0
    assert sold.book.sold(sold.id(0, 2_100, False)) == wad(5)


def test_sell__everything__leaves_an_empty_book_that_can_be_sold_from_again(sold):
    """SPEC-B11, SPEC-B2."""
    for series, amount in LOTS.items():
        sold.sell(sold.id(*series), amount)
    found = sold.book.risk()
    assert (found.mid, found.ask, found.delta, found.sold, found.vol) == (0, 0, 0, 0, 0)
    sold.buy(sold.id(0, 2_100, False), 2)
    assert sold.book.sold(sold.id(0, 2_100, False)) == wad(2)
    assert sold.book.risk().sold == wad(2)
    sold.settle(0, 2_200)
    assert sold.vault.ledger().claims == 200 * 10**6


def test_sell__part__then_settled__pays_for_the_rest(sold):
    """SPEC-B11, SPEC-B7: the board owes what is left."""
    series = sold.id(0, 2_000, False)
    sold.sell(series, 4)
    expiry = sold.settle(0, 2_050)
    assert sold.vault.board_claims(expiry).payoff == 300 * 10**6
    before = sold.system.token.balanceOf(sold.buyer)
    sold.book.claim(series, sold.buyer, sender=sold.buyer)
    assert sold.system.token.balanceOf(sold.buyer) - before == 300 * 10**6


@pytest.mark.parametrize("is_put", [False, True])
@pytest.mark.parametrize("amount", ["0.01", 1, 300])
@pytest.mark.parametrize("board, strike", [(0, 2_000), (1, 1_800), (1, 2_200)])
def test_sell__just_bought__loses(shop, board, strike, amount, is_put):
    """SPEC-B11: a round trip never gains, and costs twice the spread in vega at least."""
    series = shop.id(board, strike, is_put)
    held = shop.book.balanceOf(shop.buyer, series)
    (bought,) = shop.events(shop.buy(series, amount), "Bought")
    quote = shop.book.quote_sell(series, wad(amount))
    (back,) = shop.events(shop.sell(series, amount), "SoldBack")
    assert back.premium < bought.premium
    assert bought.premium - back.premium > 2 * (quote.vol_charge + quote.fee) // 10**12 * 9 // 10
    assert shop.book.balanceOf(shop.buyer, series) == held


def test_sell__any__never_lowers_the_low_nav(sold):
    """SPEC-B11, SPEC-V3: who stays does not pay for who goes: less is paid than the ask counts."""
    for series, amount in LOTS.items():
        quote = sold.book.quote_sell(sold.id(*series), wad(amount))
        assert quote.premium * 10**12 < quote.value
        before = sold.vault.net_asset_value()[1]
        sold.sell(sold.id(*series), amount)
        assert sold.vault.net_asset_value()[1] > before


def test_quote_sell__book_and_hedge__equals_the_twin(sold, keeper):
    """SPEC-B11: the mark, the hedge held, the book's vega, all as they stand."""
    sold.system.hedger.rebalance(sender=keeper)
    series = sold.id(0, 1_900, True)
    expected = buy_back_at(sold, sold.now, series, 7).quote
    assert plain(sold.book.quote_sell(series, wad(7))) == expected


def test_sell__worth_less_than_its_charges__pays_nothing(sold, create_shop):
    """SPEC-B11: floored at 0, never negative."""
    shop = create_shop(**{"pricer.limits.min_delta": "0 %", "pricer.quoting.fee": "100 bps"})
    series = shop.id(0, 2_400)
    shop.buy(series, 100)
    shop.push(1_200)
    assert shop.book.quote_sell(series, wad(100)).premium == 0
    cash = shop.vault.ledger().cash
    shop.sell(series, 100)
    assert shop.vault.ledger().cash == cash
    assert shop.book.risk().sold == 0


# ---- What the seller gives


def test_sell__at_the_deadline__is_paid_and_a_second_later_is_not(sold):
    """SPEC-B11."""
    series, deadline = sold.id(), sold.soon
    with sold.refuses("option_book: deadline passed"):
        sold.chain.pending_timestamp = deadline + 1
        sold.sell(series, deadline=deadline)
    later = sold.soon
    sold.chain.pending_timestamp = later
    sold.sell(series, deadline=later)
    assert sold.now == later


def test_sell__premium_under_the_minimum__reverts(sold):
    """SPEC-B11."""
    series, time = sold.id(), sold.soon
    premium = buy_back_at(sold, time, series, 10).quote.premium
    with sold.refuses("option_book: premium under minimum"):
        sold.chain.pending_timestamp = time
        sold.sell(series, min_premium=premium + 1)


def test_sell__receiver_zero__reverts(sold):
    """SPEC-B11."""
    with sold.refuses("option_book: receiver is zero"):
        sold.sell(sold.id(), receiver=ZERO_ADDRESS)


def test_sell__more_than_held__reverts(sold, stranger):
    """SPEC-B11: though others hold more."""
    sold.book.transfer(stranger, sold.id(), wad(3), sender=sold.buyer)
    with sold.refuses("option_book: more than held"):
        sold.book.sell(sold.id(), wad(7) + 1, 0, sold.buyer, FOREVER, sender=sold.buyer)
    sold.sell(sold.id(), 7)
    sold.sell(sold.id(), 3, sender=stranger)
    assert sold.book.sold(sold.id()) == 0


def test_sell__for_another__is_not_possible(sold, attacker):
    """SPEC-B11: not even for an operator: he can move the options to himself first."""
    sold.book.setOperator(attacker, True, sender=sold.buyer)
    with sold.refuses("option_book: more than held"):
        sold.sell(sold.id(), 1, sender=attacker)


def test_sell__nothing__reverts(sold):
    """SPEC-B11."""
    refuses_buy_back(sold, "option_book: size is zero", sold.id(), 0)


@pytest.mark.parametrize("series", [0, 1, 2**256 - 1])
def test_sell__garbage_for_an_id__reverts(sold, series):
    """SPEC-B11."""
    with ape.reverts("option_book: unknown board"):
        sold.book.quote_sell(series, wad(1))
    with sold.refuses("option_book: more than held"):
        sold.sell(series, 1)


def test_quote_sell__more_than_sold__reverts(sold):
    """SPEC-B11."""
    with ape.reverts("pricer: more than sold"):
        sold.book.quote_sell(sold.id(), wad(10) + 1)
    with ape.reverts("pricer: not sold"):
        sold.book.quote_sell(sold.id(0, 2_200), 1)
    with ape.reverts("pricer: not sold"):
        sold.book.quote_sell(sold.id(1, 2_100), 1)


# ---- When it is open


@pytest.mark.parametrize("mode", [REDUCE_ONLY, PAUSED])
def test_sell__venue_opens_nothing__is_paid(sold, mode):
    """SPEC-B11: it lowers what has to be hedged."""
    sold.system.venue.set_mode(mode, sender=sold.owner)
    sold.sell(sold.id())
    assert sold.book.sold(sold.id()) == 0


def test_sell__another_board_unsettled__is_paid(sold):
    """SPEC-B11: one board's trouble never blocks another."""
    sold.push(2_000, sold.expiries[0] + 1)
    assert sold.book.risk().unsettled
    sold.sell(sold.id(1, 2_000, True), 8)
    assert sold.book.sold(sold.id(1, 2_000, True)) == 0
    assert sold.book.risk().unsettled


def test_sell__at_the_cutoff__is_paid_and_a_second_later_is_not(sold):
    """SPEC-B11: in the last hours who knows more than the index does would gain."""
    last = sold.expiries[0] - CUTOFF
    sold.push(2_000, last - 1)
    sold.chain.pending_timestamp = last
    sold.sell(sold.id(), 4)
    assert sold.now == last
    sold.at(last + 1)
    refuses_buy_back(sold, "admission: inside the cutoff", sold.id(), 4)


def test_sell__expired_or_settled__reverts(sold):
    """SPEC-B11."""
    sold.push(2_000, sold.expiries[0])
    refuses_buy_back(sold, "option_book: expired", sold.id())
    sold.settle(1, 2_000)
    with sold.refuses("option_book: unknown board"):
        sold.sell(sold.id(1, 2_000, True), 8)


def test_sell__feed_a_heartbeat_old__is_paid_and_a_second_later_is_not(sold):
    """SPEC-B11."""
    pushed = sold.soon
    sold.push(2_000, pushed)
    sold.chain.pending_timestamp = pushed + HEARTBEAT
    sold.sell(sold.id(), 4)
    sold.at(pushed + HEARTBEAT + 1)
    refuses_buy_back(sold, "option_book: feed not live", sold.id(), 4)


def test_sell__venue_silent__reverts(silent):
    """SPEC-B11: what the hedge is worth is not known."""
    shop, switches = silent
    switches.venue.switch_off(sender=shop.owner)
    refuses_buy_back(shop, "option_book: venue not live", shop.id())


def test_sell__cash_that_claims_need__reverts(short_of_cash):
    """SPEC-B11, SPEC-V9: settled claims come first."""
    shop = short_of_cash
    with shop.refuses("vault: premium over free cash"):
        shop.sell(shop.id(1), 1)


def test_sell__vault_as_the_receiver__changes_no_ledger_but_the_cash(sold):
    """SPEC-V8: what is sent to the vault is a donation."""
    quote, cash = sold.book.quote_sell(sold.id(), wad(10)), sold.vault.ledger().cash
    sold.sell(sold.id(), receiver=sold.vault)
    assert cash - sold.vault.ledger().cash == pytest.approx(quote.premium, rel=1e-5)


def test_words__after_many_sales_and_buy_backs__are_what_is_left(create_shop):
    """SPEC-B11: the book's words against a plain count."""
    shop = create_shop()
    strikes = [1_800, 1_900, 2_000, 2_100, 2_200]
    left: dict[int, int] = {}
    for turn in range(24):
        series = shop.id(0, strikes[turn * 3 % 5], turn % 4 == 3)
        held = left.get(series, 0)
        if held and turn % 2:
            shop.book.sell(series, held, 0, shop.buyer, FOREVER, sender=shop.buyer)
            left[series] = 0
        else:
            shop.buy(series, 1 + turn)
            left[series] = held + wad(1 + turn)
    assert {one: shop.book.sold(one) for one in left} == left
    assert shop.book.risk().sold == sum(left.values())
    assert 0 in left.values()
