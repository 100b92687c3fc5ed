# pragma version 0.4.3
"""
@title Redemptions harness
@license AGPL-3.0-only
@notice Opens the redemption pool to tests.
@dev Units as in the module.
"""

from contracts.modules import redemptions

initializes: redemptions


@deploy
def __init__():
    redemptions.__init__()


@external
def add(who: address, shares: uint256):
    redemptions._add(who, shares)


@external
def cancel(who: address) -> uint256:
    return redemptions._cancel(who)


@external
def take(who: address, most: uint256):
    redemptions._take(who, most)


@external
def fill(numerator: uint256, denominator: uint256, price: uint256):
    """
    @notice Fill that part of what can be filled, at so many token units a thousand shares.
    """
    self._fill(numerator, denominator, price)


@external
def fill_between(
    first: address, second: address, shares: uint256, numerator: uint256, denominator: uint256
):
    """
    @notice In one block: a request, a fill, another request.
    """
    redemptions._add(first, shares)
    self._fill(numerator, denominator, 1_000)
    redemptions._add(second, shares)


@external
def fill_around(who: address, shares: uint256, numerator: uint256, denominator: uint256):
    """
    @notice In one block: a fill, the first request, all that can still be filled.
    """
    self._fill(numerator, denominator, 1_000)
    redemptions._add(who, shares)
    self._fill(1, 1, 1_000)


@external
def fill_after_take(who: address, numerator: uint256, denominator: uint256):
    """
    @notice In one block: what was filled is taken, then there is another fill.
    """
    redemptions._take(who, max_value(uint256))
    self._fill(numerator, denominator, 1_000)


@external
@view
def state(who: address) -> (uint256, uint256):
    return redemptions._state(who)


@external
@view
def totals() -> (uint256, uint256, uint256):
    """
    @notice Shares that wait, that can be filled now, tokens owed.
    """
    return redemptions.waiting, redemptions._fillable(), redemptions.owed


@internal
def _fill(numerator: uint256, denominator: uint256, price: uint256):
    fillable: uint256 = redemptions._fillable()
    shares: uint256 = fillable * numerator // denominator
    if shares > 0:
        redemptions._fill(fillable, shares, shares * price // 1_000)
