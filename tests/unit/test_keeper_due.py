"""ballast.keeper: what is due beside the hedge. SPEC-B7, SPEC-R2 to SPEC-R4, SPEC-V11, SPEC-M5."""

from types import SimpleNamespace

import pytest

from ballast.flags import Breach
from ballast.keeper import Job, Policy, Rule, can_fill, due, is_liquidatable, why_look
from ballast.units import WAD

NOW = 1_000_000
SHARE = 10**12


def reading(**changes):
    """A vault with nothing to do; names of state, risk, memory and so on are found by themselves.

    30 shares wait of 100, worth 10,000 USD each.
    """
    parts = {
        "state": {"action": 0, "reason": 1, "nav": 10**6 * WAD, "basis": 0},
        "risk": {"at": NOW, "valid": True, "unsettled": False, "moved": False},
        "memory": {"hour": NOW, "good_at": NOW - 300, "wide_since": 0, "unhedged_since": 0},
        "ledger": {"shares": 100 * SHARE},
        "market": {"index": 2_000 * WAD},
        "terms": {"mmr": WAD // 16},
    }
    top = {
        "timestamp": NOW, "boards": [], "breached": 0, "tripped": 0, "since": 0, "waiting": 0,
        "free": 0, "accounts": {},
    }  # fmt: skip
    for name, value in changes.items():
        (home,) = [fields for fields in (top, *parts.values()) if name in fields]
        home[name] = value
    return SimpleNamespace(**top, **{key: SimpleNamespace(**value) for key, value in parts.items()})


def account(size, equity_index, equity_exit):
    return SimpleNamespace(
        size=size * WAD, equity_index=equity_index * WAD, equity_exit=equity_exit * WAD
    )


def test_due__all_at_once__most_urgent_first():
    tasks = due(
        reading(
            action=1, boards=[NOW, NOW - 1, NOW + 1], breached=int(Breach.JUMP), hour=0,
            accounts={"0xab": account(1, 100, 90)},
        )
    )  # fmt: skip
    assert [(task.job, task.about) for task in tasks] == [
        (Job.REBALANCE, 0), (Job.SETTLE, NOW - 1), (Job.SETTLE, NOW), (Job.TRIP, 0),
        (Job.LIQUIDATE, "0xab"),
    ]  # fmt: skip


def test_due__nothing__is_empty():
    assert list(due(reading())) == []


def test_due__interval_policy__knows_the_last_hedge():
    policy = Policy(Rule.INTERVAL, 600)
    assert list(due(reading(action=1), policy, NOW - 599)) == []
    assert len(list(due(reading(action=1), policy, NOW - 600))) == 1


# ------------------------------------------------------------------ breaker


@pytest.mark.parametrize(("seen", "why"), [(NOW - 3_599, None), (NOW - 3_600, "look")])
def test_why_look__hour__is_over_after_3600_seconds(seen, why):
    assert why_look(reading(hour=seen)) == why


def test_why_look__feed_not_valid__hour_would_not_be_remembered():
    """Else every block would have its look."""
    assert why_look(reading(hour=0, valid=False)) is None


@pytest.mark.parametrize("flag", [Breach.DRAWDOWN, Breach.MARGIN, Breach.JUMP, Breach.FEED])
def test_why_look__breached__until_it_has_tripped(flag):
    wrong = int(flag)
    assert why_look(reading(breached=wrong)) == flag.name.lower()
    assert why_look(reading(breached=wrong, tripped=wrong)) is None


@pytest.mark.parametrize("flag", [Breach.BASIS, Breach.MARGIN])
@pytest.mark.parametrize("looked", [NOW - 299, NOW - 300])
def test_why_look__a_pushed_mark_can_make_it__every_five_minutes(flag, looked):
    """It may not trip yet: else every block would have its look."""
    found = why_look(reading(breached=int(flag), good_at=looked))
    assert found == (flag.name.lower() if looked == NOW - 300 else None)


@pytest.mark.parametrize("watched", ["wide_since", "unhedged_since"])
def test_why_look__something_is_watched__every_five_minutes(watched):
    """A look that finds it gone clears it."""
    assert why_look(reading(**{watched: NOW - 400})) == "look"
    assert why_look(reading(**{watched: NOW - 400, "good_at": NOW - 299})) is None


# ------------------------------------------------------------------ redemptions


@pytest.mark.parametrize("free", [0, -1, 100 * WAD - 1])
def test_can_fill__no_liquidity_worth_a_transaction__waits(free):
    assert not can_fill(reading(waiting=30 * SHARE, free=free))


def test_can_fill__a_hundred_dollars__are_worth_it():
    assert can_fill(reading(waiting=30 * SHARE, free=100 * WAD))


def test_can_fill__less_waits_than_that__all_of_it_is_worth_it():
    assert can_fill(reading(waiting=SHARE // 10**4, free=WAD))
    assert not can_fill(reading(waiting=SHARE // 10**4, free=WAD - 1))


@pytest.mark.parametrize(
    "closed",
    [
        {"valid": False}, {"unsettled": True}, {"moved": True}, {"reason": 128},
        {"basis": WAD // 100 + 1},
        {"basis": -WAD // 100 - 1}, {"waiting": 0}, {"breached": 1},
        {"tripped": 64, "since": NOW - 604_799},
    ],
)  # fmt: skip
def test_can_fill__instant_flow_is_closed__waits(closed):
    changes = {"waiting": SHARE, "free": 10**6 * WAD}
    assert can_fill(reading(**changes))
    assert not can_fill(reading(**changes | closed))


def test_can_fill__tripped_for_a_week__is_overdue():
    changes = {"waiting": SHARE, "free": 10**6 * WAD, "tripped": 64}
    assert can_fill(reading(**changes, since=NOW - 604_800))


# ------------------------------------------------------------------ liquidation


@pytest.mark.parametrize("size", [8, -8])
@pytest.mark.parametrize(
    ("index", "exit", "found"), [(999, 999, True), (1_000, 0, False), (0, 1_000, False)]
)
def test_is_liquidatable__better_equity_under_maintenance__is(size, index, exit, found):
    """8 ETH at 2,000 USD and a sixteenth: 1,000 USD."""
    assert is_liquidatable(account(size, index, exit), 2_000 * WAD, WAD // 16) is found


def test_is_liquidatable__no_position__is_not():
    assert not is_liquidatable(account(0, 0, 0), 2_000 * WAD, WAD // 16)
