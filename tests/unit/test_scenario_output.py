"""ballast.scenario_output: a run on disk is the run, the same bytes each time."""

import csv
import hashlib
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pyarrow
import pytest
import yaml
from pyarrow import parquet
from scenario_samples import AMOUNTS, row, sample, scenario

from ballast.scenario import load
from ballast.scenario_output import (
    BUNDLE,
    DATA,
    FAILED,
    MANIFEST,
    OutputError,
    read,
    read_manifest,
    verify,
    write,
)
from ballast.scenario_result import COLUMNS
from ballast.strict import plain


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("holds", [True, False])
def test_read__written__is_the_same_result(tmp_path: Path, holds: bool):
    result = sample(holds=holds)
    write(result, tmp_path)
    assert read(tmp_path) == result
    assert read(tmp_path).to_bytes() == result.to_bytes()


def test_write__parquet__holds_every_step_with_its_units(tmp_path: Path):
    """Whole numbers stay whole, words words, and gaps gaps."""
    result = sample()
    write(result, tmp_path)
    table = parquet.read_table(tmp_path / "steps.parquet")
    assert table.to_pylist() == result.rows
    seen = [[type(value) for value in line.values()] for line in table.to_pylist()]
    assert seen == [[type(value) for value in line.values()] for line in result.rows]
    units = {field.name: field.metadata[b"unit"].decode() for field in table.schema}
    assert units == COLUMNS


def test_write__csv__holds_every_step(tmp_path: Path):
    result = sample()
    write(result, tmp_path)
    with (tmp_path / "steps.csv").open(newline="", encoding="utf-8") as file:
        lines = [*csv.DictReader(file)]
    assert len(lines) == len(result.rows)
    for line, step in zip(lines, result.rows, strict=True):
        assert [*line] == [*COLUMNS]
        for name, value in step.items():
            assert line[name] == "" if value is None else type(value)(line[name]) == value


def test_write__lines__sum_to_the_change_of_nav(tmp_path: Path):
    write(sample(), tmp_path)
    seen = json.loads((tmp_path / "lines.json").read_text())
    assert sum(seen["lines"].values()) == seen["nav_after"] - seen["nav_before"]
    assert {name: amount for name, amount in seen["lines"].items() if amount} == AMOUNTS
    assert seen["residual"] == 0


@pytest.mark.parametrize("holds", [True, False])
def test_write__twice__leaves_the_same_bytes(tmp_path: Path, holds: bool):
    """Whatever the folder is called, and none of them says its name."""
    first, second = tmp_path / "first-folder", tmp_path / "second-folder"
    manifests = [write(sample(holds=holds), folder) for folder in (first, second)]
    assert manifests[0] == manifests[1]
    assert contents(first) == contents(second)
    assert not any(b"first-folder" in content for content in contents(first).values())


def test_write__manifest__names_all_that_the_run_was_made_from(tmp_path: Path):
    result = sample()
    manifest = write(result, tmp_path)
    assert read_manifest(tmp_path) == manifest
    assert (manifest.scenario, manifest.seed) == (result.scenario, 7)
    assert (manifest.bytecode, manifest.versions) == (result.bytecode, result.versions)
    assert manifest.writers == {"pyarrow": pyarrow.__version__, "PyYAML": yaml.__version__}
    assert manifest.steps == len(result.rows)
    assert manifest.files == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in contents(tmp_path).items()
        if name != MANIFEST
    }


def test_write__replayed_prices__are_known_by_their_bytes(tmp_path: Path):
    prices = tmp_path / "prices.csv"
    prices.write_text("a")
    run = sample(scenario=scenario("replay", str(prices)))
    first = write(run, tmp_path / "run")
    assert first.inputs == {str(prices): hashlib.sha256(b"a").hexdigest()}
    assert write(sample(), tmp_path / "other").inputs == {}
    prices.write_text("b")
    (line,) = first.differences(write(run, tmp_path / "run"))
    assert line.startswith(f"inputs.{prices}: ")


def test_write__scenario__loads_as_the_one_that_was_run(tmp_path: Path):
    """With every default, and whatever else the file it came from says by then."""
    write(sample(), tmp_path)
    assert plain(load(tmp_path / "scenario.yaml")) == sample().scenario


def test_write__row_without_a_column__is_refused(tmp_path: Path):
    short = row(2)
    del short["band"]
    with pytest.raises(ValueError, match="^hour 2 has not the columns of a step: band$"):
        write(sample(rows=[row(1), short]), tmp_path)


def test_write__no_step__has_the_columns(tmp_path: Path):
    """Of a run that failed before its first step was over."""
    write(sample(rows=[]), tmp_path)
    assert (tmp_path / "steps.csv").read_text() == ",".join(COLUMNS) + "\n"
    assert read(tmp_path).rows == []


@pytest.mark.parametrize("name", DATA)
def test_verify__changed_or_missing__is_noticed(tmp_path: Path, name: str):
    manifest = write(sample(), tmp_path)
    verify(tmp_path, manifest)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(OutputError, match="not the file of the manifest$"):
        read(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(OutputError, match="missing$"):
        read(tmp_path)


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"seed": 1}'])
def test_read_manifest__none_there__is_refused(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(OutputError, match="no manifest of a run"):
        read_manifest(tmp_path)


def test_differences__same_run__are_none(tmp_path: Path):
    assert write(sample(), tmp_path).differences(write(sample(), tmp_path)) == []


def test_differences__other_step_and_bytecode__are_named(tmp_path: Path):
    here = write(sample(), tmp_path)
    rows = [*sample().rows[:-1], row(30) | {"nav": 1.0}]
    there = write(sample(rows=rows, bytecode={}), tmp_path)
    seen = [line.split(":")[0] for line in here.differences(there)]
    assert seen == ["bytecode.Vault", "files.steps.csv", "files.steps.parquet"]


# ------------------------------------------------------------------------------ bundles


def test_write__all_holds__leaves_no_bundle(tmp_path: Path):
    """Not even that of an earlier run."""
    write(sample(holds=False), tmp_path)
    assert (tmp_path / BUNDLE).exists()
    write(sample(), tmp_path)
    assert not (tmp_path / BUNDLE).exists()


def test_write__check_fails__bundles_all_that_repeats_it(tmp_path: Path):
    result = sample(holds=False)
    write(result, tmp_path / "run")
    with ZipFile(tmp_path / "run" / BUNDLE) as bundle:
        assert {entry.date_time for entry in bundle.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        bundle.extractall(tmp_path / "bundle")
    seen = contents(tmp_path / "bundle")
    assert seen.pop(FAILED).decode() == "margin ratio: 30 %, bound ≥ 6.25 %\n"
    assert seen.keys() == {MANIFEST, *DATA}
    assert all((tmp_path / "run" / name).read_bytes() == data for name, data in seen.items())
    assert read(tmp_path / "bundle") == result
    assert yaml.safe_load(seen["scenario.yaml"]) == result.scenario


@pytest.mark.parametrize("wei", [1, -1])
def test_write__lines_miss_the_nav__is_a_failure(tmp_path: Path, wei: int):
    good = sample()
    write(replace(good, nav_after=good.nav_after + wei), tmp_path)
    with ZipFile(tmp_path / BUNDLE) as bundle:
        seen = bundle.read(FAILED).decode()
    amount = "-0." if wei < 0 else "0."
    assert seen == f"residual of the attribution: {amount}{'1':0>18} USD, bound 0\n"


def test_repeat__from_elsewhere__runs_the_scenario_beside_it(tmp_path: Path):
    """With an ape that says what it is asked."""
    ape = tmp_path / "ape"
    ape.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    ape.chmod(0o755)
    folder = tmp_path / "a run"
    write(sample(), folder)
    asked = subprocess.run(
        ["sh", "a run/repeat.sh"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert asked[:3] == ["run", "scenario", "run"]
    assert asked[4:] == ["--fresh", "--seed", "7"]
    assert yaml.safe_load((tmp_path / asked[3]).read_text()) == sample().scenario


def test_sample__every_type__is_in_it():
    """Else the tests above show nothing of it."""
    kinds = {type(value) for step in sample().rows for value in step.values()}
    assert kinds == {int, float, str, type(None)}
