# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Pricer
@license AGPL-3.0-only
@notice What options are worth: the risk of a whole book in one pass, and the quote of a sale.
@dev Pure: no storage, no calls, no owner. It is a contract of its own because the book and its
     prices do not fit under the code limit together. Units are in brackets: [asset] token units,
     [wad] 1e18; USD per ETH [wad], ETH [wad].
"""

from .interfaces import IOptionBook
from .interfaces import IPricer
from .modules import packing
from .modules import quoting
from .modules import risk as book_risk
from .modules import wad

implements: IPricer

MAX_WORDS: constant(uint256) = 136  # 8 boards and 128 live strikes


@external
@pure
def risk(scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS]) -> IOptionBook.Risk:
    """
    @notice Value, greeks and stress of a book. `at` and `valid` are the caller's to fill.
    @dev SPEC-B2.
    @param scene Prices and parameters.
    @param book Words of the book.
    @return See `IOptionBook.Risk`.
    """
    return book_risk._book(book_risk._setting(scene, book_risk.STRESS), book)


@external
@pure
def greeks(scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS]) -> IOptionBook.Risk:
    """
    @notice As `risk`, at half the gas, without the shocks: their fields are 0.
    @dev SPEC-B2.
    @param scene Prices and parameters.
    @param book Words of the book.
    @return See `IOptionBook.Risk`.
    """
    return book_risk._book(book_risk._setting(scene, book_risk.GREEKS), book)


@external
@pure
def delta(scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS]) -> int256:
    """
    @notice The delta of `risk` alone, at a quarter of the gas.
    @dev SPEC-B2.
    @param scene Prices and parameters.
    @param book Words of the book.
    @return Delta of what was sold, the vault's. [ETH wad]
    """
    return book_risk._book(book_risk._setting(scene, book_risk.DELTA), book).delta


@external
@pure
def sale(
    scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS], order: IPricer.Order
) -> IPricer.Sale:
    """
    @notice A book before and after an order, and what the order costs.
    @dev SPEC-B4.
    @param scene Prices and parameters.
    @param book Words of the book.
    @param order What is bought, and the hedge as it stands.
    @return See `IPricer.Sale`.
    """
    s: book_risk.Setting = book_risk._setting(scene, book_risk.STRESS)
    board: book_risk.Board = book_risk._board(s, order.board)
    strike: uint256 = packing._live(packing._id_strike(order.id), 0, 0)
    sold: uint256 = packing._with_sold(strike, packing._is_put(order.id), order.amount)
    made: IPricer.Sale = empty(IPricer.Sale)
    made.before = book_risk._book(s, book)
    sum: book_risk.Sum = book_risk._sum(s, board, [sold], 0, 1)
    made.after = book_risk._close(made.before, sum, s, board)
    made.value = made.after.mid - made.before.mid
    made.quote = self._quote(s, scene, order, made.before, made.after)
    made.delta = -made.quote.delta * 10**18 // convert(order.amount, int256)
    return made


# ------------------------------------------------------------------ internal


@internal
@pure
def _quote(
    s: book_risk.Setting,
    scene: IPricer.Scene,
    order: IPricer.Order,
    before: IOptionBook.Risk,
    after: IOptionBook.Risk,
) -> IOptionBook.Quote:
    """
    @dev n·C(σ) + n·vega·(spread·σ + impact·(u0 + u1)/2) + fee + hedge charge, at the quote's spot.
    """
    rule: IOptionBook.Quoting = scene.quoting
    is_put: bool = packing._is_put(order.id)
    q: IOptionBook.Quote = empty(IOptionBook.Quote)
    q.spot = quoting._spot(scene.price, order.mark, rule.edge, is_put)
    price: uint256 = 0
    vega: uint256 = 0
    strike: uint256 = packing._id_strike(order.id)
    price, vega, q.vol = book_risk._at_spot(s, q.spot, order.board, strike, is_put)
    use: uint256 = wad._div_up(wad._abs(before.vega) + wad._abs(after.vega), rule.vega_cap)
    q.value = wad._mul_up(order.amount, price)
    q.vol_charge = quoting._vol_charge(order.amount, vega, q.vol, rule.spread, rule.impact, use)
    q.fee = quoting._fee(order.amount, q.spot, price, rule.fee)
    q.hedge_charge = quoting._hedge_charge(
        before.delta + order.held,
        after.delta + order.held,
        scene.price,
        order.venue_fee,
        order.depth,
    )
    q.delta = after.delta - before.delta
    total: uint256 = q.value + q.vol_charge + q.fee + q.hedge_charge
    q.premium = max(1, wad._to_asset_up(total, order.scale))
    return q
