"""settlement.vy: which pair of rounds proves the price of an expiry, and which price it is."""

import ape
import pytest
from book_shop import DAY, HEARTBEAT, ORACLE, WEEK, wad

pytest_plugins = ["book_fixtures"]

PHASE = 2**64
MAX_WALK = 256
MAX_EMPTY = 8


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


@pytest.mark.parametrize("round_id", [1, PHASE, 2 * PHASE + 1, 2**80, 2**255, 2**256 - 1])
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
    with shop.refuses("settlement: a next round exists"):
        settle(before, 0)
    assert settle(before, after) == 2_100


def test_no_next__latest_is_too_old__reverts_until_the_feed_is_back(shop, settle, expiry):
    """SPEC-B7: a stale price is never the price of an expiry."""
    before = shop.push(2_100, expiry - HEARTBEAT - 1)
    shop.at(expiry + 100 * HEARTBEAT)
    with shop.refuses("settlement: next round may come"):
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


@pytest.mark.parametrize("age", [1, HEARTBEAT + 1])
@pytest.mark.parametrize("last", [0, 2_100])
def test_next__rounds_without_a_price__first_price_after_counts(shop, settle, expiry, last, age):
    """SPEC-B7: neither neighbour has a price that counts; whoever settles, it is this one."""
    before = shop.push(last, expiry - age)
    bad = [shop.push(answer, expiry + 1 + i) for i, answer in enumerate((0, -1, 0))]
    good, later = shop.push(2_200), shop.push(2_300)
    if last and age < HEARTBEAT:
        assert settle(before, bad[0]) == last
        return
    for one in bad:
        with shop.refuses("settlement: next has no price"):
            settle(before, one)
    with shop.refuses("settlement: rounds not adjacent"):
        settle(before, later)
    assert settle(before, good) == 2_200


def test_next__round_before_expiry_on_the_way__reverts(shop, settle, expiry):
    """SPEC-B7: `round` is the last at or before expiry, with a price or without."""
    first, last = shop.push(0, expiry - 60), shop.push(0, expiry - 1)
    good = shop.push(2_200, expiry + 1)
    with shop.refuses("settlement: rounds not adjacent"):
        settle(first, good)
    assert settle(last, good) == 2_200


@pytest.mark.parametrize("extra", [0, 1])
def test_next__longest_walk__is_walked_and_one_more_is_not(shop, settle, expiry, extra):
    """SPEC-B7: bounded, so that it fits in a block."""
    before = shop.push(0, expiry)
    for _ in range(MAX_WALK - 1 + extra):
        shop.push(0)
    good = shop.push(2_200)
    if not extra:
        assert settle(before, good) == 2_200
    else:
        with shop.refuses("settlement: too many rounds"):
            settle(before, good)


# ---- Phases without a round


@pytest.mark.parametrize("age, price", [(30, 2_100), (HEARTBEAT + 30, 2_200)])
@pytest.mark.parametrize("phases", [2, MAX_EMPTY + 1])
def test_phase__without_a_round__is_passed_over(shop, settle, expiry, age, price, phases):
    """SPEC-B7: an aggregator that never answered is not between two that did."""
    before = shop.push(2_100, expiry - age)
    for _ in range(phases):
        shop.feed.new_phase(sender=shop.owner)
    assert settle(before, shop.push(2_200, expiry + 1)) == price


def test_phase__too_many_without_a_round__reverts(shop, settle, expiry):
    """SPEC-B7: bounded."""
    before = shop.push(2_100, expiry - 30)
    for _ in range(MAX_EMPTY + 2):
        shop.feed.new_phase(sender=shop.owner)
    after = shop.push(2_200, expiry + 1)
    with shop.refuses("settlement: rounds not adjacent"):
        settle(before, after)


def test_phase__without_a_price_in_between__is_walked_over(shop, settle, expiry):
    """SPEC-B7: bad rounds on both sides of a change of phase."""
    before = shop.push(0, expiry - 1)
    shop.push(0, expiry + 1)
    shop.feed.new_phase(sender=shop.owner)
    shop.push(-1)
    shop.feed.new_phase(sender=shop.owner)
    shop.feed.new_phase(sender=shop.owner)
    shop.push(0)
    good = shop.push(2_200)
    assert good == 4 * PHASE + 2
    assert settle(before, good) == 2_200


def test_phase__next_skips_a_phase_that_has_rounds__reverts(shop, settle, expiry):
    """SPEC-B7: nobody picks a price from further on."""
    before = shop.push(2_100, expiry - HEARTBEAT - 1)
    shop.feed.new_phase(sender=shop.owner)
    first = shop.push(2_200, expiry + 1)
    shop.feed.new_phase(sender=shop.owner)
    later = shop.push(2_300)
    with shop.refuses("settlement: rounds not adjacent"):
        settle(before, later)
    assert settle(before, first) == 2_200


# ---- A feed that ends


def test_silence__a_week_after_expiry__gives_the_last_price(shop, settle, expiry):
    """SPEC-B7: however old; the feed may not come back, and holders would wait for ever."""
    before = shop.push(2_100, expiry - 3 * HEARTBEAT)
    with shop.refuses("settlement: next round may come"):
        shop.chain.pending_timestamp = expiry + WEEK
        settle(before, 0)
    shop.chain.pending_timestamp = expiry + WEEK + 1
    assert settle(before, 0) == 2_100


@pytest.mark.parametrize("age", [1, HEARTBEAT + 1])
@pytest.mark.parametrize("bad", [-10, 10])
def test_silence__rounds_without_a_price_at_the_end__are_passed_over(
    shop, settle, expiry, age, bad
):
    """SPEC-B7: the last price there is, wherever the bad rounds lie."""
    before = shop.push(2_100, expiry - age - 20)
    bad_round = shop.push(0, expiry + bad)
    shop.feed.new_phase(sender=shop.owner)
    shop.push(-1, expiry + 20)
    shop.at(expiry + HEARTBEAT + 1)
    with shop.refuses("settlement: next round may come"):
        settle(before, 0)
    shop.at(expiry + WEEK + 1)
    if bad < 0:
        with shop.refuses("settlement: round has no price"):
            settle(bad_round, 0)
    assert settle(before, 0) == 2_100


def test_silence__a_price_came_after_all__is_the_price(shop, settle, expiry):
    """SPEC-B7: from then on the old one is refused."""
    before = shop.push(2_100, expiry - HEARTBEAT - 1)
    shop.push(0, expiry + WEEK + 5)
    good = shop.push(2_200)
    with shop.refuses("settlement: a next round exists"):
        settle(before, 0)
    assert settle(before, good) == 2_200


def test_lost__feed_does_not_answer_for_a_month__settles_at_the_last_price_seen(switched):
    """SPEC-B7: the price of the last sale, since the feed shows no round any more."""
    shop, switches = switched
    expiry = shop.expiries[0]
    shop.buy(shop.id())
    with shop.refuses("option_book: feed may come back"):
        shop.at(expiry + 30 * DAY - 1)
        shop.book.settle(expiry, 0, 0, sender=shop.buyer)
    with shop.refuses("option_book: feed answers"):
        shop.book.settle(expiry, 0, 0, sender=shop.buyer)
    switches.feed.switch_off(sender=shop.owner)
    shop.book.settle(expiry, 0, 0, sender=shop.buyer)
    assert shop.book.settlement_price(expiry) == wad(2_000)


def test_lost__nothing_ever_seen__reverts(project, system, owner, chain, create_feed):
    """SPEC-B7: and nothing was ever sold."""
    switch = owner.deploy(project.SwitchHarness, create_feed())
    parts = (system.vault, system.venue, switch, system.pricer, system.breaker)
    book = owner.deploy(project.OptionBook, *parts, ORACLE)
    expiry = chain.blocks.head.timestamp + WEEK
    book.list_board(expiry, [wad(2_000)], (wad("0.7"), 0, 0), sender=owner)
    switch.switch_off(sender=owner)
    chain.mine(timestamp=expiry + 31 * DAY)
    with ape.reverts("option_book: no price ever"):
        book.settle(expiry, 0, 0, sender=owner)


@pytest.mark.parametrize("answer", ["0.99999999", "1000000.00000001"])
def test_round__price_beyond_the_books_bounds__gives_the_price_after(shop, settle, expiry, answer):
    """SPEC-B7: an answer at which nothing may be sold is no price of an expiry."""
    before, after = shop.push(answer, expiry - 1), shop.push(2_200, expiry + 1)
    assert settle(before, after) == 2_200


def test_price__in_units_of_the_feed__is_scaled_to_wad(shop, expiry, settle):
    """SPEC-B7."""
    settle(shop.push("2100.12345678", expiry), shop.push(2_200, expiry + 1))
    assert shop.book.settlement_price(expiry) == wad("2100.12345678")
