# pragma version 0.4.3
"""
@title Carry
@license AGPL-3.0-only
@notice What the funding rate adds to the forward up to an expiry.
@dev SPEC "Pricing": the rate a year starts at its average now, f_ema, and reverts to the long-run
     f_long at speed kappa: f(t) = f_long + (f_ema - f_long) e^(-kappa t). kappa = 0 keeps f_ema.
     Rates are [wad] a year. Signed quotients truncate toward zero. Twin: ballast/carry.py.
"""

from . import fixed_point

WAD: constant(int256) = 10**18
ONE: constant(int256) = 2**64  # [Q64]
YEAR: constant(int256) = 31_536_000  # [s]


@internal
@pure
def _growth(
    tenor: uint256, rate_ema: int256, rate_long: int256, reversion: uint256
) -> (int256, int256):
    """
    @notice g, the integral of the rate: f_long T + (f_ema - f_long) (1 - e^(-kappa T)) / kappa;
            and dg/dT, the rate expected at the end of the tenor.
    @dev Error of g: 2 wei and |f_ema - f_long| * 2e-19 / kappa.
    @param tenor Time to expiry. [s]
    @param rate_ema Average funding rate now. [wad]
    @param rate_long Rate it reverts to. [wad]
    @param reversion kappa, per year. [wad]
    @return g [wad], dg/dT [wad] a year
    """
    seconds: int256 = convert(tenor, int256)
    if reversion == 0:
        return rate_ema * seconds // YEAR, rate_ema
    kappa: int256 = convert(reversion, int256)
    decay: int256 = fixed_point._exp_neg((kappa * seconds << 64) // (WAD * YEAR))
    gap: int256 = rate_ema - rate_long
    g: int256 = rate_long * seconds // YEAR + gap * (ONE - decay) * WAD // (kappa * ONE)
    return g, rate_long + gap * decay // ONE
