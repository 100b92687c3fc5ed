"""Vault: what it is worth, through a life of it, with nothing to see, and to whom it belongs."""

from fractions import Fraction

import pytest
from vault_desk import HOUR, PENDING, VIRTUAL

from ballast import solvency
from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]

AMOUNT = 123_456_789_012


def assert_adds_up(desk) -> int:
    """SPEC-V3: the identity, the order, cash that is there. Returns the NAV at mid. [USD wad]"""
    ledger, risk, account = desk.parts()
    net = (ledger.cash - ledger.claims) * desk.scale
    mid, low, high, valid = desk.vault.net_asset_value()

    assert valid
    assert mid == net + account.equity - risk.mid
    assert low == net + min(account.low, account.equity) - risk.ask
    assert high == net + max(account.high, account.equity) - risk.bid
    assert low <= mid <= high
    assert desk.token.balanceOf(desk.vault) == ledger.cash
    assert desk.token.balanceOf(desk.system.hedger) == 0
    return mid


def test_nav__through_a_life__adds_up_to_the_wei(create_desk, depositor, keeper, buyer):
    """SPEC-V3: and each step changes it by what was moved, to the wei."""
    desk = create_desk()
    vault, book, venue = desk.vault, desk.system.book, desk.system.venue
    expiry = book.live_boards()[0]
    assert assert_adds_up(desk) == 3_000_000 * WAD
    desk.give(keeper, AMOUNT)

    vault.deposit(AMOUNT, keeper, sender=keeper)
    assert assert_adds_up(desk) == 3_000_000 * WAD + AMOUNT * desk.scale

    before = vault.net_asset_value(**PENDING)[0]
    premium = desk.sell(20, 2_000).events.filter(vault.PremiumTaken)[0].amount
    gain = premium * desk.scale - book.risk().mid
    assert assert_adds_up(desk) - before == gain > 0

    before = vault.net_asset_value(**PENDING)[0]
    trade = desk.system.hedger.rebalance(sender=keeper).events.filter(venue.Traded)[0]
    cost = trade.notional - trade.size_delta * 2_000 + trade.fee * desk.scale
    assert trade.size_delta > 0
    assert before - assert_adds_up(desk) == cost > 0

    ledger = vault.ledger()
    desk.push(2_350)
    assert vault.ledger() == ledger
    desk.hedge()
    assert_adds_up(desk)

    rounds = desk.expire(expiry, 2_351)
    before, value = vault.net_asset_value(**PENDING)[0], book.risk(**PENDING).mid
    book.settle(expiry, *rounds, sender=keeper)
    owed = 20 * 351 * desk.unit
    assert value == owed * desk.scale
    assert vault.ledger().claims == owed
    assert assert_adds_up(desk) == before

    before = vault.net_asset_value(**PENDING)[0]
    series = book.series_id(expiry, 2_000 * WAD, False)
    book.claim(series, buyer, sender=keeper)
    assert vault.ledger().claims == 0
    assert assert_adds_up(desk) == before

    before = vault.net_asset_value(**PENDING)[0]
    vault.withdraw(AMOUNT, depositor, depositor, sender=depositor)
    assert assert_adds_up(desk) == before - AMOUNT * desk.scale

    desk.hedge()
    assert_adds_up(desk)
    assert desk.system.hedger.account().size == book.risk().mid == 0
    low = vault.net_asset_value()[1]
    assert vault.net_asset_value() == (low, low, low, True)
    for who in (keeper, depositor):
        vault.redeem(vault.maxRedeem(who), who, who, sender=who)
    assert vault.totalSupply() == 0
    assert 0 <= assert_adds_up(desk) < 5 * desk.scale


def test_views__with_a_book__agree_with_the_twin(desk):
    """SPEC-V3, SPEC-V4."""
    parts = desk.parts()
    mid, low, high = desk.navs()
    assert tuple(desk.vault.net_asset_value()) == (mid, low, high, True)
    assert low < mid < high
    assert desk.vault.totalAssets() == mid // desk.scale
    assert desk.vault.free_liquidity() == solvency.free_liquidity(*parts)
    assert 0 < solvency.reserve(*parts[1:]) < 50_000 * WAD


def test_nav__sold_puts__fall_with_the_index_and_the_hedge_rises(create_desk):
    """SPEC-V3: the short of sold puts gains what they cost, nearly."""
    desk = create_desk()
    desk.sell(20, 2_000, is_put=True)
    desk.hedge()
    mid = assert_adds_up(desk)
    value, size = desk.system.book.risk().mid, desk.system.hedger.account().size
    desk.push(1_990)
    moved = assert_adds_up(desk)

    assert size < 0
    risen = desk.system.book.risk().mid - value
    assert risen > 50 * WAD
    assert abs(moved - mid) < risen // 4


def remembered(desk) -> int:
    """The NAV at mid when it was last stored: by a deposit of one unit. [USD wad]"""
    desk.deposit(desk.keeper, 1)
    return desk.vault.net_asset_value()[0]


def assert_stands_at(desk, value: int):
    """SPEC-V3: all at the last good value; previews on it answer."""
    vault = desk.vault
    assert tuple(vault.net_asset_value()) == (value, value, value, False)
    assets = max(value, 0) // desk.scale
    assert vault.totalAssets() == assets
    supply = desk.supply()
    assert vault.convertToShares(AMOUNT) == AMOUNT * supply // (assets + 1)
    assert vault.previewRedeem(AMOUNT) == AMOUNT * (assets + 1) // supply


def test_total_assets__feed_dies__stands_at_the_last_good_value(desk):
    """SPEC-V3: whatever comes of the time and of tokens sent; live again, it is fresh."""
    value = remembered(desk)
    desk.push(2_200)
    fresh = assert_adds_up(desk)
    assert fresh != value
    desk.wait(HOUR + 1)
    assert_stands_at(desk, value)
    desk.token.mint(desk.vault, AMOUNT, sender=desk.owner)
    desk.wait(100 * HOUR)
    assert_stands_at(desk, value)

    desk.push(2_050)
    assert desk.vault.net_asset_value()[3]


def test_total_assets__venue_does_not_answer__stands_at_the_last_good_value(desk):
    """SPEC-V3."""
    value = remembered(desk)
    desk.kill_venue()
    desk.push(2_300)
    assert_stands_at(desk, value)


def test_total_assets__below_zero__is_zero_and_nothing_reverts(create_desk, depositor, keeper):
    """SPEC-V3, SPEC-V7: 500 calls without a hedge, and the index goes to ten times what it was."""
    desk = create_desk()
    vault = desk.vault
    desk.sell(500, 2_000)
    desk.push(20_000)
    mid, low, high, valid = vault.net_asset_value()
    assert valid and low <= mid <= high < -5_000_000 * WAD
    assert (mid, low, high) == desk.navs()

    everyone = (
        vault.maxDeposit(keeper),
        vault.maxMint(keeper),
        vault.maxWithdraw(depositor),
        vault.maxRedeem(depositor),
    )
    assert everyone == (0, 0, 0, 0)
    assert vault.totalAssets() == 0
    assert vault.free_liquidity() < 0
    supply = desk.supply()
    assert vault.previewDeposit(AMOUNT) == vault.convertToShares(AMOUNT) == AMOUNT * supply
    assert vault.previewMint(1) == vault.convertToAssets(supply) == 1
    assert vault.previewRedeem(supply - 1) == 0
    assert vault.previewWithdraw(1) == supply
    desk.give(keeper, AMOUNT)
    with desk.refused("vault: share price too low", keeper):
        vault.deposit(AMOUNT, keeper, sender=keeper)
    with desk.refused("vault: over share balance", depositor):
        vault.withdraw(1, depositor, depositor, sender=depositor)
    with desk.refused("vault: zero amount", depositor):
        shares = vault.balanceOf(depositor)
        vault.redeem(shares, depositor, depositor, sender=depositor)

    desk.system.hedger.rebalance(sender=keeper)
    value = vault.net_asset_value()[0]
    desk.wait(HOUR + 1)
    assert value < 0
    assert_stands_at(desk, value)


@pytest.mark.parametrize("assets", [1, 10**6 + 1, AMOUNT])
def test_deposit__another_comes__who_stays_loses_nothing(desk, keeper, assets):
    """SPEC-V5: the low value of a share does not fall, and the newcomer takes out no more."""
    desk.give(keeper, assets)
    before = Fraction(desk.low(**PENDING) + 1, desk.supply())
    desk.vault.deposit(assets, keeper, sender=keeper)

    assert Fraction(desk.low() + 1, desk.supply()) >= before
    assert desk.vault.previewRedeem(desk.vault.balanceOf(keeper)) <= assets


@pytest.mark.parametrize("part", [2 * 10**6, 10**9 + 1, 10**17])
def test_redeem__another_goes__who_stays_loses_nothing(desk, depositor, part):
    """SPEC-V6."""
    before = Fraction(desk.low(**PENDING) + 1, desk.supply())
    desk.vault.redeem(part, depositor, depositor, sender=depositor)

    assert Fraction(desk.low() + 1, desk.supply()) >= before


def test_deposit__first_share_inflated__costs_the_attacker_and_not_the_next(
    create_desk, attacker, keeper
):
    """SPEC-V8: a gift to the vault is a gift to the owner."""
    desk = create_desk(deposit=0, boards=False)
    victims, gift = 10_000 * desk.unit, 20_000 * desk.unit
    desk.deposit(attacker, 1)
    desk.token.mint(attacker, gift, sender=desk.owner)
    desk.token.transfer(desk.vault, gift, sender=attacker)
    desk.deposit(keeper, victims)
    shares = desk.vault.balanceOf(attacker)
    desk.vault.redeem(shares, attacker, attacker, sender=attacker)

    assert desk.token.balanceOf(attacker) == 1
    assert desk.vault.previewRedeem(desk.vault.balanceOf(keeper)) == victims


def test_deposit__first_share_worth_a_lot__the_virtual_shares_keep_the_rounding_small(
    create_desk, attacker, keeper
):
    """SPEC-V5: a share that gained a premium while few were left takes nothing from who comes."""
    desk = create_desk()
    desk.sell(20, 2_000)
    vault, depositor = desk.vault, desk.depositor
    desk.settle(desk.system.book.live_boards()[0], 2_000)
    held = vault.balanceOf(depositor)
    vault.redeem(held - VIRTUAL, depositor, depositor, sender=depositor)
    desk.deposit(keeper, 10_000 * desk.unit)

    assert vault.previewRedeem(vault.balanceOf(keeper)) >= 10_000 * desk.unit - 2
