"""Scenarios lived through on the real contracts, each a short one that shows one thing."""

import json

import pytest

from ballast import paths, scenario, scenario_engine, scenario_run
from ballast.chain import ApeChain, Reverted
from ballast.revm import LOCAL_CHAIN
from ballast.scenario import ScenarioError, parse
from ballast.scenario_life import Life
from ballast.scenario_result import COLUMNS
from ballast.simulation import World

LEVEL = {"model": "waypoints", "vol": 0.0, "points": [[0, 1], [1, 1]], "basis": [[0, 0]]}
"""A price that stays."""


def live(**changes):
    """A scenario of six hours with a full book of calls, unless the changes say otherwise."""
    content = {
        "name": "short",
        "why": "to see one thing",
        "hours": 6,
        "price": LEVEL,
        "deposits": [1_000_000],
        "options": {"flow": "none", "fill": {"hour": 1, "only": "calls", "share": 0.05}},
    }
    return scenario_engine.on_fresh(parse(content | changes))


def told(result, what):
    """The details of events of a kind, by their hours."""
    return [(event["hour"], event["detail"]) for event in result.events if event["what"] == what]


def column(result, name):
    return [row[name] for row in result.rows]


def did_hedge(result):
    """By step."""
    return [hedges > 0 for hedges in column(result, "hedges")]


@pytest.fixture(scope="module")
def week():
    """A whole life in small: buyers, boards that roll, money that comes and goes, a fault."""
    return {
        "hours": 16,
        "price": {"model": "jump", "vol": 1.0},
        "deposits": [2_000_000, 500_000],
        "parameters": {"boards.tenors": "9 h, 28 d"},
        "options": {"flow": "mixed", "fill": {"hour": 1, "share": 0.02}, "roll": 0.8},
        "flows": [
            {"hour": 3, "who": 0, "what": "request", "share": 0.2},
            {"hour": 4, "who": 1, "what": "withdraw", "share": 0.5},
            {"hour": 5, "who": 1, "what": "deposit", "usd": 10_000},
        ],
        "faults": [{"what": "keeper", "hour": 6, "hours": 2}],
        "expect": {"solvent": True, "settlements": 1, "liquidations": 0, "redeemed": 1},
    }


def test_on_fresh__a_seed_twice__is_the_same_bytes(week):
    first, again, other = live(**week), live(**week), live(**week, seed=2)
    assert first.to_bytes() == again.to_bytes() != other.to_bytes()
    assert first.holds, first.checks
    assert first.residual == 0 and any(first.lines.values())
    assert len(first.rows) == 16 and all([*row] == [*COLUMNS] for row in first.rows)
    assert json.loads(first.to_bytes())["scenario"]["seed"] == 1
    assert len(set(first.bytecode.values())) == len(first.bytecode) == 9
    assert told(first, "withdrawal") == [(4.0, "100.0% of what was wanted")]
    assert told(first, "deposit") == [(5.0, "10,000 USD")]
    assert told(first, "redemptions filled") and sum(column(first, "sales")) > 10
    assert first.lines["deposits"] > 0 > first.lines["withdrawals"]


def test_run__on_apes_own_chain__is_the_same_bytes(week, project, chain, accounts, other_chain):
    """What is refused is refused as it is asked for: ape puts it into no block."""
    fill = {"hour": 1, "share": 0.02, "rounds": 1}
    small = {
        "hours": 3,
        "options": {"flow": "none", "buyers": 1, "fill": fill},
        "parameters": {"boards.tenors": "9 h", "boards.strike_step": "20 %"},
        "flows": [{"hour": 2, "who": 0, "what": "request", "share": 0.2}],
        "faults": [{"what": "keeper", "hour": 3, "hours": 1}],
        "expect": {"sales": 2, "hedges": 1},
    }
    one = parse({"name": "small", "why": "to be the same"} | week | small)
    fast = scenario_engine.on_fresh(one)
    assert fast.holds and sum(column(fast, "refused")) > 0
    with other_chain(LOCAL_CHAIN):
        engine = ApeChain(project, chain)
        owner, *people = accounts[: 1 + scenario_run.people_of(one)]
        slow = scenario_run.run(one, engine, scenario_run.fresh(engine, owner, one), owner, people)
    assert slow.to_bytes() == fast.to_bytes()


@pytest.mark.parametrize("name", ["gap_40", "march_2020"])
def test_on_fresh__of_the_catalogue__what_must_hold_holds(name):
    """`make scenarios` lives through all of it."""
    result = scenario_engine.on_fresh(scenario.load(scenario.named(name)))
    assert result.holds, result.checks


def test_live__steps_in_an_hour__the_keeper_rests_between():
    result = live(hours=2, steps=4)
    assert column(result, "hour") == [0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0]
    assert column(result, "keeper") == ["on", "rests", "rests", "rests"] * 2
    assert did_hedge(result) == [False] * 4 + [True] + [False] * 3


def test_live__keeper_out__nothing_is_hedged_until_it_is_back():
    result = live(faults=[{"what": "keeper", "hour": 1, "hours": 3}])
    assert column(result, "keeper") == ["out"] * 3 + ["on"] * 3
    assert did_hedge(result) == [False] * 3 + [
        True,
        False,
        False,
    ]
    assert told(result, "fault") == [(1.0, "keeper fails"), (4.0, "keeper works again")]


def test_live__gas_above_the_ceiling__the_keeper_waits():
    faults = [{"what": "gas", "hour": 2, "hours": 2, "factor": 11}]
    result = live(faults=faults)
    assert column(result, "keeper") == ["on", "waits", "waits", "on", "on", "on"]
    assert column(result, "gas") == [20, 220, 220, 20, 20, 20]
    assert set(column(live(faults=[faults[0] | {"factor": 10}]), "keeper")) == {"on"}


def test_live__feed_frozen__the_index_stays_and_the_vault_closes():
    """Quarter by quarter: for an hour the venue believes it still."""
    result = live(
        steps=4,
        price=LEVEL | {"points": [[0, 1], [2, 1], [5, 0.9]]},
        faults=[{"what": "feed", "hour": 2, "hours": 3}],
        flows=[{"hour": 4, "who": 0, "what": "deposit", "usd": 1_000}],
    )
    index, spot = column(result, "index"), column(result, "spot")
    assert {*index[:19]} == {2_000} and spot[18] < 1_850
    assert index[19:] == spot[19:]
    assert told(result, "deposit refused") == [(4.0, "vault: feed not live")]
    assert min(column(result, "basis")) < -0.015  # who trades knows better


def test_live__venue_paused__no_hedge_until_it_works_again():
    result = live(
        price=LEVEL | {"points": [[0, 1], [1, 1], [3, 1.1]]},
        faults=[{"what": "venue", "hour": 2, "hours": 2}],
    )
    assert column(result, "venue") == ["normal", "paused", "paused", "normal", "normal", "normal"]
    assert did_hedge(result)[:4] == [True, False, False, True]


def test_live__thinner_venue__sells_less():
    deep, thin = (live(hours=1, faults=[{"what": "depth", "factor": factor}]) for factor in (1, 10))
    assert sum(column(thin, "sales")) < sum(column(deep, "sales"))


def test_live__basis_pressed__the_mark_is_held_there_while_it_lasts():
    venue = {"pressure": [{"hour": 2, "hours": 2, "basis": 0.005}]}
    basis = column(live(venue=venue, options={"flow": "none"}), "basis")
    assert basis == pytest.approx([0, 0.005, 0.005, 0, 0, 0], abs=1e-9)


def test_live__a_position_held__is_opened_and_closed():
    venue = {"arbitrage": False, "pressure": [{"hour": 2, "hours": 2, "position": 500}]}
    result = live(venue=venue, options={"flow": "none"})
    marks = column(result, "mark")
    assert marks[1] == marks[2] == pytest.approx(2_000 * 1.005, rel=1e-4)
    assert [marks[0], *marks[3:]] == pytest.approx([2_000] * 4)


def test_live__nobody_arbitrages__the_vaults_hedge_moves_the_mark():
    alone = live(hours=2, venue={"arbitrage": False})
    assert alone.rows[-1]["basis"] > 0.001 > abs(live(hours=2).rows[-1]["basis"])


def test_live__a_crowd_with_leverage__is_liquidated_and_the_vault_is_not():
    result = live(
        price=LEVEL | {"points": [[0, 1], [2, 1], [5, 0.75]]},
        venue={"crowd": {"accounts": 6, "size": 5, "leverage": [5, 8]}},
        expect={"others_liquidated": 6, "liquidations": 0, "venue_debt": 0},
    )
    assert result.holds, result.checks
    assert told(result, "crowd") == [(1.0, "6 of 6 opened")]


def test_live__margin_too_thin__the_hedge_is_liquidated_and_said_so():
    result = live(
        steps=4,
        price=LEVEL | {"points": [[0, 1], [2, 1], [4, 0.9], [6, 0.9]]},
        parameters={"hedger.margin.floor": "11 %", "hedger.margin.deviations": "0 x"},
        faults=[{"what": "keeper", "hour": 2, "hours": 2}],
        expect={"liquidated": 1, "recovered": True},
    )
    assert result.holds, result.checks
    (hour, detail), *_ = told(result, "liquidation")
    assert 2 < hour < 4 and detail.endswith("ETH of the hedge")
    assert result.lines["liquidation"] < 0


def test_live__venue_without_money__owes_the_hedge_its_profit():
    result = live(
        hours=13,
        price=LEVEL | {"points": [[0, 1], [2, 1], [6, 1.1]]},
        parameters={"fund.initial": "1 USDC", "boards.tenors": "10 h, 12 h"},
        expect={"venue_owes": 1, "solvent": True},
    )
    assert result.holds, result.checks
    assert told(result, "venue owes") and result.lines["owed by the venue"] < 0


def test_live__something_does_not_hold__the_result_says_so():
    result = live(hours=2, expect={"sales": 1_000_000})
    assert not result.holds and result.residual == 0
    assert [check.name for check in result.checks if not check.holds] == ["sales"]


def test_live__a_contract_ends_the_run__is_a_result_until_then(monkeypatch):
    """What nobody foresaw: the rows until then, and a check that fails."""
    relist = World._relist

    def fail(self, hour, spot):
        if hour == 3:
            raise Reverted("option_book: too many boards")
        relist(self, hour, spot)

    monkeypatch.setattr(Life, "_relist", fail)
    result = live()
    assert len(result.rows) == 2 and result.residual == 0
    (failed,) = (check for check in result.checks if not check.holds)
    assert (failed.name, failed.seen) == ("lived_through", "step 3: option_book: too many boards")


def test_on_fresh__parameters_that_the_contracts_refuse__say_so_in_a_line():
    with pytest.raises(ScenarioError, match="^the contracts refuse a parameter: virtual_market: "):
        live(faults=[{"what": "depth", "factor": 50}])


def test_live__prices_are_those_of_the_path():
    result = live(hours=4, price={"model": "gbm"}, options={"flow": "none"})
    path = paths.gbm(2_000.0, 0.7, 4, 1)
    assert column(result, "spot") == [step.price / 10**18 for step in path[1:]]
