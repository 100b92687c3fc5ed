"""Three results of theory: the drift of a wrong vol, what hedging costs, how wide a band is."""

import numpy as np
import pytest
from figures import IS_FULL, SPOT, VOL, WEEK, check

from ballast import hedge_rule, replication
from ballast.agents import UNBOUNDED, Buyer
from ballast.chain import START
from ballast.deployment import deploy, list_boards, strike_ladder
from ballast.packing import series_id
from ballast.parameters import load
from ballast.replication import Option
from ballast.revm import RevmChain
from ballast.units import WAD, to_wad

WITHIN = 0.05
PATHS = 20_000 if IS_FULL else 2_000
STEPS = 168
SEED = 7


@pytest.mark.parametrize("strike, realised", [(100, 0.6), (100, 1.0), (110, 0.6), (110, 1.0)])
def test_pnl__implied_is_not_realised__drifts_by_half_dollar_gamma(strike, realised):
    """Mean P&L = ½(σ_h² − σ_r²)·E∫S²Γdt: who sells at more than is realised gains."""
    option = Option(strike, WEEK, VOL)
    prices = replication.gbm(SPOT, realised, WEEK, STEPS, PATHS, SEED)
    seen = float(replication.pnl(prices, option).pnl.mean())
    asked = replication.drift(SPOT, realised, option)
    assert (asked > 0) == (realised < VOL)
    check(f"mean P&L, K {strike}, sold at 80%, realised {realised:.0%}", asked, seen, WITHIN)


@pytest.mark.parametrize("round_trip, steps", [(0.001, 168), (0.002, 168), (0.001, 672)])
def test_pnl__with_costs__spends_what_leland_adds_to_the_premium(round_trip, steps):
    """A round trip κ is two trades of κ/2. The first and the last trade are in no model's vol."""
    vol = replication.leland_vol(VOL, round_trip, WEEK / steps)
    sold, fair = Option(SPOT, WEEK, vol), Option(SPOT, WEEK, VOL)
    prices = replication.gbm(SPOT, VOL, WEEK, steps, PATHS, SEED)
    spent = replication.pnl(prices, sold, cost=round_trip / 2).cost
    premiums = [replication.call(prices[0, :1], option, WEEK).price[0] for option in (sold, fair)]
    name = f"Leland's cost, κ {round_trip:.1%}, N {steps}"
    check(name, float(premiums[0] - premiums[1]), float(spent.mean()), WITHIN)


def test_half_width__cost_times_8__doubles():
    """Whalley and Wilmott: the band goes with the cube root of the cost."""
    rule = hedge_rule.Band(50 * WAD, 0, WAD, 1)
    gamma, price, nav, sold = to_wad("3"), 2_000 * WAD, 10**7 * WAD, 10**4 * WAD
    narrow, wide = (
        hedge_rule.half_width(rule, gamma, price, cost, nav, sold)
        for cost in (to_wad("0.0005"), to_wad("0.004"))
    )
    check("band of the twin, fee 5 → 40 bps", 2.0, wide / narrow, WITHIN)


def test_state__venue_fee_times_8__doubles_the_band():
    """The same by the hedgers of two vaults with the same book, and guard rails out of the way."""
    narrow, wide = (_band(fee) for fee in ("5 bps", "40 bps"))
    check("band of the hedger, fee 5 → 40 bps", 2.0, wide / narrow, WITHIN)


def _band(fee: str) -> int:
    overrides = {"hedger.band.min_share": "0 %", "hedger.band.max_share": "100 %"}
    values = load(overrides=overrides | {"venue.fee": fee})
    chain = RevmChain()
    owner, depositor, account = chain.accounts(3)
    chain.advance(START)
    on = deploy(chain, owner, values, 2_000 * WAD)
    deposit = 3_000_000 * 10**6
    for who in (depositor, account):
        chain.send(on.token, "mint", who, deposit, sender=owner)
        chain.send(on.token, "approve", on.vault, UNBOUNDED, sender=who)
    chain.send(on.vault, "deposit", deposit, depositor, sender=depositor)
    expiry = list_boards(chain, on.book, owner, values, 2_000 * WAD, chain.now())[0]
    strike = strike_ladder(values["boards"], 2_000 * WAD)[4]
    Buyer(chain, on, account).buy(series_id(expiry, strike, False), 100 * WAD)
    state = chain.read(on.hedger, "state")
    assert 0 < state.band < 100 * WAD  # neither guard rail
    return int(state.band)


@pytest.mark.parametrize("cost", [0.0001, 0.0008])
def test_pnl__with_a_band__is_best_near_the_rules_width(cost):
    """Cost + λ/2·variance is least within a quarter of the rule's width: an expansion for small
    costs, held against hedging every three minutes."""
    option, aversion = Option(SPOT, WEEK, VOL), 0.3
    prices = replication.gbm(SPOT, VOL, WEEK, STEPS * 20, 1_000 if IS_FULL else 500, SEED)
    widths = np.array([0.6, 0.75, 0.9, 1.05, 1.2])
    paid = []
    for width in widths:
        made = replication.pnl(prices, option, cost=cost, band=1.5 * cost / aversion * width**3)
        paid.append(float(made.cost.mean() + aversion / 2 * (made.pnl - made.cost).var()))
    bend, slope, _ = np.polyfit(np.log(widths), paid, 2)
    assert bend > 0
    assert 0.75 <= np.exp(-slope / 2 / bend) <= 1.25
