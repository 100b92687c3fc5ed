"""PerpMarket: `submit`, `quote` and `terms`: prices, fees, bands and caps."""

import ape
import pytest
from perp_desk import FOREVER, NORMAL, PAUSED, REDUCE_ONLY, USDC, wad

from ballast import curve
from ballast.units import WAD, ceil_div

pytest_plugins = ["perp_fixtures"]

DEPTH = 200_000 * WAD
PEG = 2_000 * WAD
SCALE = 10**12


def fee_of(notional: int) -> int:
    """5 bps of a notional [USD wad], rounded up. [asset]"""
    return ceil_div(ceil_div(notional * 5, 10_000), SCALE)


@pytest.fixture(scope="module")
def rich(desk, alice, bob):
    """The market with two traders who have margin for anything."""
    desk.deposit(alice, 10_000_000)
    desk.deposit(bob, 10_000_000)
    return desk


@pytest.mark.parametrize("size", [wad("0.01"), wad("1234.567890123456789012")])
def test_submit__buys__pays_the_curve_and_the_fee(rich, alice, size):
    """SPEC-M1."""
    notional = curve.cost_up(PEG, DEPTH, 0, size)
    receipt = rich.submit(alice, size)
    assert rich.events(receipt, "Traded") == [
        rich.market.Traded(
            account=alice,
            size_delta=size,
            notional=notional,
            realised=0,
            fee=fee_of(notional),
            size_after=size,
            mark_after=curve.mark(PEG, DEPTH, size),
        )
    ]
    assert rich.market.margin_of(alice) == 10_000_000 * USDC - fee_of(notional)
    assert rich.market.fund() == 2_000_000 * USDC + fee_of(notional)
    assert rich.market.account(alice).size == rich.market.net_position() == size


@pytest.mark.parametrize("size", [wad("0.01"), wad(4_000)])
def test_submit__sells__gets_the_curve(rich, alice, size):
    notional = curve.proceeds_down(PEG, DEPTH, 0, size)
    (traded,) = rich.events(rich.submit(alice, -size), "Traded")
    assert (traded.notional, traded.size_after) == (notional, -size)
    assert traded.mark_after == curve.mark(PEG, DEPTH, -size) < PEG


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("size", ["0.01", "3333.333333333333333333"])
def test_submit__opened_and_closed__loses_both_fees(rich, alice, sign, size):
    """SPEC-M1: a round trip at one index never profits, and costs the fees and at most 2 units of
    rounding.

    The second in between costs some funding: 0.2% of the notional by 1/28,800 at most.
    """
    before = rich.market.margin_of(alice)
    opened = rich.events(rich.submit(alice, sign * wad(size)), "Traded")[0]
    receipt = rich.close(alice)
    closed = rich.events(receipt, "Traded")[0]
    funding = sum(event.amount for event in rich.events(receipt, "FundingSettled"))
    lost = before - rich.market.margin_of(alice)
    assert closed.realised <= 0
    assert 0 <= lost - opened.fee - closed.fee - funding <= 2
    assert rich.market.account(alice).size == 0
    assert rich.surplus() == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_submit__crosses_zero__closes_then_opens(rich, alice, sign):
    """SPEC-M9."""
    rich.trade(alice, 5 * sign)
    (traded,) = rich.events(rich.trade(alice, -8 * sign), "Traded")
    assert traded.size_after == rich.market.account(alice).size == -3 * sign * WAD
    assert rich.market.market().open_interest == 3 * WAD // 2
    # The close returns what the open cost, the rest opens from a net position of 0.
    assert -1 <= traded.realised <= 0
    if sign > 0:
        whole = curve.proceeds_down(PEG, DEPTH, 5 * WAD, 8 * WAD)
    else:
        whole = curve.cost_up(PEG, DEPTH, -5 * WAD, 8 * WAD)
    assert traded.notional == whole


def test_submit__reduced_in_parts__realises_in_proportion(rich, alice, bob):
    rich.trade(alice, 10)
    rich.push(2_200)
    cost = curve.cost_up(PEG, DEPTH, 0, 10 * WAD)
    net, paid = 10 * WAD, 0
    for part in (4, 6):
        (traded,) = rich.events(rich.trade(alice, -part), "Traded")
        proceeds = curve.proceeds_down(2_200 * WAD, DEPTH, net, part * WAD)
        assert abs(traded.realised - (proceeds - cost * part // 10) // SCALE) <= 1
        net -= part * WAD
        paid += traded.realised
    assert abs(paid - 200 * 10 * USDC) <= 5 * USDC


def test_submit__opens_and_closes_together__never_profit(create_desk, alice, bob):
    """Who trades against himself only pays: nothing is to be had from the curve."""
    desk = create_desk(fee=0)
    for who in (alice, bob):
        desk.deposit(who, 10_000_000)
    for who, eth in [(alice, 900), (bob, 700), (alice, -300), (bob, -1_300), (alice, -600)]:
        desk.trade(who, eth)
    desk.close(bob)
    assert desk.market.net_position() == 0
    assert desk.market.margin_of(alice) + desk.market.margin_of(bob) <= 20_000_000 * USDC
    assert desk.market.fund() >= 2_000_000 * USDC


# ── refusals ──


def test_submit__after_the_deadline__reverts(rich, alice, chain):
    deadline = chain.blocks.head.timestamp
    with ape.reverts("perpmarket: too late"), rich.unchanged():
        rich.market.submit(WAD, FOREVER, deadline, sender=alice)


def test_submit__at_the_deadline__fills(rich, alice, chain):
    deadline = chain.blocks.head.timestamp + 1
    receipt = rich.market.submit(WAD, FOREVER, deadline, sender=alice)
    assert chain.blocks[receipt.block_number].timestamp == deadline


def test_submit__zero__reverts(rich, alice):
    with rich.unchanged(), ape.reverts("perpmarket: zero size"):
        rich.trade(alice, 0)


@pytest.mark.parametrize(
    ("sign", "reason"),
    [(1, "perp_venue: price over limit"), (-1, "perp_venue: price under limit")],
)
def test_submit__limit_price__holds_to_the_wei(rich, alice, sign, reason):
    """SPEC-M9."""
    limit = rich.market.quote(sign * 77 * WAD).average_price
    with rich.unchanged(), ape.reverts(reason):
        rich.market.submit(sign * 77 * WAD, limit - sign, FOREVER, sender=alice)
    rich.market.submit(sign * 77 * WAD, limit, FOREVER, sender=alice)


@pytest.mark.parametrize("sign", [1, -1])
def test_submit__smallest_position__counts_to_the_wei(rich, alice, sign):
    """SPEC-M9."""
    with rich.unchanged(), ape.reverts("perp_venue: too small"):
        rich.submit(alice, sign * (10**16 - 1))
    rich.submit(alice, sign * 2 * 10**16)
    with rich.unchanged(), ape.reverts("perp_venue: too small"):
        rich.submit(alice, -sign * (10**16 + 1))
    rich.submit(alice, -sign * 10**16)
    assert rich.market.account(alice).size == sign * 10**16


@pytest.mark.parametrize("mode", [REDUCE_ONLY, PAUSED])
def test_submit__not_normal__only_reduces(rich, alice, owner, mode):
    """SPEC-M6."""
    rich.trade(alice, 10)
    rich.market.set_mode(mode, sender=owner)
    for eth in ("0.02", "-10.02", "-25"):
        with rich.unchanged(), ape.reverts("perp_venue: reduce only"):
            rich.trade(alice, eth)
    rich.trade(alice, -4)
    rich.close(alice)
    assert rich.market.account(alice).size == 0


@pytest.mark.parametrize("broken", ["stale", "zero"])
def test_submit__bad_feed__only_reduces(rich, alice, broken):
    """SPEC-M6."""
    rich.trade(alice, 10)
    if broken == "stale":
        rich.wait(3_700)
    else:
        rich.push(0)
    assert rich.market.market().valid is False
    for eth in (1, -11, -25):
        with rich.unchanged(), ape.reverts("perp_venue: bad feed"):
            rich.trade(alice, eth)
    rich.trade(alice, -4)
    rich.close(alice)
    assert rich.market.account(alice).size == 0
    assert rich.surplus() == 0


def test_submit__net_cap__stops_what_opens_and_worsens(create_desk, alice, bob, attacker):
    """SPEC-M8."""
    desk = create_desk(net_cap=100 * WAD)
    for who in (alice, bob, attacker):
        desk.deposit(who, 1_000_000)
    with desk.unchanged(), ape.reverts("perp_venue: net cap"):
        desk.submit(bob, 100 * WAD + 1)
    desk.trade(alice, -50)
    desk.trade(bob, 150)
    assert desk.market.terms().max_buy == 0

    desk.close(alice)  # worsens it, but reduces
    assert desk.market.net_position() == 150 * WAD
    with desk.unchanged(), ape.reverts("perp_venue: net cap"):
        desk.trade(bob, 1)
    desk.trade(attacker, -20)  # opens, but does not worsen it
    assert desk.market.terms().max_sell == 230 * WAD


def test_submit__account_cap__counts_to_the_wei(create_desk, alice):
    """SPEC-M8."""
    desk = create_desk(account_cap=100 * WAD)
    desk.deposit(alice, 1_000_000)
    with desk.unchanged(), ape.reverts("perp_venue: account cap"):
        desk.submit(alice, 100 * WAD + 1)
    desk.trade(alice, 100)


def test_submit__open_interest_cap__counts_longs_and_shorts(create_desk, alice, bob):
    """SPEC-M8."""
    desk = create_desk(open_interest_cap=100 * WAD)
    for who in (alice, bob):
        desk.deposit(who, 1_000_000)
    for sign in (1, -1):
        desk.trade(alice, sign * 100)
        with desk.unchanged(), ape.reverts("perp_venue: open interest"):
            desk.trade(bob, sign)
        terms = desk.market.terms()
        assert (terms.max_buy if sign > 0 else terms.max_sell) == 0
        desk.close(alice)


def test_submit__longs_beyond_half_the_depth__reverts(create_desk, alice, bob):
    """The base reserve never falls below half the depth, whatever the cap says."""
    caps = {"net_cap": 400 * WAD, "account_cap": 400 * WAD, "open_interest_cap": 400 * WAD}
    bands = {"block_band": WAD - 1, "index_band": WAD - 1, "funding_cap": 0}
    desk = create_desk(depth=100 * WAD, **caps, **bands)
    for who in (alice, bob):
        desk.deposit(who, 10_000_000)
    desk.trade(bob, -30)
    desk.trade(alice, 30)
    desk.trade(alice, 20)
    with desk.unchanged(), ape.reverts("perp_venue: open interest"):
        desk.trade(alice, "0.01")


# ── bands ──


@pytest.mark.parametrize("sign", [1, -1])
def test_submit__block_band__is_what_terms_say(rich, alice, sign):
    """SPEC-M8."""
    terms = rich.market.terms()
    room = terms.max_buy if sign > 0 else terms.max_sell
    edge = PEG * (100 + 5 * sign) // 100
    with rich.unchanged(), ape.reverts("perp_venue: price band"):
        rich.submit(alice, sign * (room + 1))
    (traded,) = rich.events(rich.submit(alice, sign * room), "Traded")
    # Sold to the band, a wei of size moves the mark by 2e-5 wei: the edge is met to a wei.
    assert abs(traded.mark_after - edge) <= 1


@pytest.mark.parametrize("sign", [1, -1])
def test_submit__several_in_a_block__share_the_band(project, rich, owner, sign):
    trader = owner.deploy(project.SameBlockTrader, rich.token, rich.market)
    rich.token.mint(trader, 20_000_000 * USDC, sender=owner)
    trader.deposit(10_000_000 * USDC, sender=owner)
    parts = [sign * 2_000 * WAD, sign * 2_000 * WAD, sign * 2_000 * WAD]
    with ape.reverts("perp_venue: price band"):
        trader.trade(parts, sender=owner)
    trader.trade(parts[:2], sender=owner)
    trader.trade(parts[2:], sender=owner)  # the next block starts anew
    assert rich.market.net_position() == sign * 6_000 * WAD


@pytest.fixture(scope="module")
def fixed(create_desk, alice):
    """A market whose peg does not follow the index."""
    desk = create_desk(anchored=False, peg=PEG)
    desk.deposit(alice, 1_000_000)
    return desk


@pytest.mark.parametrize(("price", "worse"), [(2_300, -1), (1_750, 1)])
def test_submit__beyond_the_index_band__only_toward_the_index(fixed, alice, price, worse):
    """A fixed peg leaves the mark where it was when the index runs away."""
    desk = fixed
    desk.push(price)
    with desk.unchanged(), ape.reverts("perp_venue: price band"):
        desk.trade(alice, worse)
    terms = desk.market.terms()
    assert (terms.max_buy if worse > 0 else terms.max_sell) == 0
    desk.trade(alice, -worse)
    desk.push(2_000)
    desk.close(alice)


@pytest.mark.parametrize("sign", [1, -1])
def test_terms__crowded_market__both_limits_pass(rich, alice, bob, sign):
    """What `terms` calls the largest size passes, also when it was read in the block before."""
    rich.trade(alice, sign * 4_000)
    rich.trade(alice, sign * 2_500)
    terms = rich.market.terms()
    assert terms.max_buy > 0 and terms.max_sell > 0
    for size in (terms.max_buy, -terms.max_sell):
        with rich.isolated():
            rich.submit(bob, size)


def test_terms__default__are_the_parameters(rich):
    terms = rich.market.terms()
    assert (terms.imr, terms.mmr, terms.fee) == (WAD // 10, 625 * 10**14, 5 * 10**14)
    assert (terms.depth, terms.mode) == (DEPTH, NORMAL)


# ── quote ──


@pytest.mark.parametrize("eth", ["0.01", "-321", "4800", "-5100"])
def test_quote__any_size__is_what_submit_does(rich, alice, bob, eth):
    rich.trade(bob, -5)
    quote = rich.market.quote(wad(eth))
    (traded,) = rich.events(rich.trade(alice, eth), "Traded")
    size = abs(wad(eth))
    up = ceil_div(traded.notional * WAD, size)
    assert quote.average_price == (up if wad(eth) > 0 else traded.notional * WAD // size)
    assert (quote.fee, quote.mark_after) == (traded.fee, traded.mark_after)


@pytest.mark.parametrize("size", [0, 2**255 - 1, -(2**255), 5_000 * WAD, -5_300 * WAD])
def test_quote__cannot_trade__is_zero(rich, size):
    assert tuple(rich.market.quote(size)) == (0, 0, 0)


def test_cancel__always__reverts(rich, alice):
    with rich.unchanged(), ape.reverts("perpmarket: no such order"):
        rich.market.cancel(0, sender=alice)
