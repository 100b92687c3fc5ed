"""settlement.vy: which pair of rounds proves the price of an expiry, and which price it is."""

import pytest
from book_shop import HEARTBEAT, wad

pytest_plugins = ["book_fixtures"]

PHASE = 2**64


@pytest.fixture
def settle(shop):
    """Settle the first board by a pair of rounds; returns the price in USD."""

    def settle_(before, after):
        expiry = shop.expiries[0]
        shop.book.settle(expiry, before, after, sender=shop.buyer)
        return shop.book.settlement_price(expiry) / 10**18

    return settle_


@pytest.fixture
def expiry(shop):
    """Of the first board."""
    return shop.expiries[0]


# ---- The normal pair


@pytest.mark.parametrize("age", [0, 1, 600, HEARTBEAT])
@pytest.mark.parametrize("wait", [1, 10 * HEARTBEAT])
def test_pair__around_expiry__gives_the_price_before(shop, settle, expiry, age, wait):
    """SPEC-B7: updatedAt(round) ≤ expiry < updatedAt(next), both ends."""
    before, after = shop.push(2_100, expiry - age), shop.push(2_200, expiry + wait)
    assert settle(before, after) == 2_100


@pytest.mark.parametrize("age", [HEARTBEAT + 1, 24 * HEARTBEAT])
def test_pair__round_older_than_a_heartbeat__gives_the_price_after(shop, settle, expiry, age):
    """SPEC-B7: a feed that was silent at expiry."""
    before, after = shop.push(2_100, expiry - age), shop.push(2_200, expiry + 5)
    assert settle(before, after) == 2_200


def test_pair__round_after_expiry__reverts(shop, settle, expiry):
    """SPEC-B7."""
    shop.push(2_100, expiry)
    before, after = shop.push(2_200, expiry + 1), shop.push(2_300, expiry + 2)
    with shop.refuses("settlement: round after expiry"):
        settle(before, after)


def test_pair__next_at_expiry__reverts(shop, settle, expiry):
    """SPEC-B7: a round too early."""
    before, after = shop.push(2_100, expiry - 1), shop.push(2_200, expiry)
    with shop.refuses("settlement: next not after expiry"):
        settle(before, after)


def test_pair__not_neighbours__reverts(shop, settle, expiry):
    """SPEC-B7: nobody picks a price from further back."""
    rounds = [
        shop.push(price, expiry + at)
        for price, at in ((2_000, -60), (2_100, -1), (2_200, 1), (2_300, 2))
    ]
    for before, after in ((0, 2), (1, 3), (0, 3)):
        with shop.refuses("settlement: rounds not adjacent"):
            settle(rounds[before], rounds[after])
    assert settle(rounds[1], rounds[2]) == 2_100


@pytest.mark.parametrize("round_id", [0, 1, PHASE, 2 * PHASE + 1, 2**80, 2**255, 2**256 - 1])
def test_pair__no_such_round__reverts(shop, settle, expiry, round_id):
    """SPEC-B7."""
    after = shop.push(2_200, expiry + 1)
    with shop.refuses("settlement: no such round"):
        settle(round_id, after)


def test_pair__no_such_next_round__reverts(shop, settle, expiry):
    """SPEC-B7."""
    before = shop.push(2_100, expiry)
    shop.at(expiry + 1)
    for missing in (before + 1, 2 * PHASE + 1, 2**80, 2**256 - 1):
        with shop.refuses("settlement: no such next round"):
            settle(before, missing)


# ---- A new phase


def test_phase__first_round_of_the_next__is_a_neighbour(shop, settle, expiry):
    """SPEC-B7: the feed changed its aggregator."""
    before = shop.push(2_100, expiry - 1)
    shop.feed.new_phase(sender=shop.owner)
    after = shop.push(2_200, expiry + 1)
    assert after == 2 * PHASE + 1
    assert settle(before, after) == 2_100


def test_phase__silent_until_the_next__gives_the_price_after(shop, settle, expiry):
    """SPEC-B7."""
    before = shop.push(2_100, expiry - HEARTBEAT - 1)
    shop.feed.new_phase(sender=shop.owner)
    assert settle(before, shop.push(2_200, expiry + 1)) == 2_200


def test_phase__round_is_not_the_last_of_its_own__reverts(shop, settle, expiry):
    """SPEC-B7: round + 1 must be empty."""
    before = shop.push(2_100, expiry - 60)
    shop.push(2_150, expiry - 1)
    shop.feed.new_phase(sender=shop.owner)
    after = shop.push(2_200, expiry + 1)
    with shop.refuses("settlement: rounds not adjacent"):
        settle(before, after)


def test_phase__next_is_not_its_first_round__reverts(shop, settle, expiry):
    """SPEC-B7."""
    before = shop.push(2_100, expiry - 1)
    shop.feed.new_phase(sender=shop.owner)
    shop.push(2_200, expiry + 1)
    second = shop.push(2_300, expiry + 2)
    with shop.refuses("settlement: rounds not adjacent"):
        settle(before, second)


def test_phase__without_a_round__is_passed_over(shop, settle, expiry):
    """SPEC-B7: an aggregator that was replaced before it answered keeps no board unsettled."""
    before = shop.push(2_100, expiry - 1)
    for _ in range(3):
        shop.feed.new_phase(sender=shop.owner)
    after = shop.push(2_200, expiry + 60)
    assert after == 4 * PHASE + 1
    assert settle(before, after) == 2_100


def test_phase__with_a_round__is_not_passed_over(shop, settle, expiry):
    """SPEC-B7: nobody chooses between the phases that followed."""
    before = shop.push(2_100, expiry - HEARTBEAT - 1)
    shop.feed.new_phase(sender=shop.owner)
    between = shop.push(2_200, expiry + 1)
    shop.feed.new_phase(sender=shop.owner)
    after = shop.push(2_300, expiry + 60)
    with shop.refuses("settlement: rounds not adjacent"):
        settle(before, after)
    assert settle(before, between) == 2_200


# ---- No next round yet


@pytest.mark.parametrize("age", [0, HEARTBEAT])
def test_no_next__a_heartbeat_has_passed__gives_the_latest(shop, settle, expiry, age):
    """SPEC-B7: not before the heartbeat is over."""
    before = shop.push(2_100, expiry - age)
    with shop.refuses("settlement: next round may come"):
        shop.chain.pending_timestamp = expiry + HEARTBEAT
        settle(before, 0)
    shop.chain.pending_timestamp = expiry + HEARTBEAT + 1
    assert settle(before, 0) == 2_100
    assert shop.now == expiry + HEARTBEAT + 1


def test_no_next__there_is_one__reverts(shop, settle, expiry):
    """SPEC-B7."""
    before = shop.push(2_100, expiry)
    shop.push(2_200, expiry + HEARTBEAT + 1)
    with shop.refuses("settlement: a next round exists"):
        settle(before, 0)


def test_no_next__a_new_phase_has_begun__reverts(shop, settle, expiry):
    """SPEC-B7."""
    before = shop.push(2_100, expiry)
    shop.feed.new_phase(sender=shop.owner)
    after = shop.push(2_200, expiry + HEARTBEAT + 1)
    with shop.refuses("settlement: round not the latest"):
        settle(before, 0)
    assert settle(before, after) == 2_100


def test_no_next__latest_is_too_old__reverts_until_the_feed_is_back(shop, settle, expiry):
    """SPEC-B7: a stale price is never the price of an expiry."""
    before = shop.push(2_100, expiry - HEARTBEAT - 1)
    shop.at(expiry + 100 * HEARTBEAT)
    with shop.refuses("settlement: round too old"):
        settle(before, 0)
    assert settle(before, shop.push(2_200)) == 2_200


# ---- Rounds without a price


@pytest.mark.parametrize("answer", [0, -2_000])
def test_next__without_a_price__still_ends_the_round_before(shop, settle, expiry, answer):
    """SPEC-B7: a bad round must not keep a board unsettled, and its holders unpaid, for good."""
    before, after = shop.push(2_100, expiry - 1), shop.push(answer, expiry + 1)
    shop.push(2_200)
    assert settle(before, after) == 2_100


@pytest.mark.parametrize("answer", [0, -2_000])
def test_round__without_a_price__gives_the_price_after(shop, settle, expiry, answer):
    """SPEC-B7: as if the feed had been silent at expiry; the round before it does not count."""
    good = shop.push(2_000, expiry - 60)
    before, after = shop.push(answer, expiry - 1), shop.push(2_200, expiry + 1)
    with shop.refuses("settlement: rounds not adjacent"):
        settle(good, after)
    assert settle(before, after) == 2_200


def test_next__without_a_price_that_would_count__reverts(shop, settle, expiry):
    """SPEC-B7: neither round has a price to settle at."""
    before, after = shop.push(0, expiry - 1), shop.push(0, expiry + 1)
    with shop.refuses("settlement: next has no price"):
        settle(before, after)


def test_no_next__latest_without_a_price__reverts(shop, settle, expiry):
    """SPEC-B7."""
    before = shop.push(0, expiry - 1)
    shop.at(expiry + 2 * HEARTBEAT)
    with shop.refuses("settlement: round has no price"):
        settle(before, 0)
    assert settle(before, shop.push(2_200)) == 2_200


@pytest.mark.xfail(strict=True, reason="T-36: open in docs/THREATS.md")
@pytest.mark.parametrize("answer", ["0.99999999", "1000000.00000001"])
def test_round__price_beyond_the_books_bounds__gives_the_price_after(shop, settle, expiry, answer):
    """SPEC-B7: an answer at which nothing may be sold is no price of an expiry."""
    before, after = shop.push(answer, expiry - 1), shop.push(2_200, expiry + 1)
    assert settle(before, after) == 2_200


def test_price__in_units_of_the_feed__is_scaled_to_wad(shop, expiry, settle):
    """SPEC-B7."""
    settle(shop.push("2100.12345678", expiry), shop.push(2_200, expiry + 1))
    assert shop.book.settlement_price(expiry) == wad("2100.12345678")
