"""The command `policies`, as a user runs it."""

import csv
import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

SCRIPT = Path(__file__).parents[2] / "scripts/policies.py"


@pytest.fixture
def run_policies() -> Callable[..., Result]:
    """`run_policies("--paths", "100")`, on a wide terminal."""
    spec = importlib.util.spec_from_file_location("policies_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run_it(*arguments: str) -> Result:
        environment = {"COLUMNS": "250", "TERM": "dumb", "NO_COLOR": "1"}
        runner = CliRunner(mix_stderr=False, env=environment)
        return runner.invoke(module.cli, [*arguments])

    return run_it


def test_command__few_paths__prints_and_writes(run_policies, tmp_path):
    folder = tmp_path / "made"
    result = run_policies("--paths", "100", "--output", str(folder))
    assert (result.exit_code, result.stderr) == (0, "")
    with (folder / "policies.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    names = dict.fromkeys(row["policy"] for row in rows)
    assert len(names) == 9 and "Whalley-Wilmott" in names
    assert all(f"│ {name}" in result.stdout for name in names)
    assert (folder / "frontier.png").read_bytes().startswith(b"\x89PNG")
    page = (folder / "frontier.html").read_text()
    assert all(name.replace("'", "&#x27;") in page for name in names)


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["--paths", "99"], "99 is not in the range"),
        (["--vol", "4"], "4.0 is not in the range"),
        (["--jumps", "-1"], "-1.0 is not in the range"),
        (["--set", "hedger.band"], "'hedger.band' is not of the form NAME=VALUE"),
        (["--set", "hedger.band.wide=1 %"], "no parameter 'hedger.band.wide'"),
    ],
)
def test_command__typed_wrong__says_so(run_policies, tmp_path, arguments, reason):
    result = run_policies(*arguments, "--output", str(tmp_path))
    assert result.exit_code != 0 and result.stdout == ""
    assert reason in result.stderr and "Traceback" not in result.stderr


def test_command__folder_within_a_file__says_so(run_policies, tmp_path):
    (tmp_path / "file").write_text("")
    result = run_policies("--output", str(tmp_path / "file" / "made"))
    assert result.exit_code == 1
    assert "cannot write to" in result.stderr and "Traceback" not in result.stderr
