"""`ape run options ...` as a user runs it, against a book on the chain of the tests."""

import json
from decimal import Decimal

import pytest

from ballast import packing
from ballast.chain import ApeChain
from ballast.deployment import push_price
from ballast.option_desk import left, name
from ballast.units import WAD

USDC = 10**6
HOUR = 3_600
BUYER, STRANGER, ANYONE = "TEST::3", "TEST::6", "TEST::5"


@pytest.fixture
def own(create_system, buyer, first_block):
    """A vault for a test whose commands send; the buyer has ten million and approved nothing."""
    own = create_system()
    own.token.approve(own.vault, 0, sender=buyer)
    return own


@pytest.fixture
def run(write_deployment, create_command, own):
    return create_command("options", write_deployment(vars(own)))


@pytest.fixture
def look(write_deployment, create_command, system):
    """Commands that send nothing, on the vault of all tests."""
    return create_command("options", write_deployment(vars(system)))


def call(system, strike=2_000, board=0):
    return packing.series_id(sorted(system.book.live_boards())[board], strike * WAD, False)


def test_options__a_life__from_premium_to_payoff(
    run, succeed, fail, own, project, chain, owner, buyer, depositor
):
    book, token = own.book, own.token
    series = call(own)
    before = token.balanceOf(buyer)
    output = succeed(run("buy", "call", "2000", "5", "--yes", account=BUYER))
    assert output.startswith(f"buy 5 of {name(series)} for ")
    paid = before - token.balanceOf(buyer)
    assert f"gas: -{Decimal(paid) / USDC:,}".rstrip("0") in output
    assert book.balanceOf(buyer, series) == 5 * WAD
    assert token.allowance(buyer, own.vault) <= paid // 50, "approved for more than the bound"
    output = succeed(run("sell", "call", "2000", "2", "--yes", account=BUYER))
    assert f"sell 2 of {name(series)} for " in output and "gas: +" in output
    fail(run("sell", "call", "2000", "4", "--yes", account=BUYER), "the account holds only 3")
    fail(run("claim", account=BUYER), "the account has nothing to claim")
    assert "no board has expired; the next does in 6 d 23 h" in succeed(
        run("settle", account=ANYONE)
    )

    expiry = packing.expiry(series)
    engine = ApeChain(project, chain)
    for time, price in ((expiry - 60, 2_100), (expiry + 60, 2_105)):
        engine.advance(time)
        push_price(engine, own.feed, owner, price * WAD)
    (row,) = json.loads(succeed(run("held", BUYER, "--json")))
    assert row == {"option": name(series), "size": "3", "settled at": "not yet", "pays": ""}
    output = succeed(run("settle", account=ANYONE))
    assert "done in block" in output and output.count("\n") == 1
    assert book.settlement_price(expiry) == 2_100 * WAD
    (row,) = json.loads(succeed(run("held", BUYER, "--json")))
    assert (row["settled at"], row["pays"]) == ("2100", "300")
    before = token.balanceOf(buyer)
    assert "300 tokens" in succeed(run("claim", account=BUYER))
    assert token.balanceOf(buyer) - before == 300 * USDC
    fail(run("claim", account=BUYER), "the account has nothing to claim")
    assert json.loads(succeed(run("held", BUYER, "--json"))) == []


def test_settle__no_round_after_expiry__says_from_when(run, succeed, own, project, chain, owner):
    """The feed's last price is an hour old at expiry: only a later one, or silence, settles."""
    own.book.buy(call(own), 5 * WAD, 10**12, owner, 10**11, sender=funded(own, owner))
    expiry = min(own.book.live_boards())
    engine = ApeChain(project, chain)
    engine.advance(expiry + 10)
    engine.next_block()
    output = succeed(run("settle", account=ANYONE))
    assert output.startswith("board of ") and ": from " in output
    assert expiry in own.book.live_boards()


def funded(own, owner):
    own.token.mint(owner, 10_000 * USDC, sender=owner)
    own.token.approve(own.vault, 10_000 * USDC, sender=owner)
    return owner


def test_buy__no_money_or_not_agreed_to__sends_nothing(run, succeed, fail, own, buyer):
    fail(run("buy", "call", "2000", "5", "--yes", account=STRANGER), "the account has only 0")
    code, output, _ = run("buy", "call", "2000", "5", account=BUYER, says="n\n")
    assert code != 0 and "Send it?" in output
    assert own.book.balanceOf(buyer, call(own)) == 0


def test_list__json__is_what_the_book_says(
    create_system, write_deployment, create_command, succeed
):
    """On boards of three strikes: the chain of the tests takes half a second for a quote."""
    system = create_system(**{"boards.strike_step": "20 %"})
    look = create_command("options", write_deployment(vars(system)))
    boards = json.loads(succeed(look("list", "--size", "2", "--json")))
    assert [len(board["options"]) for board in boards] == [3, 3]
    options = {row["strike"]: row for row in boards[0]["options"]}
    quote = system.book.quote(call(system), 2 * WAD)
    assert Decimal(options["2000"]["call"]) * USDC == quote.premium
    assert Decimal(options["2000"]["call delta"]) * WAD == -quote.delta // 2
    assert Decimal(options["2000"]["put delta"]) < 0
    assert Decimal(options["2000"]["vol"]) * WAD == quote.vol
    assert options["1600"]["call"] == "delta too large"
    output = succeed(look("list"))
    assert "board 2" in output and "2,000" in output and "delta too small" in output


def test_quote__json__is_what_the_book_says(look, succeed, system):
    (sheet,) = json.loads(
        succeed(look("quote", "put", "1900", "3", "--board", "2", "--json"))
    ).values()
    series = packing.series_id(max(system.book.live_boards()), 1_900 * WAD, True)
    quote = system.book.quote(series, 3 * WAD)
    assert Decimal(sheet["premium"]) * USDC == quote.premium
    parts = ("value", "spread and impact", "fee", "hedge")
    assert sum(Decimal(sheet[part]) for part in parts) <= Decimal(sheet["premium"])
    assert -1 < Decimal(sheet["delta of an option"]) < 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("call", "2000", "1", "--board", "3"), "there is no board 3: 2 are open"),
        (("call", "2001", "1"), "no option is listed at 2001; strikes are 1600, 1700"),
        (("call", "2000", "0.001"), "refused: admission: below minimum size"),
        (("call", "2400", "1"), "too far out of the money to be sold"),
        (("call", "2000", "0"), "is not a positive number"),
        (("straddle", "2000", "1"), "is not one of 'call', 'put'"),
    ],
)
def test_quote__what_cannot_be__is_one_line(look, fail, arguments, reason):
    fail(look("quote", *arguments), reason)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "expired"), (59, "0 min"), (HOUR, "0 d 1 h"), (7 * 24 * HOUR - 1, "6 d 23 h")],
)
def test_left__any__is_short(seconds, text):
    assert left(seconds) == text
