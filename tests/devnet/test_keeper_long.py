"""A keeper over time: killed again and again, beside a rival, for a week. Two minutes in all."""

import multiprocessing
import os
import random
import time
from collections import Counter

import pytest
from desk import KEEPER, RIVAL
from keepers import Kept

from ballast.keeper_sender import Kind

KILLS = 20
RACE = 300  # blocks of 12 s: an hour
HOURS = 170  # of the first board's week, and its settlement

SLOW = 8
"""Blocks that a keeper which runs may leave a hedge undone on a busy machine: two seconds."""


pytest_plugins = ["keeper_fixtures"]


@pytest.fixture
def sold(desk):
    """The vault after it has sold calls and puts."""
    desk.sell(40)
    desk.sell(20, 1_900, is_put=True)
    return desk


def rebalances(desk, first, who=KEEPER):
    """Receipts of an account's transactions to the hedger since a block."""
    hedger, sender = desk.parts.hedger.address.lower(), desk.accounts[who].lower()
    found = []
    for number in range(first, desk.height() + 1):
        block = desk.node.rpc("eth_getBlockByNumber", hex(number), True)
        for sent in block["transactions"]:
            if sent["from"].lower() == sender and (sent["to"] or "").lower() == hedger:
                found.append(desk.node.rpc("eth_getTransactionReceipt", sent["hash"]))
    return found


class Restless:
    """A market that moves whenever all is hedged, and counts."""

    def __init__(self, desk):
        self.desk = desk
        self.pushes, self.moves, self.longest = 0, 0, 0

    def live(self, seconds):
        end, undone = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            if not self.desk.is_due():
                undone = 0
                self.desk.push(2_000 + 80 * STEPS[self.pushes % len(STEPS)])
                self.pushes += 1
                self.moves += self.desk.is_due()
            time.sleep(0.05)
            self.desk.mine()
            undone = undone + 1 if self.desk.is_due() else 0
            self.longest = max(self.longest, undone)


STEPS = (1, 2, 3, 4, 3.5, 2.5, 1.5, 0.5, -0.5, -1.5, -2.5, -2, -1, 0)
"""Where the price goes, in 80 USD from where it was."""


def test_run__killed_at_random_moments__sends_each_hedge_once(sold, tmp_path):
    """kill -9, with the state in whatever shape it is; the market moves when all is hedged."""
    chance, first = random.Random(2_024), sold.height()
    context = multiprocessing.get_context("fork")

    def live():
        Kept(sold, tmp_path / "journal.json").loop.run()
        os._exit(0)

    market = Restless(sold)
    for _ in range(KILLS):
        keeper = context.Process(target=live)
        keeper.start()
        market.live(chance.uniform(0, 2))
        keeper.kill()
        keeper.join()
    last = Kept(sold, tmp_path / "journal.json")
    for _ in range(4):
        last.tick()
        sold.mine()
    last.close()
    sent = rebalances(sold, first)
    done = sold.events("hedger", "Hedged", first)
    twice = [receipt for receipt in sent if not receipt["logs"]]
    print(
        f"\n{KILLS} kills: {market.moves} hedges were due, {len(done)} done, {len(twice)} sent "
        f"twice, longest wait with a keeper {market.longest} blocks"
    )
    assert all(receipt["status"] == "0x1" for receipt in sent) and twice == []
    # One more than were due: the first. A top-up that meets a push hedges it before it is seen.
    assert market.moves + 1 <= len(done) <= market.pushes + 1 and not sold.is_due()
    assert market.longest <= SLOW


def test_tick__two_keepers_race__hedges_once_and_the_loser_pays_little(sold, tmp_path):
    chance, first = random.Random(7), sold.height()
    keepers = [Kept(sold, tmp_path / f"{who}.json", account=who) for who in (KEEPER, RIVAL)]
    price, seen, costs = 2_000.0, Counter(), []
    for _ in range(RACE):
        is_moved = chance.random() < 0.3
        if is_moved:
            price *= chance.choice((0.975, 1.025))
            sold.post("feed", "push", int(price * 10**8), maxPriorityFeePerGas=hex(10**9))
        sold.mine(after=12)
        for keeper in chance.sample(keepers, 2):
            for outcome in keeper.outcomes():
                seen[outcome.kind] += 1
                if outcome.kind is Kind.ALREADY_DONE:
                    costs.append(outcome.facts["gas"])
    done = sold.events("hedger", "Hedged", first)
    mean = sum(costs) / len(costs)
    print(
        f"\n{RACE} blocks: {len(done)} hedges, {len(costs)} races lost at {mean:,.0f} gas "
        f"({mean * 30e-9 * 2_000:.2f} USD at 30 gwei and 2,000 USD); a hedge costs "
        f"{gas_of(sold, done):,.0f}"
    )
    blocks = Counter(hedge["block"] for hedge in done)
    assert len(done) > RACE // 20 and max(blocks.values()) == 1
    assert {Kind.REVERTED, Kind.BROKEN, Kind.UNAVAILABLE, Kind.NONCE_TAKEN}.isdisjoint(seen)
    assert all(abs(hedge["filled"]) <= abs(hedge["net_before"]) for hedge in done)
    for keeper in keepers:
        keeper.close()


def gas_of(desk, events):
    """What the transactions of events cost, on average."""
    receipts = [desk.node.rpc("eth_getTransactionReceipt", event["hash"]) for event in events]
    return sum(int(receipt["gasUsed"], 16) for receipt in receipts) / len(receipts)


def test_tick__a_week_of_hours__is_out_of_the_band_for_a_block_at_most(sold, tmp_path):
    """The feed moves at 70% a year; the keeper looks at each block."""
    chance, first = random.Random(11), sold.height()
    keeper = Kept(sold, tmp_path / "journal.json")
    start, price = sold.now(), 2_000.0
    longest = out = blocks = 0
    expiry = sold.read("book", "live_boards")[0]
    for hour in range(1, HOURS + 1):
        price *= 1 + chance.gauss(0, 0.7 / (365 * 24) ** 0.5)
        sold.post("feed", "push", int(price * 10**8))
        sold.mine(after=start + hour * 3_600 - sold.now())
        for _ in range(4):
            blocks += 1
            out = out + 1 if sold.is_out() else 0
            longest = max(longest, out)
            ends = keeper.tick()
            if ends == [Kind.IDLE]:
                break
            sold.mine(after=12)
    done = sold.events("hedger", "Hedged", first)
    print(
        f"\n{HOURS} hours, {blocks} blocks: {len(done)} hedges, out of the band for {longest} "
        f"blocks at a time, {keeper.node.requests / blocks:.1f} requests a block, price {price:.0f}"
    )
    assert longest <= 1 and len(done) > HOURS // 20
    assert not sold.read("breaker", "tripped")
    if sold.now() > expiry:
        assert sold.read("book", "settlement_price", expiry) > 0
    keeper.close()
