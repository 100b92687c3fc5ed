"""One option over real weeks: each payment with its sign, each rule with its trades."""

import numpy as np
import pytest

from ballast import real_weeks, replication
from ballast.market_data import Market
from ballast.real_weeks import Rule, Weeks

HOURLY = Rule("hourly")


def create_weeks(index, mark=None, funding=None) -> Weeks:
    """A single week of a few hours."""
    index = np.array(index, dtype=float)[:, None]
    marks = index if mark is None else np.array(mark, dtype=float)[:, None]
    rates = np.zeros_like(index) if funding is None else np.array(funding, dtype=float)[:, None]
    return Weeks(index, marks, rates)


def first_delta(weeks: Weeks) -> float:
    vol = real_weeks.realised_vol(weeks.index)
    hours = len(weeks.index) - 1
    return float(replication.calls(weeks.index[0], weeks.index[0], vol, hours * 3_600).delta[0])


def test_realised_vol__of_equal_moves__is_the_move_times_root_of_a_year():
    moves = np.array([0.01, -0.01, 0.01, -0.01])
    index = 100 * np.exp(np.concatenate([[0], np.cumsum(moves)]))
    assert real_weeks.realised_vol(index[:, None])[0] == pytest.approx(0.01 * np.sqrt(8_760))


@pytest.mark.parametrize("last", [98.0, 102.0])
def test_hedge__one_trade__is_premium_plus_long_perp_less_payoff(last):
    weeks = create_weeks([100, 101, last])
    made = real_weeks.hedge(weeks, Rule("once", every=9), 0.0)
    premium, delta = made.premium[0], first_delta(weeks)
    earned = premium + delta * (last - 100) - max(last - 100, 0)
    assert made.hedged[0] == pytest.approx(earned / premium)
    assert made.total[0] == made.hedged[0]
    assert made.trades[0] == 1


def test_hedge__perp_off_the_index__gains_what_the_mark_does():
    index = [100, 101, 102]
    plain = real_weeks.hedge(create_weeks(index), Rule("once", every=9), 0.0)
    weeks = create_weeks(index, mark=[101, 101, 101])
    made = real_weeks.hedge(weeks, Rule("once", every=9), 0.0)
    lost = first_delta(weeks) * 2 / made.premium[0]
    assert made.hedged[0] == pytest.approx(plain.hedged[0] - lost)


def test_hedge__positive_funding__is_paid_by_the_long_from_the_next_hour_on():
    """What is due at the sale itself is not the seller's: he holds nothing yet."""
    weeks = create_weeks([100, 100.5, 100], funding=[0.5, 0.001, 0])
    made = real_weeks.hedge(weeks, Rule("once", every=9), 0.0)
    assert made.funding[0] == pytest.approx(-first_delta(weeks) * 100.5 * 0.001 / made.premium[0])
    assert made.funding[0] < 0
    assert made.total[0] == pytest.approx(made.hedged[0] + made.funding[0])


def test_hedge__fees__are_paid_of_each_trade_and_of_the_closing_one():
    weeks = create_weeks([100, 101, 102])
    made = real_weeks.hedge(weeks, Rule("once", every=9), 0.001)
    spent = 0.001 * first_delta(weeks) * (100 + 102)
    assert made.fees[0] == pytest.approx(-spent / made.premium[0])
    assert made.total[0] < made.hedged[0]


@pytest.mark.parametrize("rule, trades", [
    (HOURLY, 6), (Rule("2-hourly", every=2), 3), (Rule("wide", band=0.9), 1),
])  # fmt: skip
def test_hedge__rules__trade_as_often_as_they_say(rule, trades):
    weeks = create_weeks([100, 103, 99, 104, 98, 105, 100])
    assert real_weeks.hedge(weeks, rule, 0.0).trades[0] == trades


def test_hedge__band__ends_at_the_delta_or_at_the_edge():
    weeks = create_weeks([100, 104, 108])
    vol = real_weeks.realised_vol(weeks.index)
    then = float(replication.calls(weeks.index[1], weeks.index[0], vol, 3_600).delta[0])
    first = first_delta(weeks)
    assert then - first > 0.1
    for rule, held in (
        (Rule("centre", band=0.1), then),
        (Rule("edge", band=0.1, to_centre=False), then - 0.1),
    ):
        made = real_weeks.hedge(weeks, rule, 0.0)
        earned = made.premium[0] + first * 4 + held * 4 - 8
        assert made.hedged[0] == pytest.approx(earned / made.premium[0])


def test_weeks__whole_ones__follow_each_other():
    hours = np.arange(400.0)
    market = Market(0, 100 + hours, 200 + hours, hours)
    weeks = real_weeks.weeks(market, "1970-01-01T05:00", "1970-01-15T06:00")
    assert weeks.index.shape == (169, 2)
    assert weeks.index[[0, -1]].tolist() == [[105, 273], [273, 441]]
    assert weeks.mark[0].tolist() == [205, 373]
    assert weeks.funding[-1].tolist() == [173, 341]
