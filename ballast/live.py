"""A market on a devnet: tokens for everybody, prices that move, arbitrage, people who buy options.

`Market.move` is a step; `live` takes a path of them at so many simulated seconds a real one. The
feed must not be silent for longer than its heartbeat, or the vault closes: so between two steps
there is never more than half of the default one.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from ballast import packing
from ballast.agents import UNBOUNDED, Arbitrageur, Buyer, Order
from ballast.chain import Account, Chain, Reverted
from ballast.deployment import Deployment, list_board, push_price, strike_ladder
from ballast.parameters import Parameters
from ballast.paths import BASIS_MEAN, Step
from ballast.simulation import HOUR
from ballast.units import WAD

PACE = 2.0
"""Real seconds that a step is meant to take at least."""

PARTS = (12, 6, 4, 3, 2)
"""Steps an hour: 5 to 30 simulated minutes each."""

ARBITRAGE_MARGIN = 90_000_000
"""Tokens of the arbitrageur at the venue: he is hedged elsewhere and never short of money."""

ALLOWANCE = 10_000_000
"""Tokens of each buyer."""


def parts_an_hour(speed: float) -> int:
    """Steps an hour at so many simulated seconds a real one: finer when there is time for it."""
    return next((parts for parts in PARTS if HOUR / parts >= PACE * speed), PARTS[-1])


@dataclass
class Tally:
    """What a live market has done so far."""

    steps: int = 0
    sales: int = 0
    boards: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Market:
    """The people of a devnet besides depositors and keeper; the owner is who deployed the mocks."""

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        owner: Account,
        arbitrageur: Account,
        boards: Parameters,
        buyers: tuple[Account, ...] = (),
    ) -> None:
        """Give tokens to those who have none; Reverted when `owner` owns no mock.

        boards: the section of that name of the parameters, for boards that are listed anew.
        """
        self._chain = chain
        self._deployment = deployment
        self._owner = owner
        self._boards = boards
        self._unit = 10 ** chain.read(deployment.token, "decimals")
        self._feed_digits = chain.read(deployment.feed, "decimals")
        self._fund_arbitrageur(arbitrageur)
        self._arbitrageur = Arbitrageur(chain, deployment, arbitrageur)
        self._buyers = [Buyer(chain, deployment, account) for account in buyers]
        for account in buyers:
            self._fund_buyer(account)

    def price(self) -> int:
        """The feed's newest answer [USD wad]."""
        answer = self._chain.read(self._deployment.feed, "latestRoundData")[1]
        return int(answer * 10 ** (18 - self._feed_digits))

    def move(self, step: Step) -> None:
        """The feed answers with the step's price; the venue's mark is traded to its basis."""
        push_price(self._chain, self._deployment.feed, self._owner, step.price, self._feed_digits)
        self._arbitrageur.trade(step.basis)

    def relist(self) -> list[int]:
        """List a board for each tenor that has none now; returns the expiries [unix s].

        A tenor has one while an expiry lies between the tenor before and it.
        """
        boards = self._boards
        now = self._chain.now()
        left = [expiry - now for expiry in self._chain.read(self._deployment.book, "live_boards")]
        tenors = sorted(boards["tenors"])
        missing = [
            now + tenor
            for shorter, tenor in zip([0, *tenors], tenors, strict=False)
            if not any(shorter < time_left <= tenor for time_left in left)
        ]
        surface = {key: boards[key] for key in ("atm_vol", "skew", "smile")}
        strikes = strike_ladder(boards, self.price())
        for expiry in missing:
            list_board(self._chain, self._deployment.book, self._owner, expiry, strikes, surface)
        return missing

    def buy(self, order: Order) -> None:
        """What a buyer wants, on the boards that are open; Reverted when the book refuses."""
        read, book = self._chain.read, self._deployment.book
        now = self._chain.now()
        boards = sorted(expiry for expiry in read(book, "live_boards") if expiry > now)
        if not boards:
            raise Reverted("no board is open")
        expiry = boards[order.board % len(boards)]
        strikes, _ = read(book, "board", expiry)
        strike = strikes[order.strike % len(strikes)]
        worth = max(read(self._deployment.vault, "net_asset_value")[0], 0)
        amount = int(worth * order.share * WAD / self.price())
        series = packing.series_id(expiry, strike, order.is_put)
        self._buyers[order.buyer % len(self._buyers)].buy(series, amount)

    def _fund_arbitrageur(self, account: Account) -> None:
        venue, token = self._deployment.venue, self._deployment.token
        margin = self._chain.read(venue, "account", account).margin
        missing = ARBITRAGE_MARGIN * self._unit - margin
        if missing > ARBITRAGE_MARGIN * self._unit // 2:
            self._chain.send(token, "mint", account, missing, sender=self._owner)
            self._chain.send(token, "approve", venue, missing, sender=account)
            self._chain.send(venue, "deposit", missing, sender=account)

    def _fund_buyer(self, account: Account) -> None:
        vault, token = self._deployment.vault, self._deployment.token
        if self._chain.read(token, "allowance", account, vault) < UNBOUNDED // 2:
            self._chain.send(token, "approve", vault, UNBOUNDED, sender=account)
        missing = ALLOWANCE * self._unit - self._chain.read(token, "balanceOf", account)
        if missing > ALLOWANCE * self._unit // 2:
            self._chain.send(token, "mint", account, missing, sender=self._owner)


def calm(price: int) -> Step:
    """A step to a price at which others hold the mark where it is in the long run."""
    return Step(price, BASIS_MEAN)


def live(
    chain: Chain,
    market: Market,
    path: list[Step],
    orders: list[Order],
    speed: float,
    parts: int,
    stop: Event,
    on_step: Callable[[Step, Tally], None],
) -> Tally:
    """Live through a path, `parts` steps an hour, until it ends or `stop` is set.

    speed: simulated seconds a real one, as far as the chain keeps up. The chain's clock is moved
    when it is behind; one that is ahead is waited for.
    """
    tally = Tally()
    by_step: dict[int, list[Order]] = {}
    for order in orders:
        by_step.setdefault(order.hour * parts, []).append(order)
    start, began = chain.now(), time.monotonic()
    for number, step in enumerate(path[1:], start=1):
        due = number * HOUR / parts
        if stop.wait(max(0.0, due / speed - (time.monotonic() - began))):
            break
        if start + int(due) > chain.now() + 1:
            chain.advance(start + int(due))
        market.move(step)
        tally.boards += len(market.relist())
        for order in by_step.get(number - 1, []):
            try:
                market.buy(order)
                tally.sales += 1
            except Reverted as refusal:
                tally.refused[str(refusal)] += 1
        tally.steps += 1
        on_step(step, tally)
    return tally
