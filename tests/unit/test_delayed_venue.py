"""DelayedVenue: an order waits for somebody to fill it, at the price of then; else it expires."""

import ape
import pytest
from perp_desk import FOREVER, HOUR, PAUSED, USDC, Desk

from ballast import curve
from ballast.units import WAD

pytest_plugins = ["perp_fixtures"]

DEPTH = 200_000 * WAD
LIFE = 300


@pytest.fixture(scope="module")
def desk(create_desk, alice, bob) -> Desk:
    """A delayed venue at 2,000 USD and two traders with margin."""
    desk = create_desk(kind="DelayedVenue")
    desk.deposit(alice, 1_000_000)
    desk.deposit(bob, 1_000_000)
    return desk


@pytest.fixture
def place(desk, chain):
    """Place an order that lives for `LIFE` seconds; its id: `place(alice, 5)`, in ETH."""

    def place(who, eth: int, limit: int | None = None) -> int:
        worst = limit or (FOREVER if eth > 0 else 0)
        deadline = chain.blocks.head.timestamp + 1 + LIFE
        receipt = desk.market.submit(eth * WAD, worst, deadline, sender=who)
        (placed,) = desk.events(receipt, "OrderPlaced")
        assert (placed.account, placed.size_delta) == (who, eth * WAD)
        assert (placed.limit_price, placed.deadline) == (worst, deadline)
        assert desk.market.order_of(who) == placed.order_id
        return placed.order_id

    return place


@pytest.mark.parametrize("eth", [5, -5])
def test_submit__any_order__is_pending_and_nothing_else(desk, alice, place, eth):
    """SPEC-M11."""
    with desk.unchanged():
        order_id = place(alice, eth)
    account = desk.market.account(alice)
    assert (account.size, account.pending) == (0, eth * WAD)
    assert desk.market.market().mark == 2_000 * WAD
    assert desk.market.order(order_id).size_delta == eth * WAD


def test_fill__by_anyone__trades_at_the_price_of_then(desk, alice, stranger, place):
    """SPEC-M11."""
    order_id = place(alice, 5)
    desk.push(2_100)
    receipt = desk.market.fill(order_id, sender=stranger)
    (traded,) = desk.events(receipt, "Traded")
    assert traded.notional == curve.cost_up(2_100 * WAD, DEPTH, 0, 5 * WAD)
    assert desk.events(receipt, "OrderFilled") == [
        desk.market.OrderFilled(order_id=order_id, account=alice, filler=stranger)
    ]
    account = desk.market.account(alice)
    assert (account.size, account.pending) == (5 * WAD, 0)
    assert desk.surplus() == 0


def test_fill__twice__reverts(desk, alice, stranger, place):
    order_id = place(alice, 5)
    desk.market.fill(order_id, sender=stranger)
    with desk.unchanged(), ape.reverts("delayed_venue: no such order"):
        desk.market.fill(order_id, sender=stranger)


@pytest.mark.parametrize("order_id", [0, 1_000])
def test_fill__never_placed__reverts(desk, stranger, order_id):
    with ape.reverts("delayed_venue: no such order"):
        desk.market.fill(order_id, sender=stranger)


def test_fill__block_of_the_order__reverts(project, desk, owner):
    trader = owner.deploy(project.SameBlockTrader, desk.token, desk.market)
    desk.token.mint(trader, 1_000 * USDC, sender=owner)
    trader.deposit(1_000 * USDC, sender=owner)
    with ape.reverts("delayed_venue: too early"):
        trader.order_and_fill(WAD, sender=owner)


def test_fill__deadline__is_the_last_second(desk, alice, stranger, chain, place):
    order_id = place(alice, 5)
    deadline = desk.market.order(order_id).deadline
    with desk.isolated():
        chain.pending_timestamp = deadline
        desk.market.fill(order_id, sender=stranger)
    chain.pending_timestamp = deadline + 1
    with desk.unchanged(), ape.reverts("delayed_venue: expired"):
        desk.market.fill(order_id, sender=stranger)


def test_fill__beyond_the_limit__waits(desk, alice, stranger, place):
    """SPEC-M11: what the market refuses stays, and fills when the price is back."""
    order_id = place(alice, 5, limit=2_001 * WAD)
    desk.push(2_010)
    with desk.unchanged(), ape.reverts("perp_venue: price over limit"):
        desk.market.fill(order_id, sender=stranger)
    assert desk.market.account(alice).pending == 5 * WAD
    desk.push(2_000)
    desk.market.fill(order_id, sender=stranger)
    assert desk.market.account(alice).size == 5 * WAD


def test_fill__paused_meanwhile__only_reduces(desk, alice, bob, owner, stranger, place):
    """SPEC-M6."""
    desk.market.fill(place(alice, 5), sender=stranger)
    closing, opening = place(alice, -5), place(bob, 5)
    desk.market.set_mode(PAUSED, sender=owner)
    with desk.unchanged(), ape.reverts("perp_venue: reduce only"):
        desk.market.fill(opening, sender=stranger)
    desk.market.fill(closing, sender=stranger)
    assert desk.market.account(alice).size == 0


def test_submit__order_pending__reverts_until_it_expires(desk, alice, chain, place):
    """SPEC-M11: nobody has to remove an order that can no longer fill."""
    first = place(alice, 5)
    deadline = desk.market.order(first).deadline
    chain.pending_timestamp = deadline
    with ape.reverts("delayed_venue: order pending"):
        desk.market.submit(WAD, FOREVER, FOREVER, sender=alice)
    chain.mine(timestamp=deadline + 1)
    assert desk.market.account(alice).pending == 0
    second = place(alice, 7)
    assert desk.market.account(alice).pending == 7 * WAD
    desk.market.cancel(first, sender=alice)
    assert desk.market.order_of(alice) == second
    assert desk.market.account(alice).pending == 7 * WAD


def test_cancel__deadline__is_not_over_before(desk, alice, stranger, chain, place):
    """SPEC-M11: an order that can be dropped at will would be an option for free."""
    order_id = place(alice, 5)
    deadline = desk.market.order(order_id).deadline
    chain.pending_timestamp = deadline
    with ape.reverts("delayed_venue: not expired"):
        desk.market.cancel(order_id, sender=alice)
    chain.pending_timestamp = deadline + 1
    receipt = desk.market.cancel(order_id, sender=stranger)
    assert desk.events(receipt, "OrderCancelled") == [
        desk.market.OrderCancelled(order_id=order_id, account=alice)
    ]
    assert desk.market.order_of(alice) == 0
    with ape.reverts("delayed_venue: no such order"):
        desk.market.cancel(order_id, sender=alice)


@pytest.mark.parametrize(("size", "late", "reason"), [(0, 0, "zero size"), (WAD, 1, "too late")])
def test_submit__nonsense__reverts(desk, alice, chain, size, late, reason):
    deadline = chain.blocks.head.timestamp + 1 - late
    with ape.reverts(f"delayed_venue: {reason}"):
        desk.market.submit(size, FOREVER, deadline, sender=alice)


def test_liquidate__order_pending__works(desk, alice, bob, keeper, place, stranger):
    desk.market.withdraw(979_000 * USDC, sender=alice)
    desk.market.fill(place(alice, 100), sender=stranger)
    desk.market.fill(place(bob, -100), sender=stranger)
    place(alice, 50)
    desk.push(desk.market.liquidation_price(alice) // WAD - 2)
    desk.market.liquidate(alice, sender=keeper)
    account = desk.market.account(alice)
    assert account.size < 100 * WAD and account.pending == 50 * WAD
    assert desk.surplus() == 0


def test_market__later__is_that_of_the_other_venue(create_desk, alice, bob, stranger):
    """The two differ in when an order fills, in nothing else: the same trades in the same seconds
    leave the same accounts."""
    seen = []
    for kind in ("PerpMarket", "DelayedVenue"):
        desk = create_desk(kind=kind)
        with desk.isolated():
            for who in (alice, bob):
                desk.deposit(who, 100_000)
            start = desk.chain.blocks.head.timestamp + 100
            trades = [(alice, 30), (bob, -12), (alice, -50), (bob, 12)]
            for number, (who, eth) in enumerate(trades, start=1):
                if kind == "DelayedVenue":
                    desk.market.submit(eth * WAD, FOREVER if eth > 0 else 0, FOREVER, sender=who)
                desk.chain.pending_timestamp = start + number * HOUR // 2
                desk.push(2_000 + 10 * number)
                if kind == "DelayedVenue":
                    desk.market.fill(desk.market.order_of(who), sender=stranger)
                else:
                    desk.trade(who, eth)
            accounts = [tuple(desk.market.account(who)) for who in (alice, bob)]
            seen.append((accounts, desk.market.fund(), desk.market.net_position()))
    assert seen[0] == seen[1]
