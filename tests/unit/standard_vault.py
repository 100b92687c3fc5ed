"""Vaults in one state each, with tokens of any decimals, on the fast engine.

When a state is reached time stands still: what is asked and what is sent is in one block, so that a
preview and the call it is of see the same second.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ballast import parameters
from ballast.chain import START, Reverted
from ballast.deployment import deploy, list_boards
from ballast.keeper import Keeper
from ballast.packing import series_id
from ballast.revm import RevmChain
from ballast.units import WAD

ZERO = f"0x{0:040x}"
FOREVER = 2**256 - 1
HALF_HOUR = 1_800
VIRTUAL = 10**6  # [shares] behind one virtual token unit, offset 6
ENTRIES, EXITS = ("deposit", "mint"), ("withdraw", "redeem")
IN_ASSETS = ("deposit", "withdraw")  # the others are asked in shares


class OneBlock(RevmChain):
    """Once it is frozen, all that is sent is in the newest block."""

    def __init__(self):
        super().__init__()
        self.is_frozen = False

    def _mine(self, action):
        return action() if self.is_frozen else super()._mine(action)

    def read_as(self, sender, contract, function, *arguments):
        """A view that somebody calls."""
        before = self.snapshot()
        found = self._call(contract, function, arguments, sender)
        self.revert(before)
        return found


class StandardVault:
    """A vault, and people: the holder owns most of it, the caller some and has tokens to put in.

    The caller has let the vault take his tokens. The receiver, the spender and the stranger have
    nothing.
    """

    def __init__(self, decimals: int) -> None:
        self.chain = OneBlock()
        self.chain.advance(START)
        owner, keeper, holder, buyer, caller, receiver, spender, stranger = self.chain.accounts(8)
        self.owner, self.holder, self.buyer, self.caller = owner, holder, buyer, caller
        self.receiver, self.spender, self.stranger = receiver, spender, stranger
        values = parameters.load(overrides={"token.decimals": str(decimals)})
        self.system = deploy(self.chain, owner, values, 2_000 * WAD)
        self.boards = list_boards(
            self.chain, self.system.book, owner, values, 2_000 * WAD, self.chain.now()
        )
        self.keeper = Keeper(self.chain, self.system, keeper)
        self.unit = 10**decimals
        self.scale = 10 ** (18 - decimals)
        for who in (holder, buyer, caller):
            self.give(who, 10_000_000 * self.unit)
            self.allow(who, FOREVER)

    # ---- reaching a state

    def give(self, who, amount):
        """Mint tokens. [asset]"""
        self.chain.send(self.system.token, "mint", who, amount, sender=self.owner)

    def allow(self, who, amount):
        """Let the vault take tokens. [asset]"""
        self.chain.send(self.system.token, "approve", self.system.vault, amount, sender=who)

    def fill(self):
        """3,000,000 tokens of the holder's and 10,000 of the caller's."""
        self.do("deposit", 3_000_000 * self.unit, self.holder, sender=self.holder)
        self.do("deposit", 10_000 * self.unit, self.caller, sender=self.caller)

    def sell(self, eth, board=0):
        """Sell calls struck at 2,000 USD."""
        series = series_id(self.boards[board], 2_000 * WAD, False)
        order = (series, eth * WAD, FOREVER, self.buyer, FOREVER)
        self.chain.send(self.system.book, "buy", *order, sender=self.buyer)

    def hedge(self):
        self.keeper.visit(lambda state: None)

    def push(self, usd):
        self.chain.send(self.system.feed, "push", usd * 10**8, sender=self.owner)

    def wait(self, seconds):
        self.chain.advance(self.chain.now() + seconds)
        self.chain.next_block()

    # ---- one block

    def ask(self, view, *arguments):
        """A view of the vault."""
        return self.chain.read(self.system.vault, view, *arguments)

    def do(self, function, *arguments, sender):
        """A call of the vault."""
        self.chain.send(self.system.vault, function, *arguments, sender=sender)

    def go(self, function, amount, who=None):
        """Come or go on one's own; returns assets and shares that went from hand to hand."""
        who = who or self.caller
        before = self.holdings(who)
        people = [who] if function in ENTRIES else [who, who]
        self.do(function, amount, *people, sender=who)
        after = self.holdings(who)
        return abs(after[0] - before[0]), abs(after[1] - before[1])

    def holdings(self, who):
        """Tokens and shares."""
        return self.chain.read(self.system.token, "balanceOf", who), self.ask("balanceOf", who)

    def events(self, name):
        return self.chain.events(self.system.vault, name)

    def amounts(self, function):
        """Odd ones from a small to a large, in what the function is asked in."""
        assets = (2, 1_000_007, 4_000 * self.unit + 1)
        return assets if function in IN_ASSETS else [each * VIRTUAL + 1 for each in assets]

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens inside has not happened after."""
        before = self.chain.snapshot()
        try:
            yield
        finally:
            self.chain.revert(before)

    @contextmanager
    def refused(self, reason: str) -> Iterator[None]:
        """The call reverts for this reason and nothing has changed."""
        people = (self.holder, self.caller, self.receiver, self.spender, self.stranger)

        def look():
            return (
                self.ask("ledger"),
                self.ask("totalSupply"),
                [self.holdings(who) for who in people],
                self.ask("allowance", self.caller, self.spender),
            )

        before = look()
        with pytest.raises(Reverted, match=f"^{re.escape(reason)}$"):
            yield
        assert look() == before


# ------------------------------------------------------------------ states


def empty(vault: StandardVault) -> None:
    """Boards listed and nobody in."""


def idle(vault: StandardVault) -> None:
    """Deposits only."""
    vault.fill()


def profit(vault: StandardVault) -> None:
    """20 calls sold and hedged, and the index up: the hedge has gained what the calls cost."""
    vault.fill()
    vault.sell(20)
    vault.hedge()
    vault.push(2_050)


def loss(vault: StandardVault) -> None:
    """20 calls sold and hedged, and the index down."""
    vault.fill()
    vault.sell(20)
    vault.hedge()
    vault.push(1_950)


def donated(vault: StandardVault) -> None:
    """More than all deposits sent to a vault that sold calls."""
    profit(vault)
    vault.give(vault.system.vault, 4_000_000 * vault.unit + 3)


def owing(vault: StandardVault) -> None:
    """A board settled and not claimed, shares redeemed and not claimed, others waiting, and a
    board sold."""
    profit(vault)
    chain, system, holder = vault.chain, vault.system, vault.holder
    for step in ("process", "wait"):
        vault.do("request_redeem", 100_000 * vault.unit * VIRTUAL, holder, holder, sender=holder)
        vault.wait(1)
        if step == "process":
            vault.do("process_redemptions", sender=holder)
    for at in (vault.boards[0] - 60, vault.boards[0] + 60):
        chain.advance(at)
        vault.push(2_100)
    assert vault.keeper.settle(vault.boards[0])
    assert chain.read(system.book, "live_boards") == tuple(vault.boards[1:])
    vault.sell(10, board=1)
    vault.hedge()
    vault.push(2_110)


def insolvent(vault: StandardVault) -> None:
    """500 calls without a hedge, the index ten times what it was, nobody looked for two days."""
    vault.fill()
    vault.sell(500)
    vault.wait(96 * HALF_HOUR)
    vault.push(20_000)


def closed(vault: StandardVault) -> None:
    """A feed that was silent for longer than a heartbeat."""
    profit(vault)
    vault.wait(2 * HALF_HOUR)


HELD = (idle, profit, loss, donated, owing)
"""Where people may come and go."""
OPEN = (empty, *HELD)
"""Where people may come."""
SHUT = (insolvent, closed)
"""Where nobody may."""


def in_state(state, decimals: int) -> StandardVault:
    """A vault that was left alone for half an hour since, so that whatever accrues is pending."""
    vault = StandardVault(decimals)
    state(vault)
    vault.wait(HALF_HOUR)
    vault.chain.is_frozen = True
    return vault
