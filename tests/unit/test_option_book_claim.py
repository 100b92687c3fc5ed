"""OptionBook: `claim`."""

import pytest
from book_shop import wad

pytest_plugins = ["book_fixtures"]

USDC = 10**6


@pytest.fixture(scope="module")
def sold(shop):
    """The default vault with ten calls and five puts at 2,000 USD sold to the buyer."""
    shop.buy(shop.id(), 10)
    shop.buy(shop.id(is_put=True), 5)
    return shop


def money(shop, who):
    return shop.system.token.balanceOf(who)


def test_claim__in_the_money__pays_and_burns(sold):
    """SPEC-B8."""
    sold.settle(0, "2150.5")
    before, cash = money(sold, sold.buyer), sold.vault.ledger().cash
    receipt = sold.book.claim(sold.id(), sold.buyer, sender=sold.buyer)
    payoff = 1_505 * USDC
    assert sold.events(receipt, "Claimed") == [
        sold.book.Claimed(
            id=sold.id(), holder=sold.buyer, amount=wad(10), payoff=payoff, paid=payoff
        )
    ]
    assert money(sold, sold.buyer) - before == payoff
    assert sold.book.balanceOf(sold.buyer, sold.id()) == 0
    ledger = sold.vault.ledger()
    assert (cash - ledger.cash, ledger.claims) == (payoff, 0)


def test_claim__put__pays_below_the_strike(sold):
    """SPEC-B8."""
    sold.settle(0, 1_800)
    before = money(sold, sold.buyer)
    sold.book.claim(sold.id(is_put=True), sold.buyer, sender=sold.buyer)
    assert money(sold, sold.buyer) - before == 1_000 * USDC
    sold.book.claim(sold.id(), sold.buyer, sender=sold.buyer)
    assert money(sold, sold.buyer) - before == 1_000 * USDC
    assert sold.book.balanceOf(sold.buyer, sold.id()) == 0


def test_claim__by_another__pays_the_holder(sold, attacker):
    """SPEC-B8."""
    sold.settle(0, 2_100)
    before = money(sold, sold.buyer)
    sold.book.claim(sold.id(), sold.buyer, sender=attacker)
    assert money(sold, sold.buyer) - before == 1_000 * USDC
    assert money(sold, attacker) == 0


def test_claim__for_somebody_without_options__pays_nothing(sold, attacker):
    """SPEC-B8."""
    sold.settle(0, 2_100)
    cash = sold.vault.ledger().cash
    receipt = sold.book.claim(sold.id(), attacker, sender=attacker)
    (claimed,) = sold.events(receipt, "Claimed")
    assert (claimed.amount, claimed.payoff, claimed.paid) == (0, 0, 0)
    assert (money(sold, attacker), sold.vault.ledger().cash) == (0, cash)


def test_claim__twice__pays_once(sold):
    """SPEC-B8."""
    sold.settle(0, 2_100)
    sold.book.claim(sold.id(), sold.buyer, sender=sold.buyer)
    before = money(sold, sold.buyer)
    receipt = sold.book.claim(sold.id(), sold.buyer, sender=sold.buyer)
    (claimed,) = sold.events(receipt, "Claimed")
    assert (claimed.amount, claimed.payoff, claimed.paid) == (0, 0, 0)
    assert money(sold, sold.buyer) == before


def test_claim__not_settled__reverts(sold):
    """SPEC-B8."""
    with sold.refuses("option_book: not settled"):
        sold.book.claim(sold.id(), sold.buyer, sender=sold.buyer)
    sold.push(2_100, sold.expiries[0] + 1)
    with sold.refuses("option_book: not settled"):
        sold.book.claim(sold.id(), sold.buyer, sender=sold.buyer)


@pytest.mark.parametrize("series", [0, 1, 2**256 - 1])
def test_claim__garbage_for_an_id__reverts(sold, series):
    """SPEC-B8."""
    with sold.refuses("option_book: not settled"):
        sold.book.claim(series, sold.buyer, sender=sold.buyer)


def test_claim__other_strike_or_kind_of_a_settled_board__pays_nothing(sold):
    """SPEC-B8: nobody holds what was never sold."""
    sold.settle(0, 2_100)
    for series in (sold.id(0, 1), sold.id() | 2, sold.id() | 255):
        receipt = sold.book.claim(series, sold.buyer, sender=sold.buyer)
        (claimed,) = sold.events(receipt, "Claimed")
        assert (claimed.amount, claimed.paid) == (0, 0)


def test_claim__after_a_transfer__pays_who_holds_now(sold, stranger):
    """SPEC-B8, SPEC-B9: before settlement or after."""
    sold.book.transfer(stranger, sold.id(), wad(4), sender=sold.buyer)
    sold.settle(0, 2_100)
    sold.book.transfer(stranger, sold.id(), wad(1), sender=sold.buyer)
    before = money(sold, sold.buyer)
    for holder in (stranger, sold.buyer):
        sold.book.claim(sold.id(), holder, sender=stranger)
    assert money(sold, stranger) == 500 * USDC
    assert money(sold, sold.buyer) - before == 500 * USDC
    assert sold.vault.ledger().claims == 0


def test_claim__crumbs__never_sum_up_to_more_than_is_owed(sold, stranger, attacker):
    """SPEC-B8: each payoff is rounded down; what is over stays set aside."""
    sold.book.transfer(stranger, sold.id(), wad("3.333333333333333333"), sender=sold.buyer)
    sold.book.transfer(attacker, sold.id(), 1, sender=sold.buyer)
    expiry = sold.settle(0, "2000.1")
    before = money(sold, sold.buyer)
    for holder in (stranger, attacker, sold.buyer):
        sold.book.claim(sold.id(), holder, sender=sold.buyer)
    paid = money(sold, stranger) + money(sold, attacker) + money(sold, sold.buyer) - before
    owed = sold.vault.board_claims(expiry).owed
    assert owed == 1 * USDC
    assert owed - 3 <= paid <= owed
    assert sold.vault.ledger().claims == owed - paid


@pytest.mark.parametrize("hook", ["on_sale", "on_settle", "on_claim"])
def test_hooks__not_the_book__revert(sold, attacker, hook):
    """SPEC-B8: only the book takes premiums and pays claims."""
    worth = (True, True, 0, 0, 0)
    arguments = {
        "on_sale": (sold.buyer, 1, worth),
        "on_settle": (sold.expiries[0], 1, worth),
        "on_claim": (sold.expiries[0], attacker, 1),
    }
    with sold.refuses("vault: only the book"):
        getattr(sold.vault, hook)(*arguments[hook], sender=attacker)


# ------------------------------------------------------------------ a vault whose time runs on


@pytest.fixture(scope="module")
def locked(create_shop, keeper):
    """A vault of 1,000 calls at 5,500 USD: it owes more than its cash, the gain is at the venue."""
    shop = create_shop()
    shop.buy(shop.id(), 1_000)
    for _ in range(6):
        shop.system.hedger.rebalance(sender=keeper)
    assert shop.system.hedger.account().size > wad(400)
    shop.settle(0, 5_500)
    return shop


def test_claim__cash_at_the_venue__pays_a_part_and_the_rest_later(locked, keeper, stranger):
    """SPEC-B8: the vault is solvent, so nobody is cut; a later call pays more."""
    series, expiry = locked.id(), locked.expiries[0]
    owed = 3_500_000 * USDC
    cash = locked.vault.ledger().cash
    board = locked.vault.board_claims(expiry)
    assert (board.payoff, board.owed, board.reserved) == (owed, owed, cash)
    assert cash < owed

    locked.book.transfer(stranger, series, wad(250), sender=locked.buyer)
    before = money(locked, locked.buyer)
    receipt = locked.book.claim(series, locked.buyer, sender=locked.buyer)
    (claimed,) = locked.events(receipt, "Claimed")
    assert (claimed.payoff, claimed.paid) == (owed * 3 // 4, cash * 3 // 4)
    assert locked.book.balanceOf(locked.buyer, series) == 0
    again = locked.book.claim(series, locked.buyer, sender=locked.buyer)
    assert locked.events(again, "Claimed")[0].paid == 0

    for _ in range(12):
        locked.system.hedger.rebalance(sender=keeper)
    locked.vault.fund_claims(sender=stranger)
    assert locked.vault.board_claims(expiry).reserved == owed
    locked.book.claim(series, stranger, sender=stranger)
    assert money(locked, stranger) == owed // 4  # the late one is not better off
    locked.book.claim(series, locked.buyer, sender=stranger)
    assert money(locked, locked.buyer) - before == owed * 3 // 4
    assert locked.vault.ledger().claims == 0
