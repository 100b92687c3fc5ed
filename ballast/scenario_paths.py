"""The price path of a scenario, from the price where it starts.

Diffusions are those of `ballast.paths`; here are Heston's, and paths through given points.
"""

import math
import random
from itertools import pairwise
from pathlib import Path

from ballast import paths
from ballast.paths import BASIS_DEVIATION, BASIS_MEAN, BASIS_MEMORY, HOURS_A_YEAR, Step
from ballast.scenario import Price, Scenario, ScenarioError
from ballast.units import WAD


def price_path(scenario: Scenario, spot: int) -> list[Step]:
    """The steps of a scenario, its start included, from `spot` [USD wad]."""
    price, usd = scenario.price, spot / WAD
    hours, seed, parts = scenario.hours, scenario.seed, scenario.steps
    if price.model == "gbm":
        steps = paths.gbm(usd, price.vol, hours, seed, parts)
    elif price.model == "jump":
        steps = paths.jump(
            usd, price.vol, hours, seed, price.jumps, price.jump_mean, price.jump_deviation, parts
        )
    elif price.model == "heston":
        steps = heston(usd, price, hours, seed, parts)
    elif price.model == "waypoints":
        steps = through(usd, price, hours, seed, parts)
    else:
        steps = replay(spot, price, hours, parts)
    return _with_basis(steps, price.basis, parts)


def heston(spot: float, price: Price, hours: int, seed: int, parts: int = 1) -> list[Step]:
    """Heston's stochastic variance without drift, by full truncation; it begins at its mean.

    Source: Heston, "A closed-form solution for options with stochastic volatility" (1993);
    truncation: Lord, Koekkoek and van Dijk (2010).
    """
    first, second, noise = (random.Random(f"{seed}/{part}") for part in ("dw", "dv", "basis"))
    dt = 1 / HOURS_A_YEAR / parts
    mean = price.vol**2
    variance, log_price = mean, math.log(spot)
    steps = [paths.step(spot, BASIS_MEAN)]
    excess = 0.0
    for _ in range(hours * parts):
        known = max(variance, 0.0)
        by_price = first.gauss(0, 1)
        own = math.sqrt(1 - price.correlation**2) * second.gauss(0, 1)
        by_variance = price.correlation * by_price + own
        log_price += -known / 2 * dt + math.sqrt(known * dt) * by_price
        variance += price.reversion * (mean - known) * dt
        variance += price.vol_of_vol * math.sqrt(known * dt) * by_variance
        excess = _next_excess(excess, parts, noise)
        steps.append(paths.step(math.exp(log_price), BASIS_MEAN + excess))
    return steps


def through(spot: float, price: Price, hours: int, seed: int, parts: int = 1) -> list[Step]:
    """A path through `price.points`: straight in the logarithm between them, with a Brownian bridge
    of `price.vol` on top; level after the last."""
    draw, noise = (random.Random(f"{seed}/{part}") for part in ("bridge", "basis"))
    last = price.points[-1]
    points = price.points + ([[float(hours), last[1]]] if last[0] < hours else [])
    values = [0.0] * (hours * parts + 1)
    for (begin, low), (end, high) in pairwise(points):
        first, count = round(begin * parts), round((end - begin) * parts)
        walk = _bridge(count, price.vol * math.sqrt(1 / HOURS_A_YEAR / parts), draw)
        for part in range(count + 1):
            if first + part < len(values):
                straight = math.log(low) + math.log(high / low) * part / max(count, 1)
                values[first + part] = straight + walk[part]
    steps, excess = [], 0.0
    for value in values:
        steps.append(paths.step(spot * math.exp(value), BASIS_MEAN + excess))
        excess = _next_excess(excess, parts, noise)
    return steps


def replay(spot: int, price: Price, hours: int, parts: int) -> list[Step]:
    """An hourly file's moves; ScenarioError when it cannot be read or is too short."""
    try:
        steps = paths.first_hours(paths.from_csv(Path(price.file), price.first, price.last), hours)
    except paths.PathError as error:
        raise ScenarioError(str(error)) from None
    return paths.starting_at(paths.between(steps, parts), spot)


def between_points(points: list[list[float]], hour: float) -> float:
    """The value at `hour` of what goes straight from point to point; level after the last."""
    for (begin, low), (end, high) in pairwise(points):
        if hour < end:
            return low + (high - low) * (hour - begin) / (end - begin)
    return points[-1][1]


def _with_basis(steps: list[Step], points: list[list[float]], parts: int) -> list[Step]:
    if not points:
        return steps
    return [
        Step(step.price, between_points(points, number / parts))
        for number, step in enumerate(steps)
    ]


def _next_excess(excess: float, parts: int, draw: random.Random) -> float:
    """The basis' distance from its mean a step later, as in `ballast.paths`."""
    memory = float(BASIS_MEMORY ** (1 / parts))
    return memory * excess + BASIS_DEVIATION * math.sqrt(1 - memory**2) * draw.gauss(0, 1)


def _bridge(count: int, deviation: float, draw: random.Random) -> list[float]:
    """A random walk of `count` steps that begins and ends at 0."""
    walk = [0.0]
    for _ in range(count):
        walk.append(walk[-1] + deviation * draw.gauss(0, 1))
    return [value - walk[-1] * step / max(count, 1) for step, value in enumerate(walk)]
