"""docs/REFERENCE.md, made from the compiled contracts and the parameters' file: what can be called,
what is logged, what can be set.

    python -m ballast.reference      writes it; a test shows that it is up to date
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ballast.parameters import DEFAULTS
from ballast.revm import ARTIFACTS

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "REFERENCE.md"
OWN = ROOT / "contracts"

CONTRACTS = (
    "Vault", "Breaker", "OptionBook", "Pricer", "Hedger", "PerpMarket", "DelayedVenue", "Multicall",
)  # fmt: skip
"""Those that are deployed, in the order of the README."""

HEAD = """# Reference

Made by `make reference` from the contracts and `ballast/parameters.toml`, not by hand. Units stand
in brackets: [wad] 1e18, [asset] token units, [shares] share units, [s] seconds. SPEC.md has the
rules.
"""


def reference(types: dict[str, Any]) -> str:
    """The whole page; types: contract types by name, as ape writes them."""
    parts = [HEAD, *(_contract(name, types[name]) for name in CONTRACTS), _parameters()]
    return "\n".join(parts)


def _contract(name: str, kind: dict[str, Any]) -> str:
    """A contract: its promise, its functions, what is snekmate's, its events."""
    docs = _exported(ROOT / kind["sourceId"])
    own, borrowed = [], []
    for function in _longest(kind["abi"]):
        text = _doc(function, kind) or docs.get(function["name"], "")
        if text:
            own.append(f"| `{_signature(function)}` | {text} |")
        else:
            borrowed.append(f"`{function['name']}`")
    lines = [f"\n## {name}\n", _cell(kind["userdoc"].get("notice", "")), ""]
    lines += ["| function | what it does |", "|---|---|", *own]
    if borrowed:
        lines += ["", f"And as snekmate has them: {', '.join(borrowed)}."]
    if events := {_event(item) for item in kind["abi"] if item["type"] == "event"}:
        lines += ["", "| event | with |", "|---|---|", *sorted(events)]
    return "\n".join(lines) + "\n"


def _longest(abi: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Functions by name, each with all its arguments; `least` says how many must be given."""
    functions: dict[str, list[dict[str, Any]]] = {}
    for item in abi:
        if item["type"] == "function":
            functions.setdefault(item["name"], []).append(item)
    for name in sorted(functions, key=str.lower):
        forms = sorted(functions[name], key=lambda item: len(item["inputs"]))
        yield forms[-1] | {"least": len(forms[0]["inputs"])}


def _signature(function: dict[str, Any]) -> str:
    """`name(type argument, [type optional]) → types`, `view` where it changes nothing."""
    arguments = [f"{_type(one)} {one['name']}".strip() for one in function["inputs"]]
    least = function["least"]
    shown = arguments[:least] + [f"[{one}]" for one in arguments[least:]]
    outputs = ", ".join(_type(one) for one in function["outputs"])
    kind = " view" if function["stateMutability"] in ("view", "pure") else ""
    return f"{function['name']}({', '.join(shown)}){kind}{f' → {outputs}' if outputs else ''}"


def _type(item: dict[str, Any]) -> str:
    """A struct by the names of its fields, any other type as the ABI has it."""
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    fields = ", ".join(field["name"] for field in item["components"])
    return f"{{{fields}}}{item['type'].removeprefix('tuple')}"


def _doc(function: dict[str, Any], kind: dict[str, Any]) -> str:
    """Notice and results, as the contract's own NatSpec has them."""

    def of(docs: dict[str, Any]) -> Any:
        forms = [key for key in docs.get("methods", {}) if key.startswith(f"{function['name']}(")]
        return docs["methods"][max(forms, key=len)] if forms else {}

    notice = of(kind["userdoc"]).get("notice", "")
    results = of(kind["devdoc"]).get("returns", {}).values() if notice else ()
    return _cell(" ".join([notice, *(f"Returns: {text}" for text in results)]))


def _event(item: dict[str, Any]) -> str:
    fields = ", ".join(f"{_type(one)} {one['name']}" for one in item["inputs"])
    return f"| `{item['name']}` | {f'`{fields}`' if fields else ''} |"


def _exported(source: Path) -> dict[str, str]:
    """What our sources say of a contract's variables, and of what it exports from our modules."""
    text = source.read_text()
    docs = _variables(text)
    for module, name in re.findall(r"^    (\w+)\.(\w+),$", text, re.M):
        path = OWN / "modules" / f"{module}.vy"
        if path.exists():
            body = path.read_text()
            docs |= {name: (_functions(body) | _variables(body))[name]}
    return docs


def _functions(source: str) -> dict[str, str]:
    """Notice and result of each function that has a notice."""
    head = r"^def (\w+)\((?:[^()]|\([^()]*\))*\)(?: -> [^\n]*)?:\n"
    body = r'\s+"""\n(\s+@notice .*?)\n\s*"""'
    docs = {}
    for name, text in re.findall(head + body, source, re.M | re.S):
        parts = dict(re.findall(r"^\s*@(\w+) (.*?)(?=\n\s*@|\Z)", text, re.M | re.S))
        returns = f" Returns: {parts['return']}" if "return" in parts else ""
        docs[name] = _cell(parts["notice"] + returns)
    return docs


def _variables(source: str) -> dict[str, str]:
    """The comment over each public variable, or behind it."""
    pattern = r"((?:^# .*\n)*)^(\w+): public\(.*\)(?:  # (.*))?$"
    return {
        name: _cell(over.replace("# ", "") or behind)
        for over, name, behind in re.findall(pattern, source, re.M)
    }


def _parameters() -> str:
    """The parameters by section, with what stands beside them in the file."""
    lines = [
        "\n## Parameters\n",
        "Of `ape run deploy --set NAME=VALUE` and `ape run demo --set`.\n",
    ]
    section = ""
    for line in DEFAULTS.read_text().splitlines():
        text, _, comment = (part.strip() for part in line.partition("#"))
        if text.startswith("["):
            section = text.strip("[]")
            lines += [f"\n### {section}\n", *([comment + "\n"] if comment else [])]
            lines += ["| parameter | default | |", "|---|---|---|"]
        elif "=" in text:
            name, _, value = (part.strip() for part in text.partition("="))
            lines.append(f"| `{section}.{name}` | {value.strip(chr(34))} | {_cell(comment)} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """On one line, fit for a table."""
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write docs/REFERENCE.md."""
    TARGET.write_text(reference(json.loads(ARTIFACTS.read_text())["contractTypes"]))


if __name__ == "__main__":
    main()
