"""Hedger: margin in and margin out. SPEC-H4, SPEC-H5."""

import pytest
from hedge_desk import Desk, wad

from ballast.flags import Action, Reason
from ballast.units import WAD, ceil_div

pytest_plugins = ["hedge_fixtures"]

PAUSED = 4


# ------------------------------------------------------------------ SPEC-H4: margin in


def test_top_up__first_hedge__is_the_target(hedge):
    """SPEC-H4: m* of what the position will be, before the order's fee."""
    hedge.sell(40)
    receipt = hedge.rebalance()
    (trade,) = hedge.system.venue.Traded.from_receipt(receipt)
    missing = hedge.needed(hedge.target(), hedge.size())
    assert hedge.margin() + trade.fee == ceil_div(missing, hedge.scale())


STILL = {"hedger.band.min_share": "100 %", "hedger.band.max_share": "100 %"}
"""Only the interval trades: what is left for a day after it is margin."""


@pytest.fixture(scope="module")
def still(create_hedge) -> Desk:
    return create_hedge(**STILL, **{"hedger.margin.ceiling": "110 %"})


@pytest.fixture
def long(still):
    """40 calls of the long board, hedged in full at 2,000 USD a moment ago."""
    still.sell(40, board=1)
    still.wait(86_400)
    still.push(2_000)
    still.rebalance()
    assert still.size() > 0 and still.state().net_delta == 0
    return still


def price_of_ratio(hedge, ratio):
    """Index at which a long's equity over its notional is `ratio`, anchored venue, nobody else
    there. [USD]

    Equity falls by size·(index − p); exit and index differ by the curve's part of the price.
    """
    size, held = hedge.size(), hedge.account()
    at_exit = WAD * hedge.system.venue.quote(-size).average_price // held.index
    owed = size * held.index // WAD * at_exit // WAD - held.low
    return owed * WAD * WAD // (size * (at_exit - ratio)) / WAD


def ratio(hedge):
    """Low equity over notional. [wad]"""
    return hedge.account().low * WAD // hedge.needed(WAD)


def test_top_up__just_above_the_trigger__is_none(long):
    """SPEC-H4: between trigger and target nothing moves."""
    long.push(price_of_ratio(long, long.trigger() + wad("0.0001")))
    assert long.trigger() < ratio(long) < long.target()
    assert long.expect(Action.NONE, Reason.IN_BAND).top_up == 0


def test_top_up__just_below_the_trigger__restores_the_target(long):
    """SPEC-H4: to the next token unit."""
    long.push(price_of_ratio(long, long.trigger() - wad("0.0001")))
    assert ratio(long) < long.trigger()
    state = long.expect(Action.TOP_UP, Reason.IN_BAND)
    assert state.top_up * long.scale() == pytest.approx(
        long.needed(long.target()) - long.account().low, abs=long.scale()
    )
    cash, margin = long.net_cash(), long.margin()
    receipt = long.rebalance()
    (moved,) = long.system.hedger.MarginMoved.from_receipt(receipt)
    assert long.net_cash() == cash - moved.amount * long.scale()
    assert abs(long.margin() - margin - moved.amount) < 10**3  # funding of some seconds
    assert moved.equity == long.account().low
    assert 0 <= long.account().low - long.needed(long.target()) < long.scale()


@pytest.mark.parametrize("heartbeat", ["3600 s", "600 s"])
def test_top_up__bad_feed__goes_on(create_hedge, heartbeat):
    """SPEC-H4, SPEC-H3: at the last good price; nothing is traded. Stale for both, or for the book
    alone."""
    hedge = create_hedge(**STILL, **{"book.oracle.heartbeat": heartbeat})
    hedge.sell(40, board=1)
    hedge.wait(86_400)
    hedge.push(2_000)
    hedge.rebalance()
    hedge.push(1_800)
    size = hedge.size()
    hedge.wait(3_700 if heartbeat == "3600 s" else 700)
    assert not hedge.system.book.risk().valid
    reason = Reason.INVALID_FEED if hedge.account().valid else Reason.INVALID_VENUE
    state = hedge.expect(Action.TOP_UP, reason)
    assert state.wanted == state.trade == 0
    hedge.rebalance()
    assert hedge.size() == size
    assert 0 <= hedge.account().low - hedge.needed(hedge.target()) < hedge.scale()


def test_top_up__claims_take_the_cash__is_what_is_left(claimed):
    """SPEC-H4: claims come first, even when the position is about to be liquidated."""
    claimed.push(600)
    assert ratio(claimed) < claimed.trigger()
    assert claimed.net_cash() < 0
    assert claimed.state().top_up == 0
    claimed.rebalance()


# ------------------------------------------------------------------ SPEC-H5: margin out


def test_give_back__just_below_the_ceiling__is_none(long):
    """SPEC-H5."""
    long.push(price_of_ratio(long, long.target() * 11 // 10 - wad("0.0001")))
    assert long.target() < ratio(long) < long.target() * 11 // 10
    assert long.expect(Action.NONE, Reason.IN_BAND).give_back == 0


def test_give_back__just_above_the_ceiling__restores_the_target(long):
    """SPEC-H5: the vault gets it, to the token unit."""
    long.push(price_of_ratio(long, long.target() * 11 // 10 + wad("0.0001")))
    assert ratio(long) > long.target() * 11 // 10
    state = long.expect(Action.GIVE_BACK, Reason.IN_BAND)
    cash = long.net_cash()
    receipt = long.rebalance()
    (moved,) = long.system.hedger.MarginMoved.from_receipt(receipt)
    assert moved.amount < 0
    assert -moved.amount == pytest.approx(state.give_back, abs=10**3)
    assert long.net_cash() == cash - moved.amount * long.scale()
    assert moved.equity == long.account().low
    assert 0 <= long.account().low - long.needed(long.target()) < long.scale()


def next_order(hedge):
    """Margin that an order needs at the venue, its fee and slippage too. [USD wad]"""
    return hedge.needed(ceil_div(hedge.system.venue.terms().imr * 11, 10))


def test_give_back__profit_not_realised__keeps_what_the_next_order_needs(long):
    """SPEC-H5: the venue would pay more; the ratio stays above the target."""
    long.push(3_500)
    withdrawable = long.account().withdrawable
    state = long.expect(Action.GIVE_BACK, Reason.IN_BAND)
    spare = long.margin() * long.scale() - next_order(long)
    assert state.give_back == spare // long.scale() < withdrawable
    assert spare < long.account().low - long.needed(long.target())
    long.rebalance()
    assert 0 <= long.margin() * long.scale() - next_order(long) < long.scale()
    assert ratio(long) > long.target() * 11 // 10
    long.wait()
    assert long.state().give_back == 0


@pytest.mark.parametrize(("usd", "is_worth_it"), [(2_860, False), (2_845, True)])
def test_give_back__around_a_tenth_of_the_target__pays_only_more(long, usd, is_worth_it):
    """SPEC-H5: with 11% of 3,500 left, 11% · (3,500 − p) is spare at p, to be over 25% · p / 10."""
    long.push(3_500)
    long.rebalance()
    long.push(usd)
    spare = (long.margin() * long.scale() - next_order(long)) // long.scale()
    least = long.needed(long.target()) // 10
    assert ratio(long) > long.target() * 11 // 10
    assert (spare * long.scale() > least) == is_worth_it
    assert spare * long.scale() == pytest.approx(least, rel=0.02)
    assert long.state().give_back == (spare if is_worth_it else 0)


def test_give_back__bad_feed_or_paused_venue__is_none(long):
    """SPEC-H5."""
    long.push(2_200)
    assert long.state().give_back > 0
    long.system.venue.set_mode(PAUSED, sender=long.owner)
    long.expect(Action.NONE, Reason.IN_BAND)
    long.system.venue.set_mode(1, sender=long.owner)
    long.wait(3_700)
    long.expect(Action.NONE, Reason.INVALID_VENUE)


@pytest.fixture(scope="module")
def heavy(create_hedge) -> Desk:
    """A vault with most of its money at the venue, which it does not take back for a rich margin
    alone."""
    return create_hedge(
        deposit=300_000,
        **STILL,
        **{
            "boards.tenors": "10 d, 28 d",
            "hedger.band.max_interval": "8 d",
            "hedger.margin.floor": "90 %",
            "hedger.margin.ceiling": "1000 %",
        },
    )


@pytest.fixture
def claimed(heavy):
    """Calls of both boards hedged at 2,000 USD; the first board settled at 9,000: it is owed more
    than the cash."""
    heavy.sell(40)
    heavy.sell(40, board=1)
    heavy.wait(8 * 86_400)
    heavy.push(2_000)
    heavy.rebalance()
    heavy.push(9_000)
    assert heavy.state().give_back == 0
    heavy.settle(9_000)
    assert heavy.net_cash() < 0
    return heavy


def test_give_back__claims_wait__restores_the_target(claimed):
    """SPEC-H5: what the position does not need goes to the claims, far below the ceiling."""
    target = claimed.target()
    assert target < ratio(claimed) < 2 * target
    state = claimed.expect(Action.GIVE_BACK, Reason.IN_BAND)
    cash = claimed.net_cash()
    receipt = claimed.rebalance()
    (moved,) = claimed.system.hedger.MarginMoved.from_receipt(receipt)
    assert -moved.amount == pytest.approx(state.give_back, rel=1e-5)  # funding of a second
    assert claimed.net_cash() == cash - moved.amount * claimed.scale()
    assert 0 <= claimed.account().low - claimed.needed(target) < claimed.scale()
    assert claimed.net_cash() < 0


def test_give_back__claims_wait__a_crumb_goes_too(claimed):
    """SPEC-H5: of 10 USD an ETH more nine are margin; the tenth is far below a tenth of the
    target."""
    claimed.rebalance()
    claimed.push(9_010)
    spare = claimed.account().low - claimed.needed(claimed.target())
    assert 0 < spare < claimed.needed(claimed.target()) // 1_000
    state = claimed.expect(Action.GIVE_BACK, Reason.IN_BAND)
    assert state.give_back == spare // claimed.scale()
