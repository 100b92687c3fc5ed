"""Hedger.rebalance: what limits leave of a hedge, through the real venue. SPEC-H3."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from hedge_desk import Desk, snapshot, wad

from ballast import hedge_rule
from ballast.flags import Action, Reason
from ballast.units import WAD

pytest_plugins = ["hedge_fixtures"]

REDUCE_ONLY, PAUSED = 2, 4


@pytest.fixture(scope="module")
def stepwise(create_hedge) -> Desk:
    """A vault that trades 4 ETH at most in a call."""
    return create_hedge(**{"hedger.execution.max_share": "0.002 %"})


def test_rebalance__larger_than_the_share_of_depth__goes_in_steps(stepwise):
    """SPEC-H3."""
    stepwise.sell(20)
    step = wad(4)
    state = stepwise.state()
    assert state.wanted > 2 * step and state.trade == step
    stepwise.rebalance()
    assert stepwise.size() == step
    stepwise.rebalance()
    assert stepwise.size() == 2 * step
    stepwise.settle_in_bands()
    state = stepwise.state()
    assert state.net_delta == stepwise.min_hedge() - state.band


@contextmanager
def one_block(chain):
    """What is sent inside is mined in one block."""
    chain.provider.auto_mine = False
    try:
        yield
        chain.mine()
    finally:
        chain.provider.auto_mine = True


def test_rebalance__twice_in_a_block__trades_once(stepwise, chain, stranger):
    """SPEC-H3: the second would trade as much again in a block of its own."""
    stepwise.sell(20)
    with one_block(chain):
        for sender in (stepwise.keeper, stranger):
            stepwise.system.hedger.rebalance(sender=sender, gas=9_000_000, required_confirmations=0)
    assert len(chain.blocks.head.transactions) == 2
    assert stepwise.size() == wad(4)
    assert stepwise.system.hedger.last_hedge_block() == chain.blocks.head.number
    stepwise.rebalance()
    assert stepwise.size() == wad(8)


@pytest.mark.parametrize("is_put", [False, True])
def test_rebalance__venue_nearly_full__trades_what_fits(create_hedge, is_put):
    """SPEC-H3: another trader leaves 5 ETH under the venue's cap, then nothing."""
    hedge = create_hedge(**{"venue.net_cap": "60 ETH"})
    hedge.sell(20, is_put)
    hedge.trade(55 if not is_put else -55)
    state = hedge.state()
    assert abs(state.wanted) > wad(5) and abs(state.trade) == wad(5)
    hedge.rebalance()
    assert abs(hedge.size()) == wad(5)
    hedge.wait()
    state = hedge.expect(Action.NONE, Reason.OUTSIDE_BAND)
    assert state.wanted != 0
    before = snapshot(hedge)
    hedge.rebalance()
    assert snapshot(hedge) == before


@pytest.fixture(scope="module")
def crowded(create_hedge) -> Desk:
    """A vault at a venue with room for 100 ETH a side."""
    return create_hedge(**{"venue.open_interest_cap": "100 ETH"})


def fill_up(hedge, sign):
    """Somebody else takes all the room that is left on one side; returns what the venue then says
    it fills there, and on the other."""
    terms = hedge.system.venue.terms()
    hedge.trade(Decimal(sign * (terms.max_buy if sign > 0 else terms.max_sell)) / WAD)
    held = hedge.account()
    return (held.max_buy, held.max_sell)[::sign]


@pytest.mark.parametrize("is_put", [False, True])
def test_rebalance__venue_full_against_it__still_reduces(crowded, is_put):
    """SPEC-H3: the caps are for positions that grow."""
    hedge, sign = crowded, -1 if is_put else 1
    hedge.sell(40, is_put)
    hedge.rebalance()
    held = hedge.size()
    assert fill_up(hedge, -sign)[0] == 0
    hedge.push(2_000 - sign * 80)
    state = hedge.state()
    assert state.reason == Reason.OUTSIDE_BAND
    assert state.wanted * sign < 0 and abs(state.wanted) < abs(held)
    assert state.trade == state.wanted
    hedge.rebalance()
    assert 0 < hedge.size() * sign < held * sign
    state = hedge.state()
    assert state.net_delta == sign * (state.band - hedge.min_hedge())


@pytest.mark.parametrize("is_put", [False, True])
def test_rebalance__venue_full_against_it__closes_and_opens_nothing(crowded, is_put):
    """SPEC-H3: of a trade through zero the part that closes."""
    hedge, sign = crowded, -1 if is_put else 1
    hedge.sell(20, is_put)
    hedge.rebalance()
    held = hedge.size()
    hedge.sell(60, not is_put)
    assert fill_up(hedge, -sign)[0] == 0
    state = hedge.state()
    assert state.wanted * sign < -abs(held) and state.trade == -held
    hedge.rebalance()
    assert hedge.size() == 0


@pytest.mark.parametrize(("is_put", "push"), [(False, "2.99"), (True, "-2.99")])
def test_rebalance__mark_pushed_away__trades_within_the_adverse_bound(hedge, is_put, push):
    """SPEC-H3: the average price stays within 3% of the index; the mark is at 2.99% already."""
    hedge.sell(60, is_put)
    hedge.push_mark(push)
    state = hedge.state()
    account = hedge.account()
    limit = hedge_rule.limit_price(account.index, wad("0.03"), not is_put)
    room = hedge_rule.size_within_price(
        account.mark, account.index, limit, account.depth, not is_put
    )
    assert wad("0.01") < room < abs(state.wanted)
    assert abs(state.trade) == room
    receipt = hedge.rebalance()
    trade = hedge.system.venue.Traded.from_receipt(receipt)[0]
    average = trade.notional * WAD // room
    assert abs(average - account.index) <= wad("0.03") * account.index // WAD
    assert abs(average - account.index) > wad("0.0299") * account.index // WAD


@pytest.mark.parametrize(("is_put", "push"), [(False, 4), (True, -4)])
def test_rebalance__mark_pushed_too_far__trades_nothing(hedge, is_put, push):
    """SPEC-H3: whoever pushes the mark sells nothing to the vault at that price."""
    hedge.sell(40, is_put)
    hedge.push_mark(push)
    state = hedge.expect(Action.NONE, Reason.OUTSIDE_BAND)
    assert state.wanted != 0 and state.trade == 0
    before = snapshot(hedge)
    hedge.rebalance()
    assert snapshot(hedge) == before


@pytest.mark.parametrize(("is_put", "push"), [(False, -4), (True, 4)])
def test_rebalance__mark_pushed_the_good_way__trades_all(hedge, is_put, push):
    """SPEC-H3: a price better than the index bounds nothing."""
    hedge.sell(40, is_put)
    hedge.push_mark(push)
    log = hedge.hedged(hedge.rebalance())
    assert log.trade == log.wanted == hedge.size() != 0


@pytest.mark.parametrize("is_put", [False, True])
def test_rebalance__order_fills_the_adverse_bound__venue_accepts_its_average(create_hedge, is_put):
    """SPEC-H3: the venue rounds the average price against the trader; that must not turn a clip
    into a refusal."""
    hedge = create_hedge(
        price=1_999_999_999_990_000_000_000,
        **{"hedger.execution.max_share": "10 %", "hedger.execution.max_adverse": "0.5 bps"},
    )
    hedge.sell(60, is_put)
    state = hedge.state()
    assert 0 < abs(state.trade) < abs(state.wanted)
    hedge.rebalance()
    assert hedge.size() == state.trade


def test_rebalance__money_short__trades_what_it_carries(create_hedge):
    """SPEC-H3, SPEC-H4: cash and margin together carry a part of the hedge; then all of it is
    margin, and no more."""
    hedge = create_hedge(deposit=300_000)
    hedge.sell(60, board=1)
    hedge.push(40_000)
    state = hedge.expect(Action.HEDGE | Action.TOP_UP, Reason.OUTSIDE_BAND)
    cash = hedge.net_cash()
    affordable = cash * WAD // hedge.trigger() * WAD // (40_000 * WAD)
    assert state.trade == affordable < state.wanted
    assert state.top_up * hedge.scale() == cash
    hedge.rebalance()
    assert hedge.size() == state.trade
    assert hedge.net_cash() == 0
    before = snapshot(hedge)
    hedge.rebalance()
    assert snapshot(hedge) == before


def test_rebalance__thin_margin_rule__leaves_the_venues_initial_margin(create_hedge):
    """SPEC-H3: where the vault's own trigger is below the venue's initial margin, the order is
    margined for the venue. The position has lost 4% and must grow."""
    hedge = create_hedge(
        **{
            "hedger.margin.floor": "5 %",
            "hedger.margin.deviations": "0 x",
            "hedger.margin.trigger": "0 %",
        }
    )
    hedge.sell(40, is_put=True)
    hedge.rebalance()
    size = hedge.size()
    hedge.push(2_080)
    hedge.sell(40, is_put=True)
    hedge.push(2_081)
    assert hedge.state().trade < 0
    hedge.rebalance()
    assert hedge.size() < size


def test_rebalance__venue_refuses_the_order__still_adds_margin(create_hedge):
    """SPEC-H3, SPEC-H4: what the venue takes of one account is not in its terms."""
    hedge = create_hedge(**{"venue.account_cap": "10 ETH"})
    hedge.sell(18)
    hedge.rebalance()
    size, margin = hedge.size(), hedge.margin()
    assert 0 < size < wad(10)
    hedge.push(1_700)
    hedge.sell(60, strike=1_700)
    state = hedge.state()
    assert state.top_up > 0 and size + state.trade > wad(10)
    hedge.rebalance()
    assert hedge.margin() > margin


@pytest.mark.parametrize("mode", [REDUCE_ONLY, PAUSED])
def test_rebalance__venue_opens_nothing__adds_margin_and_does_not_trade(hedge, mode):
    """SPEC-H3, SPEC-H4: a venue that only reduces must not keep margin out."""
    hedge.sell(40)
    hedge.rebalance()
    hedge.sell(20)
    hedge.push(1_860)
    hedge.sell(20, strike=1_800)
    hedge.system.venue.set_mode(mode, sender=hedge.owner)
    size, margin = hedge.size(), hedge.margin()
    state = hedge.expect(Action.TOP_UP, Reason.OUTSIDE_BAND)
    assert state.wanted > 0 and state.trade == 0
    hedge.rebalance()
    assert hedge.size() == size and hedge.margin() == margin + state.top_up


@pytest.mark.parametrize("mode", [REDUCE_ONLY, PAUSED])
def test_rebalance__venue_opens_nothing__still_reduces(hedge, mode):
    """SPEC-H3: through zero it would open; it stops there."""
    hedge.sell(20)
    hedge.rebalance()
    size = hedge.size()
    hedge.sell(60, is_put=True)
    hedge.system.venue.set_mode(mode, sender=hedge.owner)
    state = hedge.state()
    assert state.wanted < -size and state.trade == -size
    hedge.rebalance()
    assert hedge.size() == 0
