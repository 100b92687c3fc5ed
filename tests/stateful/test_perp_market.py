"""The perpetual venue under random people: five accounts, a feed that jumps, lies and falls silent.

The invariants are those of docs/INVARIANTS.md. Whatever a rule does is worked out from the venue's
own views to be allowed, so a refusal is a failure too. Runs on the fast engine, a block a second.
"""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

import pytest
from histories import IS_FULL, RUNS, STEPS, run
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from ballast import curve
from ballast.units import WAD

USDC, SCALE = 10**6, 10**12
HOUR = 3_600
FOREVER = 2**256 - 1
NORMAL, REDUCE_ONLY, PAUSED = 1, 2, 4
PEG, DEPTH = 2_000 * WAD, 10_000 * WAD
FUND, MARGIN = 20_000 * USDC, 60_000 * USDC
IMR, MMR, PENALTY = WAD // 10, 625 * 10**14, 2 * 10**16
LEAST = WAD // 2
CAP = 300 * WAD
CONFIG = {
    "anchored": True,
    "peg": PEG,
    "depth": DEPTH,
    "fee": 5 * 10**14,
    "imr": IMR,
    "mmr": MMR,
    "liquidation_fee": PENALTY,
    "period": 8 * HOUR,
    "funding_cap": 75 * 10**14,
    "half_life": 24 * HOUR,
    "block_band": 5 * 10**16,
    "index_band": 10**17,
    "net_cap": 400 * WAD,
    "account_cap": CAP,
    "open_interest_cap": 600 * WAD,
    "min_position": LEAST,
    "heartbeat": HOUR,
    "grace": HOUR,
}

people = st.integers(0, 4)
sides = st.sampled_from([1, -1])
percents = st.integers(1, 100)
modes = st.sampled_from([NORMAL, NORMAL, NORMAL, NORMAL, REDUCE_ONLY, PAUSED])
answers = st.sampled_from([None, None, None, None, None, None, 0, -1, 10**14])


@dataclass(frozen=True)
class View:
    """What the venue says of itself and of one account, in one block."""

    account: tuple
    market: tuple
    terms: tuple
    net: int
    margin: int  # without what funding has brought since


class Venue(RuleBasedStateMachine):
    """The venue with a fixed peg, at an index that stands still."""

    anchored = False
    seen: Counter = Counter()

    def __init__(self, create_engine):
        super().__init__()
        self.chain = create_engine()
        self.owner, self.keeper, *self.people = self.chain.accounts(7)
        self.price = 2_000
        self.token = self._deploy("MockToken", "USD Coin", "USDC", 6)
        self.feed = self._deploy("MockFeed", "ETH / USD", 8)
        self._push(self.price)
        config = CONFIG | {"anchored": self.anchored}
        self.market = self._deploy("PerpMarket", self.token, self.feed, config)
        self.tokens = 0  # ghost: what the venue was given less what it paid out [asset]

    @initialize()
    def begin(self):
        for who in (self.owner, *self.people):
            self._send("mint", who, 10**6 * MARGIN, contract=self.token)
            self._send("approve", self.market, FOREVER, contract=self.token, sender=who)
        self._add_to_fund(FUND)
        for who in self.people:
            self._deposit(who, MARGIN)

    # ------------------------------------------------------------------ actions

    def _deploy(self, name, *arguments):
        return self.chain.deploy(name, *arguments, sender=self.owner)

    def _read(self, function, *arguments, contract=None):
        return self.chain.read(contract or self.market, function, *arguments)

    def _send(self, function, *arguments, sender=None, contract=None):
        return self.chain.send(
            contract or self.market, function, *arguments, sender=sender or self.owner
        )

    def _push(self, usd):
        self._send("push", usd * 10**8, contract=self.feed)

    def _deposit(self, who, amount):
        self._send("deposit", amount, sender=who)
        self.tokens += amount

    def _add_to_fund(self, amount):
        self._send("add_to_fund", amount)
        self.tokens += amount

    def _submit(self, who, size):
        """An order at any price; checks what the curve got for it."""
        before = self._read("net_position")
        self._send("submit", size, FOREVER if size > 0 else 0, FOREVER, sender=who)
        self._check_curve(before, size)
        assert self._size(who) == 0 or abs(self._size(who)) >= LEAST

    def _check_curve(self, net, size):
        """At the peg of the trade the product of the reserves is at least what it was."""
        traded = self.chain.events(self.market, "Traded")[-1]
        peg = self._read("market").index if self.anchored else PEG
        quote = Fraction(peg * DEPTH * DEPTH, DEPTH - net)  # [USD wad²]
        paid = traded["notional"] * WAD * (1 if size > 0 else -1)
        assert traded["size_delta"] == size
        k = (quote + paid) * (DEPTH - net - size)
        assert k >= peg * DEPTH * DEPTH, "INV-3: k never falls"

    def _size(self, who):
        return self._read("account", who).size

    def _view(self, who) -> View:
        """As of the next block, in which the next call is."""
        snapshot = self.chain.snapshot()
        self.chain.next_block()
        view = View(
            self._read("account", who),
            self._read("market"),
            self._read("terms"),
            self._read("net_position"),
            self._read("margin_of", who),
        )
        self.chain.revert(snapshot)
        return view

    def _fills(self, size) -> bool:
        """Whether the bands let an order through in the next block."""
        snapshot = self.chain.snapshot()
        self.chain.next_block()
        price = self._read("quote", size).average_price
        self.chain.revert(snapshot)
        return price > 0

    def _can_open(self, view: View, size: int) -> bool:
        """Whether a trade that opens or adds leaves the initial margin, with a percent to spare."""
        account, index = view.account, view.market.index
        quote = self._read("quote", size)
        room = view.terms.max_buy if size > 0 else view.terms.max_sell
        after = account.size + size
        flips = account.size * size < 0
        from_fund = account.equity_exit - view.margin * SCALE
        available = self._read("fund") - self._read("ious")
        if flips and from_fund * 100 >= available * SCALE * 99:
            return False
        stake = account.equity_exit if flips else account.margin * SCALE
        worst = min(account.equity_index, account.equity_exit, stake)
        adverse = max((quote.average_price - index) * (1 if size > 0 else -1), 0)
        lost = abs(size) * adverse // WAD + quote.fee * SCALE
        needed = abs(after) * index // WAD * IMR // WAD
        return (
            view.terms.mode == NORMAL
            and view.market.valid
            and LEAST <= abs(after) <= CAP
            and abs(size) <= room
            and quote.average_price > 0
            and (worst - lost) * 99 // 100 > needed
        )

    # ------------------------------------------------------------------ rules

    @rule(who=people, side=sides, percent=percents, is_bold=st.booleans())
    def open_or_add(self, who, side, percent, is_bold):
        """The bold take what margin and caps let them, on the side they are on."""
        who = self.people[who]
        view = self._view(who)
        side = side if view.account.size == 0 else (1 if view.account.size > 0 else -1)
        size = side * CAP * (100 if is_bold else percent) // 100
        while abs(size) >= LEAST and not self._can_open(view, size):
            size = side * (abs(size) * 4 // 5)
        if abs(size) >= LEAST:
            self._submit(who, size)
            self.seen["opened"] += 1

    @rule(who=people, tenths=st.integers(1, 10))
    def reduce(self, who, tenths):
        """In every mode and with any feed."""
        who = self.people[who]
        size = self._size(who)
        part = size if tenths == 10 or abs(size) < 10 * LEAST else size * tenths // 10
        if size and self._fills(-part):
            self._submit(who, -part)
            self.seen["reduced"] += 1
            assert self._size(who) == size - part, "INV-7: risk may fall in every mode"

    @rule(who=people, percent=percents)
    def flip(self, who, percent):
        who = self.people[who]
        view = self._view(who)
        side = -1 if view.account.size > 0 else 1
        extra = max(CAP * percent // 100, LEAST)
        size = -view.account.size + side * extra
        if view.account.size and self._can_open(view, size):
            self._submit(who, size)
            self.seen["flipped"] += 1
            assert self._size(who) == side * extra

    @rule(side=sides, percent=percents)
    def open_and_close(self, side, percent):
        """By whoever is flat, within two seconds: a second's funding is less than the fees."""
        flat = [who for who in self.people if not self._size(who)]
        size = side * CAP * percent // 100
        if not flat or not self._can_open(self._view(flat[0]), size):
            return
        who = flat[0]
        before = self._read("margin_of", who) + self._read("iou_of", who)
        self._submit(who, size)
        if self._fills(-size):
            self._submit(who, -size)
            after = self._read("margin_of", who) + self._read("iou_of", who)
            assert after < before, "INV-6: open and close never profits"
            self.seen["round trip"] += 1

    @rule(who=people, percent=st.integers(-60, 60))
    def change_margin(self, who, percent):
        """Add some, or take out a part of what is free."""
        who = self.people[who]
        if percent > 0:
            self._deposit(who, MARGIN * percent // 100)
            return
        free = self._view(who).account.withdrawable
        if free * -percent < 100 * USDC:
            return
        before = self._balance(who)
        self._send("withdraw", free * -percent // 100, sender=who)
        paid = self._balance(who) - before
        assert 0 < paid <= free
        self.tokens -= paid
        self.seen["withdrawn"] += 1

    def _balance(self, who):
        return self._read("balanceOf", who, contract=self.token)

    def liquidate_all(self):
        """Whom the venue's own numbers show below the ratio that holds now."""
        for who in self.people:
            view = self._view(who)
            in_grace = self.chain.now() + 1 < self._read("grace_until")
            ratio = PENALTY if in_grace else MMR
            account, index = view.account, view.market.index
            worth = abs(account.size) * index // WAD * ratio // WAD
            if max(account.equity_index, account.equity_exit) < worth - WAD:
                self._liquidate(who, view)

    def _liquidate(self, who, view):
        reward = self._balance(self.keeper)
        self._send("liquidate", who, sender=self.keeper)
        self.tokens -= self._balance(self.keeper) - reward
        after = self._read("account", who)
        self._check_curve(view.net, after.size - view.account.size)
        assert abs(after.size) < abs(view.account.size)
        assert after.size == 0 or abs(after.size) >= LEAST, "INV-5: no dust is left"
        if after.size:
            # Three token units: loss, penalty and funding are rounded.
            low = self._ratio(view.account.equity_exit - 3 * SCALE, view.account.size, view.net)
            high = self._ratio(after.equity_exit, after.size, self._read("net_position"))
            assert high >= low, "INV-5: the ratio of what is left is no lower"
        self.seen["liquidated in part" if after.size else "liquidated whole"] += 1

    def _ratio(self, equity, size, net) -> Fraction:
        peg = self._read("market").index if self.anchored else PEG
        move = curve.proceeds_down if size > 0 else curve.cost_up
        return Fraction(equity, move(peg, DEPTH, net, abs(size)))

    @rule(seconds=st.integers(2, 3_000), stops=st.lists(percents, max_size=4, unique=True))
    def wait(self, seconds, stops):
        """With pokes on the way and without: the same funding. Then the feed speaks again."""
        start = self.chain.now()
        end = start + seconds + len(stops)
        snapshot = self.chain.snapshot()
        once = self._poke_at(end)
        self.chain.revert(snapshot)
        for stop in sorted(stops):
            self._poke_at(start + seconds * stop // 101)
        assert self._poke_at(end) == once, "INV-4: n pokes are one poke"
        self._push(self.price)
        self.liquidate_all()

    def _poke_at(self, timestamp):
        self.chain.advance(timestamp)
        self._send("poke", sender=self.keeper)
        return self._read("accumulator"), [self._read("account", who) for who in self.people]

    @rule(mode=modes, usd=st.integers(1, 10_000))
    def govern(self, mode, usd):
        """A mode; and when the fund is in debt, something for it, which all then collect."""
        self._send("set_mode", mode)
        self.check_ways_out()
        if self._read("ious"):
            self._add_to_fund(usd * USDC)
            for who in self.people:
                self.collect(who)

    def collect(self, who):
        iou, fund, ious = (self._read("iou_of", who), self._read("fund"), self._read("ious"))
        if not iou or not iou * min(fund, ious) // ious:
            return
        margin = self._read("margin_of", who)
        self._send("collect", who, sender=self.keeper)
        paid = self._read("margin_of", who) - margin
        assert paid == (iou if fund >= ious else iou * fund // ious)
        assert paid <= fund, "INV-8: no more is paid on IOUs than the fund has"
        self.seen["collected"] += 1

    def check_ways_out(self):
        """What lowers risk works when nothing else does."""
        if self._read("mode") == NORMAL and self._read("market").valid:
            return
        snapshot, tokens = self.chain.snapshot(), self.tokens
        for who in self.people:
            self._deposit(who, USDC)
            size = self._size(who)
            if size and self._fills(-size):
                self._submit(who, -size)
                assert self._size(who) == 0, "INV-7: risk may fall in every mode"
                self.seen["saved"] += 1
        self.money_is_there()
        self.chain.revert(snapshot)
        self.tokens = tokens

    # ------------------------------------------------------------------ invariants

    @invariant()
    def money_is_there(self):
        margins = sum(self._read("margin_of", who) for who in self.people)
        balance = self._balance(self.market.address)
        assert balance == margins + self._read("fund"), "INV-1: tokens = Σ margins + fund"
        assert balance == self.tokens, "INV-1: tokens = what came in less what went out"

    @invariant()
    def sizes_add_up(self):
        sizes = [self._size(who) for who in self.people]
        assert sum(sizes) == self._read("net_position"), "INV-2: Σ sizes = net position"
        interest = (sum(map(abs, sizes)) + 1) // 2
        assert interest == self._read("market").open_interest, "INV-2: Σ |sizes| = open interest"

    @invariant()
    def ious_add_up(self):
        ious = sum(self._read("iou_of", who) for who in self.people)
        assert ious == self._read("ious"), "INV-8: Σ IOUs = what the venue owes"

    def teardown(self):
        """Everybody leaves, in two orders."""
        self._send("set_mode", NORMAL)
        self._push(self.price)
        for order in (self.people, self.people[::-1]):
            snapshot, tokens = self.chain.snapshot(), self.tokens
            for _ in range(20):
                for who in order:
                    self._leave(who)
            assert self._read("net_position") == 0, "INV-9: everybody can leave"
            self.money_is_there()
            self.sizes_add_up()
            for who in order:
                self.collect(who)
                self.ious_add_up()
            self.money_is_there()
            self.chain.revert(snapshot)
            self.tokens = tokens
        for name in ("IouIssued", "DeficitBooked"):
            self.seen[name] += len(self.chain.events(self.market, name))

    def _leave(self, who):
        """Close what the bands let through; who waits may go on in the next round."""
        size = self._size(who)
        while abs(size) >= LEAST and not self._fills(-size):
            size = size // 2 if abs(size) >= 4 * LEAST else 0
        if size:
            self._submit(who, -size)


class MovingVenue(Venue):
    """The venue whose peg follows an index that jumps, with a feed that breaks."""

    anchored = True

    @rule(percent=st.integers(-12, 12), answer=answers)
    def move(self, percent, answer):
        """A new price, and now and then an answer that is none."""
        self.price = min(max(self.price * (100 + percent) // 100, 200), 20_000)
        self._push(self.price)
        self.liquidate_all()
        if answer is not None:
            self._send("push", answer, contract=self.feed)
            self.seen["broken"] += 1
            self.check_ways_out()


@pytest.mark.parametrize("machine", [Venue, MovingVenue])
def test_venue__any_history__keeps_the_invariants(create_engine, machine):
    """INV-1 to INV-9."""
    machine.seen = Counter()
    run(lambda: machine(create_engine))
    print(f"{machine.__name__}: {RUNS} runs of {STEPS}: {dict(machine.seen)}")
    assert machine.seen["opened"]
    assert machine.seen["reduced"] or not IS_FULL
    if IS_FULL and machine is MovingVenue:
        assert len(machine.seen) == 12, "something never happened"
