"""Vault: what it is worth, through a life of it, with nothing to see, and to whom it belongs."""

from fractions import Fraction

import pytest
from vault_counter import DAY, HOUR, PENDING, VIRTUAL

from ballast import solvency
from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]

AMOUNT = 123_456_789_012


def assert_adds_up(counter) -> int:
    """SPEC-V3: the identity, the order, cash that is there. Returns the NAV at mid. [USD wad]"""
    ledger, risk, account = counter.parts()
    net = (ledger.cash - ledger.claims - ledger.owed) * counter.scale
    mid, low, high, valid = counter.vault.net_asset_value()

    assert valid
    assert mid == net + account.equity - risk.mid
    assert low == net + min(account.low, account.equity) - risk.ask
    assert high == net + max(account.high, account.equity) - risk.bid
    assert low <= mid <= high
    assert counter.token.balanceOf(counter.vault) == ledger.cash
    assert counter.token.balanceOf(counter.system.hedger) == 0
    return mid


def test_nav__through_a_life__adds_up_to_the_wei(create_counter, depositor, keeper, buyer):
    """SPEC-V3: and each step changes it by what was moved, to the wei."""
    counter = create_counter()
    vault, book, venue = counter.vault, counter.system.book, counter.system.venue
    expiry = book.live_boards()[0]
    assert assert_adds_up(counter) == 3_000_000 * WAD
    counter.give(keeper, AMOUNT)

    vault.deposit(AMOUNT, keeper, sender=keeper)
    assert assert_adds_up(counter) == 3_000_000 * WAD + AMOUNT * counter.scale

    before = vault.net_asset_value(**PENDING)[0]
    premium = counter.sell(20, 2_000).events.filter(vault.PremiumTaken)[0].amount
    gain = premium * counter.scale - book.risk().mid
    assert assert_adds_up(counter) - before == gain > 0

    before = vault.net_asset_value(**PENDING)[0]
    events = counter.system.hedger.rebalance(sender=keeper).events
    trade, reward = events.filter(venue.Traded)[0], events.filter(vault.RewardPaid)[0].amount
    cost = trade.notional - trade.size_delta * 2_000 + (trade.fee + reward) * counter.scale
    assert trade.size_delta > 0
    assert before - assert_adds_up(counter) == cost > 0

    ledger = vault.ledger()
    counter.push(2_350)
    assert vault.ledger() == ledger
    counter.hedge()
    assert_adds_up(counter)

    rounds = counter.expire(expiry, 2_351)
    before, value = vault.net_asset_value(**PENDING)[0], book.risk(**PENDING).mid
    book.settle(expiry, *rounds, sender=keeper)
    owed = 20 * 351 * counter.unit
    assert value == owed * counter.scale
    assert vault.ledger().claims == owed
    assert assert_adds_up(counter) == before

    before = vault.net_asset_value(**PENDING)[0]
    series = book.series_id(expiry, 2_000 * WAD, False)
    book.claim(series, buyer, sender=keeper)
    assert vault.ledger().claims == 0
    assert assert_adds_up(counter) == before

    before = vault.net_asset_value(**PENDING)[0]
    vault.withdraw(AMOUNT, depositor, depositor, sender=depositor)
    assert assert_adds_up(counter) == before - AMOUNT * counter.scale

    counter.hedge()
    assert_adds_up(counter)
    assert counter.system.hedger.account().size == book.risk().mid == 0
    low = vault.net_asset_value()[1]
    assert vault.net_asset_value() == (low, low, low, True)
    for who in (keeper, depositor):
        vault.redeem(vault.maxRedeem(who), who, who, sender=who)
    assert vault.totalSupply() == 0
    assert 0 <= assert_adds_up(counter) < 5 * counter.scale


def test_views__with_a_book__agree_with_the_twin(counter):
    """SPEC-V3, SPEC-V4."""
    parts = counter.parts()
    mid, low, high = counter.navs()
    assert tuple(counter.vault.net_asset_value()) == (mid, low, high, True)
    assert low < mid < high
    assert counter.vault.totalAssets() == mid // counter.scale
    assert counter.vault.free_liquidity() == solvency.free_liquidity(*parts)
    assert 0 < solvency.reserve(*parts[1:]) < 50_000 * WAD


def test_nav__sold_puts__fall_with_the_index_and_the_hedge_rises(create_counter):
    """SPEC-V3: the short of sold puts gains what they cost, nearly."""
    counter = create_counter()
    counter.sell(20, 2_000, is_put=True)
    counter.hedge()
    mid = assert_adds_up(counter)
    value, size = counter.system.book.risk().mid, counter.system.hedger.account().size
    counter.push(1_990)
    moved = assert_adds_up(counter)

    assert size < 0
    risen = counter.system.book.risk().mid - value
    assert risen > 50 * WAD
    assert abs(moved - mid) < risen // 4


def remembered(counter) -> int:
    """The NAV at mid when it was last stored: by a deposit of one unit. [USD wad]"""
    counter.deposit(counter.keeper, 1)
    return counter.vault.net_asset_value()[0]


def assert_stands_at(counter, value: int):
    """SPEC-V3: all at the last good value; previews on it answer."""
    vault = counter.vault
    assert tuple(vault.net_asset_value()) == (value, value, value, False)
    assets = max(value, 0) // counter.scale
    assert vault.totalAssets() == assets
    supply = counter.supply()
    assert vault.convertToShares(AMOUNT) == AMOUNT * supply // (assets + 1)
    assert vault.previewRedeem(AMOUNT) == AMOUNT * (assets + 1) // supply


def test_total_assets__feed_dies__stands_at_the_last_good_value(counter):
    """SPEC-V3: whatever comes of the time and of tokens sent; live again, it is fresh."""
    value = remembered(counter)
    counter.push(2_200)
    fresh = assert_adds_up(counter)
    assert fresh != value
    counter.wait(HOUR + 1)
    assert_stands_at(counter, value)
    counter.token.mint(counter.vault, AMOUNT, sender=counter.owner)
    counter.wait(100 * HOUR)
    assert_stands_at(counter, value)

    counter.push(2_050)
    assert counter.vault.net_asset_value()[3]


def test_total_assets__venue_does_not_answer__stands_at_the_last_good_value(counter):
    """SPEC-V3."""
    value = remembered(counter)
    counter.kill_venue()
    counter.push(2_300)
    assert_stands_at(counter, value)


def test_total_assets__below_zero__is_zero_and_nothing_reverts(create_counter, depositor, keeper):
    """SPEC-V3, SPEC-V7: 500 calls without a hedge, and the index goes to ten times what it was."""
    counter = create_counter()
    vault = counter.vault
    counter.sell(500, 2_000)
    counter.wait(2 * DAY)  # for the breaker to forget what a share was worth
    counter.push(20_000)
    mid, low, high, valid = vault.net_asset_value()
    assert valid and low <= mid <= high < -5_000_000 * WAD
    assert (mid, low, high) == counter.navs()

    everyone = (
        vault.maxDeposit(keeper),
        vault.maxMint(keeper),
        vault.maxWithdraw(depositor),
        vault.maxRedeem(depositor),
    )
    assert everyone == (0, 0, 0, 0)
    assert vault.totalAssets() == 0
    assert vault.free_liquidity() < 0
    supply = counter.supply()
    assert vault.previewDeposit(AMOUNT) == vault.convertToShares(AMOUNT) == AMOUNT * supply
    assert vault.previewMint(1) == vault.convertToAssets(supply) == 1
    assert vault.previewRedeem(supply - 1) == 0
    assert vault.previewWithdraw(1) == supply
    counter.give(keeper, AMOUNT)
    with counter.refused("vault: share price too low", keeper):
        vault.deposit(AMOUNT, keeper, sender=keeper)
    with counter.refused("vault: over share balance", depositor):
        vault.withdraw(1, depositor, depositor, sender=depositor)
    with counter.refused("vault: zero amount", depositor):
        shares = vault.balanceOf(depositor)
        vault.redeem(shares, depositor, depositor, sender=depositor)

    counter.system.hedger.rebalance(sender=keeper)
    value = vault.net_asset_value()[0]
    counter.wait(HOUR + 1)
    assert value < 0
    assert_stands_at(counter, value)


@pytest.mark.parametrize("assets", [1, 10**6 + 1, AMOUNT])
def test_deposit__another_comes__who_stays_loses_nothing(counter, keeper, assets):
    """SPEC-V5: neither the low nor the high value of a share falls, and the newcomer takes out no
    more."""
    counter.give(keeper, assets)
    low = Fraction(counter.low(**PENDING) + 1, counter.supply())
    high = Fraction(counter.high(**PENDING) + 1, counter.supply())
    counter.vault.deposit(assets, keeper, sender=keeper)

    assert Fraction(counter.low() + 1, counter.supply()) >= low
    assert Fraction(counter.high() + 1, counter.supply()) >= high
    assert counter.vault.previewRedeem(counter.vault.balanceOf(keeper)) <= assets


@pytest.mark.parametrize("part", [2 * 10**6, 10**9 + 1, 10**17])
def test_redeem__another_goes__who_stays_loses_nothing(counter, depositor, part):
    """SPEC-V6."""
    before = Fraction(counter.low(**PENDING) + 1, counter.supply())
    counter.vault.redeem(part, depositor, depositor, sender=depositor)

    assert Fraction(counter.low() + 1, counter.supply()) >= before


@pytest.fixture
def owed_by_the_venue(create_counter, keeper):
    """All unwound at a gain that the venue's fund could not pay; then the fund is refilled."""
    counter = create_counter(**{"fund.initial": "100 USDC"})
    counter.sell(20, 2_000)
    counter.hedge()
    counter.settle(counter.system.book.live_boards()[0], 2_400)
    counter.hedge()
    venue, hedger = counter.system.venue, counter.system.hedger
    assert venue.account(hedger).size == 0 and venue.iou_of(hedger) > 2_000 * counter.unit
    counter.give(counter.owner, 10_000 * counter.unit)
    counter.token.approve(venue, 10_000 * counter.unit, sender=counter.owner)
    venue.add_to_fund(10_000 * counter.unit, sender=counter.owner)
    return counter


def test_deposit__venue_is_about_to_pay_an_iou__gains_a_part_of_it_and_no_more(
    owed_by_the_venue, attacker
):
    """SPEC-V12: no venue shows what it owes, so it is in no value until it is paid."""
    counter = owed_by_the_venue
    vault, venue, hedger = counter.vault, counter.system.venue, counter.system.hedger
    amount, iou = 1_000_000 * counter.unit, venue.iou_of(hedger)
    counter.deposit(attacker, amount)
    part = Fraction(vault.balanceOf(attacker), vault.totalSupply())
    venue.collect(hedger, sender=attacker)
    counter.hedge()
    vault.redeem(vault.balanceOf(attacker), attacker, attacker, sender=attacker)
    assert 0 < counter.token.balanceOf(attacker) - amount <= part * iou


def test_deposit__all_have_left_and_money_came__nobody_gets_it(
    owed_by_the_venue, depositor, keeper
):
    """SPEC-V5: no shares and something left; the virtual shares own it."""
    counter = owed_by_the_venue
    vault = counter.vault
    vault.redeem(vault.balanceOf(depositor), depositor, depositor, sender=depositor)
    assert vault.totalSupply() == 0
    counter.system.venue.collect(counter.system.hedger, sender=keeper)
    counter.hedge()
    left, amount = vault.totalAssets(), 10_000 * counter.unit
    assert left > 2_000 * counter.unit
    counter.deposit(keeper, amount)
    share = (
        left // VIRTUAL + 1
    )  # [asset] what a share is worth, and so the most that rounding takes
    assert amount - share <= vault.previewRedeem(vault.balanceOf(keeper)) <= amount
    assert vault.totalAssets() == left + amount


def test_deposit__first_share_worth_a_lot__the_virtual_shares_keep_the_rounding_small(
    create_counter, attacker, keeper
):
    """SPEC-V5: a share that gained a premium while few were left takes nothing from who comes."""
    counter = create_counter()
    counter.sell(20, 2_000)
    vault, depositor = counter.vault, counter.depositor
    counter.settle(counter.system.book.live_boards()[0], 2_000)
    held = vault.balanceOf(depositor)
    vault.redeem(held - VIRTUAL, depositor, depositor, sender=depositor)
    counter.deposit(keeper, 10_000 * counter.unit)

    assert vault.previewRedeem(vault.balanceOf(keeper)) >= 10_000 * counter.unit - 2
