"""ballast.simulation: what an hour does and what its row says of it."""

import pytest

from ballast import parameters, pnl
from ballast.agents import Order
from ballast.paths import Step
from ballast.simulation import Cast, World
from ballast.units import WAD

DEPOSIT = 3_000_000 * 10**6
CALLS = Order(1, 0, 0, 4, False, 0.03)
"""At the money, of the first board."""


@pytest.fixture
def create_world(create_engine):
    """A vault at 2,000 USD, first board of 10 hours: `create_world(**overrides)`."""

    def create(**overrides: str) -> World:
        values = parameters.load(overrides={"boards.tenors": "10 h, 28 d", **overrides})
        engine = create_engine()
        owner, keeper, arbitrageur, depositor, buyer = engine.accounts(5)
        cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
        return World(engine, cast, values, at(2_000), [DEPOSIT])

    return create


def at(price: int, basis: float = 0.0) -> Step:
    """An hour's price [USD] and basis."""
    return Step(price * WAD, basis)


def test_step__hedge_under_maintenance__is_liquidated(create_world):
    """SPEC-M5: the keeper is out, the price falls below what the margin of the long carries."""
    world = create_world()
    world.step(1, at(2_000), [CALLS])
    world.is_hedged = False
    world.step(2, at(1_990), [])
    assert world.chain.events(world.deployment.venue, "Liquidated") == []
    row = world.step(3, at(1_500), [])
    (liquidated,) = world.chain.events(world.deployment.venue, "Liquidated")
    assert liquidated["account"] == world.deployment.hedger.address
    assert liquidated["size_delta"] < 0 and row.hedge < world.record.rows[1].hedge


def test_step__liquidation_refused_for_another_reason__is_not_hidden(create_world, monkeypatch):
    world = create_world()
    monkeypatch.setattr("ballast.simulation.SOUND", "perp_venue: asleep")
    monkeypatch.setattr(world, "_near_liquidation", lambda price: True)
    with pytest.raises(Exception, match="perp_venue: healthy"):
        world.step(1, at(2_000), [])


def test_step__hour_ends_flat__row_keeps_the_lowest_margin_ratio(create_world):
    """At the settlement of all that is sold the hedge is closed."""
    world = create_world()
    world.step(1, at(2_000), [CALLS])
    row = world.step(11, at(1_900), [])
    assert world.record.settled and row.hedge == 0
    assert 0 < row.margin_ratio < world.record.rows[0].margin_ratio


def test_step__never_a_position__row_has_no_margin_ratio(create_world):
    assert create_world().step(1, at(2_000), []).margin_ratio is None


@pytest.mark.parametrize("basis", [-0.5, 0.5])
def test_step__basis_beyond_the_bands__goes_on(create_world, basis):
    """Hour after hour: the mark ends at the venue's band around the index, 10%."""
    world = create_world()
    rows = [world.step(hour, at(2_000, basis), []) for hour in range(1, 6)]
    assert abs(rows[-1].mark / rows[-1].spot - 1) == pytest.approx(min(abs(basis), 0.1), abs=0.03)


def test_step__hedge_in_parts__last_one_is_not_clipped(create_world):
    """SPEC-H3: the first ones are, at the share of the venue's depth."""
    world = create_world(**{"hedger.execution.max_share": "0.005 %"})
    row = world.step(1, at(2_000), [CALLS])
    assert row.hedges > row.clipped > 0
    assert not row.ended_clipped


def test_step__no_room_for_the_hedge__ends_clipped(create_world):
    """SPEC-H3: at 3% adverse nothing can be bought when the mark is 4% above the index."""
    world = create_world()
    row = world.step(1, at(2_000), [CALLS])
    assert not row.ended_clipped
    row = world.step(2, at(2_100, 0.04), [])
    assert row.hedges == 0 and row.ended_clipped


def test_close_books__venue_cannot_pay__lines_still_sum(create_world):
    """SPEC-M3: the long hedge is closed with a profit that the fund does not have."""
    world = create_world(**{"fund.initial": "1 USDC"})
    opening = pnl.open_books(world.chain, world.deployment)
    world.step(1, at(2_000), [CALLS])
    world.step(11, at(2_300), [])
    hedger = world.deployment.hedger
    statement = pnl.close_books(world.chain, world.deployment, opening, 10**12)
    iou = world.chain.read(world.deployment.venue, "iou_of", hedger)
    assert statement.lines["owed by the venue"] == -iou * 10**12 < -1_000 * WAD
    statement.check()


def test_close_books__hedge_bankrupt__lines_still_sum(create_world):
    """SPEC-M5: the price falls through the margin of the long; the fund bears the rest."""
    world = create_world()
    opening = pnl.open_books(world.chain, world.deployment)
    world.step(1, at(2_000), [CALLS])
    world.step(2, at(1_200), [])
    statement = pnl.close_books(world.chain, world.deployment, opening, 10**12)
    assert statement.lines["borne by the venue"] > 1_000 * WAD
    statement.check()
