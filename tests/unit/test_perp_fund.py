"""PerpMarket: the fund pays every profit, what it cannot pay is an IOU, and tokens add up."""

import random

import ape
import pytest
from perp_desk import NORMAL, PAUSED, REDUCE_ONLY, USDC

from ballast.units import WAD

pytest_plugins = ["perp_fixtures"]

SCALE = 10**12


@pytest.fixture(scope="module")
def poor(create_desk, alice, bob):
    """The fund of 200 USD cannot pay what two longs have won: 5 and 10 ETH, 100 USD up each."""
    desk = create_desk(fund=200, fee=0)
    for who, eth in [(alice, 5), (bob, 10)]:
        desk.deposit(who, 10_000)
        desk.trade(who, eth)
    desk.push(2_100)
    return desk


def test_add_to_fund__anyone__grows_it(desk, alice, owner):
    desk.token.mint(alice, 7 * USDC, sender=owner)
    fund = desk.market.fund()
    receipt = desk.market.add_to_fund(7 * USDC, sender=alice)
    assert desk.events(receipt, "FundAdded") == [
        desk.market.FundAdded(sender=alice, amount=7 * USDC)
    ]
    assert desk.market.fund() == fund + 7 * USDC
    assert desk.surplus() == 0


def test_account__fund_short__caps_profit_at_exit_only(poor, alice):
    account = poor.market.account(alice)
    assert account.equity_index > 10_490 * WAD
    assert account.equity_exit == (poor.market.margin_of(alice) + poor.market.fund()) * SCALE


def test_close__fund_short__issues_an_iou_and_only_reduces(poor, alice, bob):
    """SPEC-M3."""
    assert poor.market.mode() == NORMAL
    fund, margin = poor.market.fund(), poor.market.margin_of(alice)
    receipt = poor.close(alice)
    (traded,) = poor.events(receipt, "Traded")
    funding = sum(event.amount for event in poor.events(receipt, "FundingSettled"))
    iou = poor.market.iou_of(alice)

    # Funding first goes to the fund, then all the fund has goes to alice, and the rest is owed.
    assert iou == traded.realised - fund - funding > 0
    assert poor.market.ious() == iou
    assert poor.market.fund() == 0
    assert poor.market.margin_of(alice) == margin + fund
    assert poor.events(receipt, "IouIssued") == [poor.market.IouIssued(account=alice, amount=iou)]
    assert poor.surplus() == 0

    assert poor.market.mode() == poor.market.terms().mode == REDUCE_ONLY
    with poor.unchanged(), ape.reverts("perp_venue: reduce only"):
        poor.trade(bob, 1)
    assert poor.market.account(alice).withdrawable == margin + fund


def test_collect__fund_short__pays_in_proportion_then_all(poor, alice, bob):
    poor.close(alice)
    poor.close(bob)
    owed = {who: poor.market.iou_of(who) for who in (alice, bob)}
    total = poor.market.ious()
    assert total == sum(owed.values())

    poor.fund(600)
    fund = poor.market.fund()
    parts = {who: iou * fund // total for who, iou in owed.items()}
    before = {who: poor.market.margin_of(who) for who in (alice, bob)}
    receipt = poor.market.collect(alice, sender=bob)
    assert poor.events(receipt, "IouCollected") == [
        poor.market.IouCollected(account=alice, amount=parts[alice])
    ]
    assert poor.market.margin_of(alice) == before[alice] + parts[alice]
    assert poor.surplus() == 0

    poor.fund(5_000)
    for who in (alice, bob):
        poor.market.collect(who, sender=who)
        assert poor.market.margin_of(who) == before[who] + owed[who]
        assert poor.market.iou_of(who) == 0
    assert poor.market.ious() == 0
    assert poor.market.mode() == NORMAL
    assert poor.surplus() == 0


def test_collect__nothing_owed_or_nothing_there__reverts(poor, alice, bob):
    poor.close(alice)
    for who in (alice, bob):
        with poor.unchanged(), ape.reverts("perp_venue: none to collect"):
            poor.market.collect(who, sender=who)


def test_ious__later_profits__rank_behind(poor, alice, bob):
    """Who wins later is not paid before those whom the fund owes already."""
    poor.close(alice)
    owed = poor.market.iou_of(alice)
    poor.fund(owed // USDC)  # a fraction of a dollar short of the IOU
    margin = poor.market.margin_of(bob)
    receipt = poor.close(bob)
    (traded,) = poor.events(receipt, "Traded")
    funding = sum(event.amount for event in poor.events(receipt, "FundingSettled"))
    assert poor.market.margin_of(bob) <= margin
    assert poor.market.iou_of(bob) >= traded.realised - funding - 2 * USDC
    margin = poor.market.margin_of(alice)
    poor.market.collect(alice, sender=bob)
    assert poor.market.margin_of(alice) > margin


def test_mode__fund_refilled__is_what_the_owner_set(poor, owner, alice, bob):
    poor.close(alice)
    poor.fund(1_000)
    assert poor.market.mode() == NORMAL
    poor.trade(bob, 1)
    poor.market.set_mode(PAUSED, sender=owner)
    assert poor.market.mode() == PAUSED


MARGIN_CHANGE = {
    "MarginAdded": lambda event: event.amount,
    "MarginRemoved": lambda event: -event.amount,
    "IouCollected": lambda event: event.amount,
    "Traded": lambda event: event.realised - event.fee,
    "FundingSettled": lambda event: -event.amount,
    "DeficitBooked": lambda event: event.amount,
    "IouIssued": lambda event: -event.amount,
}


class Books:
    """The margins as the logs alone give them, held against the contract's and the token's."""

    def __init__(self, desk):
        self.desk = desk
        self.margins = dict.fromkeys((who.address for who in desk.traders), 0)

    def check(self, receipt) -> None:
        """Add a receipt's events, as the header of IPerpMarket says, and compare all books."""
        for event in receipt.events:
            change = MARGIN_CHANGE.get(event.event_name)
            if change:
                self.margins[event.account] += change(event)
        market = self.desk.market
        assert {who: market.margin_of(who) for who in self.margins} == self.margins
        balance = self.desk.token.balanceOf(market)
        assert balance == sum(self.margins.values()) + market.fund()


def test_market__random_history__tokens_and_logs_add_up(create_desk, keeper):
    """SPEC-M3: token balance = margins + fund after every step, and every margin is the sum of its
    events.

    Prices walk by up to 7% a step: thin accounts are liquidated and the small fund runs dry.
    """
    rng = random.Random(2)
    desk = create_desk(fund=5_000)
    market, books, seen = desk.market, Books(desk), set()
    price = 2_000.0
    for _ in range(9):
        desk.wait(rng.randrange(600, 6_000))
        price *= rng.uniform(0.93, 1.07)
        desk.push(f"{price:.2f}")
        for who in desk.traders:
            account = market.account(who)
            held = abs(account.size) * market.market().index // WAD
            if max(account.equity_index, account.equity_exit) < held * 62 // 1_000:
                books.check(market.liquidate(who, sender=keeper))
                seen.add("liquidated")

        who = rng.choice(desk.traders)
        size = market.account(who).size
        if size:
            books.check(desk.submit(who, -size * rng.choice([4, 10]) // 10))
        elif market.mode() == NORMAL:
            books.check(desk.deposit(who, 30_000))
            books.check(desk.trade(who, rng.choice([-100, -60, 60, 100])))
            seen.add("opened")
        if market.mode() == REDUCE_ONLY:
            seen.add("short")
    for who in desk.traders:
        if market.account(who).size:
            books.check(desk.close(who))
    assert market.net_position() == 0
    assert {"opened", "liquidated", "short"} <= seen
