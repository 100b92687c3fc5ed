"""The vault under random people: one who only holds, two who come and go, one who buys options.

The invariants are those of docs/INVARIANTS.md. Whatever a rule does is worked out from the vault's
own views to be allowed, so a refusal is a failure too. Runs on the fast engine, a block a second.
"""

from collections import Counter

from histories import IS_FULL, RUNS, STEPS, run
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from ballast import packing, parameters
from ballast.chain import Reverted
from ballast.deployment import deploy, list_boards, push_price, strike_ladder
from ballast.keeper import Keeper
from ballast.units import WAD

USDC, SCALE = 10**6, 10**12
HOUR, DAY = 3_600, 86_400
FOREVER = 2**256 - 1
VIRTUAL = 10**6  # [shares] behind one virtual token unit
BREAKER = {"breaker.jump": "60 %", "breaker.drawdown": "50 %", "breaker.lift_delay": "1 h"}
"""Wide limits: else the vault would stand in reduce-only most of the time."""

people = st.integers(0, 1)
percents = st.integers(1, 100)


class Vault(RuleBasedStateMachine):
    """A vault with its real book, hedger, venue and feed."""

    seen: Counter = Counter()

    def __init__(self, create_engine):
        super().__init__()
        self.chain = create_engine()
        self.owner, keeper, self.holder, *self.people, self.buyer = self.chain.accounts(6)
        self.values = parameters.load(overrides=BREAKER)
        self.price = 2_000 * WAD
        self.system = deploy(self.chain, self.owner, self.values, self.price)
        self.keeper = Keeper(self.chain, self.system, keeper)
        self.caller = keeper
        self.expiries: list[int] = []
        self.strikes: dict[int, list[int]] = {}
        self.bought: set[int] = set()
        self.claimed: Counter = Counter()  # ghost: paid to holders, by expiry [asset]
        self.owed: dict[int, int] = {}  # ghost: booked at settlement, by expiry [asset]

    @initialize()
    def begin(self):
        for who in (self.holder, *self.people, self.buyer):
            self._send("token", "mint", who, 10**7 * USDC)
            self._send("token", "approve", self.system.vault, FOREVER, sender=who)
        self._send("vault", "deposit", 500_000 * USDC, self.holder, sender=self.holder)
        self._list_boards()

    # ------------------------------------------------------------------ ways to move

    def _read(self, contract, function, *arguments):
        return self.chain.read(getattr(self.system, contract), function, *arguments)

    def _send(self, contract, function, *arguments, sender=None):
        target = getattr(self.system, contract)
        return self.chain.send(target, function, *arguments, sender=sender or self.owner)

    def _next(self, contract, function, *arguments):
        """A view as of the next block, in which the next call is."""
        snapshot = self.chain.snapshot()
        self.chain.next_block()
        found = self._read(contract, function, *arguments)
        self.chain.revert(snapshot)
        return found

    def _list_boards(self):
        listed = list_boards(
            self.chain, self.system.book, self.owner, self.values, self.price, self.chain.now()
        )
        self.expiries += listed
        for expiry in listed:
            self.strikes[expiry] = strike_ladder(self.values["boards"], self.price)

    def _push(self):
        push_price(self.chain, self.system.feed, self.owner, self.price)

    def _low(self):
        """Low NAV [USD wad] and supply, with the virtual shares and the fees that are due."""
        supply = self._read("vault", "totalSupply") + self._read("vault", "fees_due")
        return self._read("vault", "net_asset_value")[1], supply + VIRTUAL

    def _fairly(self, *call, sender):
        """A call of one who comes or goes, that those who only hold must not pay for."""
        snapshot = self.chain.snapshot()
        self.chain.next_block()
        low, supply = self._low()
        self.chain.revert(snapshot)
        self._send(*call, sender=sender)
        after, supply_after = self._low()
        if low > 0:
            fair = (after + SCALE) * supply >= (low + SCALE) * supply_after
            assert fair, f"INV-10: {call[1]} takes from those who hold"
        self.seen[call[1]] += 1

    # ------------------------------------------------------------------ those who come and go

    @rule(who=people, percent=percents)
    def deposit(self, who, percent):
        who = self.people[who]
        amount = self._deposit_of(who, percent)
        if amount:
            self._fairly("vault", "deposit", amount, who, sender=who)

    def _deposit_of(self, who, percent) -> int:
        """A part of what may come, 0 when it would buy no share. [asset]"""
        amount = min(self._next("vault", "maxDeposit", who), 10**6 * USDC) * percent // 100
        return amount if self._next("vault", "previewDeposit", amount) > 0 else 0

    @rule(who=people, percent=percents)
    def withdraw(self, who, percent):
        who = self.people[who]
        amount = self._next("vault", "maxWithdraw", who) * percent // 100
        if amount > 0:
            self._fairly("vault", "withdraw", amount, who, who, sender=who)

    @rule(who=people)
    def redeem_all_that_can_be(self, who):
        who = self.people[who]
        shares = self._next("vault", "maxRedeem", who)
        if shares > 0:
            self._fairly("vault", "redeem", shares, who, who, sender=who)

    @rule(who=people, percent=percents)
    def come_and_go(self, who, percent):
        who = self.people[who]
        amount = self._deposit_of(who, percent)
        if not amount:
            return
        before = self._read("vault", "balanceOf", who)
        snapshot = self.chain.snapshot()
        self._send("vault", "deposit", amount, who, sender=who)
        shares = self._read("vault", "balanceOf", who) - before
        if shares <= self._next("vault", "maxRedeem", who):
            worth = self._read("vault", "previewRedeem", shares)
            assert worth <= amount, "INV-11: coming and going gains nothing"
            self.seen["round trip"] += 1
        self.chain.revert(snapshot)

    @rule(who=people, percent=percents)
    def request(self, who, percent):
        """In every mode, with any feed."""
        who = self.people[who]
        shares = self._read("vault", "balanceOf", who) * percent // 100
        if shares > 0:
            self._fairly("vault", "request_redeem", shares, who, who, sender=who)

    @rule(who=people)
    def cancel(self, who):
        """In every mode, with any feed."""
        who = self.people[who]
        if self._read("vault", "redemption", who)[0] > 0:
            self._fairly("vault", "cancel_redeem", sender=who)

    @rule()
    def process(self):
        if self._next("vault", "maxDeposit", self.holder) == 0:  # closed, or full
            return
        worth = self._next("vault", "previewRedeem", self._read("vault", "waiting"))
        if min(worth, self._next("vault", "free_liquidity") // SCALE) > USDC:
            self._fairly("vault", "process_redemptions", sender=self.caller)

    @rule(who=people)
    def take(self, who):
        """In every mode, with any feed, by anyone."""
        who = self.people[who]
        due = self._read("vault", "redemption", who)[1]
        ledger = self._read("vault", "ledger")
        before = self._read("token", "balanceOf", who)
        self._fairly("vault", "claim_redemption", who, sender=self.caller)
        paid = self._read("token", "balanceOf", who) - before
        assert paid == min(due, max(0, ledger.cash - ledger.claims)), (
            "INV-14: what is there is paid"
        )

    # ------------------------------------------------------------------ options

    @rule(
        board=st.integers(0, 1),
        strike=st.integers(0, 8),
        is_put=st.booleans(),
        size=st.integers(1, 2_500),
    )
    def buy(self, board, strike, is_put, size):
        """What the quote lets through."""
        live = self._read("book", "live_boards")
        if board >= len(live):
            return
        expiry = live[board]
        series = packing.series_id(expiry, self.strikes[expiry][strike], is_put)
        if self._is_quoted(series, size * WAD // 100):
            self.bought.add(series)
            call = ("book", "buy", series, size * WAD // 100, FOREVER, self.buyer, FOREVER)
            self._fairly(*call, sender=self.buyer)

    @rule(percent=percents)
    def sell_back(self, percent):
        """A part of what was bought of the series that was bought last and still lives."""
        for series in reversed(sorted(self.bought)):
            amount = self._read("book", "balanceOf", self.buyer, series) * percent // 100
            ledger = self._read("vault", "ledger")
            if amount and self._is_quoted(series, amount, "quote_sell"):
                premium = self._next("book", "quote_sell", series, amount).premium
                if ledger.cash - ledger.claims - ledger.owed > 2 * premium:
                    call = ("book", "sell", series, amount, 0, self.buyer, FOREVER)
                    self._fairly(*call, sender=self.buyer)
                return

    def _is_quoted(self, series, amount, side="quote") -> bool:
        """A refused quote has many reasons, all of them tested elsewhere."""
        try:
            self._next("book", side, series, amount)
        except Reverted:
            return False
        return True

    def settle(self):
        """With a live feed or a dead one, whatever the vault is worth."""
        for expiry in self._read("book", "live_boards"):
            if self.keeper.settle(expiry):
                self.owed[expiry] = self._read("vault", "board_claims", expiry).owed
                self.seen["settled"] += 1
        if not self._read("book", "live_boards"):
            self._push()
            self._list_boards()

    @rule()
    def claim(self):
        """All that has settled: pays what is set aside, and never reverts."""
        for series in sorted(self.bought):
            expiry = packing.expiry(series)
            if expiry in self.owed:
                before = self._read("token", "balanceOf", self.buyer)
                self._send("book", "claim", series, self.buyer, sender=self.caller)
                self.claimed[expiry] += self._read("token", "balanceOf", self.buyer) - before
                self.seen["claimed"] += 1

    # ------------------------------------------------------------------ time and the market

    @rule(points=st.integers(-9, 9), board=st.integers(0, 1))
    def set_vol(self, points, board):
        """By at most what an hour allows; it moves the mark, and so the value of all."""
        live = self._read("book", "live_boards")
        if board >= len(live) or live[board] <= self.chain.now() + HOUR:
            return
        self.chain.advance(self.chain.now() + HOUR)
        self._push()
        _, surface = self._read("book", "board", live[board])
        vol = min(max(surface.atm_vol + points * WAD // 100, WAD // 5), 3 * WAD)
        self._send("book", "set_vol", live[board], (vol, surface.skew, surface.smile))
        self.seen["set_vol"] += 1

    @rule(percent=st.integers(-15, 15))
    def move(self, percent):
        self.price = min(max(self.price * (100 + percent) // 100, 200 * WAD), 20_000 * WAD)
        self._push()

    @rule(seconds=st.integers(60, 10 * DAY), is_silent=st.sampled_from([False] * 5 + [True]))
    def wait(self, seconds, is_silent):
        """Expiries on the way have a round on either side; then the feed may fall silent."""
        end = self.chain.now() + seconds
        for expiry in sorted(self._read("book", "live_boards")):
            if self.chain.now() < expiry - 60 and expiry + 60 < end:
                for moment in (expiry - 60, expiry + 60):
                    self.chain.advance(moment)
                    self._push()
        self.chain.advance(end)
        if is_silent:
            self.chain.next_block()
            self.seen["silent"] += 1
        else:
            self._push()
        self.settle()

    @rule()
    def hedge(self):
        """Never reverts; nothing is left to do after it."""
        self.keeper.visit(lambda state: None)

    @rule()
    def trip(self):
        """By anyone; never reverts."""
        self._send("breaker", "trip", sender=self.caller)

    @rule(is_due=st.sampled_from([False] * 9 + [True]))
    def reduce_only(self, is_due):
        """One who pulls the switch now and then: what lowers risk goes on, INV-14."""
        if is_due:
            self._send("breaker", "reduce_only")
            self.seen["reduce_only"] += 1

    @rule()
    def lift(self):
        """When the delay is over and nothing is wrong."""
        if self._read("breaker", "is_normal"):
            return
        self.chain.advance(max(self._read("breaker", "since"), self.chain.now()) + HOUR)
        self._push()
        self.settle()
        self.hedge()
        if self._next("breaker", "breached") == 0:
            self._send("breaker", "lift")
            self.seen["lift"] += 1

    # ------------------------------------------------------------------ invariants

    @invariant()
    def cash_is_there(self):
        ledger = self._read("vault", "ledger")
        balance = self._read("token", "balanceOf", self.system.vault)
        assert ledger.cash == balance, "INV-12: the ledger's cash is the vault's balance"

    @invariant()
    def value_adds_up(self):
        mid, _, _, is_valid = self._read("vault", "net_asset_value")
        if is_valid:
            ledger, risk = self._read("vault", "ledger"), self._read("book", "risk")
            cash = (ledger.cash - ledger.claims - ledger.owed) * SCALE
            equity = self._read("hedger", "account").equity
            assert mid == cash + equity - risk.mid, "INV-13: NAV = cash − debts + hedge − options"

    @invariant()
    def claims_are_covered(self):
        for expiry, owed in self.owed.items():
            assert self.claimed[expiry] <= owed, "INV-14: Σ claims paid ≤ owed"

    @invariant()
    def pool_adds_up(self):
        requests = [self._read("vault", "redemption", who) for who in self.people]
        waiting = self._read("vault", "waiting")
        assert waiting == self._read("vault", "balanceOf", self.system.vault), "INV-15: escrow"
        assert sum(left for left, _ in requests) <= waiting, "INV-15: shares that wait"
        assert sum(due for _, due in requests) <= self._read("vault", "ledger").owed, "INV-15: due"

    def teardown(self):
        """All boards settle, everybody is paid and leaves."""
        self._push()
        for expiry in sorted(self._read("book", "live_boards")):
            for moment in (expiry - 60, expiry + 60):
                self.chain.advance(max(moment, self.chain.now() + 1))
                self._push()
            assert self.keeper.settle(expiry)
            self.owed[expiry] = self._read("vault", "board_claims", expiry).owed
        self.hedge()
        self.claim()
        self.claims_are_covered()
        assert self._read("hedger", "account").size == 0, "INV-16: the hedge comes home"
        self.chain.advance(self.chain.now() + 2 * DAY)  # what was seen before is forgotten
        self._push()
        if not self._read("breaker", "is_normal"):
            self._send("breaker", "lift")
        self._push()
        for who in (*self.people, self.holder):
            if self._read("vault", "redemption", who)[0] > 0:
                self._send("vault", "cancel_redeem", sender=who)
            shares = self._next("vault", "maxRedeem", who)
            if shares > 0:
                self._send("vault", "redeem", shares, who, who, sender=who)
            self._send("vault", "claim_redemption", who, sender=self.caller)
            self.cash_is_there()
        low = self._low()[0]
        left = self._read("vault", "balanceOf", self.holder)
        assert low <= 0 or left <= VIRTUAL * 10, "INV-16: everybody can leave"


def test_vault__any_history__keeps_the_invariants(create_engine):
    """INV-10 to INV-16."""
    Vault.seen = Counter()
    run(lambda: Vault(create_engine))
    print(f"Vault: {RUNS} runs of {STEPS}: {dict(Vault.seen)}")
    assert Vault.seen["deposit"] and Vault.seen["buy"]
    if IS_FULL:
        assert len(Vault.seen) == 16, "something never happened"
