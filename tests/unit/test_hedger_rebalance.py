"""Hedger.rebalance: what is traded, through the real venue. SPEC-H1, SPEC-H2, SPEC-H3, SPEC-H6."""

import re

import ape
import pytest
from hedge_desk import Desk, snapshot, wad

from ballast.flags import Action, Reason
from ballast.units import WAD

pytest_plugins = ["hedge_fixtures"]

DAY = 86_400


@pytest.fixture(scope="module")
def centred(create_hedge) -> Desk:
    """A vault that hedges to the centre of the band."""
    return create_hedge(**{"hedger.band.to_centre": "true"})


# ------------------------------------------------------------------ SPEC-H1: signs and edges


def test_rebalance__calls_sold__ends_long(hedge):
    """SPEC-H1: who is short calls loses when the price rises; the hedge gains."""
    hedge.sell(40)
    assert hedge.system.book.risk().delta < 0
    hedge.rebalance()
    assert hedge.size() > 0
    assert hedge.system.venue.net_position() == hedge.size()


def test_rebalance__puts_sold__ends_short(hedge):
    """SPEC-H1: who is short puts loses when the price falls; the hedge gains."""
    hedge.sell(40, is_put=True)
    assert hedge.system.book.risk().delta > 0
    hedge.rebalance()
    assert hedge.size() < 0
    assert hedge.system.venue.net_position() == hedge.size()


@pytest.mark.parametrize("usd", [1_980, 2_020])
@pytest.mark.parametrize("is_put", [False, True])
def test_rebalance__then_price_moves__hedge_offsets_the_options(hedge, is_put, usd):
    """SPEC-H1: with the sign of the hedge flipped the vault would lose on both legs in one of the
    directions."""
    hedge.sell(40, is_put)
    hedge.rebalance()
    options, equity = hedge.system.book.risk().mid, hedge.account().equity
    delta = abs(hedge.state().net_delta)
    hedge.push(usd)
    lost = hedge.system.book.risk().mid - options
    gained = hedge.account().equity - equity
    assert lost * gained > 0
    assert abs(lost - gained) < abs(lost) / 4 + delta * 20


@pytest.mark.parametrize(("is_put", "sign"), [(False, -1), (True, 1)])
def test_rebalance__outside__lands_the_minimum_inside_the_edge(hedge, is_put, sign):
    """SPEC-H1: to the wei, at the second of the trade."""
    hedge.sell(40, is_put)
    full = hedge.system.hedger.last_full_hedge()
    hedge.rebalance()
    state = hedge.state()
    assert state.net_delta == sign * (state.band - hedge.min_hedge())
    assert state.band == hedge.band()
    assert hedge.system.hedger.last_full_hedge() == full


def test_rebalance__to_centre__lands_on_zero(centred):
    """SPEC-H1, SPEC-H2: a hedge to the centre is a full one."""
    centred.sell(40)
    receipt = centred.rebalance()
    assert centred.state().net_delta == 0
    assert centred.system.hedger.last_full_hedge() == receipt.timestamp


def test_rebalance__calls_and_puts__hedges_the_sum(hedge):
    """SPEC-H1: a straddle is nearly neutral by itself."""
    hedge.sell(20)
    hedge.rebalance()
    long = hedge.size()
    hedge.sell(20, is_put=True)
    hedge.rebalance()
    assert hedge.size() < long / 2
    state = hedge.state()
    assert state.net_delta == state.band - hedge.min_hedge()


@pytest.mark.parametrize("is_put", [False, True])
def test_rebalance__book_turns_around__crosses_zero_to_the_other_edge(hedge, is_put):
    """SPEC-H1, SPEC-H4: one trade closes what is held and opens the rest, with margin for it."""
    sign = -1 if is_put else 1
    hedge.sell(20, is_put)
    hedge.rebalance()
    held = hedge.size()
    assert held * sign > 0
    hedge.sell(60, not is_put)
    log = hedge.hedged(hedge.rebalance())
    assert log.trade == log.wanted and log.trade * sign < -abs(held)
    assert hedge.size() == held + log.trade
    state = hedge.state()
    assert state.net_delta == sign * (state.band - hedge.min_hedge())
    assert state.margin_ratio > hedge.trigger()


# ------------------------------------------------------------------ SPEC-H2: in full


def test_rebalance__interval_passed__hedges_in_full(hedge):
    """SPEC-H2."""
    hedge.sell(40)
    hedge.rebalance()
    hedge.wait(DAY)
    hedge.push(2_000)
    receipt = hedge.rebalance()
    assert hedge.system.hedger.last_full_hedge() == receipt.timestamp
    assert hedge.state().net_delta == 0
    hedge.wait()
    hedge.expect(Action.NONE, Reason.BELOW_MINIMUM)


def test_rebalance__all_settled__unwinds_to_nothing(hedge):
    """SPEC-H2, SPEC-H5: the position is closed, the last token of margin comes home."""
    hedge.sell(10)
    hedge.sell(10, is_put=True, strike=1_900)
    hedge.rebalance()
    hedge.settle(2_000)
    hedge.rebalance()
    assert (hedge.size(), hedge.margin()) == (0, 0)
    assert hedge.system.token.balanceOf(hedge.system.vault) == hedge.system.vault.ledger().cash
    hedge.wait()
    hedge.expect(Action.NONE, Reason.BELOW_MINIMUM)


def test_rebalance__little_would_be_left__closes_all(hedge):
    """SPEC-H2: a position smaller than the smallest hedge is never left at the venue."""
    hedge.sell("0.1", strike=2_100)
    hedge.rebalance()
    held = hedge.size()
    assert held >= wad("0.01")
    hedge.wait(DAY)
    hedge.push(1_800)
    state = hedge.state()
    assert state.reason == Reason.INTERVAL
    assert 0 < held + state.wanted < wad("0.01")
    assert state.trade == -held
    hedge.rebalance()
    assert hedge.size() == 0
    hedge.wait()
    hedge.expect(Action.NONE, Reason.BELOW_MINIMUM)


# ------------------------------------------------------------------ SPEC-H3: bad feed


def test_rebalance__stale_feed__trades_nothing(hedge):
    """SPEC-H3: book and venue read the same feed; the venue's answer comes first."""
    hedge.sell(40)
    hedge.wait(3_700)
    state = hedge.expect(Action.NONE, Reason.INVALID_VENUE)
    assert state.net_delta != 0 and state.wanted == state.trade == 0
    before = snapshot(hedge)
    hedge.rebalance()
    assert snapshot(hedge) == before


def test_rebalance__feed_stale_for_the_book_alone__trades_nothing(create_hedge):
    """SPEC-H3."""
    hedge = create_hedge(**{"book.oracle.heartbeat": "600 s"})
    hedge.sell(40)
    hedge.wait(700)
    assert hedge.account().valid
    hedge.expect(Action.NONE, Reason.INVALID_FEED)
    before = snapshot(hedge)
    hedge.rebalance()
    assert snapshot(hedge) == before


# ------------------------------------------------------------------ SPEC-H6 and the position


def test_rebalance__nothing_to_do__changes_nothing(hedge, stranger):
    """SPEC-H6."""
    hedge.sell(40)
    hedge.rebalance()
    hedge.push(1_990)
    before = snapshot(hedge)
    receipt = hedge.rebalance(stranger)
    assert snapshot(hedge) == before
    assert receipt.events == []


def test_rebalance__stranger__is_as_good_as_the_keeper(hedge, stranger):
    """SPEC-H6."""
    hedge.sell(40)
    log = hedge.hedged(hedge.rebalance(stranger))
    assert log.caller == stranger
    state = hedge.state()
    assert log.trade == hedge.size() and state.net_delta == hedge.min_hedge() - state.band


def test_rebalance__hedge_and_margin__logs_both(hedge):
    """SPEC-H6: what was done, and from where."""
    hedge.sell(40)
    receipt = hedge.rebalance()
    state = hedge.state()  # at the second of the hedge
    log = hedge.hedged(receipt)
    assert (log.caller, log.reason) == (hedge.keeper, Reason.OUTSIDE_BAND)
    assert log.price == state.index == 2_000 * WAD
    assert log.book_delta == log.net_before == state.book_delta
    assert log.trade == log.wanted == log.filled == state.size
    (moved,) = hedge.system.hedger.MarginMoved.from_receipt(receipt)
    (trade,) = hedge.system.venue.Traded.from_receipt(receipt)
    assert moved.amount == hedge.margin() + trade.fee
    assert moved.equity == hedge.account().low
    slippage = trade.notional - state.size * 2_000
    assert abs(log.cost - trade.fee * hedge.scale() - slippage) <= 1
    assert log.cost > trade.fee * hedge.scale()


@pytest.mark.parametrize("is_put", [False, True])
def test_rebalance__liquidated_behind_its_back__hedges_again(hedge, is_put, stranger):
    """SPEC-H1: the position is what the venue says, not what was traded."""
    hedge.sell(40, is_put)
    hedge.rebalance()
    held = hedge.size()
    hedge.push(2_000 * (1.24 if is_put else 0.76))
    hedge.system.venue.liquidate(hedge.system.hedger, sender=stranger)
    left = hedge.size()
    assert abs(left) < abs(held)
    hedge.push(2_000)
    state = hedge.state()
    assert state.size == left
    assert state.net_delta == hedge.system.book.risk().delta + left
    assert state.action & Action.HEDGE and state.trade * held > 0
    hedge.settle_in_bands()
    assert abs(hedge.size() - held) <= 2 * hedge.state().band


def test_rebalance__liquidated_in_full__hedges_again_with_new_margin(hedge, stranger):
    """SPEC-H1, SPEC-H4: nothing is left at the venue, not even margin."""
    hedge.sell(40)
    hedge.rebalance()
    hedge.push(1_400)
    hedge.system.venue.liquidate(hedge.system.hedger, sender=stranger)
    assert hedge.size() == hedge.margin() == 0
    hedge.push(2_000)
    state = hedge.expect(Action.HEDGE | Action.TOP_UP, Reason.OUTSIDE_BAND)
    assert state.trade > 0 and state.liquidation_price == 0
    hedge.rebalance()
    assert hedge.size() == pytest.approx(state.trade, rel=1e-4)
    state = hedge.state()
    assert state.net_delta == hedge.min_hedge() - state.band


# ------------------------------------------------------------------ an order that is refused


@pytest.fixture(scope="module")
def capped(create_hedge) -> Desk:
    """A vault at a venue that refuses it more than 15 ETH, which the venue's terms do not say."""
    return create_hedge(**{"venue.account_cap": "15 ETH"})


def test_rebalance__order_refused__margin_goes_in_all_the_same(capped):
    """SPEC-H3, SPEC-H4: the position is about to be liquidated, and the venue takes no order."""
    capped.sell(20)
    capped.rebalance()
    capped.sell(400, strike=1_800)
    capped.push(1_600)
    state = capped.state()
    assert state.action == Action.HEDGE | Action.TOP_UP and capped.size() + state.trade > wad(15)
    size, margin, block = capped.size(), capped.margin(), capped.system.hedger.last_hedge_block()
    receipt = capped.rebalance()
    (refused,) = capped.system.hedger.OrderRefused.from_receipt(receipt)
    assert refused.trade == pytest.approx(state.trade, rel=1e-4)
    assert capped.size() == size and capped.margin() > margin
    assert capped.account().low > capped.needed(capped.target())
    assert capped.system.hedger.last_hedge_block() == block
    assert capped.system.hedger.Hedged.from_receipt(receipt) == []
    assert capped.system.vault.RewardPaid.from_receipt(receipt) == []


def test_rebalance__order_refused_and_margin_enough__venues_reason(capped):
    """SPEC-H3: the caller learns why."""
    capped.sell(40)
    capped.rebalance()
    assert capped.size() == 0
    capped.wait()
    capped.expect(Action.HEDGE, Reason.OUTSIDE_BAND)
    with ape.reverts(re.compile(".*account cap")):
        capped.rebalance()


# ------------------------------------------------------------------ what the logs tell


@pytest.mark.parametrize("is_put", [False, True])
def test_logs__two_days_of_hedges__explain_the_hedge_to_the_token_unit(hedge, is_put):
    """SPEC-H6: margin moved, Σ position · move of the index, cost of the orders, funding of the
    venue: each line from events alone."""
    hedger, venue, scale = hedge.system.hedger, hedge.system.venue, hedge.scale()
    hedge.trade(40)  # so that there is a funding rate
    hedge.sell(60, is_put)
    moved = funding = cost = gain = size = price = orders = 0
    for usd in (2_000, 1_900, 2_020, 2_100, 1_750, 1_990, 2_200, 1_800):
        hedge.push(usd)
        receipt = hedge.rebalance()
        funding += sum(
            log.amount
            for log in venue.FundingSettled.from_receipt(receipt)
            if log.account == hedger
        )
        moved += sum(log.amount for log in hedger.MarginMoved.from_receipt(receipt))
        for log in hedger.Hedged.from_receipt(receipt):
            gain += size * (log.price - price) // WAD
            size, price, orders = size + log.filled, log.price, orders + 1
            cost += log.cost
        hedge.wait(21_600)
    assert orders >= 6 and size == hedge.size()
    hedge.push(2_050)
    held = hedge.account()
    gain += size * (held.index - price) // WAD
    funding += venue.margin_of(hedger) - held.margin
    explained = (moved - funding) * scale + gain - cost
    assert funding != 0 and cost > 0
    assert abs(held.equity - explained) <= orders * 4 * scale
