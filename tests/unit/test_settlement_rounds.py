"""ballast.settlement: the rounds that settle a board, judged by the book itself. SPEC-B7.

On the fast engine, with the real book and a feed of which every round is made to order. Times of
rounds and of blocks are given from expiry on. [s]
"""

from contextlib import contextmanager
from copy import copy
from itertools import product
from math import log2

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ballast import parameters
from ballast.chain import START, Reverted
from ballast.deployment import deploy, list_boards
from ballast.keeper import Keeper
from ballast.revm import RevmChain
from ballast.settlement import Rounds, TooEarly, settlement_rounds
from ballast.units import WAD

DAY = 86_400
WEEK, MONTH = 7 * DAY, 30 * DAY
PHASE = 2**64
MAX_WALK = 256
MAX_EMPTY = 8
HEARTBEAT = 3_600
FIRST = "first"  # the round that the feed was deployed with, weeks before
NEW_PHASE = "new phase"
BAD = [0, -2_000, "0.99999999", "1000000.00000001"]  # [USD] no prices, by sign and by bounds


class CountingChain(RevmChain):
    """Puts a switch between the book and its feed, and counts what is read of it."""

    def __init__(self):
        super().__init__()
        self.feed = self.switch = None
        self.reads = 0

    def deploy(self, name, *arguments, sender):
        if name == "OptionBook":
            self.switch = super().deploy("SwitchHarness", self.feed, sender=sender)
            arguments = [self.switch if each is self.feed else each for each in arguments]
        contract = super().deploy(name, *arguments, sender=sender)
        self.feed = contract if name == "MockFeed" else self.feed
        return contract

    def read(self, contract, function, *arguments):
        self.reads += 1
        return super().read(contract, function, *arguments)


class Board:
    """One board of a vault that has sold nothing, and the feed by which it settles."""

    def __init__(self):
        self.chain = CountingChain()
        self.chain.advance(START)
        self.owner, self.keeper = self.chain.accounts(2)
        values = parameters.load()
        self.system = deploy(self.chain, self.owner, values, 2_000 * WAD)
        now = self.chain.now()
        self.expiry = list_boards(
            self.chain, self.system.book, self.owner, values, 2_000 * WAD, now
        )[-1]
        self.feed = copy(self.system.feed)
        self.feed.address = self.chain.switch.address
        self.first = self.latest()

    def latest(self):
        return self.chain.read(self.system.feed, "latest_round")

    def push(self, usd, at):
        """Publish a price that bears that time; returns its round."""
        answer = round(float(usd) * 10**8)
        self._send(self.system.feed, "push_at", answer, self.expiry + at)
        return self.latest()

    def new_phase(self):
        self._send(self.system.feed, "new_phase")

    def live(self, history):
        """Rounds (price, time) and new phases, one after another; returns the rounds."""
        rounds = []
        for step in history:
            if step == NEW_PHASE:
                self.new_phase()
            else:
                rounds.append(self.push(*step))
        return rounds

    def switch_off(self):
        """The book's feed answers no more."""
        self._send(self.chain.switch, "switch_off")

    def wait(self, until):
        """The newest block is at that time."""
        self.chain.advance(self.expiry + until)
        self.chain.next_block()

    @contextmanager
    def undone(self):
        """What happens inside has not happened after."""
        before = self.chain.snapshot()
        try:
            yield
        finally:
            self.chain.revert(before)

    @contextmanager
    def moment(self, at):
        """Inside, the newest block is at that time."""
        with self.undone():
            self.wait(at)
            yield

    def search(self, expiry=None, now=None):
        expiry = expiry or self.expiry
        return settlement_rounds(self.chain, self.feed, expiry, self.system.book, now)

    def price(self, rounds):
        """What the book settles at by these rounds [USD]; None: in the newest block it refuses."""
        book = self.system.book
        with self.undone():
            try:
                self.chain.read(book, "settle", self.expiry, *rounds)
            except Reverted:
                return None
            self._send(book, "settle", self.expiry, *rounds)
            return self.chain.read(book, "settlement_price", self.expiry) / WAD

    def prices(self, rounds):
        """What each two of these rounds, or one and none, settle the board at, as far as any do."""
        found = {
            Rounds(*pair): self.price(pair) for pair in product([0, self.first, *rounds], repeat=2)
        }
        return {pair: price for pair, price in found.items() if price is not None}

    def _send(self, contract, function, *arguments):
        self.chain.send(contract, function, *arguments, sender=self.owner)


@pytest.fixture(scope="module")
def deployed():
    return Board()


@pytest.fixture
def board(deployed):
    with deployed.undone():
        yield deployed


# ------------------------------------------------------------------ states of the feed

# What was published, which of it is found, and its price: the last round makes the difference.
BY_A_ROUND = {
    "1: around expiry": ([(2_100, -600), (2_200, 5)], (0, 1), 2_100),
    "1: at expiry, and a second after": ([(2_100, 0), (2_200, 1)], (0, 1), 2_100),
    "1: a heartbeat old": ([(2_100, -HEARTBEAT), (2_200, 5)], (0, 1), 2_100),
    "1: several in the second of expiry": ([(2_000, 0), (2_100, 0), (2_200, 5)], (1, 2), 2_100),
    "1: next without a price": ([(2_100, -600), (0, 5)], (0, 1), 2_100),
    "1: next of a new phase": ([(2_100, -600), NEW_PHASE, (2_200, 5)], (0, 1), 2_100),
    "1: next without a price, of a new phase": ([(2_100, -9), NEW_PHASE, (-1, 5)], (0, 1), 2_100),
    "1: next after empty phases": (
        [(2_100, -600), *[NEW_PHASE] * (MAX_EMPTY + 1), (2_200, 5)], (0, 1), 2_100
    ),
    "1: of several phases before": (
        [(1_900, -900), NEW_PHASE, (2_000, -700), NEW_PHASE, (2_100, -500), (2_200, 5)],
        (2, 3), 2_100,
    ),
    "2: older than a heartbeat": ([(2_100, -HEARTBEAT - 1), (2_200, 5)], (0, 1), 2_200),
    "2: nothing for weeks": ([(2_200, 5)], (FIRST, 0), 2_200),
    "2: next of a new phase": ([(2_100, -DAY), NEW_PHASE, (2_200, 5)], (0, 1), 2_200),
    "2: bad rounds before": ([(2_000, -9), (0, -5), (-1, -1), (2_200, 5)], (2, 3), 2_200),
    "2: bad rounds on both sides": ([(0, -1), (0, 1), (-1, 2), (2_200, 5)], (0, 3), 2_200),
    "2: bad rounds after a silence": ([(2_100, -DAY), (0, 1), (2_200, 5)], (0, 2), 2_200),
    "2: bad rounds over phases": (
        [(0, -1), (0, 1), NEW_PHASE, (-1, 2), *[NEW_PHASE] * 4, (0, 3), (2_200, 5)], (0, 4), 2_200
    ),
    "2: after a week": ([(2_100, -DAY), (0, 5), (2_200, WEEK - 1)], (0, 2), 2_200),
    "2: nothing ever before": ([NEW_PHASE, (0, -9), (2_200, 5)], (0, 1), 2_200),
}  # fmt: skip

# What was published, which of it is found, its price, and the last second of the wait.
BY_THE_CLOCK = {
    "3: silent since expiry": ([(2_100, -600)], (0, None), 2_100, HEARTBEAT),
    "3: at expiry": ([(2_100, 0)], (0, None), 2_100, HEARTBEAT),
    "3: a heartbeat old": ([(2_100, -HEARTBEAT)], (0, None), 2_100, HEARTBEAT),
    "3: a new phase without a round": ([(2_100, -9), NEW_PHASE], (0, None), 2_100, HEARTBEAT),
    "3: next after too many empty phases": (
        [(2_100, -9), *[NEW_PHASE] * (MAX_EMPTY + 2), (2_200, 5)], (0, None), 2_100, HEARTBEAT
    ),
    "3: older than a heartbeat": ([(2_100, -HEARTBEAT - 1)], (0, None), 2_100, WEEK),
    "3: nothing for weeks": ([], (FIRST, None), 2_000, WEEK),
    "3: bad rounds before": ([(2_100, -9), (0, -5), (-1, -1)], (0, None), 2_100, WEEK),
    "3: bad rounds after a silence": ([(2_100, -DAY), (0, 5), (-1, 9)], (0, None), 2_100, WEEK),
    "3: bad rounds over phases": (
        [(2_100, -9), (0, -5), NEW_PHASE, (0, -3), NEW_PHASE, NEW_PHASE, (-1, 9)],
        (0, None), 2_100, WEEK,
    ),
}  # fmt: skip


def the(found, rounds, board):
    """Rounds by their places in a history."""
    places = {FIRST: board.first, None: 0, **dict(enumerate(rounds))}
    return Rounds(*(places[place] for place in found))


@pytest.mark.parametrize("history, found, price", BY_A_ROUND.values(), ids=BY_A_ROUND)
def test_search__state_ended_by_a_round__finds_what_the_book_accepts(board, history, found, price):
    """SPEC-B7: 1 and 2; one round earlier it is too early."""
    *before, (_, at) = history
    rounds = board.live(before)
    board.wait(at)
    early = board.search()
    assert isinstance(early, TooEarly) and board.prices(rounds) == {}

    rounds += board.live(history[-1:])
    assert board.search() == the(found, rounds, board)
    assert board.prices(rounds)[board.search()] == price


@pytest.mark.parametrize("history, found, price, wait", BY_THE_CLOCK.values(), ids=BY_THE_CLOCK)
def test_search__state_ended_by_the_clock__finds_what_the_book_accepts(
    board, history, found, price, wait
):
    """SPEC-B7: 3; one second earlier it is too early, and known how long_feed."""
    rounds = board.live(history)
    board.wait(wait)
    assert board.search() == TooEarly(board.expiry + wait + 1)
    assert board.prices(rounds) == {}

    board.wait(wait + 1)
    assert board.search() == the(found, rounds, board)
    assert board.prices(rounds)[board.search()] == price


@pytest.mark.parametrize("answer", BAD)
def test_search__answer_that_is_no_price__is_passed_over(board, answer):
    """SPEC-B7: not positive, or beyond the bounds of the book, to the last digit."""
    rounds = board.live([(2_100, -9), (answer, -1), (answer, 1), (2_200, 5)])
    board.wait(5)
    assert board.search() == Rounds(rounds[1], rounds[3])
    assert board.price(board.search()) == 2_200


@pytest.mark.parametrize("answer", [1, 1_000_000])
def test_search__answer_at_a_bound__is_a_price(board, answer):
    """SPEC-B7."""
    rounds = board.live([(answer, -1), (2_200, 5)])
    board.wait(5)
    assert board.search() == Rounds(*rounds)
    assert board.price(rounds) == answer


def test_search__dead_feed__is_given_up_a_month_after(board):
    """SPEC-B7: 4."""
    board.live([(2_100, -9), (2_200, 5)])
    board.switch_off()
    board.wait(MONTH)
    assert board.search() == TooEarly(board.expiry + MONTH + 1)
    assert board.price((0, 0)) is None
    board.wait(MONTH + 1)
    assert board.search() == Rounds(0, 0)
    assert board.price((0, 0)) == 2_000  # all that the book has seen


def test_search__dead_feed_and_no_price_ever_seen__is_too_early_for_good(board):
    """SPEC-B7: nothing was ever sold."""
    system, oracle = board.system, parameters.load()["book"]["oracle"]
    parts = system.vault, system.venue, board.chain.feed, system.pricer, system.breaker
    book = board.chain.deploy("OptionBook", *parts, oracle, sender=board.owner)
    feed = copy(board.feed)
    feed.address = board.chain.switch.address
    board.chain.send(board.chain.switch, "switch_off", sender=board.owner)
    board.wait(MONTH + 1)
    assert settlement_rounds(board.chain, feed, board.expiry, book) == TooEarly(None)


def test_search__newest_round_unreadable__still_finds_those_before(board):
    """SPEC-B7: a feed that changed to an aggregator without an answer shows the old rounds."""
    board.new_phase()
    rounds = board.live([(2_100, -9), (2_200, 5), NEW_PHASE])
    board.live([(0, -board.expiry)])
    board.wait(5)
    assert board.search() == Rounds(*rounds)
    assert board.price(rounds) == 2_100


@pytest.mark.parametrize("age", [9, DAY])
def test_search__newest_round_unreadable_for_a_month__needs_it_no_more(board, age):
    """SPEC-B7: the last price before, when no one followed."""
    rounds = board.live([(2_100, -age), NEW_PHASE])
    board.live([(0, -board.expiry)])
    wait = HEARTBEAT if age == 9 else WEEK
    board.wait(wait)
    assert board.search() == TooEarly(board.expiry + wait + 1)
    board.wait(MONTH + 1)
    assert board.search() == Rounds(rounds[0], 0)
    assert board.price(board.search()) == 2_100


@pytest.mark.parametrize("phases", [0, 1])
def test_search__round_that_does_not_answer__ends_its_phase(board, phases):
    """SPEC-B7: as it does for the book, though the phase goes on."""
    rounds = board.live([(2_100, -9), (2_000, -board.expiry), (2_150, 3)])
    rounds += board.live([NEW_PHASE, (2_200, 5)] * phases)
    board.wait(HEARTBEAT + 1)
    assert board.search() == Rounds(rounds[0], rounds[3] if phases else 0)
    assert board.price(board.search()) == 2_100


def test_search__before_expiry__is_too_early(board):
    board.live([(2_100, -9), (2_200, 5)])
    board.wait(-1)
    assert board.search() == TooEarly(board.expiry)
    board.wait(0)
    assert isinstance(board.search(), Rounds)


def test_search__another_moment__is_judged_by_that(board):
    (last,) = board.live([(2_100, -9)])
    board.wait(1)
    since = board.expiry + HEARTBEAT + 1
    assert board.search(now=since) == Rounds(last, 0)
    assert board.search(now=since - 1) == board.search() == TooEarly(since)


def test_search__no_price_before_or_after__waits_for_a_round(board):
    """SPEC-B7: no rounds will ever do, but of a price that is still to come."""
    oracle = board.chain.read(board.system.book, "oracle")._replace(min_price=2_001 * WAD)
    board.chain.send(board.system.book, "set_oracle", tuple(oracle), sender=board.owner)
    rounds = board.live([(2_000, -9), (0, 5)])
    board.wait(MONTH)
    assert board.search() == TooEarly(None)
    assert board.prices(rounds) == {}
    rounds += board.live([(2_001, MONTH)])
    assert board.search() == Rounds(rounds[0], rounds[2])
    assert board.price(board.search()) == 2_001


@pytest.mark.parametrize("extra", [0, 1])
def test_search__longest_walk__is_walked_and_one_more_is_not(board, extra):
    """SPEC-B7: on the way to the first price after, and to the last before."""
    last = board.push(0, 0)
    for i in range(MAX_WALK - 1 + extra):
        board.push(0, 1 + i)
    good = board.push(2_200, 600)
    board.wait(600)
    assert board.search() == (TooEarly(None) if extra else Rounds(last, good))
    assert (board.price((last, good)) is None) == bool(extra)


@pytest.mark.parametrize("extra", [0, 1])
def test_search__longest_walk_back__is_walked_and_one_more_is_not(board, extra):
    """SPEC-B7."""
    good = board.push(2_100, -600)
    for _ in range(MAX_WALK - 1 + extra):
        board.push(0, -1)
    board.wait(WEEK + 1)
    assert board.search() == (TooEarly(None) if extra else Rounds(good, 0))
    assert (board.price((good, 0)) is None) == bool(extra)


def test_keeper__feed_silent_for_a_heartbeat__settles(board):
    """SPEC-B7, SPEC-H6: with whatever proves a price, and no sooner."""
    keeper = Keeper(board.chain, board.system, board.keeper)
    board.push(2_100, -9)
    board.wait(HEARTBEAT)
    assert not keeper.settle(board.expiry)
    board.wait(HEARTBEAT + 1)
    assert keeper.settle(board.expiry)
    price = board.chain.read(board.system.book, "settlement_price", board.expiry)
    assert price == 2_100 * WAD


# ------------------------------------------------------------------ any history

gaps = st.sampled_from([0, 1, 600, HEARTBEAT, HEARTBEAT + 1, DAY, WEEK])
answers = st.sampled_from([2_100, 2_200, 2_300, 0, -1])
steps = st.tuples(st.sampled_from([0, 0, 0, 1, 2, 9]), gaps, answers)
"""New phases before a round, seconds since the one before, price."""
nows = st.sampled_from([0, 1, HEARTBEAT, HEARTBEAT + 1, DAY, WEEK, WEEK + 1, MONTH + 1])
any_history = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


def agree(board, rounds, now):
    """The search finds one when the book accepts one; and too early, it says until when."""
    with board.moment(now):
        found, accepted = board.search(), board.prices(rounds)
    if isinstance(found, Rounds):
        assert found in accepted
    else:
        assert accepted == {}
        for later, ends in later_moments(board, found):
            with board.moment(later):
                assert isinstance(board.search(), Rounds) == bool(board.prices(rounds)) == ends
    return accepted


def later_moments(board, early):
    """When to look again, and whether it is over then."""
    if early.until is None:
        return [(2 * MONTH, False)]
    return [(early.until - 1 - board.expiry, False), (early.until - board.expiry, True)]


def test_search__any_history__finds_a_pair_when_there_is_one_and_there_is_one_price(board):
    """SPEC-B7: for each state of the feed there is one price, whoever settles, by whichever
    rounds."""
    seen = {Rounds: 0, TooEarly: 0}

    @any_history
    @given(st.lists(steps, min_size=1, max_size=7), st.integers(0, 7), nows)
    def check(history, split, now):
        at = -sum(gap for _, gap, _ in history[: split + 1])
        rounds = []
        with board.undone():
            for phases, gap, answer in history:
                board.live([NEW_PHASE] * phases)
                at += gap
                rounds.append(board.push(answer, at))
            accepted = agree(board, rounds, max(now, at))
        assert len(set(accepted.values())) <= 1
        seen[Rounds if accepted else TooEarly] += 1

    check()
    assert min(seen.values()) > 3


def test_search__phases_that_overlap__finds_a_pair_when_there_is_one(board):
    """SPEC-B7: an aggregator answers before the feed changes to it, and the old one after."""

    @any_history
    @given(
        st.lists(st.lists(st.tuples(gaps, answers), min_size=1, max_size=4), max_size=3),
        st.lists(st.integers(-WEEK, HEARTBEAT), min_size=3, max_size=3),
        nows,
    )
    def check(phases, starts, now):
        rounds = []
        with board.undone():
            for at, phase in zip(starts, phases, strict=False):
                board.new_phase()
                for gap, answer in phase:
                    at += gap
                    rounds.append(board.push(answer, at))
            agree(board, rounds, now)

    check()


# ------------------------------------------------------------------ what it costs


def reads(board, expiry, now):
    before = board.chain.reads
    found = board.search(expiry, now)
    return found, board.chain.reads - before


@pytest.fixture(scope="module")
def long_feed(deployed):
    """A phase of 3,000 rounds a minute apart, and its first; undone with the module's board."""
    with deployed.undone():
        deployed.new_phase()
        yield deployed, [deployed.push(2_000, 60 * i) for i in range(3_000)]


@pytest.mark.parametrize("since", [1, 2, 3, 4, 5, 31, 32, 33, 1_000, 2_047, 2_048, 2_999])
def test_reads__in_the_newest_phase__grow_with_the_logarithm_of_the_rounds_since(long_feed, since):
    board, ids = long_feed
    expiry = board.expiry + 60 * (2_999 - since)
    found, count = reads(board, expiry, expiry + 60 * since)
    assert found == Rounds(ids[2_999 - since], ids[3_000 - since])
    assert count <= 2 * log2(since + 1) + 5


def test_reads__nothing_since__are_those_of_what_might_have_followed(long_feed):
    board, ids = long_feed
    expiry = board.expiry + 60 * 2_999
    found, count = reads(board, expiry, expiry + HEARTBEAT + 1)
    assert found == Rounds(ids[-1], 0)
    assert count <= 5 + MAX_EMPTY + 2


@pytest.mark.parametrize("place", [0, 1, 2, 1_000, 2_046, 2_047, 2_998, 2_999])
def test_reads__in_an_older_phase__grow_with_the_logarithm_of_its_rounds(long_feed, place):
    board, ids = long_feed
    expiry = board.expiry + 60 * place
    with board.undone():
        board.new_phase()
        after = board.push(2_000, 60 * 3_000)
        found, count = reads(board, expiry, expiry + DAY)
    assert found == Rounds(ids[place], ids[place + 1] if place < 2_999 else after)
    assert count <= 2 * log2(3_000) + 8
