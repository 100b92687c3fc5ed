"""Hedger.state: what the rule sees and asks for. SPEC-H1, SPEC-H2."""

import pytest
from hedge_desk import Desk, wad

from ballast import hedge_rule
from ballast.flags import Action, Reason
from ballast.units import WAD

pytest_plugins = ["hedge_fixtures"]

DAY = 86_400
FRESH = 10  # [s] that a transaction or two may take


@pytest.fixture(scope="module")
def centred(create_hedge) -> Desk:
    """A vault that hedges to the centre of the band."""
    return create_hedge(**{"hedger.band.to_centre": "true"})


@pytest.fixture(scope="module")
def free(create_hedge) -> Desk:
    """A vault whose band no guard rail touches."""
    return create_hedge(**{"hedger.band.max_share": "100 %", "hedger.band.min_share": "0 %"})


def test_state__nothing_sold__is_all_quiet(hedge):
    """SPEC-H1, SPEC-H2."""
    state = hedge.expect(Action.NONE, Reason.BELOW_MINIMUM)
    assert (state.book_delta, state.size, state.pending, state.net_delta) == (0, 0, 0, 0)
    assert (state.trade, state.wanted, state.top_up, state.give_back) == (0, 0, 0, 0)
    assert state.band == hedge.system.hedger.band().min_hedge
    assert state.nav == hedge.nav() == 3_000_000 * WAD
    assert state.book_value == state.liquidation_price == state.basis == state.funding_8h == 0
    assert state.mark == state.index == 2_000 * WAD
    assert state.margin_ratio == 2**256 - 1
    assert state.margin_target == hedge.target()


@pytest.mark.parametrize("is_put", [False, True])
def test_state__sold__matches_first_principles(hedge, is_put):
    """SPEC-H1, SPEC-H4: every number that is no decision."""
    hedge.sell(40, is_put)
    hedge.rebalance()
    hedge.push(2_010)
    hedge.wait(600)
    state = hedge.state()
    risk = hedge.system.book.risk()
    venue = hedge.system.venue
    held, market = venue.account(hedge.system.hedger), venue.market()
    assert state.book_delta == risk.delta and state.book_value == risk.mid
    assert state.size == held.size != 0
    assert state.net_delta == risk.delta + held.size
    assert state.nav == hedge.nav() == hedge.system.vault.net_asset_value()[0]
    assert state.band == hedge.band()
    low = min(held.equity_index, held.equity_exit)
    assert state.margin_ratio == low * WAD // hedge.needed(WAD)
    assert state.margin_target == hedge.target()
    assert state.index == market.index and state.mark == market.mark
    assert state.basis == market.mark * WAD // market.index - WAD
    assert state.funding_8h == market.funding_8h
    assert state.liquidation_price == hedge_rule.liquidation_price(
        held.size, held.equity_index, market.index, hedge.mmr()
    )
    venues_own = venue.liquidation_price(hedge.system.hedger)
    assert abs(state.liquidation_price - venues_own) < WAD // 10**6
    assert (state.liquidation_price < state.index) == (held.size > 0)


def test_state__no_guard_rail__band_is_the_twins(free):
    """SPEC-H1: the Whalley-Wilmott width itself, not a clamp."""
    free.sell(50)
    state = free.state()
    risk = free.system.book.risk()
    assert state.band == free.band()
    assert 10**16 < state.band < risk.sold
    exact = 1.5 * 5e-4 * 2_000 * (risk.gamma / WAD) ** 2 * (state.nav / WAD) / 50
    assert state.band / WAD == pytest.approx(exact ** (1 / 3), rel=1e-9)


@pytest.mark.parametrize(("is_put", "sign"), [(False, 1), (True, -1)])
def test_state__sold__wants_the_nearer_edge(hedge, is_put, sign):
    """SPEC-H1: sold calls are short delta and want a buy, sold puts a sale; to the smallest hedge
    inside the edge of the band, no further."""
    hedge.sell(40, is_put)
    state = hedge.expect(Action.HEDGE | Action.TOP_UP, Reason.OUTSIDE_BAND)
    assert state.net_delta * sign < 0
    inside = state.band - hedge.min_hedge()
    assert state.wanted == state.trade == -state.net_delta - sign * inside
    assert state.wanted * sign > 0


def test_state__to_centre__wants_all(centred):
    """SPEC-H1."""
    centred.sell(40)
    state = centred.expect(Action.HEDGE | Action.TOP_UP, Reason.OUTSIDE_BAND)
    assert state.wanted == state.trade == -state.net_delta > 0


def test_state__inside_the_band__wants_nothing(hedge):
    """SPEC-H1: half of the band is left when the price comes back a little."""
    hedge.sell(40)
    hedge.rebalance()
    hedge.push(1_990)
    state = hedge.expect(Action.NONE, Reason.IN_BAND)
    assert state.wanted == state.trade == 0
    assert 0 < abs(state.net_delta) <= state.band


def test_state__drift_after_a_hedge__asks_for_another_only_past_the_minimum(hedge):
    """SPEC-H1: time alone moves the delta; the hedge has left the smallest one of room to it."""
    hedge.sell(40)
    hedge.rebalance()
    left, least = hedge.state().net_delta, hedge.min_hedge()
    hedge.wait(60)
    state = hedge.expect(Action.NONE, Reason.IN_BAND)
    assert 0 < left - state.net_delta < least and state.wanted == 0
    hedge.push("2000.18")
    state = hedge.state()
    assert state.reason == Reason.OUTSIDE_BAND
    assert 0 < -state.net_delta - state.band < least
    assert state.wanted == -state.net_delta - state.band + least


def test_state__below_the_minimum__wants_nothing(hedge):
    """SPEC-H2: half of 0.01 ETH is no trade, not even when the interval has passed."""
    hedge.sell("0.01")
    state = hedge.expect(Action.NONE, Reason.BELOW_MINIMUM)
    assert 0 < -state.net_delta < wad("0.01")
    hedge.wait(DAY)
    hedge.push(2_000)
    hedge.expect(Action.NONE, Reason.BELOW_MINIMUM)


def test_state__interval__is_due_to_the_second(hedge):
    """SPEC-H2: in full, not just to the edge."""
    hedge.sell(40)
    hedge.rebalance()
    due = hedge.system.hedger.last_full_hedge() + DAY
    hedge.wait(due - hedge.now() - FRESH)
    hedge.push(2_000)
    hedge.wait(due - hedge.now() - 1)
    assert hedge.state().reason in (Reason.IN_BAND, Reason.OUTSIDE_BAND)
    hedge.wait(1)
    state = hedge.state()
    assert state.reason == Reason.INTERVAL
    assert state.wanted == -state.net_delta != 0


def test_state__all_settled__wants_out(hedge):
    """SPEC-H2: with nothing sold there is no band."""
    hedge.sell(10)
    hedge.rebalance()
    hedge.settle(2_000)
    state = hedge.state()
    assert hedge.system.book.risk().sold == 0
    assert state.reason == Reason.NOTHING_SOLD
    assert state.wanted == state.trade == -state.size < 0


def test_state__at_the_block_of_a_hedge__waits_for_the_next(hedge):
    """SPEC-H3: one trade a block."""
    hedge.sell(40)
    hedge.rebalance()
    hedge.expect(Action.NONE, Reason.HEDGED_THIS_BLOCK)
    hedge.wait()
    hedge.expect(Action.NONE, Reason.IN_BAND)
