"""The commands of the README, run in its order on a fresh node, against the output it shows."""

import re
import subprocess

import pytest
from nodes import ROOT, environment

README = (ROOT / "README.md").read_text()
MAKE_DEVNET = "make devnet"
"""The one line that is not run as it stands: it would take the port, and last."""

OPTIONS = {"anvil": ("--block-time", "2", "--mixed-mining"), "hardhat": ()}
"""What `make devnet` starts Anvil with; Hardhat mines with each transaction."""

SKIPPED = "…"
"""A line of the README that stands for any number of lines."""


def transcript() -> list[tuple[str, list[str]]]:
    """Each command of the README's console blocks with the lines that it shows."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", README, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def shape(line: str) -> str:
    """A line without its numbers, addresses, file names, and what a table is drawn with."""
    line = re.sub(r"0x[0-9a-fA-F]+", "somebody", line)
    line = re.sub(r"\S+\.json", "a file", line)
    line = re.sub(r"(?<!::)\b\d+(?:[,.:-]\d+)*(?:e-?\d+)?\b", "#", line)
    return " ".join(re.sub(r"[│┃─━┌┐└┘├┤┬┴┼┏┓┗┛┡┩┳┻╇]", " ", line).split())


def assert_alike(shown: list[str], output: str) -> None:
    """Every line shown stands in the output, in its order, and between two of them nothing else
    but where the README says so."""
    lines = [shape(line) for line in output.splitlines()]
    lines = [line for line in lines if line]
    may_skip = False
    for expected in filter(None, map(shape, shown)):
        if expected == SKIPPED:
            may_skip = True
            continue
        while may_skip and lines and lines[0] != expected:
            lines.pop(0)
        assert lines and lines.pop(0) == expected, f"'{expected}' is not in its place in:\n{output}"
        may_skip = False
    assert may_skip or not lines, f"the README does not show:\n{lines}"


def test_transcript__readme__is_a_whole_life():
    commands = [command for command, _ in transcript()]
    assert commands[0] == MAKE_DEVNET
    for part in ("deploy", "vault deposit", "options buy", "market move", "keeper", "withdraw"):
        assert any(part in command for command in commands), part


@pytest.mark.parametrize("kind", ["anvil", "hardhat"])
def test_transcript__each_command__does_what_the_readme_shows(create_node, kind):
    (first, _), *rest = transcript()
    assert first == MAKE_DEVNET
    node = create_node(kind, OPTIONS[kind])
    environment_ = environment() | {
        "BALLAST_NETWORK": node.network,
        "BALLAST_DEPLOYMENT": str(node.deployment),
    }
    for command, shown in rest:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=ROOT, env=environment_, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        assert done.stderr == "", command
        assert_alike(shown, done.stdout)


# ── the comparison itself ──


def test_shape__numbers_and_frames__do_not_count():
    assert shape("│   tokens │  1,000.5 │") == shape("| tokens | 7 |".replace("|", "│"))
    assert shape("gas: -1,000 tokens") != shape("gas: +1,000 tokens")
    assert shape("cost=5.6e-05") == shape("cost=0.00056")
    assert shape("0xAbC1 has 12 tokens") == "somebody has # tokens"
    assert shape("TEST::2 at 2050-01-01 12:30:00, hour 1: 2,000.5") == "TEST::2 at # #, hour #: #"


@pytest.mark.parametrize(
    ("shown", "output"),
    [(["a 1", "b"], "a 2\nc\nb"), (["a"], "a\nb"), (["a", "b"], "a"), (["…", "b"], "a\nc")],
)
def test_assert_alike__another_shape__fails(shown, output):
    with pytest.raises(AssertionError):
        assert_alike(shown, output)


def test_assert_alike__same_shape__passes():
    assert_alike(["a 1", "…", "c"], "a 2\nb\nc")
    assert_alike(["…"], "a\nb")
    assert_alike([], "")
