"""solvency.vy: equal to its twin to the bit, and the twin to SPEC-V3 and SPEC-V4."""

import random
from fractions import Fraction

import pytest
from vault_counter import ACCOUNT, LEDGER, RISK, changed

from ballast import solvency
from ballast.units import WAD

DRAW = random.Random(11)
USDC = 10**6


def amount(digits: float) -> int:
    """A positive number of any size up to 10^digits."""
    return int(10 ** DRAW.uniform(0, digits))


def signed(digits: float) -> int:
    return DRAW.choice((-1, 1)) * amount(digits)


def draw_case():
    """A vault with any numbers in it, of any decimals."""
    decimals = DRAW.choice((6, 8, 18))
    ledger = changed(
        LEDGER,
        cash=amount(10 + decimals),
        claims=amount(10 + decimals),
        owed=amount(10 + decimals),
        scale=10 ** (18 - decimals),
    )
    risk = changed(
        RISK,
        price=amount(24),
        mid=amount(28),
        ask=amount(28),
        bid=amount(28),
        delta=signed(24),
        shock=DRAW.randrange(WAD // 10, WAD),
        up_value=amount(28),
        up_delta=signed(24),
        down_value=amount(28),
        down_delta=signed(24),
        vol=amount(19),
    )
    account = changed(
        ACCOUNT,
        size=signed(24),
        equity=signed(28),
        low=signed(28),
        high=signed(28),
        mark=amount(24),
        index=amount(24),
        mmr=amount(17.5),
        margin_floor=amount(18),
        margin_per_vol=amount(18),
        vol_floor=amount(18),
        may_open=True,
    )
    return ledger, risk, account


def exact_reserve(risk, account) -> Fraction:
    """R of SPEC-V4 with m* of SPEC-H4, without any rounding. [USD]"""
    sigma = Fraction(max(risk.vol, account.vol_floor), WAD)
    risen = Fraction(account.mmr, WAD) + Fraction(account.margin_per_vol, WAD) * sigma
    target = max(Fraction(account.margin_floor, WAD), risen)
    shock = Fraction(risk.shock, WAD)
    spot = Fraction(risk.price, WAD)
    needs = []
    for s, value, delta in (
        (Fraction(0), risk.mid, risk.delta),
        (shock, risk.up_value, risk.up_delta),
        (-shock, risk.down_value, risk.down_delta),
    ):
        equity = Fraction(account.low, WAD) + Fraction(account.size, WAD) * spot * s
        margin = target * abs(Fraction(delta, WAD)) * spot * (1 + s)
        needs.append(Fraction(value, WAD) + max(Fraction(0), margin - equity))
    return max(needs)


@pytest.fixture(scope="module")
def harness(project, owner):
    return owner.deploy(project.SolvencyHarness)


CASES = [draw_case() for _ in range(24)] + [
    (LEDGER, RISK, ACCOUNT),
    (changed(LEDGER, claims=1), changed(RISK, ask=1), changed(ACCOUNT, low=-1)),
    (changed(LEDGER, owed=1), changed(RISK, ask=1), changed(ACCOUNT, low=-1)),
    (LEDGER, changed(RISK, price=1, shock=WAD // 10), changed(ACCOUNT, size=-1)),
    (LEDGER, changed(RISK, delta=-1, price=3), changed(ACCOUNT, size=-WAD)),
    (LEDGER, changed(RISK, price=0, vol=0), changed(ACCOUNT, mark=0, index=0)),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_all__any_vault__equal_the_twin(harness, case):
    """SPEC-V3, SPEC-V4."""
    ledger, risk, account = CASES[case]
    book, hedge = vars(risk), vars(account)
    cash = vars(ledger)

    assert harness.net_cash(cash) == solvency.net_cash(ledger)
    assert tuple(harness.navs(cash, book, hedge)) == (
        solvency.nav_mid(ledger, risk, account),
        solvency.nav_low(ledger, risk, account),
        solvency.nav_high(ledger, risk, account),
    )
    value = solvency.share_value(ledger, risk, account)
    assert harness.share_value(cash, book, hedge) == value
    assert harness.margin_target(hedge, risk.vol) == solvency.margin_target(account, risk.vol)
    assert harness.notional_up(account.size, risk.price) == solvency.notional_up(
        account.size, risk.price
    )
    needs = risk.mid, risk.delta, risk.price, account.mmr, account.low
    assert harness.reserve_at(*needs) == solvency.reserve_at(*needs)
    assert harness.reserve(book, hedge) == solvency.reserve(risk, account)
    assert harness.free_liquidity(cash, book, hedge) == solvency.free_liquidity(
        ledger, risk, account
    )
    assert harness.stress_loss(book) == solvency.stress_loss(risk)
    assert harness.basis(hedge) == solvency.basis(account)


def test_reserve__any_vault__is_the_formula_rounded_up():
    """SPEC-V4: up to the rounding of target, notional, margin and shocked price, a wei each."""
    for _ in range(2_000):
        _, risk, account = draw_case()
        exact = exact_reserve(risk, account) * WAD
        largest = max(abs(risk.delta), abs(risk.up_delta), abs(risk.down_delta))
        target = Fraction(solvency.margin_target(account, risk.vol), WAD)
        # The target's own rounding of a wei is multiplied by the notional.
        notional = Fraction(largest * 2 * risk.price, WAD * WAD)
        error = 4 + notional + Fraction(abs(account.size), WAD) + target * largest / WAD
        assert abs(solvency.reserve(risk, account) - exact) <= error


def test_navs__by_hand__add_up_with_their_signs():
    """SPEC-V3: 100 − 30 + 7 − 20, then at ask with low equity, and at bid with high equity."""
    ledger = changed(LEDGER, cash=100 * USDC, claims=30 * USDC)
    risk = changed(RISK, mid=20 * WAD, ask=21 * WAD, bid=19 * WAD)
    account = changed(ACCOUNT, equity=7 * WAD, low=5 * WAD, high=8 * WAD)

    assert solvency.nav_mid(ledger, risk, account) == 57 * WAD
    assert solvency.nav_low(ledger, risk, account) == 54 * WAD
    assert solvency.nav_high(ledger, risk, account) == 59 * WAD


def test_share_value__by_hand__counts_a_unit_and_is_floored_at_zero():
    """SPEC-R2: (100 − 30 USD and a unit) of 50 shares; the scale makes a unit 1e-6 USD."""
    ledger = changed(LEDGER, cash=100 * USDC, claims=30 * USDC, shares=50 * USDC)
    exact = Fraction((70 * USDC + 1) * 10**12 * WAD, 50 * USDC)
    assert solvency.share_value(ledger, RISK, ACCOUNT) == int(exact)
    edge = 70 * WAD + 10**12
    for mid, expected in ((edge - 50 * USDC, WAD), (edge, 0), (edge + WAD, 0)):
        assert solvency.share_value(ledger, changed(RISK, mid=mid), ACCOUNT) == expected


def test_reserve__sold_calls_hedged_long__shock_up_counts_the_gain_of_the_hedge():
    """SPEC-V4: up, 900 to pay, target 0.25·1 ETH·2,800; a long of 0.5 ETH gains 400, had 100."""
    risk = changed(RISK, delta=-WAD // 2, up_value=900 * WAD, up_delta=-WAD)
    account = changed(ACCOUNT, size=WAD // 2, low=100 * WAD, margin_per_vol=0)

    assert solvency.reserve(risk, account) == (900 + 700 - 100 - 400) * WAD


def test_reserve__sold_puts_hedged_short__shock_down_counts_the_gain_of_the_hedge():
    """SPEC-V4: down, 900 to pay, target 0.25·1 ETH·1,200; a short of 0.2 gains 160, had 100."""
    risk = changed(RISK, delta=WAD // 2, down_value=900 * WAD, down_delta=WAD)
    account = changed(ACCOUNT, size=-WAD // 5, low=100 * WAD, margin_per_vol=0)

    assert solvency.reserve(risk, account) == (900 + 300 - 100 - 160) * WAD


def test_reserve__nothing_sold__is_what_the_hedge_lacks_in_the_worse_shock():
    """SPEC-V4: a position without a book needs only what it may lose beyond its equity."""
    account = changed(ACCOUNT, size=WAD, low=500 * WAD)

    assert solvency.reserve(RISK, account) == (800 - 500) * WAD
    assert solvency.reserve(RISK, changed(account, low=800 * WAD)) == 0


def test_margin_target__vol__follows_it_between_floors():
    """SPEC-H4: 0.0625 + 0.26·σ, σ at least 0.5, the whole at least 0.25."""
    assert solvency.margin_target(ACCOUNT, WAD) == 3225 * 10**14
    assert solvency.margin_target(ACCOUNT, WAD // 10) == WAD // 4
    lower = changed(ACCOUNT, margin_floor=WAD // 10)
    assert solvency.margin_target(lower, WAD // 10) == 1925 * 10**14


def test_stress_loss__calls_and_puts__the_hedge_offsets_the_first_order():
    """SPEC-B6: a call of delta −0.5 that gains 700 on +800 loses 700 − 0.5·800; a put likewise."""
    call = changed(RISK, mid=100 * WAD, delta=-WAD // 2, up_value=800 * WAD, down_value=0)
    put = changed(RISK, mid=100 * WAD, delta=WAD // 2, up_value=0, down_value=800 * WAD)

    assert solvency.stress_loss(call) == solvency.stress_loss(put) == 300 * WAD


def test_basis__mark_over_and_under__has_the_sign_of_the_premium():
    assert solvency.basis(changed(ACCOUNT, mark=2_020 * WAD)) == WAD // 100
    assert solvency.basis(changed(ACCOUNT, mark=1_980 * WAD)) == -WAD // 100
