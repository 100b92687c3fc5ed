# pragma version 0.4.3
"""
@title Vol surface
@license AGPL-3.0-only
@notice The volatility of one strike from the three numbers of a board.
@dev SPEC "Vol surface": y = clamp(ln(K/F) / (atm sqrt(T)), -2.5, 2.5),
     vol = clamp(atm (1 + skew y + smile y^2), vol_min, vol_max). Signed quotients truncate toward
     zero. [wad] is a number times 10^18, [Q64] one times 2^64. Twin: ballast/vol_surface.py.
"""

WAD: constant(int256) = 10**18
Y_MAX: constant(int256) = 25 * 10**17  # [wad] beyond, the parabola is not to be believed


@internal
@pure
def _vol(
    ln_strike_forward: int256,
    root_t: uint256,
    atm_vol: uint256,
    skew: int256,
    smile: int256,
    vol_min: uint256,
    vol_max: uint256,
) -> uint256:
    """
    @notice Volatility of a strike; the limit of the clamp where the deviation is 0.
    @param ln_strike_forward ln(strike / forward). [Q64]
    @param root_t Square root of the tenor in years. [Q64]
    @param atm_vol Volatility at the forward. [wad]
    @param skew Relative change of the volatility per unit of y. [wad]
    @param smile Relative change of the volatility per unit of y^2. [wad]
    @return [wad]
    """
    # At least 1, so that an expiring board clamps instead of dividing by zero.
    deviation: int256 = convert(max(atm_vol * root_t // 10**18, 1), int256)
    y: int256 = ln_strike_forward * WAD // deviation
    y = min(max(y, -Y_MAX), Y_MAX)
    factor: int256 = WAD + (skew * y + smile * (y * y // WAD)) // WAD
    vol: uint256 = atm_vol * convert(max(factor, 0), uint256) // 10**18
    return min(max(vol, vol_min), vol_max)
