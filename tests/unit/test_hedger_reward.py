"""The reward of a hedge: how much, to whom, when, and that nobody can farm it. SPEC-H10."""

import pytest
from hedge_desk import Desk, wad

from ballast import hedge_rule
from ballast.flags import Action, Reason
from ballast.units import WAD

pytest_plugins = ["hedge_fixtures"]

ZERO = "0x" + "00" * 20


def rewards(desk, receipt):
    """What the vault paid in a transaction: (receiver, amount)."""
    logs = desk.system.vault.RewardPaid.from_receipt(receipt)
    return [(log.receiver, log.amount) for log in logs]


def balance(desk, who):
    return desk.system.token.balanceOf(who)


# ------------------------------------------------------------------ how much


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_rebalance__hedge__pays_a_basis_point_of_it(create_hedge, decimals):
    """SPEC-H10: from the vault's cash, booked and logged."""
    desk = create_hedge(decimals=decimals)
    desk.sell(40)
    had, cash = balance(desk, desk.keeper), desk.system.vault.ledger().cash
    receipt = desk.rebalance()
    size = desk.size()
    amount = hedge_rule.reward(size, 2_000 * WAD, 20 * 10**decimals, desk.scale())
    assert amount == size * 2_000 // 10_000 // desk.scale() > 10**decimals
    assert rewards(desk, receipt) == [(desk.keeper, amount)]
    assert balance(desk, desk.keeper) == had + amount
    (moved,) = desk.system.hedger.MarginMoved.from_receipt(receipt)
    assert desk.system.vault.ledger().cash == cash - moved.amount - amount
    assert balance(desk, desk.system.vault) == desk.system.vault.ledger().cash


def test_rebalance__large_hedge__pays_the_cap(create_hedge):
    """SPEC-H10."""
    desk = create_hedge(**{"hedger.execution.reward_cap": "0.5 USDC"})
    desk.sell(40)
    assert rewards(desk, desk.rebalance()) == [(desk.keeper, 500_000)]


def test_rebalance__hedge_clipped__pays_what_was_traded(create_hedge):
    """SPEC-H10: not what was wanted."""
    desk = create_hedge(**{"hedger.execution.max_share": "0.002 %"})
    desk.sell(40)
    for _ in range(2):
        assert rewards(desk, desk.rebalance()) == [(desk.keeper, 4 * 2_000 * 100)]


def test_rebalance__all_cash_is_margin__pays_nothing_and_hedges(create_hedge):
    """SPEC-H10: what there is, and never a revert."""
    desk = create_hedge(deposit=300_000)
    desk.sell(60, board=1)
    desk.push(40_000)
    receipt = desk.rebalance()
    assert desk.hedged(receipt).filled > 0 and desk.net_cash() == 0
    assert rewards(desk, receipt) == []


# ------------------------------------------------------------------ to whom


def test_rebalance__receiver_named__gets_it(hedge, stranger):
    """SPEC-H10."""
    hedge.sell(40)
    had = balance(hedge, hedge.keeper)
    receipt = hedge.system.hedger.rebalance(stranger, sender=hedge.keeper)
    ((receiver, amount),) = rewards(hedge, receipt)
    assert receiver == stranger
    assert (balance(hedge, stranger), balance(hedge, hedge.keeper)) == (amount, had)


def test_rebalance__receiver_zero__nobody_is_paid(hedge):
    """SPEC-H10."""
    hedge.sell(40)
    receipt = hedge.system.hedger.rebalance(ZERO, sender=hedge.keeper)
    assert hedge.hedged(receipt).filled > 0
    assert rewards(hedge, receipt) == []


# ------------------------------------------------------------------ when


def test_rebalance__nothing_to_do__pays_nothing(hedge):
    """SPEC-H10: a second call finds no work."""
    hedge.sell(40)
    assert len(rewards(hedge, hedge.rebalance())) == 1
    hedge.expect(Action.NONE, Reason.HEDGED_THIS_BLOCK)
    assert rewards(hedge, hedge.rebalance()) == []


def test_rebalance__margin_alone__pays_nothing(hedge):
    """SPEC-H10: neither in nor out."""
    hedge.sell(40, board=1)
    hedge.wait(86_400)
    hedge.push(2_000)
    hedge.rebalance()
    band = hedge.system.hedger.band()
    still = {"min_share": WAD, "max_share": WAD, "max_interval": 7 * 86_400}
    hedge.system.hedger.set_band(vars(band) | still, sender=hedge.owner)
    hedge.push(1_800)
    hedge.expect(Action.TOP_UP, Reason.IN_BAND)
    assert rewards(hedge, hedge.rebalance()) == []
    hedge.push(2_600)
    hedge.expect(Action.GIVE_BACK, Reason.IN_BAND)
    assert rewards(hedge, hedge.rebalance()) == []


# ------------------------------------------------------------------ work made for oneself


UNBOUNDED = {
    "hedger.band.to_centre": "true",
    "hedger.execution.max_share": "10 %",
    "hedger.execution.reward_cap": "100 USDC",
}
"""All of the delta is hedged in one call, and no cap lowers the reward."""


@pytest.fixture(scope="module")
def generous(create_hedge) -> Desk:
    return create_hedge(**UNBOUNDED)


@pytest.fixture(scope="module")
def cheap(create_hedge) -> Desk:
    """The cheapest options for their delta: hours to expiry, at the lowest vol."""
    return create_hedge(
        **UNBOUNDED,
        **{
            "boards.tenors": "5 h, 28 d",
            "boards.atm_vol": "20 %",
            "boards.lowest_strike": "99.25 %",
            "boards.highest_strike": "100.75 %",
            "boards.strike_step": "0.75 %",
        },
    )


def farm(desk, strike, is_put, board):
    """Buy options, hedge, take the reward: the reward, and the fee that was paid. [USD wad]"""
    book = desk.system.book
    series = book.series_id(book.live_boards()[board], wad(strike), is_put)
    fee = book.quote(series, wad(100)).fee
    desk.sell(100, is_put, strike, board)
    receipt = desk.rebalance(desk.buyer)
    assert desk.state().net_delta == 0
    ((_, amount),) = rewards(desk, receipt)
    return amount * desk.scale(), fee


@pytest.mark.parametrize("board", [0, 1])
@pytest.mark.parametrize(
    ("strike", "is_put"), [(1_800, False), (2_000, False), (2_200, False), (2_200, True)]
)
def test_rebalance__buys_options_to_hedge_them__fee_is_over_twice_the_reward(
    generous, strike, is_put, board
):
    """SPEC-H10, T-35: from deep in the money to far out of it."""
    reward, fee = farm(generous, strike, is_put, board)
    assert fee > 2 * reward > 0


@pytest.mark.parametrize(("strike", "is_put"), [(2_015, False), (1_985, True), (2_000, False)])
def test_rebalance__buys_the_cheapest_delta__fee_is_over_the_reward(cheap, strike, is_put):
    """SPEC-H10, T-35: there the fee is an eighth of a price that is nearly nothing."""
    reward, fee = farm(cheap, strike, is_put, 0)
    assert fee > reward > 0
