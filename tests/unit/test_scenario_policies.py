"""ballast.scenario_policies: the figures of policies, and that all see the same paths."""

import math
import random
import statistics
from types import SimpleNamespace

import pytest

from ballast.scenario_policies import (
    POLICIES,
    SHARE,
    Outcome,
    compare,
    deviation,
    mean,
    measured,
)
from ballast.units import WAD


def test_mean__many_values__interval_is_that_of_a_normal_mean():
    found = mean([1.0, 2.0, 3.0, 4.0])
    spread = 1.96 * statistics.stdev([1, 2, 3, 4]) / 2
    assert found == pytest.approx((2.5, 2.5 - spread, 2.5 + spread))
    assert mean([7.0]) == (7.0, 7.0, 7.0)


def test_deviation__normal_values__interval_holds_the_truth_as_often_as_it_says():
    """95% of 2,000 samples of 20, within 2 points: the formula is of the first order."""
    draw = random.Random(1)
    hits = 0
    for _ in range(2_000):
        found = deviation([draw.gauss(0, 1) for _ in range(20)])
        hits += found.low <= 1 <= found.high
    assert hits / 2_000 == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("count, worst", [(2, [0.0]), (10, [0.0]), (11, [0.0, 1.0])])
def test_measured__tail__is_the_mean_of_the_worst_tenth(count, worst):
    outcomes = [Outcome(float(pnl), 2.0, 3, 0.5) for pnl in reversed(range(count))]
    found = measured("x", outcomes)
    assert found.tail.value == pytest.approx(-statistics.fmean(worst))
    assert (found.cost.value, found.hedges.value, found.near) == (2.0, 3.0, 0.5)
    assert found.error.value == pytest.approx(statistics.stdev(range(count)))
    assert found.policy == ("x", found.cost, found.error)


def test_compare__each_policy__lives_through_the_same_prices():
    """One that looks every hour sees every sixtieth step of what one sees that looks by minutes."""
    seen = {}

    def live(scenario, path):
        seen[scenario.seed, scenario.steps, scenario.keeper.hours, len(scenario.faults)] = path
        lines = {"slippage and basis": -2 * WAD, "venue fees": -WAD, "reward": -WAD}
        rows = [{"margin_ratio": ratio, "hedges": 2} for ratio in (None, 0.09, 0.1, 0.2)]
        nav = 10_000 * WAD
        return SimpleNamespace(lines=lines, rows=rows, nav_before=nav, nav_after=nav - 5 * WAD)

    found = list(compare(live, 2))
    assert [one.name for one in found] == [policy.name for policy in POLICIES]
    minutes = {seed: path for (seed, steps, *_), path in seen.items() if steps == 60}
    assert minutes[1] != minutes[2] and len(minutes[1]) == 28 * 60 + 1
    assert all(
        path == minutes[seed][::60] for (seed, steps, *_), path in seen.items() if steps == 1
    )
    assert found[0].cost.value == pytest.approx(4 / SHARE)
    assert found[0].error.value == 0 and math.isclose(found[0].tail.value, 5 / SHARE)
    assert found[0].hedges.value == 8 and found[0].near == 0.25
