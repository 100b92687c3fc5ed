"""`ape run scenario ...` as a user runs it, on fresh chains in this process."""

import importlib.util
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

SCRIPT = Path(__file__).parents[2] / "scripts" / "scenario.py"

SHORT = {
    "name": "short",
    "why": "to be run",
    "hours": 3,
    "price": {"model": "gbm"},
    "deposits": [1_000_000],
    "expect": {"solvent": True, "liquidations": 0},
}


@pytest.fixture(scope="module")
def run_scenario():
    """`run_scenario("list")`: exit code, output and errors."""
    spec = importlib.util.spec_from_file_location("scenario", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(*arguments):
        result = CliRunner(mix_stderr=False).invoke(module.cli, [str(one) for one in arguments])
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.fixture
def short(tmp_path):
    """`short(name="a", **changes)`: a file with a scenario of three hours."""

    def write(**changes):
        path = tmp_path / f"{changes.get('name', 'short')}.yaml"
        path.write_text(yaml.safe_dump(SHORT | changes))
        return path

    return write


def test_list__the_catalogue__has_names_and_reasons(run_scenario, succeed):
    output = succeed(run_scenario("list"))
    for path in (SCRIPT.parents[1] / "scenarios").glob("*.yaml"):
        assert path.stem in output
    assert "-57.7% in 49 hours" in output


def test_run__fresh__writes_the_run_and_says_what_holds(run_scenario, succeed, short, tmp_path):
    output = succeed(
        run_scenario("run", short(), "--fresh", "--output", tmp_path / "out", "--seed", 3)
    )
    assert "solvent" in output and "holds" in output and "FAILS" not in output
    folder = tmp_path / "out" / "short"
    assert json.loads((folder / "manifest.json").read_text())["seed"] == 3
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000
    assert len(list(folder.glob("*.png"))) >= 4


def test_run__something_does_not_hold__ends_with_an_error(run_scenario, short, tmp_path):
    path = short(expect={"sales": 1_000})
    code, output, errors = run_scenario("run", path, "--fresh", "--output", tmp_path / "out")
    assert code == 1 and "FAILS" in output
    assert errors == "Error: 1 checks do not hold; see repro.zip beside each run\n"
    assert (tmp_path / "out" / "short" / "repro.zip").exists()


def test_report_and_compare__runs_that_were_written__need_no_chain(
    run_scenario, succeed, short, tmp_path
):
    folders = []
    for name, vol in (("calm", 0.1), ("wild", 2.0)):
        path = short(name=name, price={"model": "gbm", "vol": vol})
        succeed(run_scenario("run", path, "--fresh", "--output", tmp_path / "out"))
        folders.append(tmp_path / "out" / name)
    page = tmp_path / "both.html"
    assert str(page) in succeed(run_scenario("report", *folders, "--output", page))
    assert "calm" in page.read_text() and "wild" in page.read_text()
    table = succeed(run_scenario("compare", *folders))
    assert "calm" in table and "wild" in table and "lowest share price" in table


def test_compare__a_parameter_changed__is_lived_anew(run_scenario, succeed, short):
    table = succeed(run_scenario("compare", short(), "--set", "pricer.quoting.fee=6 bps"))
    assert "3 of 3" not in table and "4 of 4" in table


def test_policies__two_of_them__are_compared_on_the_same_paths(run_scenario, succeed, tmp_path):
    output = succeed(
        run_scenario(
            "policies", "--paths", 2, "--only", "none", "--only", "every hour", "--output", tmp_path
        )
    )
    assert "none" in output and "every hour" in output and "every minute" not in output
    assert (tmp_path / "policies.png").exists()
    assert "every hour" in (tmp_path / "policies.html").read_text()


@pytest.mark.parametrize(
    "arguments, words",
    [
        (("run",), "name one scenario at least, or --all"),
        (("run", "jumps", "--all"), "name one scenario at least, or --all"),
        (("run", "moon", "--fresh"), "there is no scenario 'moon'; there are basis_blowout,"),
        (("run", "moon.yaml", "--fresh"), "cannot read moon.yaml: No such file or directory"),
        (("run", "jumps", "--fresh", "--set", "fee"), "'fee' is not of the form NAME=VALUE"),
        (("run", "jumps", "--fresh", "--set", "a.b=1"), "there is no parameter 'a.b'"),
        (
            ("run", "jumps", "--fresh", "--set", "venue.depth=1 ETH"),
            "the contracts refuse a parameter: virtual_market: ",
        ),
        (("run", "jumps", "--seed", "-1"), "Invalid value for '--seed'"),
        (("run", "jumps", "--deployment", "none.json"), "there is no none.json: deploy"),
        (("report", "nowhere"), "no manifest of a run"),
        (("compare", "moon"), "there is no scenario 'moon'"),
    ],
)
def test_commands__typed_wrong__say_so_in_a_line(run_scenario, fail, arguments, words):
    fail(run_scenario(*arguments), words)


@pytest.mark.parametrize("name", ["list", "run", "compare", "report", "policies"])
def test_commands__asked_for_help__give_it(run_scenario, succeed, name):
    assert "Usage:" in succeed(run_scenario(name, "--help"))
