"""OptionBook: `quote` shows what `buy` takes."""

import pytest
from book_shop import DAY, plain, wad

from ballast import risk
from ballast.units import ceil_div

pytest_plugins = ["book_fixtures"]


@pytest.fixture(scope="session")
def clean(switched):
    """A vault from which nothing is sold."""
    return switched[0]


@pytest.fixture(scope="module")
def hedged(shop, clean, keeper):
    """The default vault with a call and a put sold, hedged.

    `clean` must be there before: a session's fixture that comes later has this done again.
    """
    shop.buy(shop.id(0, 2_000, False), 40)
    shop.buy(shop.id(0, 1_900, True), 10)
    shop.system.hedger.rebalance(sender=keeper)
    assert shop.system.hedger.account().size > 0
    return shop


@pytest.mark.parametrize("strike, is_put, live", [(2_100, False, 2), (1_900, True, 2)])
def test_quote__book_and_hedge__equals_the_twin(hedged, strike, is_put, live):
    """SPEC-B4: the mark, the hedge held, the book's vega, all as they stand."""
    ids = [hedged.id(0, 2_000, False), hedged.id(0, 1_900, True)]
    series = hedged.id(0, strike, is_put)
    order = hedged.order(series, 5, live)
    assert order.held > 0 and order.mark > wad(2_000)
    expected = risk.sale(hedged.scene(), hedged.words(ids), order).quote
    assert plain(hedged.book.quote(series, wad(5))) == expected


def test_quote__parts__sum_up_to_the_premium(clean):
    """SPEC-B4: rounded up to the token's unit."""
    q = clean.book.quote(clean.id(), wad("1.234567"))
    assert q.premium == ceil_div(q.value + q.vol_charge + q.fee + q.hedge_charge, 10**12)
    assert min(q.value, q.vol_charge, q.fee, q.hedge_charge) > 0


@pytest.mark.parametrize("is_put", [False, True])
def test_quote__delta__has_the_vaults_sign(clean, is_put):
    """SPEC-B4: selling calls makes the vault short, selling puts makes it long."""
    assert (clean.book.quote(clean.id(is_put=is_put), wad(1)).delta > 0) == is_put


def test_quote__sold_options__do_not_move_the_vol(clean):
    """SPEC-P3: trades never move the surface; what they use of the vega cap is in the charge."""
    series, surface = clean.id(1), plain(clean.book.board(clean.expiries[1]))
    before = clean.book.quote(series, wad(10))
    clean.buy(series, 200)
    after = clean.book.quote(series, wad(10))
    assert plain(clean.book.board(clean.expiries[1])) == surface
    assert after.vol == pytest.approx(before.vol, rel=1e-6)
    assert after.vol_charge > before.vol_charge


def test_quote__reduces_the_net_delta__is_not_charged_for_the_hedge(clean):
    """SPEC-B4."""
    clean.buy(clean.id(0, 2_000, False), 100)
    assert clean.book.quote(clean.id(0, 2_000, True), wad(50)).hedge_charge == 0
    assert clean.book.quote(clean.id(0, 2_000, False), wad(50)).hedge_charge > 0


def test_quote__time_passes__time_value_shrinks(clean):
    """SPEC-B4: priced afresh."""
    before = clean.book.quote(clean.id(), wad(1)).value
    clean.push(2_000, clean.soon + DAY)
    assert clean.book.quote(clean.id(), wad(1)).value < before


def test_buy__token_of_18_decimals__costs_the_same(create_shop):
    """SPEC-B4: rounded up to the units of any token."""
    other = create_shop(decimals=18)
    q = other.book.quote(other.id(), wad(3))
    total = q.value + q.vol_charge + q.fee + q.hedge_charge
    assert q.premium == total
    receipt = other.buy(other.id(), 3)
    (bought,) = other.events(receipt, "Bought")
    assert bought.premium == pytest.approx(q.premium, rel=1e-4)
    assert other.vault.ledger().cash == 3_000_000 * 10**18 + bought.premium
