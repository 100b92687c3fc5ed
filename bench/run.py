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
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from ape import accounts, chain, networks, project
from rich.console import Console

from ballast import packing, paths
from ballast.agents import UNBOUNDED
from ballast.chain import ApeChain, quieten_ape
from ballast.compiler import compile_if_stale
from ballast.deployment import push_price
from ballast.parameters import load
from ballast.settlement import Rounds, settlement_rounds
from ballast.simulation import Cast, World
from ballast.units import WAD
from bench import baseline, pricing

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
        results = (
            pricing.single_options()
            | pricing.books(fresh_world(pricing.BOARDS))
            | venue()
            | vault()
        )
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


def vault() -> Results:
    """Gas of the vault, the book and the hedger with a dozen live series; and hours a second."""
    world = fresh_world()
    engine, deployment = world.chain, world.deployment
    depositor, buyer = world.cast.depositors[0], world.cast.buyers[0]
    results: Results = {}

    def gas(name: str, contract: Any, function: str, *arguments: Any, sender: Any) -> None:
        receipt = engine.send(contract, function, *arguments, sender=sender)
        results[name] = {"gas": receipt.gas_used}

    kinds = [(expiry, put) for expiry in world.expiries for put in (False, True)]
    series = [packing.series_id(e, k, put) for k in world.strikes[3:6] for e, put in kinds]
    for one in series[:-1]:
        world.buyers[0].buy(one, 10 * WAD)
    end = UNBOUNDED
    gas("buy", deployment.book, "buy", series[-1], 10 * WAD, end, buyer, end, sender=buyer)
    gas("sell", deployment.book, "sell", series[-1], 5 * WAD, 0, buyer, end, sender=buyer)
    calls = [one for one in series if not packing.is_put(one)]
    for one in calls:
        world.buyers[0].buy(one, 10 * WAD)
    gas("rebalance", deployment.hedger, "rebalance", sender=world.cast.keeper)
    million = 10**12
    engine.send(deployment.token, "mint", depositor, million, sender=world.cast.owner)
    engine.send(deployment.token, "approve", deployment.vault, million, sender=depositor)
    gas("deposit", deployment.vault, "deposit", million, depositor, sender=depositor)
    gas("withdraw", deployment.vault, "withdraw", million, depositor, depositor, sender=depositor)
    results["simulation"] = {"hours a second": hours_a_second(world)}
    settle_first(world, gas)
    gas("claim", deployment.book, "claim", series[0], buyer, sender=buyer)
    return results


def hours_a_second(world: World, hours: int = 12) -> float:
    """Hours of a week that pass in a second with this book: feed, arbitrage, keeper."""
    path = paths.gbm(float(SPOT), 0.7, hours, seed=1)
    start = time.perf_counter()
    for hour, step in enumerate(path[1:], start=1):
        world.step(hour, step, [])
    return round(hours / (time.perf_counter() - start), 2)


def settle_first(world: World, gas: Callable[..., None]) -> None:
    """Move past the first expiry and settle it."""
    engine, deployment = world.chain, world.deployment
    engine.advance(world.expiries[0] + 1)
    engine.send(deployment.feed, "push", SPOT * 10**8, sender=world.cast.owner)
    rounds = settlement_rounds(engine, deployment.feed, world.expiries[0], deployment.book)
    assert isinstance(rounds, Rounds)
    keeper = world.cast.keeper
    gas("settle", deployment.book, "settle", world.expiries[0], *rounds, sender=keeper)


def fresh_world(boards: dict[str, Any] | None = None) -> World:
    """A vault with one deposit, one buyer and the default boards, or as they are changed."""
    owner, keeper, arbitrageur, depositor, buyer = accounts.test_accounts[:5]
    cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
    start = paths.Step(SPOT * WAD, 0.0)
    parameters = load()
    parameters["boards"] |= boards or {}
    return World(ApeChain(project, chain), cast, parameters, start, [3_000_000 * 10**6])


if __name__ == "__main__":
    sys.exit(main())
