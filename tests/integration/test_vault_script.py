"""`ape run vault ...` as a user runs it, against a vault on the chain of the tests."""

import json
from decimal import Decimal

import ape
import pytest

from ballast import parameters
from ballast.chain import ApeChain
from ballast.deployment import push_price
from ballast.human import least, moment, most
from ballast.refusals import WORDS
from ballast.units import WAD
from ballast.vault_user import closed_by

USDC = 10**6
SHARE = 10**12
DEPOSITOR, OTHER, STRANGER = "TEST::2", "TEST::3", "TEST::6"


@pytest.fixture
def own(create_system, owner, stranger, first_block):
    """A vault for a test whose commands send: what they send on a connection of their own is not
    undone. 3,000,000 USDC of the depositor's are in; a stranger has 10,000 and approved nothing.
    """
    own = create_system()
    own.token.mint(stranger, 10_000 * USDC, sender=owner)
    return own


@pytest.fixture
def run(write_deployment, create_command, own):
    return create_command("vault", write_deployment(vars(own)))


@pytest.fixture
def look(write_deployment, create_command, system):
    """Commands that send nothing, on the vault of all tests."""
    return create_command("vault", write_deployment(vars(system)))


def lock(system, buyer):
    """Sell so much that not all of the vault can leave."""
    expiry = min(system.book.live_boards())
    series = system.book.series_id(expiry, 2_000 * WAD, False)
    system.book.buy(series, 800 * WAD, 10**12, buyer, 10**10, sender=buyer)


def test_vault__a_life__from_deposit_to_the_last_token(run, succeed, own, stranger):
    token, vault = own.token, own.vault
    output = succeed(run("deposit", "1000.5", "--yes", account=STRANGER))
    assert "deposit 1,000.5 tokens for 1,000.5 shares, 995.4975 at the least" in output
    assert "gas: -1,000.5 tokens, +1,000.5 shares" in output
    assert vault.balanceOf(stranger) == 1_000_500 * SHARE // 1_000
    assert token.allowance(stranger, vault) == 0, "approved for more than was put in"
    output = succeed(run("withdraw", "100", "--yes", account=STRANGER))
    assert "withdraw 100 shares for 100 tokens, 100.5 at the most" in output
    assert "+100 tokens, -100 shares" in output
    assert "+100 tokens, -100 shares" in succeed(run("redeem", "100", "--yes", account=STRANGER))
    succeed(run("redeem", "all", "--yes", account=STRANGER))
    assert (vault.balanceOf(stranger), token.balanceOf(stranger)) == (0, 10_000 * USDC)


def test_deposit__all__is_what_the_account_has(run, succeed, own, stranger):
    succeed(run("deposit", "all", "--yes", account=STRANGER))
    assert own.token.balanceOf(stranger) == 0


def test_deposit__asked_first__sends_only_what_is_agreed_to(run, succeed, own, stranger):
    code, output, _ = run("deposit", "1000", account=STRANGER, says="n\n")
    assert code != 0 and "Send it?" in output
    assert own.vault.balanceOf(stranger) == 0
    code, _, errors = run("deposit", "1000", account=STRANGER)
    assert code != 0 and "Traceback" not in errors, "nobody there to answer"
    succeed(run("deposit", "1000", account=STRANGER, says="y\n"))
    assert own.vault.balanceOf(stranger) == 1_000 * SHARE


def test_request__locked_liquidity__waits_cancels_and_is_paid(
    run, succeed, fail, own, depositor, buyer
):
    lock(own, buyer)
    fail(run("withdraw", "2999000", "--yes", account=DEPOSITOR), "that much is not free")
    output = succeed(run("request", "1000", "--yes", account=DEPOSITOR))
    assert "1,000 shares wait" in output and "-1,000 shares" in output
    assert "+1,000 shares" in succeed(run("cancel", account=DEPOSITOR))
    fail(run("cancel", account=DEPOSITOR), WORDS["vault: no request"])
    fail(run("claim", account=DEPOSITOR), WORDS["vault: no request"])
    succeed(run("request", "1000", "--yes", account=DEPOSITOR))
    before = own.token.balanceOf(depositor)
    succeed(run("claim", account=DEPOSITOR))
    assert own.token.balanceOf(depositor) - before == pytest.approx(1_000 * USDC, rel=0.02)
    assert own.vault.redemption(depositor) == (0, 0)


def test_claim__nothing_free__says_so(run, succeed, fail, own, owner):
    succeed(run("request", "1000", "--yes", account=DEPOSITOR))
    own.breaker.reduce_only(sender=owner)
    fail(run("claim", account=DEPOSITOR), "nothing is filled yet: the breaker has tripped")


# ── what one sees ──


def test_preview__json__is_what_the_vault_says(look, succeed, fail, system, buyer):
    lock(system, buyer)
    preview = json.loads(succeed(look("preview", "deposit", "100", "--json", account=OTHER)))
    shares = Decimal(preview["deposit"]["shares"]) * SHARE
    assert shares == system.vault.previewDeposit(100 * USDC)
    preview = json.loads(succeed(look("preview", "redeem", "100", "--json", account=DEPOSITOR)))
    assert Decimal(preview["redeem"]["tokens"]) * USDC == system.vault.previewRedeem(100 * SHARE)
    preview = json.loads(succeed(look("preview", "withdraw", "9", "--json", account=DEPOSITOR)))
    assert Decimal(preview["withdraw"]["shares"]) * SHARE == system.vault.previewWithdraw(9 * USDC)
    fail(look("preview", "withdraw", "9", account=STRANGER), "the account has only 0")
    fail(look("preview", "deposit", "2", account=STRANGER), "the account has only 0 tokens")


def test_preview__address_without_a_key__is_looked_at(look, succeed, fail, system, depositor):
    """Only who sends needs a key; and nobody is asked which account was meant."""
    sheet = look("preview", "redeem", "100", "--json", account=depositor.address)
    assert "redeem" in json.loads(succeed(sheet))
    fail(look("preview", "redeem", "100"), "--account")


def test_position__json__is_what_the_vault_says(run, succeed, own, buyer, depositor):
    lock(own, buyer)
    succeed(run("request", "1000", "--yes", account=DEPOSITOR))
    sheet = json.loads(succeed(run("position", DEPOSITOR, "--json")))["account"]
    vault = own.vault
    assert sheet["address"] == depositor.address
    assert Decimal(sheet["shares"]) * SHARE == vault.balanceOf(depositor)
    assert Decimal(sheet["can be withdrawn now"]) * USDC == vault.maxWithdraw(depositor)
    worth = Decimal(sheet["worth to who leaves"]) * USDC
    assert worth == vault.previewRedeem(vault.balanceOf(depositor))
    assert Decimal(sheet["shares that wait"]) == 1_000
    assert succeed(run("position", depositor.address)) == succeed(run("position", DEPOSITOR))


def test_status__json__is_what_the_contracts_say(look, succeed, system, buyer):
    lock(system, buyer)
    sheet = json.loads(succeed(look("status", "--json")))
    mid, low, high, _ = system.vault.net_asset_value()
    values = sheet["net asset value"]
    assert [Decimal(values[name]) * WAD for name in ("at mid", "for who leaves", "for who comes")] \
        == [mid, low, high]  # fmt: skip
    assert Decimal(sheet["cash"]["free"]) * WAD == system.vault.free_liquidity()
    assert Decimal(sheet["cash"]["held"]) * USDC == system.vault.ledger().cash
    assert Decimal(sheet["book and hedge"]["delta of the book"]) * WAD == system.book.delta()
    assert sheet["vault"]["open"] == "yes" and sheet["vault"]["mode"] == "normal"
    assert "net asset value" in succeed(look("status"))


def test_history__some_and_all__are_in_order(run, succeed, depositor, stranger):
    succeed(run("deposit", "500", "--yes", account=STRANGER))
    succeed(run("withdraw", "200", "--yes", account=STRANGER))
    succeed(run("request", "10", "--yes", account=STRANGER))
    succeed(run("cancel", account=STRANGER))
    rows = json.loads(succeed(run("history", "--json")))
    assert [row["what"] for row in rows] == [
        "Deposit", "Deposit", "Withdraw", "RedeemRequested", "RedeemCancelled"
    ]  # fmt: skip
    assert [row["tokens"] for row in rows] == ["3000000", "500", "200", "", ""]
    (own,) = json.loads(succeed(run("history", DEPOSITOR, "--json")))
    assert own["who"] == depositor.address and own == rows[0]
    assert "Withdraw" in succeed(run("history", stranger.address))


# ── why it is closed ──


def stale(system, owner, buyer, chain):
    chain.pending_timestamp += 3_601
    chain.mine()


def expired(system, owner, buyer, chain):
    lock(system, buyer)  # a board of which nothing is sold waits for nobody
    chain.pending_timestamp = min(system.book.live_boards()) + 1
    push_price(ApeChain(ape.project, chain), system.feed, owner, 2_000 * WAD)


def wide(system, owner, buyer, chain):
    """Somebody trades the mark to 1.2% above the index."""
    system.token.mint(owner, 10_000_000 * USDC, sender=owner)
    system.token.approve(system.venue, 10_000_000 * USDC, sender=owner)
    system.venue.deposit(10_000_000 * USDC, sender=owner)
    system.venue.submit(1_200 * WAD, 2**255, 10**10, sender=owner)


def tripped(system, owner, buyer, chain):
    system.breaker.reduce_only(sender=owner)


def jumped(system, owner, buyer, chain):
    limits = parameters.load()["breaker"]  # those of tests hardly break
    system.breaker.set_limits(limits, sender=owner)
    system.breaker.trip(sender=owner)
    push_price(ApeChain(ape.project, chain), system.feed, owner, 2_400 * WAD)


def open_(system, owner, buyer, chain):
    pass


CLOSED = {
    open_: "",
    stale: "vault: feed not live",
    expired: "vault: board not settled",
    wide: "vault: basis too wide",
    tripped: "vault: reduce-only",
    jumped: "vault: breached",
}


@pytest.mark.parametrize("happens", CLOSED, ids=lambda happens: happens.__name__)
def test_closed_by__any_state__is_the_contract_s_refusal(
    system, project, chain, owner, buyer, look, succeed, fail, happens
):
    """The twin of `_closed_by`, against what a deposit meets."""
    happens(system, owner, buyer, chain)
    reason = CLOSED[happens]
    engine = ApeChain(project, chain)
    assert closed_by(engine, system) == reason
    sheet = json.loads(succeed(look("status", "--json")))
    if not reason:
        system.vault.deposit(USDC, buyer, sender=buyer)
        assert sheet["vault"]["open"] == "yes"
        return
    with ape.reverts(reason):
        system.vault.deposit(USDC, buyer, sender=buyer)
    assert sheet["vault"]["open"].startswith(f"no: {WORDS[reason]}")
    fail(look("deposit", "1", "--yes", account=OTHER), f"the vault is closed: {WORDS[reason]}")
    fail(look("withdraw", "1", "--yes", account=DEPOSITOR), f"is closed: {WORDS[reason]}")


# ── what cannot be ──


@pytest.mark.parametrize("amount", ["0", "x", "nan", "1e31", "ALL"])
def test_deposit__not_an_amount__is_refused(look, fail, amount):
    fail(look("deposit", amount, "--yes", account=STRANGER), "is not a positive number")


def test_deposit__finer_than_the_token__is_refused(look, fail):
    fail(look("deposit", "0.0000001", "--yes", account=STRANGER), "more than 6 digits")


def test_deposit__over_the_cap__says_how_much_goes(look, fail, system, owner):
    system.vault.set_deposit_cap(3_000_100 * USDC, sender=owner)
    fail(look("deposit", "101", "--yes", account=OTHER), "at most 100 now: deposits would")


def test_redeem__more_than_held__says_so(look, fail):
    fail(look("redeem", "1", "--yes", account=STRANGER), "the account has only 0 shares")
    fail(look("request", "1", "--yes", account=STRANGER), "the account has only 0 shares")


def test_position__nobody__says_so(look, fail):
    fail(look("position", "0x12"), "'0x12' is not an address")


def test_status__file_names_another_contract__says_so(look, fail, write_deployment, system):
    swapped = vars(system) | {"vault": system.token}
    fail(look("status", deployment=write_deployment(swapped)), "")


def test_status__file_knows_other_code__says_so(look, fail, write_deployment, system):
    path = write_deployment(vars(system))
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"code": {"vault": "0x" + "00" * 32}}))
    fail(look("status", deployment=path), "is not the deployment's 'vault'")


def test_bounds__slippage__is_against_nobody_s_favour():
    assert (least(1_001, WAD // 1_000), most(1_001, WAD // 1_000)) == (999, 1_003)
    assert least(7, 0) == most(7, 0) == 7


def test_moment__any__is_utc():
    assert moment(2_524_608_000) == "2050-01-01 00:00:00 UTC"
