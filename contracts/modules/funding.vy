# pragma version 0.4.3
"""
@title funding
@license AGPL-3.0-only
@notice Continuous funding: longs pay shorts the clamped premium of the mark over the index, once a
     period.
@dev Prices are [USD wad], rates [wad], sizes [ETH wad], + is long. Stateless; twin:
     ballast/funding.py. The accumulator is a price times seconds and is never divided when it
     grows, so that any number of accruals over a stretch of time equals one. Signed division
     truncates toward zero.
"""

from . import fixed_point
from . import wad


struct Accrual:
    index: uint256  # last good price [USD wad]
    index_at: uint256  # when the feed said so [unix s]
    at: uint256  # accrued up to here [unix s]
    accumulator: int256  # Σ premium · seconds since the start [USD wad · s]
    ema_year: int256  # moving average of the yearly rate [wad]


@internal
@pure
def _premium(mark: uint256, index: uint256, cap: uint256) -> int256:
    """
    @return mark − index within ±cap·index: what a long pays per ETH and period. [USD wad]
    """
    limit: int256 = convert(wad._mul_down(index, cap), int256)
    gap: int256 = convert(mark, int256) - convert(index, int256)
    return min(max(gap, -limit), limit)


@internal
@pure
def _rate(premium: int256, index: uint256, period: uint256, span: uint256) -> int256:
    """
    @return What longs pay over `span` seconds, per notional. [wad]
    """
    return (premium * convert(wad.WAD * span, int256) // convert(index * period, int256))


@internal
@pure
def _accrue(
    state: Accrual, mark: uint256, until: uint256, cap: uint256, period: uint256, half_life: uint256
) -> Accrual:
    """
    @dev `mark` is the mark at `state.index`, and nothing moved between `state.at` and `until`.
    """
    after: Accrual = state
    if until == state.at:
        return after
    premium: int256 = self._premium(mark, state.index, cap)
    span: uint256 = until - state.at
    after.accumulator += premium * convert(span, int256)
    after.ema_year = self._ema(
        state.ema_year, self._rate(premium, state.index, period, wad.YEAR), span, half_life
    )
    after.at = until
    return after


@internal
@pure
def _ema(ema: int256, rate: int256, span: uint256, half_life: uint256) -> int256:
    """
    @return rate + (ema − rate)·2^(−span/half_life). [wad]
    """
    halvings: int256 = fixed_point.LN_TWO * convert(span, int256) // convert(half_life, int256)
    return rate + (ema - rate) * fixed_point._exp_neg(halvings) // 2**64


@internal
@pure
def _owed_up(size: int256, growth: int256, period: uint256, scale: uint256) -> int256:
    """
    @dev The one division of the accumulator. A debit rounds up, a credit down.
    @param growth Accumulator since the last settlement. [USD wad · s]
    @return What a position pays, negative when it gets. [asset]
    """
    # size is a wad and so is the price in `growth`: one of the two goes, the other turns into token
    # units.
    return -wad._to_asset_signed_down(-(size * growth), wad.WAD * period * scale)


@internal
@pure
def _exchange_rate(premium: int256, interest: int256, width: int256) -> int256:
    """
    @return F = P + clamp(I − P, ±width), the rate most exchanges publish. [wad]
    """
    return premium + min(max(interest - premium, -width), width)
