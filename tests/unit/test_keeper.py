"""ballast.keeper: when to send, and which rounds settle a board. SPEC-B7, SPEC-H6."""

from types import SimpleNamespace

import pytest
from hedge_desk import wad

from ballast.chain import ApeChain, Reverted
from ballast.keeper import Action, Keeper, Reason, decide, settlement_rounds

pytest_plugins = ["hedge_fixtures"]

PRICE = 2_000 * 10**8
HOUR = 3_600


def state(action, reason):
    return SimpleNamespace(action=int(action), reason=int(reason))


@pytest.mark.parametrize("reason", list(Reason))
def test_decide__nothing_to_do__waits_and_says_why(reason):
    decision = decide(state(0, reason))
    assert not decision.act
    assert decision.reason == reason.name.lower().replace("_", " ")


@pytest.mark.parametrize(
    ("action", "reason", "words"),
    [
        (Action.HEDGE, Reason.OUTSIDE_BAND, "hedge: outside band"),
        (Action.TOP_UP, Reason.INVALID_FEED, "top up: invalid feed"),
        (Action.HEDGE | Action.TOP_UP, Reason.INTERVAL, "hedge and top up: interval"),
        (Action.HEDGE | Action.GIVE_BACK, Reason.NOTHING_SOLD, "hedge and give back: nothing sold"),
    ],
)
def test_decide__something_to_do__acts_and_says_what(action, reason, words):
    decision = decide(state(action, reason))
    assert decision.act and decision.reason == words


@pytest.fixture(scope="module")
def engine(project, chain):
    return ApeChain(project, chain)


# ------------------------------------------------------------------ a visit


def visit(hedge, engine):
    """The states that a keeper saw in a visit."""
    states = []
    Keeper(engine, hedge.system, hedge.keeper).visit(states.append)
    return states


def test_visit__nothing_to_do__sends_nothing(hedge, engine):
    nonce = hedge.keeper.nonce
    assert len(visit(hedge, engine)) == 1
    assert hedge.keeper.nonce == nonce


def test_visit__one_hedge__is_inside_the_band_after_it(hedge, engine):
    hedge.sell(40)
    states = visit(hedge, engine)
    assert states[0].trade != 0
    assert abs(states[-1].net_delta) <= states[-1].band


def test_visit__large_hedge__goes_on_in_the_next_blocks(create_hedge, engine):
    """SPEC-H3: clipped at 4 ETH a call; the block of a hedge shows nothing to do, the next one
    does."""
    hedge = create_hedge(**{"hedger.execution.max_share": "0.002 %"})
    hedge.sell(20)
    states = visit(hedge, engine)
    assert sum(state.trade != 0 for state in states) >= 3
    assert hedge.size() > wad(8)
    assert abs(states[-1].net_delta) <= states[-1].band


def test_settle__too_early__sends_nothing(hedge, engine):
    keeper = Keeper(engine, hedge.system, hedge.keeper)
    expiry = hedge.system.book.live_boards()[0]
    hedge.wait(expiry - hedge.now())
    nonce = hedge.keeper.nonce
    assert keeper.settle(expiry) is False
    assert hedge.keeper.nonce == nonce
    assert expiry in hedge.system.book.live_boards()


def test_settle__feed_moved_past_expiry__settles(hedge, engine):
    """SPEC-B7: with the rounds that the book accepts."""
    keeper = Keeper(engine, hedge.system, hedge.keeper)
    expiry = hedge.system.book.live_boards()[0]
    hedge.wait(expiry - hedge.now() - 60)
    hedge.push(2_100)
    hedge.wait(60)
    hedge.push(2_200)
    assert keeper.settle(expiry) is True
    assert hedge.system.book.settlement_price(expiry) == wad(2_100)
    assert expiry not in hedge.system.book.live_boards()


# ------------------------------------------------------------------ the rounds around an expiry


@pytest.fixture
def rounds(create_feed, chain, owner):
    """A feed with rounds an hour apart; its id and time of each."""
    feed = create_feed()
    start = chain.blocks.head.timestamp
    ids = []
    for i in range(4):
        feed.push_at(PRICE + i, start + i * HOUR, sender=owner)
        ids.append((feed.latest_round(), start + i * HOUR))
    return feed, ids


@pytest.mark.parametrize("off", [0, 1, HOUR - 1])
@pytest.mark.parametrize("i", [0, 1, 2])
def test_settlement_rounds__between_two__are_those(rounds, engine, i, off):
    """SPEC-B7: a round exactly at expiry counts as before it."""
    feed, ids = rounds
    assert settlement_rounds(engine, feed, ids[i][1] + off) == (ids[i][0], ids[i + 1][0])


@pytest.mark.parametrize("off", [0, 1])
def test_settlement_rounds__newest_not_after__is_none(rounds, engine, off):
    """SPEC-B7: one at expiry is not after it."""
    feed, ids = rounds
    assert settlement_rounds(engine, feed, ids[-1][1] + off) is None


def test_settlement_rounds__one_second_before_the_newest__is_found(rounds, engine):
    feed, ids = rounds
    assert settlement_rounds(engine, feed, ids[-1][1] - 1) == (ids[-2][0], ids[-1][0])


def test_settlement_rounds__rounds_of_one_second__takes_the_last(create_feed, engine, owner):
    """SPEC-B7: of several at or before expiry, the newest."""
    feed = create_feed()
    for at in (100, 100, 200, 200):
        feed.push_at(PRICE, at, sender=owner)
    first = feed.latest_round() - 3
    assert settlement_rounds(engine, feed, 100) == (first + 1, first + 2)


def test_settlement_rounds__expiry_before_the_phase__is_refused(rounds, engine, owner, chain):
    """The rounds of an earlier phase cannot be walked to: someone must name them."""
    feed, ids = rounds
    feed.new_phase(sender=owner)
    feed.push_at(PRICE, ids[-1][1] + HOUR, sender=owner)
    with pytest.raises(Reverted, match="mock_feed: no such round"):
        settlement_rounds(engine, feed, ids[-1][1] + 1)
