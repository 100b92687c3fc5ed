"""The logs of a chain, alike on both engines: in order, with times, deployments and structs."""

import pytest
from perp_desk import DEFAULTS

from ballast.chain import START, ApeChain
from ballast.deployment import push_price
from ballast.units import WAD


@pytest.fixture(scope="module", params=["ape", "revm"])
def engine(request, project, chain, create_engine):
    return ApeChain(project, chain) if request.param == "ape" else create_engine()


@pytest.fixture(scope="module")
def people(engine, owner, stranger):
    return [owner, stranger] if isinstance(engine, ApeChain) else engine.accounts(2)


@pytest.fixture(scope="module")
def token(engine, people):
    return engine.deploy("MockToken", "USD Coin", "USDC", 6, sender=people[0])


@pytest.fixture(scope="module")
def feed(engine, people):
    feed = engine.deploy("MockFeed", "ETH / USD", 8, sender=people[0])
    push_price(engine, feed, people[0], 2_000 * WAD)
    return feed


@pytest.fixture(scope="module")
def venue(engine, people, token, feed):
    return engine.deploy("PerpMarket", token, feed, DEFAULTS, sender=people[0])


def test_logs__answer_of_the_mock__is_what_an_aggregator_says(engine, people, feed):
    """SPEC-L1."""
    (answer,) = (log for log in engine.logs(feed) if log.name == "AnswerUpdated")
    assert answer.contract is feed
    assert answer.arguments == {
        "current": 2_000 * 10**8, "roundId": (1 << 64) + 1, "updatedAt": answer.timestamp
    }  # fmt: skip


def test_logs__venue_opened__says_its_parameters_and_units(engine, venue, token, feed):
    """SPEC-L1: nothing of the code that runs later knows of it."""
    (opened,) = (log for log in engine.logs(venue) if log.name == "Opened")
    said = opened.arguments
    assert said["config"]._asdict() == DEFAULTS
    assert (said["scale"], said["feed_scale"]) == (10**12, 10**10)
    assert said["token"].lower() == token.address.lower()
    assert said["feed"].lower() == feed.address.lower()
    assert START < opened.timestamp <= engine.now()


def test_logs__of_several__are_in_their_order(engine, people, token, feed):
    owner, other = people
    before = len(engine.logs(token, feed))
    for step in range(3):
        engine.send(token, "mint", other, step + 1, sender=owner)
        push_price(engine, feed, owner, (2_001 + step) * WAD)
    seen = engine.logs(feed, token)[before:]
    assert [log.name for log in seen] == ["Transfer", "AnswerUpdated"] * 3
    times = [log.timestamp for log in seen]
    assert times == sorted(set(times)) and times[-1] == engine.now()
    assert [log.arguments for log in seen if log.contract is token] == engine.events(
        token, "Transfer"
    )[-3:]


def test_revert__to_a_snapshot__forgets_the_logs_since(engine, people, token):
    snapshot = engine.snapshot()
    before = engine.logs(token)
    engine.send(token, "mint", people[1], 5, sender=people[0])
    assert len(engine.logs(token)) == len(before) + 1
    engine.revert(snapshot)
    assert engine.logs(token) == before
