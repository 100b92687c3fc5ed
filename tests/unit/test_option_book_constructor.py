"""OptionBook: when its feed is good, each bound on both sides."""

import ape
import pytest
from book_shop import ORACLE, plain, wad

from ballast.units import WAD

pytest_plugins = ["book_fixtures"]

# Field, last value that is allowed, first one that is not, reason.
BOUNDS = [
    ("heartbeat", 60, 59, "bad heartbeat"),
    ("heartbeat", 172_800, 172_801, "bad heartbeat"),
    ("min_price", 1, 0, "bad price bounds"),
    ("max_price", WAD + 1, WAD, "bad price bounds order"),
    ("max_price", 10**9 * WAD, 10**9 * WAD + 1, "max price too high"),
    ("grace", 172_800, 172_801, "grace too long"),
]


@pytest.fixture(scope="module")
def create_book(system, project, owner):
    """Deploy a book of its own: `create_book(feed=…, heartbeat=600)`."""

    def create(feed=None, **changes):
        feed = feed or system.feed
        parts = (system.vault, system.venue, feed, system.pricer, system.breaker)
        return owner.deploy(project.OptionBook, *parts, ORACLE | changes)

    return create


@pytest.mark.parametrize("field, inside, outside, reason", BOUNDS)
def test_init__oracle__inside_is_kept_and_outside_reverts(
    create_book, field, inside, outside, reason
):
    with ape.reverts(f"option_book: {reason}"):
        create_book(**{field: outside})
    assert create_book(**{field: inside}).oracle()[field] == inside


@pytest.mark.parametrize("field, inside, outside, reason", BOUNDS)
def test_set_oracle__field__inside_is_kept_and_outside_reverts(
    shop, owner, field, inside, outside, reason
):
    """SPEC-B10."""
    with shop.refuses(f"option_book: {reason}"):
        shop.book.set_oracle(ORACLE | {field: outside}, sender=owner)
    shop.book.set_oracle(ORACLE | {field: inside}, sender=owner)
    assert shop.book.oracle()[field] == inside


def test_set_oracle__every_field_at_its_largest__is_kept_and_logged(shop, owner, stranger):
    """SPEC-B10: the fields do not touch each other in their words."""
    most = (172_800, 10**27 - 1, 10**27, stranger.address, 172_800)
    receipt = shop.book.set_oracle(most, sender=owner)
    assert tuple(shop.book.oracle()) == most
    (event,) = shop.events(receipt, "OracleSet")
    assert plain(event.event_arguments["oracle"]) == (*most[:3], most[3].lower(), most[4])


def test_set_oracle__not_the_owner__reverts(shop, attacker):
    """SPEC-B10."""
    with shop.refuses("ownable: caller is not the owner"):
        shop.book.set_oracle(ORACLE, sender=attacker)


def test_set_oracle__shorter_heartbeat__counts_at_once(shop, owner):
    """SPEC-B10, SPEC-B2."""
    pushed = shop.soon
    shop.push(2_000, pushed)
    shop.at(pushed + 600)
    assert shop.book.risk().valid
    shop.book.set_oracle(ORACLE | {"heartbeat": 600}, sender=owner)
    assert not shop.book.risk().valid


def test_init__defaults__are_kept(system, owner):
    found = system.book.oracle()
    assert {field: found[field] for field in ORACLE} == ORACLE
    assert system.book.owner() == owner


def test_init__feed_of_more_than_18_decimals__reverts(create_book, project, owner):
    feed = owner.deploy(project.MockFeed, "ETH / USD", 19)
    with ape.reverts("price_feed: decimals"):
        create_book(feed=feed)


@pytest.mark.parametrize("decimals", [0, 8, 18])
def test_init__feed_of_any_decimals__is_scaled_to_wad(create_book, project, owner, decimals):
    """SPEC-B2."""
    feed = owner.deploy(project.MockFeed, "ETH / USD", decimals)
    feed.push(2_000 * 10**decimals, sender=owner)
    found = create_book(feed=feed).risk()
    assert (found.price, found.valid) == (wad(2_000), True)


def test_risk__feed_never_live__is_empty_and_not_valid(create_book, project, owner):
    """SPEC-B2: before the first good price there is none to fall back on, and nothing is sold."""
    found = create_book(feed=owner.deploy(project.MockFeed, "ETH / USD", 8)).risk()
    assert (found.price, found.at, found.valid, found.mid) == (0, 0, False, 0)


def test_risk__sequencer__must_be_up_for_the_grace(create_book, project, chain, owner):
    """SPEC-B2: down or just back, the feed behind it is not live."""
    sequencer = owner.deploy(project.MockFeed, "L2 Sequencer", 0)
    book = create_book(sequencer=sequencer.address, grace=600)
    assert not book.risk().valid  # no round yet

    sequencer.push(1, sender=owner)
    chain.mine(timestamp=chain.blocks.head.timestamp + 700)
    assert not book.risk().valid  # down

    sequencer.push(0, sender=owner)
    back = chain.blocks.head.timestamp
    chain.mine(timestamp=back + 599)
    assert not book.risk().valid  # back, but not long enough
    chain.mine(timestamp=back + 600)
    assert book.risk().valid
