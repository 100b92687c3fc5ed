"""A scenario's run on disk: every step, its lines, checks and events, and what repeats it.

    scenario.yaml, repeat.sh   the scenario with its seed, and the command that runs it again
    steps.parquet, steps.csv   a row a step, with `scenario_result.COLUMNS`
    lines.json                 attribution, NAV before and after, residual [USD wad]
    checks.json, events.json   what had to hold and what was seen; what happened, by hour
    manifest.json              seed, scenario, bytecode, versions, SHA-256 of all these files
    repro.zip                  all of these and what failed, of a run in which something did

The same result gives the same bytes: nothing here knows the time, the machine or the folder. JSON
has the order of the result; floats are the shortest text that reads back equal, amounts in wad
whole numbers.
"""

import csv
import hashlib
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZipFile, ZipInfo

import pyarrow
import yaml
from pyarrow import parquet

from ballast.human import decimal
from ballast.scenario_result import COLUMNS, Check, Result, Value

MANIFEST = "manifest.json"
BUNDLE = "repro.zip"
FAILED = "failed.txt"

COMMAND = """\
#!/bin/sh
# From a checkout of Ballast that has the inputs, bytecode and versions of manifest.json.
exec ape run scenario run "$(dirname "$0")/scenario.yaml" --fresh --seed {seed}
"""

WRITERS = ("pyarrow", "PyYAML")

EPOCH = (1980, 1, 1, 0, 0, 0)
"""When everything in a bundle was written: the first moment that a zip can name."""

TYPES = {
    frozenset([bool]): pyarrow.bool_(),
    frozenset([str]): pyarrow.string(),
    frozenset([int]): pyarrow.int64(),
}
"""Of a column, by the Python types of its values; of all others it is float64."""

DATA = (
    "scenario.yaml",
    "repeat.sh",
    "steps.parquet",
    "steps.csv",
    "lines.json",
    "checks.json",
    "events.json",
)
"""Files whose bytes the manifest knows."""


class OutputError(Exception):
    """A folder does not hold the run that its manifest speaks of."""


@dataclass(frozen=True)
class Manifest:
    """What a run was made from and what it left: equal manifests are equal runs."""

    seed: int
    scenario: dict[str, Any]
    """As loaded, defaults filled in."""
    inputs: dict[str, str]
    """SHA-256 of the file that prices were replayed from, by its path in the scenario."""
    bytecode: dict[str, str]
    """Hash of the code by contract."""
    versions: dict[str, str]
    """Of what the result depends on."""
    writers: dict[str, str]
    """Versions of what wrote the files: others leave the same rows in other bytes."""
    steps: int
    files: dict[str, str]
    """SHA-256 by file name."""

    def differences(self, other: "Manifest") -> list[str]:
        """Lines "files.steps.csv: … here, … there", in order; empty when the runs are the same."""
        return _differences(asdict(self), asdict(other), "")


def write(result: Result, folder: Path) -> Manifest:
    """Write a run into `folder`, and a repro bundle beside it when something does not hold.

    A run that something stopped is a result too: its rows end there, and a check that fails says
    why. What an earlier run left in the folder is replaced. ValueError when a row has not the
    columns of a step, or a figure of an event is no number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_data(result, folder)
    manifest = Manifest(
        seed=result.scenario["seed"],
        scenario=result.scenario,
        inputs=_inputs(result.scenario["price"]["file"]),
        bytecode=result.bytecode,
        versions=result.versions,
        writers={name: version(name) for name in WRITERS},
        steps=len(result.rows),
        files={name: sha256((folder / name).read_bytes()) for name in DATA},
    )
    _dump(asdict(manifest), folder / MANIFEST)
    (folder / BUNDLE).unlink(missing_ok=True)
    if not result.holds:
        _write_bundle(result, folder)
    return manifest


def read(folder: Path) -> Result:
    """The result that `write` wrote. OutputError when a file is missing or is not the same."""
    manifest = read_manifest(folder)
    verify(folder, manifest)
    attribution = _load(folder / "lines.json")
    return Result(
        scenario=manifest.scenario,
        rows=parquet.read_table(folder / "steps.parquet").to_pylist(),
        events=_load(folder / "events.json"),
        lines=attribution["lines"],
        nav_before=attribution["nav_before"],
        nav_after=attribution["nav_after"],
        checks=[Check(**check) for check in _load(folder / "checks.json")],
        bytecode=manifest.bytecode,
        versions=manifest.versions,
    )


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a run. OutputError when there is none."""
    try:
        return Manifest(**_load(folder / MANIFEST))
    except (OSError, TypeError, ValueError) as error:
        raise OutputError(f"{folder}: no manifest of a run ({error})") from None


def verify(folder: Path, manifest: Manifest) -> None:
    """OutputError when a file is missing or its bytes are not those of the manifest."""
    for name, known in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise OutputError(f"{path}: missing")
        if sha256(path.read_bytes()) != known:
            raise OutputError(f"{path}: not the file of the manifest")


def sha256(content: bytes) -> str:
    """SHA-256 in 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _inputs(file: str) -> dict[str, str]:
    return {file: sha256(Path(file).read_bytes())} if file else {}


def _write_data(result: Result, folder: Path) -> None:
    scenario = yaml.safe_dump(result.scenario, sort_keys=False, allow_unicode=True)
    (folder / "scenario.yaml").write_bytes(scenario.encode())
    command = COMMAND.format(seed=result.scenario["seed"])
    (folder / "repeat.sh").write_bytes(command.encode())
    columns = _columns(result.rows)
    parquet.write_table(_table(columns), folder / "steps.parquet", compression="zstd")
    _write_csv(columns, folder / "steps.csv")
    attribution = {
        "lines": result.lines,
        "nav_before": result.nav_before,
        "nav_after": result.nav_after,
        "residual": result.residual,
    }
    _dump(attribution, folder / "lines.json")
    _dump([asdict(check) for check in result.checks], folder / "checks.json")
    _dump(result.events, folder / "events.json")


def _write_bundle(result: Result, folder: Path) -> None:
    """One file to hand on: not packed, since the same bytes would need the same zlib."""
    failed = [check for check in result.checks if not check.holds]
    lines = [f"{check.name}: {check.seen}, bound {check.bound}" for check in failed]
    if result.residual:
        lines.append(f"residual of the attribution: {decimal(result.residual)} USD, bound 0")
    content = {FAILED: "\n".join([*lines, ""]).encode()}
    content |= {name: (folder / name).read_bytes() for name in (MANIFEST, *DATA)}
    with ZipFile(folder / BUNDLE, "w") as bundle:
        for name, data in content.items():
            bundle.writestr(ZipInfo(name, EPOCH), data)


def _columns(rows: list[dict[str, Value]]) -> dict[str, list[Value]]:
    for row in rows:
        if row.keys() != COLUMNS.keys():
            odd = ", ".join(sorted(row.keys() ^ COLUMNS.keys()))
            raise ValueError(f"hour {row.get('hour')} has not the columns of a step: {odd}")
    return {name: [row[name] for row in rows] for name in COLUMNS}


def _table(columns: dict[str, list[Value]]) -> pyarrow.Table:
    """With the unit of each column as metadata of its field."""
    fields = [
        pyarrow.field(name, _type(values), metadata={"unit": COLUMNS[name]})
        for name, values in columns.items()
    ]
    return pyarrow.table(columns, schema=pyarrow.schema(fields))


def _type(values: list[Value]) -> pyarrow.DataType:
    kinds = frozenset(type(value) for value in values if value is not None)
    return TYPES.get(kinds, pyarrow.float64())


def _write_csv(columns: dict[str, list[Value]], path: Path) -> None:
    """None is the empty cell, truth is 1 or 0, floats are written to read back equal."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for cells in zip(*columns.values(), strict=True):
            writer.writerow([int(cell) if isinstance(cell, bool) else cell for cell in cells])


def _dump(content: Any, path: Path) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_bytes(f"{text}\n".encode())


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _differences(here: Any, there: Any, path: str) -> list[str]:
    if not (isinstance(here, dict) and isinstance(there, dict)):
        return [] if here == there else [f"{path}: {here} here, {there} there"]
    lines: list[str] = []
    for name in sorted(here.keys() | there.keys()):
        where = f"{path}.{name}" if path else name
        lines += _differences(here.get(name), there.get(name), where)
    return lines
