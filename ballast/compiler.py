"""Compiles the contracts when a source is newer than the last compilation.

ape itself recompiles no contract whose imported module changed: it would run the old bytecode.
"""

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
STAMP = ROOT / ".build" / ".compiled"
"""Touched after each compilation, by the Makefile too."""


def is_stale() -> bool:
    """Whether anything that is compiled, or says how, is newer than the last compilation."""
    sources = [ROOT / "ape-config.yaml", *(ROOT / "contracts").rglob("*.vy*")]
    newest = max(source.stat().st_mtime for source in sources)
    return not STAMP.exists() or STAMP.stat().st_mtime < newest


def compile_if_stale(project: Any) -> None:
    """Compile all contracts of ape's `project` anew if one is stale."""
    if is_stale():
        project.load_contracts(use_cache=False)
        STAMP.touch()
