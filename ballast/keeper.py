"""The keeper: looks at the hedger's state, decides and sends; settles expired boards, and shows the
breaker every hour where the vault stands.

`decide` is pure. The rule itself is on chain: a keeper only chooses whether to pay for a
transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

from ballast.chain import Account, Chain
from ballast.deployment import Deployment
from ballast.settlement import TooEarly, settlement_rounds

LOOK = 3_600
"""Seconds after which the breaker is to look again: it remembers the index by the hour."""

WATCH = 300
"""The same while it watches whether a basis or a net delta lasts: a look clears what is over."""

MAX_ROUNDS = 64
"""Transactions in one visit: a large hedge is traded in steps, one a block."""


class Action(IntFlag):
    """What `rebalance` would do; the flags of IHedger.Action."""

    NONE = 0
    HEDGE = 1
    TOP_UP = 2
    GIVE_BACK = 4


class Reason(IntFlag):
    """Why; the flags of IHedger.Reason."""

    IN_BAND = 1
    OUTSIDE_BAND = 2
    INTERVAL = 4
    NOTHING_SOLD = 8
    BELOW_MINIMUM = 16
    HEDGED_THIS_BLOCK = 32
    INVALID_FEED = 64
    INVALID_VENUE = 128
    ORDER_PENDING = 256


@dataclass(frozen=True)
class Decision:
    """Whether to call `rebalance`, and the reason in words."""

    act: bool
    reason: str


def decide(state: Any) -> Decision:
    """Act when the state says that there is something to do; `state` is an IHedger.HedgeState."""
    action = Action(state.action)
    reason = _words(Reason(state.reason))
    if not action:
        return Decision(False, reason)
    return Decision(True, f"{' and '.join(_words(part) for part in action)}: {reason}")


def _words(flag: IntFlag) -> str:
    return str(flag.name).lower().replace("_", " ")


class Keeper:
    """Sends what `decide` says, from one account."""

    def __init__(self, chain: Chain, deployment: Deployment, account: Account) -> None:
        self._chain = chain
        self._deployment = deployment
        self._account = account

    def visit(self, on_state: Callable[[Any], None]) -> None:
        """Rebalance until nothing is left to do; `on_state` sees the state before each decision."""
        for _ in range(MAX_ROUNDS):
            state = self._chain.read(self._deployment.hedger, "state")
            on_state(state)
            if not decide(state).act:
                return
            self._chain.send(self._deployment.hedger, "rebalance", sender=self._account)
            self._chain.next_block()  # the hedger trades once a block

    def look(self) -> None:
        """Have the breaker look, unless a hedge or a settlement has shown it all this hour."""
        memory = self._chain.read(self._deployment.breaker, "memory")
        is_watching = memory.wide_since or memory.unhedged_since
        due = memory.good_at + WATCH if is_watching else memory.hour + LOOK
        if self._chain.now() >= due:
            self._chain.send(self._deployment.breaker, "trip", sender=self._account)

    def settle(self, expiry: int) -> bool:
        """Settle the board by whatever proves its price; False when it is too early."""
        book = self._deployment.book
        rounds = settlement_rounds(self._chain, self._deployment.feed, expiry, book)
        if isinstance(rounds, TooEarly):
            return False
        self._chain.send(book, "settle", expiry, *rounds, sender=self._account)
        return True
