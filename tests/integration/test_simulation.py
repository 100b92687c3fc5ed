"""ballast.simulation: what an hour does and what its row says of it."""

from dataclasses import replace

import pytest

from ballast import parameters
from ballast.agents import Order
from ballast.attribution import OPTIONS, Statement, attribute
from ballast.deployment import deploy
from ballast.history import journal
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


def test_step__rolling__boards_are_listed_as_old_ones_expire(create_engine):
    """Each from expiry to expiry, at the spot and the vol of then; what is sold goes on."""
    values = parameters.load(overrides={"boards.tenors": "6 h, 28 d"})
    engine = create_engine()
    owner, keeper, arbitrageur, depositor, buyer = engine.accounts(5)
    cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
    vols = {6: WAD, 12: WAD // 2}
    world = World(engine, cast, values, at(2_000), [DEPOSIT], roll=vols.__getitem__)
    first, far = world.expiries
    for hour in range(1, 14):
        world.step(hour, at(2_000 + 10 * hour), [replace(CALLS, hour=hour)])
    assert world.expiries == [first + 12 * 3_600, far]
    assert world.boards[0].strikes[4] == 2_120 * WAD and world.boards[1].strikes[4] == 2_000 * WAD
    assert world.record.settled == [first, first + 6 * 3_600]
    listed = engine.events(world.deployment.book, "BoardListed")
    assert [board["surface"].atm_vol for board in listed] == [
        values["boards"]["atm_vol"], values["boards"]["atm_vol"], vols[6], vols[12],
    ]  # fmt: skip
    assert world.record.sales == 5  # two hours of a board, the rest is inside the cutoff


def test_step__not_rolling__an_expired_board_has_no_successor(create_world):
    world = create_world()
    expiries = world.expiries
    for hour in (1, 11):
        world.step(hour, at(2_000), [CALLS])
    assert world.record.settled == expiries[:1] and world.expiries == expiries
    assert world.record.sales == 1


@pytest.mark.parametrize("is_hedged", [True, False])
def test_world__a_deployment_that_stands__is_the_same_as_its_own(create_engine, is_hedged):
    """Row by row, but for the seconds that it stands already."""
    values = parameters.load()
    worlds = []
    for stands in (False, True):
        engine = create_engine()
        owner, keeper, arbitrageur, depositor, buyer = engine.accounts(5)
        cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
        parts = deploy(engine, owner, values, 1_900 * WAD) if stands else None
        world = World(
            engine, cast, values, at(2_000), [DEPOSIT], is_hedged=is_hedged, deployment=parts
        )
        for hour in (1, 2, 3):
            world.step(hour, at(2_000 + 20 * hour), [replace(CALLS, hour=hour)])
        worlds.append(world)
    own, other = (world.record for world in worlds)
    assert own.rows == other.rows and own.sales == other.sales == 3
    assert (sum(row.hedges for row in own.rows) > 0) is is_hedged


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


def explain(world: World, begin: int) -> Statement:
    """The statement since `begin`, checked to the wei against the vault."""
    chain, deployment = world.chain, world.deployment
    statement = attribute(journal(chain, deployment), begin, chain.now())
    assert statement.is_live
    statement.check(chain.read(deployment.vault, "net_asset_value")[0])
    return statement


def test_attribute__venue_cannot_pay__lines_still_sum(create_world):
    """SPEC-M3 SPEC-L2: the long hedge is closed with a profit that the fund does not have; what
    comes in later pays a part."""
    world = create_world(**{"fund.initial": "1 USDC"})
    begin = world.chain.now()
    world.step(1, at(2_000), [CALLS])
    world.step(11, at(2_300), [])
    deployment = world.deployment
    owed = world.chain.read(deployment.venue, "iou_of", deployment.hedger)
    statement = explain(world, begin)
    assert statement.lines["owed by the venue"] == -owed * 10**12 < -1_000 * WAD
    owner, gift = world.cast.owner, owed // 3
    world.chain.send(deployment.token, "mint", owner, gift, sender=owner)
    world.chain.send(deployment.token, "approve", deployment.venue, gift, sender=owner)
    world.chain.send(deployment.venue, "add_to_fund", gift, sender=owner)
    world.chain.send(deployment.venue, "collect", deployment.hedger, sender=owner)
    left = world.chain.read(deployment.venue, "iou_of", deployment.hedger)
    assert explain(world, begin).lines["owed by the venue"] == -left * 10**12 > -owed * 10**12


def test_attribute__hedge_bankrupt__lines_still_sum(create_world):
    """SPEC-M5 SPEC-L2: the price falls through the margin of the long; the fund bears the rest."""
    world = create_world()
    begin = world.chain.now()
    world.step(1, at(2_000), [CALLS])
    world.step(2, at(1_200), [])
    assert explain(world, begin).lines["borne by the venue"] > 1_000 * WAD


def test_attribute__hedge_liquidated_in_part__penalty_is_no_fee(create_world):
    """SPEC-M5 SPEC-L2."""
    world = create_world()
    world.step(1, at(2_000), [CALLS])
    world.is_hedged = False
    begin = world.chain.now()
    hedger, venue = world.deployment.hedger, world.deployment.venue
    limit = world.chain.read(venue, "liquidation_price", hedger) // WAD
    world.step(2, at(limit - 10), [])
    (liquidated,) = world.chain.events(venue, "Liquidated")
    assert world.chain.read(hedger, "account").size > 0
    lines = explain(world, begin).lines
    assert lines["liquidation"] == -liquidated["penalty"] * 10**12 < 0
    assert lines["venue fees"] == 0


def test_attribute__vault_insolvent__payoff_is_cut(create_world):
    """SPEC-C1 SPEC-L2: an unhedged book that lost more than there is."""
    world = create_world(**{"pricer.stress.max_loss": "100 %", "pricer.limits.max_delta": "100 %"})
    world.is_hedged = False
    begin = world.chain.now()
    big = replace(CALLS, share=0.4)
    world.step(1, at(2_000), [big] * 3)
    world.step(11, at(9_000), [])
    assert world.record.settled
    statement = explain(world, begin)
    assert statement.lines["insolvency cut"] > WAD
    assert statement.nav_after < WAD


def test_attribute__people_come_and_go__flows_are_no_result(create_world):
    """SPEC-L2: deposits, withdrawals, and what the pool fills."""
    world = create_world()
    chain, deployment, owner = world.chain, world.deployment, world.cast.owner
    (depositor,) = world.cast.depositors
    begin = chain.now()
    chain.send(deployment.token, "mint", depositor, DEPOSIT, sender=owner)
    chain.send(deployment.token, "approve", deployment.vault, DEPOSIT, sender=depositor)
    chain.send(deployment.vault, "deposit", DEPOSIT // 3, depositor, sender=depositor)
    world.step(1, at(2_000), [CALLS])
    chain.send(deployment.vault, "withdraw", 10**9, depositor, depositor, sender=depositor)
    shares = chain.read(deployment.vault, "balanceOf", depositor) // 10
    chain.send(deployment.vault, "request_redeem", shares, depositor, depositor, sender=depositor)
    chain.send(deployment.vault, "process_redemptions", sender=depositor)
    (filled,) = chain.events(deployment.vault, "RedemptionsProcessed")
    lines = explain(world, begin).lines
    assert lines["deposits"] == DEPOSIT // 3 * 10**12
    assert lines["withdrawals"] == -(10**9) * 10**12
    assert lines["redemptions"] == -filled["assets"] * 10**12 < 0
    chain.send(deployment.vault, "claim_redemption", depositor, sender=depositor)
    assert explain(world, begin).lines["redemptions"] == lines["redemptions"]


def test_attribute__vols_and_options_come_back__lines_still_sum(create_world):
    """SPEC-B11 SPEC-B12 SPEC-L2: a vol raised costs the seller; what comes back leaves the book."""
    world = create_world()
    world.step(1, at(2_000), [CALLS])
    chain, deployment, buyer = world.chain, world.deployment, world.buyers[0]
    begin = chain.now()
    surface = {"atm_vol": 75 * WAD // 100, "skew": 0, "smile": 0}
    chain.send(deployment.book, "set_vol", world.expiries[0], surface, sender=world.cast.owner)
    (series,) = buyer.series
    held = chain.read(deployment.book, "sold", series)
    for amount in (held // 3, held - held // 3):
        chain.send(
            deployment.book, "sell", series, amount, 0, buyer.account, 2**40, sender=buyer.account
        )
    lines = explain(world, begin).lines
    assert lines["vega"] < -10 * WAD
    assert lines["premium"] > 0
    assert chain.read(deployment.book, "risk").sold == 0


def test_attribute__any_hour__is_a_statement_and_they_chain(create_world):
    """SPEC-L2: the lines of the parts are those of the whole, but for what time and carry share: a
    mark more between them."""
    world = create_world()
    ends = [world.chain.now()]
    for hour, price in enumerate([2_000, 2_060, 1_950], start=1):
        world.step(hour, at(price), [CALLS])
        ends.append(world.chain.now())
    entries = journal(world.chain, world.deployment)
    parts = [attribute(entries, *period) for period in zip(ends, ends[1:], strict=False)]
    whole = attribute(entries, ends[0], ends[-1])
    assert [part.residual for part in parts] == [0, 0, 0]
    assert sum(part.total for part in parts) == whole.total
    for name, amount in whole.lines.items():
        split = sum(part.lines[name] for part in parts) - amount
        assert abs(split) < (WAD // 1_000 if name in OPTIONS else 1), name


def test_attribute__feed_falls_silent__goes_on_with_the_last_good_price(create_world):
    """SPEC-L1: the vault stands still meanwhile; when the feed is back the NAV is the same again,
    and who poked the venue in between has changed nothing that the logs do not hold."""
    world = create_world()
    chain, deployment = world.chain, world.deployment
    begin = chain.now()
    world.step(1, at(2_000), [CALLS])
    chain.advance(chain.now() + 5_000)
    chain.send(deployment.venue, "poke", sender=world.cast.keeper)
    statement = attribute(journal(chain, deployment), begin, chain.now())
    stands, *_, valid = chain.read(deployment.vault, "net_asset_value")
    assert not valid and not statement.is_live
    assert statement.residual == 0 and statement.nav_after != stands
    statement.check(stands)
    world.step(4, at(2_050), [])
    explain(world, begin)
