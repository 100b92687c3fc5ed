"""Twin of contracts/modules/carry.vy, bit for bit: what the funding rate adds to the forward."""

from ballast.fixed_point import exp_neg, wad_to_q64
from ballast.units import Q64, WAD, YEAR, trunc_div


def growth_exponent(tenor: int, rate_ema: int, rate_long: int, reversion: int) -> int:
    """g [wad] for a tenor [s]; rates and reversion [wad] a year, reversion 0 keeps rate_ema."""
    if not reversion:
        return trunc_div(rate_ema * tenor, YEAR)
    gone = Q64 - _decay(tenor, reversion)
    return trunc_div(rate_long * tenor, YEAR) + trunc_div(
        (rate_ema - rate_long) * gone * WAD, reversion * Q64
    )


def rate_at(tenor: int, rate_ema: int, rate_long: int, reversion: int) -> int:
    """The rate [wad] a year expected at the end of the tenor [s]: dg/dT."""
    return rate_long + trunc_div((rate_ema - rate_long) * _decay(tenor, reversion), Q64)


def _decay(tenor: int, reversion: int) -> int:
    """e^(-kappa T) [Q64]."""
    return exp_neg(wad_to_q64(reversion * tenor) // YEAR)
