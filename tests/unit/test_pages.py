"""What the pages for users name exists, and what they should name they do."""

import dataclasses
import importlib.util
import re
import shlex
import subprocess
import tomllib
import typing
from functools import cache
from pathlib import Path

import click
import pytest

from ballast import attribution, packing, parameters, scenario
from ballast.chain import START
from ballast.deployment import deploy, list_boards, push_price
from ballast.parameters import load
from ballast.revm import RevmChain
from ballast.scenario_checks import CHECKS
from ballast.scenario_result import COLUMNS
from ballast.units import WAD

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
}
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()
FILES = {*TRACKED, *(str(parent) for name in TRACKED for parent in Path(name).parents)}
CONTRACTS = "\n".join(path.read_text() for path in (ROOT / "contracts").rglob("*.vy"))

pages = pytest.mark.parametrize("page", sorted(PAGES))


def anchors(text: str) -> set[str]:
    """Of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pages
def test_links__in_a_page__lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        name, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = ((ROOT / page).parent / name).resolve() if name else ROOT / page
        assert str(target.relative_to(ROOT)) in FILES, link
        assert not anchor or anchor in anchors(target.read_text()), link


@pages
def test_paths__in_a_page__exist(page):
    """In back-quotes, with a folder of the repository; a star stands for any name."""
    tops = "|".join(sorted({name.partition("/")[0] for name in FILES if "/" in name}))
    for name in re.findall(rf"`((?:{tops})/[\w./*-]+)`", PAGES[page]):
        is_ignored = subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT).returncode == 0
        assert is_ignored or any(ROOT.glob(name.rstrip("/"))), name


@pages
def test_tests__named_in_a_page__exist(page):
    for path, function in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGES[page]):
        assert f"\ndef {function}(" in (ROOT / path).read_text(), f"{path}::{function}"
    for name in re.findall(r"`(test_[\w*]+\.py)`", PAGES[page]):
        assert any((ROOT / "tests").rglob(name)), name


# ── commands ──


@cache
def script(name: str) -> click.Command:
    """The command of `ape run NAME`."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.cli


def commands(text: str) -> list[str]:
    """Every `ape run` of a page: in its blocks, with the lines that go on, and in its text."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    shown = [line.removeprefix("$ ") for line in lines]
    return [line for line in [*shown, *re.findall(r"`([^`\n]+)`", text)] if "ape run " in line]


@pages
def test_commands__in_a_page__exist_with_their_options(page):
    for line in commands(PAGES[page]):
        _, _, name, *words = shlex.split(line.replace("|", " "), comments=True)
        if not name.isalpha() or name in ("demo",):
            continue
        command = script(name)
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        if isinstance(command, click.Group):  # the group is meant, or what it does by itself
            assert not words or words[0].startswith("--"), line
            command = command.commands.get("new", command)
        known = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in known | {"--network", "--account"}, line


@pages
def test_make__named_in_a_page__has_the_target(page):
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|^|\$ )make ([a-z-]+)", PAGES[page], re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_options__in_backticks__are_parameters():
    """Dotted names that begin like a parameter's are one, or a group of them, or a scenario's."""
    tables = load()
    keys = {"price", "options", "keeper", "venue", "flows", "faults"}  # of a scenario
    for page in ("docs/DEVELOPER.md", "docs/RESEARCHER.md"):
        for name in re.findall(r"`([a-z]+(?:\.[a-z_]+)+)[`=]", PAGES[page]):
            at = tables
            top, *rest = name.split(".")
            if top not in tables or rest[-1] in ("py", "toml", "json"):
                continue
            for part in (top, *rest):
                at = at.get(part) if isinstance(at, dict) else None
            is_key = top in keys and rest[0] in {one.name for one in fields()}
            assert at is not None or is_key, f"{page}: {name}"


# ── what a page should name ──


def fields() -> list[dataclasses.Field]:
    """Of a scenario and of all that it is made of."""
    found, open_ = [], [scenario.Scenario]
    while open_:
        kind = open_.pop()
        hints = typing.get_type_hints(kind)
        for one in dataclasses.fields(kind):
            found.append(one)
            inner = (hints[one.name], *typing.get_args(hints[one.name]))
            open_ += [part for part in inner if dataclasses.is_dataclass(part)]
    return found


def test_researcher__every_key_check_column_and_line__is_named():
    text = PAGES["docs/RESEARCHER.md"]
    for name in {*(one.name for one in fields()), *CHECKS, *COLUMNS}:
        assert re.search(rf"`(?:\w+\.)*{name}\b[^`]*`", text) or f"{name}: " in text, name
    for line in attribution.LINES:
        assert line in text, line


def test_vault_user__every_reason_of_a_depositor__is_named():
    """Those of hooks, of the owner and of deployment are not his."""
    text = PAGES["docs/VAULT_USER.md"]
    named = set(re.findall(r"`(vault: [^`]+)`", text))
    others = {
        "vault: already wired", "vault: wired to zero", "vault: offset over 12",
        "vault: token decimals over 18", "vault: deposit cap too large", "vault: only the book",
        "vault: only the hedger", "vault: premium over free cash", "vault: margin over free cash",
    }  # fmt: skip
    assert named == set(re.findall(r'"(vault: [^"]+)"', CONTRACTS)) - others


def test_changelog__newest_release__is_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    releases = re.findall(r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", PAGES["CHANGELOG.md"], re.M)
    assert releases[0] == version
    assert PAGES["CHANGELOG.md"].index("## [Unreleased]") < PAGES["CHANGELOG.md"].index(version)


# ── the example of docs/VAULT_USER.md ──


def test_vault_user__example__is_what_the_contracts_do():
    """A million, a hundred calls of 2,200 for a week at 2,000, 1,900 at the end, no hedge."""
    unit, share = 10**6, 10**12
    chain = RevmChain()
    owner, depositor, buyer, recipient = chain.accounts(4)
    values = parameters.load()
    values["vault"]["fees"]["recipient"] = str(recipient)
    chain.advance(START)
    on = deploy(chain, owner, values, 2_000 * WAD)
    expiry = list_boards(chain, on.book, owner, values, 2_000 * WAD, chain.now())[0]
    for who in (depositor, buyer):
        chain.send(on.token, "mint", who, 1_000_000 * unit, sender=owner)
        chain.send(on.token, "approve", on.vault, 1_000_000 * unit, sender=who)
    chain.send(on.vault, "deposit", 1_000_000 * unit, depositor, sender=depositor)
    begin = chain.now()
    calls = packing.series_id(expiry, 2_200 * WAD, False)
    order = (calls, 100 * WAD, 10_000 * unit, buyer, chain.now() + 60)
    chain.send(on.book, "buy", *order, sender=buyer)
    premium = chain.read(on.vault, "ledger").cash / unit - 1_000_000
    mid, low, high, _ = (value / WAD for value in chain.read(on.vault, "net_asset_value"))
    rounds = []
    for second in (-60, 60):
        chain.advance(expiry + second)
        push_price(chain, on.feed, owner, 1_900 * WAD)
        rounds.append(chain.read(on.feed, "latest_round"))
    chain.send(on.book, "settle", expiry, *rounds, sender=buyer)
    nav = chain.read(on.vault, "totalAssets") / unit
    chain.send(on.vault, "accrue_fees", sender=buyer)
    elapsed = chain.now() - begin
    issued = chain.read(on.vault, "balanceOf", recipient) / share
    worth = chain.read(on.vault, "previewRedeem", 1_000_000 * share) / unit
    managed, gained = nav * 0.01 * elapsed / 31_536_000, 0.1 * (nav - 1_000_000)
    figures = (premium, mid, low, high, nav, managed, gained, managed + gained, issued, worth)
    text = PAGES["docs/VAULT_USER.md"]
    for figure in (*(f"{one:,.2f}" for one in figures), f"{elapsed:,} seconds"):
        assert figure in text, figure
    assert f"{chain.read(on.vault, 'high_water') / WAD:.6f}" in text
    assert f"{(high - low) / mid * 1e4:.0f} bp" in text
    assert chain.read(on.vault, "balanceOf", depositor) == 1_000_000 * share
