"""The engines agree: what a run leaves behind does not depend on the EVM that it ran on."""

from dataclasses import asdict

from ballast import paths
from ballast.agents import Order
from ballast.attribution import attribute
from ballast.chain import START, ApeChain
from ballast.history import journal
from ballast.parameters import load
from ballast.revm import LOCAL_CHAIN
from ballast.simulation import Cast, World, run

HOURS = 14
ORDERS = [
    Order(hour=2, buyer=0, board=0, strike=4, is_put=False, share=0.02),
    Order(hour=3, buyer=1, board=1, strike=5, is_put=True, share=0.03),
    Order(hour=5, buyer=0, board=1, strike=3, is_put=False, share=0.02),
]


def live(engine, accounts):
    """A short run with sales, hedges, a settlement and claims; its record and its statement."""
    parameters = load()
    parameters["boards"]["tenors"][0] = (HOURS - 2) * 3_600
    owner, keeper, arbitrageur, depositor, *buyers = accounts
    cast = Cast(owner, keeper, arbitrageur, [depositor], buyers)
    path = paths.jump(2_000.0, 0.7, HOURS, seed=5)
    engine.advance(START)
    world = World(engine, cast, parameters, path[0], [3_000_000 * 10**6])
    begin = engine.now()
    record = run(world, path, ORDERS)
    statement = attribute(journal(engine, world.deployment), begin, engine.now())
    statement.check(engine.read(world.deployment.vault, "net_asset_value")[0])
    return record, statement


def test_run__on_ape_and_on_revm__leaves_the_same_rows(
    project, chain, accounts, create_engine, other_chain
):
    """Bit for bit: both execute the same bytecode at the same times."""
    fast = create_engine()
    ours, our_lines = live(fast, fast.accounts(6))
    with other_chain(LOCAL_CHAIN):
        theirs, their_lines = live(ApeChain(project, chain), accounts[:6])
    assert ours.sales > 0 and ours.settled and any(row.hedges for row in ours.rows)
    assert [asdict(row) for row in ours.rows] == [asdict(row) for row in theirs.rows]
    assert ours.refused == theirs.refused
    assert our_lines == their_lines and our_lines.is_live
