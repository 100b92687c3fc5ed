"""Pricer: a book's risk and a sale, equal to the twin to the bit; the twin's greeks are slopes."""

from fractions import Fraction

import ape
import pytest
from book_shop import DAY, NOW, SCENE, WEEK, board_words, order, plain, wad
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ballast import black_scholes, carry, packing, risk
from ballast.packing import Surface
from ballast.units import WAD, YEAR, trunc_div

pytest_plugins = ["book_fixtures"]

FLAT = Surface(wad("0.7"), 0, 0)
TILTED = Surface(wad("0.8"), -wad("0.1"), wad("0.05"))
NEAR, FAR = NOW + WEEK, NOW + 4 * WEEK
NEAR_LOTS = [
    (1_800, False, 10),
    (2_000, False, "7.5"),
    (2_200, False, 3),
    (1_600, True, 25),
    (1_900, True, 12),
]
FAR_LOTS = [(2_000, True, "0.01"), (2_400, False, 40), (1_800, True, "3.3"), (2_000, False, 1)]
MIXED = board_words(NEAR, TILTED, NEAR_LOTS) + board_words(FAR, FLAT, FAR_LOTS)
FLAT_MIXED = board_words(NEAR, FLAT, NEAR_LOTS) + board_words(FAR, FLAT, FAR_LOTS)
CALL = board_words(NEAR, FLAT, [(2_000, False, 10)])
PUT = board_words(NEAR, FLAT, [(2_000, True, 10)])

shapes = st.integers(-2 * WAD, 2 * WAD)
surfaces = st.builds(Surface, st.integers(WAD // 100, 5 * WAD), shapes, shapes)
lots = st.tuples(st.integers(1, 10_000), st.booleans(), st.sampled_from(["0.01", 1, "77.7", 9999]))
boards = st.builds(
    board_words,
    st.integers(NOW - WEEK, NOW + 60 * DAY),
    surfaces,
    st.lists(lots, min_size=1, max_size=3),
)
scenes = st.builds(
    SCENE._replace,
    price=st.integers(1, 10**6).map(wad),
    rate_ema=st.integers(-WAD, WAD),
    vol_min=st.just(WAD // 100),
    vol_max=st.just(5 * WAD),
    quoting=st.just(SCENE.quoting._replace(vega_cap=10**11 * WAD)),
)
brief = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def slope(of, change, step: int) -> float:
    """Central difference of a field of the twin's risk of FLAT_MIXED, per unit of what changes."""
    up, down = (getattr(risk.risk(*change(sign * step)), of) for sign in (1, -1))
    return (up - down) / (2 * step)


def moved_price(step):
    return SCENE._replace(price=SCENE.price + step), FLAT_MIXED


def moved_time(step):
    return SCENE._replace(now=SCENE.now + step), FLAT_MIXED


def moved_vol(step):
    surface = FLAT._replace(atm_vol=FLAT.atm_vol + step)
    words = board_words(NEAR, surface, NEAR_LOTS) + board_words(FAR, surface, FAR_LOTS)
    return SCENE, words


# ---- The contract is the twin


def test_risk__nine_series_on_two_boards__equals_the_twin(pricer):
    """SPEC-B2, SPEC-P3."""
    assert plain(pricer.risk(SCENE, MIXED)) == risk.risk(SCENE, MIXED)


def test_risk__no_series__is_nothing(pricer):
    found = pricer.risk(SCENE, [])
    assert plain(found) == risk.Risk(price=SCENE.price, shock=SCENE.stress.shock)


def test_risk__any_book__equals_the_twin(pricer):
    @brief
    @given(scenes, st.lists(boards, max_size=2))
    def check(scene, parts):
        words = sum(parts, [])
        assert plain(pricer.risk(scene, words)) == risk.risk(scene, words)

    check()


def test_greeks__any_book__are_the_risk_without_its_shocks(pricer):
    """SPEC-B2: and `delta` is the delta of both."""
    for scene in (SCENE, SCENE._replace(now=NEAR), SCENE._replace(now=FAR)):
        assert plain(pricer.greeks(scene, MIXED)) == risk.greeks(scene, MIXED)
        assert (
            pricer.delta(scene, MIXED) == risk.delta(scene, MIXED) == risk.risk(scene, MIXED).delta
        )
        assert risk.greeks(scene, MIXED).up_value == 0 < risk.risk(scene, MIXED).up_value


def test_sale__any_order__equals_the_twin(pricer):
    """SPEC-B4."""

    @brief
    @given(
        scenes,
        st.lists(boards, max_size=1),
        st.builds(
            order,
            st.integers(NOW + 1, NOW + 60 * DAY),
            surfaces,
            lots,
            mark=st.integers(1, 10**6).map(wad),
            held=st.integers(-8_000 * WAD, 8_000 * WAD),
        ),
    )
    def check(scene, parts, wanted):
        words = sum(parts, [])
        expected = risk.sale(scene, words, wanted)
        if abs(expected.delta) > WAD:  # e^g over 1: no parameter allows it
            with ape.reverts("admission: delta too large"):
                pricer.sale(scene, words, wanted)
        else:
            assert plain(pricer.sale(scene, words, wanted)) == expected

    check()


@pytest.mark.parametrize("board, lots", [(NEAR, NEAR_LOTS), (FAR, FAR_LOTS)])
@pytest.mark.parametrize("share", ["0.3", 1])
def test_buy_back__any_series__equals_the_twin(pricer, board, lots, share):
    """SPEC-B11: of the first strike, of the last, in part or all of it."""
    surface = TILTED if board == NEAR else FLAT
    for strike, is_put, amount in lots:
        back = order(board, surface, (strike, is_put, amount), mark=wad(2_010), held=wad(3))
        back = back._replace(amount=int(back.amount * Fraction(share)))
        found = plain(pricer.buy_back(SCENE, MIXED, back))
        assert found == risk.buy_back(SCENE, MIXED, back)
        assert found[0] == pytest.approx(risk.risk(SCENE, MIXED), rel=1e-15, abs=2 * YEAR // DAY)


def test_buy_back__ends_of_the_parameters__does_not_revert(pricer):
    """SPEC-B11: the smaller book is priced and the order added, so that nothing goes below 0."""
    wide = SCENE._replace(quoting=SCENE.quoting._replace(vega_cap=10**11 * WAD))
    for price in (1, WAD, 10**9 * WAD):
        for amount in (1, 10**20, packing.MAX_SOLD):
            surface = Surface(5 * WAD, 2 * WAD, -2 * WAD)
            words = [packing.board(FAR, 1, surface), packing.live(wad(2_000), packing.MAX_SOLD)]
            back = order(FAR, surface, (2_000, False, 1))._replace(amount=amount)
            scene = wide._replace(price=price)
            assert plain(pricer.buy_back(scene, words, back)) == risk.buy_back(scene, words, back)


def test_sale__of_a_live_series__is_the_risk_of_both_together(pricer):
    """SPEC-B4: `after` is the book with the order in it, up to the division of each sum."""
    sale = pricer.sale(SCENE, MIXED, order(FAR, FLAT, (2_000, False, 5)))
    lots = [*FAR_LOTS[:-1], (2_000, False, 6)]
    together = risk.risk(SCENE, board_words(NEAR, TILTED, NEAR_LOTS) + board_words(FAR, FLAT, lots))
    assert plain(sale.before) == risk.risk(SCENE, MIXED)
    assert plain(sale.after) == pytest.approx(together, rel=1e-15, abs=2 * YEAR // DAY)
    assert sale.quote.delta == sale.after.delta - sale.before.delta < 0


@pytest.mark.parametrize("price", [1, WAD, 10**9 * WAD])
@pytest.mark.parametrize("tenor", [0, 1, 366 * DAY])
@pytest.mark.parametrize("vol", [WAD // 100, 5 * WAD])
def test_risk__ends_of_the_parameters__does_not_revert(pricer, price, tenor, vol):
    """SPEC-B2: the twin has integers without bound; where the two agree, nothing has overflowed."""
    amount = packing.MAX_SOLD
    scene = SCENE._replace(
        price=price,
        rate_ema=-(2**128),
        carry=risk.Carry(5 * WAD, 10**5 * WAD, 5 * WAD),
        stress=risk.Stress(9 * 10**17, 2 * WAD, WAD, 0),
        vol_min=WAD // 100,
        vol_max=5 * WAD,
    )
    surface = Surface(vol, -2 * WAD, 2 * WAD)
    words = [packing.board(NOW + tenor, 2, surface)]
    words += [packing.live(strike, amount, amount) for strike in (1, 10**9 * WAD)]
    assert plain(pricer.risk(scene, words)) == risk.risk(scene, words)


# ---- Signs


def test_risk__sold_call__is_short_delta_gamma_vega_and_earns_theta(pricer):
    """SPEC-B2: a sold call has negative delta: it is hedged with a LONG perp."""
    found = pricer.risk(SCENE, CALL)
    assert -10 * WAD < found.delta < 0
    assert found.gamma < 0 and found.vega < 0 and found.theta > 0
    assert found.up_delta < found.delta < found.down_delta < 0
    assert found.up_value > found.mid > found.down_value > 0


def test_risk__sold_put__is_long_delta_and_short_gamma_and_vega(pricer):
    """SPEC-B2: a sold put has positive delta: it is hedged with a SHORT perp."""
    found = pricer.risk(SCENE, PUT)
    assert 0 < found.delta < 10 * WAD
    assert found.gamma < 0 and found.vega < 0 and found.theta > 0
    assert 0 < found.up_delta < found.delta < found.down_delta
    assert found.up_value < found.mid < found.down_value


def test_risk__bid_mid_ask__are_apart_by_the_spread_in_vega(pricer):
    """SPEC-B2: mid ± spread·σ·vega."""
    found = pricer.risk(SCENE, CALL)
    assert found.bid < found.mid < found.ask
    assert found.ask - found.mid == found.mid - found.bid
    spread = -found.vega * FLAT.atm_vol * SCENE.quoting.spread / WAD**2
    assert found.ask - found.mid == pytest.approx(spread, rel=1e-15)


def test_risk__value_below_the_spread__has_no_negative_bid(pricer):
    """SPEC-B2."""
    scene = SCENE._replace(quoting=SCENE.quoting._replace(spread=WAD))
    found = pricer.risk(scene, board_words(NEAR, FLAT, [(2_600, False, 10)]))
    assert found.bid == 0 < found.mid < found.ask - found.mid


def test_risk__vol__is_the_highest_of_boards_that_live(pricer):
    """SPEC-B2."""
    assert pricer.risk(SCENE, MIXED).vol == TILTED.atm_vol
    assert pricer.risk(SCENE._replace(now=NEAR), MIXED).vol == FLAT.atm_vol
    assert pricer.risk(SCENE._replace(now=FAR), MIXED).vol == 0


# ---- Greeks are slopes of the value


def test_delta__is_the_slope_in_spot_with_the_vaults_sign(pricer):
    """SPEC-P1: the vault owes what it sold, so its delta is −∂mid/∂S."""
    found = pricer.risk(SCENE, FLAT_MIXED).delta / WAD
    assert found == pytest.approx(-slope("mid", moved_price, WAD // 10), rel=1e-7)


def test_gamma__is_the_slope_of_delta(pricer):
    """SPEC-P1."""
    found = pricer.risk(SCENE, FLAT_MIXED).gamma / WAD
    assert found == pytest.approx(slope("delta", moved_price, WAD // 10), rel=1e-7)


def test_vega__is_the_slope_in_vol_with_the_vaults_sign(pricer):
    """SPEC-P1: per 1.00 of vol."""
    found = pricer.risk(SCENE, FLAT_MIXED).vega / WAD
    assert found == pytest.approx(-slope("mid", moved_vol, WAD // 10_000), rel=1e-6)


@pytest.mark.parametrize("rate", [-WAD // 2, 0, WAD // 2])
def test_theta__is_the_slope_in_time_with_the_vaults_sign(pricer, rate):
    """SPEC-P4: a year's decay at the pace of now, the carry's share included."""

    def moved(step):
        return SCENE._replace(rate_ema=rate, now=SCENE.now + step), FLAT_MIXED

    found = pricer.risk(*moved(0)).theta / WAD
    assert found == pytest.approx(-slope("mid", moved, 60) * YEAR / WAD, rel=1e-6)


# ---- Carry


@pytest.mark.parametrize("words, sign", [(CALL, 1), (PUT, -1)])
def test_risk__funding_rises__calls_gain_and_puts_lose(pricer, words, sign):
    """SPEC-P2."""
    rates = (-WAD // 2, 0, WAD // 2)
    mids = [pricer.risk(SCENE._replace(rate_ema=rate), words).mid * sign for rate in rates]
    assert mids == sorted(set(mids))


@pytest.mark.parametrize("sign", [1, -1])
def test_risk__funding_over_the_bound__counts_as_the_bound(pricer, sign):
    """SPEC-P2."""
    bound = sign * SCENE.carry.bound
    inside = pricer.risk(SCENE._replace(rate_ema=bound - sign), MIXED)
    at = pricer.risk(SCENE._replace(rate_ema=bound), MIXED)
    over = pricer.risk(SCENE._replace(rate_ema=bound * 3), MIXED)
    assert plain(over) == plain(at)
    wide = SCENE._replace(rate_ema=bound * 3, carry=SCENE.carry._replace(bound=5 * WAD))
    assert plain(pricer.risk(wide, MIXED)) != plain(at)
    assert abs(inside.mid - at.mid) < abs(at.mid) // 10**12


# ---- Shocks


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("is_put", [False, True])
@pytest.mark.parametrize("surface", [FLAT, TILTED])
@pytest.mark.parametrize("strike", [1_600, 2_000, 2_400])
def test_risk__shock__moves_spot_and_vol_and_keeps_the_carry(pricer, strike, surface, is_put, up):
    """SPEC-B2: S·(1 ± shock), the vol of its own plus the vol shock, the same g."""
    found = pricer.risk(SCENE, board_words(FAR, surface, [(strike, is_put, 1)]))
    own_vol = pricer.sale(
        SCENE._replace(quoting=SCENE.quoting._replace(edge=0)),
        [],
        order(FAR, surface, (strike, is_put, 1)),
    ).quote.vol
    g, _ = carry.growth(FAR - NOW, SCENE.rate_ema, SCENE.carry.rate, SCENE.carry.reversion)
    spot = SCENE.price * (WAD + (SCENE.stress.shock if up else -SCENE.stress.shock)) // WAD
    shocked = black_scholes.option(
        spot, FAR - NOW, g, wad(strike), own_vol + SCENE.stress.vol_shock
    )
    value = found.up_value if up else found.down_value
    delta = found.up_delta if up else found.down_delta
    assert value == pytest.approx(shocked.put if is_put else shocked.call, rel=1e-12)
    assert -delta == pytest.approx(shocked.delta_put if is_put else shocked.delta_call, rel=1e-12)


# ---- After expiry


@pytest.mark.parametrize("price", [1_900, 2_000, 2_100])
def test_risk__expired__is_intrinsic_without_greeks(pricer, price):
    """SPEC-B2."""
    scene = SCENE._replace(now=NEAR, price=wad(price))
    found = pricer.risk(scene, CALL + PUT)
    assert found.mid == found.ask == found.bid == wad(10 * abs(price - 2_000))
    assert found.up_value == found.down_value == found.mid
    assert found.delta == found.gamma == found.vega == found.theta == 0
    assert found.up_delta == found.down_delta == 0
    assert found.unsettled and found.sold == wad(20)


def test_risk__a_second_before_expiry__still_has_delta(pricer):
    """SPEC-B2."""
    found = pricer.risk(SCENE._replace(now=NEAR - 1), CALL)
    assert found.delta < 0 and not found.unsettled


def test_risk__one_of_two_boards_expired__the_other_keeps_its_greeks(pricer):
    """SPEC-B2."""
    scene = SCENE._replace(now=NEAR)
    found = pricer.risk(scene, FLAT_MIXED)
    alone = pricer.risk(scene, board_words(FAR, FLAT, FAR_LOTS))
    assert found.unsettled and not alone.unsettled
    assert (found.delta, found.vega, found.theta) == (alone.delta, alone.vega, alone.theta)
    assert found.mid - alone.mid == sum(
        trunc_div(wad(amount) * max(0, wad(strike - 2_000) * (1 if is_put else -1)), WAD)
        for strike, is_put, amount in NEAR_LOTS
    )
