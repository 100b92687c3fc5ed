"""Pricer: its parameters, each bound on both sides, and who may set them."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from book_shop import DAY, DEFAULTS, NO_CAP, NOW, WEEK, plain, wad

from ballast import packing
from ballast.units import WAD

pytest_plugins = ["book_fixtures"]

# Group, field, last value that is allowed, first one that is not, reason.
BOUNDS = [
    ("carry", "rate", 5 * WAD, 5 * WAD + 1, "carry rate out of range"),
    ("carry", "rate", -5 * WAD, -5 * WAD - 1, "carry rate out of range"),
    ("carry", "bound", 5 * WAD, 5 * WAD + 1, "carry bound too wide"),
    ("carry", "reversion", 10**5 * WAD, 10**5 * WAD + 1, "reversion too fast"),
    ("stress", "shock", WAD // 10, WAD // 10 - 1, "bad shock"),
    ("stress", "shock", 9 * WAD // 10, 9 * WAD // 10 + 1, "bad shock"),
    ("stress", "vol_shock", 2 * WAD, 2 * WAD + 1, "vol shock too large"),
    ("stress", "max_loss", 1, 0, "bad max loss"),
    ("stress", "max_loss", WAD, WAD + 1, "bad max loss"),
    ("quoting", "spread", WAD, WAD + 1, "spread over 100%"),
    ("quoting", "impact", 2 * WAD, 2 * WAD + 1, "impact over 200%"),
    ("quoting", "vega_cap", 1, 0, "vega cap is zero"),
    ("quoting", "fee", WAD // 100, WAD // 100 + 1, "fee over 1%"),
    ("quoting", "edge", WAD // 20, WAD // 20 + 1, "edge over 5%"),
    ("limits", "min_delta", wad("0.9") - 1, wad("0.9"), "bad delta bounds"),
    ("limits", "max_delta", WAD, WAD + 1, "max delta over 1"),
    ("limits", "min_size", 1, 0, "min size is zero"),
    ("limits", "cutoff", 60 * DAY - 1, 60 * DAY, "bad tenor bounds"),
    ("limits", "max_tenor", 366 * DAY, 366 * DAY + 1, "tenor over a year"),
    ("limits", "vol_min", WAD // 100, WAD // 100 - 1, "vol min under 1%"),
    ("limits", "vol_max", wad("0.2") + 1, wad("0.2"), "bad vol bounds"),
    ("limits", "vol_max", 5 * WAD, 5 * WAD + 1, "vol max over 500%"),
    ("stress", "hedge_cap", NO_CAP, NO_CAP + 1, "hedge cap too large"),
    ("quoting", "vega_cap", NO_CAP, NO_CAP + 1, "vega cap too large"),
    ("limits", "vol_step", 1, 0, "bad vol step"),
    ("limits", "vol_step", WAD, WAD + 1, "bad vol step"),
    ("limits", "min_size", packing.MAX_SOLD, packing.MAX_SOLD + 1, "min size too large"),
]
LARGEST = {
    "carry": (-5 * WAD, 10**5 * WAD, 5 * WAD),
    "stress": (9 * 10**17, 2 * WAD, WAD, NO_CAP),
    "quoting": (WAD, 2 * WAD, NO_CAP - 1, WAD // 100, WAD // 20),
    "limits": (WAD - 1, WAD, packing.MAX_SOLD, 366 * DAY - 1, 366 * DAY, 5 * WAD - 1, 5 * WAD, WAD),
}
"""Every field as large as it may be."""
EVENTS = {group: f"{group.capitalize()}Set" for group in DEFAULTS}


@pytest.fixture
def contract(pricer):
    """A pricer of its own with the default parameters."""
    return pricer.contract


def changed(group, field, value):
    """The defaults of a group with one field changed."""
    return DEFAULTS[group] | {field: value}


@pytest.mark.parametrize("group, field, inside, outside, reason", BOUNDS)
def test_set__field__inside_is_kept_and_outside_reverts(
    contract, owner, group, field, inside, outside, reason
):
    """SPEC-B10: hard bounds, written in the code."""
    set_group = getattr(contract, f"set_{group}")
    with ape.reverts(f"pricer: {reason}"):
        set_group(changed(group, field, outside), sender=owner)
    set_group(changed(group, field, inside), sender=owner)
    assert getattr(contract, group)()[field] == inside


@pytest.mark.parametrize("group, field, inside, outside, reason", BOUNDS[::5])
def test_init__field__inside_is_kept_and_outside_reverts(
    project, owner, group, field, inside, outside, reason
):
    """SPEC-B10: constructor and setters are bound alike."""
    with ape.reverts(f"pricer: {reason}"):
        owner.deploy(project.Pricer, DEFAULTS | {group: changed(group, field, outside)})
    made = owner.deploy(project.Pricer, DEFAULTS | {group: changed(group, field, inside)})
    assert getattr(made, group)()[field] == inside


def test_init__defaults__are_kept(system, owner):
    for group, values in DEFAULTS.items():
        found = getattr(system.pricer, group)()
        assert {field: found[field] for field in values} == values
    assert system.pricer.owner() == owner


def test_set__every_field_at_its_largest__is_kept_beside_the_others(contract, owner):
    """SPEC-B10: no field touches another in their words, and each change is logged."""
    for group, values in LARGEST.items():
        receipt = getattr(contract, f"set_{group}")(values, sender=owner)
        (event,) = receipt.events
        assert (event.event_name, plain(event.event_arguments[group])) == (EVENTS[group], values)
    for group, values in LARGEST.items():
        assert plain(getattr(contract, group)()) == values


@pytest.mark.parametrize("group", DEFAULTS)
def test_set__one_group__leaves_the_others(contract, owner, group):
    """SPEC-B10: groups that share a word do not disturb each other."""
    before = {name: plain(getattr(contract, name)()) for name in DEFAULTS}
    getattr(contract, f"set_{group}")(LARGEST[group], sender=owner)
    after = {name: plain(getattr(contract, name)()) for name in DEFAULTS}
    assert after == before | {group: LARGEST[group]}


@pytest.mark.parametrize("group", DEFAULTS)
def test_set__not_the_owner__reverts(contract, attacker, group):
    """SPEC-B10."""
    with ape.reverts("ownable: caller is not the owner"):
        getattr(contract, f"set_{group}")(DEFAULTS[group], sender=attacker)


def test_set_limits__shorter_tenor__counts_at_the_next_listing(shop, owner):
    """SPEC-B1, SPEC-B10."""
    shop.pricer.set_limits(changed("limits", "max_tenor", WEEK), sender=owner)
    with shop.refuses("admission: expiry too far"):
        shop.book.list_board(shop.now + 2 * WEEK, [1], (wad("0.7"), 0, 0), sender=owner)


def test_set_quoting__wider_spread__counts_at_the_next_sale(shop, owner):
    """SPEC-B4, SPEC-B10."""
    before = shop.book.quote(shop.id(), wad(1))
    shop.pricer.set_quoting(changed("quoting", "spread", wad("0.1")), sender=owner)
    after = shop.book.quote(shop.id(), wad(1))
    assert after.vol_charge > before.vol_charge * 3 // 2
    assert after.value == pytest.approx(before.value, rel=1e-5)


def test_risk__venue_silent__takes_the_long_run_rate(pricer):
    """SPEC-B2: whatever stands in the scene."""
    words = [packing.board(NOW + WEEK, 1, packing.Surface(wad("0.7"), 0, 0))]
    words.append(packing.live(wad(2_000), wad(1)))
    silent, known = (
        pricer.contract.risk((NOW, wad(2_000), rate, is_known), words).mid
        for rate, is_known in ((2**255 - 1, False), (DEFAULTS["carry"]["rate"], True))
    )
    assert silent == known


def test_transfer_ownership__is_in_two_steps(contract, owner, stranger, attacker):
    with ape.reverts("ownable: caller is not the owner"):
        contract.transfer_ownership(attacker, sender=attacker)
    contract.transfer_ownership(stranger, sender=owner)
    assert (contract.owner(), contract.pending_owner()) == (owner, stranger)
    contract.accept_ownership(sender=stranger)
    assert (contract.owner(), contract.pending_owner()) == (stranger, ZERO_ADDRESS)
