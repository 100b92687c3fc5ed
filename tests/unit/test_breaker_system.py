"""Breaker with the whole vault: what reduce-only and a breach close, what stays open, the lift."""

import tomllib

import ape
import pytest
from vault_counter import DAY, FOREVER, HOUR, PENDING

from ballast import parameters
from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]

JUMP, FEED, GUARDIAN = 16, 32, 64
WEEK = 7 * DAY


REAL = {
    f"breaker.{name}": value
    for name, value in tomllib.loads(parameters.DEFAULTS.read_text())["breaker"].items()
}
"""The default limits: other tests have wider ones."""


@pytest.fixture(scope="module")
def unsold(create_counter):
    """3,000,000 USDC in the vault, nothing sold."""
    return create_counter(**REAL)


@pytest.fixture(scope="module")
def running(create_counter):
    """20 calls sold, hedged at 2,000 USD, and the index at 2,050."""
    counter = create_counter(**REAL)
    counter.sell(20, 2_000)
    counter.hedge()
    counter.push(2_050)
    return counter


def breaker_of(counter):
    return counter.system.breaker


@pytest.fixture(scope="module")
def reduced(create_counter):
    """20 calls sold and hedged, a holder with shares and a request; then the owner pulls the
    switch."""
    counter = create_counter(**REAL, **{"boards.tenors": "28 d"})
    counter.sell(20, 2_000)
    counter.hedge()
    counter.deposit(counter.keeper, 10_000 * counter.unit)
    counter.vault.request_redeem(10**15, counter.keeper, counter.keeper, sender=counter.keeper)
    breaker_of(counter).reduce_only(sender=counter.owner)
    return counter


def entries(counter):
    """Every way in and every instant way out, by name."""
    vault, who = counter.vault, counter.depositor
    return {
        "deposit": lambda: vault.deposit(10**6, who, sender=who),
        "mint": lambda: vault.mint(10**12, who, sender=who),
        "withdraw": lambda: vault.withdraw(10**6, who, who, sender=who),
        "redeem": lambda: vault.redeem(10**12, who, who, sender=who),
        "process": lambda: vault.process_redemptions(sender=who),
    }


@pytest.mark.parametrize("name", ["deposit", "mint", "withdraw", "redeem", "process"])
def test_reduce_only__flow__reverts(reduced, name):
    """SPEC-R1."""
    with reduced.refused("vault: reduce-only", reduced.depositor):
        entries(reduced)[name]()


def test_reduce_only__limits__are_zero_and_previews_answer(reduced):
    """SPEC-R1, SPEC-V7."""
    vault, who = reduced.vault, reduced.depositor
    assert [vault.maxDeposit(who), vault.maxMint(who)] == [0, 0]
    assert [vault.maxWithdraw(who), vault.maxRedeem(who)] == [0, 0]
    assert vault.previewDeposit(10**6) > 0 and vault.previewRedeem(10**12) > 0


def test_reduce_only__sale__reverts_and_quote_too(reduced):
    """SPEC-B5."""
    with reduced.refused("option_book: reduce-only", reduced.buyer):
        reduced.sell(1, 2_000)
    with ape.reverts("option_book: reduce-only"):
        reduced.system.book.quote(reduced.series(2_000), WAD)


def test_reduce_only__what_lowers_risk__is_open(reduced):
    """SPEC-R1: buy-back, hedge, margin, request, cancel, settlement, claims."""
    book, vault = reduced.system.book, reduced.vault
    series = reduced.series(2_000)
    book.sell(series, 5 * WAD, 0, reduced.buyer, FOREVER, sender=reduced.buyer)
    reduced.push(2_300)
    size = reduced.system.hedger.account().size
    reduced.hedge()
    assert reduced.system.hedger.account().size > size
    vault.request_redeem(10**12, reduced.depositor, reduced.depositor, sender=reduced.depositor)
    vault.cancel_redeem(sender=reduced.depositor)
    expiry = book.live_boards()[0]
    reduced.settle(expiry, 2_300)
    before = reduced.token.balanceOf(reduced.buyer)
    book.claim(series, reduced.buyer, sender=reduced.keeper)
    assert reduced.token.balanceOf(reduced.buyer) == before + 15 * 300 * reduced.unit


def test_process__a_week_out_of_normal__is_open_again(reduced):
    """SPEC-V11: who waits is not kept for ever; a mode is no reason, unfit numbers are."""
    counter = reduced
    since = breaker_of(counter).since()
    counter.wait_until(since + WEEK - 1)
    counter.push(2_000)
    assert counter.chain.pending_timestamp == since + WEEK
    counter.vault.process_redemptions(sender=counter.depositor)
    waits, due = counter.vault.redemption(counter.keeper)
    assert (waits, due > 0) == (0, True)
    counter.vault.claim_redemption(counter.keeper, sender=counter.depositor)


def test_process__a_second_before_the_week__reverts(reduced):
    """SPEC-V11."""
    counter = reduced
    since = breaker_of(counter).since()
    counter.wait_until(since + WEEK - 2)
    counter.push(2_000)
    with counter.refused("vault: reduce-only", counter.keeper):
        counter.vault.process_redemptions(sender=counter.depositor)


# ------------------------------------------------------------------ a breach without a trip


@pytest.fixture(scope="module")
def leapt(create_counter):
    """Hedged at 2,000, then the index leaps by 16%; nobody has looked since."""
    counter = create_counter(**REAL)
    counter.sell(20, 2_000)
    counter.hedge()
    counter.push(2_320)
    return counter


@pytest.mark.parametrize("name", ["deposit", "mint", "withdraw", "redeem", "process"])
def test_breach__flow__reverts(leapt, name):
    """SPEC-R2: by itself, before anyone has tripped it."""
    assert breaker_of(leapt).is_normal() and breaker_of(leapt).breached(**PENDING) == JUMP
    with leapt.refused("vault: breached", leapt.depositor):
        entries(leapt)[name]()


def test_breach__sale__reverts(leapt):
    """SPEC-B5."""
    with leapt.refused("option_book: breached", leapt.buyer):
        leapt.sell(1, 2_300)


def test_breach__over__everything_is_open_again(leapt):
    """SPEC-R2: what nobody tripped ends with its cause."""
    leapt.push(2_100)
    leapt.sell(1, 2_000)
    leapt.vault.deposit(10**6, leapt.buyer, sender=leapt.buyer)


def test_trip__anyone__makes_it_last(leapt, stranger):
    """SPEC-R3."""
    receipt = breaker_of(leapt).trip(sender=stranger)
    assert receipt.return_value == JUMP
    leapt.push(2_100)
    with leapt.refused("vault: reduce-only", leapt.depositor):
        entries(leapt)["deposit"]()


def test_trip__nothing_wrong__remembers_and_stays_normal(running, stranger):
    """SPEC-R4."""
    before = breaker_of(running).memory().hour
    running.wait(HOUR)
    running.push(2_051)
    breaker_of(running).trip(sender=stranger)
    assert breaker_of(running).is_normal()
    assert breaker_of(running).memory().hour > before
    assert breaker_of(running).memory().price == 2_051 * WAD


def test_rebalance__breach__trips(leapt):
    """SPEC-R4: the hedge after the leap is made, and makes it last."""
    leapt.hedge()
    assert breaker_of(leapt).tripped() == JUMP


def test_settle__breach__trips_and_settles(leapt):
    """SPEC-R4: what is shown at a settlement trips, and never holds it up."""
    expiry = leapt.system.book.live_boards()[0]
    leapt.wait_until(expiry - 120)
    leapt.push(2_320)
    breaker_of(leapt).trip(sender=leapt.keeper)
    assert breaker_of(leapt).is_normal()
    leapt.settle(expiry, 1_900)
    assert leapt.system.book.settlement_price(expiry) == 1_900 * WAD
    assert breaker_of(leapt).tripped() == JUMP


def test_sale__large__does_not_let_anyone_trip_it(unsold, stranger):
    """SPEC-R3: half of what is sold is unhedged until the next block."""
    unsold.sell(100, 2_000)
    breaker_of(unsold).trip(sender=stranger)
    assert breaker_of(unsold).is_normal()
    unsold.hedge()
    unsold.wait(HOUR)
    unsold.push(2_000)
    breaker_of(unsold).trip(sender=stranger)
    assert breaker_of(unsold).is_normal()


def test_pushed_mark__does_not_let_anyone_trip_it(unsold, stranger):
    """SPEC-R3: 4% above the index, in one block."""
    unsold.push_mark(3_900 * WAD)
    assert breaker_of(unsold).trip(sender=stranger).return_value == 1
    assert breaker_of(unsold).is_normal()
    unsold.push_mark(-3_900 * WAD)
    unsold.wait(HOUR)
    unsold.push(2_000)
    breaker_of(unsold).trip(sender=stranger)
    assert breaker_of(unsold).is_normal()


def test_breach__unhedged_for_an_hour__closes_flow(unsold):
    """SPEC-R2, T-06: who sees the keeper gone must not choose the side of the next move."""
    unsold.sell(100, 2_000)
    breaker_of(unsold).trip(sender=unsold.depositor)
    unsold.wait(HOUR)
    unsold.push(2_000)
    with unsold.refused("vault: breached", unsold.depositor):
        entries(unsold)["withdraw"]()
    unsold.hedge()
    entries(unsold)["withdraw"]()


def test_unhedged_for_a_moment__an_hour_apart__does_not_trip(unsold, stranger):
    """SPEC-R3: one who buys, looks and sells back, and does it again; a deal shows what was
    before it."""
    book, series = unsold.system.book, unsold.series(2_000)
    for _ in range(2):
        unsold.sell(100, 2_000)
        breaker_of(unsold).trip(sender=stranger)
        book.sell(series, 100 * WAD, 0, unsold.buyer, FOREVER, sender=unsold.buyer)
        unsold.wait(HOUR)
        unsold.push(2_000)
    assert breaker_of(unsold).is_normal()
    assert breaker_of(unsold).memory().unhedged_since > 0
    unsold.sell(100, 2_000)
    assert breaker_of(unsold).memory().unhedged_since == 0


def test_feed_late_by_seconds__does_not_trip(running, stranger):
    """SPEC-R2: it answered every hour, only nobody looked."""
    for _ in range(3):
        running.wait(HOUR)
        running.push(2_050)
    running.wait(HOUR + 5)
    assert not running.system.book.risk(**PENDING).valid
    breaker_of(running).trip(sender=stranger)
    assert breaker_of(running).is_normal()


def test_deploy__breaker_of_another_vault__reverts(system, create_vault, project, owner):
    """SPEC-V1: what a settlement is shown to must take it."""
    values = parameters.load()
    other = owner.deploy(project.Breaker, create_vault(), values["breaker"])
    parts = (system.vault, system.venue, system.feed, system.pricer, other)
    with ape.reverts("option_book: breaker of another vault"):
        owner.deploy(project.OptionBook, *parts, values["book"]["oracle"])
    with ape.reverts("hedger: breaker of another vault"):
        owner.deploy(
            project.Hedger, system.vault, system.book, system.venue, other, values["hedger"]
        )


# ------------------------------------------------------------------ dead readings


def test_trip__dead_feed__trips_and_never_reverts(running, stranger):
    """SPEC-R4."""
    running.wait(4 * HOUR)
    assert breaker_of(running).trip(sender=stranger).return_value == FEED
    assert breaker_of(running).tripped() == FEED


def test_trip__dead_venue__never_reverts(running, stranger):
    """SPEC-R4."""
    running.kill_venue()
    assert breaker_of(running).trip(sender=stranger).return_value == 0


def test_trip__not_wired__never_reverts(create_vault, project, owner, stranger):
    """SPEC-R4."""
    vault = create_vault()
    breaker = owner.deploy(project.Breaker, vault, parameters.load()["breaker"])
    assert breaker.trip(sender=stranger).return_value == 0


# ------------------------------------------------------------------ the lift


def test_lift__after_the_delay__goes_back_to_normal(leapt):
    """SPEC-R5."""
    breaker = breaker_of(leapt)
    breaker.trip(sender=leapt.keeper)
    leapt.push(2_100)
    since = breaker.since()
    leapt.wait_until(since + DAY - 1)
    with ape.reverts("breaker: too early to lift"):
        breaker.lift(sender=leapt.owner)
    leapt.push(2_100)
    with ape.reverts("ownable: caller is not the owner"):
        breaker.lift(sender=leapt.keeper)
    leapt.hedge()
    receipt = breaker.lift(sender=leapt.owner)
    assert receipt.events == [breaker.Lifted()]
    assert breaker.is_normal() and breaker.since() == receipt.timestamp
    leapt.vault.deposit(10**6, leapt.buyer, sender=leapt.buyer)


def test_lift__still_wrong__reverts(leapt):
    """SPEC-R5: here a feed that fell silent after the trip."""
    breaker = breaker_of(leapt)
    breaker.trip(sender=leapt.keeper)
    leapt.wait_until(breaker.since() + DAY)
    with ape.reverts("breaker: still breached"):
        breaker.lift(sender=leapt.owner)
    assert not breaker.is_normal()


def test_lift__mark_pushed_before_it__is_not_held_up(leapt):
    """SPEC-R5: nobody can keep the vault closed by a trade a day."""
    breaker = breaker_of(leapt)
    breaker.trip(sender=leapt.keeper)
    leapt.wait_until(breaker.since() + DAY)
    leapt.push(2_100)
    leapt.hedge()
    leapt.push_mark(3_900 * WAD)
    assert breaker.breached() == 1
    breaker.lift(sender=leapt.owner)
    assert breaker.is_normal()


def test_lift__not_tripped__reverts(unsold):
    """SPEC-R5."""
    with ape.reverts("breaker: not tripped"):
        breaker_of(unsold).lift(sender=unsold.owner)
