"""The same paths through the contracts, and nothing of the P&L is Python's.

A real vault, with every parameter within its hard bounds, sells one call through OptionBook and
Pricer, and Hedger trades it at PerpMarket at each step; the board is settled, the buyer claims, the
hedge is closed, and the P&L is the change of the vault's NAV. The venue's slope cannot be switched
off: depth is ten million ETH at most. It is made small instead: the option is on 1e-5 ETH, and the
P&L is taken for one ETH. The twin is told the contracts' times, by which the first hedge comes a
second after the sale.
"""

import numpy as np
import pytest
from figures import IS_FULL, SPOT, VOL, WEEK, check_most, experiment

from ballast import replication
from ballast.onchain_replication import Replica, hedged_at
from ballast.revm import RevmChain
from ballast.units import WAD, to_wad

PATHS = 100 if IS_FULL else 5
WITHIN = 1e-9


@pytest.fixture(scope="module")
def replica() -> Replica:
    chain = RevmChain()
    return Replica(chain, chain.accounts(4))


@pytest.mark.parametrize("strike, steps", [(100, 28), (100, 168), (110, 28), (110, 168)])
def test_live__a_path__earns_what_the_twin_earns(replica, strike, steps):
    prices = experiment(strike, steps).prices[:, :PATHS]
    times = hedged_at(WEEK, steps)
    vol = to_wad(str(VOL))
    floats = replication.pnl(prices, experiment(strike, steps).option, times).pnl
    off, off_floats, hedges = [], [], 0
    for path, floated in zip(prices.T, floats, strict=True):
        exact = [to_wad(price) for price in path]
        lived = replica.live(exact, strike * WAD, vol, WEEK)
        twin = replication.pnl_by_twin(exact, strike * WAD, vol, WEEK, times)
        off.append(abs(lived.pnl - twin) / WAD / SPOT)
        off_floats.append(abs(lived.pnl / WAD - floated) / SPOT)
        hedges += lived.hedges
    name = f"{PATHS} paths through the contracts"
    check_most(f"{name} against the twin / S, K {strike}, N {steps}", max(off), WITHIN)
    check_most(f"the same against the floats / S, K {strike}, N {steps}", max(off_floats), WITHIN)
    assert hedges > PATHS * steps * 3 // 4  # far from the strike the delta stands still at 0 or 1


def test_live__the_same_path_again__earns_the_same(replica):
    """Each path begins from the same state."""
    path = [to_wad(price) for price in experiment(100, 28).prices[:, 0]]
    first = replica.live(path, 100 * WAD, to_wad("0.8"), WEEK)
    assert replica.live(path, 100 * WAD, to_wad("0.8"), WEEK) == first
    assert not np.isclose(first.pnl / WAD, 0.0)
