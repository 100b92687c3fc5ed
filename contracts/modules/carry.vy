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

WAD: constant(uint256) = 10**18
ONE: constant(int256) = 2**64  # [Q64]
YEAR: constant(uint256) = 31_536_000  # [s]


@internal
@pure
def _growth_exponent(
    tenor: uint256, rate_ema: int256, rate_long: int256, reversion: uint256
) -> int256:
    """
    @notice g, the integral of the rate: f_long T + (f_ema - f_long) (1 - e^(-kappa T)) / kappa.
    @dev Error 2 wei and |f_ema - f_long| * 2e-19 / kappa.
    @param tenor Time to expiry. [s]
    @param rate_ema Average funding rate now. [wad]
    @param rate_long Rate it reverts to. [wad]
    @param reversion kappa, per year. [wad]
    @return [wad]
    """
    years: int256 = convert(YEAR, int256)
    if reversion == 0:
        return rate_ema * convert(tenor, int256) // years
    gone: int256 = ONE - self._decay(tenor, reversion)
    return (
        rate_long * convert(tenor, int256) // years
        + (rate_ema - rate_long) * gone * 10**18 // (convert(reversion, int256) * ONE)
    )


@internal
@pure
def _rate_at(tenor: uint256, rate_ema: int256, rate_long: int256, reversion: uint256) -> int256:
    """
    @notice The rate expected at the end of the tenor, dg/dT. Parameters as in `_growth_exponent`.
    @return [wad] a year
    """
    return rate_long + (rate_ema - rate_long) * self._decay(tenor, reversion) // ONE


@internal
@pure
def _decay(tenor: uint256, reversion: uint256) -> int256:
    """
    @notice e^(-kappa T). [Q64]
    """
    exponent: uint256 = fixed_point._wad_to_q64(reversion * tenor) // YEAR
    return convert(fixed_point._exp_neg(exponent), int256)
