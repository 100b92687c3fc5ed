# pragma version 0.4.3
"""
@title admission
@license AGPL-3.0-only
@notice What may be listed and sold, and how far vols may move: each rule with a reason of its own.
@dev Stateless. Source: docs/SPEC.md, the rules named below.
"""

from ..interfaces import IHedger
from ..interfaces import IOptionBook
from ..interfaces import IPricer
from ..interfaces import IVault
from . import packing
from . import solvency
from . import wad

MAX_SHAPE: constant(int256) = 2 * 10**18  # [wad] of skew and smile: keeps the pricing in range
HOUR: constant(uint256) = 3_600  # [s]
LARGE: constant(uint256) = 10  # a step over 1/10 of an hour's is large


@internal
@pure
def _check_board(
    limits: IPricer.Limits, now: uint256, expiry: uint256, surface: IOptionBook.Surface
):
    """
    @dev SPEC-B1: what may be listed.
    """
    assert expiry > now + limits.cutoff, "admission: expiry too near"
    assert expiry <= now + limits.max_tenor, "admission: expiry too far"
    self._check_surface(limits, surface)


@internal
@pure
def _check_surface(limits: IPricer.Limits, surface: IOptionBook.Surface):
    assert surface.atm_vol >= limits.vol_min, "admission: vol too low"
    assert surface.atm_vol <= limits.vol_max, "admission: vol too high"
    assert abs(surface.skew) <= MAX_SHAPE, "admission: skew out of range"
    assert abs(surface.smile) <= MAX_SHAPE, "admission: smile out of range"


@internal
@pure
def _check_step(
    limits: IPricer.Limits, old: IOptionBook.Surface, new: IOptionBook.Surface, elapsed: uint256
) -> bool:
    """
    @dev SPEC-B12: an hour's step an hour, and no more at once however long the vols stood: a key in
         the wrong hands must not move them to their bounds. Skew and smile count by what they do to
         a vol of 1.00 at the far end of the surface, y = ±2.5. Returns whether the step is large.
    """
    atm: uint256 = max(old.atm_vol, new.atm_vol) - min(old.atm_vol, new.atm_vol)
    skew: uint256 = wad._abs(new.skew - old.skew) * 5 // 2
    smile: uint256 = wad._abs(new.smile - old.smile) * 25 // 4
    step: uint256 = max(atm, max(skew, smile))
    assert step <= limits.vol_step * min(elapsed, HOUR) // HOUR, "admission: vol step too large"
    return step > limits.vol_step // LARGE


@internal
@pure
def _check_cutoff(cutoff: uint256, now: uint256, id: uint256):
    """
    @dev SPEC-B5, SPEC-B11: in the last hours a stale index is worth more than all charges, to who
         buys and to who sells.
    """
    assert now + cutoff <= packing._expiry(id), "admission: inside the cutoff"


@internal
@pure
def _check_order(limits: IPricer.Limits, now: uint256, order: IPricer.Order):
    """
    @dev SPEC-B5: what may be asked for.
    """
    self._check_cutoff(limits.cutoff, now, order.id)
    assert order.amount >= limits.min_size, "admission: below minimum size"


@internal
@pure
def _check_sale(
    limits: IPricer.Limits,
    stress: IPricer.Stress,
    vega_cap: uint256,
    order: IPricer.Order,
    sale: IPricer.Sale,
):
    """
    @dev SPEC-B5 and SPEC-B6: what may be sold, and what the book may be after it.
    """
    each: uint256 = wad._abs(sale.delta)
    assert each >= limits.min_delta, "admission: delta too small"
    assert each <= limits.max_delta, "admission: delta too large"
    after: IOptionBook.Risk = sale.after
    assert wad._abs(after.vega) <= vega_cap, "admission: over vega cap"
    largest: uint256 = max(
        wad._abs(after.delta), max(wad._abs(after.up_delta), wad._abs(after.down_delta))
    )
    room: uint256 = min(stress.hedge_cap, self._venue_room(order.account))
    assert largest <= room, "admission: over hedge cap"
    ledger: IVault.Ledger = order.ledger
    ledger.cash += sale.quote.premium
    nav: int256 = solvency._nav_low(ledger, after, order.account)
    allowed: int256 = wad._mul_signed(nav, convert(stress.max_loss, int256))
    assert solvency._stress_loss(after) <= allowed, "admission: over stress loss"
    free: int256 = solvency._free_liquidity(ledger, after, order.account)
    assert free >= 0, "admission: over free liquidity"


@internal
@pure
def _venue_room(account: IHedger.HedgeAccount) -> uint256:
    """
    @dev Largest hedge that the venue's limits allow on the side where they allow less, the position
         held included.
    """
    long_room: int256 = convert(account.max_buy, int256) + account.size
    short_room: int256 = convert(account.max_sell, int256) - account.size
    return convert(max(0, min(long_room, short_room)), uint256)
