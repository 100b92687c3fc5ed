"""Twin of contracts/modules/vol_surface.vy, bit for bit: the volatility of one strike."""

from typing import NamedTuple

from ballast.units import WAD, clamp, trunc_div

Y_MAX = 25 * 10**17


class Curve(NamedTuple):
    """What all strikes of a board share."""

    atm_vol: int  # [wad]
    skew: int  # [wad]
    smile: int  # [wad]
    vol_min: int  # [wad]
    vol_max: int  # [wad]
    deviation: int  # [Q64]


def curve(atm_vol: int, skew: int, smile: int, vol_min: int, vol_max: int, root_t: int) -> Curve:
    """The curve of a board; root_t [Q64], the others [wad]."""
    return Curve(atm_vol, skew, smile, vol_min, vol_max, max(atm_vol * root_t // WAD, 1))


def vol(curve: Curve, ln_strike_forward: int) -> int:
    """Volatility [wad] at ln(strike / forward) [Q64]."""
    y = clamp(trunc_div(ln_strike_forward * WAD, curve.deviation), -Y_MAX, Y_MAX)
    slope = curve.skew + trunc_div(curve.smile * y, WAD)
    factor = WAD + trunc_div(slope * y, WAD)
    return clamp(trunc_div(curve.atm_vol * factor, WAD), curve.vol_min, curve.vol_max)
