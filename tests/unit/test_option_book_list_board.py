"""OptionBook: `list_board`, `live_boards`, `board`."""

import pytest
from book_shop import DAY, DEFAULTS, HOUR, WEEK, plain, wad

from ballast.packing import Surface
from ballast.units import WAD

pytest_plugins = ["book_fixtures"]

SURFACE = Surface(wad("0.7"), -wad("0.1"), wad("0.05"))
STRIKES = [wad(1_800), wad(2_000), wad(2_200)]
CUTOFF = DEFAULTS["limits"]["cutoff"]
MAX_TENOR = DEFAULTS["limits"]["max_tenor"]


def list_board(shop, tenor=3 * WEEK, strikes=STRIKES, surface=SURFACE, sender=None):
    """List a board of that tenor in a block of a known time; returns the expiry and the receipt."""
    time = shop.soon
    shop.chain.pending_timestamp = time
    receipt = shop.book.list_board(time + tenor, strikes, surface, sender=sender or shop.owner)
    assert receipt.timestamp == time
    return time + tenor, receipt


def test_list_board__owner__opens_the_expiry_and_logs(shop):
    """SPEC-B1."""
    expiry, receipt = list_board(shop)
    assert receipt.events == [
        shop.book.BoardListed(expiry=expiry, strikes=STRIKES, surface=tuple(SURFACE))
    ]
    assert shop.book.live_boards() == [*shop.expiries, expiry]
    assert plain(shop.book.board(expiry)) == (tuple(STRIKES), SURFACE)


def test_list_board__listed__can_be_bought(shop):
    """SPEC-B1."""
    expiry, _ = list_board(shop)
    for is_put in (False, True):
        series = shop.book.series_id(expiry, wad(2_200), is_put)
        shop.buy(series)
        assert shop.book.sold(series) == wad(10)


def test_list_board__not_the_owner__reverts(shop, attacker):
    """SPEC-B1."""
    with shop.refuses("ownable: caller is not the owner"):
        list_board(shop, sender=attacker)


def test_list_board__at_the_cutoff__reverts_and_a_second_later_is_listed(shop):
    """SPEC-B1: further than the cutoff."""
    with shop.refuses("admission: expiry too near"):
        list_board(shop, CUTOFF)
    list_board(shop, CUTOFF + 1)


def test_list_board__longest_tenor__is_listed_and_a_second_more_reverts(shop):
    """SPEC-B1."""
    with shop.refuses("admission: expiry too far"):
        list_board(shop, MAX_TENOR + 1)
    list_board(shop, MAX_TENOR)


def test_list_board__in_the_past__reverts(shop):
    """SPEC-B1."""
    with shop.refuses("admission: expiry too near"):
        list_board(shop, -HOUR)


def test_list_board__expiry_0__reverts(shop):
    """SPEC-B1: 0 marks an empty slot."""
    with shop.refuses("admission: expiry too near"):
        shop.book.list_board(0, STRIKES, SURFACE, sender=shop.owner)


def test_list_board__no_strikes__reverts(shop):
    """SPEC-B1."""
    with shop.refuses("option_book: no strikes"):
        list_board(shop, strikes=[])


@pytest.mark.parametrize("strikes", [[0], [1, 1], [2, 1], [1, 3, 2]])
def test_list_board__strikes_do_not_ascend__reverts(shop, strikes):
    """SPEC-B1."""
    with shop.refuses("option_book: strikes not ascending"):
        list_board(shop, strikes=strikes)


def test_list_board__strike_at_the_highest_price__is_listed_and_over_it_reverts(shop):
    """SPEC-B1."""
    highest = shop.book.oracle().max_price
    with shop.refuses("option_book: strike too high"):
        list_board(shop, strikes=[WAD, highest + 1])
    list_board(shop, strikes=[1, highest])


def test_list_board__sixteen_strikes__are_listed(shop):
    """SPEC-B1: 1 to 16 strikes; the ABI takes no seventeenth."""
    strikes = [wad(1_000 + 100 * i) for i in range(16)]
    expiry, _ = list_board(shop, strikes=strikes)
    assert list(shop.book.board(expiry)[0]) == strikes
    with pytest.raises(Exception, match="(?i)revert|fail|encod"):
        list_board(shop, 4 * WEEK + DAY, [*strikes, wad(9_000)])


@pytest.mark.parametrize(
    "inside, outside, reason",
    [
        ({"atm_vol": wad("0.2")}, {"atm_vol": wad("0.2") - 1}, "vol too low"),
        ({"atm_vol": wad(3)}, {"atm_vol": wad(3) + 1}, "vol too high"),
        ({"skew": 2 * WAD}, {"skew": 2 * WAD + 1}, "skew out of range"),
        ({"skew": -2 * WAD}, {"skew": -2 * WAD - 1}, "skew out of range"),
        ({"smile": 2 * WAD}, {"smile": 2 * WAD + 1}, "smile out of range"),
        ({"smile": -2 * WAD}, {"smile": -2 * WAD - 1}, "smile out of range"),
    ],
)
def test_list_board__vols__in_bounds_are_listed_and_outside_revert(shop, inside, outside, reason):
    """SPEC-B1."""
    with shop.refuses(f"admission: {reason}"):
        list_board(shop, surface=SURFACE._replace(**outside))
    list_board(shop, surface=SURFACE._replace(**inside))


def test_list_board__same_expiry__reverts(shop):
    """SPEC-B1."""
    with shop.refuses("option_book: board exists"):
        shop.book.list_board(shop.expiries[1], STRIKES, SURFACE, sender=shop.owner)


def test_list_board__eight_boards__a_ninth_reverts(shop):
    """SPEC-B1."""
    for day in range(1, 7):
        list_board(shop, day * DAY)
    assert len(shop.book.live_boards()) == 8
    with shop.refuses("option_book: too many boards"):
        list_board(shop, 8 * DAY)


def test_list_board__one_of_eight_settled__takes_its_place(shop):
    """SPEC-B1."""
    listed = [list_board(shop, (10 + day) * DAY)[0] for day in range(6)]
    shop.settle(0, 2_000)
    expiry, _ = list_board(shop, 20 * DAY)
    assert set(shop.book.live_boards()) == {shop.expiries[1], *listed, expiry}


@pytest.mark.parametrize("expiry", [0, 1, 2**120 - 1])
def test_board__unknown__is_empty(shop, expiry):
    assert plain(shop.book.board(expiry)) == ((), (0, 0, 0))


def test_board__settled__keeps_its_strikes_and_has_no_vols(shop):
    strikes = plain(shop.book.board(shop.expiries[0]))[0]
    expiry = shop.settle(0, 2_000)
    assert plain(shop.book.board(expiry)) == (strikes, (0, 0, 0))


def test_list_board__settled_expiry__cannot_be_listed_again(shop):
    """SPEC-B1: it has passed."""
    shop.settle(0, 2_000)
    with shop.refuses("admission: expiry too near"):
        shop.book.list_board(shop.expiries[0], STRIKES, SURFACE, sender=shop.owner)
