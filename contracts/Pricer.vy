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

MAX_WORDS: constant(uint256) = 136  # 8 boards and 128 live series
MAX_SERIES: constant(uint256) = 32  # of a board: 16 strikes, calls and puts


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
    return self._risk(book_risk._setting(scene), scene, book)


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
    s: book_risk.Setting = book_risk._setting(scene)
    surface: IOptionBook.Surface = packing._board_surface(order.board)
    board: book_risk.Board = book_risk._board(s, self._tenor(scene, order.board), surface)
    unit: book_risk.Unit = book_risk._unit(
        s, board, packing._strike(order.id), packing._is_put(order.id)
    )
    made: IPricer.Sale = empty(IPricer.Sale)
    made.before = self._risk(s, scene, book)
    sold: book_risk.Sum = book_risk._add(empty(book_risk.Sum), unit, order.amount)
    made.after = book_risk._close(made.before, sold, s, board)
    made.value = wad._mul_down(order.amount, unit.value)
    made.delta = unit.delta
    made.quote = self._quote(s, scene, board, order, made.before, made.after)
    return made


# ------------------------------------------------------------------ internal


@internal
@pure
def _risk(
    s: book_risk.Setting, scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS]
) -> IOptionBook.Risk:
    total: IOptionBook.Risk = empty(IOptionBook.Risk)
    total.price = scene.price
    total.shock = scene.stress.shock
    board: book_risk.Board = empty(book_risk.Board)
    sum: book_risk.Sum = empty(book_risk.Sum)
    left: uint256 = 0
    for word: uint256 in book:
        if left == 0:
            left = packing._board_count(word)
            board = book_risk._board(s, self._tenor(scene, word), packing._board_surface(word))
            sum = empty(book_risk.Sum)
            total.unsettled = total.unsettled or board.tenor == 0
            continue
        unit: book_risk.Unit = book_risk._unit(
            s, board, packing._strike(word), packing._is_put(word)
        )
        sum = book_risk._add(sum, unit, packing._sold(word))
        left -= 1
        if left == 0:
            total = book_risk._close(total, sum, s, board)
    return total


@internal
@pure
def _tenor(scene: IPricer.Scene, board: uint256) -> uint256:
    """
    @dev To expiry, 0 from then on. [s]
    """
    expiry: uint256 = packing._board_expiry(board)
    return expiry - min(expiry, scene.now)


@internal
@pure
def _quote(
    s: book_risk.Setting,
    scene: IPricer.Scene,
    board: book_risk.Board,
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
    price, vega, q.vol = book_risk._at_spot(
        s, q.spot, board.tenor, board.surface, packing._strike(order.id), is_put
    )
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
