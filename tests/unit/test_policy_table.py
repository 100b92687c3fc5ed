"""ballast.policy_table: statistics, their intervals, and how they are shown."""

import csv
from collections.abc import Iterator
from io import StringIO

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from ballast import policies, policy_table, replication, scenario_charts, scenario_html
from ballast.policies import HOURLY, STATIC, WEEK, Book, Option, Outcome
from ballast.policy_table import COLUMNS, MEASURES, PREMIUM, RESAMPLES
from ballast.scenario_charts import Estimate

ONCE = np.ones((1, 1_000))


def outcome(draw: np.random.Generator, error: float, cost: float, count: int = 1_000) -> Outcome:
    """Of paths that are drawn."""
    ones = np.ones(count)
    pnl = draw.normal(0.0, error, count)
    return Outcome(pnl, cost * ones, 3 * ones, 0.002 * ones, 0.5 * ones, 100 * ones)


def sample(seed: int = 1) -> dict[str, Outcome]:
    """Two policies whose paths have nothing to do with each other."""
    draw = np.random.default_rng(seed)
    return {STATIC.name: outcome(draw, 20.0, 1.0), HOURLY.name: outcome(draw, 5.0, 4.0)}


@pytest.fixture
def rows() -> list[policy_table.Row]:
    """A premium of 100 USD, a NAV of 1,000."""
    return policy_table.compare(sample(), 100.0, 1_000.0)


def of(rows: list[policy_table.Row], policy: str, measure: str) -> policy_table.Row:
    (found,) = [row for row in rows if (row.policy, row.measure) == (policy, measure)]
    return found


# ------------------------------------------------------------------ statistics


def test_statistics__each_path_once__are_the_plain_ones():
    values = np.random.default_rng(1).normal(3.0, 7.0, 1_000)
    assert policy_table.mean(values, ONCE) == pytest.approx([values.mean()])
    assert policy_table.deviation(values, ONCE) == pytest.approx([values.std()])
    worst = np.sort(values)[:50]
    assert policy_table.shortfall(values, ONCE) == pytest.approx([-worst.mean()])
    assert worst.mean() < 0


def test_statistics__paths_counted_twice__are_those_of_the_longer_list():
    """Half of them not at all; the worst 5% end within a path."""
    values = np.random.default_rng(2).normal(3.0, 7.0, 30)
    weights = np.zeros((1, 30))
    weights[0, :15] = 2
    longer = np.repeat(values[:15], 2)
    assert policy_table.mean(values, weights) == pytest.approx([longer.mean()])
    assert policy_table.deviation(values, weights) == pytest.approx([longer.std()])
    assert policy_table.shortfall(values, weights) == pytest.approx([-longer.min()])


def test_resamples__any_seed__count_all_paths_and_are_repeatable():
    weights = policy_table.resamples(50, 1)
    assert weights.shape == (RESAMPLES + 1, 50)
    assert (weights.sum(axis=1) == 50).all() and (weights[0] == 1).all()
    assert (weights == policy_table.resamples(50, 1)).all()
    assert (weights != policy_table.resamples(50, 2)).any()


@pytest.mark.parametrize(
    "statistic, known",
    # The mean loss of the worst 5% of a normal variable is φ(1.645)/0.05 deviations.
    [
        (policy_table.mean, 0.0),
        (policy_table.deviation, 1.0),
        (policy_table.shortfall, 2.0627),
    ],
)
def test_estimate__known_truth__is_in_the_interval_as_often_as_it_says(statistic, known):
    """95% of 200 times; a bootstrap of 400 values covers a little less, of the tail above all."""
    draw = np.random.default_rng(5)
    weights = policy_table.resamples(400, 1)
    found = [
        policy_table.estimate(statistic(draw.standard_normal(400), weights)) for _ in range(200)
    ]
    covered = np.mean([one.low <= known <= one.high for one in found])
    assert 0.88 <= covered <= 0.985


def test_estimate__no_spread__is_a_point():
    assert policy_table.estimate(np.full(11, 0.1)) == Estimate(0.1, 0.1, 0.1)


def test_compare__one_call_hedged_hourly__covers_the_deviation_of_theory():
    """0.2977 of 100 USD at zero cost: the experiment of the conformance tests."""
    book = Book((Option(100.0, False),), 0.8)
    prices = replication.gbm(100.0, 0.8, WEEK, 168, 2_000, 7)
    free = policies.Terms(0.0, np.inf, 1.0, 0.0, 0.1, 0.06, 0.02, 0.3, 0.2, 0.4, 400.0)
    made = policies.run(prices, book, free, [HOURLY], policies.HOUR)
    error = of(policy_table.compare(made, 100.0, 400.0), "hourly", "error").value
    assert error.low < 0.2977 < error.high
    assert error.high - error.low < 0.04


# ------------------------------------------------------------------ comparison


def test_compare__every_policy__has_every_measure(rows):
    assert len(rows) == 2 * len(MEASURES)
    cost = of(rows, "hourly", "cost")
    assert cost.value == pytest.approx((4.0, 4.0, 4.0)) and cost.unit == PREMIUM
    assert of(rows, "hourly", "near liquidation").value == pytest.approx((20.0, 20.0, 20.0))
    assert of(rows, "hourly", "liquidations").value == pytest.approx((500.0, 500.0, 500.0))
    assert of(rows, "hourly", "hedges").value == pytest.approx((3.0, 3.0, 3.0))
    assert of(rows, "hourly", "margin").value == pytest.approx((10.0, 10.0, 10.0))
    error = of(rows, "static", "error").value
    assert error.low < 20 < error.high and error.low < error.value < error.high


def test_compare__difference__is_of_the_same_paths():
    """Two policies that differ by little on each path: their difference is known much better."""
    draw = np.random.default_rng(1)
    base = outcome(draw, 5.0, 4.0)
    near = base._replace(pnl=1.1 * base.pnl + draw.normal(0, 0.01, 1_000))
    rows = policy_table.compare({"hourly": base, "near": near}, 100.0, 1_000.0)
    row = of(rows, "near", "error")
    width = row.difference.high - row.difference.low
    assert row.difference.low < 0.5 < row.difference.high
    assert width < (row.value.high - row.value.low) / 5
    assert of(rows, "hourly", "error").difference == (0, 0, 0)


def test_compare__shortfall__is_after_costs(rows):
    dearer = sample()
    dearer["static"] = dearer["static"]._replace(cost=dearer["static"].cost + 10)
    more = policy_table.compare(dearer, 100.0, 1_000.0)
    before, after = (of(found, "static", "shortfall").value for found in (rows, more))
    assert after.value - before.value == pytest.approx(10)


def test_compare__same_seed__is_the_same(rows):
    assert rows == policy_table.compare(sample(), 100.0, 1_000.0)
    assert rows != policy_table.compare(sample(), 100.0, 1_000.0, seed=1)


# ------------------------------------------------------------------ output


def test_tables__both_forms__show_value_and_half_the_interval(rows):
    """In a terminal of 80 columns, on one line."""
    plain, apart = (shown(policy_table.tables(rows, is_apart)) for is_apart in (False, True))
    error = of(rows, "static", "error")
    half = (error.value.high - error.value.low) / 2
    assert 0.1 < half < 1 and f" {error.value.value:.2f} ±{half:.2f} │" in plain
    half = (error.difference.high - error.difference.low) / 2
    assert f" {error.difference.value:+.2f} ±{half:.2f} │" in apart
    assert "│ hourly" in plain and "│ hourly" not in apart
    assert all(name.split()[0] in plain for name, *_ in MEASURES)


@pytest.mark.parametrize(
    "value, cell",
    [
        (Estimate(265.12, 245.0, 284.0), "265 ±20"),
        (Estimate(98.74, 94.5, 102.9), "98.7 ±4.2"),
        (Estimate(7.824, 7.55, 8.09), "7.82 ±0.27"),
        (Estimate(0.0012, 0.0, 0.003), "0.00 ±0.00"),
        (Estimate(10_081.0, 10_081.0, 10_081.0), "10,081"),
        (Estimate(0.25, 0.25, 0.25), "0.25"),
        (Estimate(-1_234.5, -1_245.0, -1_225.0), "-1,234 ±10"),
        (Estimate(10_080.94, 10_080.93, 10_080.95), "10,081 ±0"),
    ],
)
def test_tables__any_size__show_two_digits_of_the_interval(value, cell):
    rows = [
        policy_table.Row(HOURLY.name, measure.name, measure.unit, value, value)
        for measure in MEASURES
    ]
    assert f"│ {cell} │" in " ".join(shown(policy_table.tables(rows)).split())


def shown(tables: Iterator[Table]) -> str:
    console = Console(width=80, record=True, file=StringIO())
    console.print(*tables)
    return console.export_text()


def test_write_csv__read_back__is_the_rows(rows, tmp_path):
    for name in ("one.csv", "two.csv"):
        policy_table.write_csv(rows, tmp_path / name)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    with (tmp_path / "one.csv").open(newline="") as file:
        read = [*csv.DictReader(file)]
    assert tuple(read[0]) == COLUMNS and len(read) == len(rows)
    for line, row in zip(read, rows, strict=True):
        assert (line["policy"], line["measure"], line["unit"]) == row[:3]
        numbers = [float(line[name]) for name in COLUMNS[3:]]
        assert numbers == [*row.value, *row.difference]


def test_frontier__any_policies__is_drawn_and_written(rows, tmp_path):
    found = policy_table.frontier(rows)
    assert [policy.name for policy in found] == ["static", "hourly"]
    assert found[1].cost == of(rows, "hourly", "cost").value
    assert found[1].error == of(rows, "hourly", "error").value
    scenario_charts.write_frontier(found, PREMIUM, tmp_path / "frontier.png")
    scenario_html.report([], tmp_path / "frontier.html", found, PREMIUM)
    assert (tmp_path / "frontier.png").read_bytes().startswith(b"\x89PNG")
    assert "hourly" in (tmp_path / "frontier.html").read_text()
