"""What a keeper must not forget when it is killed: one small file, replaced whole.

    {"version": 1, "chain_id": 31337, "genesis": "0x…", "account": "0x…", "heads": {"12": "0x…"},
     "pending": {"job": "rebalance", "nonce": 4, "tries": [{"hash": "0x…", "raw": "0x…", …}], …}}

A transaction is written down before it is sent. Whoever reads the file after a crash then knows
every transaction that may be anywhere, and can send it again: it stays the same transaction.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

VERSION = 1

HEADS = 64
"""Blocks whose hashes are remembered: a deeper reorganisation is taken as it comes."""


class JournalError(ValueError):
    """A file that another keeper uses, or that cannot be written; the message says which."""


@dataclass(frozen=True)
class Try:
    """A signed transaction."""

    hash: str
    raw: str
    max_fee: int  # [wei] a unit of gas
    tip: int  # [wei] a unit of gas
    block: int  # head when it was sent


@dataclass
class Pending:
    """One nonce, and all that was signed for it: at most one of them is ever mined."""

    job: str
    key: str
    reason: str
    to: str
    data: str
    gas: int
    nonce: int
    timestamp: int  # of the block that it was decided at [unix s]
    complete: bool  # a hedge of all that was wanted
    tries: list[Try] = field(default_factory=list)


@dataclass
class Journal:
    """What a keeper remembers of one account on one chain."""

    chain_id: int
    genesis: str
    account: str
    version: int = VERSION
    heads: dict[int, str] = field(default_factory=dict)  # number -> hash, the newest HEADS of them
    head: int = 0  # newest block seen
    pending: Pending | None = None
    last: Pending | None = None  # mined, and kept until no reorganisation can undo it
    last_block: int = 0  # in which it was mined
    hedged_at: int = 0  # when this keeper's last complete hedge was decided [unix s]
    scanned: int = 0  # last block whose logs were searched for accounts at the venue
    accounts: list[str] = field(default_factory=list)  # found there

    def see(self, number: int, parent: str) -> None:
        """Remember a head by the hash of the block before it."""
        self.head = number
        self.heads[number - 1] = parent
        for old in sorted(self.heads)[:-HEADS]:
            del self.heads[old]

    def forget_from(self, number: int) -> None:
        """Forget the hashes from this block on: they are another branch's."""
        self.heads = {at: value for at, value in self.heads.items() if at < number}


class JournalFile:
    """The file, held by one process at a time."""

    def __init__(self, path: Path) -> None:
        """JournalError when another process holds it, or its folder cannot be written."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock: IO[str] = open(path.with_name(path.name + ".lock"), "w")
        except OSError as error:
            raise JournalError(f"cannot write {path}: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise JournalError(f"another keeper uses {path}") from None

    def load(self, chain_id: int, genesis: str, account: str) -> tuple[Journal, str]:
        """What was remembered, and how it was found.

        A file of another chain or account, or one that is damaged, is set aside as `.old`.
        """
        fresh = Journal(chain_id, genesis, account)
        try:
            content = json.loads(self.path.read_text())
            found = _parse(content)
        except FileNotFoundError:
            return fresh, "new"
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return fresh, self._set_aside("damaged")
        if (found.chain_id, found.genesis, found.account) != (chain_id, genesis, account):
            return fresh, self._set_aside("of another chain or account")
        return found, "found"

    def save(self, journal: Journal) -> None:
        """Write all of it or nothing, whatever happens meanwhile; JournalError when it cannot."""
        unfinished = self.path.with_name(self.path.name + ".tmp")
        try:
            with open(unfinished, "w") as file:
                json.dump(asdict(journal), file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise JournalError(f"cannot write {self.path}: {error.strerror}") from None

    def close(self) -> None:
        """Let another process have it."""
        self._lock.close()

    def _set_aside(self, why: str) -> str:
        self.path.replace(self.path.with_name(self.path.name + ".old"))
        return f"{why}, set aside"


def _parse(content: Any) -> Journal:
    """ValueError, TypeError or KeyError when it is not the shape of a journal."""
    if content["version"] != VERSION:
        raise ValueError(content["version"])
    for name in ("pending", "last"):
        if content[name] is not None:
            tries = [Try(**one) for one in content[name]["tries"]]
            content[name] = Pending(**content[name] | {"tries": tries})
    content["heads"] = {int(number): value for number, value in content["heads"].items()}
    return Journal(**content)
