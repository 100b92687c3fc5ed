"""PerpMarket with a fixed peg gives the published numbers of a constant-product venue.

The numbers are those of the test suite of Perp v1, the curve's also of a second implementation:
reserves of 1,000 and 100 to begin with, no fee, 2 wei of rounding allowed. Orders here name a size,
never an amount of quote: where the amount is given, the size 2 wei below moves less of it and the
size 2 wei above more.
"""

from fractions import Fraction

import ape
import pytest
from perp_desk import FOREVER, HOUR, Desk, wad

from ballast import curve
from ballast.units import WAD

pytest_plugins = ["perp_fixtures"]

DAY = 24 * HOUR
PEG, DEPTH = 10 * WAD, 100 * WAD
CLASSIC = {
    "anchored": False,
    "peg": PEG,
    "depth": DEPTH,
    "fee": 0,
    "imr": 5 * 10**16,
    "mmr": 4 * 10**16,
    "liquidation_fee": 2 * 10**16,
    "period": DAY,
    "funding_cap": WAD,
    "block_band": 99 * 10**16,
    "index_band": 99 * 10**16,
    "net_cap": 400 * WAD,
    "account_cap": 400 * WAD,
    "open_interest_cap": 400 * WAD,
    "heartbeat": 30 * DAY,
}


@pytest.fixture(scope="module")
def create_classic(create_desk):
    """A market of the published shape and its fund, in tokens of 18 decimals:
    `create_classic(price="15.5", fund=5_000)`."""

    def create(price, fund=10**6, **parameters) -> Desk:
        desk = create_desk(price=price, fund=0, decimals=18, **CLASSIC | parameters)
        desk.token.mint(desk.owner, wad(fund), sender=desk.owner)
        desk.market.add_to_fund(wad(fund), sender=desk.owner)
        return desk

    return create


def give(desk: Desk, who, tokens) -> None:
    """Margin of so many tokens."""
    desk.token.mint(who, wad(tokens), sender=desk.owner)
    desk.market.deposit(wad(tokens), sender=who)


def orders(desk: Desk, who, *sizes: int) -> int:
    """What orders of these sizes [ETH wad] move in all. [USD wad]"""
    receipts = [desk.submit(who, size) for size in sizes]
    return sum(desk.events(receipt, "Traded")[0].notional for receipt in receipts)


def ratio_at_exit(desk: Desk, who, extra=0) -> Fraction:
    """Equity at exit over the notional at exit, `extra` tokens of margin left out."""
    account, config = desk.market.account(who), desk.market.config()
    move = curve.proceeds_down if account.size > 0 else curve.cost_up
    net = desk.market.net_position()
    notional = move(config.peg, config.depth, net, abs(account.size))
    return Fraction(account.equity_exit - wad(extra), notional)


# ── swaps ──


@pytest.fixture(scope="module")
def pool(create_classic, alice) -> Desk:
    """Reserves 1,000 : 100 and a trader with margin for anything; the index stands where neither
    band binds but that of a block: what moves the mark further goes in several orders."""
    desk = create_classic(price=30)
    give(desk, alice, 10**6)
    return desk


@pytest.mark.parametrize(
    ("sizes", "quote"),
    [
        (["-5"], 47_619_047_619_047_619_047),
        (["5"], 52_631_578_947_368_421_053),
        (["-25"], 200 * WAD),
        (["20", "17.5"], 600 * WAD),
        (["20", "20", "10"], 1_000 * WAD),
        (["25"], 333_333_333_333_333_333_334),
        (["-20"], 166_666_666_666_666_666_666),
        (["10"], 111_111_111_111_111_111_112),
    ],
    ids=lambda value: str(value),
)
def test_submit__published_base__moves_the_quote(pool, alice, sizes, quote):
    """SPEC-M1."""
    assert abs(orders(pool, alice, *map(wad, sizes)) - quote) <= 2


@pytest.mark.parametrize(
    ("quote", "first", "base"),
    [
        (50, 0, 4_761_904_761_904_761_904),
        (-50, 0, 5_263_157_894_736_842_106),
        (600, 20, 375 * WAD // 10),
        (-600, 0, 150 * WAD),
        (200, 0, 16_666_666_666_666_666_666),
        (-100, 0, 11_111_111_111_111_111_112),
    ],
)
def test_submit__published_quote__needs_the_base(pool, alice, quote, first, base):
    """SPEC-M1. first: size that an order before takes, in ETH."""
    sign = 1 if quote > 0 else -1
    for wei in (-2, 2):
        with pool.isolated():
            before = orders(pool, alice, first * WAD) if first else 0
            moved = before + orders(pool, alice, sign * (base - first * WAD + wei))
            assert (moved - abs(quote) * WAD) * wei >= 0


@pytest.mark.parametrize(
    ("sizes", "quote_reserve", "base_reserve"),
    [(["20", "17.5"], "1600", "62.5"), (["-150"], "400", "250")],
)
def test_market__published_trade__leaves_the_reserves(
    pool, alice, sizes, quote_reserve, base_reserve
):
    orders(pool, alice, *map(wad, sizes))
    assert DEPTH - pool.market.net_position() == wad(base_reserve)
    # The mark is quote over base.
    mark = Fraction(wad(quote_reserve), wad(base_reserve))
    assert abs(Fraction(pool.market.market().mark, WAD) - mark) <= Fraction(2, WAD)


# ── bands ──


@pytest.fixture(scope="module")
def banded(create_classic, alice) -> Desk:
    """Trades may move the mark by 5% a block."""
    desk = create_classic(price=10, block_band=5 * 10**16)
    give(desk, alice, 10**6)
    return desk


@pytest.mark.parametrize(
    ("sign", "base", "quote"), [(1, "2.40999", "24.695"), (-1, "2.59784", "25.3206")]
)
def test_terms__published_band__is_the_largest_trade(banded, alice, sign, base, quote):
    """SPEC-M8."""
    terms = banded.market.terms()
    room = terms.max_buy if sign > 0 else terms.max_sell
    # The published digits are cut or rounded up: one of the last.
    assert abs(Fraction(room, WAD) - Fraction(base)) <= Fraction(1, 10**5)
    assert abs(Fraction(orders(banded, alice, sign * room), WAD) - Fraction(quote)) < Fraction(
        1, 1_000
    )


@pytest.mark.parametrize(("sign", "passes", "refused"), [(1, 24, 25), (-1, 25, 26)])
def test_submit__published_band__refuses_the_next_whole_amount(
    banded, alice, sign, passes, refused
):
    """SPEC-M8. Base for c of quote at 1,000 : 100 is 100·c / (1,000 ± c)."""
    with banded.isolated():
        orders(banded, alice, sign * (DEPTH * passes // (1_000 + sign * passes)))
    with banded.unchanged(), ape.reverts("perp_venue: price band"):
        banded.submit(alice, sign * (DEPTH * refused // (1_000 + sign * refused)))


@pytest.mark.parametrize(
    ("index", "is_over"), [("12", True), ("8", True), ("10.5", False), ("9.5", False)]
)
def test_terms__published_spread__over_a_tenth_only_toward_the_index(
    create_classic, index, is_over
):
    """SPEC-M8: mark 10; over the spread nothing passes that would widen it."""
    terms = create_classic(price=index, index_band=10**17).market.terms()
    away = terms.max_sell if Fraction(index) > 10 else terms.max_buy
    toward = terms.max_buy if Fraction(index) > 10 else terms.max_sell
    assert (away == 0) is is_over
    assert toward > 0


# ── funding ──


def pass_time_at(desk: Desk, index, seconds: int) -> None:
    """`index` holds from the last touch on, for so long, and then the market is touched again."""
    touched = desk.chain.blocks.head.timestamp
    publish(desk, index)
    desk.chain.pending_timestamp = touched + seconds
    desk.market.poke(sender=desk.owner)


def publish(desk: Desk, index) -> None:
    """A round that bears the time of the newest block."""
    now = desk.chain.blocks.head.timestamp
    desk.feed.push_at(int(Fraction(index) * 10**8), now, sender=desk.owner)


@pytest.mark.parametrize(
    ("index", "cum", "ratio"), [("15.5", "0.125", "0.09"), ("15.7", "-0.075", "0.106")]
)
def test_funding__published_long__after_a_day(create_classic, alice, index, cum, ratio):
    """SPEC-M2: margin 25 at leverage 10, the mark at 15.625."""
    desk = create_classic(price=index)
    give(desk, alice, 25)
    assert orders(desk, alice, 20 * WAD) == 250 * WAD
    start = desk.market.accumulator()
    pass_time_at(desk, index, DAY)
    assert desk.market.market().mark == wad("15.625")
    assert Fraction(desk.market.accumulator() - start, DAY) == wad(cum)
    assert abs(ratio_at_exit(desk, alice) - Fraction(ratio)) <= Fraction(2, WAD)


@pytest.mark.parametrize(
    ("index", "cum", "long_ratio", "short_ratio"),
    [
        ("6.3", "0.1", "-1.0571875", "0.11"),
        ("6.5", "-0.1", "-1.0209375", "0.09"),
    ],
)
def test_funding__published_long_and_short__after_a_day(
    create_classic, alice, bob, index, cum, long_ratio, short_ratio
):
    """SPEC-M2: then a short with margin 45 at leverage 10.

    The index stands at the mark until the short is there, so that nothing accrues before. The short
    has 1,000 tokens more than published, which its ratio leaves out: this venue opens nothing that
    is under water at the index.
    """
    desk = create_classic(price="15.625")
    give(desk, alice, 25)
    give(desk, bob, 1_045)
    orders(desk, alice, 20 * WAD)
    assert abs(orders(desk, bob, -45 * WAD) - 450 * WAD) <= 2
    start = desk.market.accumulator()
    pass_time_at(desk, index, DAY)
    assert Fraction(desk.market.accumulator() - start, DAY) == wad(cum)
    assert abs(ratio_at_exit(desk, alice) - Fraction(long_ratio)) <= Fraction(2, WAD)
    assert abs(ratio_at_exit(desk, bob, 1_000) - Fraction(short_ratio)) <= Fraction(2, WAD)


def test_funding__published_margins_and_fund__after_a_day(create_classic, alice, bob, keeper):
    """SPEC-M3: long 37.5, short 187.5: 300 - 0.375, 1,200 + 1.875, and the fund pays the 1.5.

    The long takes two orders, so the day is counted from when the short is there; after it the
    index is the mark. The short brings 10,000 tokens more than published, to open at that index.
    """
    desk = create_classic(price=20, fund=5_000)
    give(desk, alice, 300)
    give(desk, bob, 11_200)
    assert abs(orders(desk, alice, 20 * WAD, wad("17.5")) - 600 * WAD) <= 2
    assert abs(orders(desk, bob, wad("-187.5")) - 1_200 * WAD) <= 2
    assert desk.market.market().mark == wad("1.6")
    margins = [desk.market.account(who).margin for who in (alice, bob)]
    fund = desk.token.balanceOf(desk.market) - sum(margins)  # once all is settled
    start = desk.market.accumulator()
    pass_time_at(desk, "1.59", DAY)
    assert Fraction(desk.market.accumulator() - start, DAY) == wad("0.01")
    moved = [
        desk.market.account(who).margin - margin
        for who, margin in zip((alice, bob), margins, strict=True)
    ]
    assert abs(wad(300) + moved[0] - wad("299.625")) <= 2
    assert abs(wad(1_200) + moved[1] - wad("1201.875")) <= 2

    publish(desk, "1.6")
    desk.market.withdraw(1, sender=bob)
    left = desk.market.account(alice).margin
    desk.market.liquidate(alice, sender=keeper)  # all that is left goes to the fund
    assert desk.market.margin_of(alice) == 0
    assert abs(desk.market.fund() - left - fund - wad("4998.5") + wad(5_000)) <= 2


@pytest.mark.parametrize(
    ("size", "index", "cap", "seconds", "period", "cum"),
    [
        ("20", "15.5", "1", DAY, DAY, "0.125"),
        ("-150", "1.59", "0.03", DAY, DAY, "0.01"),
        ("0", "9", "0.005", 8 * HOUR, 8 * HOUR, "0.045"),
        ("0", "12", "0.01", HOUR, 8 * HOUR, "-0.015"),
    ],
)
def test_accumulator__published__grows_by_the_clamped_premium(
    create_classic, alice, size, index, cap, seconds, period, cum
):
    """SPEC-M2: marks of 15.625, 1.6, 10 and 10."""
    desk = create_classic(price=10, funding_cap=wad(cap), period=period)
    give(desk, alice, 10**6)
    if wad(size):
        orders(desk, alice, wad(size))
    else:
        desk.market.poke(sender=alice)
    start = desk.market.accumulator()
    pass_time_at(desk, index, seconds)
    assert Fraction(desk.market.accumulator() - start, period) == wad(cum)


def test_accumulator__published_round_in_between__each_stretch_at_its_index(
    create_classic, alice, chain
):
    """SPEC-M2: 1,000 s at 15.5, 2,600 s at 15.7, where the cap of 1% does not bind."""
    desk = create_classic(price="15.5", funding_cap=10**16, period=8 * HOUR)
    give(desk, alice, 10**6)
    orders(desk, alice, 20 * WAD)
    touched, start = chain.blocks.head.timestamp, desk.market.accumulator()
    desk.feed.push_at(1_570_000_000, touched + 1_000, sender=desk.owner)
    chain.mine(timestamp=touched + HOUR)
    grown = Fraction(desk.market.accumulator() - start, 8 * HOUR)
    assert abs(grown - wad("-0.002430555555555555")) < 1


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        ("0", "0.0001"),
        ("0.0003", "0.0001"),
        ("0.0006", "0.0001"),
        ("0.001", "0.0005"),
        ("-0.0004", "0.0001"),
        ("-0.0006", "-0.0001"),
        ("0.01", "0.0095"),
        ("-0.01", "-0.0095"),
    ],
)
def test_exchange_funding_rate__published__matches(pool, premium, rate):
    arguments = (wad(premium), wad("0.0001"), wad("0.0005"))
    assert pool.market.exchange_funding_rate(*arguments) == wad(rate)


def test_margins__published_makers__debits_up_and_credits_down(
    create_desk, alice, bob, arbitrageur
):
    """SPEC-M2, SPEC-M3: positions +7, −3, −4 with 10 tokens each, in tokens without decimals.

    0.7 an ETH is charged twice, over a period each; the long settles in between. In the end it has
    paid 5 + 5 of 9.8, the shorts got 4 of 4.2 and 5 of 5.6, and the fund keeps 1.
    """
    # So deep that the order of the trades moves neither price nor premium by anything to see.
    desk = create_desk(price=10, decimals=0, **CLASSIC | {"depth": 10**6 * WAD, "period": HOUR})
    sizes = {alice: 7, bob: -3, arbitrageur: -4}
    for who, eth in sizes.items():
        desk.token.mint(who, 10, sender=desk.owner)
        desk.market.deposit(10, sender=who)
        desk.trade(who, eth)
    fund = desk.market.fund()

    charge(desk, "9.3", 10)
    assert desk.market.account(alice).margin == 5
    desk.market.withdraw(1, sender=alice)
    desk.token.approve(desk.market, FOREVER, sender=alice)
    desk.market.deposit(1, sender=alice)
    assert (desk.market.margin_of(alice), desk.market.fund()) == (5, fund + 5)

    charge(desk, "9.3", 10)
    margins = {who: desk.market.account(who).margin for who in sizes}
    assert list(margins.values()) == [0, 14, 15]
    assert sum(margins.values()) == 30 - 1
    settled = [
        event.amount for who in sizes for event in desk.events(desk.close(who), "FundingSettled")
    ]
    assert settled == [5, -4, -5]


def charge(desk: Desk, low, high) -> None:
    """One period at the index `low`; then the index is back at the mark, and nothing is charged."""
    desk.market.poke(sender=desk.owner)
    pass_time_at(desk, low, HOUR)
    publish(desk, high)


# ── liquidation ──


def test_liquidation_price__published_with_funding__matches(create_classic, alice):
    """SPEC-M10: margin 25, entry 12.5, size 20, mmr 5%, 0.125 an ETH of funding."""
    desk = create_classic(price="15.5", imr=6 * 10**16, mmr=5 * 10**16)
    give(desk, alice, 25)
    orders(desk, alice, 20 * WAD)
    pass_time_at(desk, "15.5", DAY)
    price = Fraction(desk.market.liquidation_price(alice), WAD)
    assert abs(price - Fraction("11.973684211")) < Fraction(1, 10**9)


def test_liquidate__published_partial__closes_800_of_1000(create_classic, alice, bob, keeper):
    """SPEC-M5: notional 1,000, equity 40, target 10%, fee 2.5%: 800 are closed, 10% is the ratio
    after.

    At a depth of 99,000 and a peg of 1, 990 ETH are worth 1,000 at exit when nobody else is there;
    a long that was there first makes them dearer, and leaves.
    """
    desk = create_classic(
        price="1.15",
        peg=WAD,
        depth=99_000 * WAD,
        imr=10**17,
        mmr=625 * 10**14,
        liquidation_fee=25 * 10**15,
        funding_cap=0,
        net_cap=10**5 * WAD,
        account_cap=10**5 * WAD,
        open_interest_cap=10**5 * WAD,
    )
    give(desk, bob, 10**6)
    orders(desk, bob, 6_000 * WAD)
    with desk.isolated():
        give(desk, alice, 1_000)
        cost = orders(desk, alice, 990 * WAD)
    desk.token.mint(alice, cost - 960 * WAD, sender=desk.owner)
    desk.market.deposit(cost - 960 * WAD, sender=alice)
    assert orders(desk, alice, 990 * WAD) == cost
    desk.close(bob)
    desk.push(1)
    before = desk.market.account(alice)
    assert abs(before.equity_exit - 40 * WAD) <= 2

    (traded,) = desk.events(desk.market.liquidate(alice, sender=keeper), "Traded")
    assert abs(traded.notional - 800 * WAD) <= 2
    assert abs(ratio_at_exit(desk, alice) - Fraction(1, 10)) <= Fraction(2, WAD)
