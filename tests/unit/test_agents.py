"""ballast.agents: the orders of a week, and the arbitrageur's aim."""

import math
from types import SimpleNamespace

import pytest

from ballast import agents, curve
from ballast.agents import FLOWS, Arbitrageur, option_flow
from ballast.chain import Reverted
from ballast.units import WAD


@pytest.mark.parametrize("flow", FLOWS)
def test_option_flow__same_seed__same_orders(flow):
    assert option_flow(flow, 200, 5, 9, 1) == option_flow(flow, 200, 5, 9, 1)
    assert option_flow(flow, 200, 5, 9, 1) != option_flow(flow, 200, 5, 9, 2)


@pytest.mark.parametrize(
    ("flow", "kinds"), [("calls", {False}), ("puts", {True}), ("mixed", {False, True})]
)
def test_option_flow__kind__is_what_was_asked(flow, kinds):
    assert {order.is_put for order in option_flow(flow, 500, 5, 9, 1)} == kinds


def test_option_flow__orders__are_in_range():
    orders = option_flow("mixed", 500, 5, 9, 1)
    assert [order.hour for order in orders] == sorted({order.hour for order in orders})
    assert all(0 <= order.hour < 500 and 0 <= order.buyer < 5 for order in orders)
    assert all(order.board in (0, 1) and 0.01 <= order.share <= 0.03 for order in orders)
    assert all(9 // 4 <= order.strike < 9 - 9 // 4 for order in orders)
    # Binomial, p = 0.2: within 5 standard deviations.
    assert abs(len(orders) - 100) < 5 * math.sqrt(500 * 0.2 * 0.8)


def test_option_flow__a_buyer__keeps_to_his_strike_and_kind():
    habits = {
        (order.buyer, order.strike, order.is_put) for order in option_flow("mixed", 900, 5, 9, 1)
    }
    assert len(habits) == 5


def test_option_flow__a_strike_or_a_buyer_only__works():
    orders = option_flow("mixed", 100, 1, 1, 1)
    assert orders and {order.strike for order in orders} == {0}


@pytest.mark.parametrize("premium", [-0.05, -0.001, 0.0, 0.001, 0.05])
def test_curve_position__any_premium__is_where_the_mark_is(premium):
    """The twin's mark at that net position, to 1e-12."""
    depth, index = 200_000 * WAD, 2_000 * WAD
    net = int(agents.curve_position(depth, premium))
    assert curve.mark(index, depth, net) / index - 1 == pytest.approx(premium, abs=1e-12)


DEPTH = 200_000 * WAD


class Venue:
    """The chain of an arbitrageur: one venue with its mark at the index, which notes the orders."""

    def __init__(self, max_buy=DEPTH, max_sell=DEPTH, refusal=None):
        self.views = {
            "market": SimpleNamespace(mark=2_000 * WAD, index=2_000 * WAD),
            "terms": SimpleNamespace(
                fee=5 * 10**14, depth=DEPTH, max_buy=max_buy, max_sell=max_sell
            ),
        }
        self.refusal = refusal
        self.sizes = []

    def read(self, contract, function):
        return self.views[function]

    def now(self):
        return 0

    def send(self, contract, function, size, limit, deadline, sender):
        self.sizes.append(size)
        if self.refusal:
            raise Reverted(self.refusal)


def trade(venue, basis):
    """The sizes that an arbitrageur orders."""
    Arbitrageur(venue, SimpleNamespace(venue=None), "arbitrageur").trade(basis)
    assert all(type(size) is int for size in venue.sizes)
    return venue.sizes


@pytest.mark.parametrize("basis", [-0.02, 0.02])
def test_trade__room__brings_the_mark_there(basis):
    (size,) = trade(Venue(), basis)
    assert curve.mark(2_000 * WAD, DEPTH, size) / WAD == pytest.approx(2_000 * (1 + basis))


@pytest.mark.parametrize(("basis", "size"), [(0.02, 10**21 + 1), (-0.02, -(10**21) - 3)])
def test_trade__less_room__takes_it_to_the_wei(basis, size):
    """A room beyond 2^53 wei would lose digits as a float."""
    assert trade(Venue(max_buy=10**21 + 1, max_sell=10**21 + 3), basis) == [size]


@pytest.mark.parametrize("basis", [-0.5, 0.5])
def test_trade__no_room__orders_nothing(basis):
    assert trade(Venue(max_buy=0, max_sell=0), basis) == []


@pytest.mark.parametrize("basis", [-0.0004, 0.0, 0.0004])
def test_trade__nearer_than_the_fee__orders_nothing(basis):
    assert trade(Venue(), basis) == []


@pytest.mark.parametrize("reason", ["perp_venue: initial margin", "perpmarket: account cap"])
def test_trade__refused__goes_on(reason):
    assert len(trade(Venue(refusal=reason), 0.02)) == 1
