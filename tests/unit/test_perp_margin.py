"""PerpMarket: margin in and out, equity, modes, and what an account shows."""

import ape
import pytest
from perp_desk import DEFAULTS, FOREVER, NORMAL, PAUSED, REDUCE_ONLY, USDC

from ballast import curve
from ballast.units import WAD, ceil_div

pytest_plugins = ["perp_fixtures"]

DEPTH = 200_000 * WAD
PEG = 2_000 * WAD
SCALE = 10**12


def margin_to_open(sign: int) -> int:
    """Least margin to open the first 100 ETH [asset]: fee, slippage and 10% of the index value."""
    size, value = 100 * WAD, 200_000 * WAD
    if sign > 0:
        notional = curve.cost_up(PEG, DEPTH, 0, size)
    else:
        notional = curve.proceeds_down(PEG, DEPTH, 0, size)
    fee = ceil_div(ceil_div(notional * 5, 10_000), SCALE)
    return fee + ceil_div(value // 10 + abs(notional - value), SCALE)


def give(desk, who, amount: int):
    """Mint and deposit. [asset]"""
    desk.token.mint(who, amount, sender=desk.owner)
    desk.market.deposit(amount, sender=who)


def test_deposit__any_amount__is_margin(desk, alice):
    receipt = desk.deposit(alice, 1_000)
    assert desk.events(receipt, "MarginAdded") == [
        desk.market.MarginAdded(account=alice, amount=1_000 * USDC)
    ]
    account = desk.market.account(alice)
    assert account.margin == account.withdrawable == 1_000 * USDC
    assert account.equity_index == account.equity_exit == 1_000 * WAD
    assert desk.surplus() == 0


def test_deposit__zero__reverts(desk, alice):
    with desk.unchanged(), ape.reverts("perp_venue: zero amount"):
        desk.market.deposit(0, sender=alice)


def test_deposit__without_tokens__reverts(desk, alice):
    with desk.unchanged(), ape.reverts("erc20: transfer amount exceeds balance"):
        desk.market.deposit(1, sender=alice)


def test_donation__anyone__is_nobodys(desk, alice, owner):
    desk.deposit(alice, 1_000)
    desk.token.mint(desk.market, 5 * USDC, sender=owner)
    assert desk.surplus() == 5 * USDC
    assert desk.market.margin_of(alice) == 1_000 * USDC


@pytest.mark.parametrize("sign", [1, -1])
def test_submit__initial_margin__counts_to_the_unit(desk, alice, sign):
    """SPEC-M4."""
    least = margin_to_open(sign)
    give(desk, alice, least - 1)
    with desk.unchanged(), ape.reverts("perp_venue: initial margin"):
        desk.trade(alice, sign * 100)
    give(desk, alice, 1)
    desk.trade(alice, sign * 100)
    assert desk.market.account(alice).withdrawable == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_submit__flip__needs_the_initial_margin(desk, alice, sign):
    give(desk, alice, margin_to_open(sign))
    desk.trade(alice, sign * 100)
    with desk.unchanged(), ape.reverts("perp_venue: initial margin"):
        desk.trade(alice, sign * -200)
    desk.trade(alice, sign * -190)


def test_submit__reduced_below_initial_margin__works(desk, alice):
    give(desk, alice, margin_to_open(1))
    desk.trade(alice, 100)
    desk.push(1_950)
    desk.trade(alice, -10)
    assert desk.market.account(alice).size == 90 * WAD


def test_withdraw__no_position__pays_all(desk, alice):
    desk.deposit(alice, 1_000)
    receipt = desk.market.withdraw(FOREVER, sender=alice)
    assert desk.events(receipt, "MarginRemoved") == [
        desk.market.MarginRemoved(account=alice, amount=1_000 * USDC)
    ]
    assert desk.token.balanceOf(alice) == 1_000 * USDC
    assert desk.surplus() == 0


def test_withdraw__with_position__pays_what_is_free_and_no_more(desk, chain, alice, bob):
    desk.deposit(alice, 100_000)
    desk.deposit(bob, 100_000)
    desk.trade(alice, 100)
    desk.trade(bob, -100)  # balanced: no funding from here on
    desk.market.withdraw(USDC, sender=alice)
    assert desk.token.balanceOf(alice) == USDC

    free = desk.market.account(alice).withdrawable
    desk.market.withdraw(FOREVER, sender=alice)
    assert desk.token.balanceOf(alice) == USDC + free
    account = desk.market.account(alice)
    spare = min(account.equity_index, account.equity_exit) - 20_000 * WAD
    assert 0 <= spare < SCALE
    with desk.unchanged(), ape.reverts("perp_venue: nothing free"):
        desk.market.withdraw(1, sender=alice)


def test_withdraw__unrealised_profit__stays(desk, alice, bob):
    """T-43: a profit is nobody's money before it is realised."""
    desk.deposit(alice, 30_000)
    desk.deposit(bob, 100_000)
    desk.trade(alice, 100)
    desk.trade(bob, -100)
    desk.push(2_500)
    account = desk.market.account(alice)
    assert account.equity_index > 75_000 * WAD
    assert account.withdrawable == account.margin - 25_000 * USDC
    desk.close(alice)
    assert desk.market.account(alice).withdrawable > 75_000 * USDC


def test_withdraw__loss__counts_at_the_worse_price(desk, alice, attacker):
    """SPEC-M4: a mark pushed up frees nothing, a mark pushed down locks."""
    desk.deposit(alice, 30_000)
    desk.deposit(attacker, 5_000_000)
    desk.trade(alice, 100)
    free = desk.market.account(alice).withdrawable
    with desk.isolated():
        desk.trade(attacker, 4_000)
        assert desk.market.account(alice).withdrawable <= free
    desk.trade(attacker, -4_000)
    assert desk.market.account(alice).withdrawable < free


def test_withdraw__bad_feed__only_without_position(desk, alice, bob):
    desk.deposit(alice, 100_000)
    desk.deposit(bob, 1_000)
    desk.trade(alice, 10)
    desk.push(0)
    assert desk.market.account(alice).withdrawable == 0
    with desk.unchanged(), ape.reverts("perp_venue: no live index"):
        desk.market.withdraw(1, sender=alice)
    desk.deposit(alice, 1)
    desk.market.withdraw(1_000 * USDC, sender=bob)
    assert desk.market.margin_of(bob) == 0


def test_set_mode__paused__keeps_margin_in_and_open_to_more(desk, alice, owner):
    """SPEC-M6."""
    desk.deposit(alice, 1_000)
    receipt = desk.market.set_mode(PAUSED, sender=owner)
    assert desk.events(receipt, "ModeSet") == [desk.market.ModeSet(mode=PAUSED)]
    assert desk.market.account(alice).withdrawable == 0
    with desk.unchanged(), ape.reverts("perp_venue: paused"):
        desk.market.withdraw(1, sender=alice)
    desk.deposit(alice, 1)
    desk.market.set_mode(REDUCE_ONLY, sender=owner)
    assert desk.market.terms().mode == desk.market.mode() == REDUCE_ONLY
    desk.market.withdraw(FOREVER, sender=alice)
    desk.market.set_mode(NORMAL, sender=owner)
    assert desk.market.mode() == NORMAL


@pytest.mark.parametrize("mode", [0, 3, 5, 6, 7])
def test_set_mode__not_a_mode__reverts(desk, owner, mode):
    with ape.reverts("perp_venue: no such mode"):
        desk.market.set_mode(mode, sender=owner)


def test_set_mode__stranger__reverts(desk, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        desk.market.set_mode(PAUSED, sender=stranger)


def test_transfer_ownership__to_another__only_he_sets_the_mode(desk, owner, keeper, stranger):
    """SPEC-M6."""
    with ape.reverts("ownable: caller is not the owner"):
        desk.market.transfer_ownership(stranger, sender=stranger)
    desk.market.transfer_ownership(keeper, sender=owner)
    assert desk.market.owner() == keeper
    with ape.reverts("ownable: caller is not the owner"):
        desk.market.set_mode(PAUSED, sender=owner)
    desk.market.set_mode(PAUSED, sender=keeper)
    assert desk.market.mode() == PAUSED


@pytest.mark.parametrize("sign", [1, -1])
def test_account__open_position__is_marked_at_index_and_exit(desk, alice, bob, sign):
    desk.deposit(alice, 100_000)
    desk.deposit(bob, 100_000)
    desk.trade(alice, sign * 100)
    desk.trade(bob, -sign * 100)
    desk.push(2_100)
    cost = curve.cost_up if sign > 0 else curve.proceeds_down
    sale = curve.proceeds_down if sign > 0 else curve.cost_up
    paid = cost(PEG, DEPTH, 0, 100 * WAD)
    exit_value = sale(2_100 * WAD, DEPTH, 0, 100 * WAD)
    account = desk.market.account(alice)
    margin = account.margin * SCALE
    assert account.size == sign * 100 * WAD
    assert account.pending == 0
    assert account.equity_index == margin + sign * (210_000 * WAD - paid)
    assert account.equity_exit == margin + sign * (exit_value - paid)
    assert account.equity_exit < account.equity_index


def test_account__never_traded__is_empty(desk, stranger):
    account = desk.market.account(stranger)
    assert tuple(account) == (0, 0, 0, 0, 0, 0, True)
    assert desk.market.liquidation_price(stranger) == 0


def test_market__open_positions__shows_prices_and_interest(desk, alice, bob, chain):
    desk.deposit(alice, 100_000)
    desk.deposit(bob, 100_000)
    desk.trade(alice, 100)
    desk.trade(bob, "-30.000000000000000001")
    market = desk.market.market()
    assert market.mark == curve.mark(PEG, DEPTH, 70 * WAD - 1)
    assert (market.index, market.valid) == (PEG, True)
    assert market.open_interest == 65 * WAD + 1
    assert market.funding_8h == (market.mark - PEG) * WAD // PEG
    desk.push(2_100)
    assert desk.market.market().index_at == chain.blocks.head.timestamp


# ── construction ──


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("depth", WAD - 1, "virtual_market: bad depth"),
        ("depth", 10**25 + 1, "virtual_market: bad depth"),
        ("fee", WAD // 100 + 1, "virtual_market: bad fee"),
        ("liquidation_fee", 625 * 10**14, "virtual_market: penalty >= mmr"),
        ("mmr", WAD // 10, "virtual_market: bad ratios"),
        ("imr", WAD + 1, "virtual_market: bad ratios"),
        ("period", 3_599, "virtual_market: bad period"),
        ("period", 604_801, "virtual_market: bad period"),
        ("funding_cap", WAD + 1, "virtual_market: bad funding cap"),
        ("half_life", 59, "virtual_market: bad half-life"),
        ("block_band", WAD, "virtual_market: bad band"),
        ("index_band", WAD, "virtual_market: bad band"),
        ("open_interest_cap", 800_000 * WAD + 1, "virtual_market: bad cap"),
        ("heartbeat", 59, "virtual_market: bad heartbeat"),
        ("grace", 604_801, "virtual_market: bad grace"),
        ("anchored", False, "virtual_market: bad peg"),
    ],
)
def test_deploy__parameter_out_of_bounds__reverts(project, desk, owner, name, value, reason):
    with ape.reverts(reason):
        owner.deploy(project.PerpMarket, desk.token, desk.feed, DEFAULTS | {name: value})


def test_deploy__no_price__reverts(create_desk):
    with ape.reverts("virtual_market: no price"):
        create_desk(price=0)


def test_deploy__nineteen_decimals__reverts(create_desk):
    with ape.reverts("perp_ledger: decimals"):
        create_desk(decimals=19)


@pytest.mark.parametrize("decimals", [8, 18])
def test_deploy__other_decimals__same_market(create_desk, alice, decimals):
    desk = create_desk(decimals=decimals, fund=0)
    unit = 10**decimals
    give(desk, alice, 30_000 * unit)
    desk.trade(alice, 100)
    desk.close(alice)
    fees = 2 * 100
    assert 0 < 30_000 * unit - desk.market.margin_of(alice) < (fees + 1) * unit
    assert desk.surplus() == 0


def test_config__default__reads_back(desk):
    assert tuple(desk.market.config()) == tuple(DEFAULTS.values())
