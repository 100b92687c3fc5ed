"""Gas of what users call, on the in-process chain: prints a table and writes bench/results.json.

Gas is that of the whole transaction as a user pays it, but for cases of the pricer: those are
execution gas, without the 21,000 and the calldata of a transaction.
"""

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
from rich.table import Table

from ballast import packing, paths
from ballast.agents import UNBOUNDED
from ballast.chain import ApeChain, quieten_ape
from ballast.compiler import compile_if_stale
from ballast.deployment import push_price
from ballast.keeper import settlement_rounds
from ballast.parameters import load
from ballast.simulation import HOUR, Cast, World
from ballast.units import WAD

RESULTS = Path(__file__).with_name("results.json")
SPOT = 2_000
TRANSACTION = 21_000
SERIES = (16, 128)

Results = dict[str, dict[str, float]]


def main() -> None:
    """Run all cases."""
    quieten_ape()
    with networks.parse_network_choice("ethereum:local:test"):
        compile_if_stale(project)
        results = greeks() | book_risk() | venue() | vault()
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    show(results)


def greeks() -> Results:
    """Gas of one evaluation of all greeks, over moneyness, vol and tenor."""
    harness = accounts.test_accounts[0].deploy(project.PricingHarness)
    options = [
        (spot * WAD, tenor, 0, 100 * WAD, vol * WAD // 100)
        for spot in range(50, 201, 10)
        for vol in (20, 80, 200)
        for tenor in (HOUR, 7 * 24 * HOUR, 365 * 24 * HOUR)
    ]
    gas: list[int] = []
    for first in range(0, len(options), 32):
        gas += harness.gas_of_greeks(options[first : first + 32])
    return {"greeks": {"median": statistics.median(gas), "max": max(gas)}}


def book_risk() -> Results:
    """Execution gas of a whole book's risk by the pricer, by the number of its live series."""
    pricer = accounts.test_accounts[0].deploy(project.Pricer)
    results: Results = {}
    for count in SERIES:
        scene, words = book_of(count)
        results[f"risk, {count} series"] = {"gas": execution_gas(pricer, "risk", scene, words)}
    few, many = (results[f"risk, {count} series"]["gas"] for count in SERIES)
    results["risk, one more series"] = {"gas": (many - few) / (SERIES[1] - SERIES[0])}
    return results


def book_of(count: int) -> tuple[tuple[Any, ...], list[int]]:
    """A scene and the words of a book of `count` series of 10 ETH on boards of 16 strikes."""
    book = load()["book"]
    now = chain.blocks.head.timestamp
    scene = (
        now,
        SPOT * WAD,
        0,
        (book["carry"]["rate"], 250 * WAD, book["carry"]["bound"]),
        tuple(book["stress"][key] for key in ("shock", "vol_shock", "max_loss", "hedge_cap")),
        tuple(book["quoting"][key] for key in ("spread", "impact", "vega_cap", "fee", "edge")),
        book["limits"]["vol_min"],
        book["limits"]["vol_max"],
    )
    words: list[int] = []
    for start in range(0, count, 32):
        live = min(32, count - start)
        expiry = now + (7 + start) * 24 * HOUR
        words.append(packing.board(expiry, live, packing.Surface(7 * WAD // 10, 0, 0)))
        for i in range(live):
            strike = (SPOT - 400 + 50 * (i // 2)) * WAD
            words.append(packing.live(packing.series_id(expiry, strike, bool(i % 2)), 10 * WAD))
    return scene, words


def execution_gas(contract: Any, function: str, *arguments: Any) -> int:
    """Gas of a call without what every transaction and its calldata cost."""
    data = getattr(contract, function).encode_input(*arguments)
    sender = accounts.test_accounts[0]
    receipt = sender.transfer(contract, 0, data=data, gas=25_000_000)
    calldata = sum(16 if byte else 4 for byte in bytes(data))
    return int(receipt.gas_used - TRANSACTION - calldata)


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
        f"venue: {name}": {"median": statistics.median(used), "max": max(used)}
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
    rounds = settlement_rounds(engine, deployment.feed, world.expiries[0])
    assert rounds is not None
    keeper = world.cast.keeper
    gas("settle", deployment.book, "settle", world.expiries[0], *rounds, sender=keeper)


def fresh_world() -> World:
    """A vault with one deposit, one buyer and the default boards."""
    owner, keeper, arbitrageur, depositor, buyer = accounts.test_accounts[:5]
    cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
    start = paths.Step(SPOT * WAD, 0.0)
    return World(ApeChain(project, chain), cast, load(), start, [3_000_000 * 10**6])


def show(results: Results) -> None:
    """The results as a table."""
    table = Table(title="Gas and speed, in-process chain, legacy code generator, EVM cancun")
    table.add_column("case")
    table.add_column("metric")
    table.add_column("value", justify="right")
    for case, metrics in results.items():
        for metric, value in metrics.items():
            table.add_row(case, metric, f"{value:,.0f}" if value >= 100 else f"{value:,.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
