"""Who trades at the venue, found in its logs, so that a keeper can liquidate who is due."""

from ballast.keeper_journal import Journal, JournalFile
from ballast.keeper_reading import WATCHED, Parts, Reading
from ballast.keeper_rpc import Node, Unavailable, to_hex

LOG_SPAN = 2_000
"""Blocks whose logs are searched in one request."""


class Watch:
    """The accounts that have a position; the vault's own is not for its keeper to liquidate."""

    def __init__(self, node: Node, vault: Parts, file: JournalFile, journal: Journal) -> None:
        self._node = node
        self._venue = vault.venue
        self._own = vault.hedger.address.lower()
        self._file = file
        self._journal = journal

    def next(self) -> list[str]:
        """The accounts to look at in the next reading: as many as fit, others each block."""
        known = self._journal.accounts
        if not known:
            return []
        start = self._journal.head * WATCHED % len(known)
        return (known + known)[start : start + min(WATCHED, len(known))]

    def update(self, reading: Reading) -> None:
        """Leave out who has closed, and search the blocks since the last search for who opened."""
        journal = self._journal
        flat = {who for who, account in reading.accounts.items() if account.size == 0}
        known = [who for who in journal.accounts if who not in flat]
        last = min(reading.number, journal.scanned + LOG_SPAN)
        fresh = (
            self._traders(journal.scanned + 1, last) - {*known} if journal.scanned < last else ()
        )
        journal.accounts = known + sorted(fresh)
        journal.scanned = max(last, journal.scanned)
        if flat or fresh:
            self._file.save(journal)

    def _traders(self, first: int, last: int) -> set[str]:
        venue = self._venue
        logs = self._node.ask(
            "eth_getLogs",
            {
                "address": venue.address,
                "topics": [to_hex(venue.topic("Traded"))],
                "fromBlock": hex(first),
                "toBlock": hex(last),
            },
        )
        try:
            traders = {
                venue.event(
                    [bytes.fromhex(topic[2:]) for topic in log["topics"]],
                    bytes.fromhex(log["data"][2:]),
                )[1]["account"]
                for log in logs
            }
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unavailable("eth_getLogs: the answer makes no sense") from None
        return {who for who in traders if who.lower() != self._own}
