"""OptionBook: `quote` shows what `buy` takes."""

import pytest
from book_desk import DAY, plain, wad

from ballast import risk
from ballast.units import ceil_div

pytest_plugins = ["book_fixtures"]


@pytest.fixture(scope="module")
def hedged(desk, keeper):
    """The default vault with a call and a put sold, hedged."""
    desk.buy(desk.id(0, 2_000, False), 40)
    desk.buy(desk.id(0, 1_900, True), 10)
    desk.system.hedger.rebalance(sender=keeper)
    assert desk.system.hedger.account().size > 0
    return desk


@pytest.mark.parametrize("strike, is_put, live", [(2_100, False, 2), (1_900, True, 2)])
def test_quote__book_and_hedge__equals_the_twin(hedged, strike, is_put, live):
    """SPEC-B4: the mark, the hedge held, the book's vega, all as they stand."""
    ids = [hedged.id(0, 2_000, False), hedged.id(0, 1_900, True)]
    series = hedged.id(0, strike, is_put)
    order = hedged.order(series, 5, live)
    assert order.held > 0 and order.mark > wad(2_000)
    expected = risk.sale(hedged.scene(), hedged.words(ids), order).quote
    assert plain(hedged.book.quote(series, wad(5))) == expected


def test_quote__parts__sum_up_to_the_premium(desk):
    """SPEC-B4: rounded up to the token's unit."""
    q = desk.book.quote(desk.id(), wad("1.234567"))
    assert q.premium == ceil_div(q.value + q.vol_charge + q.fee + q.hedge_charge, 10**12)
    assert min(q.value, q.vol_charge, q.fee, q.hedge_charge) > 0


@pytest.mark.parametrize("is_put", [False, True])
def test_quote__delta__has_the_vaults_sign(desk, is_put):
    """SPEC-B4: selling calls makes the vault short, selling puts makes it long."""
    assert (desk.book.quote(desk.id(is_put=is_put), wad(1)).delta > 0) == is_put


def test_quote__sold_options__do_not_move_the_vol(desk):
    """SPEC-P3: trades never move the surface; what they use of the vega cap is in the charge."""
    series, surface = desk.id(1), plain(desk.book.board(desk.expiries[1]))
    before = desk.book.quote(series, wad(10))
    desk.buy(series, 200)
    after = desk.book.quote(series, wad(10))
    assert plain(desk.book.board(desk.expiries[1])) == surface
    assert after.vol == pytest.approx(before.vol, rel=1e-6)
    assert after.vol_charge > before.vol_charge


def test_quote__reduces_the_net_delta__is_not_charged_for_the_hedge(desk):
    """SPEC-B4."""
    desk.buy(desk.id(0, 2_000, False), 100)
    assert desk.book.quote(desk.id(0, 2_000, True), wad(50)).hedge_charge == 0
    assert desk.book.quote(desk.id(0, 2_000, False), wad(50)).hedge_charge > 0


def test_quote__time_passes__time_value_shrinks(desk):
    """SPEC-B4: priced afresh."""
    before = desk.book.quote(desk.id(), wad(1)).value
    desk.push(2_000, desk.soon + DAY)
    assert desk.book.quote(desk.id(), wad(1)).value < before


@pytest.mark.parametrize("decimals", [8, 18])
def test_buy__token_of_other_decimals__costs_the_same(
    create_system, chain, owner, buyer, desk, decimals
):
    """SPEC-B4: rounded up to the units of any token."""
    from book_desk import BookDesk

    other = BookDesk(create_system(decimals=decimals), chain, owner, buyer)
    q = other.book.quote(other.id(), wad(3))
    total = q.value + q.vol_charge + q.fee + q.hedge_charge
    assert q.premium == ceil_div(total, 10 ** (18 - decimals))
    receipt = other.buy(other.id(), 3)
    (bought,) = other.events(receipt, "Bought")
    assert bought.premium == pytest.approx(q.premium, rel=1e-4)
    assert other.vault.ledger().cash == 3_000_000 * 10**decimals + bought.premium
