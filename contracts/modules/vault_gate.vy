# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title vault_gate
@license AGPL-3.0-only
@notice Whether deposits and withdrawals are open, and how much of each there is room for.
@dev Stateful: owns the cap of deposits. Judges a snapshot of `vault_value` and reads nothing else
     from outside. Its reasons begin with `vault:`. [asset]
"""

from ..interfaces import IBreaker
from ..interfaces import IVault
from . import redemptions
from . import refusal
from . import solvency
from . import vault_value as value
from . import vault_wiring

uses: redemptions
uses: value
uses: vault_wiring

MAX_BASIS: constant(int256) = 10**16  # [wad] beyond it mark or index is wrong: no flow
MAX_DEPOSIT_CAP: constant(uint256) = 10**30  # [asset] keeps `maxMint` far from 2^256

# Most that deposits may bring the net asset value to. [asset]
deposit_cap: public(uint256)


@internal
def _set_deposit_cap(cap: uint256):
    refusal._unless(cap <= MAX_DEPOSIT_CAP, "vault: deposit cap too large")
    self.deposit_cap = cap
    log IVault.DepositCapSet(cap=cap)


@internal
@view
def _check_open(snapshot: value.Snapshot, in_any_mode: bool = False):
    reason: String[32] = self._closed_by(snapshot, in_any_mode)
    refusal._unless(len(reason) == 0, reason)


@internal
@view
def _is_open(snapshot: value.Snapshot) -> bool:
    return len(self._closed_by(snapshot)) == 0


@internal
@view
def _closed_by(snapshot: value.Snapshot, in_any_mode: bool = False) -> String[32]:
    """
    @dev What closes instant flow, empty when it is open; first what makes the numbers unfit.
    """
    if vault_wiring.book == empty(address):
        return "vault: not wired"
    if not snapshot.risk.valid:
        return "vault: feed not live"
    if not snapshot.account.valid:
        return "vault: venue not live"
    if snapshot.risk.unsettled:
        return "vault: board not settled"
    if snapshot.risk.moved:
        return "vault: vol just moved"
    if abs(solvency._basis(snapshot.account)) > MAX_BASIS:
        return "vault: basis too wide"
    if in_any_mode:
        return ""
    if not snapshot.status.normal:
        return "vault: reduce-only"
    if snapshot.status.breaches != empty(IBreaker.Breach):
        return "vault: breached"
    return ""


@internal
@view
def _max_deposit(snapshot: value.Snapshot, receiver: address) -> uint256:
    if receiver in [empty(address), self]:
        return 0
    if not self._is_open(snapshot) or not value._is_worth_something(snapshot):
        return 0
    return self._room(snapshot)


@internal
@view
def _room(snapshot: value.Snapshot) -> uint256:
    """
    @dev What deposits may still bring. [asset]
    """
    cap: uint256 = self.deposit_cap
    return cap - min(cap, value._mid(snapshot))


@internal
@view
def _max_withdraw(snapshot: value.Snapshot) -> uint256:
    if not self._is_open(snapshot):
        return 0
    return self._spare(snapshot)


@internal
@view
def _spare(snapshot: value.Snapshot) -> uint256:
    """
    @dev What is free and nobody waits for. [asset]
    """
    free: uint256 = value._free(snapshot)
    return free - min(free, value._assets_up(redemptions.waiting, snapshot.low, snapshot.shares))
