"""ballast.pnl.Statement: lines, their sum, and what is said when they miss."""

from types import SimpleNamespace

import pytest

from ballast.pnl import CENT, Opening, Statement, close_books
from ballast.units import WAD

LINES = {
    "premium": 1_000 * WAD,
    "payouts": -300 * WAD,
    "options": -200 * WAD,
    "hedge price": 50 * WAD,
    "funding": -7 * WAD,
    "venue fees": -3 * WAD,
    "owed by the venue": -11 * WAD,
    "borne by the venue": 2 * WAD,
}


def statement(off=0):
    """A statement whose lines miss the change of NAV by `off` [USD wad]."""
    return Statement(LINES, 5_000 * WAD, 5_531 * WAD + off)


def test_statement__sums__are_those_of_the_lines():
    assert statement().total == 531 * WAD
    assert statement().hedge == 31 * WAD
    assert statement().residual == 0


@pytest.mark.parametrize("off", [0, CENT - 1, 1 - CENT])
def test_check__within_a_cent__passes(off):
    assert statement(off).residual == off
    statement(off).check()


@pytest.mark.parametrize("off", [CENT, -CENT])
def test_check__a_cent__raises(off):
    with pytest.raises(ArithmeticError) as error:
        statement(off).check()
    assert str(error.value) == f"the P&L lines miss the change of NAV by {off / WAD:.6f} USD"


@pytest.mark.parametrize("name", LINES)
def test_check__any_line_tampered__raises(name):
    lines = LINES | {name: LINES[name] + CENT}
    with pytest.raises(ArithmeticError):
        Statement(lines, 5_000 * WAD, 5_531 * WAD).check()


class Books:
    """A chain on which nothing is left but the logs of the venue."""

    def __init__(self, **logs):
        self.logs = logs

    def events(self, contract, name):
        return self.logs.get(name, [])

    def read(self, contract, function, *arguments):
        views = {
            "account": SimpleNamespace(margin=0, size=0, index=0),
            "margin_of": 0,
            "risk": SimpleNamespace(mid=0),
            "net_asset_value": (0, 0, 0, True),
        }
        return views[function]


def line(name, **logs):
    """A line in token units of the account "hedger", 6 decimals."""
    hedger = SimpleNamespace(address="hedger")
    parts = SimpleNamespace(vault=None, venue=None, book=None, hedger=hedger)
    statement = close_books(Books(**logs), parts, Opening(0, 0), 10**12)
    assert [other for other, amount in statement.lines.items() if amount and other != name] == []
    return statement.lines[name] // 10**12


def log(amount, account="hedger", **more):
    return {"account": account, "amount": amount, **more}


def test_close_books__ious__are_owed_until_collected():
    issued = [log(70), log(500, "somebody"), log(30)]
    assert line("owed by the venue", IouIssued=issued) == -100
    collected = [log(40), log(500, "somebody")]
    assert line("owed by the venue", IouIssued=issued, IouCollected=collected) == -60


def test_close_books__deficits__count_when_nothing_is_left():
    """What is carried stays a debt of the position."""
    booked = [log(70, carried=False), log(30, carried=True), log(500, "somebody", carried=False)]
    assert line("borne by the venue", DeficitBooked=booked) == 70


def test_premium__options_came_back__is_what_was_kept():
    """SPEC-B11."""
    kept = line("premium", PremiumTaken=[{"amount": 500}], PremiumReturned=[{"amount": 200}])
    assert kept == 300
