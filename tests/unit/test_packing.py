"""packing.vy: the words that book and pricer share, against the twin."""

import ape
import pytest
from book_shop import NOW, SCENE, WEEK, plain, wad
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast import packing
from ballast.packing import Surface
from ballast.units import WAD

pytest_plugins = ["book_fixtures"]

expiries = st.integers(0, 2**56 - 1)
strikes = st.integers(0, packing.MAX_STRIKE)
amounts = st.integers(0, packing.MAX_SOLD)
vols = st.integers(-(2**63), 2**63 - 1)
surfaces = st.builds(Surface, st.integers(0, 2**63 - 1), vols, vols)


def test_series_id__any__equals_the_twin(system):
    @settings(max_examples=30, deadline=None)
    @given(expiries, strikes, st.booleans())
    def check(expiry, strike, is_put):
        found = system.book.series_id(expiry, strike, is_put)
        assert found == packing.series_id(expiry, strike, is_put)

    check()


def test_series_id__largest_strike__fits_and_one_more_does_not(system):
    assert (
        system.book.series_id(1, packing.MAX_STRIKE, True) == 1 << 136 | packing.MAX_STRIKE << 8 | 1
    )
    with ape.reverts("option_book: strike does not fit"):
        system.book.series_id(1, packing.MAX_STRIKE + 1, True)


@given(expiries, strikes, st.booleans())
def test_series_id__packed__comes_out_as_it_went_in(expiry, strike, is_put):
    series = packing.series_id(expiry, strike, is_put)
    assert packing.expiry(series) == expiry
    assert packing.id_strike(series) == strike
    assert packing.is_put(series) == is_put
    assert packing.is_canonical(series)


@given(strikes, amounts, amounts, amounts)
def test_live__packed__comes_out_as_it_went_in(strike, calls, puts, other):
    word = packing.live(strike, calls, puts)
    assert word < 2**256
    assert packing.strike(word) == strike
    assert (packing.calls(word), packing.puts(word)) == (calls, puts)
    assert (packing.sold(word, False), packing.sold(word, True)) == (calls, puts)
    assert packing.with_sold(word, False, other) == packing.live(strike, other, puts)
    assert packing.with_sold(word, True, other) == packing.live(strike, calls, other)


@given(expiries, st.integers(0, 254), surfaces)
def test_board__packed__comes_out_as_it_went_in(expiry, count, surface):
    word = packing.board(expiry, count, surface)
    assert packing.board_expiry(word) == expiry
    assert packing.board_count(word) == count
    assert packing.board_surface(word) == surface
    more = packing.with_one_more(word)
    assert more == packing.board(expiry, count + 1, surface)
    assert packing.with_one_less(more) == word
    other = Surface(1, 2, -3)
    assert packing.with_surface(word, other) == packing.board(expiry, count, other)
    assert word < 2**256


@pytest.mark.parametrize("kind", [2, 3, 254, 255])
def test_is_canonical__other_kinds__are_refused(kind):
    assert not packing.is_canonical(packing.series_id(NOW, WAD, False) | kind)


@pytest.mark.parametrize(
    "surface",
    [
        Surface(wad("0.7"), 0, 0),
        Surface(wad("0.2"), -2 * WAD, 2 * WAD),
        Surface(wad(3), 2 * WAD, -2 * WAD),
    ],
)
def test_board__listed__shows_its_surface(shop, owner, surface):
    """SPEC-B1: signed vols survive the word."""
    expiry = shop.now + 3 * WEEK
    shop.book.list_board(expiry, [wad(2_000)], surface, sender=owner)
    assert plain(shop.book.board(expiry)) == ((wad(2_000),), surface)


def test_pricer__reads__what_the_twin_writes(pricer):
    expiry, surface = NOW + WEEK, Surface(wad("0.9"), 0, 0)
    words = [
        packing.board(expiry, 1, surface),
        packing.live(wad(2_000), calls=1, puts=packing.MAX_SOLD),
    ]
    found = pricer.risk(SCENE, words)
    assert (found.sold, found.vol) == (packing.MAX_SOLD + 1, surface.atm_vol)
    assert found.delta > 0  # nearly all of it puts
