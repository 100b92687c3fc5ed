# pragma version 0.4.3
"""
@title AdmissionHarness
@license AGPL-3.0-only
@notice Opens the module admission to tests: shows it sales at the very edge of the limits.
"""

from ..interfaces import IPricer
from ..modules import admission


@external
@pure
def check_sale(
    limits: IPricer.Limits,
    stress: IPricer.Stress,
    vega_cap: uint256,
    order: IPricer.Order,
    sale: IPricer.Sale,
):
    admission._check_sale(limits, stress, vega_cap, order, sale)
