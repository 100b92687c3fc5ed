"""PerpMarket against people who push its mark, and against a feed that fails in every way."""

import ape
import pytest
from eth_abi import encode
from eth_utils import keccak
from perp_desk import FOREVER, HOUR, USDC, Desk

from ballast.units import WAD

pytest_plugins = ["perp_fixtures"]

DEPTH = 200_000 * WAD
TENTH_DOWN, TENTH_UP = -10_820 * WAD, 9_308 * WAD
"""What moves the mark by 10%: X·(1 − 1/√(1 ± 0.1))."""


# ── pushing the mark ──


@pytest.fixture(scope="module")
def wide(create_desk, owner, alice, bob) -> Desk:
    """Bands so wide that 10% can be pushed in a block; alice is long and bob short, 100 ETH each, a
    few dollars from maintenance."""
    caps = {"net_cap": 40_000 * WAD, "account_cap": 40_000 * WAD}
    desk = create_desk(block_band=2 * 10**17, index_band=2 * 10**17, **caps)
    for who, eth in ((alice, 100), (bob, -100)):
        desk.deposit(who, 20_500)
        desk.trade(who, eth)
    return desk


@pytest.fixture(scope="module")
def pusher(project, wide, owner):
    """Trades and liquidates within one call, with ten million of margin."""
    pusher = owner.deploy(project.SameBlockTrader, wide.token, wide.market)
    wide.token.mint(pusher, 10_000_000 * USDC, sender=owner)
    pusher.deposit(10_000_000 * USDC, sender=owner)
    return pusher


@pytest.mark.parametrize("size", [TENTH_DOWN, TENTH_UP], ids=["down", "up"])
@pytest.mark.parametrize("victim", ["long", "short"])
def test_liquidate__mark_pushed_by_a_tenth__nobody_falls(
    wide, pusher, owner, keeper, alice, bob, size, victim
):
    """SPEC-M4, T-44: not in the block of the push, and not in the next."""
    who = alice if victim == "long" else bob
    edge = wide.market.liquidation_price(who) // 10**10
    wide.feed.push(edge + (1 if victim == "long" else -1) * 3 * 10**8, sender=owner)
    with wide.isolated():
        pusher.trade([size], sender=owner)
        market = wide.market.market()
        assert abs(market.mark * WAD // market.index - WAD) >= 99 * 10**15
        with ape.reverts("perp_venue: healthy"):
            wide.market.liquidate(who, sender=keeper)
    with wide.unchanged(), ape.reverts("perp_venue: healthy"):
        pusher.trade_and_liquidate(size, who, sender=owner)


@pytest.mark.parametrize("seconds", [1, 600, 8 * HOUR])
@pytest.mark.parametrize("sign", [1, -1])
def test_funding__farmed_with_a_second_account__costs_more_than_it_brings(
    create_desk, alice, arbitrageur, attacker, sign, seconds
):
    """T-44: one account is paid funding by alice, another pushes the mark to have her pay more.

    What pushes is larger than what it brings the other, and both pay fees: the two end with less
    than they brought, however long they wait.
    """
    desk = create_desk(heartbeat=24 * HOUR)
    for who in (alice, arbitrageur, attacker):
        desk.deposit(who, 2_000_000)
    desk.trade(alice, sign * 300)
    desk.trade(attacker, -sign * 300)
    desk.trade(arbitrageur, sign * 2_000)
    paid = desk.market.account(alice).margin
    desk.wait(seconds)
    desk.market.poke(sender=attacker)
    assert desk.market.account(alice).margin < paid
    desk.close(arbitrageur)
    desk.close(attacker)
    brought = 2 * 2_000_000 * USDC
    left = sum(desk.market.margin_of(who) for who in (arbitrageur, attacker))
    assert left < brought - 4 * 300 * 2_000 * USDC * 5 // 10_000  # fees of the smaller at least


# ── a feed that fails ──


def words(*values: int) -> bytes:
    return encode(["int256"] * len(values), values)


SELECTOR = {name: keccak(text=f"{name}()")[:4] for name in ("decimals", "latestRoundData")}

BROKEN = {
    "silent": b"",
    "too short": words(1, 2_000 * 10**8, 1),
    "garbage": b"\xff" * 160,
    "zero": words(1, 0, 1, 1, 1),
    "from the future": words(1, 2_000 * 10**8, 2**40, 2**40, 1),
    "huge": words(1, 2**200, 1, 1, 1),
}


@pytest.fixture(scope="module")
def dependent(project, create_desk, owner, chain, alice, bob) -> Desk:
    """A market whose feed says what the test wants; alice long, bob short, 100 ETH each."""
    feed = owner.deploy(project.MockVenue)
    feed.answer(SELECTOR["decimals"], words(8), sender=owner)
    now = chain.blocks.head.timestamp
    good = words(1, 2_000 * 10**8, now, now, 1)
    feed.answer(SELECTOR["latestRoundData"], good, sender=owner)
    desk = create_desk(feed=feed, heartbeat=30 * 24 * HOUR)
    for who, eth in ((alice, 100), (bob, -100)):
        desk.deposit(who, 20_500)
        desk.trade(who, eth)
    return desk


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_submit__feed_fails__every_way_out_works(dependent, owner, alice, bob, answer):
    """SPEC-M6, T-54: adding margin, reducing and closing; and no view reverts."""
    desk = dependent
    desk.feed.answer(SELECTOR["latestRoundData"], answer, sender=owner)
    market = desk.market.market()
    assert (market.index, market.valid) == (2_000 * WAD, False)
    assert desk.market.account(alice).valid is False
    assert desk.market.terms().imr and desk.market.quote(WAD).average_price
    desk.market.poke(sender=bob)
    desk.deposit(alice, 100)
    desk.trade(alice, -40)
    with desk.unchanged(), ape.reverts("perp_venue: bad feed"):
        desk.trade(alice, 1)
    for who in (alice, bob):
        desk.close(who)
        desk.market.withdraw(FOREVER, sender=who)
        assert desk.market.margin_of(who) == 0
    assert desk.surplus() == 0


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_liquidate__feed_fails__by_the_last_good_index(
    dependent, chain, owner, alice, keeper, answer
):
    """SPEC-M6: who was below maintenance when the feed fell silent still is."""
    desk = dependent
    now = chain.blocks.head.timestamp
    low = words(2, 1_900 * 10**8, now, now, 2)
    desk.feed.answer(SELECTOR["latestRoundData"], low, sender=owner)
    desk.market.poke(sender=keeper)
    desk.feed.answer(SELECTOR["latestRoundData"], answer, sender=owner)
    desk.market.liquidate(alice, sender=keeper)
    assert desk.market.account(alice).size < 100 * WAD
