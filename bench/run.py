"""Gas, errors and speed, on the in-process chain: prints a table, writes bench/results.json.

    python bench/run.py            exit 1 if a figure is worse than its bound in bench/baseline.json
    python bench/run.py --accept   and write the figures there as the accepted ones

Gas of what users call is that of the whole transaction; that of prices see bench/pricing.py.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from ape import accounts, chain, networks, project
from rich.console import Console

from ballast import packing, paths
from ballast.agents import UNBOUNDED
from ballast.chain import START, ApeChain, quieten_ape
from ballast.compiler import compile_if_stale
from ballast.deployment import push_price
from ballast.parameters import load
from ballast.simulation import Cast, World
from ballast.units import WAD
from bench import baseline, flows, keeper, pricing, steps

RESULTS = Path(__file__).with_name("results.json")
TITLE = "In-process chain (py-evm), compiled for EVM cancun by the legacy code generator"
SPOT = 2_000

Results = dict[str, dict[str, float]]


def main() -> int:
    """Run all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accept", action="store_true", help="write bench/baseline.json")
    arguments = parser.parse_args()
    quieten_ape()
    with networks.parse_network_choice("ethereum:local:test"):
        compile_if_stale(project)
        results = pricing.single_options() | most() | venue() | thirty_two()
        results |= steps.speeds() | keeper.requests()
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    if arguments.accept:
        baseline.accept(results)
    Console(width=150).print(baseline.table(results, TITLE))
    missed = baseline.failures(results)
    print("\n".join(missed) or "every figure within its bound")
    return 1 if missed else 0


VENUE_MARGIN = 22_500 * 10**6
"""[token units] 100 ETH at 2,000 USD can be opened on it, and are liquidated at CRASH."""

CRASH = 1_880
VENUE_TRADES = {"open": 10, "increase": 5, "reduce": -5, "flip": -20, "close": 10}
"""What each trader does, a minute apart. [ETH]"""


def venue() -> Results:
    """Gas of the perpetual venue: each case for five traders, in a market already traded in."""
    world = fresh_world()
    market, engine = world.deployment.venue, world.chain
    traders = accounts.test_accounts[5:10]
    gas: dict[str, list[int]] = {}

    def call(name: str, function: str, *arguments: Any, sender: Any) -> None:
        engine.advance(engine.now() + 60)
        receipt = engine.send(market, function, *arguments, sender=sender)
        gas.setdefault(name, []).append(receipt.gas_used)

    def trade(name: str, size: int, trader: Any) -> None:
        limit = UNBOUNDED if size > 0 else 0
        call(name, "submit", size * WAD, limit, UNBOUNDED, sender=trader)

    trade("first of all", 10, world.cast.arbitrageur)
    for trader in traders:
        give_margin(world, trader, VENUE_MARGIN)
        for name, size in VENUE_TRADES.items():
            trade(name, size, trader)
        call("poke", "poke", sender=trader)
    for trader in traders:
        trade("open", 100, trader)
    push_price(engine, world.deployment.feed, world.cast.owner, CRASH * WAD)
    for trader in traders:
        call("liquidate", "liquidate", trader, sender=world.cast.keeper)
    return {
        f"venue: {name}": {"median gas": statistics.median(used), "max gas": max(used)}
        for name, used in gas.items()
    }


def give_margin(world: World, trader: Any, amount: int) -> None:
    """Margin at the venue out of nothing."""
    engine, deployment = world.chain, world.deployment
    engine.send(deployment.token, "mint", trader, amount, sender=world.cast.owner)
    engine.send(deployment.token, "approve", deployment.venue, amount, sender=trader)
    engine.send(deployment.venue, "deposit", amount, sender=trader)


def thirty_two() -> Results:
    """Gas of vault, book and hedger with 32 live series; and hours a second with them."""
    world = fresh_world(limits=flows.ANY_DELTA)
    series = flows.both_kinds(world)
    for one in series:
        world.buyers[0].buy(one, 2 * WAD if packing.is_put(one) else 10 * WAD)
    near, far = (
        [one for one in series if packing.expiry(one) == expiry] for expiry in world.expiries
    )
    snapshot = world.chain.snapshot()
    speed = {"simulation": {"hours a second": hours_a_second(world)}}
    world.chain.revert(snapshot)
    return flows.measure(world, "32 live series", SPOT * WAD, near, far) | speed


def most() -> Results:
    """Gas of the passes as the book grows; then of vault, book and hedger with 128 strikes live."""
    world = fresh_world(pricing.BOARDS)
    results = pricing.books(world)
    near, far = (
        [packing.series_id(e, k, False) for k in world.strikes] for e in world.expiries[::7]
    )
    return results | flows.measure(world, "128 live strikes", SPOT * WAD, near, far)


def hours_a_second(world: World, hours: int = 12) -> float:
    """Hours of a week that pass in a second with this book: feed, arbitrage, keeper."""
    path = paths.gbm(float(SPOT), 0.7, hours, seed=1)
    start = time.perf_counter()
    for hour, step in enumerate(path[1:], start=1):
        world.step(hour, step, [])
    return round(hours / (time.perf_counter() - start), 2)


def fresh_world(
    boards: dict[str, Any] | None = None, limits: dict[str, Any] | None = None
) -> World:
    """A vault with one deposit, one buyer, and boards and limits by default or as changed."""
    owner, keeper, arbitrageur, depositor, buyer = accounts.test_accounts[:5]
    cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
    start = paths.Step(SPOT * WAD, 0.0)
    parameters = load()
    parameters["boards"] |= boards or {}
    parameters["pricer"]["limits"] |= limits or {}
    engine = ApeChain(project, chain)
    engine.advance(max(engine.now(), START) + 1)
    return World(engine, cast, parameters, start, [3_000_000 * 10**6])


if __name__ == "__main__":
    sys.exit(main())
