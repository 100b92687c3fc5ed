"""What the tests of conformance share: the experiment, and the list of figures that it is held to.

`make conformance` is the full form; a run of all tests has the short one, with its own bounds.
"""

import os
from functools import cache
from typing import NamedTuple

from ballast import replication
from ballast.replication import Floats, Option, Outcome

IS_FULL = os.environ.get("CONFORMANCE") == "full"
WEEK = 7 * 86_400
SPOT, VOL = 100.0, 0.8
SEED = 2_024

FIGURES: list[tuple[str, ...]] = []
"""Figure, asked, seen, off, bound: as they are printed."""


class Experiment(NamedTuple):
    """One strike and number of hedges, at zero cost, on all paths."""

    option: Option
    steps: int
    prices: Floats  # (steps + 1, paths)
    outcome: Outcome


@cache
def experiment(strike: int, steps: int) -> Experiment:
    """The same paths whoever asks."""
    option = Option(strike, WEEK, VOL)
    count = 40_000 if IS_FULL else 2_000
    prices = replication.gbm(SPOT, VOL, WEEK, steps, count, SEED)
    return Experiment(option, steps, prices, replication.pnl(prices, option))


def check(figure: str, asked: float, seen: float, within: float) -> None:
    """List a figure, and fail where it is further from what is asked than a share of it."""
    off = seen / asked - 1
    FIGURES.append((figure, f"{asked:.4f}", f"{seen:.4f}", f"{off:+.2%}", f"±{within:.0%}"))
    assert abs(off) <= within, f"{figure}: {seen:.4f}, asked {asked:.4f} ±{within:.0%}"


def check_most(figure: str, seen: float, most: float) -> None:
    """List a figure, and fail where it is larger than it may be."""
    FIGURES.append((figure, f"≤ {most:.0e}", f"{seen:.1e}", "", ""))
    assert seen <= most, f"{figure}: {seen:.1e}, asked ≤ {most:.0e}"
