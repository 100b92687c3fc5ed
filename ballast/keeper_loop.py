"""The keeper on a node: tick after tick, whatever the node, the chain and other keepers do.

A tick follows the open transaction, reads the vault in one request, asks whether what it read can
be trusted, and sends the most urgent task that a simulation lets through. One transaction is open
at a time. What goes wrong is an outcome; the next tick finds the world as it is.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ballast.abi import Handle
from ballast.chain import Reverted
from ballast.flags import Action, Reason, words
from ballast.keeper import Job, Policy, Task, due
from ballast.keeper_accounts import Watch
from ballast.keeper_alerts import Alerts
from ballast.keeper_journal import HEADS, Journal, JournalError, JournalFile, Pending
from ballast.keeper_log import Log
from ballast.keeper_metrics import NOT_READY, Metrics
from ballast.keeper_reading import Parts, Reading, read
from ballast.keeper_rpc import Node, NodeError, RpcReader, Unavailable, jittered, to_hex, why
from ballast.keeper_sender import (
    ALREADY,
    FeeRule,
    Fees,
    Kind,
    Outcome,
    Sender,
    Signer,
    fees,
    over_ceiling,
)
from ballast.settlement import Rounds, TooEarly, settlement_rounds

GAS_ROOM = 3 / 2
"""A block later the same call costs a little more: gas limit over estimate."""

LONGEST_PAUSE = 30.0
"""Between two ticks when the node fails again and again [s]."""

REFUSED_PAUSE = 60
"""A task other than the hedge that was refused is tried again after so long [s]."""

TROUBLE = {
    Kind.UNAVAILABLE, Kind.BROKEN, Kind.REVERTED, Kind.REFUSED, Kind.NO_MONEY, Kind.NONCE_TAKEN,
}  # fmt: skip
"""Outcomes that are warnings."""


PROGRESS = {Kind.DONE, Kind.ALREADY_DONE, Kind.NONCE_TAKEN, Kind.DROPPED}
"""Outcomes after which the vault is to be read again."""


@dataclass(frozen=True)
class Options:
    """How a keeper behaves."""

    policy: Policy = Policy()
    fees: FeeRule = FeeRule()
    poll: float = 2.0  # between ticks [s]
    max_head_age: int | None = 120  # of the newest block by the wall clock; None: any [s]
    patience: float = 60.0  # with a head behind one already seen, until it is the chain [s]
    liquidate: bool = False
    dry_run: bool = False


class Loop:
    """A keeper of one vault with one account on one node."""

    def __init__(
        self,
        node: Node,
        vault: Parts,
        signer: Signer,
        file: JournalFile,
        journal: Journal,
        options: Options = Options(),  # noqa: B008, frozen
        log: Log | None = None,
        metrics: Metrics | None = None,
        alerts: Alerts | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """journal: of the chain that the deployment is on; another is not acted on."""
        self.node = node
        self.journal = journal
        self._vault = vault
        self._signer = signer
        self._file = file
        self._options = options
        self._log = log or Log()
        self._metrics = metrics or Metrics()
        self._alerts = alerts
        self._clock = clock
        self._sender = Sender(node, vault, signer, file, journal, options.fees)
        self._watch = Watch(node, vault, file, journal)
        self._is_identified = False
        self._behind_since: float | None = None
        self._later: dict[str, int] = {}  # task -> when to try it again [unix s]
        self._stop = threading.Event()

    # ---- running

    def run(self) -> None:
        """Tick until `stop`; never raises."""
        failures = 0
        while not self._stop.is_set():
            outcomes = self.tick()
            failed = any(outcome.kind in (Kind.UNAVAILABLE, Kind.BROKEN) for outcome in outcomes)
            failures = failures + 1 if failed else 0
            pause = self._options.poll
            if failures > 1:
                pause = jittered(min(pause * 2 ** min(failures - 1, 10), LONGEST_PAUSE))
            self._stop.wait(pause)

    def run_once(self, rounds: int = 100) -> list[Outcome]:
        """Tick until nothing is open and nothing more is sent; returns all outcomes."""
        seen: list[Outcome] = []
        failures = 0
        for _ in range(rounds):
            outcomes = self.tick()
            seen += outcomes
            last = outcomes[-1].kind
            failures = failures + 1 if last in (Kind.UNAVAILABLE, Kind.BROKEN) else 0
            is_going_on = self.journal.pending is not None or last in PROGRESS or failures
            if self._options.dry_run or failures > 2 or not is_going_on or self._stop.is_set():
                break
            self._stop.wait(min(self._options.poll, 0.5))
        return seen

    def stop(self) -> None:
        """End after the present tick; safe in a signal handler."""
        self._stop.set()

    def tick(self) -> list[Outcome]:
        """One look, and what came of it; the last outcome is how the tick ended."""
        outcomes: list[Outcome] = []
        try:
            for outcome in self._steps():
                self._note(outcome)
                outcomes.append(outcome)
        except Unavailable as error:
            self._is_identified = False
            outcomes.append(Outcome(Kind.UNAVAILABLE, str(error)))
            self._note(outcomes[-1])
            if self._alerts:
                self._alerts.unavailable(str(error))
        except NodeError as error:
            outcomes.append(Outcome(Kind.UNAVAILABLE, f"the node refuses: {error}"))
            self._note(outcomes[-1])
        except JournalError as error:
            outcomes.append(Outcome(Kind.BROKEN, str(error)))
            self._note(outcomes[-1])
        except Exception as error:  # a keeper that dies hedges nothing
            outcomes.append(Outcome(Kind.BROKEN, _where(error)))
            self._note(outcomes[-1])
        self._metrics.tick(
            not any(outcome.kind in NOT_READY for outcome in outcomes),
            self.journal.pending is not None,
            self.node.requests,
            self.node.failures,
        )
        return outcomes

    # ---- a tick

    def _steps(self) -> Iterator[Outcome]:
        if not self._is_identified:
            stranger = self._identify()
            if stranger:
                yield stranger
                return
        ended = self._sender.follow()
        if ended:
            yield ended
        watched = self._watch.next() if self._options.liquidate else []
        reading = read(self.node, self._vault, self._signer.address, watched)
        self._metrics.read(reading)
        if self._alerts:
            self._alerts.read(reading)
        closed = self._gate(reading)
        if closed:
            yield Outcome(Kind.WAITING, closed)
            return
        yield from self._remember(reading)
        if self._options.liquidate:
            self._watch.update(reading)
        tasks = list(due(reading, self._options.policy, self.journal.hedged_at))
        if self.journal.pending is None:
            yield from self._work(tasks, reading)
            return
        # Should it end here, what was read is older than that: the next tick reads anew.
        nursed = self._sender.nurse(reading, {task.key for task in tasks})
        yield nursed or Outcome(Kind.OPEN, "no block has the transaction yet")

    def _identify(self) -> Outcome | None:
        """Whether this is the chain of the deployment; asked again after each failure."""
        chain_id = self.node.quantity("eth_chainId")
        block = self.node.mapping("eth_getBlockByNumber", "0x0", False) or {}
        found = (chain_id, str(block.get("hash")).lower())
        if found != (self.journal.chain_id, self.journal.genesis.lower()):
            return Outcome(Kind.WAITING, f"chain {chain_id}, genesis {found[1][:10]}: not ours")
        self._is_identified = True
        return None

    def _gate(self, reading: Reading) -> str | None:
        """Why what was read is not to be acted on."""
        if reading.chain_id != self.journal.chain_id:
            return f"chain {reading.chain_id}: not ours"
        limit = self._options.max_head_age
        age = self._clock() - reading.timestamp
        if limit is not None and abs(age) > limit:
            how = "old" if age > 0 else "ahead of the clock"
            return f"the newest block is {abs(age):.0f} s {how}, over {limit}"
        if reading.number >= self.journal.head or self._is_other_branch(reading):
            self._behind_since = None
            return None
        # The same chain, but less of it: a node that lags, until nobody knows better.
        self._behind_since = self._behind_since or self._clock()
        if self._clock() >= self._behind_since + self._options.patience:
            self._behind_since = None
            return None
        return f"block {reading.number} is behind {self.journal.head}, seen before"

    def _is_other_branch(self, reading: Reading) -> bool:
        known = self.journal.heads.get(reading.number - 1)
        return known is not None and known != reading.parent

    def _remember(self, reading: Reading) -> Iterator[Outcome]:
        """Note the head, a reorganisation, and whether that took our last transaction along."""
        journal, number = self.journal, reading.number
        if self._is_other_branch(reading) or number < journal.head:
            journal.forget_from(number - 1)
            journal.scanned = max(min(journal.scanned, number - HEADS), 0)
            yield Outcome(Kind.REORGANISED, f"block {number} is of another branch")
        is_news = (number, reading.parent) != (journal.head, journal.heads.get(number - 1))
        if not is_news:
            return
        undone = self._sender.recheck(number)
        journal.see(number, reading.parent)
        self._file.save(journal)
        if undone:
            yield undone

    def _work(self, tasks: list[Task], reading: Reading) -> Iterator[Outcome]:
        """Send the first task that goes through."""
        price = fees(self._options.fees, reading.base_fee)
        if price is None:
            if tasks:
                over = over_ceiling(self._options.fees, reading.base_fee)
                yield Outcome(Kind.WAITING, over, tasks[0].job)
            else:
                yield Outcome(Kind.IDLE, _why_idle(reading))
            return
        tried = False
        for task in tasks:
            if reading.timestamp < self._later.get(task.key, 0):
                continue
            outcome = self._attempt(task, reading, price)
            if outcome is None:
                continue
            tried = True
            yield outcome
            if outcome.kind is Kind.SENT:
                return
        if not tried:
            yield Outcome(Kind.IDLE, _why_idle(reading))

    def _attempt(self, task: Task, reading: Reading, price: Fees) -> Outcome | None:
        """Simulate, then send; None when it is too early for it."""
        call = self._call(task, reading)
        if call is None:
            return None
        target, data = call
        try:
            gas = int(self._sender.estimate(target, data) * GAS_ROOM)
        except NodeError as error:
            return self._refused(task, reading, why(error))
        if gas * price.max_fee > reading.balance:
            need = gas * price.max_fee / 10**18
            return Outcome(
                Kind.NO_MONEY, f"{reading.balance / 10**18:.6f} ETH, {need:.6f} needed", task.job
            )
        if self._options.dry_run:
            facts = {"gas": gas, "max_fee_gwei": price.max_fee / 10**9} | _trade(task, reading)
            return Outcome(Kind.DRY, task.reason, task.job, facts)
        complete = reading.state.trade == reading.state.wanted
        pending = Pending(
            task.job, task.key, task.reason, target.address, to_hex(data), gas, 0,
            reading.timestamp, complete,
        )  # fmt: skip
        outcome = self._sender.open(pending, price, reading.number)
        return Outcome(
            outcome.kind, outcome.detail, outcome.job, outcome.facts | _trade(task, reading)
        )

    def _refused(self, task: Task, reading: Reading, reason: str) -> Outcome:
        if task.job is not Job.REBALANCE:
            self._later[task.key] = reading.timestamp + REFUSED_PAUSE
        kind = Kind.ALREADY_DONE if reason in ALREADY else Kind.REFUSED
        return Outcome(kind, reason, task.job)

    def _call(self, task: Task, reading: Reading) -> tuple[Handle, bytes] | None:
        """Whom to call with what."""
        vault = self._vault
        if task.job is Job.SETTLE:
            rounds = self._rounds(task, reading)
            if rounds is None:
                return None
            return vault.book, vault.book.call("settle", task.about, *rounds)
        targets: dict[Job, tuple[Handle, str, tuple[Any, ...]]] = {
            Job.REBALANCE: (vault.hedger, "rebalance", ()),
            Job.TRIP: (vault.breaker, "trip", ()),
            Job.PROCESS: (vault.vault, "process_redemptions", ()),
            Job.LIQUIDATE: (vault.venue, "liquidate", (task.about,)),
        }
        target, function, arguments = targets[task.job]
        return target, target.call(function, *arguments)

    def _rounds(self, task: Task, reading: Reading) -> Rounds | None:
        reader = RpcReader(self.node, reading.timestamp)
        try:
            found = settlement_rounds(reader, self._vault.feed, int(task.about), self._vault.book)  # type: ignore[arg-type]
        except Reverted as refusal:
            raise Unavailable(f"the feed cannot be read: {refusal}") from None
        if isinstance(found, Rounds):
            return found
        assert isinstance(found, TooEarly)
        wait = reading.timestamp + REFUSED_PAUSE
        self._later[task.key] = wait if found.until is None else min(found.until, wait)
        return None

    # ---- telling

    def _note(self, outcome: Outcome) -> None:
        self._metrics.note(outcome)
        level = "warning" if outcome.kind in TROUBLE else "info"
        about = {"job": outcome.job} if outcome.job and outcome.facts else {}
        detail = outcome.detail
        if outcome.job and not outcome.facts:
            detail = f"{outcome.job}: {detail}"
        self._log(str(outcome.kind), detail, level, **about, **outcome.facts)


def exit_code(outcomes: list[Outcome]) -> int:
    """Of `--once`: 3 the node failed, 4 something waits, 5 something was refused; else 0."""
    kinds = {outcome.kind for outcome in outcomes}
    if outcomes and outcomes[-1].kind in (Kind.UNAVAILABLE, Kind.BROKEN):
        return 3
    if kinds & {Kind.REFUSED, Kind.REVERTED, Kind.NO_MONEY}:
        return 5
    return 4 if outcomes and outcomes[-1].kind in (Kind.WAITING, Kind.OPEN) else 0


def _why_idle(reading: Reading) -> str:
    state = reading.state
    if Action(state.action):
        return "what is due is left for later"
    age = (
        "" if reading.risk.valid else f", the price is {reading.timestamp - reading.risk.at} s old"
    )
    return words(Reason(state.reason)) + age


def _trade(task: Task, reading: Reading) -> dict[str, Any]:
    """What a rebalance is expected to do."""
    if task.job is not Job.REBALANCE:
        return {"about": task.about} if task.about else {}
    state, scale = reading.state, reading.ledger.scale
    return {
        "block": reading.number,
        "net": state.net_delta / 10**18,
        "trade": state.trade / 10**18,
        "top_up": state.top_up * scale / 10**18,
        "give_back": state.give_back * scale / 10**18,
    }


def _where(error: Exception) -> str:
    """A defect in a line: its kind, words and place."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = (
        f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        if trace
        else "?"
    )
    return f"{type(error).__name__} at {place}: {error}"
