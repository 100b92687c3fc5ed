"""Hedger.checkUpkeep and performUpkeep, the automation convention. SPEC-H11."""

import ape
import pytest
from hedge_desk import parts

from ballast import parameters
from ballast.flags import Action, Reason

pytest_plugins = ["hedge_fixtures"]

GARBAGE = [b"", b"\0", b"\xff" * 32, bytes(range(256)) * 32]
"""The last is the longest that is taken."""


def check(desk, data=b""):
    """Whether work is needed; what would be handed to `performUpkeep` is nothing."""
    needed, handed = desk.system.hedger.checkUpkeep(data)
    assert handed == b""
    assert needed == (Action(desk.state().action) != Action.NONE)
    return needed


def test_check_upkeep__as_a_life_goes_on__says_what_state_says(hedge):
    """SPEC-H11: a hedge, nothing, margin."""
    assert not check(hedge)
    hedge.sell(40, board=1)
    assert check(hedge)
    hedge.rebalance()
    hedge.wait()
    assert not check(hedge)
    hedge.push(1_700)
    assert check(hedge)


@pytest.mark.parametrize("data", GARBAGE)
def test_check_upkeep__any_data__is_ignored(hedge, data):
    """SPEC-H11."""
    assert not check(hedge, data)
    hedge.sell(40)
    assert check(hedge, data)


def test_check_upkeep__dead_feed__answers(hedge):
    """SPEC-H11: nothing to trade; margin is still looked after."""
    hedge.sell(40, board=1)
    hedge.rebalance()
    hedge.wait(3_700)
    hedge.expect(Action.NONE, Reason.INVALID_VENUE)
    assert not check(hedge)


def test_check_upkeep__dead_venue__answers(project, system, owner, stranger):
    """SPEC-H11."""
    params = parameters.load()["hedger"]
    hedger = owner.deploy(project.Hedger, *parts(system, venue=stranger), params)
    assert tuple(hedger.checkUpkeep(b"")) == (False, b"")
    assert hedger.performUpkeep(b"", sender=stranger).events == []


@pytest.mark.parametrize("data", GARBAGE)
def test_perform_upkeep__any_data__rebalances_and_pays_nobody(hedge, stranger, data):
    """SPEC-H11, SPEC-H10: the senders of a network could not take the reward out."""
    hedge.sell(40)
    wanted = hedge.state().trade
    receipt = hedge.system.hedger.performUpkeep(data, sender=stranger)
    hedge.check_empty()
    log = hedge.hedged(receipt)
    assert (log.caller, log.filled) == (stranger, hedge.size())
    assert hedge.size() == pytest.approx(wanted, rel=1e-4)  # the drift of a second
    assert hedge.system.vault.RewardPaid.from_receipt(receipt) == []
    assert hedge.system.token.balanceOf(stranger) == 0


def test_perform_upkeep__nothing_to_do__changes_nothing(hedge, stranger):
    """SPEC-H11: data that claims otherwise does not help."""
    receipt = hedge.system.hedger.performUpkeep(b"\1" * 32, sender=stranger)
    assert receipt.events == []
    assert hedge.size() == 0


def test_perform_upkeep__more_data_than_any_network_sends__is_refused(hedge, stranger):
    """SPEC-H11: as wrong calldata of any function."""
    with ape.reverts():
        hedge.system.hedger.performUpkeep(b"\0" * 8_193, sender=stranger)
