"""ballast.agents: the orders of a week, and the arbitrageur's aim."""

import math

import pytest

from ballast import agents, curve
from ballast.agents import FLOWS, option_flow
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
