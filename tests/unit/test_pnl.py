"""ballast.pnl.Statement: lines, their sum, and what is said when they miss."""

import pytest

from ballast.pnl import CENT, Statement
from ballast.units import WAD

LINES = {
    "premium": 1_000 * WAD,
    "payouts": -300 * WAD,
    "options": -200 * WAD,
    "hedge price": 50 * WAD,
    "funding": -7 * WAD,
    "venue fees": -3 * WAD,
}


def statement(off=0):
    """A statement whose lines miss the change of NAV by `off` [USD wad]."""
    return Statement(LINES, 5_000 * WAD, 5_540 * WAD + off)


def test_statement__sums__are_those_of_the_lines():
    assert statement().total == 540 * WAD
    assert statement().hedge == 40 * WAD
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
        Statement(lines, 5_000 * WAD, 5_540 * WAD).check()
