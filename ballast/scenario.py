"""Scenarios: files that say what happens to a vault, who takes part, and what must hold.

A file is YAML, and its names are those of the dataclasses here. `load` takes nothing that it does
not know: an unknown name, a wrong type or a number out of range is a ScenarioError of one line.
Hours count from where the scenario begins; prices in USD, sizes in ETH, money in USD, shares plain.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from ballast.compiler import ROOT
from ballast.parameters import ParameterError
from ballast.parameters import load as load_parameters
from ballast.scenario_checks import check_bounds
from ballast.strict import StrictError, bounded, build, plain

FOLDER = ROOT / "scenarios"


class ScenarioError(ValueError):
    """A file that is no scenario; the message is one line that says what is wrong."""


@dataclass(frozen=True)
class Price:
    """What the world pays for an ETH, hour by hour, as multiples of the price at the start."""

    model: Literal["gbm", "jump", "heston", "waypoints", "csv"]
    vol: float = bounded(0, 5, 0.7)  # a year; of waypoints: of the noise between them
    jumps: float = bounded(0, 10_000, 104.0)  # a year, of `jump`
    jump_mean: float = bounded(-0.9, 0.9, -0.04)
    jump_deviation: float = bounded(0, 1, 0.06)
    reversion: float = bounded(0, 1_000, 20.0)  # of the variance a year, of `heston`
    vol_of_vol: float = bounded(0, 20, 2.0)
    correlation: float = bounded(-1, 1, -0.5)
    points: list[list[float]] = field(default_factory=list)  # [hour, multiple] of `waypoints`
    basis: list[list[float]] = field(default_factory=list)  # [hour, mark / index − 1], any model
    file: str = ""  # of `csv`: an hourly OHLC file
    first: str = ""  # its first and last time, ISO 8601
    last: str = "9999"


@dataclass(frozen=True)
class Crowd:
    """Traders with leverage who hold until they are liquidated."""

    accounts: int = bounded(1, 200)
    size: float = bounded(0.01, 10_000)  # of each [ETH], + is long
    leverage: list[float] = bounded(1, 9.5)  # of the first and of the last, evenly between
    hour: float = bounded(0, 100_000, 1.0)
    is_short: bool = False


@dataclass(frozen=True)
class Pressure:
    """From `hour` on, for `hours`, other traders hold the mark elsewhere, or hold a position."""

    hour: float = bounded(0, 100_000)
    hours: float = bounded(0.01, 100_000)
    basis: float | None = bounded(-0.2, 0.2, None)  # the mark is held at index·(1 + basis)
    position: float | None = bounded(-1e6, 1e6, None)  # one trader's, at the venue [ETH]


@dataclass(frozen=True)
class Venue:
    """Who trades there besides the vault."""

    arbitrage: bool = True  # somebody holds the mark to the basis of the path
    pressure: list[Pressure] = field(default_factory=list)
    crowd: Crowd | None = None


@dataclass(frozen=True)
class Fill:
    """Every series is bought in turn, `share` of NAV / spot each, until all are refused."""

    hour: float = bounded(0, 100_000, 1.0)
    share: float = bounded(0.0001, 1, 0.005)
    rounds: int = bounded(1, 100, 40)  # at most
    only: Literal["both", "calls", "puts"] = "both"


@dataclass(frozen=True)
class Options:
    """What buyers buy."""

    flow: Literal["none", "mixed", "calls", "puts"] = "mixed"
    buyers: int = bounded(1, 20, 5)
    fill: Fill | None = None
    roll: float | None = bounded(0.2, 3, None)  # vol of new boards; None: old ones have none


@dataclass(frozen=True)
class Flow:
    """Money that comes or goes, by a depositor."""

    hour: float = bounded(0, 100_000)
    who: int = bounded(0, 9)
    what: Literal["deposit", "withdraw", "request"] = "request"
    usd: float = bounded(0, 1e9, 0.0)  # of a deposit
    share: float = bounded(0, 1, 1.0)  # of what he holds


@dataclass(frozen=True)
class Keeper:
    """The vault's keeper: what it is called every so many hours, and what it pays for gas."""

    hours: float = bounded(0.01, 100_000, 1.0)  # between two visits
    base_fee: float = bounded(0.001, 1e6, 20.0)  # [gwei]
    max_base_fee: float = bounded(0.001, 1e6, 200.0)  # above it, it waits [gwei]


@dataclass(frozen=True)
class Fault:
    """Something that does not work, from `hour` on, for `hours`.

    feed: its answers stay as they are; keeper: it does nothing; venue: paused; gas: the base fee is
    `factor` times as high; depth: the venue's depth is divided by `factor`, from the start.
    """

    what: Literal["feed", "keeper", "venue", "gas", "depth"]
    hour: float = bounded(0, 100_000, 0.0)
    hours: float = bounded(0, 100_000, 0.0)
    factor: float = bounded(1, 10_000, 1.0)

    def is_on(self, hour: float) -> bool:
        """Whether it is broken in that hour."""
        return self.hour <= hour < self.hour + self.hours


@dataclass(frozen=True)
class Scenario:
    """All of it."""

    name: str
    why: str  # what it is there to show
    price: Price
    hours: int = bounded(1, 50_000)
    deposits: list[float] = bounded(1, 1e9)  # one a depositor [USD]
    seed: int = bounded(0, 2**31, 1)
    spot: float = bounded(1, 1_000_000, 2_000.0)  # of a fresh chain; a fork has its own
    steps: int = bounded(1, 60, 1)  # an hour
    venue: Venue = field(default_factory=Venue)
    options: Options = field(default_factory=Options)
    flows: list[Flow] = field(default_factory=list)
    keeper: Keeper = field(default_factory=Keeper)
    faults: list[Fault] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    expect: dict[str, Any] = field(default_factory=dict)  # names and bounds of scenario_checks

    def changes(self) -> dict[str, str]:
        """Overrides of parameters, a thinner venue among them."""
        changes = dict(self.parameters)
        for fault in self.faults:
            if fault.what == "depth":
                depth = load_parameters(overrides=changes)["venue"]["depth"]
                changes["venue.depth"] = f"{round(depth / 10**18 / fault.factor)} ETH"
        return changes


def parse(content: Any) -> Scenario:
    """A scenario from a file's content; ScenarioError says what is wrong."""
    try:
        scenario = build(Scenario, content)
        load_parameters(overrides=scenario.changes())
        _check(scenario)
        check_bounds(scenario.expect)
    except (StrictError, ParameterError) as error:
        raise ScenarioError(str(error)) from None
    return scenario


def load(path: Path, seed: int | None = None, changes: dict[str, str] | None = None) -> Scenario:
    """A scenario file, with another seed and other parameters if they are given."""
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ScenarioError(f"cannot read {path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    try:
        scenario = parse(content)
        if seed is None and not changes:
            return scenario
        merged = scenario.parameters | (changes or {})
        number = scenario.seed if seed is None else seed
        return parse(plain(replace(scenario, parameters=merged, seed=number)))
    except ScenarioError as error:
        raise ScenarioError(f"{path.name}: {error}") from None


def named(name: str) -> Path:
    """The file of a scenario of the catalogue, or of any other by its path."""
    path = FOLDER / f"{name}.yaml"
    if path.exists() or "/" in name or name.endswith(".yaml"):
        return path if path.exists() else Path(name)
    known = ", ".join(path.stem for path in catalogue())
    raise ScenarioError(f"there is no scenario '{name}'; there are {known}")


def catalogue() -> list[Path]:
    """The files of the catalogue, by name."""
    return sorted(FOLDER.glob("*.yaml"))


def _check(scenario: Scenario) -> None:
    """StrictError for what fits its type and makes no sense."""
    price = scenario.price
    if price.model == "csv" and not price.file:
        raise StrictError("price.file is missing")
    if price.model == "waypoints" and len(price.points) < 2:
        raise StrictError("price.points needs at least two")
    for name in ("points", "basis"):
        _check_points(f"price.{name}", getattr(price, name), name == "points")
    if not scenario.why.strip():
        raise StrictError("why says nothing")
    if not scenario.deposits or len(scenario.deposits) > 10:
        raise StrictError("deposits needs one to ten amounts")
    for number, flow in enumerate(scenario.flows):
        if flow.who >= len(scenario.deposits):
            raise StrictError(f"flows[{number}].who is {flow.who}, there is no such depositor")
    for number, pressure in enumerate(scenario.venue.pressure):
        if (pressure.basis is None) == (pressure.position is None):
            raise StrictError(f"venue.pressure[{number}] needs either basis or position")
    if scenario.venue.crowd and len(scenario.venue.crowd.leverage) != 2:
        raise StrictError("venue.crowd.leverage needs two numbers, of the first and of the last")


def _check_points(name: str, points: list[list[float]], are_positive: bool) -> None:
    for number, point in enumerate(points):
        if len(point) != 2 or (are_positive and not 0 < point[1] <= 1_000):
            raise StrictError(f"{name}[{number}] is not an hour and a number that is allowed")
        if number and point[0] <= points[number - 1][0]:
            raise StrictError(f"{name}[{number}] is not later than the one before")
    if points and points[0][0] != 0:
        raise StrictError(f"{name}[0] is not of hour 0")
