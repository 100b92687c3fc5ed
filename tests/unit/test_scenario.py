"""ballast.scenario: files that are scenarios, and what is said of those that are none."""

import pytest
import yaml

from ballast import scenario
from ballast.scenario import Fault, ScenarioError, parse
from ballast.strict import plain

LEAST = {
    "name": "least",
    "why": "to be loaded",
    "hours": 2,
    "price": {"model": "gbm"},
    "deposits": [1_000_000],
}
"""All that a scenario must have."""


def test_parse__the_least__has_defaults():
    least = parse(LEAST)
    assert (least.seed, least.spot, least.steps) == (1, 2_000.0, 1)
    assert parse(plain(least)) == least


@pytest.mark.parametrize(
    "change, words",
    [
        ({"speed": 2}, "speed is unknown"),
        ({"price": {"model": "fourier"}}, "price.model is 'fourier'"),
        ({"price": {"model": "gbm", "vol": 6}}, "price.vol is 6, not from 0 to 5"),
        ({"price": {"model": "csv"}}, "price.file is missing"),
        ({"price": {"model": "waypoints"}}, "price.points needs at least two"),
        (
            {"price": {"model": "waypoints", "points": [[1, 1], [2, 1]]}},
            "price.points[0] is not of hour 0",
        ),
        (
            {"price": {"model": "waypoints", "points": [[0, 1], [0, 1]]}},
            "price.points[1] is not later than the one before",
        ),
        (
            {"price": {"model": "waypoints", "points": [[0, 1], [2, 0]]}},
            "price.points[1] is not an hour and a number that is allowed",
        ),
        ({"price": {"model": "gbm", "basis": [[0, 0, 0]]}}, "price.basis[0] is not an hour"),
        ({"why": " "}, "why says nothing"),
        ({"deposits": []}, "deposits needs one to ten amounts"),
        ({"deposits": [1] * 11}, "deposits needs one to ten amounts"),
        ({"flows": [{"hour": 1, "who": 1}]}, "flows[0].who is 1, there is no such depositor"),
        (
            {"venue": {"pressure": [{"hour": 1, "hours": 1}]}},
            "venue.pressure[0] needs either basis or position",
        ),
        (
            {"venue": {"pressure": [{"hour": 1, "hours": 1, "basis": 0, "position": 1}]}},
            "venue.pressure[0] needs either basis or position",
        ),
        (
            {"venue": {"crowd": {"accounts": 2, "size": 1, "leverage": [2]}}},
            "venue.crowd.leverage needs two numbers",
        ),
        ({"faults": [{"what": "moon"}]}, "faults[0].what is 'moon'"),
        ({"parameters": {"vault.speed": "1"}}, "there is no parameter 'vault.speed'"),
        ({"parameters": {"venue.depth": "much"}}, "venue.depth: 'much' needs a unit"),
        ({"expect": {"happy": True}}, "expect.happy is unknown; known are solvent,"),
        ({"expect": {"solvent": 1}}, "expect.solvent is '1', not true or false"),
        ({"expect": {"max_loss": "much"}}, "expect.max_loss is 'much', not a number"),
        ({"expect": {"max_loss": True}}, "expect.max_loss is 'True', not a number"),
        ({"expect": {"mode": True}}, "expect.mode is 'True', not a text"),
    ],
)
def test_parse__something_wrong__says_so_in_a_line(change, words):
    with pytest.raises(ScenarioError) as wrong:
        parse(LEAST | change)
    assert str(wrong.value).startswith(words) and "\n" not in str(wrong.value)


def test_load__seed_and_parameters__replace_those_of_the_file(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(LEAST | {"parameters": {"venue.fee": "1 bps"}}))
    loaded = scenario.load(path, 7, {"venue.depth": "10 ETH"})
    assert loaded.seed == 7
    assert loaded.parameters == {"venue.fee": "1 bps", "venue.depth": "10 ETH"}
    assert scenario.load(path).seed == 1


@pytest.mark.parametrize(
    "content, words",
    [
        (None, "cannot read .*: No such file"),
        ("a: [", "is not YAML: while parsing"),
        ("- 1", "own.yaml: the whole is not a mapping"),
        ("name: 1", "own.yaml: name is '1', not a text"),
    ],
)
def test_load__no_scenario__says_so_in_a_line(tmp_path, content, words):
    path = tmp_path / "own.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ScenarioError, match=words) as wrong:
        scenario.load(path)
    assert "\n" not in str(wrong.value)


def test_changes__thinner_venue__divides_the_depth_that_is_asked_for():
    faults = [{"what": "depth", "factor": 4}]
    assert parse(LEAST | {"faults": faults}).changes() == {"venue.depth": "50000 ETH"}
    own = {"faults": faults, "parameters": {"venue.depth": "1000 ETH"}}
    assert parse(LEAST | own).changes() == {"venue.depth": "250 ETH"}


@pytest.mark.parametrize("hour, is_on", [(1.99, False), (2, True), (4.99, True), (5, False)])
def test_fault__is_on__from_its_hour_for_its_hours(hour, is_on):
    assert Fault("feed", hour=2, hours=3).is_on(hour) is is_on


def test_named__unknown__says_which_there_are():
    with pytest.raises(ScenarioError, match="there is no scenario 'moon'; there are .*march_2020"):
        scenario.named("moon")


def test_catalogue__every_file__loads_under_its_own_name_and_expects_something():
    paths = scenario.catalogue()
    assert len(paths) >= 20
    for path in paths:
        one = scenario.load(path)
        assert one.name == path.stem and one.expect, path
