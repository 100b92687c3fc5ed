"""ballast.policies: each payment has its sign and its formula, every plan sees the same prices, and
the plans are in the order that theory has them in."""

from dataclasses import replace
from math import exp, inf, sqrt

import numpy as np
import pytest

from ballast import curve, float_pricing, hedge_rule, parameters, policies, replication
from ballast.policies import (
    DAILY,
    DAY,
    EVERY_MINUTE,
    FIXED_BAND,
    HOUR,
    HOURLY,
    NONE,
    STATIC,
    WEEK,
    WHALLEY_WILMOTT,
    Band,
    Book,
    Option,
    Outcome,
    Plan,
    Terms,
)
from ballast.units import WAD, YEAR, to_wad

SPOT, VOL = 2_000.0, 0.8
CALL = Book((Option(SPOT, False),), VOL)
PUT = Book((Option(SPOT, True),), VOL)
DEFAULT = policies.terms_of(parameters.load(), SPOT, VOL)
FREE = replace(DEFAULT, fee=0.0, depth=inf, rate=0.0)


def column(*prices: float) -> np.ndarray:
    """One path."""
    return np.array(prices, dtype=float)[:, None]


def lived(book: Book, terms: Terms, plan: Plan, *prices: float) -> Outcome:
    """What a plan leaves of one path whose prices are evenly spaced over the tenor."""
    spacing = book.tenor // (len(prices) - 1)
    return policies.run(column(*prices), book, terms, [plan], spacing)[plan.name]


def at_sale(book: Book, terms: Terms = FREE) -> tuple[float, float]:
    """Price and delta, by another way to compute them."""
    years = book.tenor / YEAR
    (option,) = book.options
    found = float_pricing.greeks(SPOT, option.strike, years, VOL, terms.rate * years)
    return (found.put, found.delta_put) if option.is_put else (found.call, found.delta_call)


def payoff(book: Book, price: float) -> float:
    return max(SPOT - price if book is PUT else price - SPOT, 0)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """All plans of the default deployment, and one that looks every four hours."""
    compared = [*policies.plans(parameters.load()), Plan("4 h", 4 * HOUR)]
    prices = policies.minutes(SPOT, VOL, WEEK, 200, 1)
    return policies.run(prices, policies.default_book(SPOT, VOL), DEFAULT, compared)


# ------------------------------------------------------------------ paths


def test_minutes__no_jumps__are_the_paths_of_the_replication():
    rows = np.array([*policies.minutes(SPOT, VOL, DAY, 5, 3)])
    assert (rows == replication.gbm(SPOT, VOL, DAY, 1_440, 5, 3)).all()


def test_minutes__same_seed__are_the_same_with_jumps_too():
    first, second, other = (
        np.array([*policies.minutes(SPOT, VOL, HOUR, 3, seed, 5_000.0)]) for seed in (1, 1, 2)
    )
    assert (first == second).all()
    assert (first[1:] != other[1:]).all()


def test_minutes__jumps__add_their_variance_and_no_drift():
    """A jump's second moment is mean² + deviation²."""
    count, jumps = 20_000, 400.0
    *_, last = policies.minutes(SPOT, VOL, WEEK, count, 1, jumps, HOUR)
    moves = np.log(last / SPOT)
    squared = policies.JUMP_MEAN**2 + policies.JUMP_DEVIATION**2
    assert moves.var() == pytest.approx((VOL**2 + jumps * squared) * WEEK / YEAR, rel=0.05)
    assert last.mean() == pytest.approx(SPOT, abs=4 * last.std() / sqrt(count))


# ------------------------------------------------------------------ prices and rules


def test_value__call_and_put_with_carry__are_their_sum():
    strikes = (SPOT, 0.95 * SPOT)
    found = policies.value(
        np.array([1_700.0, 2_000.0, 2_300.0]), policies.default_book(SPOT, VOL), 0.1, DAY
    )
    for place, spot in enumerate((1_700.0, 2_000.0, 2_300.0)):
        call, put = (
            float_pricing.greeks(spot, strike, DAY / YEAR, VOL, 0.1 * DAY / YEAR)
            for strike in strikes
        )
        assert found.price[place] == pytest.approx(call.call + put.put, abs=1e-9)
        assert found.delta[place] == pytest.approx(call.delta_call + put.delta_put, abs=1e-12)
        assert found.gamma[place] == pytest.approx(call.gamma + put.gamma, abs=1e-12)


def test_payoff__either_side_of_the_strikes__is_of_the_option_in_the_money():
    book = policies.default_book(SPOT, VOL)
    prices = np.array([1_800.0, 1_900.0, 2_000.0, 2_100.0])
    assert policies.payoff(prices, book) == pytest.approx([100, 0, 0, 100])


@pytest.mark.parametrize("size", ["3.5", "0.001"])
def test_trade_cost__either_way__is_the_venues_curve_and_fee(size):
    """SPEC-M1: what is paid above, or got below, the index."""
    terms = replace(DEFAULT, depth=320.0, step=4.0, fee=0.0005)
    amount, peg, depth = to_wad(size), 2_000 * WAD, 320 * WAD
    paid = curve.cost_up(peg, depth, 0, amount) / WAD
    got = curve.proceeds_down(peg, depth, 0, amount) / WAD
    fair = float(size) * SPOT
    costs = policies.trade_cost(np.array([1.0, -1.0]) * float(size), np.full(2, SPOT), terms)
    assert costs[0] == pytest.approx(paid - fair + 0.0005 * paid, rel=1e-9)
    assert costs[1] == pytest.approx(fair - got + 0.0005 * got, rel=1e-9)
    assert (costs > 0).all()


@pytest.mark.parametrize("size", [3.0, -3.0])
def test_trade_cost__more_than_a_step__is_that_of_steps_and_a_rest(size):
    terms, price = replace(DEFAULT, depth=320.0, step=1.2), np.full(1, SPOT)
    whole, rest = np.full(1, np.copysign(1.2, size)), np.full(1, np.copysign(0.6, size))
    parts = 2 * policies.trade_cost(whole, price, terms) + policies.trade_cost(rest, price, terms)
    once = policies.trade_cost(np.full(1, size), price, replace(terms, step=4.0))
    cost = policies.trade_cost(np.full(1, size), price, terms)
    assert cost == pytest.approx(parts, rel=1e-12)
    assert cost < once


@pytest.mark.parametrize("gamma", ["0", "0.0005", "0.003", "0.05"])
def test_half_width__any_gamma__is_the_contracts(gamma):
    """SPEC-H1: for a vault of the terms' NAV that has sold two ETH."""
    values = parameters.load()
    rule = values["hedger"]["band"]
    band = hedge_rule.Band(
        rule["risk_aversion"], rule["min_share"], rule["max_share"], rule["min_hedge"]
    )
    fee, nav = values["venue"]["fee"], to_wad(DEFAULT.nav)
    twin = hedge_rule.half_width(band, to_wad(gamma), 2_000 * WAD, fee, nav, 2 * WAD)
    found = policies.half_width(
        policies.band_of(values), np.array([float(gamma)]), np.array([SPOT]), 2, DEFAULT
    )
    assert found[0] == pytest.approx(twin / WAD, rel=1e-6)


@pytest.mark.parametrize("vol", [0.3, 0.8, 2.0])
def test_terms_of__any_vol__has_the_contracts_margin_rule(vol):
    """SPEC-H4."""
    values = parameters.load()
    rule = values["hedger"]["margin"]
    found = policies.terms_of(values, SPOT, vol)
    sigma = max(vol, rule["vol_floor"] / WAD)
    asked = found.mmr + rule["deviations"] / WAD * sigma * sqrt(rule["horizon"] / YEAR)
    assert found.target == pytest.approx(max(asked, rule["floor"] / WAD))
    twin = hedge_rule.margin_trigger(to_wad(found.target), values["venue"]["mmr"], rule["trigger"])
    assert found.trigger == pytest.approx(twin / WAD)
    assert found.mmr < found.trigger < found.target < found.ceiling


def test_terms_of__the_rest__is_the_deployments():
    """For one ETH of each option, a quarter of NAV / S; depth 80 × NAV / S."""
    found = policies.terms_of(parameters.load(), SPOT, VOL)
    assert (found.fee, found.rate, found.imr, found.mmr) == (0.0005, 0.1, 0.1, 0.0625)
    assert found.penalty == 0.02
    assert found.nav == 4 * SPOT and found.depth == 80 * found.nav / SPOT


def test_band_of__the_default_deployment__is_its_rule():
    assert policies.band_of(parameters.load()) == Band(50.0, 0.005, 0.05, DAY)


def test_near__of_the_terms__is_the_breakers_limit():
    """SPEC-R2: 1.5 maintenance ratios."""
    assert parameters.load()["breaker"]["margin"] / WAD == policies.NEAR


# ------------------------------------------------------------------ payments


@pytest.mark.parametrize("book", [CALL, PUT])
@pytest.mark.parametrize("last", [1_900.0, 2_150.0])
def test_run__no_hedge__is_premium_less_payoff(book, last):
    made = lived(book, DEFAULT, NONE, SPOT, last)
    price, _ = at_sale(book, DEFAULT)
    assert made.pnl[0] == pytest.approx(price - payoff(book, last))
    assert made.cost[0] == made.hedges[0] == made.margin[0] == made.near[0] == 0


@pytest.mark.parametrize("book", [CALL, PUT])
@pytest.mark.parametrize("last", [1_900.0, 2_150.0])
def test_run__static__gains_the_delta_of_the_move(book, last):
    """Long against a sold call, short against a sold put."""
    price, delta = at_sale(book)
    assert (delta > 0) == (book is CALL)
    made = lived(book, FREE, STATIC, SPOT, last)
    assert made.pnl[0] == pytest.approx(price + delta * (last - SPOT) - payoff(book, last))
    assert made.cost[0] == 0 and made.hedges[0] == 2


@pytest.mark.parametrize("book", [CALL, PUT])
def test_run__funding__a_long_pays_and_a_short_gets(book):
    terms = replace(FREE, rate=0.5)
    price, delta = at_sale(book, terms)
    made = lived(book, terms, STATIC, SPOT, SPOT)
    funding = price - made.pnl[0]
    assert funding == pytest.approx(delta * SPOT * 0.5 * WEEK / YEAR)
    assert (funding > 0) == (book is CALL)


@pytest.mark.parametrize("book", [CALL, PUT])
def test_run__fee__is_paid_to_open_and_to_close(book):
    _, delta = at_sale(book)
    made = lived(book, replace(FREE, fee=0.001), STATIC, SPOT, 2_100.0)
    assert made.cost[0] == pytest.approx(0.001 * abs(delta) * (SPOT + 2_100))
    assert made.net[0] == made.pnl[0] - made.cost[0] < made.pnl[0]


def test_run__hourly_at_no_cost__is_the_replication_path_by_path():
    """On the grid of minutes, of which the replication sees the hours."""
    tenor = DAY
    book = Book((Option(SPOT, False),), VOL, tenor)
    prices = replication.gbm(SPOT, VOL, tenor, 1_440, 50, 3)
    made = policies.run(prices, book, FREE, [HOURLY])["hourly"]
    option = replication.Option(SPOT, tenor, VOL)
    known = replication.pnl(prices[::60], option)
    assert made.pnl == pytest.approx(known.pnl, abs=1e-11 * SPOT)
    assert made.cost == pytest.approx(np.zeros(50), abs=0)
    assert (made.hedges == 25).all()


def test_run__hourly_with_a_fee__costs_the_replications_and_both_ends():
    tenor = DAY
    book = Book((Option(SPOT, False),), VOL, tenor)
    prices = replication.gbm(SPOT, VOL, tenor, 24, 50, 3)
    made = policies.run(prices, book, replace(FREE, fee=0.001), [HOURLY], HOUR)["hourly"]
    option = replication.Option(SPOT, tenor, VOL)
    known = replication.pnl(prices, option, cost=0.001)
    first = replication.call(prices[0], option, tenor).delta * prices[0]
    last = replication.call(prices[-2], option, HOUR).delta * prices[-1]
    assert made.cost == pytest.approx(known.cost + 0.001 * (first + last))


# ------------------------------------------------------------------ bands


def deltas(*prices: float) -> list[float]:
    """Of the sold call at each hedge of evenly spaced prices."""
    steps = len(prices)
    return [
        float(policies.value(np.array([price]), CALL, 0.0, WEEK * (1 - step / steps)).delta[0])
        for step, price in enumerate(prices)
    ]


@pytest.mark.parametrize("second, sign", [(2_300.0, 1), (1_700.0, -1)])
def test_run__outside_the_band__trades_to_the_nearer_edge(second, sign):
    plan = Plan("band", 1, Band(low=0.1))
    now, then = deltas(SPOT, second)
    held = [now - 0.1, then - sign * 0.1]  # the first is bought
    made = lived(CALL, FREE, plan, SPOT, second, 2_400.0)
    gained = held[0] * (second - SPOT) + held[1] * (2_400 - second)
    assert made.pnl[0] == pytest.approx(at_sale(CALL)[0] + gained - 400)
    assert made.hedges[0] == 3


def test_run__within_the_band__does_not_trade():
    """Bought at its lower edge, a falling price brings it towards the middle."""
    plan = Plan("band", 1, Band(low=0.3))
    made = lived(CALL, replace(FREE, fee=0.001), plan, SPOT, 1_990.0, 1_980.0)
    assert made.hedges[0] == 2
    assert made.cost[0] == pytest.approx(0.001 * (deltas(SPOT)[0] - 0.3) * (SPOT + 1_980))


def test_run__last_full_hedge_too_old__hedges_in_full():
    """SPEC-H2: at the third look, not before."""
    plan = Plan("band", 1, Band(low=0.3, full_every=WEEK / 2))
    prices = (SPOT, 1_990.0, 1_980.0, 1_970.0, 1_960.0)
    first, _, third, _ = deltas(*prices[:-1])
    made = lived(CALL, FREE, plan, *prices)
    lost = (first - 0.3) * 20 + third * 20
    assert made.pnl[0] == pytest.approx(at_sale(CALL)[0] - lost)
    assert made.hedges[0] == 3


# ------------------------------------------------------------------ margin


def test_run__margin__is_the_target_at_the_sale():
    made = lived(CALL, FREE, STATIC, SPOT, SPOT)
    assert made.margin[0] == pytest.approx(FREE.target * at_sale(CALL)[1] * SPOT)
    assert made.near[0] == made.liquidations[0] == 0


@pytest.mark.parametrize("second, sign", [(2_300.0, 1), (1_850.0, -1)])
def test_run__at_a_look__margin_comes_back_to_the_target(second, sign):
    """SPEC-H4 SPEC-H5: added for a position that has grown, taken back from one that has shrunk."""
    _, delta = at_sale(CALL)
    before = FREE.target * delta * SPOT + delta * (second - SPOT)
    after = FREE.target * deltas(SPOT, second)[1] * second
    assert (after - before) * sign > 0
    made = lived(CALL, FREE, Plan("often", 1), SPOT, second, second)
    assert made.margin[0] == pytest.approx((before + after) / 2)


def test_run__between_trigger_and_ceiling__margin_is_left():
    """The price has moved little, and so has the hedge; its fee is paid from the margin."""
    _, delta = at_sale(CALL)
    moved = FREE.target * delta * SPOT + delta * 20
    fee = 0.1 * abs(deltas(SPOT, 2_020.0)[1] - delta) * 2_020
    made = lived(CALL, replace(FREE, fee=0.1), Plan("often", 1), SPOT, 2_020.0, 2_020.0)
    assert fee > 1
    assert made.margin[0] == pytest.approx((moved + moved - fee) / 2)


@pytest.mark.parametrize("book, bad, good", [(CALL, 1_600.0, 2_400.0), (PUT, 2_350.0, 1_600.0)])
def test_run__price_goes_against_the_hedge__is_near_liquidation(book, bad, good):
    """SPEC-M4: a long fears a fall, a short a rise."""
    for price, near in ((bad, 1.0), (good, 0.0)):
        made = lived(book, FREE, STATIC, SPOT, price)
        assert made.near[0] == near and made.liquidations[0] == 0


@pytest.mark.parametrize("book, bad, after", [(CALL, 1_500.0, 1_600.0), (PUT, 2_440.0, 2_340.0)])
def test_run__under_maintenance__is_liquidated_to_the_initial_ratio(book, bad, after):
    """SPEC-M5: x = (t·N − E)/(t − ℓ), and 2% of it as a penalty; what is left goes on."""
    price, delta = at_sale(book)
    equity = FREE.target * abs(delta) * SPOT + delta * (bad - SPOT)
    notional = abs(delta) * bad
    assert FREE.penalty * notional < equity < FREE.mmr * notional
    closed = (FREE.imr * notional - equity) / (FREE.imr - FREE.penalty)
    made = lived(book, FREE, STATIC, SPOT, bad, after)
    assert made.liquidations[0] == 1 and made.near[0] == 0.5
    assert made.cost[0] == pytest.approx(FREE.penalty * closed)
    share = 1 - closed / notional
    assert 0 < share < 1
    gained = delta * (bad - SPOT) + share * delta * (after - bad)
    assert made.pnl[0] == pytest.approx(price + gained - payoff(book, after))
    ratio = (equity - made.cost[0]) / (share * notional)
    assert ratio == pytest.approx(FREE.imr)


def test_run__margin_is_gone__the_rest_is_the_venues_loss():
    """SPEC-M5: the hedge loses what was put in, and no more; nothing is left of it."""
    price, delta = at_sale(CALL)
    made = lived(CALL, FREE, STATIC, SPOT, 900.0, 1_500.0)
    assert made.liquidations[0] == 1
    assert made.net[0] == pytest.approx(price - FREE.target * delta * SPOT)


# ------------------------------------------------------------------ plans beside each other


def test_run__many_plans__each_sees_the_same_prices():
    """Together or alone; a generator is only read once."""
    tenor = 4 * HOUR
    book = Book(CALL.options, VOL, tenor)
    compared = policies.plans(parameters.load())
    together = policies.run(policies.minutes(SPOT, VOL, tenor, 5, 4), book, DEFAULT, compared)
    assert [*together] == [plan.name for plan in compared]
    for plan in compared:
        prices = policies.minutes(SPOT, VOL, tenor, 5, 4)
        alone = policies.run(prices, book, DEFAULT, [plan])[plan.name]
        for mine, other in zip(together[plan.name], alone, strict=True):
            assert (mine == other).all()


def test_run__more_often__errs_less_and_costs_more(outcomes):
    """Gamma risk against cost. With its cost, every minute is worse than hourly."""
    order = [plan.name for plan in (NONE, STATIC, DAILY, HOURLY, EVERY_MINUTE)]
    errors = [outcomes[name].pnl.std() for name in order]
    costs = [outcomes[name].cost.mean() for name in order]
    hedges = [outcomes[name].hedges.mean() for name in order]
    assert errors == sorted(errors, reverse=True) and len(set(errors)) == 5
    assert costs == sorted(costs) and costs[0] == 0 < costs[1]
    assert hedges == sorted(hedges)
    assert outcomes["every minute"].net.std() > outcomes["hourly"].net.std()


def test_run__bands__cost_less_than_an_interval_that_errs_as_much(outcomes):
    """Whalley and Wilmott, and a fixed band too: less error than every four hours, at less cost."""
    interval = outcomes["4 h"]
    for plan in (FIXED_BAND.name, WHALLEY_WILMOTT.name, "contracts' rule"):
        assert outcomes[plan].pnl.std() < interval.pnl.std()
        assert outcomes[plan].cost.mean() < interval.cost.mean()


def test_run__nobody_looks__margin_runs_thin(outcomes):
    """Who looks once a day or more often is not near liquidation without jumps."""
    assert outcomes["static"].near.mean() > 0 < outcomes["static"].liquidations.mean()
    for name in ("daily", "hourly", "every minute", "contracts' rule"):
        assert outcomes[name].liquidations.sum() == 0
        assert outcomes[name].near.mean() < outcomes["static"].near.mean() / 10


def test_run__jumps__looking_often_shortens_the_danger():
    book = Book(CALL.options, VOL, 2 * DAY)
    prices = policies.minutes(SPOT, VOL, 2 * DAY, 300, 1, jumps=2_000.0)
    made = policies.run(prices, book, DEFAULT, [STATIC, HOURLY, EVERY_MINUTE])
    near = [made[name].near.mean() for name in ("static", "hourly", "every minute")]
    assert near[0] > near[1] > near[2] > 0


def test_run__premium__is_the_value_at_the_sale():
    found = policies.premium(SPOT, CALL, replace(FREE, rate=0.1))
    assert found == pytest.approx(at_sale(CALL, replace(FREE, rate=0.1))[0])
    forward = SPOT * exp(0.1 * WEEK / YEAR)
    assert found > at_sale(CALL)[0] and forward > SPOT
