"""Twin of contracts/modules/vol_surface.vy, bit for bit: the volatility of one strike."""

from ballast.units import WAD, clamp, trunc_div

Y_MAX = 25 * 10**17


def vol(
    ln_strike_forward: int,
    root_t: int,
    atm_vol: int,
    skew: int,
    smile: int,
    vol_min: int,
    vol_max: int,
) -> int:
    """Volatility [wad] at ln(strike / forward) [Q64]; root_t [Q64], the others [wad]."""
    deviation = max(atm_vol * root_t // WAD, 1)
    y = clamp(trunc_div(ln_strike_forward * WAD, deviation), -Y_MAX, Y_MAX)
    factor = WAD + trunc_div(skew * y + smile * (y * y // WAD), WAD)
    return clamp(atm_vol * max(factor, 0) // WAD, vol_min, vol_max)
