# pragma version 0.4.3
"""
@title Vol surface
@license AGPL-3.0-only
@notice The volatility of one strike from the three numbers of a board.
@dev SPEC "Vol surface": y = clamp(ln(K/F) / (atm sqrt(T)), -2.5, 2.5),
     vol = clamp(atm (1 + skew y + smile y^2), vol_min, vol_max). Signed quotients truncate toward
     zero. [wad] is a number times 10^18, [Q64] one times 2^64. Twin: ballast/vol_surface.py.
"""


struct Curve:
    atm_vol: int256  # volatility at the forward [wad]
    skew: int256  # relative change of the volatility per unit of y [wad]
    smile: int256  # relative change of the volatility per unit of y^2 [wad]
    vol_min: int256  # [wad]
    vol_max: int256  # [wad]
    deviation: int256  # atm sqrt(T), at least 1 [Q64]


WAD: constant(int256) = 10**18
Y_MAX: constant(int256) = 25 * 10**17  # [wad] beyond, the parabola is not to be believed


@internal
@pure
def _curve(
    atm_vol: uint256,
    skew: int256,
    smile: int256,
    vol_min: uint256,
    vol_max: uint256,
    root_t: int256,
) -> Curve:
    """
    @notice What all strikes of a board share; parameters as in `Curve`.
    @param root_t Square root of the tenor in years. [Q64]
    """
    at_money: int256 = convert(atm_vol, int256)
    return Curve(
        atm_vol=at_money,
        skew=skew,
        smile=smile,
        vol_min=convert(vol_min, int256),
        vol_max=convert(vol_max, int256),
        # At least 1, so that an expiring board clamps instead of dividing by zero.
        deviation=max(at_money * root_t // WAD, 1),
    )


@internal
@pure
def _vol(curve: Curve, ln_strike_forward: int256) -> int256:
    """
    @notice Volatility of a strike; the limit of the clamp where the deviation is 0.
    @dev |ln| < 2^8, |skew|, |smile| and all vols < 2^64: no product reaches 2^200.
    @param ln_strike_forward ln(strike / forward). [Q64]
    @return [wad]
    """
    y: int256 = unsafe_div(unsafe_mul(ln_strike_forward, WAD), curve.deviation)
    y = min(max(y, -Y_MAX), Y_MAX)
    slope: int256 = unsafe_add(curve.skew, unsafe_div(unsafe_mul(curve.smile, y), WAD))
    factor: int256 = unsafe_add(WAD, unsafe_div(unsafe_mul(slope, y), WAD))
    vol: int256 = unsafe_div(unsafe_mul(curve.atm_vol, factor), WAD)
    return min(max(vol, curve.vol_min), curve.vol_max)
