"""The experiment of `ballast.replication` through the contracts, one path at a time.

A whole vault without costs sells one call, hedges it at each step of a path, settles and closes its
hedge; the P&L is the change of its NAV. All parameters are within the contracts' own bounds. What
they cannot switch off is the slope of the venue's curve: a position q moves the mark by 2·q/depth,
and depth is at most ten million ETH. It costs nothing in proportion to the size, so the option is
on `AMOUNT` of an ETH, and the token and the feed have the 18 decimals that this needs: what is left
of slippage and rounding is under 1e-12 of the spot.

A transaction is a block of its own and a block a second later than the one before, so the first
hedge comes a second after the sale; the others come on the second, as do price and settlement.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ballast import parameters
from ballast.agents import UNBOUNDED, Buyer
from ballast.chain import START, Account, Chain
from ballast.deployment import deploy, push_price
from ballast.keeper import Keeper
from ballast.packing import series_id
from ballast.units import WAD, trunc_div

DEPOSIT = 1_000_000 * WAD
"""What the vault has [token units]."""

AMOUNT = WAD // 100_000
"""Size of the option [ETH wad]."""

FRICTIONLESS = {
    "token.decimals": "18",
    "feed.decimals": "18",
    "vault.fees.performance": "0 %",
    "vault.fees.management": "0 %",
    "breaker.jump": "100 %",
    "breaker.silence": "7 d",
    "venue.depth": "10000000 ETH",
    "venue.fee": "0 bps",
    "venue.funding_cap": "0 %",
    "venue.min_position": "0 ETH",
    "venue.heartbeat": "2 d",
    "book.oracle.heartbeat": "2 d",
    "pricer.carry.rate": "0 %",
    "pricer.carry.bound": "0 %",
    "pricer.quoting.spread": "0 %",
    "pricer.quoting.impact": "0 %",
    "pricer.quoting.fee": "0 bps",
    "pricer.quoting.edge": "0 bps",
    "pricer.limits.min_delta": "0 %",
    "pricer.limits.max_delta": "100 %",
    "pricer.limits.min_size": "1e-18 ETH",
    "hedger.band.min_share": "0 %",
    "hedger.band.max_share": "0 %",
    "hedger.band.min_hedge": "1e-18 ETH",
    "hedger.band.to_centre": "true",
    "hedger.execution.reward_cap": "0 USDC",
}
"""No fee, no spread, no funding, no carry, and a hedge for any net delta at all."""


class Lived(NamedTuple):
    """What a path left."""

    pnl: int  # for an option on one ETH [USD wad]
    hedges: int


def hedged_at(tenor: int, steps: int) -> list[int]:
    """Seconds to expiry at each hedge, the first a second after the sale."""
    return [tenor - 1, *(tenor - tenor * step // steps for step in range(1, steps))]


class Replica:
    """A vault that sells the same option again for each path, from the same state."""

    def __init__(self, chain: Chain, accounts: Sequence[Account]) -> None:
        """Deploy on an empty chain and deposit. accounts: owner, keeper, depositor, buyer."""
        self._chain = chain
        self._values = parameters.load(overrides=FRICTIONLESS)
        self._owner, keeper, depositor, buyer = accounts
        chain.advance(START)
        self._on = deploy(chain, self._owner, self._values, 100 * WAD)
        for who in (depositor, buyer):
            chain.send(self._on.token, "mint", who, DEPOSIT, sender=self._owner)
            chain.send(self._on.token, "approve", self._on.vault, UNBOUNDED, sender=who)
        chain.send(self._on.vault, "deposit", DEPOSIT, depositor, sender=depositor)
        self._keeper = Keeper(chain, self._on, keeper)
        self._buyer = Buyer(chain, self._on, buyer)
        self._caller = keeper
        self._fresh = chain.snapshot()

    def live(self, prices: Sequence[int], strike: int, vol: int, tenor: int) -> Lived:
        """Sell at the first price, hedge at each but the last, settle at the last [USD wad].

        tenor [s], a multiple of the steps; vol [wad].
        """
        chain, on = self._chain, self._on
        chain.revert(self._fresh)
        self._fresh = chain.snapshot()
        steps = len(prices) - 1
        before = self._nav()
        start = chain.now() + 3
        expiry = start + tenor
        surface = {"atm_vol": vol, "skew": 0, "smile": 0}
        chain.send(on.book, "list_board", expiry, [strike], surface, sender=self._owner)
        self._push(prices[0])
        assert chain.now() == start - 1
        self._buyer.buy(series_id(expiry, strike, False), AMOUNT)
        self._rebalance()
        for step in range(1, steps):
            chain.advance(start + tenor * step // steps - 1)
            self._push(prices[step])
            self._rebalance()
        chain.advance(expiry)
        self._push(prices[-1])
        self._push(prices[-1])
        self._keeper.settle(expiry)
        self._buyer.claim(expiry)
        self._rebalance()
        gained = self._nav() - before
        hedges = len(chain.events(on.hedger, "Hedged"))
        return Lived(trunc_div(gained * WAD, AMOUNT), hedges)

    def _push(self, price: int) -> None:
        decimals = self._values["feed"]["decimals"]
        push_price(self._chain, self._on.feed, self._owner, price, decimals)

    def _rebalance(self) -> None:
        self._chain.send(self._on.hedger, "rebalance", sender=self._caller)

    def _nav(self) -> int:
        return int(self._chain.read(self._on.vault, "net_asset_value")[0])
