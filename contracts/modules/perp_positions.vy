# pragma version 0.4.3
"""
@title perp_positions
@license AGPL-3.0-only
@notice What happens to an account of the perpetual venue: its funding, its trades, its equity, its
     liquidation.
@dev Units are in brackets: [asset] token units, [wad] 1e18. Sizes are ETH [wad], + is long. Nothing
     is stored here: books and market come in, and changed ones go out.
"""

from . import funding
from . import order
from . import perp_ledger
from . import virtual_market
from . import wad

uses: perp_ledger
uses: virtual_market


struct Fill:
    notional: uint256  # [USD wad]
    realised: int256  # profit of what was closed, not booked yet [asset]


struct Health:
    at_index: int256  # equity marked at the index [USD wad]
    at_exit: int256  # equity if closed now [USD wad]
    index_value: uint256  # |value| at the index [USD wad]
    exit_value: uint256  # |value| if closed now [USD wad]


@internal
@view
def _settled(books: perp_ledger.Books, market: virtual_market.Market) -> perp_ledger.Books:
    """
    @notice Book the funding up to the market's accumulator.
    """
    owed: int256 = funding._owed_up(
        books.size,
        market.accrual.accumulator - books.entry,
        virtual_market.CONFIG.period,
        perp_ledger.SCALE,
    )
    after: perp_ledger.Books = perp_ledger._booked(books, -owed)
    after.entry = market.accrual.accumulator
    after.funding = owed
    return after


@internal
@view
def _filled(
    books: perp_ledger.Books, market: virtual_market.Market, size_delta: int256
) -> (perp_ledger.Books, virtual_market.Market, Fill):
    """
    @notice Move the curve by `size_delta`: what closes is realised, what opens adds to the cost.
    """
    paid: int256 = virtual_market._exchange(market, size_delta)
    closed: int256 = order._closing_part(size_delta, books.size)
    closed_paid: int256 = 0
    closed_cost: int256 = 0
    if closed != 0:
        closed_paid = paid if closed == size_delta else virtual_market._exchange(market, closed)
        closed_cost = books.cost * closed // -books.size

    after: perp_ledger.Books = books
    after.size += size_delta
    after.cost += paid - closed_paid - closed_cost
    fill: Fill = Fill(
        notional=wad._abs(paid),
        realised=wad._to_asset_signed_down(-closed_paid - closed_cost, perp_ledger.SCALE),
    )
    return after, virtual_market._resized(market, books.size, after.size), fill


@internal
@view
def _health(books: perp_ledger.Books, market: virtual_market.Market) -> Health:
    """
    @dev Profit at exit counts only as far as the fund can pay it.
    """
    stake: int256 = self._stake(books)
    backing: int256 = convert(perp_ledger._available(books) * perp_ledger.SCALE, int256)
    at_index: int256 = wad._mul_signed(books.size, convert(market.accrual.index, int256))
    at_exit: int256 = -virtual_market._exchange(market, -books.size)
    return Health(
        at_index=stake + at_index - books.cost,
        at_exit=stake + min(at_exit - books.cost, backing),
        index_value=wad._mul_up(wad._abs(books.size), market.accrual.index),
        exit_value=wad._abs(at_exit),
    )


@internal
@view
def _stake(books: perp_ledger.Books) -> int256:
    """
    @return Margin. [USD wad]
    """
    return convert(books.margin * perp_ledger.SCALE, int256)


@internal
@view
def _spare(books: perp_ledger.Books, health: Health) -> int256:
    """
    @return The worst of both equities and the margin, less the initial margin. [USD wad]
    """
    required: uint256 = wad._mul_up(health.index_value, virtual_market.CONFIG.imr)
    worst: int256 = min(min(health.at_index, health.at_exit), self._stake(books))
    return worst - convert(required, int256)


@internal
@view
def _free(books: perp_ledger.Books, health: Health) -> uint256:
    """
    @return Margin that may be withdrawn. [asset]
    """
    spare: uint256 = convert(max(self._spare(books, health), 0), uint256)
    return wad._to_asset_down(spare, perp_ledger.SCALE)


@internal
@pure
def _is_below(health: Health, ratio: uint256) -> bool:
    """
    @return Whether the better of the two equities is less than `ratio` of the position's value.
    """
    least: uint256 = wad._mul_up(health.index_value, ratio)
    return max(health.at_index, health.at_exit) < convert(least, int256)


@internal
@view
def _liquidation_size(
    books: perp_ledger.Books, market: virtual_market.Market, health: Health
) -> int256:
    """
    @notice Order that brings E/N back to the initial ratio t: notional x = (t·N − E)/(t − ℓ), E and
         N at exit.
    @dev Everything when E ≤ ℓ·N + slippage, or when less than the smallest position would be left.
    @return Signed size. [ETH wad]
    """
    held: uint256 = wad._abs(books.size)
    n: uint256 = health.exit_value
    at_mark: uint256 = wad._mul_up(held, virtual_market._mark(market))
    slippage: uint256 = max(at_mark, n) - min(at_mark, n)
    penalty: uint256 = wad._mul_up(n, virtual_market.CONFIG.liquidation_fee)
    target: int256 = convert(wad._mul_up(n, virtual_market.CONFIG.imr), int256)
    if health.at_exit <= convert(penalty + slippage, int256) or health.at_exit >= target:
        return -books.size

    x: uint256 = wad._div_up(
        convert(target - health.at_exit, uint256),
        virtual_market.CONFIG.imr - virtual_market.CONFIG.liquidation_fee,
    )
    closed: uint256 = virtual_market._size_to_close(market, books.size > 0, x)
    if closed + virtual_market.CONFIG.min_position > held:
        return -books.size
    return -convert(closed, int256) if books.size > 0 else convert(closed, int256)


@internal
@view
def _liquidation_prices(
    books: perp_ledger.Books, market: virtual_market.Market
) -> (uint256, uint256):
    """
    @notice Index p at which equity is mmr·|size|·p, marked at the index and valued at exit.
    @dev At exit an anchored curve pays in proportion to the index, a fixed one the same at any.
    @return 0 when there is none. [USD wad]
    """
    debt: int256 = books.cost - self._stake(books)
    index: int256 = convert(market.accrual.index, int256)
    value: int256 = wad._mul_signed(books.size, index)
    at_exit: int256 = -virtual_market._exchange(market, -books.size)
    maintenance: int256 = convert(wad._mul_down(wad._abs(value), virtual_market.CONFIG.mmr), int256)
    by_index: uint256 = self._crossing(debt, value - maintenance, index)
    if virtual_market.CONFIG.anchored:
        return by_index, self._crossing(debt, at_exit - maintenance, index)
    return by_index, self._crossing(debt - at_exit, -maintenance, index)


@internal
@pure
def _crossing(debt: int256, worth: int256, index: int256) -> uint256:
    """
    @return Price p at which worth·p/index, which grows with the index, is `debt`. [USD wad]
    """
    if worth == 0 or debt == 0 or (debt > 0) != (worth > 0):
        return 0
    return wad._mul_div_down(wad._abs(debt), wad._abs(index), wad._abs(worth))
