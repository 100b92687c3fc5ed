# pragma version 0.4.3
"""
@title fees
@license AGPL-3.0-only
@notice What managing the vault costs its holders, in new shares: a part of gains above the highest
     value that a share has had, and a part of what is managed, by time.
@dev Stateful: owns rates, recipient, high-water mark and the time of the last accrual; issues no
     share itself. `worth` is low NAV [asset], `shares` the supply with the virtual shares, `base` the
     virtual shares behind one token unit, so that a share starts at a value of 1 [wad].
"""

from ..interfaces import IVault
from . import refusal
from . import wad

MAX_PERFORMANCE: constant(uint256) = 3 * wad.WAD // 10  # [wad] of gains
MAX_MANAGEMENT: constant(uint256) = wad.WAD // 20  # [wad] a year

# performance << 128 | management << 64 | time of the last accrual [unix s]
word: uint256
recipient: address
# Highest value of a share at an accrual. [wad] of its start
high_water: public(uint256)


@deploy
def __init__(terms: IVault.Fees):
    self.high_water = wad.WAD
    self._set(terms)


@internal
def _set(terms: IVault.Fees):
    """
    @dev Accrue before: what was earned was earned at the rates of then.
    """
    refusal._unless(terms.performance <= MAX_PERFORMANCE, "fees: performance over 30%")
    refusal._unless(terms.management <= MAX_MANAGEMENT, "fees: management over 5%")
    is_free: bool = terms.performance == 0 and terms.management == 0
    refusal._unless(is_free or terms.recipient != empty(address), "fees: no recipient")
    refusal._unless(terms.recipient != self, "fees: recipient is the vault")
    self.word = terms.performance << 128 | terms.management << 64 | block.timestamp
    self.recipient = terms.recipient
    log IVault.FeesSet(fees=terms)


@internal
@view
def _terms() -> IVault.Fees:
    return IVault.Fees(
        performance=self._performance(self.word),
        management=self._management(self.word),
        recipient=self.recipient,
    )


@internal
@view
def _due(worth: uint256, shares: uint256, base: uint256, since: uint256) -> uint256:
    """
    @dev fee = worth·management·time + max(0, value − high-water)·shares·performance, and as shares
         fee·shares/(worth + 1 − fee), all down. Time before `since` is not charged. [shares]
    """
    if shares == base:
        return 0
    word: uint256 = self.word
    elapsed: uint256 = block.timestamp - max(self._accrued_at(word), since)
    fee: uint256 = worth * self._management(word) * elapsed // (wad.YEAR * wad.WAD)
    value: uint256 = self._value(worth, shares, base)
    gain: uint256 = value - min(value, self.high_water)
    fee += gain * shares // (base * wad.WAD) * self._performance(word) // wad.WAD
    fee = min(fee, worth // 2)
    return wad._mul_div_down(fee, shares, worth + 1 - fee)


@internal
def _book(worth: uint256, shares: uint256, base: uint256):
    """
    @dev After the fee shares are issued, `shares` with them.
    """
    self.word = self.word >> 64 << 64 | block.timestamp
    value: uint256 = self._value(worth, shares, base)
    if shares == base:
        self.high_water = value  # nobody held a share: whoever comes begins here
    else:
        self.high_water = max(self.high_water, value)


@internal
@pure
def _value(worth: uint256, shares: uint256, base: uint256) -> uint256:
    """
    @dev Of a share: (worth + 1)·base/shares. [wad] of its start
    """
    return (worth + 1) * base * wad.WAD // shares


@internal
@pure
def _performance(word: uint256) -> uint256:
    return word >> 128


@internal
@pure
def _management(word: uint256) -> uint256:
    return (word >> 64) & (2**64 - 1)


@internal
@pure
def _accrued_at(word: uint256) -> uint256:
    return word & (2**64 - 1)
