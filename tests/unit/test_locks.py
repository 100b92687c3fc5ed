"""The lock against re-entrance: what a contract exports from a module is under it by that module's
pragma alone, so every entry is tried in the EVM while the lock is held."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from eth.vm.forks.cancun.state import CancunState
from eth_tester.exceptions import TransactionFailed
from eth_utils import keccak, to_canonical_address

LOCK = 0  # its slot in transient storage
HELD = b"\1"
ANYTHING = bytes(32 * 64)  # zeros are arguments of any type
OWNABLE = {"owner", "pending_owner", "transfer_ownership", "accept_ownership"}
SHARES = {
    "name", "symbol", "decimals", "totalSupply", "balanceOf", "allowance", "transfer",
    "transferFrom", "approve", "permit", "nonces", "DOMAIN_SEPARATOR",
}  # fmt: skip
OPTIONS = {
    "balanceOf", "allowance", "isOperator", "transfer", "transferFrom", "approve", "setOperator",
    "supportsInterface",
}  # fmt: skip
OPEN = {
    "vault": OWNABLE | SHARES | {"high_water"},
    "book": OWNABLE | OPTIONS | {"series_id"},
    "hedger": OWNABLE,
    "venue": {"owner", "transfer_ownership", "exchange_funding_rate"},
}
"""Entries that anyone may call in the middle of a call; none of them calls anybody."""


@contextmanager
def held_lock(address: bytes) -> Iterator[set[int]]:
    """The contract's lock reads as held; yields the slots that were read of it."""
    original = CancunState.get_transient_storage
    read = set()

    def get(state, owner, slot):
        if owner != address:
            return original(state, owner, slot)
        read.add(slot)
        return HELD if slot == LOCK else original(state, owner, slot)

    CancunState.get_transient_storage = get
    try:
        yield read
    finally:
        CancunState.get_transient_storage = original


def is_locked(chain, contract, selector: str) -> bool:
    """Whether the entry looks at the lock, and then reverts without a reason."""
    data = keccak(text=selector)[:4] + ANYTHING
    reason = None
    with held_lock(to_canonical_address(contract.address)) as read:
        try:
            chain.provider.web3.eth.call({"to": contract.address, "data": data, "gas": 10**7})
        except TransactionFailed as error:
            reason = str(error)
    if not read:
        return False
    assert read == {LOCK} and reason == "execution reverted: b''", (selector, read, reason)
    return True


@pytest.mark.parametrize("part", OPEN)
def test_entries__lock_is_held__are_shut_but_for_those_that_call_nobody(chain, system, part):
    contract = getattr(system, part)
    methods = [*contract.contract_type.view_methods, *contract.contract_type.mutable_methods]
    selectors = {method.selector for method in methods}
    assert {
        one.partition("(")[0] for one in selectors if not is_locked(chain, contract, one)
    } == OPEN[part]


def test_held_lock__afterwards__is_free(chain, system):
    """What the tests above find shut is open again."""
    assert is_locked(chain, system.vault, "totalAssets()")
    assert system.vault.totalAssets() > 0
