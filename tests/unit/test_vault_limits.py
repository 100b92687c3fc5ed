"""Vault: what closes instant deposits and withdrawals, and that nothing reverts that must not."""

import pytest
from vault_counter import DAY, HOUR, VIRTUAL

from ballast import curve
from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]

AMOUNT = 1_000_000
MAX_BASIS = 10**16


@pytest.fixture(scope="module")
def open_desk(counter, keeper):
    """The counter with something to put in and something to take out."""
    counter.deposit(keeper, 10 * AMOUNT)
    counter.give(keeper, 10 * AMOUNT)
    return counter


def assert_open(counter, who):
    """All four pass, each alone."""
    vault = counter.vault
    assert min(vault.maxDeposit(who), vault.maxMint(who)) > 0
    assert min(vault.maxWithdraw(who), vault.maxRedeem(who)) > 0
    vault.deposit(AMOUNT, who, sender=who)
    vault.mint(AMOUNT * VIRTUAL, who, sender=who)
    vault.withdraw(AMOUNT, who, who, sender=who)
    vault.redeem(AMOUNT * VIRTUAL, who, who, sender=who)


def assert_closed(counter, who, reason: str):
    """Who comes and who goes is refused for this reason, and the limits say so."""
    vault = counter.vault
    with counter.refused(reason, who):
        vault.deposit(AMOUNT, who, sender=who)
    with counter.refused(reason, who):
        vault.redeem(AMOUNT * VIRTUAL, who, who, sender=who)
    assert vault.maxDeposit(who) == vault.maxRedeem(who) == 0


def test_flow__all_live__is_open(open_desk, keeper):
    """SPEC-V7."""
    assert_open(open_desk, keeper)


def test_flow__feed_older_than_a_heartbeat__is_closed(open_desk, owner, keeper):
    """SPEC-V7: to the second."""
    counter = open_desk
    counter.push(2_050)
    updated_at = counter.system.feed.latestRoundData()[3]
    counter.wait_until(updated_at + HOUR)
    counter.vault.withdraw(1, keeper, keeper, sender=keeper)
    assert counter.chain.blocks.head.timestamp == updated_at + HOUR

    counter.wait(1)
    assert_closed(counter, keeper, "vault: feed not live")
    counter.push(2_050)
    assert counter.vault.maxWithdraw(keeper) > 0


def test_flow__closed__is_so_for_all_four_and_previews_answer(open_desk, keeper):
    """SPEC-V7."""
    vault = open_desk.vault
    open_desk.push(0)
    assert_closed(open_desk, keeper, "vault: feed not live")
    with open_desk.refused("vault: feed not live", keeper):
        vault.mint(AMOUNT * VIRTUAL, keeper, sender=keeper)
    with open_desk.refused("vault: feed not live", keeper):
        vault.withdraw(AMOUNT, keeper, keeper, sender=keeper)
    assert vault.maxMint(keeper) == vault.maxWithdraw(keeper) == 0

    shares = vault.previewDeposit(AMOUNT)
    assert 0 < shares <= vault.convertToShares(AMOUNT) <= vault.previewWithdraw(AMOUNT)
    assert vault.previewRedeem(shares) <= vault.convertToAssets(shares) <= vault.previewMint(shares)


def test_flow__venue_does_not_answer__is_closed(open_desk, keeper):
    """SPEC-V7."""
    open_desk.kill_venue()
    assert_closed(open_desk, keeper, "vault: venue not live")


def test_flow__venue_has_no_live_index__is_closed(create_counter, keeper):
    """SPEC-V7: the venue trusts the feed for a minute, the book for an hour."""
    counter = create_counter(boards=False, **{"venue.heartbeat": "60 s"})
    counter.give(keeper, 10 * AMOUNT)
    counter.wait(61)
    assert counter.system.book.risk().valid
    assert_closed(counter, keeper, "vault: venue not live")


def test_flow__board_expired_and_not_settled__is_closed(open_desk, keeper):
    """SPEC-V7: settled, it is open again."""
    counter = open_desk
    expiry = counter.system.book.live_boards()[0]
    rounds = counter.expire(expiry, 2_050)
    assert_closed(counter, keeper, "vault: board not settled")

    counter.system.book.settle(expiry, *rounds, sender=keeper)
    assert_open(counter, keeper)


def test_flow__board_expired_with_nothing_sold__stays_open(open_desk, keeper):
    """SPEC-V7: the second board has no series to settle; the first is settled."""
    counter = open_desk
    first, second = counter.system.book.live_boards()
    counter.settle(first, 2_050)
    counter.hedge()
    counter.wait_until(second + DAY)
    counter.push(2_050)

    assert counter.vault.maxWithdraw(keeper) > 0


def basis_at(index: int, depth: int, net: int) -> int:
    return curve.mark(index, depth, net) * WAD // index - WAD


def outermost_net(index: int, depth: int, sign: int) -> int:
    """The net position furthest from 0 at which |basis| ≤ 1%. [ETH wad]"""
    low, high = 0, 2_000 * WAD
    while high - low > 1:
        middle = (low + high) // 2
        inside = abs(basis_at(index, depth, sign * middle)) <= MAX_BASIS
        low, high = (middle, high) if inside else (low, middle)
    return sign * low


@pytest.mark.parametrize("sign", [1, -1])
def test_flow__basis_wider_than_1_percent__is_closed(open_desk, keeper, sign):
    """SPEC-V7: on both sides, to the wei of the net position."""
    counter, venue = open_desk, open_desk.system.venue
    index, depth = 2_050 * WAD, venue.terms().depth
    edge = outermost_net(index, depth, sign)
    counter.push_mark(edge - venue.net_position())
    assert abs(basis_at(index, depth, edge)) == MAX_BASIS
    counter.vault.withdraw(1, keeper, keeper, sender=keeper)
    assert counter.vault.maxWithdraw(keeper) > 0

    while abs(basis_at(index, depth, edge)) == MAX_BASIS:
        edge += sign
    counter.push_mark(edge - venue.net_position())
    assert_closed(counter, keeper, "vault: basis too wide")


def test_flow__vol_moved_far__is_closed_for_the_block(open_desk, owner, keeper):
    """SPEC-V7: nobody comes or goes in the block that shows him where the vols went."""
    counter = open_desk
    book, vault = counter.system.book, counter.vault
    expiry = book.live_boards()[0]
    _, surface = book.board(expiry)
    counter.wait(HOUR - 60)
    counter.push(2_050)
    book.set_vol(expiry, (surface.atm_vol + 9 * WAD // 100, 0, 0), sender=owner)
    assert vault.maxDeposit(keeper) == vault.maxRedeem(keeper) == 0
    counter.chain.mine()
    assert_open(counter, keeper)
