"""AnvilChain: time, refusals, snapshots and logs are those of `RevmChain`."""

from pathlib import Path

import pytest

from ballast.anvil import AnvilChain, AnvilError, fork
from ballast.chain import Reverted


@pytest.fixture(scope="module")
def anvil():
    with fork(None) as node:
        yield AnvilChain(node)


@pytest.fixture(scope="module")
def minters(anvil):
    return anvil.accounts(2)


@pytest.fixture
def coin(anvil, minters):
    return anvil.deploy("MockToken", "USD Coin", "USDC", 6, sender=minters[0])


def test_fork__no_binary__says_what_installs_it():
    with pytest.raises(AnvilError, match="`make devnet` installs it"), fork(None, Path("absent")):
        pass


def test_send__at_a_time__is_a_block_with_its_logs(anvil, coin, minters):
    later = anvil.now() + 1_000
    anvil.advance(later)
    first = anvil.send(coin, "mint", minters[1], 5, sender=minters[0])
    second = anvil.send(coin, "mint", minters[1], 6, sender=minters[0])
    assert (first.timestamp, second.timestamp) == (later, later + 1)
    assert second.block == first.block + 1
    assert anvil.read(coin, "balanceOf", minters[1]) == 11
    minted = [log for log in anvil.logs(coin) if log.name == "Transfer"]
    assert [log.timestamp for log in minted] == [later, later + 1]
    assert [event["value"] for event in anvil.events(coin, "Transfer")] == [5, 6]


def test_send__refused__raises_the_reason_and_changes_only_the_time(anvil, coin, minters):
    before = anvil.now()
    with pytest.raises(Reverted, match="access is denied"):
        anvil.send(coin, "mint", minters[1], 5, sender=minters[1])
    assert anvil.now() == before + 1
    assert anvil.read(coin, "totalSupply") == 0


def test_advance__to_the_past__is_a_second_on(anvil):
    now = anvil.now()
    anvil.advance(now - 100)
    anvil.next_block()
    assert anvil.now() == now + 1


def test_snapshot__reverted__restores_state_and_events(anvil, coin, minters):
    snapshot = anvil.snapshot()
    anvil.send(coin, "mint", minters[1], 5, sender=minters[0])
    anvil.revert(snapshot)
    assert anvil.read(coin, "balanceOf", minters[1]) == 0
    assert anvil.events(coin, "Transfer") == []
