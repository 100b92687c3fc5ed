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
LARGEST: constant(uint256) = 2**160 - 1  # [wad] of a value that is remembered, 10^48

# What an accrual writes, and what it needs in any case: high-water mark [wad] (160) | management
# (64) | time of the last accrual [unix s] (32).
mark: uint256
# What only gains and shares that are issued need: performance (96) | recipient (160).
gains: uint256


@deploy
def __init__(terms: IVault.Fees):
    self.mark = wad.WAD << 96
    self._set(terms)


@external
@view
def high_water() -> uint256:
    """
    @notice Highest value of a share at an accrual.
    @return Value. [wad] of its start
    """
    return self._high_water()


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
    self.mark = self._high_water() << 96 | terms.management << 32 | block.timestamp
    self.gains = terms.performance << 160 | convert(terms.recipient, uint256)
    log IVault.FeesSet(fees=terms)


@internal
@view
def _terms() -> IVault.Fees:
    return IVault.Fees(
        performance=self.gains >> 160,
        management=self._management(self.mark),
        recipient=self._recipient(),
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
    mark: uint256 = self.mark
    elapsed: uint256 = block.timestamp - max(mark & (2**32 - 1), since)
    fee: uint256 = worth * self._management(mark) * elapsed // (wad.YEAR * wad.WAD)
    value: uint256 = self._value(worth, shares, base)
    high: uint256 = mark >> 96
    if value > high:
        fee += (value - high) * shares // (base * wad.WAD) * (self.gains >> 160) // wad.WAD
    fee = min(fee, worth // 2)
    return wad._mul_div_down(fee, shares, worth + 1 - fee)


@internal
def _book(worth: uint256, shares: uint256, base: uint256):
    """
    @dev After the fee shares are issued, `shares` with them.
    """
    high: uint256 = min(self._value(worth, shares, base), LARGEST)
    if shares != base:  # else nobody held a share: whoever comes begins here
        high = max(high, self._high_water())
    self.mark = high << 96 | self._management(self.mark) << 32 | block.timestamp


@internal
@view
def _high_water() -> uint256:
    return self.mark >> 96


@internal
@view
def _recipient() -> address:
    return convert(self.gains & (2**160 - 1), address)


@internal
@pure
def _value(worth: uint256, shares: uint256, base: uint256) -> uint256:
    """
    @dev Of a share: (worth + 1)·base/shares. [wad] of its start
    """
    return (worth + 1) * base * wad.WAD // shares


@internal
@pure
def _management(mark: uint256) -> uint256:
    return (mark >> 32) & (2**64 - 1)
