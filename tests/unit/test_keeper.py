"""ballast.keeper: when to send, and what. SPEC-B7, SPEC-H6."""

from types import SimpleNamespace

import pytest
from hedge_desk import wad

from ballast.chain import ApeChain
from ballast.flags import Action, Reason
from ballast.keeper import Keeper, Moment, Policy, Rule, decide

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


# ------------------------------------------------------------------ policies


def hedge_state(action=Action.HEDGE, reason=Reason.OUTSIDE_BAND, net=3, ratio=0.3):
    """Outside a band of 2 ETH, margin target 0.4."""
    return SimpleNamespace(
        action=int(action), reason=int(reason), net_delta=wad(net), band=wad(2),
        margin_ratio=wad(ratio), margin_target=wad("0.4"),
    )  # fmt: skip


@pytest.mark.parametrize(("net", "act"), [(1, False), (2, False), (3, True), (-3, True)])
def test_decide__band_policy_and_time_trigger__leaves_what_is_in_the_band(net, act):
    state = hedge_state(reason=Reason.INTERVAL, net=net)
    assert decide(state, Policy(Rule.BAND)).act is act
    assert decide(state).act


def test_decide__band_policy_and_nothing_sold__unwinds():
    state = hedge_state(reason=Reason.NOTHING_SOLD, net=1)
    assert decide(state, Policy(Rule.BAND)).act


@pytest.mark.parametrize(("now", "act"), [(1_599, False), (1_600, True)])
def test_decide__interval_policy__waits_for_the_interval(now, act):
    policy = Policy(Rule.INTERVAL, interval=600)
    decision = decide(hedge_state(), policy, Moment(now, now, hedged_at=1_000))
    assert decision.act is act
    assert act or decision.reason == "next hedge in 1 s"


@pytest.mark.parametrize(("priced_at", "act"), [(400, True), (399, False)])
def test_decide__price_older_than_the_limit__does_not_hedge(priced_at, act):
    decision = decide(hedge_state(), Policy(max_oracle_age=600), Moment(1_000, priced_at))
    assert decision.act is act
    assert act or decision.reason == "the price is 601 s old, over 600"


@pytest.mark.parametrize(("ratio", "act"), [("0.39", True), ("0.4", False)])
def test_decide__hedge_waits_and_margin_is_short__acts(ratio, act):
    """With enough margin the top-up would be for the hedge alone."""
    state = hedge_state(Action.HEDGE | Action.TOP_UP, ratio=ratio)
    assert decide(state, Policy(max_oracle_age=0), Moment(9, 0)).act is act


@pytest.mark.parametrize("action", [Action.TOP_UP, Action.GIVE_BACK])
def test_decide__margin_alone__no_policy_holds_it_back(action):
    assert decide(hedge_state(action), Policy(Rule.INTERVAL, 600, 0), Moment(9, 0, 9)).act


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
