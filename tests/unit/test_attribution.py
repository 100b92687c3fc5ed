"""ballast.attribution: each line in a case that fits on a hand, with its sign; and the checks."""

from dataclasses import replace

import pytest
from logbook import EXPIRY, HOUR, OTHER, START, UNIT, Logbook, carry, surface

from ballast.attribution import FLOWS, HEDGE, LINES, OPTIONS, Statement, attribute
from ballast.units import WAD
from ballast.venue_history import HistoryError


@pytest.fixture
def book() -> Logbook:
    return Logbook()


def near(usd: float):
    return pytest.approx(usd, abs=1e-6)


# ------------------------------------------------------------------ flows and rewards


def test_attribute__nothing_happens__is_nothing(book):
    book.now += HOUR
    assert book.lines() == {}
    assert book.statement().nav_before == book.statement().nav_after == 0


@pytest.mark.parametrize(
    ("name", "argument", "line", "sign"),
    [
        ("Deposit", "assets", "deposits", 1),
        ("Withdraw", "assets", "withdrawals", -1),
        ("RedemptionsProcessed", "assets", "redemptions", -1),
        ("RewardPaid", "amount", "reward", -1),
    ],
)
def test_attribute__money_of_the_vault__is_its_line(book, name, argument, line, sign):
    """SPEC-L2."""
    book.write("vault", name, **{argument: 70 * UNIT})
    assert book.lines() == {line: sign * 70}


def test_attribute__what_only_moves__is_no_line(book):
    """SPEC-L2: margin there and back, what is paid of claims and redemptions, tokens skimmed."""
    book.margin(100)
    book.touch()
    book.of_venue("MarginRemoved", 100)
    book.write("vault", "MarginReturned", amount=100 * UNIT)
    book.write("vault", "ClaimPaid", amount=30 * UNIT)
    book.write("vault", "RedemptionClaimed", assets=20 * UNIT)
    book.write("vault", "Skimmed", amount=10 * UNIT)
    assert book.lines() == {}


# ------------------------------------------------------------------ options


def test_premium__sale__is_what_exceeds_the_value(book):
    """SPEC-L2: a call of strike 1,000 is worth 1,000; three were sold for 3,100."""
    book.deal("Bought", 1_000, 3, 3_100)
    assert book.lines() == {"premium": near(100)}


def test_premium__buy_back__is_what_the_value_exceeds(book):
    """SPEC-L2: and one came back for 990."""
    book.deal("Bought", 1_000, 3, 3_100)
    book.deal("SoldBack", 1_000, 1, 990)
    assert book.lines() == {"premium": near(110)}


def test_delta__call_in_the_money__falls_as_the_price_rises(book):
    """SPEC-L2: three sold calls have delta −3."""
    book.deal("Bought", 1_000, 3, 3_000)
    book.answer(2_050)
    assert book.lines() == {"delta": -150}


def test_delta__put_in_the_money__gains_as_the_price_rises(book):
    book.deal("Bought", 4_000, 2, 4_000, is_put=True)
    book.answer(2_050)
    assert book.lines() == {"delta": 100}


@pytest.mark.parametrize("price", [1_900, 2_100])
def test_gamma__price_moves_either_way__is_lost(book, price):
    """SPEC-L2: delta is the part that Δ·dS says, gamma what the option moved beyond it."""
    book.deal("Bought", 2_000, 1, 50)
    before = book.history.nav(book.now)
    delta = price_delta(book)
    book.answer(price)
    lines = book.lines()
    assert lines["delta"] == near(delta * (price - 2_000))
    change = (book.history.nav(book.now) - before) / WAD
    assert lines["gamma"] == near(change - lines["delta"])
    assert lines["gamma"] < -10


def price_delta(book: Logbook) -> float:
    """Delta of what is sold by moving the price a little, either way."""
    navs = []
    for step in (1, -1):
        book.history.feed.answer += step * 10**6
        navs.append(book.history.nav(book.now))
        book.history.feed.answer -= step * 10**6
    return (navs[0] - navs[1]) / (2 * WAD // 100)


def test_theta__time_passes__is_gained(book):
    """SPEC-L2: at the money, without carry, an option loses as √T does; the seller gains that."""
    book.deal("Bought", 2_000, 10, 400)
    value = -(book.history.nav(book.now) / WAD - 400)
    tenor = EXPIRY - book.now
    book.now += HOUR
    lost = 1 - ((tenor - HOUR) / tenor) ** 0.5
    theta = pytest.approx(value * lost, rel=1e-3)
    assert book.lines() == {"premium": near(400 - value), "theta": theta}


def test_vega__vol_rises__is_lost(book):
    """SPEC-L2: at the money a vol of 60 instead of 50 makes an option a fifth dearer."""
    book.deal("Bought", 2_000, 10, 400)
    value = 400 - book.history.nav(book.now) / WAD
    book.write("book", "VolSet", expiry=EXPIRY, surface=surface(60), is_large=False)
    assert book.lines()["vega"] == pytest.approx(-value / 5, rel=1e-3)
    assert set(book.lines()) == {"premium", "vega"}


def test_vega__bounds_of_vols_move__is_theirs(book):
    book.deal("Bought", 2_000, 10, 400)
    limits = book.history._parameters["limits"]
    book.write("pricer", "LimitsSet", limits=type(limits)(vol_min=WAD, vol_max=3 * WAD))
    assert book.lines()["vega"] < -100
    assert set(book.lines()) == {"premium", "vega"}


@pytest.mark.parametrize(("is_put", "sign"), [(False, -1), (True, 1)])
def test_carry__funding_expected_higher__costs_calls_and_cheapens_puts(book, is_put, sign):
    """SPEC-L2: at 365% a year the forward of a day is 1% higher, 20 USD."""
    strike = 4_000 if is_put else 1_000
    book.deal("Bought", strike, 1, 1_000, is_put)
    book.write("pricer", "CarrySet", carry=carry(365))
    assert book.lines()["carry"] == pytest.approx(sign * 20, rel=0.01)


def test_carry__funding_moves__is_its_own(book):
    """SPEC-L2: the venue's average rate, where nothing draws it back."""
    plain = carry(0)
    plain.reversion = 0
    book.write("pricer", "CarrySet", carry=plain)
    book.deal("Bought", 1_000, 10, 10_000)
    book.touch()
    book.trade(100, 200_000, who=OTHER)
    book.now += HOUR
    average = 0.01 * 3 * 365 * (1 - 0.5 ** (1 / 24))  # of 1% in 8 hours, half-life 24
    growth = average * 23 / (24 * 365)  # until the expiry
    assert book.lines() == {"carry": pytest.approx(-10 * 2_000 * growth, rel=1e-3)}


def test_settlement__price_of_the_expiry__is_what_the_index_was_not(book):
    """SPEC-L2: three calls of 1,000 at an index of 2,000 settle at 1,980: 60 less than they were
    worth; the payoff is a claim."""
    book.deal("Bought", 1_000, 3, 3_000)
    book.now = EXPIRY
    book.settle(1_980, payoff=2_940)
    lines = book.lines()
    assert lines["settlement"] == near(60)
    assert set(lines) <= {"premium", "theta", "settlement"}
    assert book.history.ledger.claims == 2_940 * UNIT


def test_insolvency_cut__board_gets_less__is_gained(book):
    """SPEC-L2: of a payoff of 3,000 the vault has 2,500."""
    book.deal("Bought", 1_000, 3, 3_000)
    book.now = EXPIRY
    book.settle(2_000, payoff=3_000, owed=2_500)
    assert book.lines()["insolvency cut"] == 500


def test_gamma__price_moves_after_expiry__is_undone_by_settlement(book):
    """Intrinsic value has no delta any more."""
    book.deal("Bought", 1_000, 3, 3_000)
    book.now = EXPIRY
    book.answer(2_100)
    book.settle(2_000, payoff=3_000)
    lines = book.lines()
    assert (lines["gamma"], lines["settlement"]) == (near(-300), near(300))
    assert "delta" not in lines


# ------------------------------------------------------------------ hedge


def test_delta_of_the_hedge__long__gains_as_the_index_rises(book):
    """SPEC-L2: two ETH, 2,000 to 2,100."""
    book.touch()
    book.trade(2, 4_000)
    book.answer(2_100)
    assert book.lines() == {"delta of the hedge": 200}


def test_delta_of_the_hedge__short__loses_as_the_index_rises(book):
    book.touch()
    book.trade(-2, 4_000)
    book.answer(2_100)
    assert book.lines() == {"delta of the hedge": -200}


@pytest.mark.parametrize(("size", "paid"), [(2, 4_010), (-2, 3_990)])
def test_slippage__fill_worse_than_the_index__is_lost(book, size, paid):
    """SPEC-L2: 10 USD, bought or sold."""
    book.touch()
    book.trade(size, paid)
    assert book.lines() == {"slippage and basis": -10}


def test_slippage__round_trip__realises_and_adds_up(book):
    """SPEC-L2: bought at 2,005 and sold at 2,095, the index at 2,000 and 2,100: 180 = 200 − 20."""
    book.touch()
    book.trade(2, 4_010)
    book.answer(2_100)
    book.touch()
    book.trade(-2, 4_190, realised=180)
    assert book.lines() == {"delta of the hedge": 200, "slippage and basis": -20}
    assert book.history.venue.positions["hedger"].margin == 180 * UNIT


def test_slippage__half_closed__takes_half_the_cost(book):
    book.touch()
    book.trade(4, 8_020)
    book.touch()
    book.trade(-2, 3_990, realised=-20)
    assert book.lines() == {"slippage and basis": -30}
    assert book.history.venue.positions["hedger"].cost == 4_010 * WAD


def test_venue_fees__trade__is_lost(book):
    """SPEC-L2."""
    book.margin(100)
    book.touch()
    book.trade(2, 4_000, fee=3)
    assert book.lines() == {"venue fees": -3}


def test_liquidation__penalty__is_no_fee(book):
    """SPEC-L2."""
    book.margin(100)
    book.touch()
    book.trade(2, 4_000, fee=3)
    book.touch()
    book.trade(-2, 4_000, fee=40)
    book.write(
        "venue", "Liquidated", account="hedger", size_delta=-2 * WAD, penalty=40 * UNIT, reward=0
    )  # fmt: skip
    assert book.lines() == {"venue fees": -3, "liquidation": -40}


def crowd(book: Logbook, size: int) -> None:
    """Others push the mark until funding is at its cap: 20 USD per ETH in 8 hours."""
    book.write("venue", "FundAdded", sender=OTHER, amount=10**6 * UNIT)
    book.touch()
    book.trade(size, 200_000, who=OTHER)


@pytest.mark.parametrize(("crowded", "paid"), [(100, 20), (-100, -20)])
@pytest.mark.parametrize("size", [2, -2])
def test_funding__at_its_cap__is_paid_by_the_crowd(book, crowded, paid, size):
    """SPEC-L2: longs pay when the mark is above the index; accrued is as good as settled."""
    book.margin(1_000)
    crowd(book, crowded)
    book.trade(size, 4_000)
    book.now += 4 * HOUR
    assert book.lines() == {"funding": -size * paid / 2}
    assert book.settle_funding() == size * paid * UNIT // 2
    book.of_venue("MarginRemoved", 0)
    assert book.lines() == {"funding": -size * paid / 2}
    book.now += 4 * HOUR
    assert book.lines() == {"funding": -size * paid}


def test_owed_by_the_venue__iou__counts_when_collected(book):
    """SPEC-L2: a profit of 200 of which the fund could pay 130."""
    book.write("venue", "FundAdded", sender=OTHER, amount=130 * UNIT)
    book.touch()
    book.trade(2, 4_000)
    book.answer(2_100)
    book.touch()
    book.of_venue("IouIssued", 70)
    book.trade(-2, 4_200, realised=200)
    assert book.lines() == {"delta of the hedge": 200, "owed by the venue": -70}
    book.of_venue("IouCollected", 30)
    assert book.lines() == {"delta of the hedge": 200, "owed by the venue": -40}


def test_owed_by_the_venue__fund_is_empty__funding_to_come_is_not_counted(book):
    """SPEC-L2: equity holds of a credit only what the fund can pay."""
    book.touch()
    book.trade(100, 200_000, who=OTHER)
    book.trade(-2, 4_000)
    book.now += 8 * HOUR
    assert book.lines() == {"funding": 40, "owed by the venue": -40}
    book.write("venue", "FundAdded", sender=OTHER, amount=15 * UNIT)
    assert book.lines() == {"funding": 40, "owed by the venue": -25}


def test_owed_by_the_venue__ious_before__rank_first(book):
    """SPEC-M3: of a fund of 15 with an IOU of 10 only 5 are there for funding to come."""
    book.touch()
    book.trade(100, 200_000, who=OTHER)
    book.of_venue("IouIssued", 10, OTHER)
    book.write("venue", "FundAdded", sender=OTHER, amount=5 * UNIT)
    book.trade(-2, 4_000)
    book.now += 8 * HOUR
    assert book.history.venue.fund == 15 * UNIT
    assert book.lines() == {"funding": 40, "owed by the venue": -35}


def test_borne_by_the_venue__nothing_left__is_gained(book):
    """SPEC-L2: a loss of 200 on a margin of 150."""
    book.margin(150)
    book.touch()
    book.trade(2, 4_000)
    book.answer(1_900)
    book.touch()
    book.of_venue("DeficitBooked", 50, carried=False)
    book.trade(-2, 3_800, realised=-200)
    assert book.lines() == {"delta of the hedge": -200, "borne by the venue": 50}


def test_slippage__loss_beyond_the_margin_is_carried__is_a_debt_still(book):
    """SPEC-L2: half is closed, 100 lost on a margin of 60: 40 more to pay for the other half."""
    book.margin(60)
    book.touch()
    book.trade(2, 4_000)
    book.answer(1_900)
    book.touch()
    book.of_venue("DeficitBooked", 40, carried=True)
    book.trade(-1, 1_900, realised=-100)
    assert book.lines() == {"delta of the hedge": -200}
    assert book.history.venue.positions["hedger"].cost == 2_040 * WAD


def test_funding__beyond_the_margin__is_a_cost_of_the_position(book):
    """SPEC-L2: 40 owed with a margin of 30, then the rest is closed at the index."""
    book.margin(30)
    crowd(book, 100)
    book.trade(2, 4_000)
    book.now += 8 * HOUR
    assert book.settle_funding() == 40 * UNIT
    book.of_venue("DeficitBooked", 10, carried=True)
    book.of_venue("DeficitBooked", 10, carried=False)
    book.trade(-2, 4_000, realised=-10)
    assert book.lines() == {"funding": -40, "borne by the venue": 10}


def test_attribute__others_at_the_venue__are_no_lines(book):
    """SPEC-L2."""
    book.touch()
    book.of_venue("FundingSettled", 5, OTHER)
    book.of_venue("DeficitBooked", 5, OTHER, carried=False)
    book.of_venue("IouIssued", 5, OTHER)
    book.trade(1, 2_000, fee=5, who=OTHER)
    book.write(
        "venue", "Liquidated", account=OTHER, size_delta=WAD, penalty=5 * UNIT, reward=UNIT
    )  # fmt: skip
    assert book.lines() == {}


# ------------------------------------------------------------------ periods


def test_attribute__later_logs__do_not_count(book):
    book.write("vault", "Deposit", assets=70 * UNIT)
    middle = book.now
    book.now += 1
    book.write("vault", "Deposit", assets=5 * UNIT)
    assert attribute(book.entries, book.begin, middle).lines["deposits"] == 70 * WAD
    assert attribute(book.entries, middle, book.now).lines["deposits"] == 5 * WAD
    assert attribute(book.entries, middle, book.now).nav_before == 70 * WAD
    assert attribute(book.entries, book.now, book.now).total == 0


def test_attribute__before_the_vault__raises(book):
    with pytest.raises(HistoryError, match="are not those of a whole vault"):
        attribute(book.entries, START - 1, book.now)


# ------------------------------------------------------------------ the statement

LINE = {name: 2**i * WAD for i, name in enumerate(LINES)}
STATEMENT = Statement(LINE, nav_before=5 * WAD, nav_after=(5 + 2**19 - 1) * WAD)


def test_lines__every_one__is_of_one_kind():
    assert sorted(LINES) == sorted((*FLOWS, *OPTIONS, *HEDGE, "reward"))
    assert len(set(LINES)) == len(LINES) == 19


def test_statement__sums__are_those_of_the_lines():
    assert STATEMENT.total == (2**19 - 1) * WAD
    assert STATEMENT.sum(FLOWS) == 7 * WAD
    assert STATEMENT.residual == 0
    STATEMENT.check(STATEMENT.nav_after)


@pytest.mark.parametrize("name", LINES)
def test_check__any_line_off_by_a_wei__raises(name):
    off = replace(STATEMENT, lines=STATEMENT.lines | {name: STATEMENT.lines[name] - 1})
    with pytest.raises(ArithmeticError) as error:
        off.check(off.nav_after)
    assert str(error.value) == "the P&L lines miss the change of NAV by 0.000000000000000001 USD"


@pytest.mark.parametrize("off", [-1, 1])
def test_check__vault_says_otherwise__raises(off):
    with pytest.raises(ArithmeticError) as error:
        STATEMENT.check(STATEMENT.nav_after + off)
    message = f"the vault's NAV misses that of its logs by {off / WAD:.18f} USD"
    assert str(error.value) == message


def test_check__not_live__vault_may_stand_where_it_stood():
    replace(STATEMENT, is_live=False).check(5)
