"""The people of a simulation besides depositors and keeper: option buyers and an arbitrageur."""

import math
import random
from dataclasses import dataclass

from ballast import packing
from ballast.chain import Account, Chain, Reverted
from ballast.deployment import Deployment
from ballast.units import WAD, clamp

FLOWS = ("mixed", "calls", "puts")
UNBOUNDED = 2**255
"""A price limit or an amount that never binds."""


@dataclass(frozen=True)
class Order:
    """What a buyer wants in an hour; board and strike count from the lowest."""

    hour: int
    buyer: int
    board: int
    strike: int
    is_put: bool
    share: float
    """Size as a share of the vault's net asset value, in ETH at spot."""


def option_flow(flow: str, hours: int, buyers: int, strikes: int, seed: int) -> list[Order]:
    """Orders of a week: each buyer keeps to one strike offset of either board, and comes back.

    flow: one of FLOWS; hours: the hours in which orders come; strikes: on a board.
    """
    draw = random.Random(f"{seed}/flow")
    orders = []
    habits = [
        (draw.randrange(strikes // 4, strikes - strikes // 4), _is_put(flow, buyer))
        for buyer in range(buyers)
    ]
    for hour in range(hours):
        if draw.random() < ORDERS_AN_HOUR:
            buyer = draw.randrange(buyers)
            strike, is_put = habits[buyer]
            board = draw.randrange(2)
            orders.append(Order(hour, buyer, board, strike, is_put, draw.uniform(0.01, 0.03)))
    return orders


ORDERS_AN_HOUR = 0.15


def _is_put(flow: str, buyer: int) -> bool:
    return flow == "puts" or (flow == "mixed" and buyer % 2 == 1)


class Buyer:
    """Buys options with money that it is given as it needs it."""

    def __init__(self, chain: Chain, deployment: Deployment, account: Account) -> None:
        self._chain = chain
        self._deployment = deployment
        self.account = account
        self.series: set[int] = set()

    def buy(self, series: int, amount: int) -> int:
        """Pay the quote, 1% slippage allowed; returns the premium. Reverted if the book refuses."""
        book = self._deployment.book
        quote = self._chain.read(book, "quote", series, amount)
        self._chain.send(
            book,
            "buy",
            series,
            amount,
            quote.premium * 101 // 100,
            self.account,
            self._chain.now() + 3_600,
            sender=self.account,
        )
        self.series.add(series)
        return int(quote.premium)

    def claim(self, expiry: int) -> None:
        """Claim what it holds of a settled board."""
        for series in sorted(self.series):
            if packing.expiry(series) == expiry:
                self._chain.send(
                    self._deployment.book, "claim", series, self.account, sender=self.account
                )


class Arbitrageur:
    """Trades the venue's mark to where the rest of the world has it, when that is worth the fee."""

    def __init__(self, chain: Chain, deployment: Deployment, account: Account) -> None:
        self._chain = chain
        self._deployment = deployment
        self._account = account
        self._fee = chain.read(deployment.venue, "terms").fee / WAD

    def trade(self, basis: float) -> None:
        """Move the mark to index·(1 + basis) if it is further away than the venue's fee.

        As far as the venue lets it: what is refused is not traded.
        """
        venue = self._deployment.venue
        market = self._chain.read(venue, "market")
        premium = market.mark / market.index - 1
        if abs(premium - basis) <= self._fee:
            return
        terms = self._chain.read(venue, "terms")
        wanted = curve_position(terms.depth, basis) - curve_position(terms.depth, premium)
        size = clamp(int(wanted), -terms.max_sell, terms.max_buy)
        if size == 0:
            return
        limit = UNBOUNDED if size > 0 else 0
        deadline = self._chain.now() + 3_600
        try:
            self._chain.send(venue, "submit", size, limit, deadline, sender=self._account)
        except Reverted:
            return  # `terms` does not know the cap and the margin of an account


def curve_position(depth: int, premium: float) -> float:
    """Net position at which mark = index·(1 + premium): q = X·(1 − 1/√(1 + premium)) [ETH wad]."""
    return depth * (1 - 1 / math.sqrt(1 + premium))
