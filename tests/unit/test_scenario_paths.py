"""ballast.scenario_paths: where a scenario's price goes."""

import math
import statistics
from dataclasses import replace
from itertools import pairwise

import pytest

from ballast import paths, scenario
from ballast.paths import BASIS_MEAN, HOURS_A_YEAR
from ballast.scenario import Price, ScenarioError
from ballast.scenario_paths import between_points, heston, price_path, through
from ballast.units import WAD

CRASHES = {
    "march_2020": (-0.577, -0.271, 0.245),
    "january_2021": (-0.242, -0.110, 0.092),
    "may_2021": (-0.471, -0.252, 0.122),
    "june_2022": (-0.513, -0.083, 0.111),
    "the_merge": (-0.204, -0.070, 0.033),
    "november_2022": (-0.346, -0.111, 0.092),
}
"""Drawdown, worst and best hour of each: what the market did. May 2021's worst hour went to -40%
and closed at -25%."""


@pytest.mark.parametrize("name", CRASHES)
def test_price_path__a_crash_of_history__falls_as_far_and_as_fast(name):
    """Drawdown within two points, the hours within one; the noise between the points is the
    rest."""
    one = scenario.load(scenario.named(name))
    drawdown, worst, best = CRASHES[name]
    steps = price_path(one, 2_000 * WAD)
    prices = [step.price for step in steps]
    highest, fall = 0, 0.0
    for price in prices:
        highest = max(highest, price)
        fall = min(fall, price / highest - 1)
    hours = [after / before - 1 for before, after in pairwise(prices[:: one.steps])]
    assert fall == pytest.approx(drawdown, abs=0.02)
    assert min(hours) == pytest.approx(worst, abs=0.011)
    assert max(hours) == pytest.approx(best, abs=0.011)


def test_through__no_noise__is_straight_in_the_logarithm():
    price = Price("waypoints", vol=0.0, points=[[0, 1.0], [4, 0.5], [6, 1.0]])
    steps = through(2_000.0, price, hours=8, seed=1, parts=2)
    usd = [step.price / WAD for step in steps]
    assert len(usd) == 17
    assert usd[0] == 2_000 and usd[8] == pytest.approx(1_000) and usd[12] == pytest.approx(2_000)
    assert usd[4] == pytest.approx(2_000 * math.sqrt(0.5)) and usd[16] == usd[12]


def test_through__noise__meets_the_points_all_the_same():
    price = Price("waypoints", vol=1.0, points=[[0, 1.0], [10, 0.5], [20, 0.8]])
    steps = through(2_000.0, price, hours=20, seed=3)
    usd = [step.price / WAD for step in steps]
    assert usd[10] == pytest.approx(1_000) and usd[20] == pytest.approx(1_600)
    assert usd[5] != pytest.approx(2_000 * math.sqrt(0.5), rel=1e-4)


def test_heston__no_vol_of_vol__is_a_diffusion_of_its_vol():
    price = Price("heston", vol=0.8, vol_of_vol=0.0)
    steps = heston(2_000.0, price, hours=20_000, seed=1)
    moves = [math.log(b.price / a.price) for a, b in pairwise(steps)]
    # Standard error of a deviation of 20,000 moves: 0.5%.
    assert statistics.stdev(moves) * math.sqrt(HOURS_A_YEAR) == pytest.approx(0.8, rel=0.015)


def test_heston__vol_of_vol__has_clusters_and_fat_tails():
    price = Price("heston", vol=0.8, vol_of_vol=4.0, correlation=0.0)
    moves = [
        math.log(b.price / a.price) for a, b in pairwise(heston(2_000.0, price, 20_000, seed=1))
    ]
    squares = [move**2 for move in moves]
    kurtosis = statistics.fmean(move**4 for move in moves) / statistics.fmean(squares) ** 2
    assert kurtosis > 5  # 3 without
    assert statistics.correlation(squares[:-24], squares[24:]) > 0.1


@pytest.mark.parametrize("model", ["gbm", "jump", "heston", "waypoints"])
def test_price_path__a_seed__is_one_path(model):
    points = [[0, 1.0], [9, 0.9]]
    content = {
        "name": "x", "why": "x", "hours": 9, "deposits": [1], "steps": 2,
        "price": {"model": model, "points": points},
    }  # fmt: skip
    one = scenario.parse(content)
    first, again = (price_path(one, 1_500 * WAD) for _ in range(2))
    assert first == again != price_path(replace(one, seed=2), 1_500 * WAD)
    assert len(first) == 19 and first[0].price == 1_500 * WAD


def test_price_path__basis_given__is_that_and_nothing_else():
    content = {
        "name": "x", "why": "x", "hours": 4, "deposits": [1],
        "price": {"model": "gbm", "basis": [[0, 0.01], [2, -0.01]]},
    }  # fmt: skip
    steps = price_path(scenario.parse(content), 2_000 * WAD)
    assert [step.basis for step in steps] == [0.01, 0.0, -0.01, -0.01, -0.01]


def test_price_path__replay__is_the_files_moves_from_the_start(tmp_path):
    file = tmp_path / "hours.csv"
    file.write_text("time,close\n1,100\n2,110\n3,99\n4,99\n")
    content = {
        "name": "x", "why": "x", "hours": 2, "deposits": [1], "steps": 2,
        "price": {"model": "csv", "file": str(file)},
    }  # fmt: skip
    steps = price_path(scenario.parse(content), 2_000 * WAD)
    assert [step.price // WAD for step in steps] == [2_000, 2_100, 2_200, 2_090, 1_980]
    with pytest.raises(ScenarioError, match="the path has 3 hours, 4 are needed"):
        price_path(scenario.parse(content | {"hours": 4}), 2_000 * WAD)


@pytest.mark.parametrize("hour, value", [(0, 1.0), (1, 2.0), (2, 3.0), (9, 3.0)])
def test_between_points__any_hour__is_on_the_line(hour, value):
    assert between_points([[0, 1.0], [2, 3.0]], hour) == value


def test_price_path__gbm__is_that_of_paths():
    content = {"name": "x", "why": "x", "hours": 5, "deposits": [1], "price": {"model": "gbm"}}
    assert price_path(scenario.parse(content), 2_000 * WAD) == paths.gbm(2_000.0, 0.7, 5, 1)
    assert paths.gbm(2_000.0, 0.7, 5, 1)[0].basis == BASIS_MEAN
