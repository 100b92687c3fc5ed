"""OptionBook: `list_board`, `live_boards`, `board`."""

import pytest
from book_desk import DAY, DEFAULTS, HOUR, WEEK, plain, wad

from ballast.packing import Surface
from ballast.units import WAD

pytest_plugins = ["book_fixtures"]

SURFACE = Surface(wad("0.7"), -wad("0.1"), wad("0.05"))
STRIKES = [wad(1_800), wad(2_000), wad(2_200)]
CUTOFF = DEFAULTS["limits"]["cutoff"]
MAX_TENOR = DEFAULTS["limits"]["max_tenor"]


def list_board(desk, tenor=3 * WEEK, strikes=STRIKES, surface=SURFACE, sender=None):
    """List a board of that tenor in a block of a known time; returns the expiry and the receipt."""
    time = desk.soon
    desk.chain.pending_timestamp = time
    receipt = desk.book.list_board(time + tenor, strikes, surface, sender=sender or desk.owner)
    assert receipt.timestamp == time
    return time + tenor, receipt


def test_list_board__owner__opens_the_expiry_and_logs(desk):
    """SPEC-B1."""
    expiry, receipt = list_board(desk)
    assert receipt.events == [
        desk.book.BoardListed(expiry=expiry, strikes=STRIKES, surface=tuple(SURFACE))
    ]
    assert desk.book.live_boards() == [*desk.expiries, expiry]
    assert plain(desk.book.board(expiry)) == (tuple(STRIKES), SURFACE)


def test_list_board__listed__can_be_bought(desk):
    """SPEC-B1."""
    expiry, _ = list_board(desk)
    for is_put in (False, True):
        series = desk.book.series_id(expiry, wad(2_200), is_put)
        desk.buy(series)
        assert desk.book.sold(series) == wad(10)


def test_list_board__not_the_owner__reverts(desk, attacker):
    """SPEC-B1."""
    with desk.refuses("ownable: caller is not the owner"):
        list_board(desk, sender=attacker)


def test_list_board__at_the_cutoff__reverts_and_a_second_later_is_listed(desk):
    """SPEC-B1: further than the cutoff."""
    with desk.refuses("option_book: expiry too near"):
        list_board(desk, CUTOFF)
    list_board(desk, CUTOFF + 1)


def test_list_board__longest_tenor__is_listed_and_a_second_more_reverts(desk):
    """SPEC-B1."""
    with desk.refuses("option_book: expiry too far"):
        list_board(desk, MAX_TENOR + 1)
    list_board(desk, MAX_TENOR)


def test_list_board__in_the_past__reverts(desk):
    """SPEC-B1."""
    with desk.refuses("option_book: expiry too near"):
        list_board(desk, -HOUR)


def test_list_board__expiry_0__reverts(desk):
    """SPEC-B1: 0 marks an empty slot."""
    with desk.refuses("option_book: expiry too near"):
        desk.book.list_board(0, STRIKES, SURFACE, sender=desk.owner)


def test_list_board__no_strikes__reverts(desk):
    """SPEC-B1."""
    with desk.refuses("option_book: no strikes"):
        list_board(desk, strikes=[])


@pytest.mark.parametrize("strikes", [[0], [1, 1], [2, 1], [1, 3, 2]])
def test_list_board__strikes_do_not_ascend__reverts(desk, strikes):
    """SPEC-B1."""
    with desk.refuses("option_book: strikes not ascending"):
        list_board(desk, strikes=strikes)


def test_list_board__strike_at_the_highest_price__is_listed_and_over_it_reverts(desk):
    """SPEC-B1."""
    highest = desk.book.oracle().max_price
    with desk.refuses("option_book: strike too high"):
        list_board(desk, strikes=[WAD, highest + 1])
    list_board(desk, strikes=[1, highest])


def test_list_board__sixteen_strikes__are_listed(desk):
    """SPEC-B1: 1 to 16 strikes; the ABI takes no seventeenth."""
    strikes = [wad(1_000 + 100 * i) for i in range(16)]
    expiry, _ = list_board(desk, strikes=strikes)
    assert list(desk.book.board(expiry)[0]) == strikes
    with pytest.raises(Exception, match="(?i)revert|fail|encod"):
        list_board(desk, 4 * WEEK + DAY, [*strikes, wad(9_000)])


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
def test_list_board__vols__in_bounds_are_listed_and_outside_revert(desk, inside, outside, reason):
    """SPEC-B1."""
    with desk.refuses(f"option_book: {reason}"):
        list_board(desk, surface=SURFACE._replace(**outside))
    list_board(desk, surface=SURFACE._replace(**inside))


def test_list_board__same_expiry__reverts(desk):
    """SPEC-B1."""
    with desk.refuses("option_book: board exists"):
        desk.book.list_board(desk.expiries[1], STRIKES, SURFACE, sender=desk.owner)


def test_list_board__eight_boards__a_ninth_reverts(desk):
    """SPEC-B1."""
    for day in range(1, 7):
        list_board(desk, day * DAY)
    assert len(desk.book.live_boards()) == 8
    with desk.refuses("option_book: too many boards"):
        list_board(desk, 8 * DAY)


def test_list_board__one_of_eight_settled__takes_its_place(desk):
    """SPEC-B1."""
    listed = [list_board(desk, (10 + day) * DAY)[0] for day in range(6)]
    desk.settle(0, 2_000)
    expiry, _ = list_board(desk, 20 * DAY)
    assert set(desk.book.live_boards()) == {desk.expiries[1], *listed, expiry}


@pytest.mark.parametrize("expiry", [0, 1, 2**120 - 1])
def test_board__unknown__is_empty(desk, expiry):
    assert plain(desk.book.board(expiry)) == ((), (0, 0, 0))


def test_board__settled__keeps_its_strikes_and_has_no_vols(desk):
    strikes = plain(desk.book.board(desk.expiries[0]))[0]
    expiry = desk.settle(0, 2_000)
    assert plain(desk.book.board(expiry)) == (strikes, (0, 0, 0))


def test_list_board__settled_expiry__cannot_be_listed_again(desk):
    """SPEC-B1: it has passed."""
    desk.settle(0, 2_000)
    with desk.refuses("option_book: expiry too near"):
        desk.book.list_board(desk.expiries[0], STRIKES, SURFACE, sender=desk.owner)
