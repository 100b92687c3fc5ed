"""A vault's life on a chain, hour by hour: prices, arbitrage, buyers, keeper, settlement.

Everything goes through the contracts; Python only decides who calls what, and writes down what it
saw. Arbitrage comes each hour, and in the block after each hedge: what one trade moves, the next
does not pay.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ballast.agents import UNBOUNDED, Arbitrageur, Buyer, Order
from ballast.chain import Account, Chain, Reverted
from ballast.deployment import (
    Deployment,
    deploy,
    list_board,
    push_price,
    strike_ladder,
)
from ballast.keeper import Keeper
from ballast.parameters import Parameters
from ballast.paths import Step
from ballast.units import WAD

HOUR = 3_600
ARBITRAGE_MARGIN = 20
"""Margin of the arbitrageur, in deposits: it is hedged elsewhere and never short of money."""


SOUND = "perp_venue: healthy"
"""The refusal of a liquidation that is no failure."""


NOT_YET = ("breaker: too early to lift", "breaker: still breached")
"""The refusals of a lift that are no failure."""


LIQUIDATORS_EYE = WAD // 20
"""How far before the liquidation price others begin to try: funding and basis are not in it."""


@dataclass(frozen=True)
class Cast:
    """Who takes part; each an account that can sign."""

    owner: Account
    keeper: Account
    arbitrageur: Account
    depositors: list[Account]
    buyers: list[Account]


@dataclass(frozen=True)
class Row:
    """An hour as it ended, and as the keeper found it. USD and ETH as floats."""

    hour: int
    spot: float
    mark: float
    book_delta: float
    hedge: float
    net_found: float
    net_left: float
    band_found: float
    band_left: float
    nav: float
    book_value: float
    margin_ratio: float | None
    """The lowest of the hour; None when there was no position in any of its states."""
    hedges: int
    clipped: int
    """Hedges smaller than wanted."""
    ended_clipped: bool
    """Whether the last hedge that the rule wanted was smaller than wanted, be it none at all."""
    traded: bool
    """Whether options were sold or settled in the hour: not only the market moved its NAV."""


@dataclass
class Record:
    """What a run left behind."""

    rows: list[Row] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    sales: int = 0
    settled: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Board:
    """What is listed for a tenor."""

    expiry: int  # [unix s]
    strikes: list[int]  # [USD wad]


class World:
    """A deployed vault with its people; `step` lives through one hour."""

    def __init__(
        self,
        chain: Chain,
        cast: Cast,
        parameters: Parameters,
        start: Step,
        deposits: list[int],
        is_hedged: bool = True,
        *,
        deployment: Deployment | None = None,
        roll: Callable[[int], int] | None = None,
    ) -> None:
        """Deposit and list the boards of a fresh deployment, or of one that stands already.

        deposits: one a depositor [token units]; deployment: one whose contracts are the owner's,
        with `parameters`; roll: the atm vol [wad] at which, in that hour, a board is listed for one
        that expires; without it there are no others.
        """
        self.chain = chain
        self.cast = cast
        self.parameters = parameters
        self.is_hedged = is_hedged
        self.record = Record()
        rules = parameters if is_hedged else tolerant(parameters)
        self.deployment = deployment or deploy(chain, cast.owner, rules, start.price)
        if deployment:
            self._take_over(start.price, rules)
        self.start = chain.now()
        for depositor, amount in zip(cast.depositors, deposits, strict=True):
            self._deposit(depositor, amount)
        self._roll = roll
        self._open: list[int] = []
        atm_vol = parameters["boards"]["atm_vol"]
        self.boards = [
            self._list(self.start + tenor, start.price, atm_vol)
            for tenor in parameters["boards"]["tenors"]
        ]
        self.keeper = Keeper(chain, self.deployment, cast.keeper)
        self.buyers = [Buyer(chain, self.deployment, account) for account in cast.buyers]
        self._fund_traders(sum(deposits))
        self._arbitrageur = Arbitrageur(chain, self.deployment, cast.arbitrageur)
        self._worth = sum(deposits) * 10 ** (18 - parameters["token"]["decimals"])
        self._left: Any = None

    @property
    def expiries(self) -> list[int]:
        """Of the newest board of each tenor [unix s]."""
        return [board.expiry for board in self.boards]

    @property
    def strikes(self) -> list[int]:
        """Of the newest board of the first tenor [USD wad]."""
        return self.boards[0].strikes

    def step(self, hour: int, step: Step, orders: list[Order]) -> Row:
        """The feed moves, then arbitrage, liquidation, settlement, sales and last the keeper."""
        self.chain.advance(self.start + hour * HOUR)
        self._push(step.price)
        self._arbitrageur.trade(step.basis)
        if self._near_liquidation(step.price):
            self._liquidate()
        settled = self._settle_expired()
        self._relist(hour, step.price)
        sold = sum(self._sell(order, step.price) for order in orders)
        row = self._hedge(hour, step.basis, bool(settled or sold))
        self.keeper.look()
        self._lift()
        self.record.rows.append(row)
        return row

    def leave(self, depositor: Account) -> int:
        """Redeem all shares that can be redeemed now; returns the tokens paid."""
        vault = self.deployment.vault
        shares = self.chain.read(vault, "maxRedeem", depositor)
        before = self.chain.read(self.deployment.token, "balanceOf", depositor)
        self.chain.send(vault, "redeem", shares, depositor, depositor, sender=depositor)
        return int(self.chain.read(self.deployment.token, "balanceOf", depositor) - before)

    def _take_over(self, price: int, rules: Parameters) -> None:
        """What a deployment that stands must be told before people come to it."""
        self._push(price)
        if not self.is_hedged:
            breaker = self.deployment.breaker
            self.chain.send(breaker, "set_limits", rules["breaker"], sender=self.cast.owner)

    def _push(self, price: int) -> None:
        decimals = self.parameters["feed"]["decimals"]
        push_price(self.chain, self.deployment.feed, self.cast.owner, price, decimals)

    def _list(self, expiry: int, spot: int, atm_vol: int) -> Board:
        boards = self.parameters["boards"]
        strikes = strike_ladder(boards, spot)
        surface = {"atm_vol": atm_vol, "skew": boards["skew"], "smile": boards["smile"]}
        list_board(self.chain, self.deployment.book, self.cast.owner, expiry, strikes, surface)
        self._open.append(expiry)
        return Board(expiry, strikes)

    def _relist(self, hour: int, spot: int) -> None:
        """A tenor whose board has expired has the next one, from expiry to expiry.

        There is one board an expiry: where another tenor's stands, it is an hour later.
        """
        for number, tenor in enumerate(self.parameters["boards"]["tenors"]):
            expiry = self.boards[number].expiry
            if self._roll is None or expiry > self.chain.now():
                continue
            expiry += tenor
            while expiry in self._open:
                expiry += HOUR
            self.boards[number] = self._list(expiry, spot, self._roll(hour))

    def _deposit(self, depositor: Account, amount: int) -> None:
        token, vault = self.deployment.token, self.deployment.vault
        self.chain.send(token, "mint", depositor, amount, sender=self.cast.owner)
        self.chain.send(token, "approve", vault, amount, sender=depositor)
        self.chain.send(vault, "deposit", amount, depositor, sender=depositor)

    def _fund_traders(self, deposits: int) -> None:
        token, venue, vault = self.deployment.token, self.deployment.venue, self.deployment.vault
        owner, arbitrageur = self.cast.owner, self.cast.arbitrageur
        for account in self.cast.buyers:
            self.chain.send(token, "mint", account, deposits, sender=owner)
            self.chain.send(token, "approve", vault, UNBOUNDED, sender=account)
        margin = ARBITRAGE_MARGIN * deposits
        self.chain.send(token, "mint", arbitrageur, margin, sender=owner)
        self.chain.send(token, "approve", venue, margin, sender=arbitrageur)
        self.chain.send(venue, "deposit", margin, sender=arbitrageur)

    def _lift(self) -> None:
        """The owner goes back to normal as soon as the breaker lets him."""
        breaker = self.deployment.breaker
        if self.chain.read(breaker, "is_normal"):
            return
        try:
            self.chain.send(breaker, "lift", sender=self.cast.owner)
        except Reverted as refusal:
            if str(refusal) not in NOT_YET:
                raise

    def _near_liquidation(self, price: int) -> bool:
        """Whether the index has come to where the hedge, as last left, would be liquidated."""
        left = self._left
        if left is None or left.size == 0 or left.liquidation_price == 0:
            return False
        distance = (price - left.liquidation_price) * (1 if left.size > 0 else -1)
        return bool(distance * WAD <= left.liquidation_price * LIQUIDATORS_EYE)

    def _liquidate(self) -> None:
        """Somebody tries: whether the hedge is sound is for the venue to say."""
        venue, hedger = self.deployment.venue, self.deployment.hedger
        try:
            self.chain.send(venue, "liquidate", hedger, sender=self.cast.keeper)
        except Reverted as refusal:
            if str(refusal) != SOUND:
                raise

    def _settle_expired(self) -> list[int]:
        settled = [expiry for expiry in self._open if self._settle(expiry)]
        self._open = [expiry for expiry in self._open if expiry not in settled]
        self.record.settled += settled
        return settled

    def _settle(self, expiry: int) -> bool:
        if self.chain.now() < expiry or not self.keeper.settle(expiry):
            return False
        for buyer in self.buyers:
            buyer.claim(expiry)
        return True

    def _sell(self, order: Order, price: int) -> bool:
        board = self.boards[order.board]
        if board.expiry not in self._open:
            return False
        strike = board.strikes[order.strike]
        book = self.deployment.book
        series = self.chain.read(book, "series_id", board.expiry, strike, order.is_put)
        amount = int(self._worth * order.share * WAD / price)
        try:
            self.buyers[order.buyer].buy(series, amount)
        except Reverted as refusal:
            self.record.refused[str(refusal)] += 1
            return False
        self.record.sales += 1
        return True

    def _hedge(self, hour: int, basis: float, traded: bool) -> Row:
        states: list[Any] = []
        if self.is_hedged:
            self.keeper.visit(states.append, lambda: self._arbitrageur.trade(basis))
        else:
            states.append(self.chain.read(self.deployment.hedger, "state"))
        found, left = states[0], states[-1]
        self._left, self._worth = left, max(left.nav, 0)
        hedges = [state for state in states[:-1] if state.trade]
        wanted = [state for state in states if state.wanted] if self.is_hedged else []
        ratios = [state.margin_ratio / WAD for state in states if state.size]
        return Row(
            hour=hour,
            spot=left.index / WAD,
            mark=left.mark / WAD,
            book_delta=left.book_delta / WAD,
            hedge=left.size / WAD,
            net_found=found.net_delta / WAD,
            net_left=left.net_delta / WAD,
            band_found=found.band / WAD,
            band_left=left.band / WAD,
            nav=left.nav / WAD,
            book_value=left.book_value / WAD,
            margin_ratio=min(ratios, default=None),
            hedges=len(hedges),
            clipped=sum(_is_clipped(state) for state in hedges),
            ended_clipped=bool(wanted) and _is_clipped(wanted[-1]),
            traded=traded,
        )


def tolerant(parameters: Parameters) -> Parameters:
    """The same without a breach for want of a hedge: a net delta is never over what is sold."""
    return parameters | {"breaker": parameters["breaker"] | {"unhedged": WAD}}


def _is_clipped(state: Any) -> bool:
    """Whether less is traded than wanted; a crumb that closes the position makes it more."""
    return bool(abs(state.trade) < abs(state.wanted))


def run(
    world: World,
    path: list[Step],
    orders: list[Order],
    on_hour: Callable[[Row], None] = lambda row: None,
) -> Record:
    """Live through a path, an hour a step, from its first step; `on_hour` sees each row."""
    by_hour: dict[int, list[Order]] = {}
    for order in orders:
        by_hour.setdefault(order.hour, []).append(order)
    for hour, step in enumerate(path[1:], start=1):
        on_hour(world.step(hour, step, by_hour.get(hour, [])))
    return world.record
