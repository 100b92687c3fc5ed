"""The curve: bit-exact against its twin, the twin against the published numbers and the formula."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballast import curve
from ballast.units import WAD

# Published numbers of a constant-product venue: reserves 1,000 and 100. 2 wei are allowed.
PEG, DEPTH = 10 * WAD, 100 * WAD
PUBLISHED = [
    (curve.size_for_cost_down, "50", 4_761_904_761_904_761_904),
    (curve.size_for_proceeds_up, "50", 5_263_157_894_736_842_106),
    (curve.proceeds_down, "5", 47_619_047_619_047_619_047),
    (curve.cost_up, "5", 52_631_578_947_368_421_053),
    (curve.proceeds_down, "25", 200 * WAD),
    (curve.cost_up, "37.5", 600 * WAD),
    (curve.size_for_cost_down, "600", 37_500_000_000_000_000_000),
    (curve.size_for_proceeds_up, "600", 150 * WAD),
    (curve.cost_up, "50", 1_000 * WAD),
    (curve.size_for_proceeds_up, "100", 11_111_111_111_111_111_112),
    (curve.cost_up, "25", 333_333_333_333_333_333_334),
]

pegs = st.integers(WAD, 10**24)
depths = st.integers(WAD, 10**25)
parts = st.integers(0, WAD)


@pytest.fixture(scope="module")
def harness(project, owner):
    return owner.deploy(project.VenueHarness)


@pytest.mark.parametrize(("function", "amount", "expected"), PUBLISHED)
def test_curve__published__within_two_wei(function, amount, expected):
    result = function(PEG, DEPTH, 0, int(Fraction(amount) * WAD))
    assert abs(result - expected) <= 2


def test_mark__published_reserves__is_their_ratio():
    """SPEC-M1."""
    assert curve.mark(PEG, DEPTH, 375 * WAD // 10) == 256 * WAD // 10  # 1,600 / 62.5
    assert curve.mark(PEG, DEPTH, -150 * WAD) == 16 * WAD // 10  # 400 / 250


@pytest.mark.parametrize(
    ("quote", "room"),
    [("24.695", curve.room_to_buy), ("25.3206", curve.room_to_sell)],
)
def test_room__published_band__is_the_largest_trade(quote, room):
    """A band of 5% lets 24.695 of quote in and 25.3206 out."""
    buys = room is curve.room_to_buy
    largest = room(PEG, DEPTH, 0, PEG * (105 if buys else 95) // 100)
    move = curve.cost_up if buys else curve.proceeds_down
    assert abs(Fraction(move(PEG, DEPTH, 0, largest), WAD) - Fraction(quote)) < Fraction(1, 2_000)


def net_and_size(depth: int, where: int, part: int) -> tuple[int, int]:
    """A net position with X/2 <= B <= 5X, and a size that keeps a buy within."""
    base = depth // 2 + depth * 9 // 2 * where // WAD
    return depth - base, (base - depth // 2) * part // WAD


def test_curve__any_state__equals_the_twin(harness):
    @settings(max_examples=12, deadline=None)
    @given(pegs, depths, parts, parts)
    def check(peg, depth, where, part):
        net, size = net_and_size(depth, where, part)
        cost = curve.cost_up(peg, depth, net, size)
        proceeds = curve.proceeds_down(peg, depth, net, size)
        mark = curve.mark(peg, depth, net)
        high, low = mark * 21 // 20, mark * 19 // 20
        for name, arguments in [
            ("mark", ()),
            ("cost_up", (size,)),
            ("proceeds_down", (size,)),
            ("size_for_cost_down", (cost,)),
            ("size_for_proceeds_up", (proceeds,)),
            ("room_to_buy", (high,)),
            ("room_to_sell", (low,)),
        ]:
            twin = getattr(curve, name)(peg, depth, net, *arguments)
            assert getattr(harness, name)(peg, depth, net, *arguments) == twin, name

    check()


@pytest.mark.parametrize("net", [5 * 10**24, -4 * 10**25])
def test_curve__corners_of_the_range__do_not_overflow(harness, net):
    peg, depth = 10**24, 10**25
    size = depth - net - depth // 2  # all that a buy may take
    assert harness.cost_up(peg, depth, net, size) == curve.cost_up(peg, depth, net, size)
    sale = 5 * depth - (depth - net)
    assert harness.proceeds_down(peg, depth, net, sale) == curve.proceeds_down(
        peg, depth, net, sale
    )


@given(pegs, depths, parts, parts)
def test_cost_up__any_state__loses_at_most_a_wei(peg, depth, where, part):
    """SPEC-M1: 1 wei of the rational cost, and 1e-18 wei for each of the two roundings of Q."""
    net, size = net_and_size(depth, where, part)
    base = depth - net
    exact = Fraction(peg * depth * depth * size, base * (base - size) * WAD)
    assert 0 <= curve.cost_up(peg, depth, net, size) - exact < Fraction(1_000_001, 1_000_000)


@given(pegs, depths, parts, parts)
def test_proceeds_down__any_state__loses_at_most_a_wei(peg, depth, where, part):
    net, size = net_and_size(depth, where, part)
    base = depth - net
    exact = Fraction(peg * depth * depth * size, base * (base + size) * WAD)
    assert 0 <= exact - curve.proceeds_down(peg, depth, net, size) < Fraction(1_000_001, 1_000_000)


@given(pegs, depths, parts, st.lists(parts, min_size=1, max_size=5))
def test_cost_up__bought_in_parts_and_sold_at_once__never_profits(peg, depth, where, cuts):
    net, size = net_and_size(depth, where, WAD // 2)
    paid = bought = 0
    for cut in cuts:
        part = size * cut // WAD // len(cuts)
        paid += curve.cost_up(peg, depth, net + bought, part)
        bought += part
    assert curve.proceeds_down(peg, depth, net + bought, bought) <= paid


@given(pegs, depths, parts)
def test_room__any_state__mark_stays_within(peg, depth, where):
    net, _ = net_and_size(depth, where, 0)
    mark = curve.mark(peg, depth, net)
    high, low = mark * 21 // 20, -(-mark * 19 // 20)
    assert curve.mark(peg, depth, net + curve.room_to_buy(peg, depth, net, high)) <= high
    assert curve.mark(peg, depth, net - curve.room_to_sell(peg, depth, net, low)) >= low


@given(pegs, depths, parts)
def test_room__mark_outside__is_zero(peg, depth, where):
    net, _ = net_and_size(depth, where, 0)
    mark = curve.mark(peg, depth, net)
    assert curve.room_to_buy(peg, depth, net, mark * 99 // 100) == 0
    assert curve.room_to_sell(peg, depth, net, mark * 101 // 100 + 1) == 0
