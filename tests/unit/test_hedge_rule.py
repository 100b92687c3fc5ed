"""The rule of the hedge: bit-exact against its twin, the twin against the formulas. SPEC-H1,
SPEC-H3, SPEC-H4."""

from fractions import Fraction

import ape
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ballast import curve, hedge_rule
from ballast.hedge_rule import Band
from ballast.units import WAD

BAND = Band(risk_aversion=50 * WAD, min_share=WAD // 200, max_share=WAD // 20, min_hedge=WAD // 100)
REST = (86_400, False)  # of IHedger.Band, without influence on the width

amounts = st.integers(0, 10**24)
signed = st.integers(-(10**24), 10**24)
prices = st.integers(1, 10**24)
ratios = st.integers(0, WAD)
positive = st.integers(1, 10**24)

few = settings(max_examples=25, deadline=None)
many = settings(max_examples=250, deadline=None)


@pytest.fixture(scope="module")
def harness(project, owner):
    return owner.deploy(project.HedgeRuleHarness)


# ------------------------------------------------------------------ the cube root


@pytest.mark.parametrize(
    "x",
    [0, 1, 2, 7, WAD - 1, WAD, WAD + 1, WAD + 3, 8 * WAD + 12, 27 * WAD - 1, 10**41, 2**256 - 1]
    + [edge + step for edge in (2**256 // 10**36, 2**256 // 10**36 * WAD) for step in (-1, 0, 1)],
)
def test_wad_cbrt__edges__matches_twin(harness, x):
    assert harness.wad_cbrt(x) == hedge_rule.wad_cbrt(x)


def test_wad_cbrt__any__matches_twin(harness):
    @few
    @given(st.integers(0, 256).flatmap(lambda bits: st.integers(0, 2**bits - 1)))
    def check(x):
        assert harness.wad_cbrt(x) == hedge_rule.wad_cbrt(x)

    check()


@many
@given(st.integers(0, 136).flatmap(lambda bits: st.integers(0, 2**bits - 1)))
@example(WAD + 3)
def test_wad_cbrt__36_digits__is_floor_but_just_below_a_cube(x):
    """The floor c; c + 1 only where less than 3·c + 1 is missing to the next cube."""
    value = x * 10**36
    root = hedge_rule.wad_cbrt(x)
    if root**3 > value:
        assert root**3 - value <= 3 * (root - 1) + 1
        root -= 1
    assert root**3 <= value < (root + 1) ** 3


def test_wad_cbrt__just_below_a_cube__is_one_more_or_floor():
    """(10¹⁸ + 1)³ − 3·10¹⁸ − 1 = (10¹⁸ + 3)·10³⁶: the smallest of the cases where the steps
    swing."""
    assert hedge_rule.wad_cbrt(WAD + 3) in (WAD, WAD + 1)
    assert hedge_rule.wad_cbrt(WAD + 4) == WAD + 1


# ------------------------------------------------------------------ the band


def test_half_width__any__matches_twin(harness):
    @few
    @given(
        risk_aversion=st.integers(WAD, 1_000 * WAD),
        shares=st.tuples(ratios, ratios).map(sorted),
        min_hedge=st.integers(1, WAD),
        gamma=st.integers(-(10**22), 10**22),
        price=prices,
        cost=st.integers(0, WAD // 100),
        nav=st.integers(-(10**27), 10**27),
        sold=amounts,
    )
    def check(risk_aversion, shares, min_hedge, gamma, price, cost, nav, sold):
        band = Band(risk_aversion, *shares, min_hedge)
        fields = (band.risk_aversion, band.min_share, band.max_share, band.min_hedge, *REST)
        arguments = (gamma, price, cost, nav, sold)
        assert harness.half_width(fields, *arguments) == hedge_rule.half_width(band, *arguments)

    check()


def test_half_width__numbers_by_hand__is_the_formula():
    """SPEC-H1: 2,000 options of Γ 0.00075, 2,000 USD, 5 bps, NAV 3M: (1.5 · 0.0005 · 2,000 · 1.5² ·
    3M/50)^⅓."""
    gamma = -15 * WAD // 10  # 2,000 · 0.00075
    width = hedge_rule.half_width(
        BAND, gamma, 2_000 * WAD, 5 * 10**14, 3_000_000 * WAD, 2_000 * WAD
    )
    exact = (1.5 * 0.0005 * 2_000 * 1.5**2 * 3_000_000 / 50) ** (1 / 3)
    assert width == hedge_rule.half_width(
        BAND, -gamma, 2_000 * WAD, 5 * 10**14, 3_000_000 * WAD, 2_000 * WAD
    )
    assert width < 100 * WAD  # 5% of what is sold
    assert width / WAD == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize(
    ("gamma", "nav", "sold", "width"),
    [
        (0, 10**24, 1_000 * WAD, 5 * WAD),  # nothing to lose: the smallest share
        (0, 10**24, WAD, WAD // 100),  # the smallest share is below the smallest hedge
        (10**22, 10**27, 1_000 * WAD, 50 * WAD),  # the largest share
        (10**22, 10**27, WAD // 10, WAD // 100),  # which is below the smallest hedge
        (10**22, -1, 1_000 * WAD, 5 * WAD),  # nothing left: as careful as can be
        (10**22, 10**27, 0, WAD // 100),  # nothing sold
        (0, 0, 201, WAD // 100),
    ],
)
def test_half_width__out_of_bounds__is_clamped(gamma, nav, sold, width):
    assert hedge_rule.half_width(BAND, gamma, 2_000 * WAD, 5 * 10**14, nav, sold) == width


@many
@given(st.integers(1, 10**22), st.integers(1, 10**27), st.integers(1, 10**22))
def test_half_width__more_gamma_or_wealth__never_narrower(gamma, nav, more):
    def width(gamma, nav):
        return hedge_rule.half_width(BAND, gamma, 2_000 * WAD, 5 * 10**14, nav, 10**24)

    assert width(gamma + more, nav) >= width(gamma, nav) - 1  # 1: the cube root's last digit
    assert width(gamma, nav + more) >= width(gamma, nav) - 1


# ------------------------------------------------------------------ the reward


def test_reward__any__matches_twin(harness):
    @few
    @given(signed, prices, st.integers(0, 10**20), st.sampled_from([1, 10**10, 10**12]))
    def check(filled, price, cap, scale):
        arguments = (filled, price, cap, scale)
        assert harness.reward(*arguments) == hedge_rule.reward(*arguments)

    check()


@pytest.mark.parametrize(
    ("filled", "price", "amount"),
    [
        (10 * WAD, 2_000 * WAD, 2_000_000),  # 20,000 USD: 2 USDC, whichever way
        (-10 * WAD, 2_000 * WAD, 2_000_000),
        (100 * WAD, 2_000 * WAD, 20_000_000),
        (101 * WAD, 2_000 * WAD, 20_000_000),  # the cap
        (WAD // 100, 99 * WAD, 99),
        (WAD // 100, 99 * WAD + WAD - 1, 99),  # down
        (0, 2_000 * WAD, 0),
    ],
)
def test_reward__numbers_by_hand__is_a_basis_point(filled, price, amount):
    """SPEC-H10."""
    assert hedge_rule.reward(filled, price, 20 * 10**6, 10**12) == amount


# ------------------------------------------------------------------ the trade


def test_trade__any__matches_twin(harness):
    @few
    @given(signed, ratios, amounts, st.booleans())
    def check(net, share, minimum, to_centre):
        half_width = abs(net) * share // WAD  # the rule asks for no trade inside the band
        arguments = (net, half_width, minimum, to_centre)
        assert harness.trade(*arguments) == hedge_rule.trade(*arguments)

    check()


@pytest.mark.parametrize("sign", [1, -1])
def test_trade__outside__ends_the_minimum_inside_the_nearer_edge(sign):
    """SPEC-H1: a positive net delta is sold down to the upper edge, a negative one bought up to the
    lower."""
    assert hedge_rule.trade(sign * 7, 5, 1, False) == -sign * 3
    assert hedge_rule.trade(sign * 7, 5, 1, True) == -sign * 7


@many
@given(signed, amounts, amounts)
def test_trade__minimum_within_the_band__never_crosses_zero(net, half_width, minimum):
    half_width = max(half_width, minimum)
    if abs(net) > half_width:
        left = net + hedge_rule.trade(net, half_width, minimum, False)
        assert abs(left) <= half_width and left * net >= 0


# ------------------------------------------------------------------ the clips


def test_clips__any__match_twins(harness):
    @few
    @given(signed, signed, amounts)
    def check(trade, size, limit):
        assert harness.clip(trade, limit) == hedge_rule.clip(trade, limit)
        arguments = (trade, size, limit)
        assert harness.clip_to_margin(*arguments) == hedge_rule.clip_to_margin(*arguments)

    check()


@many
@given(signed, signed, amounts)
def test_clip_to_margin__any__never_more_than_asked_nor_the_other_way(trade, size, affordable):
    """SPEC-H3."""
    clipped = hedge_rule.clip_to_margin(trade, size, affordable)
    assert clipped * trade >= 0 and abs(clipped) <= abs(trade)
    assert abs(size + clipped) <= max(abs(size), affordable)


@pytest.mark.parametrize(
    ("trade", "size", "affordable", "clipped"),
    [
        (10, 0, 4, 4),
        (-10, 0, 4, -4),
        (10, 6, 4, 0),  # too large already: it must not grow
        (-2, 6, 4, -2),  # what reduces always passes
        (-20, 6, 4, -10),  # and ends within what is affordable on the other side
        (-20, 6, 0, -6),
        (20, -6, 3, 9),
    ],
)
def test_clip_to_margin__examples(trade, size, affordable, clipped):
    """SPEC-H3."""
    assert hedge_rule.clip_to_margin(trade, size, affordable) == clipped


# ------------------------------------------------------------------ the price


def test_prices__any__match_twins(harness):
    @few
    @given(prices, prices, st.integers(1, WAD // 5), positive, st.booleans())
    def check(mark, index, max_adverse, depth, is_buy):
        limit = hedge_rule.limit_price(index, max_adverse, is_buy)
        assert harness.limit_price(index, max_adverse, is_buy) == limit
        if limit:
            arguments = (mark, index, limit, depth, is_buy)
            assert harness.size_within_price(*arguments) == hedge_rule.size_within_price(*arguments)

    check()


def test_limit_price__any_index__rounds_towards_it():
    """SPEC-H3: no more than asked is accepted, on either side."""
    assert hedge_rule.limit_price(33, 10**17, True) == 36
    assert hedge_rule.limit_price(33, 10**17, False) == 30


@many
@given(
    index=st.integers(WAD, 10**24),
    depth=st.integers(10**21, 10**25),
    net=st.integers(-10, 10),
    max_adverse=st.integers(10**14, WAD // 5),
    is_buy=st.booleans(),
)
def test_size_within_price__anchored_curve__average_stays_within(
    index, depth, net, max_adverse, is_buy
):
    """SPEC-H3: wherever other traders have pushed the mark, the venue fills the size within the
    limit, its rounding against the trader included."""
    net = depth * net // 20  # half the depth either way
    mark = curve.mark(index, depth, net)
    limit = hedge_rule.limit_price(index, max_adverse, is_buy)
    size = hedge_rule.size_within_price(mark, index, limit, depth, is_buy)
    if size < WAD // 1_000:
        return
    if is_buy:
        assert -(-curve.cost_up(index, depth, net, size) * WAD // size) <= limit
    else:
        assert curve.proceeds_down(index, depth, net, size) * WAD // size >= limit


@pytest.mark.parametrize("is_buy", [True, False])
def test_size_within_price__mark_beyond_the_limit__is_nothing(is_buy):
    """SPEC-H3."""
    beyond = 1_031 * WAD if is_buy else 969 * WAD
    limit = hedge_rule.limit_price(1_000 * WAD, 3 * WAD // 100, is_buy)
    assert hedge_rule.size_within_price(beyond, 1_000 * WAD, limit, 10**23, is_buy) == 0
    assert hedge_rule.size_within_price(limit, 1_000 * WAD, limit, 10**23, is_buy) == 0


# ------------------------------------------------------------------ the margin


def test_margin__any__match_twins(harness):
    @few
    @given(signed, signed, prices, ratios, ratios, ratios)
    def check(size, equity, index, mmr, target, share):
        arguments = (target, mmr, share)
        assert harness.margin_trigger(*arguments) == hedge_rule.margin_trigger(*arguments)
        if mmr < WAD or size < 0:
            price = hedge_rule.liquidation_price(size, equity, index, mmr)
            assert harness.liquidation_price(size, equity, index, mmr) == price

    check()


def test_margin_trigger__share_of_the_way__is_between_maintenance_and_target():
    """SPEC-H4."""
    target, mmr = WAD // 4, WAD // 16
    assert hedge_rule.margin_trigger(target, mmr, 0) == mmr
    assert hedge_rule.margin_trigger(target, mmr, WAD) == target
    assert hedge_rule.margin_trigger(target, mmr, 3 * WAD // 4) == (mmr + 3 * target) // 4
    assert hedge_rule.margin_trigger(mmr - 1, mmr, WAD) == mmr


@many
@given(
    size=st.integers(10**16, 10**22) | st.integers(-(10**22), -(10**16)),
    leverage=st.integers(2, 12),
    index=st.integers(100 * WAD, 10**22),
)
def test_liquidation_price__any__equity_there_is_maintenance(size, leverage, index):
    """E + size·(p − index) = MMR·|size|·p, to 1e-12 of the notional; there is none for a long that
    owes nothing."""
    mmr = WAD // 16
    equity = abs(size) * index // WAD // leverage
    price = hedge_rule.liquidation_price(size, equity, index, mmr)
    at_price = Fraction(equity) + Fraction(size * (price - index), WAD)
    maintenance = Fraction(mmr * abs(size) * price, WAD**2)
    assert abs(at_price - maintenance) <= Fraction(abs(size) * index, WAD) / 10**12
    assert (price < index) == (size > 0)


@pytest.mark.parametrize("size", [1, 0])
def test_liquidation_price__none__is_zero(size):
    """A long worth more than its notional can never be liquidated, nor can nothing."""
    assert hedge_rule.liquidation_price(size * WAD, 3_000 * WAD, 2_000 * WAD, WAD // 16) == 0


def test_size_within_price__no_limit__reverts(harness):
    with ape.reverts():
        harness.size_within_price(1, 1, 0, 1, False)
