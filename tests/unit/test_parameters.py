"""ballast.parameters: units, overrides, what is said when a value is wrong."""

import math
import tomllib

import pytest

from ballast import parameters
from ballast.parameters import ParameterError
from ballast.units import WAD, YEAR


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 ETH", WAD),
        ("-1 ETH", -WAD),
        ("0.000000000000000001 ETH", 1),
        ("2 USD", 2 * WAD),
        ("50 x", 50 * WAD),
        ("6.25 %", 625 * 10**14),
        ("5 bps", 5 * 10**14),
        ("8 h", 28_800),
        ("1.5 h", 5_400),
        ("7 d", 604_800),
        ("60 s", 60),
        ("5000000 USDC", 5 * 10**12),
        ("0.000001 USDC", 1),
    ],
)
def test_parse__unit__is_in_contract_units(text, value):
    assert parameters.parse(text) == value


def test_parse__token_units__follow_the_decimals():
    assert parameters.parse("3 USDC", decimals=18) == 3 * WAD
    assert parameters.parse("3 USDC", decimals=0) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5", "'5' needs a unit: one of %, ETH, USD, USDC, bps, d, h, s, x"),
        ("5 km", "'5 km' needs a unit: one of %, ETH, USD, USDC, bps, d, h, s, x"),
        ("five bps", "'five' in 'five bps' is not a number"),
        (" bps", "'' in ' bps' is not a number"),
        ("nan %", "'nan' in 'nan %' is not a number"),
        ("inf %", "'inf' in 'inf %' is not a number"),
        ("1e40 ETH", "'1e40 ETH' is too large"),
        ("-1e999999 ETH", "'-1e999999 ETH' is too large"),
        ("0.5 s", "'0.5 s' is finer than the unit it is stored in"),
        ("0.0000001 USDC", "'0.0000001 USDC' is finer than the unit it is stored in"),
    ],
)
def test_parse__no_amount__says_why(text, message):
    with pytest.raises(ParameterError) as error:
        parameters.parse(text)
    assert str(error.value) == message


def test_load__defaults__convert_every_value():
    """Names of the file stay; no text is left but two names and two addresses."""
    raw = tomllib.loads(parameters.DEFAULTS.read_text())
    loaded = parameters.load()
    assert names(loaded) == names(raw)
    texts = {name for name, value in leaves(loaded) if isinstance(value, str)}
    assert texts == {
        "vault.name", "vault.symbol", "vault.fees.recipient", "book.oracle.sequencer"
    }  # fmt: skip
    assert loaded["venue"]["imr"] == WAD // 10
    assert loaded["boards"]["tenors"] == [604_800, 28 * 86_400]
    assert loaded["hedger"]["band"]["to_centre"] is False
    assert loaded["vault"]["offset"] == 6


def test_load__other_decimals__scale_the_token_amounts_alone():
    """They are those of the file's own token."""
    six = dict(leaves(parameters.load()))
    eighteen = dict(leaves(parameters.load(overrides={"token.decimals": "18"})))
    changed = {name for name in six if six[name] != eighteen[name]}
    assert changed == {
        "vault.deposit_cap",
        "fund.initial",
        "hedger.execution.reward_cap",
        "token.decimals",
    }
    assert eighteen["fund.initial"] == 10**12 * six["fund.initial"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("hedger.band.min_hedge", "1 ETH", WAD),
        ("hedger.band.to_centre", "true", True),
        ("hedger.band.to_centre", "false", False),
        ("vault.offset", "3", 3),
        ("vault.name", "5 bps", "5 bps"),
        ("vault.symbol", "ABCDE", "ABCDE"),
        ("vault.offset", "12", 12),
        ("vault.offset", "0", 0),
        ("feed.decimals", "18", 18),
        ("pricer.carry.rate", "-5 %", -5 * 10**16),
        ("boards.skew", "-5 %", -5 * 10**16),
        ("boards.strike_step", "2.6 %", 26 * 10**15),
        ("pricer.carry.half_life", "1 s", 1),
        ("book.oracle.sequencer", "0x" + "aB" * 20, "0x" + "aB" * 20),
        ("boards.tenors", "1 d, 2 d", [86_400, 172_800]),
    ],
)
def test_load__override__replaces_one_value(name, text, value):
    before, after = dict(leaves(parameters.load())), parameters.load(overrides={name: text})
    after = dict(leaves(after))
    assert after.pop(name) == value
    before.pop(name)
    assert after == before


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("hedger.band.width", "1 %", "there is no parameter 'hedger.band.width' in"),
        ("hedger.band", "1 %", "there is no parameter 'hedger.band' in"),
        ("nothing", "1 %", "there is no parameter 'nothing' in"),
        ("", "1 %", "there is no parameter '' in"),
        ("hedger.band.min_hedge.x", "1 %", "there is no parameter 'hedger.band.min_hedge.x' in"),
        (
            "hedger.band.min_hedge.x.y",
            "1 %",
            "there is no parameter 'hedger.band.min_hedge.x.y' in",
        ),
        ("hedger.band.to_centre", "yes", "'hedger.band.to_centre' is true or false, not 'yes'"),
        ("vault.offset", "6.5", "'vault.offset' is a whole number, not '6.5'"),
        ("vault.offset", "²", "'vault.offset' is a whole number, not '²'"),
        ("venue.imr", "10", "venue.imr: '10' needs a unit"),
        ("boards.tenors", "7 d, week", "boards.tenors: 'week' needs a unit"),
        ("boards.tenors", "7 d, -1 d", "boards.tenors: must not be negative"),
        ("boards.strike_step", "0 %", "boards.strike_step: must be positive"),
        ("boards.strike_step", "-5 %", "boards.strike_step: must be positive"),
        ("boards.strike_step", "2.5 %", "boards.strike_step: gives 17 strikes, a board has 1 to"),
        ("boards.lowest_strike", "121 %", "boards.strike_step: gives 0 strikes, a board has 1 to"),
        ("pricer.carry.half_life", "0 s", "pricer.carry.half_life: must be positive"),
        ("token.decimals", "19", "token.decimals: 19 is over 18"),
        ("feed.decimals", "20", "feed.decimals: 20 is over 18"),
        ("vault.deposit_cap", "-5 USDC", "vault.deposit_cap: must not be negative"),
        ("vault.offset", "13", "vault.offset: 13 is over 12"),
        ("vault.offset", "300", "vault.offset: 300 is over 12"),
        ("vault.offset", "9" * 5_000, "vault.offset: 9999"),
        ("vault.name", "", "vault.name: '' is not 1 to 25 characters"),
        ("vault.symbol", "ABCDEF", "vault.symbol: 'ABCDEF' is not 1 to 5 characters"),
        ("book.oracle.sequencer", "foo", "book.oracle.sequencer: 'foo' is not an address"),
    ],
)
def test_load__bad_override__names_it(name, text, message):
    with pytest.raises(ParameterError) as error:
        parameters.load(overrides={name: text})
    assert str(error.value).startswith(message)


def test_load__own_file__is_read(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[fund]\ninitial = "1 USDC"\n')
    assert parameters.load(file) == {"fund": {"initial": 10**6}}


@pytest.mark.parametrize("half_life", [60, 86_400, YEAR])
def test_reversion__half_life__halves_in_it(half_life):
    """e^(−κ·half-life) = 1/2, to 1e-12."""
    kappa = parameters.reversion(half_life)
    assert math.exp(-kappa / WAD * half_life / YEAR) == pytest.approx(0.5, rel=1e-12)


def leaves(table, prefix=""):
    """All values with their dotted names."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def names(table):
    return [name for name, _ in leaves(table)]
