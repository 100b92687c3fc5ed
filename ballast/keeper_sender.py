"""Sends a keeper's transactions, one nonce at a time: fees, replacement, receipts, lost races."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from eth_utils.crypto import keccak

from ballast.abi import Handle
from ballast.keeper import Job
from ballast.keeper_journal import Journal, JournalFile, Pending, Try
from ballast.keeper_reading import Parts, Reading
from ballast.keeper_rpc import Node, NodeError, Unavailable, to_hex, why
from ballast.units import ceil_div

GWEI = 10**9

STUCK = 3
"""Blocks without a transaction after which it is replaced."""

FINAL = 12
"""Blocks on top of a transaction after which no reorganisation is expected to undo it."""

ALREADY = {
    "option_book: unknown board",  # settled
    "vault: nothing to fill",  # processed
    "perp_venue: healthy",  # liquidated, or saved
}
"""Refusals that say that somebody else was faster."""

KNOWN = ("already known", "already imported", "known transaction")
"""Words of nodes that have the transaction."""

TAKEN = ("nonce too low", "underpriced", "nonce has already been used")
"""Words of nodes that have another transaction with its nonce."""

POOR = ("insufficient funds", "doesn't have enough funds")
"""Words of nodes that would not be paid."""


class Kind(StrEnum):
    """How something ended, or why it has not."""

    DRY = "dry_run"
    SENT = "sent"
    DONE = "done"
    ALREADY_DONE = "already_done"
    REVERTED = "reverted"
    REFUSED = "refused"
    REPLACED = "replaced"
    RESENT = "resent"
    DROPPED = "dropped"
    NONCE_TAKEN = "nonce_taken"
    REORGANISED = "reorganised"
    NO_MONEY = "no_money"
    OPEN = "open"
    WAITING = "waiting"
    IDLE = "idle"
    UNAVAILABLE = "unavailable"
    BROKEN = "broken"


@dataclass(frozen=True)
class Outcome:
    """What came of a task, or of a tick without one."""

    kind: Kind
    detail: str
    job: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class Signer(Protocol):
    """Somebody who signs without being asked twice."""

    address: str

    def sign(self, fields: dict[str, Any]) -> bytes:
        """The signed transaction, as it is sent; fields as JSON-RPC names them."""


class ApeSigner:
    """An ape account of any kind."""

    def __init__(self, account: Any, ecosystem: Any) -> None:
        self.address: str = account.address
        self._account = account
        self._ecosystem = ecosystem

    def sign(self, fields: dict[str, Any]) -> bytes:
        """ValueError when the account does not sign."""
        transaction = self._ecosystem.create_transaction(type=2, **fields)
        signed = self._account.sign_transaction(transaction)
        if signed is None:
            raise ValueError(f"{self.address} did not sign")
        return bytes(signed.serialize_transaction())


# ------------------------------------------------------------------ fees


@dataclass(frozen=True)
class FeeRule:
    """What gas may cost."""

    tip: int = GWEI // 10  # [wei] a unit, of the first try
    max_base_fee: int | None = None  # [wei] a unit; above it nothing is sent


@dataclass(frozen=True)
class Fees:
    """Of a transaction, EIP-1559. [wei] a unit."""

    max_fee: int
    tip: int


def fees(rule: FeeRule, base_fee: int) -> Fees | None:
    """Room for the base fee to double, below the ceiling; None above it."""
    if rule.max_base_fee is not None and base_fee > rule.max_base_fee:
        return None
    room = 2 * base_fee if rule.max_base_fee is None else min(2 * base_fee, rule.max_base_fee)
    return Fees(room + rule.tip, rule.tip)


def replacement(rule: FeeRule, base_fee: int, before: Try) -> Fees | None:
    """At least an eighth more on both, as nodes ask; None where that is over the ceiling."""
    fresh = fees(rule, base_fee)
    if fresh is None:
        return None
    max_fee = max(fresh.max_fee, ceil_div(before.max_fee * 9, 8))
    tip = max(fresh.tip, ceil_div(before.tip * 9, 8))
    if rule.max_base_fee is not None and max_fee > rule.max_base_fee + tip:
        return None
    return Fees(max(max_fee, tip), tip)


def over_ceiling(rule: FeeRule, base_fee: int) -> str:
    """Why nothing is sent."""
    limit = (rule.max_base_fee or 0) / GWEI
    return f"base fee {base_fee / GWEI:g} gwei, at most {limit:g} is paid"


# ------------------------------------------------------------------ sender


class Sender:
    """One account's transactions; at most one nonce is open."""

    def __init__(
        self, node: Node, vault: Parts, signer: Signer, file: JournalFile, journal: Journal,
        rule: FeeRule,
    ) -> None:  # fmt: skip
        self._node = node
        self._vault = vault
        self._signer = signer
        self._file = file
        self._journal = journal
        self._rule = rule

    def estimate(self, target: Handle, data: bytes) -> int:
        """Gas of a call as it would go now; NodeError with the refusal when it would not."""
        call = {"from": self._signer.address, "to": target.address, "data": to_hex(data)}
        return self._node.quantity("eth_estimateGas", call)

    def open(self, pending: Pending, price: Fees, head: int) -> Outcome:
        """Send a call with the next nonce; `pending.nonce` is filled in."""
        pending.nonce = self._node.quantity(
            "eth_getTransactionCount", self._signer.address, "pending"
        )
        return self._sign_and_send(pending, price, head, Kind.SENT)

    def follow(self) -> Outcome | None:
        """How the open transaction ended; None when it has not, or there is none."""
        pending = self._journal.pending
        if pending is None:
            return None
        for one in reversed(pending.tries):
            receipt = self._receipt(one.hash)
            if receipt is not None:
                return self._close(pending, receipt)
        return None

    def nurse(self, reading: Reading, due: set[str]) -> Outcome | None:
        """See to a transaction that the newest block does not have; None to go on waiting.

        due: keys of the tasks that are due; what is not among them is not sent again.
        """
        pending = self._journal.pending
        if pending is None or reading.number <= pending.tries[-1].block:
            return None
        last = pending.tries[-1]
        count = self._node.quantity("eth_getTransactionCount", self._signer.address, "latest")
        if count > pending.nonce:
            return self.follow() or self._drop(Kind.NONCE_TAKEN, "another process used its nonce")
        is_cheap = last.max_fee < reading.base_fee
        if self._node.mapping("eth_getTransactionByHash", last.hash) is None:
            if pending.key not in due:
                return self._drop(Kind.DROPPED, "the node forgot it; no longer due")
            if not is_cheap:
                return self._send(pending, last, Kind.RESENT)
        is_stuck = is_cheap or reading.number >= last.block + STUCK
        if not is_stuck or pending.key not in due:
            return None
        price = replacement(self._rule, reading.base_fee, last)
        if price is None:
            return Outcome(Kind.WAITING, over_ceiling(self._rule, reading.base_fee), pending.job)
        return self._sign_and_send(pending, price, reading.number, Kind.REPLACED)

    def recheck(self, head: int) -> Outcome | None:
        """Whether a reorganisation has undone the last transaction; then it is open again."""
        last = self._journal.last
        if last is None or self._journal.pending is not None:
            return None
        if head >= self._journal.last_block + FINAL:
            self._journal.last = None
            return None
        for one in reversed(last.tries):
            receipt = self._receipt(one.hash)
            if receipt is not None:
                self._journal.last_block = _number(receipt, "blockNumber")
                return None
        self._journal.pending, self._journal.last = last, None
        self._file.save(self._journal)
        return Outcome(Kind.REORGANISED, "its block is gone: open again", last.job)

    # ---- one transaction

    def _sign_and_send(self, pending: Pending, price: Fees, head: int, kind: Kind) -> Outcome:
        raw = self._signer.sign(
            {
                "chainId": self._journal.chain_id,
                "nonce": pending.nonce,
                "to": pending.to,
                "data": pending.data,
                "value": 0,
                "gas": pending.gas,
                "maxFeePerGas": price.max_fee,
                "maxPriorityFeePerGas": price.tip,
            }
        )
        one = Try(to_hex(keccak(raw)), to_hex(raw), price.max_fee, price.tip, head)
        pending.tries.append(one)
        self._journal.pending = pending
        self._file.save(self._journal)  # first: what is not written down is not sent
        return self._send(pending, one, kind)

    def _send(self, pending: Pending, one: Try, kind: Kind) -> Outcome:
        """An answer that is lost changes nothing: the transaction is written down."""
        facts = {
            "nonce": pending.nonce,
            "hash": one.hash,
            "max_fee_gwei": one.max_fee / GWEI,
            "tip_gwei": one.tip / GWEI,
        }
        try:
            self._node.ask("eth_sendRawTransaction", one.raw)
        except NodeError as error:
            text = str(error).lower()
            if not any(word in text for word in KNOWN):
                return self._rejected(pending, text)
        return Outcome(kind, pending.reason, pending.job, facts)

    def _rejected(self, pending: Pending, text: str) -> Outcome:
        """The node does not take it: earlier tries stay open, else the nonce is free again."""
        if len(pending.tries) > 1:
            pending.tries.pop()
            self._file.save(self._journal)
            return Outcome(Kind.WAITING, f"not replaced: {text}", pending.job)
        if any(word in text for word in TAKEN):  # perhaps by this one: an answer was lost
            return self.follow() or self._drop(Kind.NONCE_TAKEN, text)
        poor = any(word in text for word in POOR)
        return self._drop(Kind.NO_MONEY if poor else Kind.REFUSED, text)

    def _drop(self, kind: Kind, detail: str) -> Outcome:
        pending, self._journal.pending = self._journal.pending, None
        self._file.save(self._journal)
        assert pending is not None
        return Outcome(kind, detail, pending.job, {"nonce": pending.nonce})

    # ---- receipts

    def _receipt(self, hash_: str) -> dict[str, Any] | None:
        receipt = self._node.mapping("eth_getTransactionReceipt", hash_)
        if receipt is not None and receipt.get("blockNumber") is None:
            return None  # some nodes know it before its block
        return receipt

    def _close(self, pending: Pending, receipt: dict[str, Any]) -> Outcome:
        gas = _number(receipt, "gasUsed")
        block = _number(receipt, "blockNumber")
        price = _number(receipt, "effectiveGasPrice")
        facts = {
            "block": block,
            "gas": gas,
            "cost_eth": gas * price / 10**18,
            "hash": receipt.get("transactionHash"),
        }
        if _number(receipt, "status") == 1:
            kind, detail, more = self._what_happened(pending, receipt)
            facts |= more
        else:
            detail = self._why_reverted(pending, block)
            kind = Kind.ALREADY_DONE if detail in ALREADY else Kind.REVERTED
        journal = self._journal
        journal.pending, journal.last, journal.last_block = None, pending, block
        journal.head = max(journal.head, block)  # what is read next must have it
        if "filled" in facts and pending.complete:
            journal.hedged_at = pending.timestamp
        self._file.save(journal)
        return Outcome(kind, detail, pending.job, facts)

    def _what_happened(
        self, pending: Pending, receipt: dict[str, Any]
    ) -> tuple[Kind, str, dict[str, Any]]:
        """From the logs: a rebalance that found nothing to do leaves none."""
        events = dict(self._events(receipt))
        facts: dict[str, Any] = {}
        if "RewardPaid" in events:
            facts["reward"] = events["RewardPaid"]["amount"]  # [asset]
        if pending.job != Job.REBALANCE:
            return Kind.DONE, pending.reason, facts
        if "Hedged" in events:
            hedged = events["Hedged"]
            facts |= {name: hedged[name] / 10**18 for name in ("net_before", "filled", "cost")}
            return Kind.DONE, pending.reason, facts
        if "MarginMoved" in events:
            return Kind.DONE, pending.reason, facts
        return Kind.ALREADY_DONE, "somebody else was faster", facts

    def _events(self, receipt: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        found = []
        try:
            for log in receipt["logs"]:
                for part in (self._vault.hedger, self._vault.vault):
                    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
                    if part.address.lower() == log["address"].lower() and topics[0] in part.topics:
                        found.append(part.event(topics, bytes.fromhex(log["data"][2:])))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            raise Unavailable("eth_getTransactionReceipt: its logs make no sense") from None
        return found

    def _why_reverted(self, pending: Pending, block: int) -> str:
        """The call again, on what its block left behind."""
        call = {"from": self._signer.address, "to": pending.to, "data": pending.data}
        try:
            self._node.ask("eth_call", call, hex(block))
        except NodeError as error:
            return why(error)
        return "ran out of gas, or what refused it has passed"


def _number(receipt: dict[str, Any], name: str) -> int:
    try:
        return int(receipt[name], 16)
    except (KeyError, TypeError, ValueError):
        raise Unavailable(f"eth_getTransactionReceipt: no {name}") from None
