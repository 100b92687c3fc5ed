# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Hedger
@license AGPL-3.0-only
@notice Keeps the book's delta inside a band with a perp, and the perp's margin at its target. The
     rule decides; anyone may act.
@dev Units are in brackets: [asset] token units, [wad] 1e18; prices USD per ETH [wad], sizes ETH
     [wad], + is long. The position is read from the venue at each use, never remembered. Ends every
     call without a token.
@custom:kill Nothing stops the hedger; a bad feed or venue stops trading, never margin.
"""

from ethereum.ercs import IERC20
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import IHedger
from .interfaces import IOptionBook
from .interfaces import IPerpVenue
from .interfaces import IVault
from .modules import hedge_rule
from .modules import order
from .modules import solvency
from .modules import venue_reader
from .modules import wad

implements: IHedger
initializes: ownable
initializes: ownable_2step[ownable := ownable]
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

YEAR: constant(uint256) = 31_536_000  # [s]
# An order must leave this over the venue's initial margin, for the fee and the slippage of the
# order itself.
INITIAL_MARGIN_ROOM: constant(uint256) = 11 * 10**17  # [wad]
LEAST_RETURN: constant(uint256) = 10  # of the target, one in so many: less is not worth a call

VAULT: immutable(IVault)
BOOK: immutable(IOptionBook)
VENUE: immutable(IPerpVenue)
ASSET: immutable(IERC20)


# Everything a decision is made from, read once a call.
struct Reading:
    ledger: IVault.Ledger
    risk: IOptionBook.Risk
    account: IHedger.HedgeAccount


band: public(IHedger.Band)
execution: public(IHedger.Execution)
margin: public(IHedger.Margin)
# When the book was last hedged in full. [unix s]
last_full_hedge: public(uint256)
# Block of the last trade.
last_hedge_block: public(uint256)


@deploy
def __init__(vault: address, book: address, venue: address, params: IHedger.Params):
    """
    @notice Create the hedger of a vault and its book.
    @param vault Vault whose cash is the margin.
    @param book Book whose delta is hedged.
    @param venue Perp venue.
    @param params All parameters.
    """
    VAULT = IVault(vault)
    BOOK = IOptionBook(book)
    VENUE = IPerpVenue(venue)
    ASSET = IERC20(staticcall VAULT.asset())
    ownable.__init__()
    ownable_2step.__init__()
    self._set_band(params.band)
    self._set_execution(params.execution)
    self._set_margin(params.margin)
    self.last_full_hedge = block.timestamp
    for spender: address in [venue, vault]:
        assert extcall ASSET.approve(
            spender, max_value(uint256), default_return_value=True
        ), "hedger: approve failed"


# ------------------------------------------------------------------ anyone


@external
def rebalance() -> IHedger.HedgeState:
    """
    @notice Do what `state` says: add margin, trade, take margin back. Anyone may call; with nothing
         to do nothing happens.
    @dev SPEC-H1 to SPEC-H6.
    @return The state that was acted on.
    """
    reading: Reading = self._read()
    state_: IHedger.HedgeState = self._decide(reading)
    if state_.action == empty(IHedger.Action):
        return state_
    if state_.top_up > 0:
        self._add_margin(state_.top_up)
    if state_.trade != 0:
        self._submit(state_, reading.risk.price)
    self._finish(reading, state_)
    return state_


# ------------------------------------------------------------------ views


@external
@view
def account() -> IHedger.HedgeAccount:
    """
    @notice The vault's account at the venue, with what others need to value and margin it. Never
         reverts.
    @dev SPEC-H7. Reads only the venue.
    @return See `IHedger.HedgeAccount`.
    """
    return self._account()


@external
@view
def state() -> IHedger.HedgeState:
    """
    @notice Where the hedge stands and what `rebalance` would do now. For outsiders.
    @dev SPEC-H1 to SPEC-H6.
    @return See `IHedger.HedgeState`.
    """
    return self._decide(self._read())


# ------------------------------------------------------------------ internal: read


@internal
@view
def _read() -> Reading:
    return Reading(
        ledger=staticcall VAULT.ledger(),
        risk=staticcall BOOK.greeks(),
        account=self._account(),
    )


@internal
@view
def _account() -> IHedger.HedgeAccount:
    """
    @dev Empty but for the margin rule, and not valid, when the venue does not answer.
    """
    rule: IHedger.Margin = self.margin
    held: IHedger.HedgeAccount = empty(IHedger.HedgeAccount)
    held.margin_floor = rule.floor
    held.margin_per_vol = self._margin_per_vol(rule)
    held.vol_floor = rule.vol_floor
    has_account: bool = False
    has_market: bool = False
    has_terms: bool = False
    account_: IPerpVenue.Account = empty(IPerpVenue.Account)
    market: IPerpVenue.Market = empty(IPerpVenue.Market)
    terms: IPerpVenue.Terms = empty(IPerpVenue.Terms)
    has_account, account_ = venue_reader._account(VENUE.address, self)
    has_market, market = venue_reader._market(VENUE.address)
    has_terms, terms = venue_reader._terms(VENUE.address)
    if not (has_account and has_market and has_terms):
        return held
    held.size = account_.size
    held.pending = account_.pending
    held.margin = account_.margin
    held.equity = account_.equity_index
    held.low = min(account_.equity_index, account_.equity_exit)
    held.high = max(account_.equity_index, account_.equity_exit)
    held.withdrawable = account_.withdrawable
    held.mark = market.mark
    held.index = market.index
    held.funding_8h = market.funding_8h
    held.imr = terms.imr
    held.mmr = terms.mmr
    held.fee = terms.fee
    held.max_buy = terms.max_buy
    held.max_sell = terms.max_sell
    held.depth = terms.depth
    held.may_open = terms.mode == IPerpVenue.Mode.NORMAL
    held.valid = account_.valid and market.valid
    return held


@internal
@view
def _margin_per_vol(rule: IHedger.Margin) -> uint256:
    """
    @dev z·√(horizon in years). [wad]
    """
    root: uint256 = isqrt(rule.horizon * wad.WAD // YEAR * wad.WAD)
    return wad._mul_up(rule.deviations, root)


# ------------------------------------------------------------------ internal: decide


@internal
@view
def _decide(reading: Reading) -> IHedger.HedgeState:
    state_: IHedger.HedgeState = self._observe(reading)
    state_.reason, state_.wanted = self._want(reading, state_)
    state_.trade = self._executable(reading, state_)
    size_after: int256 = self._size_to_carry(reading.account) + state_.trade
    state_.top_up = self._top_up(reading, size_after)
    if state_.top_up == 0:
        state_.give_back = self._give_back(reading, reading.account, size_after)
    if state_.trade != 0:
        state_.action |= IHedger.Action.HEDGE
    if state_.top_up > 0:
        state_.action |= IHedger.Action.TOP_UP
    if state_.give_back > 0:
        state_.action |= IHedger.Action.GIVE_BACK
    return state_


@internal
@view
def _observe(reading: Reading) -> IHedger.HedgeState:
    """
    @dev All of the state that is not a decision.
    """
    risk: IOptionBook.Risk = reading.risk
    held: IHedger.HedgeAccount = reading.account
    s: IHedger.HedgeState = empty(IHedger.HedgeState)
    s.book_delta = risk.delta
    s.size = held.size
    s.pending = held.pending
    s.net_delta = risk.delta + held.size + held.pending
    s.nav = solvency._nav_mid(reading.ledger, risk, held)
    s.book_value = risk.mid
    s.band = hedge_rule._half_width(self.band, risk.gamma, risk.price, held.fee, s.nav, risk.sold)
    s.margin_ratio = max_value(uint256)
    notional: uint256 = solvency._notional_up(held.size, held.index)
    if notional > 0:
        s.margin_ratio = wad._div_down(convert(max(held.low, 0), uint256), notional)
    s.margin_target = solvency._margin_target(held, risk.vol)
    s.mark = held.mark
    s.index = risk.price
    s.basis = solvency._basis(held)
    s.funding_8h = held.funding_8h
    s.liquidation_price = hedge_rule._liquidation_price(
        held.size, held.equity, held.index, held.mmr
    )
    return s


@internal
@view
def _want(reading: Reading, s: IHedger.HedgeState) -> (IHedger.Reason, int256):
    """
    @dev SPEC-H1, SPEC-H2: the trade that the rule asks for, before what can be executed.
    """
    if not reading.account.valid:
        return IHedger.Reason.INVALID_VENUE, 0
    if not reading.risk.valid:
        return IHedger.Reason.INVALID_FEED, 0
    if self.last_hedge_block == block.number:
        return IHedger.Reason.HEDGED_THIS_BLOCK, 0
    # What a second order may do shows when the first has filled, or expired.
    if reading.account.pending != 0:
        return IHedger.Reason.ORDER_PENDING, 0
    rule: IHedger.Band = self.band
    if wad._abs(s.net_delta) < rule.min_hedge:
        return IHedger.Reason.BELOW_MINIMUM, 0
    if reading.risk.sold == 0:
        return IHedger.Reason.NOTHING_SOLD, -s.net_delta
    if block.timestamp >= self.last_full_hedge + rule.max_interval:
        return IHedger.Reason.INTERVAL, -s.net_delta
    if wad._abs(s.net_delta) <= s.band:
        return IHedger.Reason.IN_BAND, 0
    return IHedger.Reason.OUTSIDE_BAND, hedge_rule._trade(
        s.net_delta, s.band, rule.min_hedge, rule.to_centre
    )


@internal
@view
def _executable(reading: Reading, s: IHedger.HedgeState) -> int256:
    """
    @dev SPEC-H3: what of the wanted trade the limits leave; never a revert.
    """
    if s.wanted == 0:
        return 0
    held: IHedger.HedgeAccount = reading.account
    rule: IHedger.Execution = self.execution
    is_buy: bool = s.wanted > 0
    limit: uint256 = hedge_rule._limit_price(reading.risk.price, rule.max_adverse, is_buy)
    step: int256 = hedge_rule._clip(s.wanted, wad._mul_down(rule.max_share, held.depth))
    priced: uint256 = hedge_rule._size_within_price(
        held.mark, held.index, limit, held.depth, is_buy
    )
    trade: int256 = hedge_rule._clip(step, min(self._venue_room(held, step), priced))
    trade = hedge_rule._clip_to_margin(trade, held.size, self._affordable(reading))
    least: uint256 = self.band.min_hedge
    if wad._abs(held.size + trade) < least:
        # No venue is asked to keep a crumb; it goes with the rest, if the venue can fill it.
        fillable: uint256 = min(self._venue_room(held, -held.size), priced)
        trade = -held.size if wad._abs(held.size) <= fillable else 0
    return trade if wad._abs(trade) >= least else 0


@internal
@view
def _venue_room(held: IHedger.HedgeAccount, trade: int256) -> uint256:
    """
    @dev What the venue fills of `trade`: its limits are for positions that grow, so for the part that closes it is
         asked whether it would fill that. [ETH wad]
    """
    room: uint256 = held.max_buy if trade > 0 else held.max_sell
    closing: int256 = order._closing_part(trade, held.size)
    if closing != 0 and venue_reader._fills(VENUE.address, closing):
        return max(room, wad._abs(closing))
    return room


@internal
@view
def _affordable(reading: Reading) -> uint256:
    """
    @dev Largest |position| that cash and margin together carry above the top-up trigger and the
         venue's initial margin; 0 while the venue lets none grow. [ETH wad]
    """
    held: IHedger.HedgeAccount = reading.account
    if not held.may_open:
        return 0
    initial: uint256 = self._initial_ratio(held)
    cash: int256 = max(solvency._net_cash(reading.ledger), 0)
    equity: uint256 = convert(max(held.low + cash, 0), uint256)
    margin_: uint256 = held.margin * reading.ledger.scale + convert(cash, uint256)
    by_equity: uint256 = wad._div_down(equity, max(self._trigger(reading), initial))
    by_margin: uint256 = wad._div_down(margin_, initial)
    return wad._div_down(min(by_equity, by_margin), reading.risk.price)


@internal
@view
def _trigger(reading: Reading) -> uint256:
    target: uint256 = solvency._margin_target(reading.account, reading.risk.vol)
    return hedge_rule._margin_trigger(target, reading.account.mmr, self.margin.trigger)


@internal
@pure
def _initial_ratio(held: IHedger.HedgeAccount) -> uint256:
    return wad._mul_up(held.imr, INITIAL_MARGIN_ROOM)


@internal
@view
def _top_up(reading: Reading, size_after: int256) -> uint256:
    """
    @dev SPEC-H4: to m* when the ratio is below the trigger, to the venue's initial margin when the
         order needs it; from cash that no claim needs, and no more than there is. Works with a bad
         feed too. [asset]
    """
    held: IHedger.HedgeAccount = reading.account
    notional: uint256 = solvency._notional_up(size_after, held.index)
    low: uint256 = convert(max(held.low, 0), uint256)
    missing: uint256 = 0
    if low < wad._mul_up(notional, self._trigger(reading)):
        target: uint256 = solvency._margin_target(held, reading.risk.vol)
        missing = wad._mul_up(notional, target) - low
    if order._opens(held.size, size_after):
        initial: uint256 = wad._mul_up(notional, self._initial_ratio(held))
        least: uint256 = min(low, held.margin * reading.ledger.scale)  # as the venue counts
        missing = max(missing, initial - min(initial, least))
    available: uint256 = convert(max(solvency._net_cash(reading.ledger), 0), uint256)
    if missing >= available:
        return wad._to_asset_down(available, reading.ledger.scale)
    return wad._to_asset_up(missing, reading.ledger.scale)


@internal
@view
def _give_back(reading: Reading, held: IHedger.HedgeAccount, size_after: int256) -> uint256:
    """
    @dev SPEC-H5: down to m* when the ratio is above the ceiling, or above m* while claims wait for cash; not below
         what the next order needs, and no crumbs while there is a position. [asset]
    """
    if not held.valid:
        return 0
    claims_wait: bool = solvency._net_cash(reading.ledger) < 0
    notional: uint256 = solvency._notional_up(size_after, held.index)
    target: uint256 = wad._mul_up(notional, solvency._margin_target(held, reading.risk.vol))
    ceiling: uint256 = target if claims_wait else wad._mul_up(target, self.margin.ceiling)
    low: uint256 = convert(max(held.low, 0), uint256)
    if low <= ceiling:
        return 0
    kept: uint256 = wad._mul_up(notional, self._initial_ratio(held))
    margin_: uint256 = held.margin * reading.ledger.scale
    spare: uint256 = min(low - target, margin_ - min(margin_, kept))
    amount: uint256 = min(held.withdrawable, wad._to_asset_down(spare, reading.ledger.scale))
    least: uint256 = 0 if claims_wait else target // LEAST_RETURN
    return amount if amount * reading.ledger.scale > least else 0


@internal
@pure
def _size_to_carry(held: IHedger.HedgeAccount) -> int256:
    """
    @dev SPEC-H8: a pending order may fill or not; margin is there for the larger position. [ETH wad]
    """
    after: int256 = held.size + held.pending
    return after if wad._abs(after) > wad._abs(held.size) else held.size


# ------------------------------------------------------------------ internal: act


@internal
def _add_margin(amount: uint256):
    extcall VAULT.pay_margin(amount)
    extcall VENUE.deposit(amount)


@internal
def _submit(state_: IHedger.HedgeState, index: uint256):
    limit: uint256 = hedge_rule._limit_price(index, self.execution.max_adverse, state_.trade > 0)
    self.last_hedge_block = block.number
    if state_.trade == -state_.net_delta:
        self.last_full_hedge = block.timestamp
    extcall VENUE.submit(state_.trade, limit, block.timestamp + self.execution.order_life)
    log IHedger.Hedged(
        caller=msg.sender,
        reason=state_.reason,
        price=index,
        book_delta=state_.book_delta,
        net_before=state_.net_delta,
        trade=state_.trade,
        wanted=state_.wanted,
    )


@internal
def _finish(reading: Reading, state_: IHedger.HedgeState):
    """
    @dev Takes back what the position no longer needs and shows the vault where it stands.
    """
    held: IHedger.HedgeAccount = self._account()
    paid: uint256 = 0
    excess: uint256 = 0
    if state_.top_up == 0:
        excess = self._give_back(reading, held, self._size_to_carry(held))
    if excess > 0:
        paid = extcall VENUE.withdraw(excess)
        held = self._account()
    log IHedger.MarginMoved(
        amount=convert(state_.top_up, int256) - convert(paid, int256), equity=held.low
    )
    extcall VAULT.on_hedged(paid, reading.risk, held)


# ------------------------------------------------------------------ internal: parameters


@internal
def _set_band(band: IHedger.Band):
    assert band.risk_aversion >= wad.WAD, "hedger: risk aversion under 1"
    assert band.min_share <= band.max_share, "hedger: bad band shares"
    assert band.max_share <= wad.WAD, "hedger: band share over 100%"
    assert band.min_hedge > 0, "hedger: min hedge is zero"
    assert band.max_interval >= 60, "hedger: interval under a minute"
    self.band = band


@internal
def _set_execution(execution: IHedger.Execution):
    assert execution.max_share > 0, "hedger: share of depth is zero"
    assert execution.max_share <= wad.WAD // 10, "hedger: share of depth over 10%"
    assert execution.max_adverse > 0, "hedger: adverse bound is zero"
    assert execution.max_adverse <= wad.WAD // 5, "hedger: adverse bound over 20%"
    assert execution.order_life <= 3_600, "hedger: order life over an hour"
    self.execution = execution


@internal
def _set_margin(margin: IHedger.Margin):
    assert margin.floor >= wad.WAD // 20, "hedger: margin floor under 5%"
    assert margin.floor <= wad.WAD, "hedger: margin floor over 100%"
    assert margin.deviations <= 20 * wad.WAD, "hedger: z over 20"
    assert margin.horizon <= 604_800, "hedger: horizon over a week"
    assert margin.vol_floor <= 5 * wad.WAD, "hedger: vol floor over 500%"
    assert margin.trigger <= wad.WAD, "hedger: trigger over the target"
    assert margin.ceiling >= wad.WAD, "hedger: ceiling under the target"
    assert margin.ceiling <= 10 * wad.WAD, "hedger: ceiling over 10"
    self.margin = margin
