"""Finds the rounds of the feed that settle an expired board: what settlement.vy accepts, SPEC-B7.

The contract judges two rounds that it is shown; here they are looked for, among thousands and
across the feed's aggregators (phases), in as few reads as a search by halves needs. In a phase
rounds are numbered without gaps and their times never fall: so Chainlink keeps them. A round that
does not answer ends its phase, for the search as for the contract.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from ballast.chain import Chain, Contract, Reverted

PHASE_BITS = 64
MAX_WALK = 256
"""Rounds that the contract walks over."""
MAX_EMPTY = 8
"""Phases without a round in a row that it passes over."""
SILENCE = 7 * 86_400
"""After expiry, until the last price counts however old it is [s]."""
FEED_LOST = 30 * 86_400
"""After expiry, until a feed that does not answer is given up [s]."""


class Rounds(NamedTuple):
    """What `OptionBook.settle` takes beside the expiry; 0 stands for none."""

    round: int
    next_round: int


@dataclass(frozen=True)
class TooEarly:
    """No rounds settle the board yet."""

    until: int | None
    """When some will if the feed stays as it is [unix s]; None: it takes another round."""


def settlement_rounds(
    chain: Chain, feed: Contract, expiry: int, book: Contract, now: int | None = None
) -> Rounds | TooEarly:
    """The rounds that settle a board in a block of time `now` [unix s], that of the newest if None.

    Reads: 2·log2(d + 1) + 5 where the newest phase has a price after expiry, d its rounds since;
    else 2·log2(n) + 13 more for each older phase, n its rounds, and one for each round without a
    price that is walked over.
    """
    now = chain.now() if now is None else now
    if now < expiry:
        return TooEarly(expiry)
    return _Search(chain, feed, expiry, book).at(now)


@dataclass(frozen=True)
class _Round:
    id: int
    at: int  # [unix s]
    has_price: bool


class _Search:
    """Every round is read once."""

    def __init__(self, chain: Chain, feed: Contract, expiry: int, book: Contract) -> None:
        self._chain = chain
        self._feed = feed
        self._expiry = expiry
        self._book = book
        self._rounds: dict[int, _Round | None] = {}
        self._oracle: Any = chain.read(book, "oracle")

    def at(self, now: int) -> Rounds | TooEarly:
        newest = self._newest()
        waits = []
        for last in self._last_rounds(newest):
            for rounds, since in self._proofs(last):
                if now >= since:
                    return rounds
                waits.append(since)
        if newest is None and self._chain.read(self._book, "greeks").price > 0:
            lost = self._expiry + FEED_LOST + 1
            if now >= lost:
                return Rounds(0, 0)
            waits.append(lost)
        return TooEarly(min(waits, default=None))

    # ---- candidates

    def _last_rounds(self, newest: _Round | None) -> Iterator[_Round]:
        """The last round at or before expiry of each phase that has one, newest phase first."""
        top = self._top_phase() if newest is None else newest.id >> PHASE_BITS
        for phase in range(top, -1, -1):
            start = phase << PHASE_BITS
            if newest is not None and phase == top:
                low, high = self._gallop_down(start, newest.id)
            else:
                low, high = self._gallop_up(start)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self._is_before(middle) else (low, middle)
            last = self._round(low)
            if last is not None:
                yield last

    def _proofs(self, last: _Round) -> Iterator[tuple[Rounds, int]]:
        """Rounds that prove a price, `last` or the last price before it the first of them.

        Each with the first second at which the contract takes it.
        """
        counts = self._counts(last)
        for after in islice(self._followers(last), MAX_WALK):
            if after is None or after.at <= self._expiry:
                break
            if counts or after.has_price:
                yield Rounds(last.id, after.id), self._expiry
                break

        priced = self._last_price(last)
        if priced is None:
            return
        for walked, after in enumerate(islice(self._followers(priced), MAX_WALK)):
            if after is None:
                prompt = walked == 0 and self._counts(priced)
                wait = self._oracle.heartbeat if prompt else SILENCE
                yield Rounds(priced.id, 0), self._expiry + wait + 1
            elif after.has_price:
                break

    def _counts(self, last: _Round) -> bool:
        """Whether its price is no older than a heartbeat at expiry."""
        return last.has_price and last.at + self._oracle.heartbeat >= self._expiry

    def _last_price(self, last: _Round) -> _Round | None:
        """The round, or the last before it in its phase, that has a price."""
        for round_id in range(last.id, last.id - MAX_WALK, -1):
            before = self._round(round_id)
            if before is None or before.has_price:
                return before
        return None

    # ---- the search

    def _is_before(self, round_id: int) -> bool:
        found = self._round(round_id)
        return found is not None and found.at <= self._expiry

    def _gallop_down(self, start: int, newest: int) -> tuple[int, int]:
        """From the newest round: one that is before, `start` if none is, and one that is not."""
        low, high, step = newest, newest + 1, 1
        while low > start and not self._is_before(low):
            low, high, step = max(low - step, start), low, 2 * step
        return low, high

    def _gallop_up(self, start: int) -> tuple[int, int]:
        """From the first round of a phase whose end is not known: the same."""
        low, high, step = start, start + 1, 1
        while self._is_before(high):
            low, high, step = high, high + step, 2 * step
        return low, high

    def _top_phase(self) -> int:
        """The newest phase that has a round, of a feed that does not say which is its newest."""
        phase = 0
        while (first := self._first_after(phase)) is not None:
            phase = first.id >> PHASE_BITS
        return phase

    # ---- the feed, as the contract sees it

    def _followers(self, found: _Round) -> Iterator[_Round | None]:
        """The rounds that follow, one after another; None at the end."""
        follower: _Round | None = found
        while follower is not None:
            phase = follower.id >> PHASE_BITS
            follower = self._round(follower.id + 1) or self._first_after(phase)
            yield follower

    def _first_after(self, phase: int) -> _Round | None:
        """The first round of the next phase that has one."""
        for later in range(phase + 1, phase + MAX_EMPTY + 2):
            first = self._round(later << PHASE_BITS | 1)
            if first is not None:
                return first
        return None

    def _newest(self) -> _Round | None:
        """None when the feed does not answer."""
        newest = self._read("latestRoundData")
        if newest is not None:
            self._rounds[newest.id] = newest
        return newest

    def _round(self, round_id: int) -> _Round | None:
        """None for a round that does not exist."""
        if round_id not in self._rounds:
            fits = 0 < round_id % 2**PHASE_BITS and round_id < 2**80
            self._rounds[round_id] = self._read("getRoundData", round_id) if fits else None
        return self._rounds[round_id]

    def _read(self, function: str, *arguments: int) -> _Round | None:
        try:
            round_id, answer, _, at, _ = self._chain.read(self._feed, function, *arguments)
        except Reverted:
            return None
        if at == 0:
            return None
        price = answer * self._scale
        return _Round(round_id, at, self._oracle.min_price <= price <= self._oracle.max_price)

    @cached_property
    def _scale(self) -> int:
        """Wad of one unit of an answer; a feed that never answered is not asked for it."""
        return int(10 ** (18 - self._chain.read(self._feed, "decimals")))
