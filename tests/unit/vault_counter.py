"""The vault under test: a counter that moves the real system, a rig whose hooks can be called.

A view is asked `PENDING` to see what the next transaction will see: the same block and second.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import ape
from eth_utils import to_canonical_address

from ballast import solvency
from ballast.deployment import Deployment
from ballast.units import WAD, ceil_div

HOUR, DAY = 3_600, 86_400
FOREVER = 2**256 - 1
UNBOUNDED = 2**255
PENDING = {"block_id": "pending"}
REVERT = bytes.fromhex("5f5ffd")
VIRTUAL = 10**6  # [shares] behind one virtual token unit, offset 6

# Nothing sold, nothing held: what tests change a field of.
LEDGER = SimpleNamespace(cash=0, claims=0, owed=0, scale=10**12, shares=10**6)
RISK = SimpleNamespace(
    price=2_000 * WAD,
    at=0,
    valid=True,
    unsettled=False,
    mid=0,
    ask=0,
    bid=0,
    delta=0,
    gamma=0,
    vega=0,
    theta=0,
    shock=4 * WAD // 10,
    up_value=0,
    up_delta=0,
    down_value=0,
    down_delta=0,
    sold=0,
    vol=7 * WAD // 10,
    moved=False,
)
ACCOUNT = SimpleNamespace(
    size=0,
    pending=0,
    margin=0,
    equity=0,
    low=0,
    high=0,
    withdrawable=0,
    mark=2_000 * WAD,
    index=2_000 * WAD,
    funding_8h=0,
    imr=WAD // 10,
    mmr=625 * 10**14,
    fee=0,
    max_buy=0,
    max_sell=0,
    depth=0,
    margin_floor=WAD // 4,
    margin_per_vol=26 * 10**16,
    vol_floor=WAD // 2,
    may_open=True,
    valid=True,
)


def changed(struct: SimpleNamespace, **fields) -> SimpleNamespace:
    """A copy of a struct with other values."""
    return SimpleNamespace(**(vars(struct) | fields))


def valuation(risk: SimpleNamespace, account: SimpleNamespace) -> dict:
    """IVault.Valuation: what a hook is told of book and hedge."""
    return {
        "feed_live": risk.valid,
        "venue_live": account.valid,
        "liability": risk.mid,
        "equity": account.equity,
        "low": account.low,
    }


VALUATION = valuation(RISK, ACCOUNT)


@dataclass
class Counter:
    """A deployed system and how to move it; sizes in ETH, prices in USD, money in token units."""

    system: Deployment
    chain: object
    owner: object
    keeper: object
    depositor: object
    buyer: object
    arbitrageur: object

    @property
    def vault(self):
        return self.system.vault

    @property
    def token(self):
        return self.system.token

    @property
    def unit(self) -> int:
        """Token units of one token."""
        return 10 ** self.token.decimals()

    @property
    def scale(self) -> int:
        """Wad of one token unit."""
        return 10**18 // self.unit

    def give(self, who, amount: int):
        """Mint tokens that `who` lets the vault take. [asset]"""
        self.token.mint(who, amount, sender=self.owner)
        self.token.approve(self.vault, FOREVER, sender=who)

    def deposit(self, who, amount: int):
        """Give and deposit. [asset]"""
        self.give(who, amount)
        return self.vault.deposit(amount, who, sender=who)

    def push(self, usd: int):
        self.system.feed.push(usd * 10**8, sender=self.owner)

    def wait_until(self, timestamp: int):
        """The next block bears this time. [unix s]"""
        self.chain.pending_timestamp = timestamp

    def wait(self, seconds: int):
        self.wait_until(self.chain.pending_timestamp + seconds)

    def series(self, strike: int, is_put: bool = False, board: int = 0) -> int:
        expiry = self.system.book.live_boards()[board]
        return self.system.book.series_id(expiry, strike * WAD, is_put)

    def sell(self, size: int, strike: int, is_put: bool = False, board: int = 0, to=None):
        """The vault sells; the buyer pays whatever it costs."""
        series = self.series(strike, is_put, board)
        return self.system.book.buy(
            series, size * WAD, FOREVER, to or self.buyer, FOREVER, sender=self.buyer
        )

    def hedge(self):
        """Rebalance until there is nothing to do."""
        while self.system.hedger.state().action:
            self.system.hedger.rebalance(sender=self.keeper)

    def push_mark(self, size: int):
        """The arbitrageur trades at the venue, signed. [ETH wad]"""
        venue = self.system.venue
        margin = 10**7 * self.unit
        self.token.mint(self.arbitrageur, margin, sender=self.owner)
        self.token.approve(venue, margin, sender=self.arbitrageur)
        venue.deposit(margin, sender=self.arbitrageur)
        limit = UNBOUNDED if size > 0 else 0
        venue.submit(size, limit, FOREVER, sender=self.arbitrageur)

    def expire(self, expiry: int, usd: int) -> tuple[int, int]:
        """Live past expiry, the feed at `usd` before and after; returns the rounds to settle by."""
        self.wait_until(expiry - 60)
        self.push(usd)
        before = self.system.feed.latest_round()
        self.wait_until(expiry + 60)
        self.push(usd)
        return before, before + 1

    def settle(self, expiry: int, usd: int):
        rounds = self.expire(expiry, usd)
        return self.system.book.settle(expiry, *rounds, sender=self.keeper)

    def kill_venue(self):
        """The venue's code becomes one that reverts: it answers no more."""
        engine = self.chain.provider.tester.backend.chain
        state = engine.get_vm().state
        state.set_code(to_canonical_address(self.system.venue.address), REVERT)
        state.persist()
        engine.header = engine.header.copy(state_root=state.state_root)
        self.chain.mine()

    def parts(self, **block) -> tuple:
        """Ledger, risk and hedge account: all that the vault is judged by."""
        system = self.system
        return (
            system.vault.ledger(**block),
            system.book.risk(**block),
            system.hedger.account(**block),
        )

    def navs(self, **block) -> tuple[int, int, int]:
        """Mid, low and high by the twin. [USD wad]"""
        parts = self.parts(**block)
        return solvency.nav_mid(*parts), solvency.nav_low(*parts), solvency.nav_high(*parts)

    def low(self, **block) -> int:
        """What those who leave are paid on. [asset]"""
        return max(self.navs(**block)[1], 0) // self.scale

    def high(self, **block) -> int:
        """What those who come pay on. [asset]"""
        return ceil_div(max(self.navs(**block)[2], 0), self.scale)

    def supply(self) -> int:
        """Shares, the virtual ones included."""
        return self.vault.totalSupply() + VIRTUAL

    def look(self, *people) -> tuple:
        """All that a refused call might have changed."""
        vault, token = self.vault, self.token
        return (
            vault.ledger(),
            vault.totalSupply(),
            vault.deposit_cap(),
            token.balanceOf(vault),
            [(token.balanceOf(who), vault.balanceOf(who)) for who in people],
            [vault.allowance(a, b) for a in people for b in people],
        )

    @contextmanager
    def refused(self, reason: str, *people) -> Iterator[None]:
        """The call reverts for this reason and nothing has changed."""
        before = self.look(*people)
        with ape.reverts(reason):
            yield
        assert self.look(*people) == before


@dataclass
class Rig:
    """A vault whose book and hedger are accounts: its hooks take any numbers, one by one."""

    vault: object
    token: object
    book: object
    hedger: object
    payer: object
    owner: object

    def sale(self, premium: int, risk=RISK, account=ACCOUNT):
        """The payer's premium comes in. [asset]"""
        return self.vault.on_sale(self.payer, premium, valuation(risk, account), sender=self.book)

    def settle(self, expiry: int, payoff: int, risk=RISK, account=ACCOUNT):
        return self.vault.on_settle(expiry, payoff, valuation(risk, account), sender=self.book)

    def claim(self, expiry: int, holder, payoff: int):
        return self.vault.on_claim(expiry, holder, payoff, sender=self.book)

    def pay_margin(self, amount: int):
        return self.vault.pay_margin(amount, sender=self.hedger)

    def return_margin(self, amount: int, risk=RISK, account=ACCOUNT, reward: int = 0):
        """The payer gets the reward. [asset]"""
        return self.vault.on_hedged(
            amount, reward, self.payer, valuation(risk, account), sender=self.hedger
        )

    def look(self) -> tuple:
        """All that a refused call might have changed."""
        vault = self.vault
        return (
            vault.ledger(),
            self.token.balanceOf(vault),
            self.token.balanceOf(self.payer),
            vault.owner(),
            vault.book(),
            vault.hedger(),
            vault.breaker(),
            vault.deposit_cap(),
        )

    @contextmanager
    def refused(self, reason: str) -> Iterator[None]:
        """The call reverts for this reason and nothing has changed."""
        before = self.look()
        with ape.reverts(reason):
            yield
        assert self.look() == before
