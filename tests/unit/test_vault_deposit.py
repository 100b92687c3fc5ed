"""Vault.deposit: tokens for shares at the high net asset value."""

import ape
import pytest
from vault_counter import DAY, PENDING, VIRTUAL

from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]

ZERO = ape.utils.ZERO_ADDRESS
AMOUNT = 1_000_000_007


@pytest.fixture(scope="module")
def rich(counter, keeper):
    """The counter, and a keeper with tokens to put in."""
    counter.give(keeper, 10 * AMOUNT)
    return counter


@pytest.mark.parametrize("decimals", [6, 18])
def test_deposit__first__is_worth_one_a_token(create_counter, keeper, stranger, decimals):
    """SPEC-V5: the first shares are a million a token unit."""
    counter = create_counter(deposit=0, boards=False, decimals=decimals)
    counter.give(keeper, AMOUNT)
    tx = counter.vault.deposit(AMOUNT, stranger, sender=keeper)

    shares = AMOUNT * VIRTUAL
    assert tx.events == [
        counter.vault.Transfer(sender=ZERO, receiver=stranger, value=shares),
        counter.token.Transfer(sender=keeper, receiver=counter.vault, value=AMOUNT),
        counter.vault.Deposit(sender=keeper, owner=stranger, assets=AMOUNT, shares=shares),
    ]
    assert counter.vault.balanceOf(stranger) == counter.vault.totalSupply() == shares
    assert counter.vault.ledger().cash == counter.token.balanceOf(counter.vault) == AMOUNT
    assert counter.vault.totalAssets() == AMOUNT
    assert tuple(counter.vault.net_asset_value()) == (*[AMOUNT * counter.scale] * 3, True)


def test_deposit__with_a_book__is_at_the_high_value_rounded_down(rich, keeper, stranger):
    """SPEC-V5."""
    high, supply = rich.high(**PENDING), rich.supply()
    mid, _, _ = rich.navs(**PENDING)
    cash = rich.vault.ledger().cash
    rich.vault.deposit(AMOUNT, stranger, sender=keeper)

    shares = AMOUNT * supply // (high + 1)
    assert high > mid // rich.scale + 1
    assert rich.vault.balanceOf(stranger) == shares
    assert rich.supply() == supply + shares
    assert rich.vault.ledger().cash == cash + AMOUNT
    assert rich.navs()[0] == mid + AMOUNT * rich.scale


def test_deposit__min_shares__bounds_what_is_issued(rich, keeper):
    """SPEC-V5."""
    least = rich.vault.previewDeposit(AMOUNT, **PENDING)
    with rich.refused("vault: below min shares", keeper):
        rich.vault.deposit(AMOUNT, keeper, least + 10**6, sender=keeper)
    least = rich.vault.previewDeposit(AMOUNT, **PENDING)
    rich.vault.deposit(AMOUNT, keeper, least, sender=keeper)

    assert rich.vault.balanceOf(keeper) == least


def test_deposit__zero__reverts(rich, keeper):
    """SPEC-V5."""
    with rich.refused("vault: zero amount", keeper):
        rich.vault.deposit(0, keeper, sender=keeper)


def test_deposit__dust_worth_no_share__reverts(create_counter, keeper):
    """SPEC-V5: without an offset a share has come to be worth more than a token unit."""
    counter = create_counter(**{"vault.offset": "0"})
    counter.sell(20, 2_000)
    counter.give(keeper, 2)
    assert counter.vault.previewDeposit(1) == 0
    with counter.refused("vault: zero amount", keeper):
        counter.vault.deposit(1, keeper, sender=keeper)
    counter.vault.deposit(2, keeper, sender=keeper)

    assert counter.vault.balanceOf(keeper) == 1


@pytest.mark.parametrize("receiver", ["zero", "the vault"])
def test_deposit__bad_receiver__reverts(rich, keeper, receiver):
    """SPEC-V5."""
    with rich.refused("vault: bad receiver", keeper):
        who = ZERO if receiver == "zero" else rich.vault
        rich.vault.deposit(AMOUNT, who, sender=keeper)


def test_deposit__over_balance__reverts(rich, keeper):
    """SPEC-V5."""
    with rich.refused("erc20: transfer amount exceeds balance", keeper):
        rich.vault.deposit(rich.token.balanceOf(keeper) + 1, keeper, sender=keeper)


def test_deposit__over_allowance__reverts_and_to_it_passes(rich, keeper):
    """SPEC-V5."""
    rich.token.approve(rich.vault, AMOUNT, sender=keeper)
    with rich.refused("erc20: insufficient allowance", keeper):
        rich.vault.deposit(AMOUNT + 1, keeper, sender=keeper)
    rich.vault.deposit(AMOUNT, keeper, sender=keeper)

    assert rich.token.allowance(keeper, rich.vault) == 0


def price_at_which_a_share_is_worth(counter, part: float) -> int:
    """The call is deep in the money: NAV falls by what is sold for each dollar, nearly. [USD]"""
    start = counter.supply() / VIRTUAL * counter.scale
    prices = (8_000, 9_000)
    worths = []
    for price in prices:
        with counter.chain.isolate():
            counter.push(price)
            worths.append(counter.navs()[1])
    slope = (worths[1] - worths[0]) / (prices[1] - prices[0])
    return int(prices[0] + (part * start - worths[0]) / slope)


def test_deposit__share_worth_a_hundredth__is_the_boundary(create_counter, depositor, keeper):
    """SPEC-V5: 500 calls, not hedged; a dollar of the index is 0.017% of a share's start."""
    counter = create_counter()
    counter.sell(500, 2_000)
    counter.give(keeper, AMOUNT)
    counter.wait(2 * DAY)  # for the breaker to forget what a share was worth
    counter.push(2_000)
    edge = price_at_which_a_share_is_worth(counter, 0.01)

    counter.push(edge - 10)
    assert counter.supply() < (counter.low(**PENDING) + 1) * VIRTUAL * 100 < counter.supply() * 3
    with counter.chain.isolate():
        counter.vault.deposit(AMOUNT, keeper, sender=keeper)

    counter.push(edge + 10)
    assert 0 < (counter.low(**PENDING) + 1) * VIRTUAL * 100 < counter.supply()
    assert counter.vault.maxDeposit(keeper) == counter.vault.maxMint(keeper) == 0
    with counter.refused("vault: share price too low", keeper):
        counter.vault.deposit(AMOUNT, keeper, sender=keeper)


def test_deposit__token_answers_nothing__works(odd, depositor, stranger):
    """SPEC-V8: what arrived is what is booked."""
    assert odd.vault.ledger().cash == odd.token.balanceOf(odd.vault) == 1_000 * WAD // odd.scale
    odd.vault.withdraw(AMOUNT // 2, stranger, depositor, sender=depositor)

    assert odd.token.balanceOf(stranger) == AMOUNT // 2


def test_deposit__token_keeps_a_fee__reverts(odd, keeper):
    """SPEC-V8."""
    odd.give(keeper, AMOUNT)
    odd.token.set_fee(1, sender=keeper)
    with odd.refused("vault: token moved less", keeper):
        odd.vault.deposit(AMOUNT, keeper, sender=keeper)


def test_flow__token_calls_while_it_moves__reaches_nothing(odd, keeper, depositor):
    """SPEC-X1: while money moves no share, no value and no hedge can be had or seen, in any of the
    contracts; only what needs no vault."""
    vault, book, hedger = odd.vault, odd.system.book, odd.system.hedger
    odd.give(keeper, 2 * AMOUNT)
    vault.request_redeem(AMOUNT, depositor, depositor, sender=depositor)

    def reached(target, method, *arguments) -> list[bool]:
        """Whether the call passes in a deposit, and in a redemption."""
        odd.token.set_call(target, method.encode_input(*arguments), sender=keeper)
        with odd.chain.isolate():
            vault.deposit(AMOUNT, keeper, sender=keeper)
            coming = odd.token.passed()
        with odd.chain.isolate():
            vault.redeem(AMOUNT, depositor, depositor, sender=depositor)
            going = odd.token.passed()
        return [coming, going]

    assert reached(odd.token, odd.token.mint, keeper, 1) == [True, True]
    assert reached(book, book.risk) == [True, True]
    for target, method, *arguments in (
        (vault, vault.totalAssets),
        (vault, vault.ledger),
        (vault, vault.request_redeem, 0, keeper, keeper),
        (vault, vault.cancel_redeem),
        (vault, vault.process_redemptions),
        (vault, vault.claim_redemption, depositor),
        (vault, vault.fund_claims),
        (hedger, hedger.state),
        (hedger, hedger.rebalance),
    ):
        assert reached(target, method, *arguments) == [False, False]


def test_flow__token_says_no__reverts(odd, keeper, depositor):
    """SPEC-V8."""
    odd.give(keeper, AMOUNT)
    odd.token.set_answer(bytes(32), sender=keeper)
    with odd.refused("vault: transfer in failed", keeper):
        odd.vault.deposit(AMOUNT, keeper, sender=keeper)
    with odd.refused("vault: transfer out failed", depositor):
        odd.vault.redeem(AMOUNT, depositor, depositor, sender=depositor)
