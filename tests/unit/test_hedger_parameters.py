"""Hedger's parameters, in the constructor and by the owner; approvals, ownership. SPEC-H1 to
SPEC-H5, SPEC-H9."""

import copy

import ape
import pytest
from eth_abi import encode
from eth_utils import keccak
from hedge_desk import Desk, parts

from ballast import parameters
from ballast.units import WAD, YEAR

# Group, name, largest or smallest that is accepted, first that is not, reason.
BOUNDS = [
    ("band", "risk_aversion", WAD, WAD - 1, "risk aversion under 1"),
    ("band", "risk_aversion", 10**6 * WAD, 10**6 * WAD + 1, "risk aversion over 1e6"),
    ("band", "max_share", WAD, WAD + 1, "band share over 100%"),
    ("band", "min_hedge", 1, 0, "min hedge is zero"),
    ("band", "min_hedge", 1_000 * WAD, 1_000 * WAD + 1, "min hedge over 1,000 ETH"),
    ("band", "max_interval", 60, 59, "interval under a minute"),
    ("band", "max_interval", YEAR, YEAR + 1, "interval over a year"),
    ("execution", "max_share", 1, 0, "share of depth is zero"),
    ("execution", "max_share", WAD // 10, WAD // 10 + 1, "share of depth over 10%"),
    ("execution", "max_adverse", 1, 0, "adverse bound is zero"),
    ("execution", "max_adverse", WAD // 5, WAD // 5 + 1, "adverse bound over 20%"),
    ("execution", "order_life", 3_600, 3_601, "order life over an hour"),
    ("execution", "reward_cap", 100 * 10**6, 100 * 10**6 + 1, "reward cap over 100"),
    ("margin", "floor", WAD // 20, WAD // 20 - 1, "margin floor under 5%"),
    ("margin", "floor", WAD, WAD + 1, "margin floor over 100%"),
    ("margin", "deviations", 20 * WAD, 20 * WAD + 1, "z over 20"),
    ("margin", "horizon", 604_800, 604_801, "horizon over a week"),
    ("margin", "vol_floor", 5 * WAD, 5 * WAD + 1, "vol floor over 500%"),
    ("margin", "trigger", WAD, WAD + 1, "trigger over the target"),
    ("margin", "ceiling", WAD, WAD - 1, "ceiling under the target"),
    ("margin", "ceiling", 10 * WAD, 10 * WAD + 1, "ceiling over 10"),
]

LARGEST = {
    "band": {
        "risk_aversion": 10**6 * WAD,
        "min_share": WAD,
        "max_share": WAD,
        "min_hedge": 1_000 * WAD,
        "max_interval": YEAR,
        "to_centre": True,
    },
    "execution": {
        "max_share": WAD // 10,
        "max_adverse": WAD // 5,
        "order_life": 3_600,
        "reward_cap": 100 * 10**6,
    },
    "margin": {
        "floor": WAD,
        "deviations": 20 * WAD,
        "horizon": 604_800,
        "vol_floor": 5 * WAD,
        "trigger": WAD,
        "ceiling": 10 * WAD,
    },
}
"""All at their bounds: what is packed beside it must not be touched."""

SMALLEST = {
    "band": {
        "risk_aversion": WAD,
        "min_share": 0,
        "max_share": 0,
        "min_hedge": 1,
        "max_interval": 60,
        "to_centre": False,
    },
    "execution": {"max_share": 1, "max_adverse": 1, "order_life": 0, "reward_cap": 0},
    "margin": {
        "floor": WAD // 20,
        "deviations": 0,
        "horizon": 0,
        "vol_floor": 0,
        "trigger": 0,
        "ceiling": WAD,
    },
}


def stored(hedger):
    """All parameters, as `parameters.load` gives them."""
    return {
        group: {name: getattr(getattr(hedger, group)(), name) for name in names}
        for group, names in LARGEST.items()
    }


@pytest.fixture(scope="module")
def create_hedger(project, owner, system):
    """Deploy a hedger beside the default vault's own with one parameter changed."""

    def create(group=None, name=None, value=None):
        params = copy.deepcopy(parameters.load()["hedger"])
        if group:
            params[group][name] = value
        return owner.deploy(project.Hedger, *parts(system), params)

    return create


@pytest.mark.parametrize(("group", "name", "last", "first", "reason"), BOUNDS)
def test_init__beyond_a_bound__reverts(create_hedger, group, name, last, first, reason):
    with ape.reverts(f"policy: {reason}"):
        create_hedger(group, name, first)


@pytest.mark.parametrize(("group", "name", "last", "first", "reason"), BOUNDS)
def test_init__on_a_bound__stores_it(create_hedger, group, name, last, first, reason):
    hedger = create_hedger(group, name, last)
    assert getattr(getattr(hedger, group)(), name) == last


@pytest.fixture(scope="module")
def hedger(create_hedger):
    """A hedger beside the default vault's own."""
    return create_hedger()


def send(hedger, group, values, sender):
    return getattr(hedger, f"set_{group}")(values, sender=sender)


@pytest.mark.parametrize(("group", "name", "last", "first", "reason"), BOUNDS)
def test_set__beyond_a_bound__reverts(hedger, owner, group, name, last, first, reason):
    """SPEC-H9."""
    values = parameters.load()["hedger"][group]
    before = stored(hedger)
    with ape.reverts(f"policy: {reason}"):
        send(hedger, group, values | {name: first}, owner)
    assert stored(hedger) == before


@pytest.mark.parametrize(("group", "name", "last", "first", "reason"), BOUNDS)
def test_set__on_a_bound__stores_it_alone(hedger, owner, group, name, last, first, reason):
    """SPEC-H9: though several share a word."""
    expected = stored(hedger)
    expected[group][name] = last
    send(hedger, group, expected[group], owner)
    assert stored(hedger) == expected


@pytest.mark.parametrize("values", [LARGEST, SMALLEST], ids=["largest", "smallest"])
@pytest.mark.parametrize("group", LARGEST)
def test_set__whole_group_at_its_bounds__fits_and_logs(hedger, owner, group, values):
    """SPEC-H9: one event, with all that was set."""
    expected = stored(hedger) | {group: values[group]}
    receipt = send(hedger, group, values[group], owner)
    assert stored(hedger) == expected
    (log,) = receipt.events
    assert log.event_name == f"{group.capitalize()}Set"
    assert list(getattr(log, group)) == list(values[group].values())


@pytest.mark.parametrize("group", LARGEST)
def test_set__by_another__reverts(hedger, keeper, stranger, group):
    """SPEC-H9."""
    before = stored(hedger)
    for sender in (keeper, stranger):
        with ape.reverts("ownable: caller is not the owner"):
            send(hedger, group, LARGEST[group], sender)
    assert stored(hedger) == before


def test_set_band__shares_crossed__reverts(hedger, owner):
    """SPEC-H9."""
    band = LARGEST["band"] | {"min_share": WAD // 2 + 1, "max_share": WAD // 2}
    with ape.reverts("policy: bad band shares"):
        hedger.set_band(band, sender=owner)


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_set_execution__reward_cap__is_bounded_in_whole_tokens(
    project, owner, create_system, decimals
):
    """SPEC-H9."""
    system = create_system(decimals=decimals, deposit=0, boards=False)
    unit = 10**decimals
    system.hedger.set_execution(LARGEST["execution"] | {"reward_cap": 100 * unit}, sender=owner)
    assert system.hedger.execution().reward_cap == 100 * unit
    with ape.reverts("policy: reward cap over 100"):
        system.hedger.set_execution(
            LARGEST["execution"] | {"reward_cap": 100 * unit + 1}, sender=owner
        )


def test_set__then_rebalanced__rule_is_the_new_one(create_system, owner, buyer, keeper, chain):
    """SPEC-H9: not a copy of the old."""
    desk = Desk(create_system(), owner, buyer, keeper, None, chain)
    desk.sell(40)
    before = desk.state()
    hedger, values = desk.system.hedger, parameters.load()["hedger"]
    hedger.set_band(values["band"] | {"to_centre": True}, sender=owner)
    hedger.set_execution(values["execution"] | {"max_share": WAD // 10**5}, sender=owner)
    hedger.set_margin(values["margin"] | {"floor": WAD // 2}, sender=owner)
    state = desk.state()
    assert state.wanted == -state.net_delta != before.wanted
    assert state.trade == desk.account().depth // 10**5 < before.trade
    assert state.margin_target == WAD // 2 > before.margin_target


def test_init__shares_crossed__reverts(create_hedger):
    params = parameters.load()["hedger"]["band"]
    assert create_hedger("band", "min_share", params["max_share"])
    with ape.reverts("policy: bad band shares"):
        create_hedger("band", "min_share", params["max_share"] + 1)


def test_init__defaults__are_all_stored(create_hedger, chain, owner):
    hedger = create_hedger()
    assert stored(hedger) == parameters.load()["hedger"]
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
    liar.answer(keccak(text="decimals()")[:4], encode(["uint8"], [6]), sender=owner)
    liar.answer(
        keccak(text="approve(address,uint256)")[:4], encode(["bool"], [False]), sender=owner
    )
    params = parameters.load()["hedger"]
    with ape.reverts("hedger: approve failed"):
        owner.deploy(project.Hedger, *parts(system, vault=liar), params)


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
