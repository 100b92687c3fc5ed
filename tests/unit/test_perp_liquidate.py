"""PerpMarket: `liquidate`: who can be, how much is closed, who gets what."""

from fractions import Fraction

import ape
import pytest
from perp_desk import FOREVER, HOUR, NORMAL, PAUSED, REDUCE_ONLY, USDC, Desk

from ballast import curve
from ballast.units import WAD, ceil_div

pytest_plugins = ["perp_fixtures"]

DEPTH = 200_000 * WAD
SCALE = 10**12
IMR, MMR, PENALTY = WAD // 10, 625 * 10**14, 2 * 10**16


@pytest.fixture(scope="module", params=[1, -1], ids=["long", "short"])
def sign(request):
    """Side of the account to be liquidated."""
    return request.param


@pytest.fixture(scope="module")
def weak(create_desk, alice, bob, sign) -> Desk:
    """Alice holds 100 ETH on one side with 10% margin and a bit, Bob the other side: no funding."""
    desk = create_desk()
    desk.deposit(alice, 20_500)
    desk.deposit(bob, 1_000_000)
    desk.trade(alice, sign * 100)
    desk.trade(bob, -sign * 100)
    return desk


def maintenance(index: int, size: int) -> int:
    """[USD wad]"""
    return ceil_div(index * abs(size), WAD) * MMR // WAD


def exit_notional(desk, who) -> int:
    """What closing would move. [USD wad]"""
    size, index = desk.market.account(who).size, desk.market.market().index
    sale = curve.proceeds_down if size > 0 else curve.cost_up
    return sale(index, DEPTH, desk.market.net_position(), abs(size))


def push_past_maintenance(desk, who, sign):
    """The first price of the feed at which `who` can be liquidated, and the last at which not."""
    edge = desk.market.liquidation_price(who) // 10**10
    healthy = edge + 1 if sign > 0 else edge
    return healthy, healthy - sign


def test_liquidate__at_maintenance__counts_to_the_tick(weak, owner, alice, keeper, sign):
    """SPEC-M4: without a net position exit is the worse: the index decides, to the feed's last
    digit."""
    healthy, sick = push_past_maintenance(weak, alice, sign)
    weak.feed.push(healthy, sender=owner)
    account = weak.market.account(alice)
    assert account.equity_exit < account.equity_index
    assert account.equity_index >= maintenance(healthy * 10**10, account.size)
    with weak.unchanged(), ape.reverts("perp_venue: healthy"):
        weak.market.liquidate(alice, sender=keeper)
    weak.feed.push(sick, sender=owner)
    weak.market.liquidate(alice, sender=keeper)


def test_liquidate__sick__restores_the_initial_ratio(weak, owner, alice, keeper, sign):
    """SPEC-M5."""
    _, sick = push_past_maintenance(weak, alice, sign)
    weak.feed.push(sick, sender=owner)
    before, n = weak.market.account(alice), exit_notional(weak, alice)
    fund = weak.market.fund()
    receipt = weak.market.liquidate(alice, sender=keeper)
    (traded,) = weak.events(receipt, "Traded")
    (liquidated,) = weak.events(receipt, "Liquidated")

    # x = (t·N − E)/(t − ℓ), all at exit.
    x = (IMR * n // WAD - before.equity_exit) * WAD // (IMR - PENALTY)
    assert abs(traded.notional - x) < 10**6
    assert 0 < abs(traded.size_delta) < 100 * WAD
    assert traded.size_delta * sign < 0

    after = weak.market.account(alice)
    ratio = Fraction(after.equity_exit, exit_notional(weak, alice))
    # Rounded up by less than a token unit in 10,000 USD, or down by the units of penalty and loss.
    assert abs(ratio - Fraction(IMR, WAD)) < Fraction(1, 10**9)
    with weak.unchanged(), ape.reverts("perp_venue: healthy"):
        weak.market.liquidate(alice, sender=keeper)

    # Half of the penalty to who called, the other half and the loss to the fund.
    penalty = ceil_div(ceil_div(traded.notional * PENALTY, WAD), SCALE)
    assert traded.fee == liquidated.penalty == penalty
    assert liquidated.reward == weak.token.balanceOf(keeper) == penalty // 2
    funding = sum(event.amount for event in weak.events(receipt, "FundingSettled"))
    assert weak.market.fund() - fund == penalty - penalty // 2 - traded.realised + funding
    assert (liquidated.account, liquidated.liquidator) == (alice, keeper)
    assert liquidated.size_delta == traded.size_delta
    assert weak.surplus() == 0


def test_liquidate__far_below__closes_all(weak, alice, keeper, sign):
    """E ≤ (ℓ + slippage)·N: 2% of 180,000 USD; alice is left with what is beyond the penalty."""
    weak.push(2_000 - sign * 170)
    before = weak.market.account(alice)
    n = exit_notional(weak, alice)
    assert 0 < before.equity_exit < n * (PENALTY + 10**15) // WAD
    (liquidated,) = weak.events(weak.market.liquidate(alice, sender=keeper), "Liquidated")
    after = weak.market.account(alice)
    assert after.size == 0
    assert after.margin <= USDC * (before.equity_exit - n * PENALTY // WAD) // WAD + 1 or (
        after.margin == 0
    )
    assert liquidated.reward == liquidated.penalty // 2 == weak.token.balanceOf(keeper)
    assert weak.surplus() == 0


def test_liquidate__bankrupt__fund_bears_the_rest(weak, alice, keeper, sign):
    weak.push(2_000 - sign * 300)
    equity = weak.market.account(alice).equity_exit
    margin, fund = weak.market.margin_of(alice), weak.market.fund()
    receipt = weak.market.liquidate(alice, sender=keeper)
    (deficit,) = weak.events(receipt, "DeficitBooked")
    (liquidated,) = weak.events(receipt, "Liquidated")
    assert equity < 0
    assert abs(deficit.amount + equity // SCALE) <= 2
    assert not deficit.carried
    assert (liquidated.penalty, liquidated.reward) == (0, 0)
    assert weak.market.fund() == fund + margin
    assert weak.market.margin_of(alice) == weak.token.balanceOf(keeper) == 0
    assert weak.surplus() == 0


def test_liquidate__reduce_only_and_stale__works(weak, owner, alice, keeper, sign):
    """SPEC-M6."""
    _, sick = push_past_maintenance(weak, alice, sign)
    weak.feed.push(sick, sender=owner)
    weak.market.poke(sender=keeper)
    weak.market.set_mode(REDUCE_ONLY, sender=owner)
    weak.wait(2 * HOUR)
    assert not weak.market.account(alice).valid
    weak.market.liquidate(alice, sender=keeper)
    weak.deposit(alice, 1)
    weak.close(alice)
    assert weak.market.account(alice).size == 0


def first_below(desk, who, ratio: int, sign: int) -> int:
    """The first answer of the feed, on the way to ruin, at which the better equity of `who` is less
    than `ratio` [wad] of the position's value."""
    account, index = desk.market.account(who), desk.market.market().index
    debt = account.size * index // WAD - account.equity_index  # cost less margin
    edge = debt * WAD * WAD // (account.size - abs(account.size) * ratio // WAD)
    return edge // WAD // 10**10 + (0 if sign > 0 else 1)


@pytest.mark.parametrize("leaves", [False, True], ids=["paused", "just after"])
def test_liquidate__paused__only_who_cannot_pay_the_penalty(
    weak, owner, alice, keeper, sign, leaves
):
    """SPEC-M7: waiting costs nobody but the owner, until the penalty is no longer there."""
    weak.market.set_mode(PAUSED, sender=owner)
    assert weak.market.grace_until() == FOREVER
    if leaves:
        weak.market.set_mode(NORMAL, sender=owner)
    edge = first_below(weak, alice, PENALTY, sign)
    weak.feed.push(edge + sign, sender=owner)
    with weak.unchanged(), ape.reverts("perp_venue: grace"):
        weak.market.liquidate(alice, sender=keeper)
    weak.feed.push(edge - sign, sender=owner)
    weak.market.liquidate(alice, sender=keeper)
    assert weak.market.account(alice).size == 0


def test_liquidate__after_a_pause__waits_for_the_grace_to_end(
    weak, owner, alice, keeper, chain, sign
):
    """SPEC-M7: an hour, counted from when the pause ended, whatever mode follows."""
    _, sick = push_past_maintenance(weak, alice, sign)
    weak.feed.push(sick, sender=owner)
    weak.market.poke(sender=keeper)  # the feed may go stale in the hour
    weak.market.set_mode(PAUSED, sender=owner)
    receipt = weak.market.set_mode(REDUCE_ONLY, sender=owner)
    end = chain.blocks[receipt.block_number].timestamp + HOUR
    weak.market.set_mode(NORMAL, sender=owner)
    assert weak.market.grace_until() == end
    with weak.unchanged(), ape.reverts("perp_venue: grace"):
        chain.pending_timestamp = end - 1
        weak.market.liquidate(alice, sender=keeper)
    chain.pending_timestamp = end
    weak.market.liquidate(alice, sender=keeper)


def test_liquidate__paused__owner_still_saves_himself(weak, owner, alice, keeper, sign):
    """T-50: adding margin and reducing never wait."""
    _, sick = push_past_maintenance(weak, alice, sign)
    weak.feed.push(sick, sender=owner)
    weak.market.set_mode(PAUSED, sender=owner)
    weak.trade(alice, -sign * 20)
    weak.deposit(alice, 1_000)
    weak.market.set_mode(NORMAL, sender=owner)
    weak.wait(HOUR)
    with weak.unchanged(), ape.reverts("perp_venue: healthy"):
        weak.market.liquidate(alice, sender=keeper)


def test_liquidate__mark_pushed_in_a_block__reverts(project, weak, owner, alice, sign):
    """T-44: the better of index and exit counts."""
    healthy, _ = push_past_maintenance(weak, alice, sign)
    weak.feed.push(healthy + sign * 10**8, sender=owner)  # a dollar away
    pusher = owner.deploy(project.SameBlockTrader, weak.token, weak.market)
    weak.token.mint(pusher, 5_000_000 * USDC, sender=owner)
    pusher.deposit(5_000_000 * USDC, sender=owner)
    with weak.unchanged(), ape.reverts("perp_venue: healthy"):
        pusher.trade_and_liquidate(-sign * 4_000 * WAD, alice, sender=owner)


def test_liquidate__rest_would_be_dust__closes_all(create_desk, alice, bob, keeper):
    """SPEC-M5, T-48: nothing is left that would not be worth a liquidator's while."""
    desk = create_desk(min_position=60 * WAD)
    desk.deposit(alice, 20_500)
    desk.deposit(bob, 1_000_000)
    desk.trade(alice, 100)
    desk.trade(bob, -100)
    desk.push(desk.market.liquidation_price(alice) // WAD - 1)
    desk.market.liquidate(alice, sender=keeper)
    assert desk.market.account(alice).size == 0


def test_liquidate__ones_own_account__does_not_pay(weak, owner, alice, sign):
    """T-49: the penalty is twice the reward, and the other half is gone."""
    _, sick = push_past_maintenance(weak, alice, sign)
    weak.feed.push(sick, sender=owner)
    before = weak.market.account(alice).equity_exit // SCALE
    receipt = weak.market.liquidate(alice, sender=alice)
    (liquidated,) = weak.events(receipt, "Liquidated")
    after = weak.market.account(alice).equity_exit // SCALE + weak.token.balanceOf(alice)
    assert before - after >= liquidated.penalty // 2 - 2 > 0


@pytest.mark.parametrize("who", ["stranger", "bob"])
def test_liquidate__sound_account__reverts(desk, bob, keeper, stranger, who):
    desk.deposit(bob, 1_000)
    with desk.unchanged(), ape.reverts("perp_venue: healthy"):
        desk.market.liquidate(stranger if who == "stranger" else bob, sender=keeper)


def test_liquidation_price_at_exit__anchored__is_where_exit_equity_meets_maintenance(
    weak, owner, alice, bob, sign
):
    """SPEC-M10: with a crowd on the other side exit is the better equity, and its price the further
    one."""
    weak.deposit(bob, 9_000_000)
    weak.trade(bob, sign * 4_000)
    by_index = weak.market.liquidation_price(alice)
    by_exit = weak.market.liquidation_price_at_exit(alice)
    assert (by_exit - by_index) * sign < 0
    healthy = by_exit // 10**10 + (1 if sign > 0 else 0)
    # Funding of the seconds in between moves the price by less than a cent.
    for cents, expected in ((sign, False), (-sign, True)):
        weak.feed.push(healthy + cents * 10**6, sender=owner)
        account, index = weak.market.account(alice), weak.market.market().index
        assert account.equity_exit > account.equity_index
        assert (account.equity_exit < maintenance(index, account.size)) is expected


# Published numbers: margin, entry, size, mmr 5% -> index at which it is liquidated.
@pytest.mark.parametrize(
    ("margin", "size", "price"), [(25, 20, "11.842105263"), (20, -25, "8.380952381")]
)
def test_liquidation_price__published__matches(create_desk, alice, margin, size, price):
    """SPEC-M10: a fixed curve of 1,000 : 100; long, 250 buy 20; short, 25 bring 200."""
    entry = "12.5" if size > 0 else 8
    desk = create_desk(
        price=entry,
        anchored=False,
        peg=10 * WAD,
        depth=100 * WAD,
        fee=0,
        imr=9 * 10**16,
        mmr=5 * 10**16,
        funding_cap=0,
        block_band=99 * 10**16,
        index_band=99 * 10**16,
        open_interest_cap=400 * WAD,
    )
    desk.deposit(alice, margin)
    desk.trade(alice, size)
    seen = Fraction(desk.market.liquidation_price(alice), WAD)
    assert abs(seen - Fraction(price)) < Fraction(1, 10**9)
    # The curve pays back the margin at any index: equity at exit is met where mmr·|size|·p is it.
    at_exit = Fraction(desk.market.liquidation_price_at_exit(alice), WAD)
    assert abs(at_exit - Fraction(margin * 20, abs(size))) < Fraction(1, 10**9)
