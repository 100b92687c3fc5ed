"""ballast.history and ballast.venue_history: what logs rebuild, and logs that do not fit."""

import pytest
from logbook import EXPIRY, HOUR, OTHER, UNIT, Logbook, surface

from ballast import packing
from ballast.units import WAD
from ballast.venue_history import Feed, HistoryError, closing_part

CALL = packing.series_id(EXPIRY, 2_000 * WAD, False)
PUT = packing.series_id(EXPIRY, 2_000 * WAD, True)


@pytest.fixture
def book() -> Logbook:
    return Logbook()


# ------------------------------------------------------------------ the feed


@pytest.mark.parametrize(
    ("answer", "at", "price"),
    [
        (2_000, 90, 2_000),
        (2_000, 100, 2_000),
        (2_000, 101, None),  # from the future
        (2_000, 40, 2_000),
        (2_000, 39, None),  # older than a heartbeat
        (2_000, 0, None),
        (1_000, 90, 1_000),
        (999, 90, None),
        (3_000, 90, 3_000),
        (3_001, 90, None),
        (-2_000, 90, None),
    ],
)
def test_feed_price__answer__is_good_or_none(answer, at, price):
    """As `price_feed` reads it: fresh and within the bounds."""
    feed = Feed(scale=10, answer=answer, at=at)
    found = feed.price(now=100, heartbeat=60, lowest=10_000, highest=30_000)
    assert found == (None if price is None else price * 10)


# ------------------------------------------------------------------ the book


def test_words__what_is_sold__is_what_the_pricer_takes(book):
    """SPEC-L1: a word a board and one a live strike; what came back leaves."""
    assert book.history.book.words() == ()
    book.deal("Bought", 2_000, 3, 0)
    book.deal("Bought", 2_000, 4, 0, is_put=True)
    book.deal("Bought", 1_000, 5, 0)
    flat = packing.Surface(WAD // 2, 0, 0)
    assert book.history.book.words() == (
        packing.board(EXPIRY, 2, flat),
        packing.live(2_000 * WAD, 3 * WAD, 4 * WAD),
        packing.live(1_000 * WAD, 5 * WAD, 0),
    )
    book.deal("SoldBack", 2_000, 3, 0)
    book.deal("SoldBack", 1_000, 5, 0)
    book.write("book", "VolSet", expiry=EXPIRY, surface=surface(60), is_large=False)
    assert book.history.book.words() == (
        packing.board(EXPIRY, 1, packing.Surface(6 * WAD // 10, 0, 0)),
        packing.live(2_000 * WAD, 0, 4 * WAD),
    )
    book.deal("SoldBack", 2_000, 4, 0, is_put=True)
    assert book.history.book.words() == ()


def test_words__board_settled__is_gone(book):
    book.deal("Bought", 2_000, 3, 0)
    book.settle(2_000, payoff=0)
    assert book.history.book.words() == ()


def test_apply__more_comes_back_than_was_sold__raises(book):
    book.deal("Bought", 2_000, 3, 0)
    with pytest.raises(HistoryError, match=f"more came back of series {CALL}"):
        book.deal("SoldBack", 2_000, 4, 0)


def test_apply__sale_without_a_board__raises(book):
    book.settle(2_000, payoff=0)
    with pytest.raises(HistoryError, match=f"series {PUT} is of no board"):
        book.deal("Bought", 2_000, 3, 0, is_put=True)


def test_apply__settled_twice__raises(book):
    book.settle(2_000, payoff=0)
    with pytest.raises(HistoryError, match=f"no board of {EXPIRY} was listed"):
        book.settle(2_000, payoff=0)


def test_scene__feed_silent__has_the_price_that_the_book_kept(book):
    """SPEC-L1: and the funding goes on as long as the venue's index does."""
    book.write("book", "PriceKept", price=1_990 * WAD, at=book.now)
    assert book.history.scene(book.now).price == 2_000 * WAD
    assert book.history.is_live(book.now)
    late = book.now + 1_001 * HOUR
    assert book.history.scene(late).price == 1_990 * WAD
    assert not book.history.is_live(late)


# ------------------------------------------------------------------ the venue


def test_touched__feed_silent__charges_until_it_would_be_stale(book):
    """SPEC-M2: the stored index counts for a heartbeat, then nothing is charged."""
    venue = book.history.venue
    book.touch()
    book.trade(100, 200_000, who=OTHER)
    at_its_end = venue.touched(book.now - 1 + 1_000 * HOUR)[0]
    later, live = venue.touched(book.now + 2_000 * HOUR)
    assert not live and later.at == book.now + 2_000 * HOUR
    assert later.accumulator == at_its_end.accumulator > 0
    assert later.ema_year == at_its_end.ema_year


def test_traded__across_zero__closes_then_opens(book):
    """SPEC-M9: short 3 after long 2; what the curve takes for the part that closes is realised, the
    cost of the rest is what the rest of the fill brought."""
    venue = book.history.venue
    book.margin(1_000)
    book.touch()
    book.trade(2, 4_000)
    closed = -venue._exchange(-2 * WAD)
    realised = (closed - 4_000 * WAD) // 10**12
    sold = 9_950
    book.write(
        "venue", "Traded", account="hedger", size_delta=-5 * WAD, notional=sold * WAD,
        realised=realised, fee=0, size_after=-3 * WAD,
    )  # fmt: skip
    held = venue.positions["hedger"]
    assert (held.size, held.cost) == (-3 * WAD, -(sold * WAD - closed))
    assert held.margin == 1_000 * UNIT + realised


@pytest.mark.parametrize(
    ("delta", "size", "part"),
    [
        (5, 0, 0),
        (5, 3, 0),
        (-2, 3, -2),
        (-3, 3, -3),
        (-5, 3, -3),
        (2, -3, 2),
        (5, -3, 3),
        (-5, -3, 0),
    ],
)
def test_closing_part__order__is_what_takes_from_the_position(delta, size, part):
    assert closing_part(delta, size) == part


def test_fund__everybodys_money__is_what_is_left(book):
    """SPEC-M3: fund and IOUs by the logs of all accounts."""
    book.write("venue", "FundAdded", sender=OTHER, amount=100 * UNIT)
    for who in (OTHER, "hedger"):
        book.of_venue("MarginAdded", 50, who)
    book.touch()
    book.trade(1, 2_000, fee=2, who=OTHER)
    book.of_venue("FundingSettled", 7, OTHER)
    book.of_venue("IouIssued", 30, OTHER)
    book.trade(-1, 2_140, realised=140, who=OTHER)
    book.trade(1, 2_000)
    book.of_venue("DeficitBooked", 10, carried=False)
    book.trade(-1, 1_940, realised=-60)
    book.of_venue("IouCollected", 5, OTHER)
    book.write("venue", "Liquidated", account=OTHER, size_delta=0, penalty=4, reward=3 * UNIT)
    venue = book.history.venue
    assert venue.ious == 25 * UNIT
    assert venue.fund == (100 + 2 + 7 - 110 + 50 - 5 - 3) * UNIT
    assert venue.positions[OTHER].margin == (50 - 2 - 7 + 110 + 5) * UNIT
    assert venue.positions["hedger"].margin == 0


@pytest.mark.parametrize(
    "change", [{"index": 1}, {"accumulator": 1}, {"valid": False}], ids=lambda change: [*change][0]
)
def test_apply__touch_that_does_not_follow__raises(book, change):
    """SPEC-L1: a log before it misses."""
    book.touch()
    touched = book.entries[-1].arguments
    with pytest.raises(HistoryError, match="does not follow from the logs before"):
        book.write("venue", "Touched", **(touched | change))


@pytest.mark.parametrize(("realised", "off"), [(1, 0), (0, 1)])
def test_apply__trade_that_does_not_follow__raises(book, realised, off):
    """SPEC-L1."""
    book.touch()
    with pytest.raises(HistoryError, match="a trade of hedger does not follow"):
        book.write(
            "venue", "Traded", account="hedger", size_delta=WAD, notional=2_000 * WAD,
            realised=realised, fee=0, size_after=WAD + off,
        )  # fmt: skip
