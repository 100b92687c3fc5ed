"""ballast.cli: what ends a command, and amounts as they are typed."""

from decimal import Decimal

import click
import pytest
from ape.exceptions import ApeException
from click.testing import CliRunner
from requests.exceptions import ConnectionError as NodeGone

from ballast import cli
from ballast.chain import Reverted
from ballast.deployment_file import DeploymentError
from ballast.parameters import ParameterError


@pytest.mark.parametrize(
    ("raised", "line"),
    [
        (Reverted("vault: below min assets"), "Error: refused: "),
        (DeploymentError("no such file"), "Error: no such file"),
        (NodeGone("pool of connections"), "Error: the node does not answer any more"),
        (ApeException("wrong\nand more of it"), "Error: wrong"),
        (ApeException(""), "Error: ApeException"),
        (ApeException("No node found on 'x'."), "Error: No node found on 'x'. Is it running?"),
        (ApeException("Insufficient funds for gas"), "Error: the account has too little ETH"),
    ],
    ids=["contract", "file", "node", "ape", "silent", "absent", "poor"],
)
def test_errors_in_a_line__whatever_is_refused__is_a_line_and_no_traceback(raised, line):
    @click.command(cls=cli.LineCommand)
    def command():
        raise raised

    result = CliRunner(mix_stderr=False).invoke(command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(line) and result.stderr.count("\n") == 1


def test_errors_in_a_line__defect_of_ours__is_not_hidden():
    @click.command(cls=cli.LineCommand)
    def command():
        raise KeyError("a defect")

    assert isinstance(CliRunner().invoke(command).exception, KeyError)


def test_overrides__pairs__are_a_mapping_that_may_hold_the_sign():
    assert cli.overrides(("a.b=1 %", "c=x=y")) == {"a.b": "1 %", "c": "x=y"}
    with pytest.raises(ParameterError, match="'a.b' is not of the form NAME=VALUE"):
        cli.overrides(("c=1", "a.b"))


def test_scaled__digits__are_kept_or_refused():
    assert cli.scaled(Decimal("1.000001"), 6) == 1_000_001
    with pytest.raises(click.BadParameter, match="more than 6 digits"):
        cli.scaled(Decimal("1.0000001"), 6)
