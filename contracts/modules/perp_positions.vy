# pragma version 0.4.3
"""
@title perp_positions
@license AGPL-3.0-only
@notice The accounts of the perpetual venue: one position each, its funding, its equity, its
     liquidation.
@dev Units are in brackets: [asset] token units, [wad] 1e18. Sizes are ETH [wad], + is long. Whoever
     writes has touched the market before: the stored index and accumulator are those of now.
"""

from ..interfaces import IPerpMarket
from . import funding
from . import order
from . import perp_ledger
from . import virtual_market
from . import wad

uses: perp_ledger
uses: virtual_market


struct Position:
    size: int256  # [ETH wad]
    cost: int256  # what the trader paid for it less what he got, + for a long as a rule [USD wad]
    entry: int256  # funding accumulator at the last settlement [USD wad · s]


struct Holding:
    size: int256  # [ETH wad]
    cost: int256  # [USD wad]
    margin: uint256  # [asset]
    available: uint256  # what the fund can pay to new profits [asset]


struct Fill:
    size_after: int256  # [ETH wad]
    notional: uint256  # [USD wad]
    realised: int256  # profit of what was closed [asset]


struct Health:
    at_index: int256  # equity marked at the index [USD wad]
    at_exit: int256  # equity if closed now [USD wad]
    index_value: uint256  # |value| at the index [USD wad]
    exit_value: uint256  # |value| if closed now [USD wad]


positions: HashMap[address, Position]


@internal
def _settle_funding(who: address):
    """
    @notice Book the funding of `who` to now. `_holding` is its view.
    """
    position: Position = self.positions[who]
    accumulator: int256 = virtual_market.accrual.accumulator
    owed: int256 = self._owed(position, accumulator)
    self.positions[who].entry = accumulator
    self._book(who, -owed)
    if owed != 0:
        log IPerpMarket.FundingSettled(account=who, amount=owed)


@internal
def _fill(who: address, size_delta: int256) -> Fill:
    """
    @notice Move the curve by `size_delta`: what closes is realised, what opens adds to the cost.
    @dev Nothing is booked yet.
    """
    before: Position = self.positions[who]
    index: uint256 = virtual_market.accrual.index
    paid: int256 = virtual_market._exchange(size_delta, index)
    closed: int256 = order._closing_part(size_delta, before.size)
    closed_paid: int256 = 0
    closed_cost: int256 = 0
    if closed != 0:
        closed_paid = virtual_market._exchange(closed, index)
        closed_cost = before.cost * closed // -before.size

    after: int256 = before.size + size_delta
    self.positions[who].size = after
    self.positions[who].cost = before.cost + paid - closed_paid - closed_cost
    virtual_market._resize(before.size, after)
    return Fill(
        size_after=after,
        notional=wad._abs(paid),
        realised=wad._to_asset_signed_down(-closed_paid - closed_cost, perp_ledger.SCALE),
    )


@internal
def _book(who: address, flow: int256):
    """
    @notice Pay `flow` from the fund, or take −`flow` for it. [asset]
    @dev What the margin cannot pay stays in the cost of the position; when none is left the fund
         has lost it.
    """
    if flow >= 0:
        perp_ledger._pay(who, convert(flow, uint256))
        return

    unpaid: uint256 = perp_ledger._take(who, convert(-flow, uint256))
    if unpaid != 0:
        carried: bool = self.positions[who].size != 0
        if carried:
            self.positions[who].cost += convert(unpaid * perp_ledger.SCALE, int256)
        log IPerpMarket.DeficitBooked(account=who, amount=unpaid, carried=carried)


@internal
@view
def _owed(position: Position, accumulator: int256) -> int256:
    """
    @return Funding due, negative when the position gets it. [asset]
    """
    return funding._owed_up(
        position.size,
        accumulator - position.entry,
        virtual_market.CONFIG.period,
        perp_ledger.SCALE,
    )


@internal
@view
def _holding(who: address, accumulator: int256) -> Holding:
    """
    @return What `who` has once funding is settled up to `accumulator`.
    """
    position: Position = self.positions[who]
    margin: uint256 = perp_ledger.margin_of[who]
    owed: int256 = self._owed(position, accumulator)
    if owed > 0:
        taken: uint256 = min(convert(owed, uint256), margin)
        carried: uint256 = convert(owed, uint256) - taken
        return Holding(
            size=position.size,
            cost=position.cost + convert(carried * perp_ledger.SCALE, int256),
            margin=margin - taken,
            available=perp_ledger._available(taken),
        )
    available: uint256 = perp_ledger._available(0)
    paid: uint256 = min(convert(-owed, uint256), available)
    return Holding(
        size=position.size,
        cost=position.cost,
        margin=margin + paid,
        available=available - paid,
    )


@internal
@view
def _health(holding: Holding, index: uint256) -> Health:
    """
    @dev Profit at exit counts only as far as the fund can pay it.
    """
    stake: int256 = convert(holding.margin * perp_ledger.SCALE, int256)
    backing: int256 = convert(holding.available * perp_ledger.SCALE, int256)
    at_index: int256 = wad._mul_signed(holding.size, convert(index, int256))
    at_exit: int256 = -virtual_market._exchange(-holding.size, index)
    return Health(
        at_index=stake + at_index - holding.cost,
        at_exit=stake + min(at_exit - holding.cost, backing),
        index_value=wad._mul_up(wad._abs(holding.size), index),
        exit_value=wad._abs(at_exit),
    )


@internal
@view
def _spare(holding: Holding, index: uint256) -> int256:
    """
    @return The worst of both equities and the margin, less the initial margin. [USD wad]
    """
    health: Health = self._health(holding, index)
    stake: int256 = convert(holding.margin * perp_ledger.SCALE, int256)
    required: uint256 = wad._mul_up(health.index_value, virtual_market.CONFIG.imr)
    return min(min(health.at_index, health.at_exit), stake) - convert(required, int256)


@internal
@view
def _free(holding: Holding, index: uint256) -> uint256:
    """
    @return Margin that may be withdrawn. [asset]
    """
    spare: uint256 = convert(max(self._spare(holding, index), 0), uint256)
    return wad._to_asset_down(spare, perp_ledger.SCALE)


@internal
@view
def _liquidation_size(size: int256, health: Health) -> int256:
    """
    @notice Order that brings E/N back to the initial ratio t: notional x = (t·N − E)/(t − ℓ), E and
         N at exit.
    @dev Everything when E ≤ ℓ·N + slippage, or when less than the smallest position would be left.
    @return 0 when the position is healthy. [ETH wad]
    """
    config: IPerpMarket.Config = virtual_market.CONFIG
    maintenance: uint256 = wad._mul_up(health.index_value, config.mmr)
    if max(health.at_index, health.at_exit) >= convert(maintenance, int256):
        return 0

    index: uint256 = virtual_market.accrual.index
    held: uint256 = wad._abs(size)
    n: uint256 = health.exit_value
    at_mark: uint256 = wad._mul_up(held, virtual_market._mark(virtual_market._net(), index))
    slippage: uint256 = max(at_mark, n) - min(at_mark, n)
    target: int256 = convert(wad._mul_up(n, config.imr), int256)
    too_low: int256 = convert(wad._mul_up(n, config.liquidation_fee) + slippage, int256)
    if health.at_exit <= too_low or health.at_exit >= target:
        return -size

    missing: uint256 = convert(target - health.at_exit, uint256)
    x: uint256 = wad._div_up(missing, config.imr - config.liquidation_fee)
    closed: uint256 = virtual_market._size_to_close(size > 0, x, index)
    if closed + config.min_position > held:
        return -size
    return -convert(closed, int256) if size > 0 else convert(closed, int256)


@internal
@view
def _liquidation_price(holding: Holding) -> uint256:
    """
    @return Index p with margin + size·p − cost = mmr·|size|·p, 0 when there is none. [USD wad]
    """
    gap: int256 = holding.cost - convert(holding.margin * perp_ledger.SCALE, int256)
    maintenance: uint256 = wad._mul_down(wad._abs(holding.size), virtual_market.CONFIG.mmr)
    slope: int256 = holding.size - convert(maintenance, int256)
    if slope == 0 or (gap > 0) != (slope > 0):
        return 0
    return wad._div_down(wad._abs(gap), wad._abs(slope))
