"""Breaker alone: what is wrong, what trips, what is remembered, who may do what.

Its vault is wired to accounts, so that a test is the book and shows it any numbers.
"""

from dataclasses import dataclass

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from vault_counter import ACCOUNT, DAY, HOUR, LEDGER, RISK, changed

from ballast import parameters
from ballast.flags import Breach
from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]

LIMITS = parameters.load()["breaker"]
CENT = WAD // 100
PRICE = 2_000 * WAD
DEPOSIT = changed(LEDGER, cash=10**12, shares=10**18)


@dataclass
class Watch:
    """A breaker, the book that shows it things, and the clock."""

    breaker: object
    book: object
    hedger: object
    owner: object
    chain: object
    start: int

    def at(self, seconds: int):
        """The next call is so long after the start, which is when it is asked for 0. [s]"""
        if seconds == 0:
            self.start = self.chain.pending_timestamp + HOUR
        self.chain.pending_timestamp = self.start + seconds

    def wrong(self, ledger=DEPOSIT, risk=RISK, account=ACCOUNT) -> Breach:
        """What is wrong at the next block."""
        parts = (vars(ledger), vars(risk), vars(account))
        return Breach(self.breaker.status(*parts, block_id="pending").breaches)

    def look(self, ledger=DEPOSIT, risk=RISK, account=ACCOUNT):
        parts = (vars(ledger), vars(risk), vars(account))
        return self.breaker.observe(*parts, sender=self.book)

    def tripped(self) -> Breach:
        return Breach(self.breaker.tripped())


@ape.fixture(scope="module", chain_isolation=False)
def create_watch(create_rig, project, owner, chain):
    """A breaker that has seen nothing."""

    def create() -> Watch:
        rig = create_rig()
        breaker = project.Breaker.at(rig.vault.breaker())
        return Watch(breaker, rig.book, rig.hedger, owner, chain, start=0)

    return create


@pytest.fixture(scope="module")
def guarded(create_watch) -> Watch:
    """Nothing seen yet."""
    return create_watch()


@pytest.fixture(scope="module")
def seen(create_watch) -> Watch:
    """It has looked once, at the start, and nothing was wrong."""
    watch = create_watch()
    watch.at(0)
    watch.look()
    return watch


# ------------------------------------------------------------------ what is wrong


def test_status__nothing_wrong__says_so(guarded):
    """SPEC-R2."""
    status = guarded.breaker.status(vars(DEPOSIT), vars(RISK), vars(ACCOUNT))
    assert (status.normal, status.breaches) == (True, 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_status__basis__counts_beyond_its_limit(guarded, sign):
    """SPEC-R2: 3% of the index either way."""
    edge = PRICE + sign * PRICE * 3 // 100
    assert guarded.wrong(account=changed(ACCOUNT, mark=edge)) == Breach.NONE
    beyond = changed(ACCOUNT, mark=edge + sign * 2_000)
    assert guarded.wrong(account=beyond) == Breach.BASIS
    assert guarded.wrong(account=changed(beyond, valid=False)) == Breach.NONE


@pytest.mark.parametrize("size", [WAD, -WAD])
def test_status__margin_ratio__counts_below_its_limit(guarded, size):
    """SPEC-R2: 1.5 · 6.25% of 2,000 USD is 187.5 USD, of a long and of a short."""
    hedged = changed(RISK, delta=-size)
    edge = changed(ACCOUNT, size=size, low=1_875 * WAD // 10)
    assert guarded.wrong(risk=hedged, account=edge) == Breach.NONE
    below = changed(edge, low=edge.low - 1)
    assert guarded.wrong(risk=hedged, account=below) == Breach.MARGIN
    assert guarded.wrong(risk=hedged, account=changed(below, low=-1)) == Breach.MARGIN
    assert guarded.wrong(account=changed(below, size=0)) == Breach.NONE
    assert guarded.wrong(risk=hedged, account=changed(below, valid=False)) == Breach.NONE


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("sold", "edge"),
    [(100 * WAD, 10 * WAD), (9 * WAD, WAD), (0, WAD)],
    ids=["a tenth of what is sold", "a crumb", "nothing sold"],
)
def test_status__net_delta__counts_beyond_its_limit_when_it_lasts(guarded, sold, edge, sign):
    """SPEC-R2: |book + position + pending| over max(10% of sold, 1 ETH) since an hour ago."""
    parts = changed(ACCOUNT, size=sign * 5 * WAD, pending=sign * 2 * WAD, low=10**6 * WAD)
    held = sign * 7 * WAD
    inside = changed(RISK, sold=sold, delta=sign * edge - held)
    beyond = changed(inside, delta=inside.delta + sign)
    guarded.at(0)
    guarded.look(risk=beyond, account=parts)
    guarded.at(HOUR - 1)
    assert guarded.wrong(risk=beyond, account=parts) == Breach.NONE
    guarded.at(HOUR)
    assert guarded.wrong(risk=beyond, account=parts) == Breach.UNHEDGED
    assert guarded.wrong(risk=inside, account=parts) == Breach.NONE
    assert guarded.wrong(risk=changed(beyond, valid=False), account=parts) == Breach.NONE
    assert guarded.wrong(risk=beyond, account=changed(parts, valid=False)) == Breach.NONE


def test_status__hedged_between__patience_begins_again(guarded):
    """SPEC-R2."""
    unhedged = changed(RISK, delta=-2 * WAD)
    for second, risk in ((0, unhedged), (HOUR // 2, RISK), (HOUR, unhedged)):
        guarded.at(second)
        guarded.look(risk=risk)
    guarded.at(2 * HOUR - 1)
    assert guarded.wrong(risk=unhedged) == Breach.NONE
    guarded.at(2 * HOUR)
    assert guarded.wrong(risk=unhedged) == Breach.UNHEDGED


@pytest.mark.parametrize("sign", [1, -1])
def test_status__index__counts_beyond_its_jump_within_the_hour(seen, sign):
    """SPEC-R2: 15% of where it was when the hour began; two hours later that is forgotten."""
    edge = changed(RISK, price=PRICE + sign * PRICE * 15 // 100)
    beyond = changed(edge, price=edge.price + sign)
    assert seen.wrong(risk=edge) == Breach.NONE
    assert seen.wrong(risk=beyond) == Breach.JUMP
    assert seen.wrong(risk=changed(beyond, valid=False)) == Breach.NONE
    seen.at(2 * HOUR - 1)
    assert seen.wrong(risk=beyond) == Breach.JUMP
    seen.at(2 * HOUR)
    assert seen.wrong(risk=beyond) == Breach.NONE


def test_status__hour_over__the_next_look_begins_another(seen):
    """SPEC-R2: within an hour looks do not move what the index is compared with."""
    up = changed(RISK, price=PRICE * 114 // 100)
    far = changed(RISK, price=PRICE * 116 // 100)
    seen.at(HOUR - 1)
    seen.look(risk=up)
    assert seen.wrong(risk=far) == Breach.JUMP
    seen.at(HOUR)
    seen.look(risk=up)
    assert seen.wrong(risk=far) == Breach.NONE


def test_status__nothing_seen__any_index_is_no_jump(guarded):
    """SPEC-R2."""
    assert guarded.wrong(risk=changed(RISK, price=1)) == Breach.NONE


def test_status__share_value__counts_below_the_drawdown(seen):
    """SPEC-R2: 20% below its highest, which the virtual token unit is part of."""
    worth = (DEPOSIT.cash + 1) * 8 // 10
    edge, below = (changed(DEPOSIT, cash=cash) for cash in (worth, worth - 1))
    assert seen.wrong(edge) == Breach.NONE
    assert seen.wrong(below) == Breach.DRAWDOWN
    diluted = changed(DEPOSIT, shares=DEPOSIT.shares * 10 // 8 + 1)
    assert seen.wrong(diluted) == Breach.DRAWDOWN
    insolvent = changed(RISK, mid=10**40)
    assert seen.wrong(risk=insolvent) == Breach.DRAWDOWN
    assert seen.wrong(below, risk=changed(RISK, valid=False)) == Breach.NONE
    assert seen.wrong(below, account=changed(ACCOUNT, valid=False)) == Breach.NONE


def test_status__risen_and_fallen__is_compared_with_the_highest(seen):
    """SPEC-R2: of today and of yesterday; older ones are forgotten."""
    risen = changed(DEPOSIT, cash=2 * DEPOSIT.cash)
    seen.at(HOUR)
    seen.look(risen)
    assert seen.wrong() == Breach.DRAWDOWN
    for second in (DAY, 2 * DAY - 1):
        seen.at(second)
        assert seen.wrong() == Breach.DRAWDOWN
    seen.at(2 * DAY)
    assert seen.wrong() == Breach.NONE


def test_observe__board_unsettled__its_value_is_no_highest(seen):
    """SPEC-R4: what a board is worth at the index is not what it will be owed."""
    seen.at(HOUR)
    seen.look(changed(DEPOSIT, cash=2 * DEPOSIT.cash), changed(RISK, unsettled=True))
    assert seen.wrong() == Breach.NONE


def test_status__day_over__the_highest_of_the_day_before_still_counts(seen):
    """SPEC-R2."""
    risen = changed(DEPOSIT, cash=2 * DEPOSIT.cash)
    for second, ledger in ((HOUR, risen), (DAY, DEPOSIT), (DAY + HOUR, DEPOSIT)):
        seen.at(second)
        seen.look(ledger)
    seen.at(2 * DAY - 1)
    assert seen.wrong() == Breach.DRAWDOWN
    seen.at(2 * DAY)
    seen.look()
    assert seen.wrong() == Breach.NONE


def test_status__feed__counts_when_it_is_silent_for_too_long(seen):
    """SPEC-R2: two hours after it was last seen live, by whichever saw it last."""
    dead = changed(RISK, valid=False)
    seen.at(2 * HOUR)
    assert seen.wrong(risk=dead) == Breach.NONE
    seen.at(2 * HOUR + 1)
    assert seen.wrong(risk=dead) == Breach.FEED
    assert seen.wrong() == Breach.NONE
    assert seen.wrong(risk=changed(dead, at=seen.start + 1)) == Breach.NONE


def test_status__several__are_all_said(seen):
    """SPEC-R2."""
    account = changed(ACCOUNT, mark=2 * PRICE, size=WAD, low=0)
    risk = changed(RISK, price=PRICE * 2, delta=-WAD)
    poor = changed(DEPOSIT, cash=0)
    all_four = Breach.BASIS | Breach.MARGIN | Breach.JUMP | Breach.DRAWDOWN
    assert seen.wrong(poor, risk, account) == all_four


# ------------------------------------------------------------------ what trips


def test_observe__something_wrong__trips_once_and_logs(seen):
    """SPEC-R3."""
    far = changed(RISK, price=PRICE * 2)
    receipt = seen.look(risk=far)
    assert receipt.events == [seen.breaker.Tripped(breaches=Breach.JUMP)]
    assert (seen.tripped(), seen.breaker.is_normal()) == (Breach.JUMP, False)
    since = seen.breaker.since()
    assert since == receipt.timestamp
    assert seen.look(risk=far).events == []
    assert seen.look().events == []
    both = seen.look(risk=far, account=changed(ACCOUNT, size=WAD, low=0, high=0))
    assert both.events == [seen.breaker.Tripped(breaches=Breach.JUMP | Breach.MARGIN)]
    assert seen.tripped() == Breach.JUMP | Breach.MARGIN
    assert seen.breaker.since() == since


def test_observe__basis__trips_only_when_it_was_too_wide_before(guarded):
    """SPEC-R3: anyone can push a mark for a block."""
    wide = changed(ACCOUNT, mark=PRICE * 104 // 100)
    guarded.at(0)
    assert guarded.look(account=wide).events == []
    guarded.at(HOUR - 1)
    assert guarded.look(account=wide).events == []
    assert guarded.tripped() == Breach.NONE
    guarded.at(HOUR)
    guarded.look(account=wide)
    assert guarded.tripped() == Breach.BASIS


def test_observe__basis_narrow_between__patience_begins_again(guarded):
    """SPEC-R3."""
    wide = changed(ACCOUNT, mark=PRICE * 104 // 100)
    for second, account in ((0, wide), (HOUR // 2, ACCOUNT), (HOUR, wide), (2 * HOUR - 1, wide)):
        guarded.at(second)
        guarded.look(account=account)
    assert guarded.tripped() == Breach.NONE
    guarded.at(2 * HOUR)
    guarded.look(account=wide)
    assert guarded.tripped() == Breach.BASIS


def test_observe__margin_thin_by_one_price_only__does_not_trip(seen):
    """SPEC-R3: the venue liquidates by the better of index and exit, and a mark can be pushed."""
    edge = 1_875 * WAD // 10
    thin = changed(ACCOUNT, size=WAD, low=0, high=edge)
    hedged = changed(RISK, delta=-WAD)
    assert seen.wrong(risk=hedged, account=thin) == Breach.MARGIN
    assert seen.look(risk=hedged, account=thin).events == []
    seen.look(risk=hedged, account=changed(thin, high=edge - 1))
    assert seen.tripped() == Breach.MARGIN


def test_observe__unhedged__trips_when_it_lasts(guarded):
    """SPEC-R3."""
    unhedged = changed(RISK, delta=-2 * WAD)
    for second, expected in ((0, Breach.NONE), (HOUR - 1, Breach.NONE), (HOUR, Breach.UNHEDGED)):
        guarded.at(second)
        guarded.look(risk=unhedged)
        assert guarded.tripped() == expected


def test_observe__nothing_live__leaves_memory_as_it_was(seen):
    """SPEC-R4."""
    before = seen.breaker.memory()
    seen.at(DAY)
    dark = changed(RISK, valid=False, price=0, delta=WAD * 9)
    seen.look(changed(DEPOSIT, cash=1), dark, changed(ACCOUNT, valid=False, mark=0, index=0))
    assert seen.breaker.memory() == before


def test_observe__largest_numbers__never_reverts(seen):
    """SPEC-R4: what does not fit is kept at its largest."""
    rich = changed(DEPOSIT, cash=2**112, scale=1, shares=1)
    seen.at(HOUR)
    seen.look(rich, changed(RISK, price=2**100))
    memory = seen.breaker.memory()
    assert memory.high == 2**112 - 1
    assert memory.price == 2**100


def test_observe__by_hedger__is_seen(guarded):
    """SPEC-R4: the hedger shows what it has left."""
    parts = (vars(DEPOSIT), vars(RISK), vars(ACCOUNT))
    guarded.breaker.observe(*parts, sender=guarded.hedger)
    assert guarded.breaker.memory().price == PRICE


def test_observe__by_stranger__reverts(guarded, stranger):
    """SPEC-R4: he could remember a price that was none."""
    with ape.reverts("breaker: only book and hedger"):
        guarded.breaker.observe(vars(DEPOSIT), vars(RISK), vars(ACCOUNT), sender=stranger)
    assert guarded.breaker.memory().price == 0


# ------------------------------------------------------------------ guardian and owner


def test_set_guardian__owner__may_then_reduce_only(guarded, owner, keeper, stranger):
    """SPEC-R5."""
    receipt = guarded.breaker.set_guardian(keeper, sender=owner)
    assert receipt.events == [guarded.breaker.GuardianSet(guardian=keeper)]
    with ape.reverts("breaker: only the guardian"):
        guarded.breaker.reduce_only(sender=stranger)
    assert guarded.tripped() == Breach.NONE
    receipt = guarded.breaker.reduce_only(sender=keeper)
    assert receipt.events == [guarded.breaker.Tripped(breaches=Breach.GUARDIAN)]
    assert guarded.tripped() == Breach.GUARDIAN


def test_reduce_only__owner__trips(guarded, owner):
    """SPEC-R5."""
    guarded.breaker.reduce_only(sender=owner)
    assert guarded.tripped() == Breach.GUARDIAN


def test_reduce_only__no_guardian_named__nobody_else_may(guarded, stranger):
    """SPEC-R5."""
    with ape.reverts("breaker: only the guardian"):
        guarded.breaker.reduce_only(sender=stranger)


def test_set_guardian__stranger__reverts(guarded, stranger):
    """SPEC-R5."""
    with ape.reverts("ownable: caller is not the owner"):
        guarded.breaker.set_guardian(stranger, sender=stranger)
    assert guarded.breaker.guardian() == ZERO_ADDRESS


def test_transfer_ownership__two_steps__only_the_owner_of_then_may_set(guarded, owner, keeper):
    """SPEC-R6: the hand-over is not done before the next owner has shown that he can sign."""
    with ape.reverts("ownable: caller is not the owner"):
        guarded.breaker.transfer_ownership(keeper, sender=keeper)
    guarded.breaker.transfer_ownership(keeper, sender=owner)
    assert (guarded.breaker.owner(), guarded.breaker.pending_owner()) == (owner, keeper)
    guarded.breaker.set_guardian(owner, sender=owner)
    with ape.reverts("ownable_2step: caller is not the new owner"):
        guarded.breaker.accept_ownership(sender=owner)

    guarded.breaker.accept_ownership(sender=keeper)
    assert (guarded.breaker.owner(), guarded.breaker.pending_owner()) == (keeper, ZERO_ADDRESS)
    with ape.reverts("ownable: caller is not the owner"):
        guarded.breaker.set_guardian(owner, sender=owner)
    guarded.breaker.set_guardian(keeper, sender=keeper)


@pytest.mark.parametrize("field", LIMITS)
def test_set_limits__each__is_kept_alone_and_logged(guarded, owner, field):
    """SPEC-R6: the fields do not touch each other in their words."""
    limits = LIMITS | {field: LIMITS[field] + 1}
    receipt = guarded.breaker.set_limits(limits, sender=owner)
    assert tuple(guarded.breaker.limits()) == tuple(limits.values())
    (event,) = receipt.events
    assert tuple(event.event_arguments["limits"]) == tuple(limits.values())


@pytest.mark.parametrize(
    ("field", "inside", "outside", "reason"),
    [
        ("basis", WAD // 200, WAD // 200 - 1, "basis under 0.5%"),
        ("basis", WAD // 5, WAD // 5 + 1, "basis over 20%"),
        ("drawdown", 5 * CENT, 5 * CENT - 1, "drawdown under 5%"),
        ("drawdown", WAD // 2, WAD // 2 + 1, "drawdown over 50%"),
        ("margin", WAD, WAD - 1, "margin under maintenance"),
        ("margin", 4 * WAD, 4 * WAD + 1, "margin over 4"),
        ("unhedged", CENT, CENT - 1, "unhedged under 1%"),
        ("unhedged", WAD, WAD + 1, "unhedged over 100%"),
        ("crumb", 1, 0, "crumb is zero"),
        ("crumb", 1_000 * WAD, 1_000 * WAD + 1, "crumb over 1,000 ETH"),
        ("jump", CENT, CENT - 1, "jump under 1%"),
        ("jump", WAD, WAD + 1, "jump over 100%"),
        ("patience", 60, 59, "patience under a minute"),
        ("patience", 7 * DAY, 7 * DAY + 1, "patience over a week"),
        ("silence", 60, 59, "silence under a minute"),
        ("silence", 7 * DAY, 7 * DAY + 1, "silence over a week"),
        ("lift_delay", HOUR, HOUR - 1, "lift delay under an hour"),
        ("lift_delay", 7 * DAY, 7 * DAY + 1, "lift delay over a week"),
    ],
)
def test_limits__field__inside_is_kept_and_outside_reverts(
    guarded, project, owner, field, inside, outside, reason
):
    """SPEC-R6: the constructor too."""
    with ape.reverts(f"breaker: {reason}"):
        guarded.breaker.set_limits(LIMITS | {field: outside}, sender=owner)
    assert tuple(guarded.breaker.limits()) == tuple(LIMITS.values())
    with ape.reverts(f"breaker: {reason}"):
        owner.deploy(project.Breaker, guarded.breaker.vault(), LIMITS | {field: outside})
    guarded.breaker.set_limits(LIMITS | {field: inside}, sender=owner)
    assert guarded.breaker.limits()[field] == inside


def test_set_limits__stranger__reverts(guarded, stranger):
    """SPEC-R6."""
    with ape.reverts("ownable: caller is not the owner"):
        guarded.breaker.set_limits(LIMITS, sender=stranger)
