# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Pricer
@license AGPL-3.0-only
@notice What options are worth and what may be sold, by parameters that its owner sets within hard
     bounds: the risk of a whole book in one pass, and the quote of a sale or a buy-back.
@dev Calls nothing, and knows nothing of a book but what it is handed. It is a contract of its own
     because the book and its prices do not fit under the code limit together. Units are in
     brackets: [asset] token units, [wad] 1e18; USD per ETH [wad], ETH [wad].
@custom:kill The owner ends sales with limits that no order meets; reads go on.
"""

from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import IOptionBook
from .interfaces import IPricer
from .modules import admission
from .modules import packing
from .modules import parameter_words as words
from .modules import quoting as quotes
from .modules import risk as book_risk
from .modules import wad

implements: IPricer
initializes: ownable
initializes: ownable_2step[ownable := ownable]
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

MAX_WORDS: constant(uint256) = 136  # 8 boards and 128 live strikes
# Hard bounds of the parameters: with them the pricing cannot overflow, and each fits its lane.
MAX_RATE: constant(int256) = 5 * 10**18  # [wad] of funding a year
MAX_REVERSION: constant(uint256) = 100_000 * 10**18  # [wad] per year: half-life of a few minutes
MAX_CAP: constant(uint256) = 10**12 * 10**18  # [ETH wad] or [USD wad per 1.00], as good as none

# Laid out in `parameter_words`.
carry_word: uint256
stress_word: uint256
quoting_word: uint256
limits_word: uint256
sizes_word: uint256
caps_word: uint256


@deploy
def __init__(params: IPricer.Params):
    """
    @notice Create a pricer.
    @param params All parameters.
    """
    ownable.__init__()
    ownable_2step.__init__()
    self._set_carry(params.carry)
    self._set_stress(params.stress)
    self._set_quoting(params.quoting)
    self._set_limits(params.limits)


# ------------------------------------------------------------------ owner


@external
def set_carry(carry_: IPricer.Carry):
    """
    @notice Set where funding is expected to go.
    @dev SPEC-B10. Only the owner.
    @param carry_ See `IPricer.Carry`.
    """
    ownable._check_owner()
    self._set_carry(carry_)


@external
def set_stress(stress_: IPricer.Stress):
    """
    @notice Set the shocks, and what the book may lose and weigh in them.
    @dev SPEC-B10. Only the owner.
    @param stress_ See `IPricer.Stress`.
    """
    ownable._check_owner()
    self._set_stress(stress_)


@external
def set_quoting(quoting_: IPricer.Quoting):
    """
    @notice Set what a quote adds to the mark.
    @dev SPEC-B10. Only the owner.
    @param quoting_ See `IPricer.Quoting`.
    """
    ownable._check_owner()
    self._set_quoting(quoting_)


@external
def set_limits(limits_: IPricer.Limits):
    """
    @notice Set what may be listed and sold.
    @dev SPEC-B10. Only the owner.
    @param limits_ See `IPricer.Limits`.
    """
    ownable._check_owner()
    self._set_limits(limits_)


# ------------------------------------------------------------------ views: the book


@external
@view
def risk(scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS]) -> IOptionBook.Risk:
    """
    @notice Value, greeks and stress of a book. `at` and `valid` are the caller's to fill.
    @dev SPEC-B2.
    @param scene When, and at which price and funding rate.
    @param book Words of the book.
    @return See `IOptionBook.Risk`.
    """
    return book_risk._book(self._setting(scene, book_risk.STRESS), book)


@external
@view
def greeks(scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS]) -> IOptionBook.Risk:
    """
    @notice As `risk`, for less gas, without the shocks: their fields are 0.
    @dev SPEC-B2.
    @param scene When, and at which price and funding rate.
    @param book Words of the book.
    @return See `IOptionBook.Risk`.
    """
    return book_risk._book(self._setting(scene, book_risk.GREEKS), book)


@external
@view
def delta(scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS]) -> int256:
    """
    @notice The delta of `risk` alone, for the least gas.
    @dev SPEC-B2.
    @param scene When, and at which price and funding rate.
    @param book Words of the book.
    @return Delta of what was sold, the vault's. [ETH wad]
    """
    return book_risk._book(self._setting(scene, book_risk.DELTA), book).delta


@external
@view
def sale(
    scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS], order: IPricer.Order
) -> IPricer.Sale:
    """
    @notice A book before and after an order, and what the order costs; reverts when it may not be
         sold.
    @dev SPEC-B4 to SPEC-B6.
    @param scene When, and at which price and funding rate.
    @param book Words of the book.
    @param order What is bought, and the vault and its hedge as they stand.
    @return See `IPricer.Sale`.
    """
    limits: IPricer.Limits = self._limits()
    admission._check_order(limits, scene.now, order)
    rule: IPricer.Quoting = self._quoting()
    s: book_risk.Setting = self._setting(scene, book_risk.STRESS)
    made: IPricer.Sale = empty(IPricer.Sale)
    board: book_risk.Board = book_risk._board(s, order.board)
    made.before = book_risk._book(s, book)
    made.after = self._with_order(s, board, made.before, order)
    made.value = made.after.mid - made.before.mid
    made.quote = self._quote(s, board, rule, order, made.before, made.after, True)
    made.delta = -made.quote.delta * 10**18 // convert(order.amount, int256)
    admission._check_sale(limits, self._stress(), rule.vega_cap, order, made)
    return made


@external
@view
def buy_back(
    scene: IPricer.Scene, book: DynArray[uint256, MAX_WORDS], order: IPricer.Order
) -> IPricer.Sale:
    """
    @notice A book before and after options come back to it, and what is paid for them; reverts when
         they may not.
    @dev SPEC-B11. The smaller book is priced and the order added: no rounding goes below 0.
    @param scene When, and at which price and funding rate.
    @param book Words of the book, the options still in it.
    @param order What is sold back, and the vault and its hedge as they stand.
    @return See `IPricer.Sale`.
    """
    admission._check_cutoff(self._limits().cutoff, scene.now, order.id)
    s: book_risk.Setting = self._setting(scene, book_risk.STRESS)
    made: IPricer.Sale = empty(IPricer.Sale)
    board: book_risk.Board = book_risk._board(s, order.board)
    made.after = book_risk._book(s, self._without_order(book, order))
    made.before = self._with_order(s, board, made.after, order)
    made.value = made.before.mid - made.after.mid
    made.quote = self._quote(s, board, self._quoting(), order, made.before, made.after, False)
    made.delta = made.quote.delta * 10**18 // convert(order.amount, int256)
    return made


# ------------------------------------------------------------------ views: parameters


@external
@view
def carry() -> IPricer.Carry:
    """
    @notice Where funding is expected to go.
    @return See `IPricer.Carry`.
    """
    return words._carry(self.carry_word)


@external
@view
def stress() -> IPricer.Stress:
    """
    @notice The shocks, and what the book may lose and weigh in them.
    @return See `IPricer.Stress`.
    """
    return self._stress()


@external
@view
def quoting() -> IPricer.Quoting:
    """
    @notice What a quote adds to the mark.
    @return See `IPricer.Quoting`.
    """
    return self._quoting()


@external
@view
def limits() -> IPricer.Limits:
    """
    @notice What may be listed and sold.
    @return See `IPricer.Limits`.
    """
    return self._limits()


# ------------------------------------------------------------------ internal: a sale


@internal
@view
def _setting(scene: IPricer.Scene, depth: uint256) -> book_risk.Setting:
    """
    @dev Four words: what a book is priced with; three without the shocks.
    """
    stress: uint256 = self.stress_word if depth == book_risk.STRESS else 0
    limits: uint256 = self.limits_word
    return book_risk._setting(
        scene,
        depth,
        words._carry(self.carry_word),
        words._lane(self.quoting_word, 0),
        words._lane(stress, 0),
        words._lane(stress, 1),
        words._lane(limits, 0),
        words._lane(limits, 1),
    )


@internal
@pure
def _with_order(
    s: book_risk.Setting, board: book_risk.Board, book: IOptionBook.Risk, order: IPricer.Order
) -> IOptionBook.Risk:
    """
    @dev The risk of a book with the order's amount in it.
    """
    strike: uint256 = packing._live(packing._id_strike(order.id), 0, 0)
    sold: uint256 = packing._with_sold(strike, packing._is_put(order.id), order.amount)
    return book_risk._close(book, book_risk._sum(s, board, [sold], 0, 1), s, board)


@internal
@pure
def _without_order(
    book: DynArray[uint256, MAX_WORDS], order: IPricer.Order
) -> DynArray[uint256, MAX_WORDS]:
    """
    @dev The words of a book with the order's amount taken off its strike, which stays though nothing
         may be left.
    """
    less: DynArray[uint256, MAX_WORDS] = book
    is_put: bool = packing._is_put(order.id)
    in_board: bool = False
    next_board: uint256 = 0
    for i: uint256 in range(len(book), bound=MAX_WORDS):
        if i == next_board:
            in_board = packing._board_expiry(book[i]) == packing._expiry(order.id)
            next_board = i + 1 + packing._board_count(book[i])
        elif in_board and packing._strike(book[i]) == packing._id_strike(order.id):
            sold: uint256 = packing._sold(book[i], is_put)
            assert sold >= order.amount, "pricer: more than sold"
            less[i] = packing._with_sold(book[i], is_put, sold - order.amount)
            return less
    raise "pricer: not sold"


@internal
@pure
def _quote(
    s: book_risk.Setting,
    board: book_risk.Board,
    rule: IPricer.Quoting,
    order: IPricer.Order,
    before: IOptionBook.Risk,
    after: IOptionBook.Risk,
    is_sale: bool,
) -> IOptionBook.Quote:
    """
    @dev n·C(σ) ± (n·vega·(spread·σ + impact·(u0 + u1)/2) + fee + hedge charge), at the quote's spot:
         plus for a sale, rounded up; minus for a buy-back, rounded down.
    """
    is_put: bool = packing._is_put(order.id)
    q: IOptionBook.Quote = empty(IOptionBook.Quote)
    q.spot = quotes._spot(s.price, order.account.mark, rule.edge, is_put == is_sale)
    price: uint256 = 0
    vega: uint256 = 0
    strike: uint256 = packing._id_strike(order.id)
    price, vega, q.vol = book_risk._at_spot(s, board, q.spot, strike, is_put)
    use: uint256 = wad._div_up(wad._abs(before.vega) + wad._abs(after.vega), rule.vega_cap)
    q.vol_charge = quotes._vol_charge(order.amount, vega, q.vol, rule.spread, rule.impact, use)
    q.fee = quotes._fee(order.amount, q.spot, price, rule.fee)
    held: int256 = order.account.size + order.account.pending
    q.hedge_charge = quotes._hedge_charge(
        before.delta + held,
        after.delta + held,
        s.price,
        order.account.fee,
        order.account.depth,
    )
    q.delta = after.delta - before.delta
    charges: uint256 = q.vol_charge + q.fee + q.hedge_charge
    if is_sale:
        q.value = wad._mul_up(order.amount, price)
        q.premium = max(1, wad._to_asset_up(q.value + charges, order.ledger.scale))
    else:
        q.value = wad._mul_down(order.amount, price)
        q.premium = wad._to_asset_down(q.value - min(q.value, charges), order.ledger.scale)
    return q


# ------------------------------------------------------------------ internal: parameters


@internal
@view
def _stress() -> IPricer.Stress:
    return words._stress(self.stress_word, self.caps_word)


@internal
@view
def _quoting() -> IPricer.Quoting:
    return words._quoting(self.quoting_word, self.caps_word)


@internal
@view
def _limits() -> IPricer.Limits:
    return words._limits(self.limits_word, self.sizes_word)


@internal
def _set_carry(carry: IPricer.Carry):
    assert abs(carry.rate) <= MAX_RATE, "pricer: carry rate out of range"
    assert carry.bound <= convert(MAX_RATE, uint256), "pricer: carry bound too wide"
    assert carry.reversion <= MAX_REVERSION, "pricer: reversion too fast"
    self.carry_word = words._carry_word(carry)
    log IPricer.CarrySet(carry=carry)


@internal
def _set_stress(stress: IPricer.Stress):
    assert stress.shock >= 10**17 and stress.shock <= 9 * 10**17, "pricer: bad shock"
    assert stress.vol_shock <= 2 * wad.WAD, "pricer: vol shock too large"
    assert stress.max_loss > 0 and stress.max_loss <= wad.WAD, "pricer: bad max loss"
    assert stress.hedge_cap <= MAX_CAP, "pricer: hedge cap too large"
    self.stress_word = words._stress_word(stress)
    self.caps_word = words._caps_word(stress.hedge_cap, self._quoting().vega_cap)
    log IPricer.StressSet(stress=stress)


@internal
def _set_quoting(quoting: IPricer.Quoting):
    assert quoting.spread <= wad.WAD, "pricer: spread over 100%"
    assert quoting.impact <= 2 * wad.WAD, "pricer: impact over 200%"
    assert quoting.vega_cap > 0, "pricer: vega cap is zero"
    assert quoting.vega_cap <= MAX_CAP, "pricer: vega cap too large"
    assert quoting.fee <= 10**16, "pricer: fee over 1%"
    assert quoting.edge <= 5 * 10**16, "pricer: edge over 5%"
    self.quoting_word = words._quoting_word(quoting)
    self.caps_word = words._caps_word(self._stress().hedge_cap, quoting.vega_cap)
    log IPricer.QuotingSet(quoting=quoting)


@internal
def _set_limits(limits: IPricer.Limits):
    assert limits.min_delta < limits.max_delta, "pricer: bad delta bounds"
    assert limits.max_delta <= wad.WAD, "pricer: max delta over 1"
    assert limits.min_size > 0, "pricer: min size is zero"
    assert limits.min_size <= packing.MAX_SOLD, "pricer: min size too large"
    assert limits.cutoff < limits.max_tenor, "pricer: bad tenor bounds"
    assert limits.max_tenor <= 366 * 86_400, "pricer: tenor over a year"
    assert limits.vol_min >= 10**16, "pricer: vol min under 1%"
    assert limits.vol_max > limits.vol_min, "pricer: bad vol bounds"
    assert limits.vol_max <= 5 * wad.WAD, "pricer: vol max over 500%"
    assert limits.vol_step > 0 and limits.vol_step <= wad.WAD, "pricer: bad vol step"
    self.limits_word = words._limits_word(limits)
    self.sizes_word = words._sizes_word(limits)
    log IPricer.LimitsSet(limits=limits)
