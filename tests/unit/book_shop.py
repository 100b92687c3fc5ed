"""The option book under test: a shop whose owner and buyers are spoken for.

Sizes and prices are given as decimals and turned into wads.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import ape
from eth_utils import to_canonical_address

from ballast import packing, parameters, risk
from ballast.chain import Account, ApeChain, Contract
from ballast.deployment import Deployment, pricer_parameters
from ballast.packing import Surface
from ballast.risk import Order, Scene
from ballast.units import WAD

HOUR = 3_600
DAY = 24 * HOUR
WEEK = 7 * DAY
FOREVER = 2**256 - 1
NOW = 1_800_000_000
"""When the scenes of the pure pricer play. [unix s]"""

DEFAULTS = pricer_parameters(parameters.load())
ORACLE = parameters.load()["book"]["oracle"]
SCENE = risk.Scene(
    now=NOW,
    price=2_000 * WAD,
    rate_ema=WAD // 20,
    carry=risk.Carry(**DEFAULTS["carry"]),
    stress=risk.Stress(**DEFAULTS["stress"]),
    quoting=risk.Quoting(**DEFAULTS["quoting"]),
    vol_min=DEFAULTS["limits"]["vol_min"],
    vol_max=DEFAULTS["limits"]["vol_max"],
)
"""2,000 USD, funding of 5% a year, the default parameters."""
NO_CAP = 10**30
"""The largest cap that the pricer takes. [ETH wad]"""
RICH = 10**30
"""Cash of a vault that can sell anything. [asset]"""

Lot = tuple[Any, bool, Any]
"""Strike [USD], whether it is a put, amount [ETH]."""
HEARTBEAT = HOUR
"""Of the feed, in the default parameters."""


def wad(value: Any) -> int:
    """A decimal number in wad; write fractions as strings."""
    return int(Decimal(value) * WAD)


def plain(struct: Any) -> Any:
    """A struct as ape returns it, or a list of them, as nested tuples."""
    if isinstance(struct, str) or not hasattr(struct, "__len__"):
        return struct
    return tuple(plain(item) for item in struct)


def board_words(expiry: int, surface: Surface, lots: Sequence[Lot]) -> list[int]:
    """Storage words of a board that was sold in lots."""
    live: dict[Any, int] = {}
    for strike, is_put, amount in lots:
        word = live.get(strike, packing.live(wad(strike)))
        live[strike] = packing.with_sold(word, is_put, packing.sold(word, is_put) + wad(amount))
    return [packing.board(expiry, len(live), surface), *live.values()]


def order(
    expiry: int, surface: Surface, lot: Lot, mark: int = 2_000 * WAD, held: int = 0
) -> risk.Order:
    """An order at a venue of the default depth and fee, for a token of six decimals."""
    strike, is_put, amount = lot
    return risk.Order(
        id=packing.series_id(expiry, wad(strike), is_put),
        amount=wad(amount),
        board=packing.board(expiry, 0, surface),
        mark=mark,
        held=held,
        venue_fee=5 * 10**14,
        depth=200_000 * WAD,
        scale=10**12,
    )


def account(order: risk.Order) -> dict[str, Any]:
    """IHedger.HedgeAccount of an order, at a venue with room for any hedge."""
    signed = dict.fromkeys(("pending", "equity", "low", "high", "funding_8h"), 0)
    ratios = dict.fromkeys(("imr", "mmr", "margin_floor", "margin_per_vol", "vol_floor"), 0)
    return {
        "size": order.held,
        "margin": 0,
        "withdrawable": 0,
        "mark": order.mark,
        "index": order.mark,
        "fee": order.venue_fee,
        "max_buy": NO_CAP,
        "max_sell": NO_CAP,
        "depth": order.depth,
        "may_open": True,
        "valid": True,
        **signed,
        **ratios,
    }


def asked(order: risk.Order) -> dict[str, Any]:
    """IPricer.Order of the twin's, from a vault that can sell anything."""
    return {
        "id": order.id,
        "amount": order.amount,
        "board": order.board,
        "ledger": {"cash": RICH, "claims": 0, "owed": 0, "scale": order.scale, "shares": 1},
        "account": account(order),
    }


class PricerDesk:
    """The pricer alone, asked as the twin is: it gets the parameters of a scene before each call.

    Its limits refuse no sale but of a |delta| over 1, which no parameter allows.
    """

    def __init__(self, pricer: Contract, owner: Account) -> None:
        self.contract = pricer
        self.owner = owner

    def risk(self, scene: Scene, words: Sequence[int]) -> Any:
        """Pricer.risk."""
        return self.contract.risk(self._show(scene), words)

    def greeks(self, scene: Scene, words: Sequence[int]) -> Any:
        """Pricer.greeks."""
        return self.contract.greeks(self._show(scene), words)

    def delta(self, scene: Scene, words: Sequence[int]) -> int:
        """Pricer.delta."""
        return self.contract.delta(self._show(scene), words)

    def sale(self, scene: Scene, words: Sequence[int], order: Order) -> Any:
        """Pricer.sale."""
        return self.contract.sale(self._show(scene), words, asked(order))

    def buy_back(self, scene: Scene, words: Sequence[int], order: Order) -> Any:
        """Pricer.buy_back."""
        return self.contract.buy_back(self._show(scene), words, asked(order))

    def _show(self, scene: Scene) -> tuple[int, int, int, bool]:
        """Set what differs; then the scene as the contract takes it."""
        wanted = {
            "carry": tuple(scene.carry),
            "stress": (scene.stress.shock, scene.stress.vol_shock, WAD, NO_CAP),
            "quoting": tuple(scene.quoting),
            "limits": (0, WAD, 1, 0, 366 * DAY, scene.vol_min, scene.vol_max, WAD),
        }
        for group, values in wanted.items():
            if tuple(getattr(self.contract, group)()) != values:
                getattr(self.contract, f"set_{group}")(values, sender=self.owner)
        return scene.now, scene.price, scene.rate_ema, True


class Shop:
    """A deployed vault, and short ways to trade with its book."""

    def __init__(self, system: Deployment, chain: Any, owner: Account, buyer: Account) -> None:
        self.system = system
        self.book: Contract = system.book
        self.vault: Contract = system.vault
        self.pricer: Contract = system.pricer
        self.feed: Contract = system.feed
        self.chain = chain
        self.owner = owner
        self.buyer = buyer
        self.expiries: list[int] = list(system.book.live_boards())

    # ---- time and prices

    @property
    def now(self) -> int:
        """Time of the newest block, which is what views see."""
        return self.chain.blocks.head.timestamp

    @property
    def soon(self) -> int:
        """A time in the future of the chain, whose blocks keep up with the clock on the wall."""
        return self.chain.pending_timestamp + 60

    def at(self, time: int) -> None:
        """Mine a block of that time."""
        self.chain.mine(timestamp=time)

    def push(self, usd: Any, time: int | None = None) -> int:
        """Publish a price, in a block of that time if there is one; returns the round."""
        if time is not None:
            self.chain.pending_timestamp = time
        self.feed.push(int(Decimal(usd) * 10**8), sender=self.owner)
        return self.feed.latest_round()

    # ---- trades

    def id(self, board: int = 0, strike: Any = 2_000, is_put: bool = False) -> int:
        """A series of the n-th board."""
        return packing.series_id(self.expiries[board], wad(strike), is_put)

    def buy(
        self,
        series: int,
        amount: Any = 10,
        max_premium: int = FOREVER,
        receiver: Any = None,
        deadline: int = FOREVER,
        sender: Any = None,
    ) -> Any:
        """Buy for the buyer unless told otherwise; returns the receipt."""
        sender = sender or self.buyer
        return self.book.buy(
            series, wad(amount), max_premium, receiver or sender, deadline, sender=sender
        )

    def sell(
        self,
        series: int,
        amount: Any = 10,
        min_premium: int = 0,
        receiver: Any = None,
        deadline: int = FOREVER,
        sender: Any = None,
    ) -> Any:
        """Sell back for the buyer unless told otherwise; returns the receipt."""
        sender = sender or self.buyer
        return self.book.sell(
            series, wad(amount), min_premium, receiver or sender, deadline, sender=sender
        )

    def settle(self, board: int, price: Any) -> int:
        """Settle a board at a price of its very expiry; returns the expiry."""
        expiry = self.expiries[board]
        before = self.push(price, expiry)
        after = self.push(price, expiry + 1)
        self.book.settle(expiry, before, after, sender=self.buyer)
        return expiry

    def events(self, receipt: Any, name: str) -> list:
        """The events of that name, of whatever contract."""
        return [event for event in receipt.events if event.event_name == name]

    # ---- what the twin needs

    def scene(self) -> risk.Scene:
        """What the book shows its pricer while feed and venue are live."""
        limits = self.pricer.limits()
        return risk.Scene(
            now=self.now,
            price=self.feed.latestRoundData()[1] * 10**10,
            rate_ema=self.system.venue.market().funding_ema_year,
            carry=risk.Carry(*self.pricer.carry()),
            stress=risk.Stress(*self.pricer.stress()),
            quoting=risk.Quoting(*self.pricer.quoting()),
            vol_min=limits.vol_min,
            vol_max=limits.vol_max,
        )

    def words(self, ids: Sequence[int]) -> list[int]:
        """Storage words of a book whose series were first bought in that order."""
        words = []
        for expiry in self.book.live_boards():
            strikes = list(
                dict.fromkeys(packing.id_strike(i) for i in ids if packing.expiry(i) == expiry)
            )
            if strikes:
                words.append(self.board_word(expiry, len(strikes)))
            words += [self.live_word(expiry, strike) for strike in strikes]
        return words

    def live_word(self, expiry: int, strike: int) -> int:
        """Word of a strike with what is sold of its call and its put."""
        calls, puts = (
            self.book.sold(packing.series_id(expiry, strike, is_put)) for is_put in (False, True)
        )
        return packing.live(strike, calls, puts)

    def board_word(self, expiry: int, count: int) -> int:
        """Word of a board with that many live strikes."""
        _, surface = self.book.board(expiry)
        return packing.board(expiry, count, Surface(*surface))

    def order(self, series: int, amount: Any, count: int) -> risk.Order:
        """What the book shows its pricer of an order; count: live series of the board."""
        held = self.system.hedger.account()
        return risk.Order(
            id=series,
            amount=wad(amount),
            board=self.board_word(packing.expiry(series), count),
            mark=held.mark,
            held=held.size + held.pending,
            venue_fee=held.fee,
            depth=held.depth,
            scale=self.vault.ledger().scale,
        )

    # ---- refusals

    def state(self) -> list[bytes]:
        """Roots of the storage of all contracts: equal when not one word of it has changed."""
        engine = self.chain.provider.tester.backend.chain.get_vm().state
        return [
            engine._account_db._get_account(to_canonical_address(part.address)).storage_root
            for part in vars(self.system).values()
        ]

    @contextmanager
    def refuses(self, reason: str) -> Iterator[None]:
        """What is done inside reverts for that reason and leaves the state as it was."""
        before = self.state()
        with ape.reverts(reason):
            yield
        assert self.state() == before

    def refuses_sale(self, reason: str, series: int, amount: Any = 10) -> None:
        """Neither bought nor quoted, for that reason."""
        with self.refuses(reason):
            self.buy(series, amount)
        with ape.reverts(reason):
            self.book.quote(series, wad(amount))


class SwitchedChain(ApeChain):
    """Deploys book and hedger behind switches, so that feed and venue can fall silent."""

    def __init__(self, project: Any, manager: Any) -> None:
        super().__init__(project, manager)
        self.feed_switch: Contract = None
        self.venue_switch: Contract = None

    def deploy(self, name: str, *arguments: Any, sender: Account) -> Contract:
        """As ApeChain, but the book and the hedger get a switch for feed and venue."""
        if name == "OptionBook":
            vault, venue, feed, *rest = arguments
            self.venue_switch = super().deploy("SwitchHarness", venue, sender=sender)
            self.feed_switch = super().deploy("SwitchHarness", feed, sender=sender)
            arguments = (vault, self.venue_switch, self.feed_switch, *rest)
        if name == "Hedger":
            vault, book, _, *rest = arguments
            arguments = (vault, book, self.venue_switch, *rest)
        return super().deploy(name, *arguments, sender=sender)


class StubbedChain(ApeChain):
    """Deploys a pricer that answers what it is told."""

    def deploy(self, name: str, *arguments: Any, sender: Account) -> Contract:
        """As ApeChain, but for the pricer."""
        name = "StubPricer" if name == "Pricer" else name
        return super().deploy(name, *arguments, sender=sender)
