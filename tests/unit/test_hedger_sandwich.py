"""Hedger.rebalance between two trades of one attacker: it must not pay him. SPEC-H3."""

import pytest
from hedge_desk import ANY_PRICE, FOREVER, curve_size, wad

from ballast import parameters
from ballast.paths import Step
from ballast.simulation import Cast, World
from ballast.units import WAD

CALLS = 3
OPTIONS = 1_000
"""Of one kind, some 500 ETH of delta: each call has a full step to trade."""

DEPOSIT = 4_000_000 * 10**6
MARGIN = 20_000_000 * 10**6


@pytest.fixture(scope="module")
def engine(create_engine):
    return create_engine()


@pytest.fixture(scope="module")
def world(engine):
    """The default deployment at 2,000 USD and an attacker with margin at the venue; nobody
    arbitrages."""
    owner, keeper, arbitrageur, depositor, buyer, attacker = engine.accounts(6)
    cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
    world = World(engine, cast, parameters.load(), Step(2_000 * WAD, 0.0), [DEPOSIT])
    token, venue = world.deployment.token, world.deployment.venue
    engine.send(token, "mint", attacker, MARGIN, sender=owner)
    engine.send(token, "approve", venue, FOREVER, sender=attacker)
    engine.send(venue, "deposit", MARGIN, sender=attacker)
    return world, attacker


@pytest.fixture
def sandwich(engine, world):
    """What the attacker gains when he moves the mark to index·(1 ± percent/100) before each of
    three calls, the way the hedge goes, and closes after it: `sandwich(percent, is_put)`. [USD]"""
    snapshot = engine.snapshot()
    world, attacker = world
    book, venue, hedger = world.deployment.book, world.deployment.venue, world.deployment.hedger

    def trade(size):
        limit = ANY_PRICE if size > 0 else 0
        engine.send(venue, "submit", size, limit, engine.now() + 60, sender=attacker)

    def gain(percent, is_put):
        series = engine.read(book, "series_id", world.expiries[1], 2_000 * WAD, is_put)
        world.buyers[0].buy(series, wad(OPTIONS))
        depth = engine.read(venue, "terms").depth
        step = depth * engine.read(hedger, "execution").max_share // WAD
        sign = -1 if is_put else 1
        before = engine.read(venue, "margin_of", attacker)
        for call in range(1, CALLS + 1):
            push = curve_size(depth, sign * percent) - engine.read(venue, "net_position")
            trade(push)
            engine.send(hedger, "rebalance", sender=attacker)
            assert engine.read(venue, "account", hedger).size == sign * call * step
            trade(-push)
        assert engine.read(venue, "account", attacker).size == 0
        return (engine.read(venue, "margin_of", attacker) - before) / 10**6

    yield gain
    engine.revert(snapshot)


@pytest.mark.parametrize("is_put", [False, True])
@pytest.mark.parametrize("percent", [0.5, 1, 2.75])
def test_rebalance__mark_pushed_before_and_back_after__does_not_pay(sandwich, percent, is_put):
    """SPEC-H3: what a call trades costs the attacker more in fees than it moves the price."""
    assert sandwich(percent, is_put) < 0
