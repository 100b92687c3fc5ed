# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title vault_wiring
@license AGPL-3.0-only
@notice The three contracts that the vault asks, two of which may call its hooks; named once and for
     good.
@dev Stateful: owns their addresses. Its reasons begin with `vault:`.
"""

from snekmate.auth import ownable

from ..interfaces import IBreaker
from ..interfaces import IVault
from . import refusal

uses: ownable

# What was sold; named once by `wire`, as the next two.
book: public(address)
# What offsets it.
hedger: public(address)
# Whether risk may be taken.
breaker: public(IBreaker)


@external
def wire(book: address, hedger: address, breaker: address):
    """
    @notice Name the book, the hedger and the breaker, once and for good.
    @dev SPEC-V1. Only the owner.
    @param book OptionBook of this vault.
    @param hedger Hedger of this vault.
    @param breaker Breaker of this vault.
    """
    ownable._check_owner()
    refusal._unless(self.book == empty(address), "vault: already wired")
    refusal._unless(empty(address) not in [book, hedger, breaker], "vault: wired to zero")
    self.book = book
    self.hedger = hedger
    self.breaker = IBreaker(breaker)
    log IVault.Wired(book=book, hedger=hedger, breaker=breaker)


@internal
@view
def _check_book():
    refusal._unless(msg.sender == self.book, "vault: only the book")


@internal
@view
def _check_hedger():
    refusal._unless(msg.sender == self.hedger, "vault: only the hedger")
