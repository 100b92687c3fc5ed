"""The demo: a short life of the vault, its books, and what its command says to wrong options."""

import dataclasses
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ballast import parameters, paths
from ballast.agents import Order, option_flow
from ballast.attribution import LINES, Statement, attribute
from ballast.deployment import push_price
from ballast.history import journal
from ballast.simulation import Cast, World, run
from ballast.units import WAD
from ballast.venue_history import HistoryError

ROOT = Path(__file__).parents[2]
HOURS = 14
SEED = 7
DEPOSIT = 1_000_000 * 10**6
LOOKS = (4, 9, HOURS)
"""Hours in which a statement is drawn: hedged, about to expire, settled and sold again."""


@pytest.fixture(scope="module")
def create_world(create_engine):
    """A vault with one depositor and two buyers, first board of 10 hours: `create_world()`."""

    def create(is_hedged: bool = True) -> tuple[World, list[paths.Step]]:
        values = parameters.load(overrides={"boards.tenors": "10 h, 28 d"})
        path = paths.gbm(2_000, 1.0, HOURS, SEED)
        engine = create_engine()
        owner, keeper, arbitrageur, depositor, *buyers = engine.accounts(6)
        cast = Cast(owner, keeper, arbitrageur, [depositor], buyers)
        return World(engine, cast, values, path[0], [DEPOSIT], is_hedged), path

    return create


# Calls and puts of both boards, the first ones large enough to be hedged at once.
ORDERS = [
    Order(1, 0, 0, 4, False, 0.03),
    Order(2, 0, 0, 4, True, 0.02),
    Order(5, 1, 1, 3, True, 0.03),
    Order(12, 1, 1, 5, False, 0.03),
]


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
    begin: int  # of its statements [unix s]
    identities: list[int]
    statements: list[tuple[Statement, int]]  # each with the vault's NAV


@pytest.fixture(scope="module")
def life(create_world) -> Life:
    """A hedged run, looked at after every hour."""
    world, path = create_world()
    chain, begin = world.chain, world.chain.now()
    life = Life(world, begin, [identity(world)], [])

    def look(row):
        life.identities.append(identity(world))
        if row.hour in LOOKS:
            statement = attribute(journal(chain, world.deployment), begin, chain.now())
            nav = chain.read(world.deployment.vault, "net_asset_value")[0]
            life.statements.append((statement, nav))

    run(world, path, ORDERS, look)
    return life


def test_run__a_life__has_something_to_show(life):
    """What the other tests look at did happen."""
    record = life.world.record
    assert (record.sales, len(record.settled)) == (len(ORDERS), 1)
    assert record.refused == {}
    assert sum(row.hedges for row in record.rows) >= 5
    lines = life.statements[-1][0].lines
    assert {name for name in lines if lines[name]} == {
        "premium", "theta", "carry", "delta", "gamma", "settlement", "delta of the hedge",
        "slippage and basis", "funding", "venue fees", "reward",
    }  # fmt: skip


def test_run__every_hour__books_balance_to_the_wei(life):
    """SPEC-V3: NAV is cash − claims + hedge equity − what is sold."""
    assert life.identities == [0] * (HOURS + 1)


def test_run__every_statement__explains_nav_to_the_wei(life):
    """SPEC-L2 SPEC-L1."""
    assert len(life.statements) == len(LOOKS)
    for statement, nav in life.statements:
        assert statement.is_live and statement.residual == 0
        assert statement.nav_after == nav
        statement.check(nav)
    assert life.statements[-1][0].nav_after != life.statements[-1][0].nav_before


def test_attribute__the_demos_week__sums_to_the_wei(demo, create_engine):
    """SPEC-L2 SPEC-L1: with the defaults of the command."""
    engine = create_engine()
    hours = next(option.default for option in demo.cli.params if option.name == "hours")
    owner, keeper, arbitrageur, first, second, *buyers = engine.accounts(5 + demo.BUYERS)
    cast = Cast(owner, keeper, arbitrageur, [first, second], buyers)
    path = demo.price_path("gbm", hours, seed=1)
    deposits = [amount * 10**6 for amount in demo.DEPOSITS]
    world = World(engine, cast, parameters.load(), path[0], deposits)
    begin = engine.now()
    run(world, path, option_flow("mixed", hours, demo.BUYERS, len(world.strikes), seed=1))
    assert len(world.record.settled) == 1 and world.record.sales > 5
    statement = attribute(journal(engine, world.deployment), begin, engine.now())
    assert statement.is_live and statement.residual == 0
    assert statement.nav_after == engine.read(world.deployment.vault, "net_asset_value")[0]
    assert statement.lines["theta"] > 0 > statement.lines["gamma"]


class LogsOnly:
    """A chain of which nothing but its logs can be had."""

    def __init__(self, chain):
        self.logs = chain.logs


def test_attribute__chain_with_logs_alone__is_enough(life):
    """SPEC-L1."""
    world, (statement, _) = life.world, life.statements[-1]
    entries = journal(LogsOnly(world.chain), world.deployment)
    assert attribute(entries, life.begin, world.chain.now()) == statement


NEEDED = [
    ("feed", "AnswerUpdated"),
    *(("venue", name) for name in ("Opened", "Touched", "MarginAdded", "MarginRemoved")),
    *(("venue", name) for name in ("FundingSettled", "Traded")),
    *(("vault", name) for name in ("Wired", "Deposit", "PremiumTaken", "MarginPaid")),
    *(("vault", name) for name in ("MarginReturned", "RewardPaid", "ClaimsBooked")),
    *(("pricer", name) for name in ("CarrySet", "StressSet", "QuotingSet", "LimitsSet")),
    *(("book", name) for name in ("OracleSet", "BoardListed", "Bought", "Settled")),
]
"""Logs of a life that a history is made of."""


@pytest.mark.parametrize("kind", NEEDED, ids="-".join)
def test_attribute__logs_of_a_kind_missing__raises(life, kind):
    """SPEC-L1: and each of them is there in the life."""
    chain, (_, nav) = life.world.chain, life.statements[-1]
    entries = journal(chain, life.world.deployment)
    left = [entry for entry in entries if entry[:2] != kind]
    assert len(left) < len(entries)
    with pytest.raises((HistoryError, ArithmeticError)):
        attribute(left, life.begin, chain.now()).check(nav)


@pytest.mark.parametrize("off", [-1, 1])
@pytest.mark.parametrize("name", LINES)
def test_check__line_tampered__raises(life, name, off):
    good, nav = life.statements[-1]
    lines = good.lines | {name: good.lines[name] + off}
    with pytest.raises(ArithmeticError, match="miss the change of NAV by"):
        dataclasses.replace(good, lines=lines).check(nav)


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
    run(world, path[:6], ORDERS)
    assert world.record.sales == 3
    assert all(row.hedge == row.hedges == 0 for row in world.record.rows)
    hedger, venue = world.deployment.hedger, world.deployment.venue
    assert world.chain.read(venue, "margin_of", hedger) == 0
    trades = world.chain.events(venue, "Traded")
    assert trades and all(trade["account"] != hedger.address for trade in trades)


def test_run__same_seed__same_rows(life, create_world):
    world, path = create_world()
    run(world, path[:4], ORDERS)
    assert world.record.rows == life.world.record.rows[:3]


# ------------------------------------------------------------------ the command


@pytest.fixture(scope="module")
def demo():
    """The demo's script."""
    spec = importlib.util.spec_from_file_location("demo", ROOT / "scripts" / "demo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def command(demo):
    """The demo's command."""
    return demo.cli


def check_refusal(code, stdout, stderr, message):
    """One line says why, after click's hints at the usage; nothing else is said."""
    assert code == 2
    lines = [line for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if not line.startswith(("Usage: ", "Try "))]
    assert len(errors) == 1 and errors[0].startswith("Error: ") and message in errors[0]
    assert "Traceback" not in stderr and stdout.strip() == ""


@pytest.fixture
def files(tmp_path):
    """Price files that are no use, and a folder that is called like a picture."""
    (tmp_path / "no_close.csv").write_text("time,open\n1,2\n2,3\n")
    (tmp_path / "folder.png").mkdir()
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
        (["--set", "boards.tenors=7 d"], "boards.tenors: the buyers need 2 boards, not 1"),
        (["--set", "boards.strike_step=0 %"], "boards.strike_step: must be positive"),
        (["--set", "pricer.carry.half_life=0 s"], "pricer.carry.half_life: must be positive"),
        (["--set", "feed.decimals=20"], "feed.decimals: 20 is over 18"),
        (["--set", "vault.deposit_cap=-5 USDC"], "vault.deposit_cap: must not be negative"),
        (["--set", "vault.offset=300"], "vault.offset: 300 is over 12"),
        (["--set", "book.oracle.sequencer=foo"], "book.oracle.sequencer: 'foo' is not an address"),
        (["--out", "{files}"], "must end in .png"),
        (["--out", "{files}/picture.svg"], "must end in .png"),
        (["--out", "{files}/folder.png"], "cannot be written: Is a directory"),
        (["--out", "{files}/short.csv/a.png"], "cannot be written: "),
        (["--set", "venue.imr"], "'venue.imr' is not of the form NAME=VALUE"),
        (["--hours", "11"], "11 is not in the range x>=12"),
        (["--flow", "straddles"], "'straddles' is not one of 'mixed', 'calls', 'puts'"),
    ],
)
def test_demo__bad_option__says_why_in_a_line(command, files, options, message):
    arguments = [option.format(files=files) for option in options]
    result = CliRunner(mix_stderr=False).invoke(command, arguments)
    check_refusal(result.exit_code, result.stdout, result.stderr, message)


def test_check_picture__can_be_written__leaves_nothing(demo, tmp_path):
    """And touches no picture that is there."""
    out = tmp_path / "new" / "demo.PNG"
    demo.check_picture(out)
    assert not out.exists()
    out.write_text("old")
    demo.check_picture(out)
    assert out.read_text() == "old"


@pytest.fixture
def create_week(create_engine):
    """A vault with the demo's two depositors; returns `World`: `create_week(**overrides)`."""

    def create(**overrides: str) -> World:
        values = parameters.load(overrides={"boards.tenors": "10 h, 28 d", **overrides})
        unit = 10 ** values["token"]["decimals"]
        engine = create_engine()
        owner, keeper, arbitrageur, first, second, *buyers = engine.accounts(7)
        cast = Cast(owner, keeper, arbitrageur, [first, second], buyers)
        deposits = [3_000_000 * unit, 1_500_000 * unit]
        return World(engine, cast, values, paths.Step(2_000 * WAD, 0.0), deposits)

    return create


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (paths.Step(2_000 * WAD, 0.04), "closed: vault: basis too wide"),
        (paths.Step(2_000 * WAD, 0.0), "1,500,"),
    ],
)
def test_live__withdrawal__is_in_the_table(demo, create_week, tmp_path, capsys, last, text):
    """Closed or not: the table and the picture are there."""
    world = create_week()
    path = [paths.Step(2_000 * WAD, 0.0)] * 2 + [last]
    demo.live(world, path, [Order(1, 0, 0, 4, False, 0.02)], tmp_path / "demo.png")
    row = next(line for line in capsys.readouterr().out.splitlines() if "withdrawal" in line)
    assert text in row
    assert (tmp_path / "demo.png").exists()


def test_withdraw__board_not_settled__says_so(demo, create_week):
    world = create_week()
    world.step(1, paths.Step(2_000 * WAD, 0.0), [Order(1, 0, 0, 4, False, 0.02)])
    world.chain.advance(world.expiries[0] + 1)
    world.chain.next_block()
    decimals = world.parameters["feed"]["decimals"]
    push_price(world.chain, world.deployment.feed, world.cast.owner, 2_000 * WAD, decimals)
    assert demo.withdraw(world) == "closed: vault: board not settled"


def test_withdraw__no_free_liquidity__says_so(demo, create_week):
    """Both took out what was free; then the price runs away from the calls."""
    world = create_week()
    world.step(1, paths.Step(2_000 * WAD, 0.0), [Order(1, 0, 1, 4, False, 0.03)])
    for depositor in world.cast.depositors:
        world.leave(depositor)
    assert world.chain.read(world.deployment.vault, "balanceOf", world.cast.depositors[1]) > 0
    world.step(2, paths.Step(2_250 * WAD, 0.0), [])
    assert world.chain.read(world.deployment.vault, "free_liquidity") <= 0
    assert demo.withdraw(world) == "closed: no free liquidity"


def test_run__token_of_18_decimals__is_the_same_week(create_week):
    """The parameters follow the token: values agree to what 6 decimals round."""
    rows = {}
    for decimals in ("6", "18"):
        world = create_week(**{"token.decimals": decimals})
        path = paths.gbm(2_000, 1.0, 3, SEED)
        rows[decimals] = run(world, path, ORDERS).rows
    assert rows["6"][-1].hedge != 0
    for six, eighteen in zip(rows["6"], rows["18"], strict=True):
        assert six.nav == pytest.approx(eighteen.nav, abs=0.01)
        assert six.hedge == pytest.approx(eighteen.hedge, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--path", "absent.csv"], "cannot read 'absent.csv'"),
        (["--set", "boards.strike_step=0 %"], "boards.strike_step: must be positive"),
        (["--set", "hedger.band.max_share=200 %"], "policy: band share over 100%"),
    ],
)
def test_demo__as_a_user_runs_it__exits_with_the_reason(options, message):
    """No traceback of ape's either; what the contracts refuse is known when they are deployed."""
    ape = Path(sys.executable).with_name("ape")
    result = subprocess.run(
        [ape, "run", "demo", *options], cwd=ROOT, capture_output=True, text=True
    )
    check_refusal(result.returncode, result.stdout, result.stderr, message)
