"""Hedger's constructor: bounds of every parameter, approvals, ownership. SPEC-H1 to SPEC-H5."""

import copy

import ape
import pytest
from eth_abi import encode
from eth_utils import keccak

from ballast import parameters
from ballast.units import WAD

# Group, name, largest or smallest that is accepted, first that is not, reason.
BOUNDS = [
    ("band", "risk_aversion", WAD, WAD - 1, "risk aversion under 1"),
    ("band", "max_share", WAD, WAD + 1, "band share over 100%"),
    ("band", "min_hedge", 1, 0, "min hedge is zero"),
    ("band", "max_interval", 60, 59, "interval under a minute"),
    ("execution", "max_share", 1, 0, "share of depth is zero"),
    ("execution", "max_share", WAD // 10, WAD // 10 + 1, "share of depth over 10%"),
    ("execution", "max_adverse", 1, 0, "adverse bound is zero"),
    ("execution", "max_adverse", WAD // 5, WAD // 5 + 1, "adverse bound over 20%"),
    ("execution", "order_life", 3_600, 3_601, "order life over an hour"),
    ("margin", "floor", WAD // 20, WAD // 20 - 1, "margin floor under 5%"),
    ("margin", "floor", WAD, WAD + 1, "margin floor over 100%"),
    ("margin", "deviations", 20 * WAD, 20 * WAD + 1, "z over 20"),
    ("margin", "horizon", 604_800, 604_801, "horizon over a week"),
    ("margin", "vol_floor", 5 * WAD, 5 * WAD + 1, "vol floor over 500%"),
    ("margin", "trigger", WAD, WAD + 1, "trigger over the target"),
    ("margin", "ceiling", WAD, WAD - 1, "ceiling under the target"),
    ("margin", "ceiling", 10 * WAD, 10 * WAD + 1, "ceiling over 10"),
]


@pytest.fixture(scope="module")
def create_hedger(project, owner, system):
    """Deploy a hedger beside the default vault's own with one parameter changed."""

    def create(group=None, name=None, value=None):
        params = copy.deepcopy(parameters.load()["hedger"])
        if group:
            params[group][name] = value
        return owner.deploy(project.Hedger, system.vault, system.book, system.venue, params)

    return create


@pytest.mark.parametrize(("group", "name", "last", "first", "reason"), BOUNDS)
def test_init__beyond_a_bound__reverts(create_hedger, group, name, last, first, reason):
    with ape.reverts(f"hedger: {reason}"):
        create_hedger(group, name, first)


@pytest.mark.parametrize(("group", "name", "last", "first", "reason"), BOUNDS)
def test_init__on_a_bound__stores_it(create_hedger, group, name, last, first, reason):
    hedger = create_hedger(group, name, last)
    assert getattr(getattr(hedger, group)(), name) == last


def test_init__shares_crossed__reverts(create_hedger):
    params = parameters.load()["hedger"]["band"]
    assert create_hedger("band", "min_share", params["max_share"])
    with ape.reverts("hedger: bad band shares"):
        create_hedger("band", "min_share", params["max_share"] + 1)


def test_init__defaults__are_all_stored(create_hedger, chain, owner):
    hedger = create_hedger()
    params = parameters.load()["hedger"]
    for group, values in params.items():
        stored = getattr(hedger, group)()
        assert {name: getattr(stored, name) for name in values} == values
    assert hedger.owner() == owner
    assert hedger.last_full_hedge() == chain.blocks.head.timestamp
    assert hedger.last_hedge_block() == 0


def test_init__always__lets_venue_and_vault_pull(create_hedger, system):
    """SPEC-H6: tokens pass through the hedger, and nobody else may take them."""
    hedger = create_hedger()
    for spender in (system.venue, system.vault):
        assert system.token.allowance(hedger, spender) == 2**256 - 1
    assert system.token.allowance(hedger, system.book) == 0


def test_init__token_refuses_approval__reverts(project, owner, system):
    """A vault whose token says False."""
    liar = owner.deploy(project.MockVenue)
    liar.answer(keccak(text="asset()")[:4], encode(["address"], [liar.address]), sender=owner)
    liar.answer(
        keccak(text="approve(address,uint256)")[:4], encode(["bool"], [False]), sender=owner
    )
    params = parameters.load()["hedger"]
    with ape.reverts("hedger: approve failed"):
        owner.deploy(project.Hedger, liar, system.book, system.venue, params)


def test_transfer_ownership__two_steps__owner_changes_with_the_second(
    create_hedger, owner, keeper, stranger
):
    hedger = create_hedger()
    with ape.reverts():
        hedger.transfer_ownership(stranger, sender=stranger)
    hedger.transfer_ownership(keeper, sender=owner)
    assert (hedger.owner(), hedger.pending_owner()) == (owner, keeper)
    with ape.reverts():
        hedger.accept_ownership(sender=stranger)
    hedger.accept_ownership(sender=keeper)
    assert hedger.owner() == keeper
