"""`ape run perp ...` as a user runs it, against a venue on the chain of the tests."""

import importlib.util
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from ballast import parameters
from ballast.chain import ApeChain
from ballast.deployment import fund_venue
from ballast.deployment_file import DeploymentFile
from ballast.human import decimal
from ballast.units import WAD

SCRIPT = Path(__file__).parents[2] / "scripts" / "perp.py"
NETWORK = "ethereum:local:test"
USDC = 10**6
TRADER, OTHER = "TEST::2", "TEST::3"


@pytest.fixture
def venue(project, chain, owner, depositor, buyer, create_token, create_feed):
    """A funded venue at 2,000 USD; two people have tokens.

    A new one each test: what a command sends on a connection of its own is not undone.
    """
    values = parameters.load()
    token, feed = create_token(), create_feed(2_000 * 10**8)
    venue = owner.deploy(project.PerpMarket, token, feed, values["venue"])
    fund_venue(ApeChain(project, chain), token, venue, owner, values["fund"]["initial"])
    for who in (depositor, buyer):
        token.mint(who, 100_000 * USDC, sender=owner)
    return venue, token, feed


@pytest.fixture
def path(tmp_path, chain, venue):
    """The deployment's file."""
    path = tmp_path / "local.json"
    names = ("venue", "token", "feed")
    contracts = {name: contract.address for name, contract in zip(names, venue, strict=True)}
    genesis = "0x" + bytes(chain.blocks[0].hash).hex()
    DeploymentFile(chain.chain_id, genesis, contracts).save(path)
    return path


@pytest.fixture
def run(path):
    """`run("open", "long", "2", account=TRADER)`: exit code, output and errors."""
    spec = importlib.util.spec_from_file_location("perp", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(*arguments, account=None, deployment=path):
        options = ["--network", NETWORK, "--deployment", str(deployment)]
        options += ["--account", account] if account else []
        result = CliRunner(mix_stderr=False).invoke(module.cli, [*arguments, *options])
        return result.exit_code, result.stdout, result.stderr

    return run


def succeed(result) -> str:
    code, output, errors = result
    assert (code, errors) == (0, "")
    return output


def fail(result, reason) -> None:
    """One line on stderr, nothing on stdout, no traceback."""
    code, output, errors = result
    assert code != 0
    assert output == ""
    assert reason in errors
    assert "Traceback" not in errors
    assert len([line for line in errors.splitlines() if line.startswith("Error: ")]) == 1


def test_perp__a_life__from_margin_to_the_last_token(run, venue, depositor):
    market, token, _ = venue
    assert "done in block" in succeed(run("add-margin", "30000", account=TRADER))
    succeed(run("open", "long", "100", account=TRADER))
    assert market.account(depositor).size == 100 * WAD
    succeed(run("open", "short", "150.5", account=TRADER))
    assert market.account(depositor).size == -505 * WAD // 10
    succeed(run("close", "--size", "20.5", account=TRADER))
    assert market.account(depositor).size == -30 * WAD
    succeed(run("remove-margin", "1000.5", account=TRADER))
    assert token.balanceOf(depositor) == 71_000_500_000
    succeed(run("close", account=TRADER))
    succeed(run("remove-margin", account=TRADER))
    assert market.margin_of(depositor) == 0
    fees = 100_000 * USDC - token.balanceOf(depositor)
    assert 0 < fees < 500 * USDC


def test_liquidate__sick_account__pays_the_caller(run, venue, owner, depositor, buyer):
    market, token, feed = venue
    succeed(run("add-margin", "21000", account=TRADER))
    succeed(run("open", "long", "100", account=TRADER))
    fail(run("liquidate", depositor.address, account=OTHER), "refused: perp_venue: healthy")
    feed.push(1_850 * 10**8, sender=owner)
    succeed(run("poke", account=OTHER))
    before = token.balanceOf(buyer)
    succeed(run("liquidate", depositor.address, account=OTHER))
    assert token.balanceOf(buyer) > before
    assert market.account(depositor).size < 100 * WAD


def test_collect__iou__is_paid(run, project, chain, path, create_token, create_feed, owner, buyer):
    """A venue whose fund is empty while somebody wins."""
    values = parameters.load()
    token, feed = create_token(), create_feed(2_000 * 10**8)
    market = owner.deploy(project.PerpMarket, token, feed, values["venue"])
    token.mint(buyer, 50_000 * USDC, sender=owner)
    genesis = "0x" + bytes(chain.blocks[0].hash).hex()
    contracts = {"venue": market.address, "token": token.address}
    DeploymentFile(chain.chain_id, genesis, contracts).save(path)
    succeed(run("add-margin", "50000", account=OTHER))
    succeed(run("open", "long", "50", account=OTHER))
    feed.push(2_100 * 10**8, sender=owner)
    succeed(run("close", account=OTHER))
    assert (owed := market.iou_of(buyer)) > 0
    fail(run("collect", account=OTHER), "refused: perp_venue: none to collect")
    fund_venue(ApeChain(project, chain), token, market, owner, 10_000 * USDC)
    margin = market.margin_of(buyer)
    succeed(run("collect", buyer.address, account=TRADER))
    assert market.margin_of(buyer) == margin + owed


# ── status ──


def test_status__json__is_what_the_venue_says(run, venue, depositor):
    market, _, _ = venue
    succeed(run("add-margin", "30000", account=TRADER))
    succeed(run("open", "long", "100", account=TRADER))
    sheet = json.loads(succeed(run("status", depositor.address, "--json")))
    account, prices, terms = market.account(depositor), market.market(), market.terms()
    assert Decimal(sheet["market"]["mark"]) * WAD == prices.mark
    assert Decimal(sheet["market"]["funding 8h"]) * WAD == prices.funding_8h
    assert sheet["market"]["live"] == "true"
    assert sheet["venue"]["mode"] == "normal" and sheet["venue"]["grace ends"] == "over"
    assert Decimal(sheet["venue"]["largest buy"]) * WAD == terms.max_buy
    assert Decimal(sheet["venue"]["fund"]) * USDC == market.fund()
    assert sheet["account"]["address"] == depositor.address
    assert sheet["account"]["size"] == "100"
    assert Decimal(sheet["account"]["margin"]) * USDC == account.margin
    price = Decimal(sheet["account"]["liquidation price"]) * WAD
    assert price == market.liquidation_price(depositor)
    low = min(account.equity_index, account.equity_exit)
    ratio = Decimal(sheet["account"]["margin ratio"]) * WAD
    assert ratio == low * WAD // (100 * prices.index)


def test_status__nobody__shows_the_market_only(run):
    output = succeed(run("status"))
    assert "mark" in output and "2,000" in output and "normal" in output
    assert "liquidation price" not in output


def test_status__paused__says_that_grace_has_not_begun(run, venue, owner):
    market, _, _ = venue
    market.set_mode(4, sender=owner)
    sheet = json.loads(succeed(run("status", "--json")))
    assert (sheet["venue"]["mode"], sheet["venue"]["grace ends"]) == ("paused", "not yet")
    market.set_mode(1, sender=owner)
    sheet = json.loads(succeed(run("status", "--json")))
    assert sheet["venue"]["grace ends"] == "in 3600 s"


# ── what cannot be ──


@pytest.mark.parametrize("amount", ["0", "-1", "x", "nan", "inf", "1e31"])
def test_close__not_an_amount__is_refused(run, amount):
    fail(run("close", f"--size={amount}", account=TRADER), "is not a positive number")


def test_add_margin__finer_than_the_token__is_refused(run):
    fail(run("add-margin", "0.0000001", account=TRADER), "more than 6 digits after the point")


def test_open__no_margin__says_why(run):
    fail(run("open", "long", "1", account=TRADER), "refused: perp_venue: initial margin")


def test_open__beyond_the_bands__says_so(run):
    fail(run("open", "long", "7000", account=TRADER), "price bands")


def test_close__nothing_or_too_much__says_so(run):
    fail(run("close", account=TRADER), "there is no position")
    succeed(run("add-margin", "10000", account=TRADER))
    succeed(run("open", "long", "2", account=TRADER))
    fail(run("close", "--size", "3", account=TRADER), "the position is only 2 ETH")


def test_liquidate__not_an_address__says_so(run):
    fail(run("liquidate", "0x12", account=TRADER), "'0x12' is not an address")


def test_status__no_file__says_so(run, tmp_path):
    fail(run("status", deployment=tmp_path / "absent.json"), "cannot read")


def test_status__other_chain__says_so(run, path):
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"genesis": "0x" + "00" * 32}))
    fail(run("status"), "connected is chain")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(15, 1, "1.5"), (-(10**18), 18, "-1"), (0, 6, "0"), (100, 0, "100")],
)
def test_decimal__any__is_exact(value, digits, text):
    assert decimal(value, digits) == text
