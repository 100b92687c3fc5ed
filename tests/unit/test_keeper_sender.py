"""ballast.keeper_sender: fees and replacement; ballast.keeper_loop: exit codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballast.keeper_journal import Try
from ballast.keeper_loop import exit_code
from ballast.keeper_sender import (
    GWEI,
    FeeRule,
    Fees,
    Kind,
    Outcome,
    fees,
    over_ceiling,
    replacement,
)

PRICES = st.integers(0, 10_000 * GWEI)
RULES = st.builds(FeeRule, st.integers(0, 100 * GWEI), st.none() | PRICES)


def tried(max_fee, tip):
    return Try("0x", "0x", max_fee, tip, 0)


def test_fees__no_ceiling__base_fee_may_double():
    assert fees(FeeRule(tip=2), 100) == Fees(202, 2)


@pytest.mark.parametrize(
    ("base", "expected"),
    [(99, Fees(200, 2)), (101, Fees(202, 2)), (200, Fees(202, 2)), (201, None)],
)
def test_fees__ceiling__caps_the_room_and_stops(base, expected):
    assert fees(FeeRule(tip=2, max_base_fee=200), base) == expected


def test_fees__any__never_pay_a_base_fee_over_the_ceiling():
    @given(RULES, PRICES)
    def check(rule, base):
        price = fees(rule, base)
        if rule.max_base_fee is None:
            assert price.max_fee >= 2 * base
        elif price is None:
            assert base > rule.max_base_fee
        else:
            assert base + price.tip <= price.max_fee <= rule.max_base_fee + price.tip

    check()


def test_replacement__any__is_an_eighth_dearer_and_under_the_ceiling():
    @given(RULES, PRICES, PRICES, PRICES)
    def check(rule, base, max_fee, tip):
        price = replacement(rule, base, tried(max(max_fee, tip), tip))
        if price is None:
            assert rule.max_base_fee is not None
            return
        assert 8 * price.max_fee >= 9 * max_fee and 8 * price.tip >= 9 * tip
        assert price.max_fee >= price.tip and price.max_fee >= min(base, max_fee)
        if rule.max_base_fee is not None:
            assert price.max_fee <= rule.max_base_fee + price.tip

    check()


def test_replacement__base_fee_has_risen__follows_it():
    assert replacement(FeeRule(tip=2), 1_000, tried(202, 2)) == Fees(2_002, 3)


def test_over_ceiling__always__names_both_in_gwei():
    text = over_ceiling(FeeRule(max_base_fee=30 * GWEI), 45 * GWEI // 10)
    assert text == "base fee 4.5 gwei, at most 30 is paid"


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ([Kind.IDLE], 0),
        ([Kind.SENT, Kind.DONE, Kind.IDLE], 0),
        ([Kind.ALREADY_DONE, Kind.IDLE], 0),
        ([Kind.DRY], 0),
        ([Kind.UNAVAILABLE], 3),
        ([Kind.BROKEN], 3),
        ([Kind.WAITING], 4),
        ([Kind.SENT, Kind.OPEN], 4),
        ([Kind.SENT, Kind.WAITING], 4),
        ([Kind.WAITING, Kind.DONE, Kind.IDLE], 0),
        ([Kind.REFUSED], 5),
        ([Kind.REVERTED, Kind.IDLE], 5),
        ([Kind.NO_MONEY], 5),
    ],
)
def test_exit_code__how_it_ended__is_as_documented(kinds, code):
    assert exit_code([Outcome(kind, "") for kind in kinds]) == code
