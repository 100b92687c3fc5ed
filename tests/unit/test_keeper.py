"""ballast.keeper: when to send, and what. SPEC-B7, SPEC-H6."""

from types import SimpleNamespace

import pytest
from hedge_desk import wad

from ballast.chain import ApeChain
from ballast.keeper import Action, Keeper, Reason, decide

pytest_plugins = ["hedge_fixtures"]


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
