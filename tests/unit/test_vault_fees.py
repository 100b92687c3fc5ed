"""Vault: fees in shares, for management by time and for gains above the high-water mark."""

import ape
import pytest
from vault_counter import DAY, PENDING, VIRTUAL

from ballast.units import WAD, YEAR

pytest_plugins = ["vault_fixtures"]

PERFORMANCE, MANAGEMENT = WAD // 10, WAD // 100
FEES = {"vault.fees.performance": "10 %", "vault.fees.management": "1 %"}


def value(worth: int, shares: int) -> int:
    """Of a share, of its start. [wad]"""
    return (worth + 1) * VIRTUAL * WAD // shares


def due(worth: int, shares: int, elapsed: int, high_water: int) -> int:
    """SPEC-V13 in integers. [shares]"""
    fee = worth * MANAGEMENT * elapsed // (YEAR * WAD)
    gain = max(0, value(worth, shares) - high_water)
    fee += gain * shares // (VIRTUAL * WAD) * PERFORMANCE // WAD
    fee = min(fee, worth // 2)
    return fee * shares // (worth + 1 - fee)


class Ledger:
    """A vault with fees, when they last accrued, and the mark above which gains are charged."""

    def __init__(self, counter, at: int):
        self.counter, self.vault = counter, counter.vault
        self.at, self.high_water = at, WAD
        self.held = self.vault.balanceOf(counter.owner)  # of the seconds before

    def expected(self) -> int:
        """Shares that the next call issues to the recipient."""
        low = self.counter.low(**PENDING)
        now = self.counter.chain.pending_timestamp
        return due(low, self.counter.supply(), now - self.at, self.high_water)

    def accrue(self):
        """A deposit of one token unit, and what it must do to the fees."""
        counter, vault = self.counter, self.vault
        expected, supply = self.expected(), vault.totalSupply()
        held, low = vault.balanceOf(counter.owner), counter.low(**PENDING)
        assert vault.fees_due(**PENDING) == expected
        receipt = vault.deposit(10**6, counter.buyer, sender=counter.buyer)
        (issued,) = receipt.decode_logs(vault.Deposit)
        assert vault.balanceOf(counter.owner) == held + expected
        assert vault.totalSupply() == supply + expected + issued.shares
        self.at = receipt.timestamp
        self.high_water = max(self.high_water, value(low, supply + VIRTUAL + expected))
        assert vault.high_water() == self.high_water
        return receipt


@pytest.fixture(scope="module")
def charged(create_counter):
    """3,000,000 USDC, nothing sold; the deployer gets the fees. And when they last accrued."""
    counter = create_counter(**FEES)
    counter.give(counter.depositor, 10**9)
    receipt = counter.vault.deposit(10**6, counter.buyer, sender=counter.buyer)
    return counter, receipt.timestamp


@pytest.fixture
def charging(charged):
    """What a test follows; the chain forgets between tests, and so must this."""
    return Ledger(*charged)


def test_fees__a_year__are_a_hundredth(charging):
    """SPEC-V13: the recipient then owns 1% of all."""
    counter = charging.counter
    counter.wait(YEAR)
    counter.push(2_000)
    receipt = charging.accrue()
    assert charging.vault.fees_due() == 0
    owned = charging.vault.balanceOf(counter.owner) / charging.vault.totalSupply()
    assert owned == pytest.approx(0.01, rel=1e-5)
    (event,) = receipt.decode_logs(charging.vault.FeesAccrued)
    assert event.event_arguments == {
        "recipient": counter.owner.address,
        "shares": charging.vault.balanceOf(counter.owner) - charging.held,
        "high_water": charging.vault.high_water(),
    }


def test_fees__gain__is_charged_once_above_the_high_water(charging):
    """SPEC-V13: premium kept at expiry; a fall and a rise back below the mark cost nothing."""
    counter = charging.counter
    counter.sell(300, 2_000)
    expiry = counter.system.book.live_boards()[0]
    counter.settle(expiry, 1_900)
    counter.hedge()
    gained = charging.expected()
    management = due(counter.low(**PENDING), counter.supply(), 8 * DAY, WAD * 10**9)
    assert gained > 2 * management
    charging.accrue()
    assert charging.high_water > WAD

    counter.push(2_000)
    mark = charging.high_water
    counter.sell(300, 2_000)
    counter.push(2_150)
    fallen = charging.expected()
    elapsed = counter.chain.pending_timestamp - charging.at
    assert fallen == due(counter.low(**PENDING), counter.supply(), elapsed, WAD * 10**9)
    charging.accrue()
    assert charging.high_water == mark


def test_fees__previews__count_what_is_due(charging):
    """SPEC-V13: before the fees are issued."""
    counter, vault = charging.counter, charging.vault
    counter.wait(YEAR)
    counter.push(2_000)
    assert charging.expected() > 0
    quoted = vault.previewDeposit(10**9, **PENDING)
    before = vault.balanceOf(counter.buyer)
    vault.deposit(10**9, counter.buyer, quoted, sender=counter.buyer)
    assert vault.balanceOf(counter.buyer) == before + quoted

    counter.wait(YEAR)
    counter.push(2_000)
    quoted = vault.previewRedeem(10**15, **PENDING)
    before = counter.token.balanceOf(counter.depositor)
    vault.redeem(10**15, counter.depositor, counter.depositor, sender=counter.depositor)
    assert counter.token.balanceOf(counter.depositor) == before + quoted


@pytest.mark.parametrize("call", ["mint", "withdraw", "redeem", "process_redemptions"])
def test_fees__every_entry_and_exit__issues_them(charging, call):
    """SPEC-V13."""
    counter, vault, who = charging.counter, charging.vault, charging.counter.depositor
    vault.request_redeem(10**15, who, who, sender=who)
    counter.wait(DAY)
    counter.push(2_000)
    expected = charging.expected()
    arguments = {
        "mint": (10**12, who),
        "withdraw": (10**6, who, who),
        "redeem": (10**12, who, who),
        "process_redemptions": (),
    }
    getattr(vault, call)(*arguments[call], sender=who)
    assert vault.balanceOf(counter.owner) - charging.held == expected > 0


def test_fees__reduce_only__time_is_not_charged(charging):
    """SPEC-V13: from the lift on it is."""
    counter, vault, breaker = charging.counter, charging.vault, charging.counter.system.breaker
    breaker.reduce_only(sender=counter.owner)
    counter.wait(YEAR)
    counter.push(2_000)
    assert vault.fees_due() == 0
    receipt = breaker.lift(sender=counter.owner)
    counter.wait(YEAR)
    counter.push(2_000)
    charging.at = receipt.timestamp
    charging.accrue()


def test_fees__dead_feed__none_are_due(charging):
    """SPEC-V13: not on numbers that nobody can pay on."""
    charging.counter.wait(DAY)
    assert charging.vault.fees_due() == 0


def test_fees__nobody_holds_a_share__none_are_due(create_counter):
    """SPEC-V13."""
    counter = create_counter(deposit=0, **FEES)
    counter.wait(YEAR)
    counter.push(2_000)
    assert counter.vault.fees_due() == 0


def test_fees__a_thousand_years__take_half_at_most(charging):
    """SPEC-V13: and the share maths goes on."""
    counter, vault = charging.counter, charging.vault
    counter.wait(1_000 * YEAR)
    counter.push(2_000)
    assert vault.fees_due() == charging.expected()
    assert vault.fees_due() == pytest.approx(counter.supply(), rel=1e-6)


# ------------------------------------------------------------------ setting them


def terms(counter, performance=PERFORMANCE, management=MANAGEMENT, recipient=None):
    return {
        "performance": performance,
        "management": management,
        "recipient": recipient or counter.owner,
    }


def test_set_fees__owner__pays_what_was_earned_at_the_old_rates(charging, keeper):
    """SPEC-V13."""
    counter, vault = charging.counter, charging.vault
    counter.wait(YEAR)
    counter.push(2_000)
    expected = charging.expected()
    receipt = vault.set_fees(terms(counter, 0, 0, keeper), sender=counter.owner)
    assert vault.balanceOf(counter.owner) - charging.held == expected > 0
    assert tuple(vault.fee_terms()) == (0, 0, keeper)
    assert len(receipt.decode_logs(vault.FeesSet)) == 1
    counter.wait(YEAR)
    counter.push(2_000)
    assert vault.fees_due() == 0


def test_set_fees__performance_from_zero__gains_of_before_are_not_charged(charging):
    """SPEC-V13: the mark rises with the value at rate zero as well."""
    counter, vault = charging.counter, charging.vault
    vault.set_fees(terms(counter, 0, 0), sender=counter.owner)
    counter.sell(50, 2_000)
    counter.settle(counter.system.book.live_boards()[0], 1_900)
    counter.hedge()
    vault.set_fees(terms(counter, WAD * 3 // 10, 0), sender=counter.owner)
    assert vault.high_water() > WAD
    assert vault.fees_due() == 0


@pytest.mark.parametrize(
    ("field", "inside", "outside", "reason"),
    [
        ("performance", WAD * 3 // 10, WAD * 3 // 10 + 1, "fees: performance over 30%"),
        ("management", WAD // 20, WAD // 20 + 1, "fees: management over 5%"),
    ],
)
def test_fees__rate__inside_is_kept_and_outside_reverts(
    charging, create_vault, field, inside, outside, reason
):
    """SPEC-V13: the constructor too."""
    counter = charging.counter
    with ape.reverts(reason):
        counter.vault.set_fees(terms(counter, **{field: outside}), sender=counter.owner)
    with ape.reverts(reason):
        create_vault(fees=terms(counter, **{field: outside}))
    counter.vault.set_fees(terms(counter, **{field: inside}), sender=counter.owner)
    assert counter.vault.fee_terms()[field] == inside


def test_fees__no_recipient__reverts_unless_free(charging, create_vault):
    """SPEC-V13."""
    nobody = terms(charging.counter, recipient=ape.utils.ZERO_ADDRESS)
    with ape.reverts("fees: no recipient"):
        create_vault(fees=nobody)
    with ape.reverts("fees: recipient is the vault"):
        charging.vault.set_fees(
            terms(charging.counter, recipient=charging.vault), sender=charging.counter.owner
        )
    free = create_vault(fees=nobody | {"performance": 0, "management": 0})
    assert tuple(free.fee_terms()) == (0, 0, ape.utils.ZERO_ADDRESS)
    assert free.high_water() == WAD


def test_set_fees__stranger__reverts(charging, stranger):
    """SPEC-V13."""
    with ape.reverts("ownable: caller is not the owner"):
        charging.vault.set_fees(terms(charging.counter), sender=stranger)


def reduce_only(counter):
    counter.system.breaker.reduce_only(sender=counter.owner)


def silence(counter):
    counter.wait(DAY)


def leave_unsettled(counter):
    counter.sell(50, 2_000)
    counter.expire(counter.system.book.live_boards()[0], 2_000)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (reduce_only, "vault: reduce-only"),
        (silence, "vault: feed not live"),
        (leave_unsettled, "vault: board not settled"),
    ],
)
def test_fees__flow_closed__are_neither_set_nor_issued(charging, how, reason):
    """SPEC-V13: what was earned is not known."""
    counter = charging.counter
    how(counter)
    with ape.reverts(reason):
        counter.vault.set_fees(terms(counter), sender=counter.owner)
    with ape.reverts(reason):
        counter.vault.accrue_fees(sender=counter.owner)


def test_accrue_fees__anyone__issues_what_is_due(charging, stranger):
    """SPEC-V13."""
    counter, vault = charging.counter, charging.vault
    counter.wait(YEAR)
    counter.push(2_000)
    expected = charging.expected()
    vault.accrue_fees(sender=stranger)
    assert vault.balanceOf(counter.owner) - charging.held == expected > 0


def test_fees__all_have_left__who_comes_begins_at_his_own_price(create_counter):
    """SPEC-V13: not at a mark that nobody who holds has paid for."""
    counter = create_counter(deposit=100_000, **FEES)
    vault, who = counter.vault, counter.depositor
    counter.sell(1, 2_000)
    counter.settle(counter.system.book.live_boards()[0], 1_900)
    counter.hedge()
    vault.deposit(10**6, who, sender=counter.buyer)
    assert vault.high_water() > WAD
    vault.set_fees(terms(counter, 0, 0), sender=counter.owner)
    for holder in (who, counter.owner):
        vault.redeem(vault.balanceOf(holder), holder, holder, sender=holder)
    assert vault.totalSupply() == 0
    left = counter.low()  # the residue of rounding, which the virtual shares own
    assert vault.high_water() != (left + 1) * WAD
    vault.deposit(10**9, who, sender=counter.buyer)
    assert vault.high_water() == (left + 1) * WAD


def test_round_trip__with_fees_due__never_gains(charging):
    """INV-11: who comes does not pay, or get, the fees of before."""
    counter, vault = charging.counter, charging.vault
    counter.sell(50, 2_000)
    counter.wait(5 * DAY)
    counter.push(1_900)
    assert vault.fees_due() > 0
    counter.give(counter.keeper, 10**9)
    before = counter.token.balanceOf(counter.keeper)
    vault.deposit(10**9, counter.keeper, sender=counter.keeper)
    vault.redeem(
        vault.balanceOf(counter.keeper), counter.keeper, counter.keeper, sender=counter.keeper
    )
    assert before - 10**9 // 100 < counter.token.balanceOf(counter.keeper) < before
