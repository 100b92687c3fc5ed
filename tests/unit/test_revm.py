"""RevmChain: time, refusals, snapshots and encodings are those of a chain."""

import pytest

from ballast.chain import START, Reverted


@pytest.fixture
def engine(create_engine):
    return create_engine()


@pytest.fixture
def people(engine):
    return engine.accounts(2)


@pytest.fixture
def token(engine, people):
    return engine.deploy("MockToken", "USD Coin", "USDC", 6, sender=people[0])


def test_deploy__first__is_at_the_time_that_was_asked(engine, token):
    assert engine.now() == START


def test_send__each__is_a_block_a_second_later(engine, token, people):
    first = engine.send(token, "mint", people[1], 5, sender=people[0])
    second = engine.send(token, "mint", people[1], 5, sender=people[0])
    assert second.block == first.block + 1
    assert second.timestamp == first.timestamp + 1
    assert engine.read(token, "balanceOf", people[1]) == 10


def test_send__refused__raises_the_reason_and_changes_only_the_time(engine, token, people):
    before = engine.now()
    with pytest.raises(Reverted, match="access is denied"):
        engine.send(token, "mint", people[1], 5, sender=people[1])
    assert engine.now() == before + 1
    assert engine.read(token, "totalSupply") == 0


def test_read__does_not_change_anything(engine, token, people):
    with pytest.raises(Reverted):
        engine.read(token, "transfer", people[1], 1)
    assert engine.read(token, "balanceOf", people[1]) == 0


def test_snapshot__reverted__restores_state_time_and_events(engine, token, people):
    snapshot, now = engine.snapshot(), engine.now()
    engine.send(token, "mint", people[1], 5, sender=people[0])
    assert engine.events(token, "Transfer")[-1]["value"] == 5
    engine.revert(snapshot)
    assert engine.now() == now
    assert engine.read(token, "balanceOf", people[1]) == 0
    assert engine.events(token, "Transfer") == []


def test_read__many_times__never_runs_out_of_depth(engine, token, people):
    for _ in range(1_100):
        engine.read(token, "balanceOf", people[1])
    engine.send(token, "mint", people[1], 5, sender=people[0])
    assert engine.read(token, "balanceOf", people[1]) == 5


def test_send__many_times__never_runs_out_of_depth(engine, token, people):
    for _ in range(1_100):
        engine.send(token, "mint", people[1], 1, sender=people[0])
    assert engine.read(token, "balanceOf", people[1]) == 1_100
