"""Vault: what closes instant deposits and withdrawals, and that nothing reverts that must not."""

import pytest
from vault_desk import DAY, HOUR, VIRTUAL

from ballast import curve
from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]

AMOUNT = 1_000_000
MAX_BASIS = 10**16


@pytest.fixture(scope="module")
def open_desk(desk, keeper):
    """The desk with something to put in and something to take out."""
    desk.deposit(keeper, 10 * AMOUNT)
    desk.give(keeper, 10 * AMOUNT)
    return desk


def assert_open(desk, who):
    """All four pass, each alone."""
    vault = desk.vault
    assert min(vault.maxDeposit(who), vault.maxMint(who)) > 0
    assert min(vault.maxWithdraw(who), vault.maxRedeem(who)) > 0
    vault.deposit(AMOUNT, who, sender=who)
    vault.mint(AMOUNT * VIRTUAL, who, sender=who)
    vault.withdraw(AMOUNT, who, who, sender=who)
    vault.redeem(AMOUNT * VIRTUAL, who, who, sender=who)


def assert_closed(desk, who, reason: str):
    """Who comes and who goes is refused for this reason, and the limits say so."""
    vault = desk.vault
    with desk.refused(reason, who):
        vault.deposit(AMOUNT, who, sender=who)
    with desk.refused(reason, who):
        vault.redeem(AMOUNT * VIRTUAL, who, who, sender=who)
    assert vault.maxDeposit(who) == vault.maxRedeem(who) == 0


def test_flow__all_live__is_open(open_desk, keeper):
    """SPEC-V7."""
    assert_open(open_desk, keeper)


def test_flow__feed_older_than_a_heartbeat__is_closed(open_desk, owner, keeper):
    """SPEC-V7: to the second."""
    desk = open_desk
    desk.push(2_050)
    updated_at = desk.system.feed.latestRoundData()[3]
    desk.wait_until(updated_at + HOUR)
    desk.vault.withdraw(1, keeper, keeper, sender=keeper)
    assert desk.chain.blocks.head.timestamp == updated_at + HOUR

    desk.wait(1)
    assert_closed(desk, keeper, "vault: feed not live")
    desk.push(2_050)
    assert desk.vault.maxWithdraw(keeper) > 0


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


def test_flow__venue_has_no_live_index__is_closed(create_desk, keeper):
    """SPEC-V7: the venue trusts the feed for a minute, the book for an hour."""
    desk = create_desk(boards=False, **{"venue.heartbeat": "60 s"})
    desk.give(keeper, 10 * AMOUNT)
    desk.wait(61)
    assert desk.system.book.risk().valid
    assert_closed(desk, keeper, "vault: venue not live")


def test_flow__board_expired_and_not_settled__is_closed(open_desk, keeper):
    """SPEC-V7: settled, it is open again."""
    desk = open_desk
    expiry = desk.system.book.live_boards()[0]
    rounds = desk.expire(expiry, 2_050)
    assert_closed(desk, keeper, "vault: board not settled")

    desk.system.book.settle(expiry, *rounds, sender=keeper)
    assert_open(desk, keeper)


def test_flow__board_expired_with_nothing_sold__stays_open(open_desk, keeper):
    """SPEC-V7: the second board has no series to settle; the first is settled."""
    desk = open_desk
    first, second = desk.system.book.live_boards()
    desk.settle(first, 2_050)
    desk.wait_until(second + DAY)
    desk.push(2_050)

    assert desk.vault.maxWithdraw(keeper) > 0


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
    desk, venue = open_desk, open_desk.system.venue
    index, depth = 2_050 * WAD, venue.terms().depth
    edge = outermost_net(index, depth, sign)
    desk.push_mark(edge - venue.net_position())
    assert abs(basis_at(index, depth, edge)) == MAX_BASIS
    desk.vault.withdraw(1, keeper, keeper, sender=keeper)
    assert desk.vault.maxWithdraw(keeper) > 0

    while abs(basis_at(index, depth, edge)) == MAX_BASIS:
        edge += sign
    desk.push_mark(edge - venue.net_position())
    assert_closed(desk, keeper, "vault: basis too wide")
