"""Two plans of ballast.policies against the contracts, path by path."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ballast import parameters, policies, replication
from ballast.agents import Order
from ballast.keeper import MAX_ROUNDS, Keeper, Moment, Policy, Rule, decide
from ballast.paths import step
from ballast.policies import HOUR, HOURLY, Outcome, Plan
from ballast.simulation import Cast, World, run
from ballast.units import WAD

SPOT, VOL = 2_000.0, 0.8
HOURS = 167
"""From the sale, an hour after the board was listed, to its expiry."""

PATHS = 3
DEPOSIT = 3_000_000  # [USD]
SOLD = policies.SHARE * DEPOSIT / SPOT
"""Of each option [ETH]."""

NO_BAND = {"hedger.band.min_share": "0 %", "hedger.band.max_share": "0 %"}
"""The contract hedges any net delta; when, is the keeper's policy."""

EVERY_HOUR = Policy(Rule.INTERVAL, HOUR - 60)
"""A transaction is a second: the next hour's look comes up to some seconds early."""

WITHIN_HEDGES = 0.10
"""The contract leaves less than 0.01 ETH, so a delta near 0 or 1 is not hedged every hour, and its
day is one from a transaction to the next."""

WITHIN_COST = 0.10
"""Over all paths. In the experiment the mark is at the index before each step; the arbitrageur
leaves it up to the fee away, 5 bps of either sign, which is as much as a trade costs. On other
paths than these the sums were at most 8% off."""


class PayingKeeper(Keeper):
    """A keeper with a policy: `World` has none to give."""

    def __init__(self, world: World, policy: Policy) -> None:
        super().__init__(world.chain, world.deployment, world.cast.keeper)
        self._policy = policy
        self._hedged_at = 0

    def visit(
        self, on_state: Callable[[Any], None], on_block: Callable[[], None] = lambda: None
    ) -> None:
        for _ in range(MAX_ROUNDS):
            state = self._chain.read(self._deployment.hedger, "state")
            on_state(state)
            now = self._chain.now()
            if not decide(state, self._policy, Moment(now, now, self._hedged_at)).act:
                return
            self._chain.send(self._deployment.hedger, "rebalance", sender=self._account)
            if state.trade == state.wanted != 0:
                self._hedged_at = self._chain.now()
            self._chain.next_block()
            on_block()


@pytest.fixture
def live(create_engine) -> Callable[..., tuple[int, float]]:
    """`live(prices, overrides, policy)`: hours with a hedge, and what hedges cost [USD]."""

    def lived(prices: Any, overrides: dict[str, str], policy: Policy) -> tuple[int, float]:
        depth = policies.DEPTH * DEPOSIT / SPOT
        overrides = overrides | {
            "boards.atm_vol": f"{100 * VOL:.0f} %",
            "venue.depth": f"{depth:.0f} ETH",
        }  # fmt: skip
        values = parameters.load(overrides=overrides)
        chain = create_engine()
        owner, keeper, arbitrageur, depositor, buyer = chain.accounts(5)
        cast = Cast(owner, keeper, arbitrageur, [depositor], [buyer])
        steps = [step(float(price), 0.0) for price in prices]
        steps = [steps[0], *steps, steps[-1]]  # the first hour before, and settlement after
        world = World(chain, cast, values, steps[0], [DEPOSIT * 10**6])
        world.keeper = PayingKeeper(world, policy)
        call = Order(1, 0, 0, 4, False, policies.SHARE)
        put = replace(call, strike=3, is_put=True)
        record = run(world, steps, [call, put])
        assert record.sales == 2 and record.settled and not record.refused
        assert record.rows[-1].hedge == 0
        hedged = chain.events(world.deployment.hedger, "Hedged")
        cost = sum(event["cost"] for event in hedged) / WAD
        return sum(row.hedges > 0 for row in record.rows), cost

    return lived


def test_run__hourly_and_the_contracts_rule__is_what_the_contracts_do(live):
    """Hedges and costs by the real bytecode, hour by hour; the rule costs less on every path."""
    values = parameters.load()
    prices = replication.gbm(SPOT, VOL, HOURS * HOUR, HOURS, PATHS, 5)
    book = replace(policies.default_book(SPOT, VOL), tenor=HOURS * HOUR)
    terms = policies.terms_of(values, SPOT, VOL)
    rule = Plan("rule", HOUR, policies.band_of(values))
    made = policies.run(prices, book, terms, [HOURLY, rule], HOUR)
    columns = [prices[:, path] for path in range(PATHS)]
    hourly = [live(column, NO_BAND, EVERY_HOUR) for column in columns]
    banded = [live(column, {}, Policy(Rule.ONCHAIN)) for column in columns]
    agree(hourly, made[HOURLY.name])
    agree(banded, made[rule.name])
    for (often, dear), (seldom, cheap) in zip(hourly, banded, strict=True):
        assert seldom < often / 2 and 0 < cheap < dear


def agree(seen: list[tuple[int, float]], asked: Outcome) -> None:
    """Hedges path by path, costs of all."""
    for (hedges, _), known in zip(seen, asked.hedges, strict=True):
        assert hedges == pytest.approx(known, rel=WITHIN_HEDGES)
    spent = sum(cost for _, cost in seen)
    assert spent == pytest.approx(SOLD * asked.cost.sum(), rel=WITHIN_COST)
