"""ballast.scenario_checks: what each check sees, on rows that are written out."""

import pytest

from ballast.scenario_checks import CHECKS, Seen, run_checks
from ballast.units import WAD

ROW = {
    "share_price": 1.0, "nav": 100.0, "net": 0.0, "band": 1.0, "book_delta": -10.0,
    "margin_ratio": 0.3, "keeper": "on", "liquidations": 0, "others_liquidated": 0, "hedges": 1,
    "sales": 2, "mode": "normal", "breaches": "", "claims": 0.0, "ious": 0.0, "basis": 0.0,
}  # fmt: skip
LINES = {
    "insolvency cut": 0, "funding": -3 * WAD, "premium": 2 * WAD, "slippage and basis": -WAD,
    "venue fees": -WAD,
}  # fmt: skip


def seen(*rows, **changes) -> Seen:
    """A run of these rows, each a change of ROW."""
    content = {
        "rows": [ROW | row for row in rows or ({},)], "events": [], "lines": LINES,
        "nav_before": 100 * WAD, "requested": 0.0, "filled": 0.0, "start_price": 1.0, "others": 0,
    }  # fmt: skip
    return Seen(**content | changes)


def trip(detail):
    return {"hour": 1.0, "what": "trip", "detail": detail}


@pytest.mark.parametrize(
    "name, bound, run, holds",
    [
        ("solvent", True, seen(), True),
        ("solvent", True, seen({"nav": 0.0}, {}), False),
        ("solvent", True, seen(lines=LINES | {"insolvency cut": 1}), False),
        ("solvent", False, seen({"nav": -1.0}), True),
        ("max_loss", 0.25, seen({"share_price": 0.75}), True),
        ("max_loss", 0.24, seen({"share_price": 0.75}), False),
        ("min_loss", 0.25, seen({"share_price": 0.75}), True),
        ("min_loss", 0.26, seen({"share_price": 0.75}), False),
        ("worst_loss", 0.25, seen({"share_price": 0.75}, {}), True),
        ("worst_loss", 0.24, seen({"share_price": 0.75}, {}), False),
        ("max_loss", 0, seen({"share_price": 0.75}, {}), True),
        ("min_margin_ratio", 0.2, seen({"margin_ratio": None}, {"margin_ratio": 0.2}), True),
        ("min_margin_ratio", 0.3, seen({}, {"margin_ratio": 0.29}), False),
        ("min_margin_ratio", 0.2, seen({"margin_ratio": None}), False),
        ("liquidations", 0, seen(), True),
        ("liquidations", 0, seen({"liquidations": 1}), False),
        ("liquidated", 2, seen({"liquidations": 1}, {"liquidations": 1}), True),
        ("liquidated", 1, seen(), False),
        ("others_liquidated", 2, seen(others=2), True),
        ("others_liquidated", 3, seen(others=2), False),
        ("recovered", True, seen({"liquidations": 1}, {}), True),
        ("recovered", True, seen({"liquidations": 1}), False),
        ("recovered", True, seen({"margin_ratio": 0.09}), False),
        ("recovered", True, seen({"margin_ratio": None}), True),
        ("recovered", True, seen({"net": 1.5}), False),
        ("recovered", True, seen({"nav": -1.0}, {}), False),
        ("hedged_at_end", True, seen({"net": -1.0}), True),
        ("hedged_at_end", True, seen({"net": -1.01}), False),
        ("hedged_at_end", True, seen({"net": 0.01, "band": 0.0}), True),
        ("hedged_at_end", True, seen({}, {"net": 9.0, "keeper": "rests"}), True),
        ("hedged_at_end", True, seen({"keeper": "out"}), False),
        ("hedged_share", 0.5, seen({"net": 2.0}, {}, {"net": 2.0, "keeper": "out"}), True),
        ("hedged_share", 0.6, seen({"net": 2.0}, {}), False),
        ("net_share", 0.2, seen({"net": -2.0}), True),
        ("net_share", 0.1, seen({"net": -2.0}), False),
        ("net_share", 0, seen({"book_delta": 0.0}), True),
        ("hedges", 2, seen({}, {}), True),
        ("hedges", 3, seen({}, {}), False),
        ("sales", 2, seen(), True),
        ("sales", 3, seen(), False),
        ("settlements", 1, seen(events=[{"hour": 1, "what": "settlement", "detail": ""}]), True),
        ("settlements", 1, seen(), False),
        ("trips", 0, seen(), True),
        ("trips", 0, seen(events=[trip("jump")]), False),
        ("tripped_by", "jump", seen(events=[trip("basis and jump")]), True),
        ("tripped_by", "feed", seen(events=[trip("basis and jump")]), False),
        ("mode", "reduce-only", seen({"mode": "reduce-only"}, {}), True),
        ("mode", "reduce-only", seen(), False),
        ("mode_at_end", "normal", seen({"mode": "reduce-only"}, {}), True),
        ("mode_at_end", "normal", seen({}, {"mode": "reduce-only"}), False),
        ("breach", "feed", seen({"breaches": "jump, feed"}), True),
        ("breach", "feed", seen(), False),
        ("keeper", "out", seen({"keeper": "out"}, {}), True),
        ("keeper", "out", seen(), False),
        ("redeemed", 0.5, seen(requested=4.0, filled=2.0), True),
        ("redeemed", 0.6, seen(requested=4.0, filled=2.0), False),
        ("redeemed", 0, seen(), False),
        ("claims_at_end", 0, seen({"claims": 5.0}, {}), True),
        ("claims_at_end", 4, seen({"claims": 5.0}), False),
        ("venue_owes", 5, seen({"ious": 5.0}, {}), True),
        ("venue_owes", 6, seen({"ious": 5.0}, {}), False),
        ("venue_debt", 5, seen({"ious": 5.0}, {}), True),
        ("venue_debt", 4, seen({"ious": 5.0}, {}), False),
        ("funding", -0.03, seen(), True),
        ("funding", -0.02, seen(), False),
        ("funding_cost", 0.03, seen(), True),
        ("funding_cost", 0.02, seen(), False),
        ("premium", 0.02, seen(), True),
        ("premium", 0.03, seen(), False),
        ("trading_cost", 0.02, seen(), True),
        ("trading_cost", 0.01, seen(), False),
        ("widest_basis", 0.05, seen({"basis": -0.05}, {}), True),
        ("widest_basis", 0.06, seen({"basis": -0.05}, {}), False),
    ],
)
def test_run_checks__a_run__holds_or_not(name, bound, run, holds):
    (check,) = run_checks({name: bound}, run)
    assert (check.name, check.holds) == (name, holds)
    assert check.bound and check.seen


def test_run_checks__in_words__says_bound_and_what_was_seen():
    events = [trip("jump and basis")]
    checks = run_checks(
        {"solvent": True, "max_loss": 0.5, "tripped_by": "jump"}, seen(events=events)
    )
    assert [(check.bound, check.seen) for check in checks] == [
        ("is yes", "yes"), ("≤ 0.5", "0"), ("has jump", "basis, jump"),
    ]  # fmt: skip


def test_checks__each__stands_in_these_tests():
    marks = test_run_checks__a_run__holds_or_not.pytestmark
    tried = {(case[0], case[3]) for case in marks[0].args[1]}
    assert tried == {(name, holds) for name in CHECKS for holds in (True, False)}
