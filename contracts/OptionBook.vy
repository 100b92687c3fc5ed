# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title OptionBook
@license AGPL-3.0-only
@notice Sells European calls and puts, cash-settled, prices all of them afresh whenever anyone needs
     a number, and settles them.
@dev Units are in brackets: [asset] token units, [wad] 1e18; prices USD per ETH [wad], sizes ETH
     [wad]. Greeks are never stored. The book holds no token: premiums go to the vault and claims
     come from it, through hooks that are called last. What is listed and sold is in `book_boards`,
     what the feed says in `book_feed`.
@custom:kill The breaker; and a bad feed or an unreadable venue refuse sales, never settlement or
     claims.
"""

from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import IBreaker
from .interfaces import IHedger
from .interfaces import IOptionBook
from .interfaces import IPerpVenue
from .interfaces import IPricer
from .interfaces import IVault
from .modules import admission
from .modules import book_boards
from .modules import book_feed
from .modules import erc6909
from .modules import packing
from .modules import payoff
from .modules import price_feed
from .modules import refusal
from .modules import settlement
from .modules import solvency
from .modules import venue_reader
from .modules import wad

implements: IOptionBook
initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: erc6909
initializes: book_boards
initializes: book_feed[book_boards := book_boards]
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    erc6909.balanceOf,
    erc6909.allowance,
    erc6909.isOperator,
    erc6909.transfer,
    erc6909.transferFrom,
    erc6909.approve,
    erc6909.setOperator,
    erc6909.supportsInterface,
    book_boards.series_id,
    book_boards.live_boards,
    book_boards.last_large_step,
    book_boards.board,
    book_boards.sold,
    book_boards.vols_set_at,
    book_feed.oracle,
)

VAULT: immutable(IVault)
VENUE: immutable(address)
PRICER: immutable(IPricer)
BREAKER: immutable(IBreaker)
SCALE: immutable(uint256)  # [wad] per token unit

# Whose account a sale is judged by; named once by `wire`.
hedger: public(IHedger)
# Who may call `set_vol`.
vol_keeper: public(address)
# Price that a board was settled at, by expiry; 0 before. [USD wad]
settlement_price: public(HashMap[uint256, uint256])


@deploy
def __init__(
    vault: address,
    venue: address,
    feed: address,
    pricer: address,
    breaker: address,
    oracle_: IOptionBook.Oracle,
):
    """
    @notice Create a book without boards; it works once `wire` has named the hedger.
    @param vault Vault whose money backs the options.
    @param venue Perp venue whose funding rate is the carry.
    @param feed Price feed, USD per ETH.
    @param pricer Pricer: what options are worth and what may be sold.
    @param breaker Breaker of the vault: whether any may be sold.
    @param oracle_ When the feed is good.
    """
    VAULT = IVault(vault)
    VENUE = venue
    PRICER = IPricer(pricer)
    BREAKER = IBreaker(breaker)
    book_feed.__init__(feed)
    SCALE = (staticcall VAULT.ledger()).scale
    ownable.__init__()
    ownable_2step.__init__()
    book_feed._set_oracle(oracle_)
    refusal._unless(staticcall BREAKER.vault() == vault, "option_book: breaker of another vault")


# ------------------------------------------------------------------ owner


@external
def wire(hedger: address):
    """
    @notice Name the hedger, once and for good.
    @dev SPEC-V1. Only the owner.
    @param hedger Hedger of the vault.
    """
    ownable._check_owner()
    refusal._unless(self.hedger.address == empty(address), "option_book: already wired")
    refusal._unless(hedger != empty(address), "option_book: wired to zero")
    self.hedger = IHedger(hedger)
    log IOptionBook.Wired(hedger=hedger)


@external
def set_oracle(oracle_: IOptionBook.Oracle):
    """
    @notice Set when the feed is good.
    @dev SPEC-B10. Only the owner.
    @param oracle_ See `IOptionBook.Oracle`.
    """
    ownable._check_owner()
    book_feed._set_oracle(oracle_)


@external
def list_board(
    expiry: uint256,
    strikes: DynArray[uint256, book_boards.MAX_STRIKES],
    surface: IOptionBook.Surface,
):
    """
    @notice Open an expiry for sale.
    @dev SPEC-B1. Only the owner.
    @param expiry When the options expire. [unix s]
    @param strikes Ascending strikes, each for a call and a put. [USD wad]
    @param surface Vols of the board.
    """
    ownable._check_owner()
    book_feed._update_price_if_good()
    limits: IPricer.Limits = staticcall PRICER.limits()
    admission._check_board(limits, block.timestamp, expiry, surface)
    book_boards._list(expiry, strikes, surface, book_feed._oracle().max_price)
    log IOptionBook.BoardListed(expiry=expiry, strikes=strikes, surface=surface)


@external
def set_vol_keeper(vol_keeper: address):
    """
    @notice Name who may set vols beside the owner.
    @dev SPEC-B12. Only the owner.
    @param vol_keeper The vol keeper, empty for none.
    """
    ownable._check_owner()
    self.vol_keeper = vol_keeper
    log IOptionBook.VolKeeperSet(vol_keeper=vol_keeper)


# ------------------------------------------------------------------ vol keeper


@external
def set_vol(expiry: uint256, surface: IOptionBook.Surface):
    """
    @notice Set the vols of a board.
    @dev SPEC-B12. Only the vol keeper or the owner.
    @param expiry The board.
    @param surface Its vols.
    """
    refusal._unless(
        msg.sender in [self.vol_keeper, ownable.owner], "option_book: only the vol keeper"
    )
    slot: uint256 = book_boards._find_live_board(expiry)
    board: uint256 = book_boards.boards[slot]
    limits: IPricer.Limits = staticcall PRICER.limits()
    admission._check_surface(limits, surface)
    elapsed: uint256 = block.timestamp - book_boards.vols_set_at[expiry]
    is_large: bool = admission._check_step(limits, packing._board_surface(board), surface, elapsed)
    book_boards._set_surface(slot, expiry, surface, is_large)
    log IOptionBook.VolSet(expiry=expiry, surface=surface, is_large=is_large)


# ------------------------------------------------------------------ buyers and holders


@external
def buy(
    id: uint256, amount: uint256, max_premium: uint256, receiver: address, deadline: uint256
) -> uint256:
    """
    @notice Buy options from the vault; the caller has approved the vault for the premium.
    @dev SPEC-B3 to SPEC-B6.
    @param id Series, see `series_id`.
    @param amount Size. [ETH wad]
    @param max_premium Most that the caller pays. [asset]
    @param receiver Who gets the options.
    @param deadline Last second at which the caller wants them. [unix s]
    @return Premium paid. [asset]
    """
    refusal._unless(block.timestamp <= deadline, "option_book: deadline passed")
    refusal._unless(receiver != empty(address), "option_book: receiver is zero")
    reading: price_feed.Reading = book_feed._update_price_if_good()
    slot: uint256 = book_boards._check_series(id, amount)
    sale: IPricer.Sale = empty(IPricer.Sale)
    order: IPricer.Order = empty(IPricer.Order)
    sale, order = self._deal(reading, id, amount, book_boards.boards[slot], True)
    self._check_mode(extcall BREAKER.observe(order.ledger, sale.before, order.account))
    premium: uint256 = sale.quote.premium
    refusal._unless(premium <= max_premium, "option_book: premium over maximum")
    book_boards._book_sale(slot, id, amount)
    erc6909._mint(receiver, id, amount)
    log IOptionBook.Bought(
        id=id,
        buyer=msg.sender,
        receiver=receiver,
        amount=amount,
        premium=premium,
        value=sale.value,
        spot=sale.before.price,
    )
    extcall VAULT.on_sale(msg.sender, premium, solvency._valuation(sale.after, order.account))
    return premium


@external
def sell(
    id: uint256, amount: uint256, min_premium: uint256, receiver: address, deadline: uint256
) -> uint256:
    """
    @notice Sell options back to the vault; the caller's are burnt. It lowers what the vault owes,
         so that it is open whenever feed and venue are live.
    @dev SPEC-B11.
    @param id Series, see `series_id`.
    @param amount Size. [ETH wad]
    @param min_premium Least that the caller takes. [asset]
    @param receiver Who is paid.
    @param deadline Last second at which the caller wants it. [unix s]
    @return Premium paid. [asset]
    """
    refusal._unless(block.timestamp <= deadline, "option_book: deadline passed")
    refusal._unless(receiver != empty(address), "option_book: receiver is zero")
    refusal._unless(erc6909.balanceOf[msg.sender][id] >= amount, "option_book: more than held")
    reading: price_feed.Reading = book_feed._update_price_if_good()
    slot: uint256 = book_boards._check_series(id, amount)
    back: IPricer.Sale = empty(IPricer.Sale)
    order: IPricer.Order = empty(IPricer.Order)
    back, order = self._deal(reading, id, amount, book_boards.boards[slot], False)
    extcall BREAKER.observe(order.ledger, back.before, order.account)
    premium: uint256 = back.quote.premium
    refusal._unless(premium >= min_premium, "option_book: premium under minimum")
    book_boards._book_buy_back(slot, id, amount)
    erc6909._burn(msg.sender, id, amount)
    log IOptionBook.SoldBack(
        id=id,
        seller=msg.sender,
        receiver=receiver,
        amount=amount,
        premium=premium,
        value=back.value,
        spot=back.before.price,
    )
    extcall VAULT.on_buy_back(receiver, premium, solvency._valuation(back.after, order.account))
    return premium


@external
def settle(expiry: uint256, round: uint256, next_round: uint256):
    """
    @notice Fix the price of an expired board and book what its holders are owed. Anyone may call.
    @dev SPEC-B7. Needs no live feed and no live venue.
    @param expiry The board.
    @param round Last round of the feed at or before expiry; 0 for a feed that no longer answers.
    @param next_round First round after it, or with a price after it; 0 when there is none. See
         `settlement`.
    """
    slot: uint256 = book_boards._find_board(expiry)
    refusal._unless(slot < book_boards.MAX_BOARDS, "option_book: unknown board")
    refusal._unless(block.timestamp >= expiry, "option_book: not expired")
    reading: price_feed.Reading = book_feed._update_price_if_good()
    price: uint256 = 0
    if round == 0:
        price = book_feed._price_without_feed(reading, expiry)
    else:
        oracle: IOptionBook.Oracle = book_feed._oracle()
        price = settlement._price(
            book_feed._source(oracle), oracle.heartbeat, expiry, round, next_round
        )
    owed: uint256 = self._board_payoff(slot, price)
    self.settlement_price[expiry] = price
    book_boards._close(slot)
    log IOptionBook.Settled(expiry=expiry, price=price, payoff=owed)
    left: IOptionBook.Risk = self._greeks(reading)
    account: IHedger.HedgeAccount = staticcall self.hedger.account()
    extcall VAULT.on_settle(expiry, owed, solvency._valuation(left, account))
    extcall BREAKER.observe(staticcall VAULT.ledger(), left, account)


@external
def claim(id: uint256, holder: address) -> uint256:
    """
    @notice Give up a holder's settled options for what the vault has set aside; anyone may call,
         the holder is paid.
    @dev SPEC-B8. When cash is short it pays a part, and the rest at a later call.
    @param id Series.
    @param holder Who holds them and is paid.
    @return Tokens paid. [asset]
    """
    book_feed._update_price_if_good()
    expiry: uint256 = packing._expiry(id)
    price: uint256 = self.settlement_price[expiry]
    refusal._unless(price > 0, "option_book: not settled")
    amount: uint256 = erc6909.balanceOf[holder][id]
    owed: uint256 = self._payoff(packing._id_strike(id), packing._is_put(id), amount, price)
    erc6909._burn(holder, id, amount)
    paid: uint256 = extcall VAULT.on_claim(expiry, holder, owed)
    log IOptionBook.Claimed(id=id, holder=holder, amount=amount, payoff=owed, paid=paid)
    return paid


# ------------------------------------------------------------------ views


@external
@view
def risk() -> IOptionBook.Risk:
    """
    @notice Value, greeks and stress of everything sold, priced afresh. Never reverts.
    @dev SPEC-B2. Reads only feed and venue.
    @return See `IOptionBook.Risk`.
    """
    return self._risk()


@external
@view
def greeks() -> IOptionBook.Risk:
    """
    @notice As `risk`, for less gas, without the shocks: their fields are 0. Never reverts.
    @dev SPEC-B2. Reads only feed and venue.
    @return See `IOptionBook.Risk`.
    """
    return self._greeks(book_feed._read_price())


@external
@view
def delta() -> int256:
    """
    @notice The delta of `risk` alone, for the least gas. Never reverts.
    @dev SPEC-B2. Reads only feed and venue.
    @return Delta of everything sold, the vault's. [ETH wad]
    """
    return staticcall PRICER.delta(self._scene(book_feed._read_price()), book_boards._words())


@external
@view
def quote(id: uint256, amount: uint256) -> IOptionBook.Quote:
    """
    @notice What `buy` would take now; reverts for the reasons for which `buy` would.
    @dev SPEC-B4.
    @param id Series.
    @param amount Size. [ETH wad]
    @return See `IOptionBook.Quote`.
    """
    slot: uint256 = book_boards._check_series(id, amount)
    sale: IPricer.Sale = empty(IPricer.Sale)
    order: IPricer.Order = empty(IPricer.Order)
    sale, order = self._deal(book_feed._read_price(), id, amount, book_boards.boards[slot], True)
    self._check_mode(staticcall BREAKER.status(order.ledger, sale.before, order.account))
    return sale.quote


@external
@view
def quote_sell(id: uint256, amount: uint256) -> IOptionBook.Quote:
    """
    @notice What `sell` would pay now for options that are there; reverts for the reasons for which
         `sell` would, but for those of the seller and of the vault's cash.
    @dev SPEC-B11.
    @param id Series.
    @param amount Size. [ETH wad]
    @return See `IOptionBook.Quote`.
    """
    slot: uint256 = book_boards._check_series(id, amount)
    back: IPricer.Sale = empty(IPricer.Sale)
    order: IPricer.Order = empty(IPricer.Order)
    back, order = self._deal(book_feed._read_price(), id, amount, book_boards.boards[slot], False)
    return back.quote


# ------------------------------------------------------------------ internal: the one pass


@internal
@view
def _risk() -> IOptionBook.Risk:
    reading: price_feed.Reading = book_feed._read_price()
    total: IOptionBook.Risk = staticcall PRICER.risk(self._scene(reading), book_boards._words())
    return self._dated(total, reading)


@internal
@view
def _greeks(reading: price_feed.Reading) -> IOptionBook.Risk:
    total: IOptionBook.Risk = staticcall PRICER.greeks(self._scene(reading), book_boards._words())
    return self._dated(total, reading)


@internal
@view
def _dated(risk_: IOptionBook.Risk, reading: price_feed.Reading) -> IOptionBook.Risk:
    dated: IOptionBook.Risk = risk_
    dated.valid = reading.ok
    state: uint256 = book_boards.state
    dated.moved = packing._state_step(state) == block.number
    dated.at = reading.at
    if not reading.ok:
        # A feed that is only late was good when it last spoke.
        late: bool = reading.price > 0 and reading.at <= block.timestamp
        dated.at = max(packing._state_at(state), reading.at if late else 0)
    return dated


@internal
@view
def _scene(reading: price_feed.Reading) -> IPricer.Scene:
    """
    @dev The price is the feed's when that is good, else the last good one.
    """
    known: bool = False
    market: IPerpVenue.Market = empty(IPerpVenue.Market)
    known, market = venue_reader._market(VENUE)
    return IPricer.Scene(
        now=block.timestamp,
        price=reading.price if reading.ok else packing._state_price(book_boards.state),
        rate_ema=market.funding_ema_year,
        rate_known=known,
    )


# ------------------------------------------------------------------ internal: a sale


@internal
@view
def _deal(
    reading: price_feed.Reading, id: uint256, amount: uint256, board: uint256, is_sale: bool
) -> (IPricer.Sale, IPricer.Order):
    """
    @dev The book before and after `amount` of `id` is sold or comes back, and the price of it, with
         what it was made from; the pricer refuses what may not be.
    """
    refusal._unless(self.hedger.address != empty(address), "option_book: not wired")
    refusal._unless(reading.ok, "option_book: feed not live")
    ledger: IVault.Ledger = staticcall VAULT.ledger()
    account: IHedger.HedgeAccount = staticcall self.hedger.account()
    refusal._unless(account.valid, "option_book: venue not live")
    refusal._unless(account.may_open or not is_sale, "option_book: venue reduce-only")
    order: IPricer.Order = IPricer.Order(
        id=id, amount=amount, board=board, ledger=ledger, account=account
    )
    deal: IPricer.Sale = empty(IPricer.Sale)
    if is_sale:
        deal = staticcall PRICER.sale(self._scene(reading), book_boards._words(), order)
    else:
        deal = staticcall PRICER.buy_back(self._scene(reading), book_boards._words(), order)
    deal.before = self._dated(deal.before, reading)
    deal.after.valid = True  # no more is asked of it than what it is worth
    return deal, order


@internal
@pure
def _check_mode(status: IBreaker.Status):
    refusal._unless(status.normal, "option_book: reduce-only")
    refusal._unless(status.breaches == empty(IBreaker.Breach), "option_book: breached")


# ------------------------------------------------------------------ internal: payoff


@internal
@view
def _board_payoff(slot: uint256, price: uint256) -> uint256:
    """
    @dev Σ of what the series pay, each rounded down: never less than what the holders get. [asset]
    """
    total: uint256 = 0
    count: uint256 = packing._board_count(book_boards.boards[slot])
    for i: uint256 in range(count, bound=book_boards.MAX_STRIKES):
        word: uint256 = book_boards.live[slot][i]
        strike: uint256 = packing._strike(word)
        total += self._payoff(strike, False, packing._calls(word), price)
        total += self._payoff(strike, True, packing._puts(word), price)
    return total


@internal
@view
def _payoff(strike: uint256, is_put: bool, amount: uint256, price: uint256) -> uint256:
    """
    @dev amount·max(0, ±(price − strike)), down. [asset]
    """
    each: uint256 = payoff._intrinsic(price, strike, is_put)
    return wad._to_asset_down(wad._mul_down(amount, each), SCALE)
