"""Fails when tests take too few of the branches of ballast/: `make coverage`.

`coverage report` adds statements to them, of which nearly all are reached. The share asked for is
that of pyproject.toml.
"""

import json
import sys
import tomllib
from pathlib import Path

from ballast.compiler import ROOT


def main(report: Path) -> int:
    """Print the share of branches in a report of coverage's as JSON; 1 when it is too small."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    least: float = settings["tool"]["coverage"]["report"]["fail_under"]
    totals = json.loads(report.read_text())["totals"]
    taken, branches = totals["covered_branches"], totals["num_branches"]
    share = 100 * taken / branches
    print(f"branches of ballast/ taken: {taken:,} of {branches:,}, {share:.1f} % (least {least} %)")
    return 1 if share < least else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
