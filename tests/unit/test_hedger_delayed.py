"""Hedger at a venue that fills later: a pending order is part of the position, one at a time."""

import ape
import pytest

from ballast.flags import Action, Reason
from ballast.units import WAD

pytest_plugins = ["hedge_fixtures"]

LIFE = 300


@pytest.fixture(scope="module")
def desk(create_hedge):
    """A vault at a delayed venue, nothing sold. A call hedges at most 90 ETH."""
    return create_hedge(venue_kind="DelayedVenue")


@pytest.fixture
def ordered(desk):
    """Calls are sold, and the hedge of their delta is ordered."""
    desk.sell(100)
    receipt = desk.rebalance()
    return desk.hedged(receipt).trade


def order_id(desk) -> int:
    """What the hedger has ordered; 0 for nothing."""
    return desk.system.venue.order_of(desk.system.hedger)


def fill(desk, who) -> None:
    desk.system.venue.fill(order_id(desk), sender=who)
    desk.check_empty()


def test_rebalance__order_placed__counts_as_position(desk, ordered):
    """SPEC-H1, SPEC-M11."""
    account, state = desk.account(), desk.state()
    assert (account.size, account.pending) == (0, ordered)
    assert ordered > 0
    assert state.net_delta == state.book_delta + ordered
    order = desk.system.venue.order(order_id(desk))
    assert order.deadline == desk.now() + LIFE


def test_rebalance__order_pending__places_no_second(desk, ordered, stranger):
    """SPEC-H8: not even when much more is sold meanwhile."""
    desk.sell(100)
    before = order_id(desk)
    state = desk.expect(Action.NONE, Reason.ORDER_PENDING)
    assert abs(state.net_delta) > state.band
    desk.rebalance(sender=stranger)
    assert order_id(desk) == before
    assert desk.account().pending == ordered


def test_rebalance__order_filled__hedges_the_rest(desk, ordered, stranger):
    """SPEC-H8."""
    desk.sell(100)
    fill(desk, stranger)
    assert (desk.size(), desk.account().pending) == (ordered, 0)
    state = desk.expect(Action.HEDGE | Action.TOP_UP, Reason.OUTSIDE_BAND)
    desk.rebalance()
    fill(desk, stranger)
    # The delta drifted for a second or two.
    assert abs(desk.size() - ordered - state.trade) < WAD // 1_000
    state = desk.state()
    assert abs(state.net_delta) <= state.band


def test_rebalance__order_expired__orders_anew(desk, ordered, chain, stranger):
    """SPEC-H8: whether or not anybody cancels it."""
    first = order_id(desk)
    chain.mine(timestamp=desk.now() + LIFE + 1)
    assert desk.account().pending == 0
    desk.expect(Action.HEDGE, Reason.OUTSIDE_BAND)
    desk.rebalance()
    assert order_id(desk) == first + 1
    desk.system.venue.cancel(first, sender=stranger)
    fill(desk, stranger)
    assert desk.size() > 0


def test_rebalance__order_cancelled__orders_anew(desk, ordered, chain, stranger):
    first = order_id(desk)
    chain.pending_timestamp = desk.now() + LIFE + 1
    desk.system.venue.cancel(first, sender=stranger)
    assert order_id(desk) == 0
    desk.rebalance()
    assert desk.account().pending > 0


def test_rebalance__order_pending__margin_stays_for_it(desk, ordered, stranger):
    """SPEC-H8: what the order will need is not taken back before it fills."""
    state = desk.state()
    assert state.give_back == 0
    assert desk.margin() * desk.scale() >= desk.needed(desk.target(), ordered) * 99 // 100
    fill(desk, stranger)
    assert desk.state().margin_ratio >= desk.trigger()


def test_fill__price_left_the_bound__waits_and_is_ordered_anew(desk, ordered, chain, stranger):
    """SPEC-H3: the limit is that of the order; a later one has the price of then."""
    desk.push(2_100)
    with ape.reverts("perp_venue: price over limit"):
        fill(desk, stranger)
    chain.mine(timestamp=desk.now() + LIFE + 1)
    desk.rebalance()
    fill(desk, stranger)
    assert desk.size() > 0


def test_rebalance__closing_order_pending__margin_stays_for_the_position(desk, ordered, stranger):
    """SPEC-H8: an order that may never fill frees nothing."""
    fill(desk, stranger)
    desk.settle(2_050)
    desk.expect(Action.HEDGE | Action.GIVE_BACK, Reason.NOTHING_SOLD)
    margin = desk.system.venue.margin_of(desk.system.hedger)
    desk.rebalance()
    assert desk.account().pending == -desk.size() < 0
    assert desk.system.venue.margin_of(desk.system.hedger) == margin
    desk.wait()
    desk.expect(Action.NONE, Reason.ORDER_PENDING)
    fill(desk, stranger)
    desk.rebalance()
    assert (desk.size(), desk.margin()) == (0, 0)
