"""OptionBook: its parameters, each bound on both sides."""

import ape
import pytest
from book_shop import DAY, DEFAULTS, WEEK, wad

from ballast.units import WAD

pytest_plugins = ["book_fixtures"]

# Group, field, last value that is allowed, first one that is not, reason.
BOUNDS = [
    ("oracle", "heartbeat", 60, 59, "bad heartbeat"),
    ("oracle", "heartbeat", 172_800, 172_801, "bad heartbeat"),
    ("oracle", "min_price", 1, 0, "bad price bounds"),
    ("oracle", "max_price", WAD + 1, WAD, "bad price bounds order"),
    ("oracle", "max_price", 10**9 * WAD, 10**9 * WAD + 1, "max price too high"),
    ("carry", "rate", 5 * WAD, 5 * WAD + 1, "carry rate out of range"),
    ("carry", "rate", -5 * WAD, -5 * WAD - 1, "carry rate out of range"),
    ("carry", "bound", 5 * WAD, 5 * WAD + 1, "carry bound too wide"),
    ("carry", "reversion", 10**5 * WAD, 10**5 * WAD + 1, "reversion too fast"),
    ("stress", "shock", WAD // 10, WAD // 10 - 1, "bad shock"),
    ("stress", "shock", 9 * WAD // 10, 9 * WAD // 10 + 1, "bad shock"),
    ("stress", "vol_shock", 2 * WAD, 2 * WAD + 1, "vol shock too large"),
    ("stress", "max_loss", 1, 0, "bad max loss"),
    ("stress", "max_loss", WAD, WAD + 1, "bad max loss"),
    ("quoting", "spread", WAD, WAD + 1, "spread over 100%"),
    ("quoting", "impact", 2 * WAD, 2 * WAD + 1, "impact over 200%"),
    ("quoting", "vega_cap", 1, 0, "vega cap is zero"),
    ("quoting", "fee", WAD // 100, WAD // 100 + 1, "fee over 1%"),
    ("quoting", "edge", WAD // 20, WAD // 20 + 1, "edge over 5%"),
    ("limits", "min_delta", wad("0.9") - 1, wad("0.9"), "bad delta bounds"),
    ("limits", "max_delta", WAD, WAD + 1, "max delta over 1"),
    ("limits", "min_size", 1, 0, "min size is zero"),
    ("limits", "cutoff", 60 * DAY - 1, 60 * DAY, "bad tenor bounds"),
    ("limits", "max_tenor", 366 * DAY, 366 * DAY + 1, "tenor over a year"),
    ("limits", "vol_min", WAD // 100, WAD // 100 - 1, "vol min under 1%"),
    ("limits", "vol_max", wad("0.2") + 1, wad("0.2"), "bad vol bounds"),
    ("limits", "vol_max", 5 * WAD, 5 * WAD + 1, "vol max over 500%"),
]


@pytest.fixture(scope="module")
def create_book(system, project, owner):
    """Deploy a book of its own: `create_book(feed=…, group={"field": value})`."""

    def create(feed=None, **changes):
        params = {group: values | changes.get(group, {}) for group, values in DEFAULTS.items()}
        arguments = (system.vault, system.venue, feed or system.feed, system.pricer, params)
        return owner.deploy(project.OptionBook, *arguments)

    return create


@pytest.mark.parametrize("group, field, inside, outside, reason", BOUNDS)
def test_init__parameter__inside_is_kept_and_outside_reverts(
    create_book, group, field, inside, outside, reason
):
    with ape.reverts(f"option_book: {reason}"):
        create_book(**{group: {field: outside}})
    book = create_book(**{group: {field: inside}})
    assert getattr(getattr(book, group)(), field) == inside


def test_init__defaults__are_kept(system, owner):
    for group, values in DEFAULTS.items():
        found = getattr(system.book, group)()
        assert {field: found[field] for field in values} == values
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
    book = create_book(oracle={"sequencer": sequencer.address, "grace": 600})
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


def test_list_board__tenor_over_the_books_own__reverts(create_book, chain, owner):
    """SPEC-B1: the limits are those of the constructor."""
    book = create_book(limits={"max_tenor": WEEK})
    surface = (wad("0.7"), 0, 0)
    with ape.reverts("option_book: expiry too far"):
        book.list_board(chain.blocks.head.timestamp + 2 * WEEK, [1], surface, sender=owner)
