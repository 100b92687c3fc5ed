"""The perpetual venue under test: a desk that speaks for its owner and its traders.

Sizes and prices are given as decimals and turned into wads.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

from ballast.units import WAD

USDC = 10**6
HOUR = 3_600
FOREVER = 2**256 - 1

NORMAL, REDUCE_ONLY, PAUSED = 1, 2, 4

# Design, section 6; it leaves open the caps on accounts and open interest, the smallest position.
DEFAULTS = {
    "anchored": True,
    "peg": 0,
    "depth": 200_000 * WAD,
    "fee": 5 * 10**14,
    "imr": WAD // 10,
    "mmr": 625 * 10**14,
    "liquidation_fee": 2 * 10**16,
    "period": 8 * HOUR,
    "funding_cap": 75 * 10**14,
    "half_life": 24 * HOUR,
    "block_band": 5 * 10**16,
    "index_band": 10**17,
    "net_cap": 8_000 * WAD,
    "account_cap": 8_000 * WAD,
    "open_interest_cap": 40_000 * WAD,
    "min_position": 10**16,
    "heartbeat": HOUR,
    "grace": HOUR,
}


def wad(value) -> int:
    """A decimal number in wad; write fractions as strings."""
    return int(Decimal(value) * WAD)


@dataclass
class Desk:
    """A market with its token and feed, and short ways to use them."""

    market: object
    token: object
    feed: object
    owner: object
    chain: object
    traders: tuple

    def push(self, usd):
        """Publish a price. [USD]"""
        self.feed.push(int(Decimal(usd) * 10**8), sender=self.owner)

    def wait(self, seconds: int):
        """Mine an empty block `seconds` after the newest: views look at it. [s]"""
        self.chain.mine(timestamp=self.chain.blocks.head.timestamp + seconds)

    def fund(self, usd: int):
        """Owner adds to the fund. [USD]"""
        self.token.mint(self.owner, usd * USDC, sender=self.owner)
        self.market.add_to_fund(usd * USDC, sender=self.owner)

    def deposit(self, who, usd):
        """Mint to `who` and add margin. [USD]"""
        amount = int(Decimal(usd) * USDC)
        self.token.mint(who, amount, sender=self.owner)
        return self.market.deposit(amount, sender=who)

    def trade(self, who, eth):
        """Trade at any price. [ETH]"""
        return self.submit(who, wad(eth))

    def submit(self, who, size_delta: int):
        """Trade at any price. [ETH wad]"""
        limit = FOREVER if size_delta > 0 else 0
        return self.market.submit(size_delta, limit, FOREVER, sender=who)

    def close(self, who):
        """Close the whole position at any price."""
        return self.submit(who, -self.market.account(who).size)

    def events(self, receipt, name: str) -> list:
        """Events of one kind in a receipt."""
        return list(receipt.decode_logs(getattr(self.market, name)))

    def fingerprint(self) -> tuple:
        """What a refused call must not change: each of its effects moves one of these."""
        market = self.market
        return (
            market.margin_of(self.traders[0]),
            market.fund(),
            market.net_position(),
        )

    def surplus(self) -> int:
        """Token balance less margins less fund [asset]: 0, but for donations."""
        margins = sum(self.market.margin_of(who) for who in self.traders)
        return self.token.balanceOf(self.market) - margins - self.market.fund()

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Undo what the block does; ape's `chain.isolate` would swallow its exceptions too."""
        snapshot = self.chain.snapshot()
        try:
            yield
        finally:
            self.chain.restore(snapshot)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """No money and no position has moved after the block."""
        before = self.fingerprint()
        yield
        assert self.fingerprint() == before
