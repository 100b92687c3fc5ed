# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title policy
@license AGPL-3.0-only
@notice The parameters of the hedger: their hard bounds, and five storage words that hold them.
@dev Stateful. A hedge needs all of them, and a cold word costs 2,100 gas whatever is in it. The
     bounds are what makes each fit:
     shape     = risk aversion << 128 | smallest share << 64 | largest share
     pace      = min_hedge << 128 | max_interval << 1 | to_centre
     execution = share of depth << 192 | adverse bound << 128 | order life << 96 | reward cap
     health    = floor << 128 | z·√horizon << 64 | vol floor
     transfers = z << 160 | horizon << 128 | trigger << 64 | ceiling
     Units are those of the structs in IHedger.
"""

from ..interfaces import IHedger
from . import wad

YEAR: constant(uint256) = 31_536_000  # [s]
LOW_64: constant(uint256) = 2**64 - 1
LOW_32: constant(uint256) = 2**32 - 1
LOW_96: constant(uint256) = 2**96 - 1
LOW_128: constant(uint256) = 2**128 - 1

shape: uint256
pace: uint256
execution_word: uint256
health: uint256
transfers: uint256


@external
@view
def band() -> IHedger.Band:
    """
    @notice When a hedge is due.
    @return See `IHedger.Band`.
    """
    return self._band()


@external
@view
def execution() -> IHedger.Execution:
    """
    @notice What a hedge may cost.
    @return See `IHedger.Execution`.
    """
    return self._execution()


@external
@view
def margin() -> IHedger.Margin:
    """
    @notice How much margin a position has.
    @return See `IHedger.Margin`.
    """
    return self._margin()


@internal
@view
def _params() -> IHedger.Params:
    return IHedger.Params(band=self._band(), execution=self._execution(), margin=self._margin())


@internal
@view
def _band() -> IHedger.Band:
    word: uint256 = self.shape
    other: uint256 = self.pace
    return IHedger.Band(
        risk_aversion=word >> 128,
        min_share=(word >> 64) & LOW_64,
        max_share=word & LOW_64,
        min_hedge=other >> 128,
        max_interval=(other & LOW_128) >> 1,
        to_centre=other & 1 == 1,
    )


@internal
@view
def _execution() -> IHedger.Execution:
    word: uint256 = self.execution_word
    return IHedger.Execution(
        max_share=word >> 192,
        max_adverse=(word >> 128) & LOW_64,
        order_life=(word >> 96) & LOW_32,
        reward_cap=word & LOW_96,
    )


@internal
@view
def _margin() -> IHedger.Margin:
    word: uint256 = self.health
    other: uint256 = self.transfers
    return IHedger.Margin(
        floor=word >> 128,
        deviations=other >> 160,
        horizon=(other >> 128) & LOW_32,
        vol_floor=word & LOW_64,
        trigger=(other >> 64) & LOW_64,
        ceiling=other & LOW_64,
    )


@internal
@view
def _with_target(account: IHedger.HedgeAccount) -> IHedger.HedgeAccount:
    """
    @dev The account with all that its margin target is made of but the venue's maintenance ratio.
    """
    after: IHedger.HedgeAccount = account
    word: uint256 = self.health
    after.margin_floor = word >> 128
    after.margin_per_vol = (word >> 64) & LOW_64
    after.vol_floor = word & LOW_64
    return after


@internal
def _set_band(band: IHedger.Band):
    assert band.risk_aversion >= wad.WAD, "policy: risk aversion under 1"
    assert band.risk_aversion <= 10**6 * wad.WAD, "policy: risk aversion over 1e6"
    assert band.min_share <= band.max_share, "policy: bad band shares"
    assert band.max_share <= wad.WAD, "policy: band share over 100%"
    assert band.min_hedge > 0, "policy: min hedge is zero"
    assert band.min_hedge <= 1_000 * wad.WAD, "policy: min hedge over 1,000 ETH"
    assert band.max_interval >= 60, "policy: interval under a minute"
    assert band.max_interval <= YEAR, "policy: interval over a year"
    self.shape = band.risk_aversion << 128 | band.min_share << 64 | band.max_share
    self.pace = band.min_hedge << 128 | band.max_interval << 1 | convert(band.to_centre, uint256)
    log IHedger.BandSet(band=band)


@internal
def _set_execution(execution: IHedger.Execution, unit: uint256):
    """
    @param unit Of the token. [asset]
    """
    assert execution.max_share > 0, "policy: share of depth is zero"
    assert execution.max_share <= wad.WAD // 10, "policy: share of depth over 10%"
    assert execution.max_adverse > 0, "policy: adverse bound is zero"
    assert execution.max_adverse <= wad.WAD // 5, "policy: adverse bound over 20%"
    assert execution.order_life <= 3_600, "policy: order life over an hour"
    assert execution.reward_cap <= 100 * unit, "policy: reward cap over 100"
    self.execution_word = (
        execution.max_share << 192
        | execution.max_adverse << 128
        | execution.order_life << 96
        | execution.reward_cap
    )
    log IHedger.ExecutionSet(execution=execution)


@internal
def _set_margin(margin: IHedger.Margin):
    assert margin.floor >= wad.WAD // 20, "policy: margin floor under 5%"
    assert margin.floor <= wad.WAD, "policy: margin floor over 100%"
    assert margin.deviations <= 20 * wad.WAD, "policy: z over 20"
    assert margin.horizon <= 604_800, "policy: horizon over a week"
    assert margin.vol_floor <= 5 * wad.WAD, "policy: vol floor over 500%"
    assert margin.trigger <= wad.WAD, "policy: trigger over the target"
    assert margin.ceiling >= wad.WAD, "policy: ceiling under the target"
    assert margin.ceiling <= 10 * wad.WAD, "policy: ceiling over 10"
    per_vol: uint256 = self._per_vol(margin.deviations, margin.horizon)
    self.health = margin.floor << 128 | per_vol << 64 | margin.vol_floor
    self.transfers = (
        margin.deviations << 160 | margin.horizon << 128 | margin.trigger << 64 | margin.ceiling
    )
    log IHedger.MarginSet(margin=margin)


@internal
@pure
def _per_vol(deviations: uint256, horizon: uint256) -> uint256:
    """
    @dev z·√(horizon in years); 2.8 at the bounds. [wad]
    """
    return wad._mul_up(deviations, isqrt(horizon * wad.WAD // YEAR * wad.WAD))
