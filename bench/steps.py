"""Steps a second (the feed, arbitrage, one trade, the keeper) on each chain, and where time goes.

Shares are of a profiled run, by the library that a function is of; a profiler makes Python dearer
than it is, so they say what is worth a look and no more.
"""

import cProfile
import pstats
import time
from typing import Any

from ape import accounts, chain, project

from ballast import paths
from ballast.agents import Order
from ballast.anvil import AnvilChain, fork
from ballast.chain import ApeChain, Chain
from ballast.parameters import load
from ballast.revm import RevmChain
from ballast.simulation import Cast, World
from ballast.units import WAD

SPOT = 2_000
STEPS = {"py-evm, in the process": 6, "revm, in the process": 48, "Anvil": 48}
PARTS = {
    "EVM or node": ("/eth/", "/eth_tester/", "/rlp/", "/trie/", "builtins.EVM", "_socket"),
    "ABI": ("/eth_abi/", "/eth_utils/", "/Crypto/", "/ape/utils/abi.py", "ballast/abi.py"),
    "requests": ("/urllib/", "/urllib3/", "/requests/", "/http/", "/json/", "<frozen os>"),
}
"""Parts of the code, by what stands in the name of a file or a function."""


def speeds() -> dict[str, dict[str, float]]:
    """Figures by chain."""
    found = {}
    with fork(None) as node:
        revm, anvil = RevmChain(), AnvilChain(node)
        for name, engine, people in (
            ("py-evm, in the process", ApeChain(project, chain), list(accounts.test_accounts[:5])),
            ("revm, in the process", revm, revm.accounts(5)),
            ("Anvil", anvil, anvil.accounts(5)),
        ):
            found[f"steps on {name}"] = _measure(engine, people, STEPS[name])
    return found


def _measure(engine: Chain, people: list[Any], steps: int) -> dict[str, float]:
    """A third of the steps to warm up, a third against the clock, a third under the profiler."""
    owner, keeper, arbitrageur, depositor, buyer = people
    cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
    start = paths.Step(SPOT * WAD, 0.0)
    world = World(engine, cast, load(), start, [3_000_000 * 10**6])
    path = paths.gbm(float(SPOT), 0.7, 3 * steps, seed=1)

    def live(first: int) -> None:
        for hour in range(first, first + steps):
            strike = 3 + hour % 3
            order = Order(hour, 0, 0, strike, is_put=False, share=0.002)
            world.step(hour, path[hour], [order])

    live(1)
    began = time.perf_counter()
    live(1 + steps)
    took = time.perf_counter() - began
    profile = cProfile.Profile()
    profile.runcall(live, 1 + 2 * steps)
    return {"steps a second": round(steps / took, 2)} | _shares(profile)


def _shares(profile: cProfile.Profile) -> dict[str, float]:
    """Percent of the time in each of PARTS."""
    totals = dict.fromkeys([*PARTS, "the rest"], 0.0)
    for (file, _, function), timing in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        places = (part for part, marks in PARTS.items() if any(m in file + function for m in marks))
        totals[next(places, "the rest")] += timing[2]
    whole = sum(totals.values())
    return {
        f"% of the time: {part}": round(100 * spent / whole, 1) for part, spent in totals.items()
    }
