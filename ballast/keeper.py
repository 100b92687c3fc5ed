"""The keeper: looks at the hedger's state, decides and sends; settles expired boards, and shows the
breaker every hour where the vault stands.

`decide` and `due` are pure. The rule itself is on chain: a keeper only chooses whether to pay for a
transaction. `Keeper` is the actor on a `Chain`, as the simulator has it; on a real node the same
decisions are sent by `keeper_loop`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ballast import flow
from ballast.chain import Account, Chain
from ballast.deployment import Deployment
from ballast.flags import Action, Breach, Reason, words
from ballast.settlement import TooEarly, settlement_rounds
from ballast.units import WAD

LOOK = 3_600
"""Seconds after which the breaker is to look again: it remembers the index by the hour."""

WATCH = 300
"""The same while it watches whether a basis or a net delta lasts: a look clears what is over."""

MAX_ROUNDS = 64
"""Transactions in one visit: a large hedge is traded in steps, one a block."""

LEAST_FILL = 100 * WAD
"""Redemptions worth less are not filled in part: the gas would be dearer [USD wad]."""


class Rule(StrEnum):
    """Which of the hedges that the contract would do are paid for."""

    ONCHAIN = "onchain"
    """All of them."""
    BAND = "band"
    """Those outside the band; not the daily one."""
    INTERVAL = "interval"
    """Those that come a fixed time after the one before."""


@dataclass(frozen=True)
class Policy:
    """What a keeper pays for. Margin that the contract moves is always paid for."""

    rule: Rule = Rule.ONCHAIN
    interval: int = 3_600  # between two hedges, for Rule.INTERVAL [s]
    max_oracle_age: int | None = None  # with an older price no hedge; None: as the book has it [s]


@dataclass(frozen=True)
class Moment:
    """When a decision is made. All [unix s], 0 where it does not matter."""

    now: int = 0
    priced_at: int = 0  # when the feed last moved
    hedged_at: int = 0  # when this keeper's last hedge was complete


ON_CHAIN = Policy()


@dataclass(frozen=True)
class Decision:
    """Whether to call `rebalance`, and the reason in words."""

    act: bool
    reason: str


def decide(state: Any, policy: Policy = ON_CHAIN, at: Moment = Moment()) -> Decision:  # noqa: B008
    """Act when the state has something to do that the policy pays for.

    `state` is an IHedger.HedgeState. A call does all that the state has to do: a hedge that waits
    comes along with margin that is short.
    """
    action = Action(state.action)
    reason = words(Reason(state.reason))
    if not action:
        return Decision(False, reason)
    waits = _why_the_hedge_waits(state, policy, at) if action & Action.HEDGE else None
    if waits and not _is_margin_short(state):
        return Decision(False, waits)
    return Decision(True, f"{words(action)}: {reason}")


def _why_the_hedge_waits(state: Any, policy: Policy, at: Moment) -> str | None:
    age = at.now - at.priced_at
    if policy.max_oracle_age is not None and age > policy.max_oracle_age:
        return f"the price is {age} s old, over {policy.max_oracle_age}"
    if policy.rule is Rule.BAND and state.reason == Reason.INTERVAL:
        if abs(state.net_delta) <= state.band:
            return "in band: the daily hedge is left to others"
    if policy.rule is Rule.INTERVAL and at.now < at.hedged_at + policy.interval:
        return f"next hedge in {at.hedged_at + policy.interval - at.now} s"
    return None


def _is_margin_short(state: Any) -> bool:
    """Whether margin is added to what is held, and not only to what would be."""
    return bool(state.action & Action.TOP_UP and state.margin_ratio < state.margin_target)


# ------------------------------------------------------------------ what else is due


class Job(StrEnum):
    """What anyone may do for a vault."""

    REBALANCE = "rebalance"
    SETTLE = "settle"
    TRIP = "trip"
    PROCESS = "process"
    LIQUIDATE = "liquidate"


@dataclass(frozen=True)
class Task:
    """A call that is due."""

    job: Job
    reason: str
    about: int | str = 0
    """The expiry of a board, or the address of an account."""

    @property
    def key(self) -> str:
        """What tells it from other tasks, and stays the same from block to block."""
        return f"{self.job}:{self.about}" if self.about else str(self.job)


def due(reading: Any, policy: Policy = ON_CHAIN, hedged_at: int = 0) -> Iterator[Task]:
    """All that is due, the most urgent first; `reading` is a keeper_reading.Reading."""
    at = Moment(reading.timestamp, reading.risk.at, hedged_at)
    decision = decide(reading.state, policy, at)
    if decision.act:
        yield Task(Job.REBALANCE, decision.reason)
    for expiry in sorted(expiry for expiry in reading.boards if expiry <= reading.timestamp):
        yield Task(Job.SETTLE, "expired", expiry)
    trip = why_look(reading)
    if trip:
        yield Task(Job.TRIP, trip)
    if can_fill(reading):
        yield Task(Job.PROCESS, f"{reading.waiting} shares wait")
    live = reading.market is not None and reading.terms is not None
    for who, account in reading.accounts.items():
        if live and is_liquidatable(account, reading.market.index, reading.terms.mmr):
            yield Task(Job.LIQUIDATE, "under maintenance", who)


def is_look_due(memory: Any, now: int) -> bool:
    """Whether the breaker should look, by its memory: hourly, and often while it watches."""
    is_watching = memory.wide_since or memory.unhedged_since
    return bool(now >= (memory.good_at + WATCH if is_watching else memory.hour + LOOK))


def why_look(reading: Any) -> str | None:
    """Why the breaker is to look; None when a look would change nothing that matters.

    What a pushed mark alone can make may not trip yet: a look every while is enough.
    """
    memory, now = reading.memory, reading.timestamp
    fresh = Breach(reading.breached) & ~Breach(reading.tripped)
    if now < memory.good_at + WATCH:
        fresh &= ~(Breach.BASIS | Breach.MARGIN)
    if fresh:
        return words(fresh)
    if reading.risk.valid and is_look_due(memory, now):
        return "look"
    return None


def can_fill(reading: Any) -> bool:
    """Whether free liquidity fills those who wait, or a part that is worth a transaction.

    As far as the vault's conditions can be seen from outside; it has the last word.
    """
    if reading.waiting == 0 or reading.free <= 0 or _why_not_filled(reading):
        return False
    worth = reading.waiting * max(reading.state.nav, 0) // max(reading.ledger.shares, 1)
    return bool(reading.free >= min(worth, LEAST_FILL))


def _why_not_filled(reading: Any) -> str:
    """The reason for which the vault would fill nobody, empty when it would."""
    live = not Reason(reading.state.reason) & Reason.INVALID_VENUE
    basis = reading.state.basis if live else None
    if reading.tripped and reading.timestamp >= reading.since + flow.MAX_WAIT:
        return flow.numbers_unfit(reading.risk, basis)
    return flow.closed_by(reading.risk, basis, not reading.tripped, reading.breached)


def is_liquidatable(account: Any, index: int, mmr: int) -> bool:
    """Whether the better of an account's equities is under maintenance; the venue decides."""
    notional = abs(account.size) * index // WAD
    return bool(max(account.equity_index, account.equity_exit) * WAD < mmr * notional)


# ------------------------------------------------------------------ the simulator's actor


class Keeper:
    """Sends what `decide` says, from one account."""

    def __init__(self, chain: Chain, deployment: Deployment, account: Account) -> None:
        self._chain = chain
        self._deployment = deployment
        self._account = account

    def visit(
        self, on_state: Callable[[Any], None], on_block: Callable[[], None] = lambda: None
    ) -> None:
        """Rebalance until nothing is left to do.

        `on_state` sees the state before each decision; `on_block` is what others do in the block
        after each transaction, a hedge being traded in steps, one a block.
        """
        for _ in range(MAX_ROUNDS):
            state = self._chain.read(self._deployment.hedger, "state")
            on_state(state)
            if not decide(state).act:
                return
            self._chain.send(self._deployment.hedger, "rebalance", sender=self._account)
            self._chain.next_block()  # the hedger trades once a block
            on_block()

    def look(self) -> None:
        """Have the breaker look, unless a hedge or a settlement has shown it all this hour."""
        memory = self._chain.read(self._deployment.breaker, "memory")
        if is_look_due(memory, self._chain.now()):
            self._chain.send(self._deployment.breaker, "trip", sender=self._account)

    def settle(self, expiry: int) -> bool:
        """Settle the board by whatever proves its price; False when it is too early."""
        book = self._deployment.book
        rounds = settlement_rounds(self._chain, self._deployment.feed, expiry, book)
        if isinstance(rounds, TooEarly):
            return False
        self._chain.send(book, "settle", expiry, *rounds, sender=self._account)
        return True
