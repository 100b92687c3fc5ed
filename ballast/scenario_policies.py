"""What hedging policy is worth: one option sold and hedged in several ways on the same paths.

Each policy lives through the same prices (common random numbers) on the real contracts: the one
that looks every minute sees all of a path, one that looks every hour every sixtieth step of it.
Figures are basis points of the notional sold, but for numbers of hedges and shares of time.
"""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ballast.paths import Step
from ballast.scenario import Scenario, parse
from ballast.scenario_charts import Estimate, Policy
from ballast.scenario_checks import SPARE_MARGIN
from ballast.scenario_paths import price_path
from ballast.scenario_result import Result
from ballast.units import WAD

MINUTES = 60
SHARE = 0.1
"""Of net asset value at spot: what is sold."""

UNIT = "bp of the notional sold"
TAIL = 10
"""The tail is the mean of the worst of so many parts."""

CONFIDENCE = 1.96
"""Standard errors of a 95% interval."""

FULL = {"hedger.band.min_share": "0 %", "hedger.band.max_share": "0 %"}
"""No band: each visit hedges all."""

NOT_AT_ALL = {"breaker.unhedged": "100 %"}

DAY_OF_A_CALL = {
    "name": "policies",
    "why": "One call at the money for a day: what each way to hedge it costs and leaves.",
    "hours": 28,
    "price": {"model": "gbm", "vol": 0.7},
    "deposits": [4_500_000],
    "parameters": {
        "boards.tenors": "26 h",
        "boards.lowest_strike": "100 %",
        "boards.highest_strike": "100 %",
    },
    "options": {"flow": "none", "fill": {"hour": 1, "share": SHARE, "rounds": 1, "only": "calls"}},
}
"""The scenario that all of them live through."""


@dataclass(frozen=True)
class Hedging:
    """A policy: how often the keeper comes, and the band of the vault."""

    name: str
    hours: float
    changes: dict[str, str]
    steps: int = 1  # an hour

    def scenario(self, seed: int) -> Scenario:
        """What it lives through."""
        base = parse(DAY_OF_A_CALL)
        out = [] if self.hours else [{"what": "keeper", "hours": base.hours + 1}]
        content = DAY_OF_A_CALL | {
            "seed": seed,
            "steps": self.steps,
            "faults": out,
            "keeper": {"hours": self.hours} if self.hours else {},
            "parameters": DAY_OF_A_CALL["parameters"] | self.changes,  # type: ignore[operator]
        }
        return parse(content)


POLICIES = (
    Hedging("none", 0, NOT_AT_ALL),
    Hedging("once a day", 24, FULL),
    Hedging("every hour", 1, FULL),
    Hedging("every minute", 1 / MINUTES, FULL, MINUTES),
    Hedging("band, every hour", 1, {}),
    Hedging(
        "Whalley-Wilmott, every hour", 1,
        {"hedger.band.min_share": "0 %", "hedger.band.max_share": "100 %"},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """Of one policy on one path."""

    pnl: float  # [bp of the notional]
    cost: float  # slippage, fees and rewards, likewise
    hedges: int
    near: float  # share of the steps


@dataclass(frozen=True)
class Measured:
    """A policy over all paths."""

    name: str
    cost: Estimate
    error: Estimate
    """Standard deviation of the P&L."""
    tail: Estimate
    """Mean loss of the worst tenth."""
    hedges: Estimate
    near: float

    @property
    def policy(self) -> Policy:
        """As the frontier draws it."""
        return Policy(self.name, self.cost, self.error)


Live = Callable[[Scenario, list[Step]], Result]


def compare(
    live: Live, paths: int, policies: Sequence[Hedging] = POLICIES, first: int = 1
) -> Iterator[Measured]:
    """Each policy on the same paths, of seeds from `first` on; at least two."""
    for policy in policies:
        outcomes = [_outcome(live, policy, seed) for seed in range(first, first + paths)]
        yield measured(policy.name, outcomes)


def measured(name: str, outcomes: Sequence[Outcome]) -> Measured:
    """Means and deviations with their intervals."""
    pnl = [outcome.pnl for outcome in outcomes]
    worst = sorted(pnl)[: max(1, math.ceil(len(pnl) / TAIL))]
    return Measured(
        name=name,
        cost=mean([outcome.cost for outcome in outcomes]),
        error=deviation(pnl),
        tail=mean([-one for one in worst]),
        hedges=mean([float(outcome.hedges) for outcome in outcomes]),
        near=statistics.fmean(outcome.near for outcome in outcomes),
    )


def mean(values: Sequence[float]) -> Estimate:
    """With the interval of a normal mean; of one value it is that value."""
    middle = statistics.fmean(values)
    spread = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
    return Estimate(middle, middle - CONFIDENCE * spread, middle + CONFIDENCE * spread)


def deviation(values: Sequence[float]) -> Estimate:
    """Standard deviation, with the interval that its logarithm has: error 1/√(2(n − 1))."""
    found = statistics.stdev(values)
    factor = math.exp(CONFIDENCE / math.sqrt(2 * (len(values) - 1)))
    return Estimate(found, found / factor, found * factor)


def _outcome(live: Live, policy: Hedging, seed: int) -> Outcome:
    scenario = policy.scenario(seed)
    finest = replace(scenario, steps=MINUTES)
    path = price_path(finest, round(scenario.spot) * WAD)[:: MINUTES // policy.steps]
    result = live(scenario, path)
    basis_point = SHARE * result.nav_before / 10_000
    cost = sum(result.lines[name] for name in ("slippage and basis", "venue fees", "reward"))
    ratios = [row["margin_ratio"] for row in result.rows]
    near = [ratio is not None and float(ratio) < SPARE_MARGIN for ratio in ratios]
    return Outcome(
        pnl=(result.nav_after - result.nav_before) / basis_point,
        cost=-cost / basis_point,
        hedges=sum(int(row["hedges"] or 0) for row in result.rows),
        near=sum(near) / len(near),
    )
