"""Price paths: what the index does hour by hour, and where other traders would have the mark.

A path is a list of `Step`, the first one the start. Models draw from a seeded generator: the same
seed, the same path. The index of a model has no drift; its basis returns to `BASIS_MEAN`, since
options are priced with a carry of the long-run funding: with a mean of zero, calls would be paid
for a funding that the hedge never pays.
"""

import csv
import gzip
import math
import random
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ballast.units import WAD

HOURS_A_YEAR = 8_760
FEED_UNIT = 10**10
"""One unit of an 8-decimal feed in wad: paths carry no finer price than the feed can."""

BASIS_DEVIATION = 8.5e-4
BASIS_MEMORY = 0.8
"""Standard deviation of mark / index − 1 and its hourly autocorrelation: a large exchange's."""

FUNDING_RATE = 0.10
FUNDING_PERIOD = 8
"""Long-run funding a year, and the hours in which a basis is paid once: the default deployment's.
"""

BASIS_MEAN = FUNDING_RATE * FUNDING_PERIOD / HOURS_A_YEAR
"""Mean of mark / index − 1: held for a year, it pays the funding that the premiums charge."""


class PathError(ValueError):
    """A file that is no price path; the message says what was wrong and what is allowed."""


@dataclass(frozen=True)
class Step:
    """One hour: the index [USD wad] and the mark's distance from it that other traders accept."""

    price: int
    basis: float


def gbm(spot: float, vol: float, hours: int, seed: int, parts: int = 1) -> list[Step]:
    """Geometric Brownian motion without drift; vol a year, spot in USD.

    `parts` steps an hour, `hours`·`parts` + 1 in all.
    """
    return jump(spot, vol, hours, seed, jumps_a_year=0.0, parts=parts)


def jump(
    spot: float,
    vol: float,
    hours: int,
    seed: int,
    jumps_a_year: float = 104.0,
    mean: float = -0.04,
    deviation: float = 0.06,
    parts: int = 1,
) -> list[Step]:
    """Merton's jump diffusion without drift: lognormal jumps at Poisson times on top of `gbm`.

    Source: Merton, "Option pricing when underlying stock returns are discontinuous" (1976).
    """
    diffusion, jumps, basis = (random.Random(f"{seed}/{part}") for part in ("dw", "dj", "basis"))
    dt = 1 / HOURS_A_YEAR / parts
    memory = BASIS_MEMORY ** (1 / parts)
    compensator = jumps_a_year * (math.exp(mean + deviation**2 / 2) - 1)
    log_price, excess = math.log(spot), 0.0
    steps = [step(spot, BASIS_MEAN)]
    for _ in range(hours * parts):
        log_price += -(vol**2 / 2 + compensator) * dt
        log_price += vol * math.sqrt(dt) * diffusion.gauss(0, 1)
        if jumps.random() < jumps_a_year * dt:
            log_price += jumps.gauss(mean, deviation)
        noise = BASIS_DEVIATION * math.sqrt(1 - memory**2)
        excess = memory * excess + noise * basis.gauss(0, 1)
        steps.append(step(math.exp(log_price), BASIS_MEAN + excess))
    return steps


def from_csv(path: Path, first: str = "", last: str = "9999") -> list[Step]:
    """An hourly OHLC file, plain or gzipped, with a time column and `close` or `index_close`.

    A `mark_close` column gives the basis. Rows with `first` ≤ time ≤ `last` (as text, ISO 8601) are
    taken.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise PathError(f"cannot read '{path}': {error}") from None
    columns = {name.lower(): name for name in (rows[0] if rows else {}) if name}
    time = _column(path, columns, "time", "timestamp", "date", "datetime", "open_time")
    close = _column(path, columns, "close", "index_close")
    mark = columns.get("mark_close")
    steps = [_row(path, row, close, mark) for row in rows if first <= row[time] <= last]
    if len(steps) < 2:
        raise PathError(f"'{path}' has {len(steps)} usable rows, at least 2 are needed")
    return steps


def between(steps: list[Step], parts: int) -> list[Step]:
    """A path with `parts` steps for each of its own; price and basis go straight from one to the
    next."""
    finer = [
        step(
            (before.price + (after.price - before.price) * part / parts) / WAD,
            before.basis + (after.basis - before.basis) * part / parts,
        )
        for before, after in pairwise(steps)
        for part in range(parts)
    ]
    return [*finer, steps[-1]]


def starting_at(steps: list[Step], price: int) -> list[Step]:
    """The same moves from another price [USD wad]."""
    first = steps[0].price
    return [step(one.price * price / first / WAD, one.basis) for one in steps]


def first_hours(steps: list[Step], hours: int) -> list[Step]:
    """The first `hours` + 1 steps of a path; PathError if it is shorter."""
    if len(steps) <= hours:
        raise PathError(f"the path has {len(steps) - 1} hours, {hours} are needed")
    return steps[: hours + 1]


def _column(path: Path, columns: dict[str, str], *names: str) -> str:
    for name in names:
        if name in columns:
            return columns[name]
    raise PathError(f"'{path}' needs a column called one of: {', '.join(names)}")


def _row(path: Path, row: dict[str, str], close: str, mark: str | None) -> Step:
    try:
        prices = {"price": float(row[close])}
        if mark and row[mark]:
            prices["mark"] = float(row[mark])
    except (ValueError, TypeError):
        raise PathError(f"'{path}' has a row without a price: {row}") from None
    for name, value in prices.items():
        if not (math.isfinite(value) and value > 0):
            raise PathError(f"'{path}' has a {name} that is not positive: {value:g}")
    price = prices["price"]
    return step(price, prices.get("mark", price) / price - 1)


def step(price: float, basis: float) -> Step:
    """A step at a price [USD], rounded to what the feed can say."""
    return Step(round(price * WAD / FEED_UNIT) * FEED_UNIT, basis)
