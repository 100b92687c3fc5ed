"""The demo: a short life of the vault, its books, and what its command says to wrong options."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from ballast import parameters, paths, pnl
from ballast.agents import option_flow
from ballast.chain import ApeChain
from ballast.simulation import Cast, World, run

ROOT = Path(__file__).parents[2]
HOURS = 14
SEED = 5
DEPOSIT = 1_000_000 * 10**6
SCALE = 10**12


@pytest.fixture(scope="module")
def create_world(project, chain, owner, keeper, arbitrageur, depositor, buyer, stranger):
    """A vault with one depositor and two buyers, first board of 10 hours: `create_world()`."""

    def create(is_hedged: bool = True) -> tuple[World, list[paths.Step]]:
        values = parameters.load(overrides={"boards.tenors": "10 h, 28 d"})
        path = paths.jump(2_000, 1.0, HOURS, SEED, jumps_a_year=2_000.0)
        cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer, stranger])
        world = World(ApeChain(project, chain), cast, values, path[0], [DEPOSIT], is_hedged)
        return world, path

    return create


def flow(world):
    return option_flow("mixed", HOURS, 2, len(world.strikes), SEED)


def identity(world) -> int:
    """Cash − claims + hedge equity − liability − NAV [USD wad]: 0 when the books are right."""
    vault, chain = world.deployment.vault, world.chain
    ledger = chain.read(vault, "ledger")
    equity = chain.read(world.deployment.hedger, "account").equity
    liability = chain.read(world.deployment.book, "risk").mid
    nav, _, _, valid = chain.read(vault, "net_asset_value")
    assert valid
    return (ledger.cash - ledger.claims) * ledger.scale + equity - liability - nav


@dataclasses.dataclass
class Life:
    """What a run left to look at."""

    world: World
    identities: list[int]
    statements: list[pnl.Statement]


@pytest.fixture(scope="module")
def life(create_world) -> Life:
    """A hedged run, looked at after every hour."""
    world, path = create_world()
    opening = pnl.open_books(world.chain, world.deployment)
    life = Life(world, [identity(world)], [])

    def look(row):
        life.identities.append(identity(world))
        if row.hour % 4 == 0 or row.hour == HOURS:
            statement = pnl.close_books(world.chain, world.deployment, opening, SCALE)
            life.statements.append(statement)

    run(world, path, flow(world), look)
    return life


def test_run__a_life__has_something_to_show(life):
    """What the other tests look at did happen."""
    record = life.world.record
    assert record.sales >= 3 and len(record.settled) == 1
    assert {True, False} == {order.is_put for order in flow(life.world)}
    assert sum(row.hedges for row in record.rows) >= 5
    lines = life.statements[-1].lines
    assert all(lines[name] for name in lines)


def test_run__every_hour__books_balance_to_the_wei(life):
    """SPEC-V3: NAV is cash − claims + hedge equity − what is sold."""
    assert life.identities == [0] * (HOURS + 1)


def test_run__every_statement__explains_nav_to_the_cent(life):
    assert len(life.statements) == 4
    for statement in life.statements:
        statement.check()
    assert life.statements[-1].nav_after != life.statements[-1].nav_before


@pytest.mark.parametrize("off", [pnl.CENT, -pnl.CENT])
def test_check__line_tampered__raises(life, off):
    good = life.statements[-1]
    for name, amount in good.lines.items():
        lines = good.lines | {name: amount + 2 * off}
        with pytest.raises(ArithmeticError, match="miss the change of NAV by"):
            dataclasses.replace(good, lines=lines).check()


def test_run__after_the_keeper__is_never_outside_the_band(life):
    """SPEC-H1: and it was before."""
    rows = life.world.record.rows
    assert [row.hour for row in rows if abs(row.net_left) > row.band_left] == []
    assert any(abs(row.net_found) > row.band_found for row in rows)


def test_run__hedged__moves_less_than_the_book(life):
    """In hours without sale or settlement."""
    rows = life.world.record.rows
    quiet = [(a, b) for a, b in zip(rows, rows[1:], strict=False) if not b.traded]
    nav = sum(abs(after.nav - before.nav) for before, after in quiet)
    book = sum(abs(after.book_value - before.book_value) for before, after in quiet)
    assert nav < book / 2


def test_run__no_hedge__trades_nothing(create_world):
    world, path = create_world(is_hedged=False)
    run(world, path, flow(world))
    assert world.record.sales >= 3
    assert all(row.hedge == row.hedges == 0 for row in world.record.rows)
    hedger, venue = world.deployment.hedger, world.deployment.venue
    assert world.chain.read(venue, "margin_of", hedger) == 0
    trades = world.chain.events(venue, "Traded")
    assert trades and all(trade["account"] != hedger.address for trade in trades)


def test_run__same_seed__same_rows(life, create_world):
    world, path = create_world()
    run(world, path[:6], flow(world))
    assert world.record.rows == life.world.record.rows[:5]


# ------------------------------------------------------------------ the command


def demo(*options: str) -> subprocess.CompletedProcess:
    """Run the command as a user does."""
    command = [sys.executable, "-m", "ape", "run", "demo", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.fixture
def files(tmp_path):
    """Price files that are no use."""
    (tmp_path / "no_close.csv").write_text("time,open\n1,2\n2,3\n")
    (tmp_path / "short.csv").write_text("time,close\n1,2000\n2,2010\n3,2020\n")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--path", "absent.csv"], "cannot read 'absent.csv'"),
        (["--path", "{files}/no_close.csv"], "needs a column called one of: close, index_close"),
        (["--path", "{files}/short.csv", "--hours", "12"], "the path has 2 hours, 12 are needed"),
        (["--set", "hedger.band.width=1 %"], "there is no parameter 'hedger.band.width'"),
        (["--set", "venue.imr=10"], "venue.imr: '10' needs a unit"),
        (["--set", "venue.imr"], "'venue.imr' is not of the form NAME=VALUE"),
        (["--set", "hedger.band.max_share=200 %"], "hedger: band share over 100%"),
        (["--hours", "11"], "11 is not in the range x>=12"),
        (["--flow", "straddles"], "'straddles' is not one of 'mixed', 'calls', 'puts'"),
    ],
)
def test_demo__bad_option__says_why_in_a_line(files, options, message):
    result = demo(*(option.format(files=files) for option in options))
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert message in lines[-1]
    assert "Traceback" not in result.stderr + result.stdout
    assert [line for line in lines if not line.startswith(("Usage: ", "Try "))] == lines[-1:]
    assert result.stdout.strip() == ""


def test_demo__help__names_every_option():
    result = demo("--help")
    assert result.returncode == 0
    for option in ("--path", "--flow", "--hours", "--seed", "--no-hedge", "--out", "--set"):
        assert option in result.stdout
