"""Gas of what users and keepers call, with 32 live series and with as many as there can be.

32 live series are the default deployment, two boards of nine strikes with a call and a put each,
sold but for the lowest strike: 32 of its 36. All are sold at one spot, for which the limits on
delta are opened; no figure depends on them. At most 128 strikes can be live: eight boards of
sixteen.

Each case is the whole transaction on a chain where nothing is warm, and the median of some: other
series, sizes, or moves of the price, each from the same state.
"""

import statistics
from collections.abc import Callable, Iterable
from typing import Any

from ballast import packing
from ballast.agents import UNBOUNDED
from ballast.deployment import push_price
from ballast.flags import Action
from ballast.settlement import Rounds, settlement_rounds
from ballast.simulation import World
from ballast.units import WAD

ANY_DELTA = {"min_delta": 0, "max_delta": WAD}
"""Limits of the pricer with which every series sells."""

UNIT = 10**6
"""One USDC [token units]."""

Results = dict[str, dict[str, float]]
Call = tuple[Any, str, tuple[Any, ...], Any]
"""Contract, function, arguments, sender."""


def both_kinds(world: World) -> list[int]:
    """Call and put of every strike but the lowest, on every board."""
    return [
        packing.series_id(expiry, strike, is_put)
        for strike in world.strikes[1:]
        for expiry in world.expiries
        for is_put in (False, True)
    ]


class Bench:
    """A world with a sold book; measures a call in a block of its own, a minute after the last."""

    def __init__(self, world: World, prefix: str, spot: int) -> None:
        """prefix: of the names of the cases; spot: where the feed stands [USD wad]."""
        self.world = world
        self.prefix = prefix
        self.spot = spot
        self.results: Results = {}

    def case(self, name: str, calls: Iterable[Callable[[], Call]]) -> None:
        """Median gas of calls, each from the state of now; the last one stays made."""
        chain = self.world.chain
        used = []
        snapshot = None
        for call in calls:
            if snapshot is not None:
                chain.revert(snapshot)
            snapshot = chain.snapshot()
            contract, function, arguments, sender = call()
            chain.advance(chain.now() + 60)
            used.append(chain.send(contract, function, *arguments, sender=sender).gas_used)
        self.results[f"{self.prefix}: {name}"] = {
            "median gas": statistics.median(used),
            "max gas": max(used),
        }

    def at(self, share: float) -> None:
        """Let the price be a share of what it was."""
        world = self.world
        price = int(share * 10_000) * self.spot // 10_000
        push_price(world.chain, world.deployment.feed, world.cast.owner, price)

    def trades(self, series: list[int]) -> None:
        """A buyer new to a live series, and one who gives half of it back."""
        book, buyer = self.world.deployment.book, self.world.cast.depositors[0]
        end, size = UNBOUNDED, WAD // 10
        self.case(
            "buy",
            [lambda s=s: (book, "buy", (s, size, end, buyer, end), buyer) for s in series],
        )
        held = series[-1]
        self.case(
            "sell",
            [
                lambda n=n: (book, "sell", (held, size // n, 0, buyer, end), buyer)
                for n in (4, 3, 2)
            ],
        )

    def hedges(self) -> None:
        """The first hedge, which pays margin; then one for each of some moves of the price."""
        world = self.world
        hedger, keeper = world.deployment.hedger, world.cast.keeper

        def rebalance(share: float) -> Call:
            self.at(share)
            assert Action(world.chain.read(hedger, "state").action) & Action.HEDGE
            return hedger, "rebalance", (), keeper

        self.case("first rebalance", [lambda: rebalance(1)])
        # From here on the venue's words are not zero any more.
        world.chain.send(world.deployment.venue, "poke", sender=keeper)
        self.case("rebalance", [lambda s=s: rebalance(s) for s in (1.03, 1.05, 0.93)])

    def shares(self) -> None:
        """A second deposit, a withdrawal of a part; requests, into an empty pool and into one where
        another waits, and their processing."""
        world = self.world
        vault, depositor = world.deployment.vault, world.cast.depositors[0]
        keeper = world.cast.keeper
        amounts = [100_000 * UNIT, 200_000 * UNIT, 300_000 * UNIT]
        share = world.chain.read(vault, "balanceOf", depositor) // 1_000
        self.case(
            "deposit", [lambda a=a: (vault, "deposit", (a, depositor), depositor) for a in amounts]
        )
        self.case(
            "withdraw",
            [
                lambda a=a: (vault, "withdraw", (a // 10, depositor, depositor), depositor)
                for a in amounts
            ],
        )

        other = world.cast.keeper
        world.chain.send(vault, "transfer", other, 10 * share, sender=depositor)

        def request(n: int, who: Any = depositor) -> Call:
            return vault, "request_redeem", (n * share, who, who), who

        self.case("first request", [lambda: request(1)])
        self.case("first process", [lambda: (vault, "process_redemptions", (), keeper)])
        world.chain.send(vault, "claim_redemption", depositor, sender=depositor)
        empty = world.chain.snapshot()
        self.case("request, empty pool", [lambda n=n: request(n) for n in (1, 2, 3)])
        world.chain.revert(empty)
        world.chain.send(vault, "request_redeem", share, other, other, sender=other)
        self.case("request", [lambda n=n: request(n) for n in (1, 2, 3)])
        self.case("process", [lambda: (vault, "process_redemptions", (), keeper)])

    def settlement(self, series: list[int]) -> None:
        """The first board settles, at some prices; then a holder claims."""
        world = self.world
        chain, deployment = world.chain, world.deployment
        expiry = packing.expiry(series[0])

        def settle(share: float) -> Call:
            chain.advance(expiry + 1)
            self.at(share)
            rounds = settlement_rounds(chain, deployment.feed, expiry, deployment.book)
            assert isinstance(rounds, Rounds)
            assert rounds is not None
            return deployment.book, "settle", (expiry, *rounds), world.cast.keeper

        self.case("settle", [lambda s=s: settle(s) for s in (0.95, 1.05, 1)])
        holder = world.cast.buyers[0]
        self.case(
            "claim",
            [lambda s=s: (deployment.book, "claim", (s, holder), holder) for s in series],
        )


def prepare(world: World) -> None:
    """The depositor has more tokens, and the vault may take them."""
    token, vault = world.deployment.token, world.deployment.vault
    depositor = world.cast.depositors[0]
    engine = world.chain
    engine.send(token, "mint", depositor, 10**6 * UNIT, sender=world.cast.owner)
    engine.send(token, "approve", vault, UNBOUNDED, sender=depositor)


def measure(world: World, prefix: str, spot: int, near: list[int], far: list[int]) -> Results:
    """All cases on a world whose series are sold.

    near: live series of the first board that expires; far: some of another.
    """
    prepare(world)
    bench = Bench(world, prefix, spot)
    bench.trades([near[0], near[-1], far[-1]])
    bench.hedges()
    bench.shares()
    bench.settlement(near[:5:2])
    return bench.results
