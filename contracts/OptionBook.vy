# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title OptionBook
@license AGPL-3.0-only
@notice Sells European calls and puts, cash-settled, prices all of them afresh whenever anyone needs
     a number, and settles them.
@dev Units are in brackets: [asset] token units, [wad] 1e18; prices USD per ETH [wad], sizes ETH
     [wad]. Greeks are never stored. The book holds no token: premiums go to the vault and claims
     come from it, through hooks that are called last.
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
from .modules import erc6909
from .modules import packing
from .modules import parameter_words as words
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
)

MAX_BOARDS: constant(uint256) = 8
MAX_STRIKES: constant(uint256) = 16
MAX_WORDS: constant(uint256) = MAX_BOARDS * (1 + MAX_STRIKES)  # bounds the gas of `risk`
MAX_PRICE: constant(uint256) = 10**9 * 10**18  # [USD wad] with it the pricing cannot overflow
MAX_PERIOD: constant(uint256) = 172_800  # [s] two days, of heartbeat and grace
FEED_LOST: constant(uint256) = 30 * 86_400  # [s] after expiry, of a feed that does not answer

VAULT: immutable(IVault)
VENUE: immutable(address)
FEED: immutable(address)
PRICER: immutable(IPricer)
BREAKER: immutable(IBreaker)
FEED_SCALE: immutable(uint256)  # [wad] per unit of the feed's answer
SCALE: immutable(uint256)  # [wad] per token unit

# Whose account a sale is judged by; named once by `wire`.
hedger: public(IHedger)
# Laid out in `parameter_words`.
oracle_word: uint256
sequencer: address

# What every pass needs: the last good price of the feed and when it was made, the block of the last
# large step of a vol, and which boards there are. Laid out in `packing`.
state: uint256
# One word a board and one a live strike, laid out in `packing`; an empty board is 0.
boards: uint256[MAX_BOARDS]
live: uint256[MAX_STRIKES][MAX_BOARDS]
# What a board was listed with, by expiry [USD wad]; and the same to look up, by `packing._listing`.
strikes: HashMap[uint256, DynArray[uint256, MAX_STRIKES]]
is_listed: HashMap[uint256, bool]
# When a board's vols were last set, by expiry [unix s].
vols_set_at: public(HashMap[uint256, uint256])
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
    FEED = feed
    PRICER = IPricer(pricer)
    BREAKER = IBreaker(breaker)
    FEED_SCALE = price_feed._scale(feed)
    SCALE = (staticcall VAULT.ledger()).scale
    ownable.__init__()
    ownable_2step.__init__()
    self._set_oracle(oracle_)
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
    self._set_oracle(oracle_)


@external
def list_board(
    expiry: uint256, strikes: DynArray[uint256, MAX_STRIKES], surface: IOptionBook.Surface
):
    """
    @notice Open an expiry for sale.
    @dev SPEC-B1. Only the owner.
    @param expiry When the options expire. [unix s]
    @param strikes Ascending strikes, each for a call and a put. [USD wad]
    @param surface Vols of the board.
    """
    ownable._check_owner()
    self._update_price_if_good()
    limits: IPricer.Limits = staticcall PRICER.limits()
    admission._check_board(limits, block.timestamp, expiry, surface)
    highest: uint256 = self._oracle().max_price
    refusal._unless(len(strikes) > 0, "option_book: no strikes")
    previous: uint256 = 0
    for strike: uint256 in strikes:
        refusal._unless(strike > previous, "option_book: strikes not ascending")
        refusal._unless(strike <= highest, "option_book: strike too high")
        self.is_listed[packing._listing(packing._id(expiry, strike, False))] = True
        previous = strike
    refusal._unless(self._find_board(expiry) == MAX_BOARDS, "option_book: board exists")
    slot: uint256 = packing._free_slot(self.state)
    refusal._unless(slot < MAX_BOARDS, "option_book: too many boards")
    self.state = packing._with_slot_turned(self.state, slot)
    self.boards[slot] = packing._board(expiry, 0, surface)
    self.strikes[expiry] = strikes
    self.vols_set_at[expiry] = block.timestamp
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
    slot: uint256 = self._find_live_board(expiry)
    board: uint256 = self.boards[slot]
    limits: IPricer.Limits = staticcall PRICER.limits()
    admission._check_surface(limits, surface)
    elapsed: uint256 = block.timestamp - self.vols_set_at[expiry]
    is_large: bool = admission._check_step(limits, packing._board_surface(board), surface, elapsed)
    self.boards[slot] = packing._with_surface(board, surface)
    self.vols_set_at[expiry] = block.timestamp
    if is_large:
        self.state = packing._with_step(self.state, block.number)
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
    reading: price_feed.Reading = self._update_price_if_good()
    slot: uint256 = self._check_series(id, amount)
    sale: IPricer.Sale = empty(IPricer.Sale)
    order: IPricer.Order = empty(IPricer.Order)
    sale, order = self._deal(reading, id, amount, self.boards[slot], True)
    self._check_mode(extcall BREAKER.observe(order.ledger, sale.before, order.account))
    premium: uint256 = sale.quote.premium
    refusal._unless(premium <= max_premium, "option_book: premium over maximum")
    self._book_sale(slot, id, amount)
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
    reading: price_feed.Reading = self._update_price_if_good()
    slot: uint256 = self._check_series(id, amount)
    back: IPricer.Sale = empty(IPricer.Sale)
    order: IPricer.Order = empty(IPricer.Order)
    back, order = self._deal(reading, id, amount, self.boards[slot], False)
    extcall BREAKER.observe(order.ledger, back.before, order.account)
    premium: uint256 = back.quote.premium
    refusal._unless(premium >= min_premium, "option_book: premium under minimum")
    self._book_buy_back(slot, id, amount)
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
    slot: uint256 = self._find_board(expiry)
    refusal._unless(slot < MAX_BOARDS, "option_book: unknown board")
    refusal._unless(block.timestamp >= expiry, "option_book: not expired")
    reading: price_feed.Reading = self._update_price_if_good()
    price: uint256 = 0
    if round == 0:
        price = self._price_without_feed(reading, expiry)
    else:
        oracle: IOptionBook.Oracle = self._oracle()
        price = settlement._price(self._source(oracle), oracle.heartbeat, expiry, round, next_round)
    owed: uint256 = self._board_payoff(slot, price)
    self.settlement_price[expiry] = price
    self.boards[slot] = 0
    self.state = packing._with_slot_turned(self.state, slot)
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
    self._update_price_if_good()
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
    return self._greeks(self._read_price())


@external
@view
def delta() -> int256:
    """
    @notice The delta of `risk` alone, for the least gas. Never reverts.
    @dev SPEC-B2. Reads only feed and venue.
    @return Delta of everything sold, the vault's. [ETH wad]
    """
    return staticcall PRICER.delta(self._scene(self._read_price()), self._words())


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
    slot: uint256 = self._check_series(id, amount)
    sale: IPricer.Sale = empty(IPricer.Sale)
    order: IPricer.Order = empty(IPricer.Order)
    sale, order = self._deal(self._read_price(), id, amount, self.boards[slot], True)
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
    slot: uint256 = self._check_series(id, amount)
    back: IPricer.Sale = empty(IPricer.Sale)
    order: IPricer.Order = empty(IPricer.Order)
    back, order = self._deal(self._read_price(), id, amount, self.boards[slot], False)
    return back.quote


@external
@view
def oracle() -> IOptionBook.Oracle:
    """
    @notice When the feed is good.
    @return See `IOptionBook.Oracle`.
    """
    return self._oracle()


@external
@pure
def series_id(expiry: uint256, strike: uint256, is_put: bool) -> uint256:
    """
    @notice Id of a series: expiry << 136 | strike << 8 | kind.
    @param expiry When it expires. [unix s]
    @param strike Strike. [USD wad]
    @param is_put True for a put.
    @return Id.
    """
    refusal._unless(strike <= packing.MAX_STRIKE, "option_book: strike does not fit")
    return packing._id(expiry, strike, is_put)


@external
@view
def live_boards() -> DynArray[uint256, MAX_BOARDS]:
    """
    @notice Expiries that are listed and not settled.
    @return Expiries. [unix s]
    """
    expiries: DynArray[uint256, MAX_BOARDS] = []
    state: uint256 = self.state
    for slot: uint256 in range(MAX_BOARDS):
        if packing._has_board(state, slot):
            expiries.append(packing._board_expiry(self.boards[slot]))
    return expiries


@external
@view
def last_large_step() -> uint256:
    """
    @notice Block in which a vol was last moved far.
    @return Number of the block, 0 before the first.
    """
    return packing._state_step(self.state)


@external
@view
def board(expiry: uint256) -> (DynArray[uint256, MAX_STRIKES], IOptionBook.Surface):
    """
    @notice Strikes and vols of a board.
    @param expiry The board.
    @return Strikes [USD wad], vols; the vols are 0 when it is settled or unknown.
    """
    slot: uint256 = self._find_board(expiry)
    if slot == MAX_BOARDS:
        return self.strikes[expiry], empty(IOptionBook.Surface)
    return self.strikes[expiry], packing._board_surface(self.boards[slot])


@external
@view
def sold(id: uint256) -> uint256:
    """
    @notice What is sold of a series and not settled.
    @param id Series.
    @return Size. [ETH wad]
    """
    slot: uint256 = self._find_board(packing._expiry(id))
    if slot == MAX_BOARDS:
        return 0
    i: uint256 = self._find_strike(slot, id)
    if i == packing._board_count(self.boards[slot]):
        return 0
    return packing._sold(self.live[slot][i], packing._is_put(id))


# ------------------------------------------------------------------ internal: the one pass


@internal
@view
def _risk() -> IOptionBook.Risk:
    reading: price_feed.Reading = self._read_price()
    total: IOptionBook.Risk = staticcall PRICER.risk(self._scene(reading), self._words())
    return self._dated(total, reading)


@internal
@view
def _greeks(reading: price_feed.Reading) -> IOptionBook.Risk:
    total: IOptionBook.Risk = staticcall PRICER.greeks(self._scene(reading), self._words())
    return self._dated(total, reading)


@internal
@view
def _dated(risk_: IOptionBook.Risk, reading: price_feed.Reading) -> IOptionBook.Risk:
    dated: IOptionBook.Risk = risk_
    dated.valid = reading.ok
    state: uint256 = self.state
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
        price=reading.price if reading.ok else packing._state_price(self.state),
        rate_ema=market.funding_ema_year,
        rate_known=known,
    )


@internal
@view
def _words() -> DynArray[uint256, MAX_WORDS]:
    """
    @dev Every board with live strikes, each followed by its strikes: what the pricer takes.
    """
    book: DynArray[uint256, MAX_WORDS] = []
    state: uint256 = self.state
    for slot: uint256 in range(MAX_BOARDS):
        if not packing._has_board(state, slot):
            continue
        board: uint256 = self.boards[slot]
        count: uint256 = packing._board_count(board)
        if count == 0:
            continue
        book.append(board)
        for i: uint256 in range(count, bound=MAX_STRIKES):
            book.append(self.live[slot][i])
    return book


# ------------------------------------------------------------------ internal: a sale


@internal
@view
def _check_series(id: uint256, amount: uint256) -> uint256:
    """
    @dev Returns the slot of the board.
    """
    expiry: uint256 = packing._expiry(id)
    slot: uint256 = self._find_live_board(expiry)
    refusal._unless(packing._is_canonical(id), "option_book: unknown kind")
    refusal._unless(self.is_listed[packing._listing(id)], "option_book: unknown strike")
    refusal._unless(amount > 0, "option_book: size is zero")
    refusal._unless(amount <= packing.MAX_SOLD, "option_book: size does not fit")
    return slot


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
        deal = staticcall PRICER.sale(self._scene(reading), self._words(), order)
    else:
        deal = staticcall PRICER.buy_back(self._scene(reading), self._words(), order)
    deal.before = self._dated(deal.before, reading)
    deal.after.valid = True  # no more is asked of it than what it is worth
    return deal, order


@internal
@pure
def _check_mode(status: IBreaker.Status):
    refusal._unless(status.normal, "option_book: reduce-only")
    refusal._unless(status.breaches == empty(IBreaker.Breach), "option_book: breached")


@internal
def _book_sale(slot: uint256, id: uint256, amount: uint256):
    """
    @dev Adds to what is sold at the strike, or makes it live: it was listed, so there is room.
    """
    is_put: bool = packing._is_put(id)
    i: uint256 = self._find_strike(slot, id)
    live: uint256 = self.live[slot][i]
    if i == packing._board_count(self.boards[slot]):
        live = packing._live(packing._id_strike(id), 0, 0)
        self.boards[slot] = packing._with_one_more(self.boards[slot])
    total: uint256 = packing._sold(live, is_put) + amount
    refusal._unless(total <= packing.MAX_SOLD, "option_book: series is full")
    self.live[slot][i] = packing._with_sold(live, is_put, total)


@internal
def _book_buy_back(slot: uint256, id: uint256, amount: uint256):
    """
    @dev Takes from what is sold at the strike; with nothing left the last live strike takes its
         place. The pricer has checked that so much is sold.
    """
    i: uint256 = self._find_strike(slot, id)
    live: uint256 = self.live[slot][i]
    is_put: bool = packing._is_put(id)
    live = packing._with_sold(live, is_put, packing._sold(live, is_put) - amount)
    if packing._calls(live) == 0 and packing._puts(live) == 0:
        board: uint256 = packing._with_one_less(self.boards[slot])
        last: uint256 = packing._board_count(board)
        live = self.live[slot][last]
        self.live[slot][last] = 0
        self.boards[slot] = board
        if i == last:
            return
    self.live[slot][i] = live


@internal
@view
def _find_strike(slot: uint256, id: uint256) -> uint256:
    """
    @dev Where the strike of a series stands among the live ones of its board; their count when it
         does not.
    """
    strike: uint256 = packing._id_strike(id)
    count: uint256 = packing._board_count(self.boards[slot])
    for i: uint256 in range(count, bound=MAX_STRIKES):
        if packing._strike(self.live[slot][i]) == strike:
            return i
    return count


@internal
@view
def _find_live_board(expiry: uint256) -> uint256:
    """
    @dev Slot of a board that has not expired.
    """
    slot: uint256 = self._find_board(expiry)
    refusal._unless(slot < MAX_BOARDS, "option_book: unknown board")
    refusal._unless(block.timestamp < expiry, "option_book: expired")
    return slot


@internal
@view
def _find_board(expiry: uint256) -> uint256:
    """
    @dev Slot of the board, MAX_BOARDS for none.
    """
    state: uint256 = self.state
    for slot: uint256 in range(MAX_BOARDS):
        if not packing._has_board(state, slot):
            continue
        if packing._board_expiry(self.boards[slot]) == expiry:
            return slot
    return MAX_BOARDS


# ------------------------------------------------------------------ internal: payoff


@internal
@view
def _board_payoff(slot: uint256, price: uint256) -> uint256:
    """
    @dev Σ of what the series pay, each rounded down: never less than what the holders get. [asset]
    """
    total: uint256 = 0
    count: uint256 = packing._board_count(self.boards[slot])
    for i: uint256 in range(count, bound=MAX_STRIKES):
        word: uint256 = self.live[slot][i]
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


# ------------------------------------------------------------------ internal: price


@internal
@view
def _price_without_feed(reading: price_feed.Reading, expiry: uint256) -> uint256:
    """
    @dev Of a feed that does not answer at all, a month after expiry: the last good price that the
         book has seen. Nobody can choose it any more, and holders would wait for ever.
    """
    refusal._unless(block.timestamp > expiry + FEED_LOST, "option_book: feed may come back")
    refusal._unless(reading.at == 0, "option_book: feed answers")
    last: uint256 = packing._state_price(self.state)
    refusal._unless(last > 0, "option_book: no price ever")
    return last


@internal
@view
def _read_price() -> price_feed.Reading:
    oracle: IOptionBook.Oracle = self._oracle()
    reading: price_feed.Reading = price_feed._latest(self._source(oracle), oracle.heartbeat)
    reading.ok = reading.ok and price_feed._sequencer_up(oracle.sequencer, oracle.grace)
    return reading


@internal
@view
def _source(oracle: IOptionBook.Oracle) -> price_feed.Source:
    """
    @dev What a price is, now and at an expiry.
    """
    return price_feed.Source(
        feed=FEED, scale=FEED_SCALE, min_price=oracle.min_price, max_price=oracle.max_price
    )


@internal
def _update_price_if_good() -> price_feed.Reading:
    """
    @dev Reads the feed, and keeps the price that stands in while it is bad.
    """
    reading: price_feed.Reading = self._read_price()
    if reading.ok:
        kept: uint256 = packing._with_price(self.state, reading.price, reading.at)
        if kept != self.state:
            self.state = kept
            log IOptionBook.PriceKept(price=reading.price, at=reading.at)
    return reading


# ------------------------------------------------------------------ internal: parameters


@internal
@view
def _oracle() -> IOptionBook.Oracle:
    word: uint256 = self.oracle_word
    has_sequencer: bool = words._has_sequencer(word)
    return words._oracle(word, self.sequencer if has_sequencer else empty(address))


@internal
def _set_oracle(oracle: IOptionBook.Oracle):
    refusal._unless(
        (oracle.heartbeat >= 60 and oracle.heartbeat <= MAX_PERIOD), "option_book: bad heartbeat"
    )
    refusal._unless(oracle.min_price > 0, "option_book: bad price bounds")
    refusal._unless(oracle.max_price > oracle.min_price, "option_book: bad price bounds order")
    refusal._unless(oracle.max_price <= MAX_PRICE, "option_book: max price too high")
    refusal._unless(oracle.grace <= MAX_PERIOD, "option_book: grace too long")
    self.oracle_word = words._oracle_word(oracle)
    self.sequencer = oracle.sequencer
    log IOptionBook.OracleSet(oracle=oracle)
