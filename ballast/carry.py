"""Twin of contracts/modules/carry.vy, bit for bit: what the funding rate adds to the forward."""

from ballast.fixed_point import exp_neg
from ballast.units import Q64, WAD, YEAR, trunc_div


def growth(tenor: int, rate_ema: int, rate_long: int, reversion: int) -> tuple[int, int]:
    """g [wad] for a tenor [s], and dg/dT [wad] a year, the rate expected at its end; rates and
    reversion [wad] a year, reversion 0 keeps rate_ema."""
    if not reversion:
        return trunc_div(rate_ema * tenor, YEAR), rate_ema
    decay = exp_neg((reversion * tenor << 64) // (WAD * YEAR))
    gap = rate_ema - rate_long
    g = trunc_div(rate_long * tenor, YEAR) + trunc_div(gap * (Q64 - decay) * WAD, reversion * Q64)
    return g, rate_long + trunc_div(gap * decay, Q64)
