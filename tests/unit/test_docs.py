"""Docs, tests and commands that belong together stay together."""

import importlib.util
import re
import subprocess
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[2]
ID = re.compile(r"\b(?:SPEC|INV)-[A-Z]*\d+\b")
RANGE = re.compile(r"\b((?:SPEC|INV)-[A-Z]*)(\d+) to \1(\d+)\b")


def ids(folder: str, *endings: str) -> set[str]:
    """Every ID in the files of a folder; "SPEC-H1 to SPEC-H3" names three."""
    texts = [
        path.read_text()
        for path in (ROOT / folder).rglob("*")
        if path.suffix in endings and path != Path(__file__)
    ]
    return {found for text in texts for found in ids_in(text)}


def ids_in(text: str) -> set[str]:
    spans = [
        f"{stem}{number}"
        for stem, first, last in RANGE.findall(text)
        for number in range(int(first), int(last) + 1)
    ]
    return {*ID.findall(text), *spans}


def test_ids__ranges__are_spelled_out():
    assert ids_in("SPEC-A9 to SPEC-A11, SPEC-B1.") == {
        "SPEC-A9", "SPEC-A10", "SPEC-A11", "SPEC-B1"
    }  # fmt: skip
    assert ids_in("XSPEC-A1 SPEC-a1 SPEC-A") == set()


def test_docs__every_rule__stands_in_a_test():
    assert ids("docs", ".md") - ids("tests", ".py") == set()


@pytest.mark.parametrize("folder", ["contracts", "ballast", "tests", "scripts"])
def test_sources__every_id__is_a_rule(folder):
    assert ids(folder, ".vy", ".vyi", ".py") - ids("docs", ".md") == set()


def test_docs__every_rule__is_stated_once():
    """SPEC-* in a list of SPEC.md, INV-* in a table of INVARIANTS.md."""
    rules = re.findall(r"^- \*\*(SPEC-[A-Z]\d+)\*\*", (ROOT / "docs/SPEC.md").read_text(), re.M)
    table = (ROOT / "docs/INVARIANTS.md").read_text()
    stated = rules + re.findall(r"^\| \*\*(INV-\d+)\*\* \|", table, re.M)
    assert len(stated) == len(set(stated))
    assert set(stated) == ids("docs", ".md")


def scripts() -> list[Path]:
    return sorted((ROOT / "scripts").glob("[!_]*.py"))


@pytest.mark.parametrize("path", scripts(), ids=lambda path: path.stem)
def test_script__always__says_what_it_is_for(path):
    """A docstring; where it is a command, help for it and for each of its options."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.__doc__
    for command in commands(getattr(module, "cli", None)):
        assert command.help, command.name
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.help, f"{command.name} {option.name}"


def commands(command: click.Command | None) -> list[click.Command]:
    """A command with those below it."""
    if command is None:
        return []
    below = command.commands.values() if isinstance(command, click.Group) else []
    return [command, *(one for child in below for one in commands(child))]


def test_readme__names_a_file__it_exists():
    """Links, and what stands in back-quotes and looks like a path of the repository.

    What git ignores is made by a command and need not be there.
    """
    text = (ROOT / "README.md").read_text()
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)}
    links = {link for link in links if link and "://" not in link}
    tops = "|".join({*(path.name for path in ROOT.iterdir() if path.is_dir()), "out"})
    quoted = set(re.findall(rf"`((?:{tops})/[\w./-]+)`", text))
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    known = {*tracked, *(str(parent) for name in tracked for parent in Path(name).parents)}
    missing = {name.rstrip("/") for name in links | quoted} - known
    assert {name for name in missing if not is_ignored(name)} == set()


def is_ignored(name: str) -> bool:
    """Whether .gitignore keeps a path out of the repository."""
    code = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT).returncode
    assert code in (0, 1), f"git cannot say whether {name} is ignored"
    return code == 0


@pytest.mark.parametrize("name", ["bench/results.json", "out/demo.png"])
def test_is_ignored__made_by_a_command__is(name):
    assert is_ignored(name)


@pytest.mark.parametrize("name", ["bench/run.py", "docs/absent.md", "bench/results.txt"])
def test_is_ignored__of_the_repository_or_nowhere__is_not(name):
    assert not is_ignored(name)


THREATS = (ROOT / "docs/THREATS.md").read_text()
PROOF = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def threats(text: str) -> dict[str, str]:
    """What is said of each threat, by ID."""
    parts = re.split(r"^- \*\*(T-\d\d)\*\* ", text, flags=re.M)[1:]
    return {
        name: said.partition("\n#")[0] for name, said in zip(parts[::2], parts[1::2], strict=True)
    }


def test_threats__every_one__is_answered_once():
    wanted = [f"T-{number:02}" for number in range(1, 58)]
    assert sorted(re.findall(r"T-\d+", THREATS)) == wanted
    assert sorted(threats(THREATS)) == wanted


def test_threats__answered__names_a_rule_and_a_test():
    for name, said in threats(THREATS).items():
        assert PROOF.search(said) and ID.search(said), name


def test_threats__named_test__exists():
    named = set(PROOF.findall(THREATS))
    assert len(named) > 57
    for path, function in named:
        assert f"\ndef {function}(" in (ROOT / path).read_text(), f"{path}::{function}"


def test_tests__none__is_expected_to_fail():
    """What is not done is said in docs/, not hidden in a test."""
    for path in (ROOT / "tests").rglob("test_*.py"):
        assert path == Path(__file__) or "mark.xfail" not in path.read_text(), path
