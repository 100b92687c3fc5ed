# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Hedger
@license AGPL-3.0-only
@notice Keeps the book's delta inside a band with a perp, and the perp's margin at its target. The
     rule decides; anyone may act, and is paid for a hedge.
@dev Units are in brackets: [asset] token units, [wad] 1e18; prices USD per ETH [wad], sizes ETH
     [wad], + is long. The position is read from the venue at each use, never remembered: see
     `hedger_account`. Ends every call without a token.
@custom:kill Nothing stops the hedger; a bad feed or venue stops trading, never margin.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import IBreaker
from .interfaces import IHedger
from .interfaces import IOptionBook
from .interfaces import IVault
from .modules import hedge_rule
from .modules import hedger_account
from .modules import order
from .modules import policy
from .modules import solvency
from .modules import wad

implements: IHedger
initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: policy
initializes: hedger_account[policy := policy]
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    policy.band,
    policy.execution,
    policy.margin,
    hedger_account.account,
)

# An order must leave this over the venue's initial margin, for the fee and the slippage of the
# order itself.
INITIAL_MARGIN_ROOM: constant(uint256) = 11 * 10**17  # [wad]
LEAST_RETURN: constant(uint256) = 10  # of the target, one in so many: less is not worth a call
MAX_BLOCK: constant(uint256) = 2**128 - 1
MAX_DATA: constant(uint256) = 8_192  # [bytes] of what an automation network hands over

VAULT: immutable(IVault)
BOOK: immutable(IOptionBook)
BREAKER: immutable(IBreaker)
ASSET: immutable(IERC20)
UNIT: immutable(uint256)  # one token [asset]


# Everything a decision is made from, read once a call.
struct Reading:
    ledger: IVault.Ledger
    risk: IOptionBook.Risk
    account: IHedger.HedgeAccount
    rules: IHedger.Params


# Time of the last full hedge [unix s] << 128 | block of the last trade.
trail: uint256


@deploy
def __init__(
    vault: address, book: address, venue: address, breaker: address, params: IHedger.Params
):
    """
    @notice Create the hedger of a vault and its book.
    @param vault Vault whose cash is the margin.
    @param book Book whose delta is hedged.
    @param venue Perp venue.
    @param breaker Breaker of the vault, which is shown where the hedge stands.
    @param params All parameters.
    """
    VAULT = IVault(vault)
    BOOK = IOptionBook(book)
    hedger_account.__init__(venue)
    BREAKER = IBreaker(breaker)
    ASSET = IERC20(staticcall VAULT.asset())
    UNIT = 10**convert(staticcall IERC20Detailed(ASSET.address).decimals(), uint256)
    ownable.__init__()
    ownable_2step.__init__()
    policy._set_band(params.band)
    policy._set_execution(params.execution, UNIT)
    policy._set_margin(params.margin)
    self.trail = block.timestamp << 128
    for spender: address in [venue, vault]:
        assert extcall ASSET.approve(
            spender, max_value(uint256), default_return_value=True
        ), "hedger: approve failed"
    assert staticcall BREAKER.vault() == vault, "hedger: breaker of another vault"


# ------------------------------------------------------------------ anyone


@external
def rebalance(receiver: address = msg.sender) -> IHedger.HedgeState:
    """
    @notice Do what `state` says: add margin, trade, take margin back. Anyone may call; with nothing
         to do nothing happens.
    @dev SPEC-H1 to SPEC-H6, SPEC-H10.
    @param receiver Who gets the reward of a hedge; zero for nobody.
    @return The state that was acted on.
    """
    return self._rebalance(receiver)


@external
def performUpkeep(data: Bytes[MAX_DATA]):
    """
    @notice `rebalance` for automation networks. Pays no reward: their senders cannot keep a token.
    @dev SPEC-H11.
    @param data Ignored.
    """
    self._rebalance(empty(address))


# ------------------------------------------------------------------ owner


@external
def set_band(band: IHedger.Band):
    """
    @notice Set when a hedge is due. Only the owner.
    @dev SPEC-H9.
    @param band See `IHedger.Band`.
    """
    ownable._check_owner()
    policy._set_band(band)


@external
def set_execution(execution: IHedger.Execution):
    """
    @notice Set what a hedge may cost. Only the owner.
    @dev SPEC-H9.
    @param execution See `IHedger.Execution`.
    """
    ownable._check_owner()
    policy._set_execution(execution, UNIT)


@external
def set_margin(margin: IHedger.Margin):
    """
    @notice Set how much margin a position has. Only the owner.
    @dev SPEC-H9.
    @param margin See `IHedger.Margin`.
    """
    ownable._check_owner()
    policy._set_margin(margin)


# ------------------------------------------------------------------ views


@external
@view
def state() -> IHedger.HedgeState:
    """
    @notice Where the hedge stands and what `rebalance` would do now. For outsiders.
    @dev SPEC-H1 to SPEC-H6.
    @return See `IHedger.HedgeState`.
    """
    return self._decide(self._read())


@external
@view
def checkUpkeep(data: Bytes[MAX_DATA]) -> (bool, Bytes[1]):
    """
    @notice Whether `rebalance` would do anything now, for automation networks. Never reverts.
    @dev SPEC-H11.
    @param data Ignored.
    @return Whether to call `performUpkeep`, and with what: nothing.
    """
    return self._decide(self._read()).action != empty(IHedger.Action), b""


@external
@view
def last_full_hedge() -> uint256:
    """
    @notice When the book was last hedged in full.
    @return Time. [unix s]
    """
    return self._last_full_hedge()


@external
@view
def last_hedge_block() -> uint256:
    """
    @notice Block of the last trade; none is made in it any more.
    @return Number of the block.
    """
    return self._last_hedge_block()


# ------------------------------------------------------------------ internal: read


@internal
@view
def _read() -> Reading:
    return Reading(
        ledger=staticcall VAULT.ledger(),
        risk=staticcall BOOK.greeks(),
        account=hedger_account._account(),
        rules=policy._params(),
    )


@internal
@view
def _last_full_hedge() -> uint256:
    return self.trail >> 128


@internal
@view
def _last_hedge_block() -> uint256:
    return self.trail & MAX_BLOCK


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
    s.band = hedge_rule._half_width(
        reading.rules.band, risk.gamma, risk.price, held.fee, s.nav, risk.sold
    )
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
    if self._last_hedge_block() == block.number:
        return IHedger.Reason.HEDGED_THIS_BLOCK, 0
    # What a second order may do shows when the first has filled, or expired.
    if reading.account.pending != 0:
        return IHedger.Reason.ORDER_PENDING, 0
    rule: IHedger.Band = reading.rules.band
    if wad._abs(s.net_delta) < rule.min_hedge:
        return IHedger.Reason.BELOW_MINIMUM, 0
    if reading.risk.sold == 0:
        return IHedger.Reason.NOTHING_SOLD, -s.net_delta
    if block.timestamp >= self._last_full_hedge() + rule.max_interval:
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
    rule: IHedger.Execution = reading.rules.execution
    is_buy: bool = s.wanted > 0
    limit: uint256 = hedge_rule._limit_price(reading.risk.price, rule.max_adverse, is_buy)
    step: int256 = hedge_rule._clip(s.wanted, wad._mul_down(rule.max_share, held.depth))
    priced: uint256 = hedge_rule._size_within_price(
        held.mark, held.index, limit, held.depth, is_buy
    )
    trade: int256 = hedge_rule._clip(step, min(hedger_account._venue_room(held, step), priced))
    trade = hedge_rule._clip_to_margin(trade, held.size, self._affordable(reading))
    least: uint256 = reading.rules.band.min_hedge
    if wad._abs(held.size + trade) < least:
        # No venue is asked to keep a crumb; it goes with the rest, if the venue can fill it.
        fillable: uint256 = min(hedger_account._venue_room(held, -held.size), priced)
        trade = -held.size if wad._abs(held.size) <= fillable else 0
    return trade if wad._abs(trade) >= least else 0


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
    return hedge_rule._margin_trigger(target, reading.account.mmr, reading.rules.margin.trigger)


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
    ceiling: uint256 = target if claims_wait else wad._mul_up(target, reading.rules.margin.ceiling)
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
def _rebalance(receiver: address) -> IHedger.HedgeState:
    reading: Reading = self._read()
    state_: IHedger.HedgeState = self._decide(reading)
    if state_.action == empty(IHedger.Action):
        return state_
    if state_.top_up > 0:
        extcall VAULT.pay_margin(state_.top_up)
        extcall hedger_account.VENUE.deposit(state_.top_up)
    placed: bool = state_.trade != 0 and self._submit(reading, state_)
    held: IHedger.HedgeAccount = reading.account
    if state_.top_up > 0 or placed:
        held = hedger_account._with_position(held)
    reward: uint256 = 0
    if placed:
        reward = self._book_hedge(reading, state_, held)
    self._finish(reading, state_, held, receiver, reward)
    return state_


@internal
def _submit(reading: Reading, state_: IHedger.HedgeState) -> bool:
    """
    @dev SPEC-H3: whether the venue took the order. Margin that was added stays when it did not;
         without any the refusal is the caller's.
    """
    rule: IHedger.Execution = reading.rules.execution
    limit: uint256 = hedge_rule._limit_price(reading.risk.price, rule.max_adverse, state_.trade > 0)
    call: Bytes[100] = abi_encode(
        state_.trade,
        limit,
        block.timestamp + rule.order_life,
        method_id=method_id("submit(int256,uint256,uint256)"),
    )
    if state_.top_up == 0:
        raw_call(hedger_account.VENUE.address, call)
        return True
    if raw_call(hedger_account.VENUE.address, call, revert_on_failure=False):
        return True
    log IHedger.OrderRefused(trade=state_.trade)
    return False


@internal
def _book_hedge(
    reading: Reading, state_: IHedger.HedgeState, held: IHedger.HedgeAccount
) -> uint256:
    """
    @dev SPEC-H10: the reward is for what filled within the call. [asset]
    """
    full_at: uint256 = self._last_full_hedge()
    if state_.trade == -state_.net_delta:
        full_at = block.timestamp
    self.trail = full_at << 128 | block.number
    scale: uint256 = reading.ledger.scale
    filled: int256 = 0
    cost: int256 = 0
    if held.valid:
        filled = held.size - reading.account.size
        cost = reading.account.equity + convert(state_.top_up * scale, int256) - held.equity
    log IHedger.Hedged(
        caller=msg.sender,
        reason=state_.reason,
        price=reading.risk.price,
        book_delta=state_.book_delta,
        net_before=state_.net_delta,
        trade=state_.trade,
        wanted=state_.wanted,
        filled=filled,
        cost=cost,
    )
    cap: uint256 = reading.rules.execution.reward_cap
    return hedge_rule._reward(filled, reading.risk.price, cap, scale)


@internal
def _finish(
    reading: Reading,
    state_: IHedger.HedgeState,
    at: IHedger.HedgeAccount,
    receiver: address,
    reward: uint256,
):
    """
    @dev Takes back what the position no longer needs and shows the vault where it stands.
    """
    held: IHedger.HedgeAccount = at
    paid: uint256 = 0
    excess: uint256 = 0
    if state_.top_up == 0:
        excess = self._give_back(reading, held, self._size_to_carry(held))
    if excess > 0:
        paid = extcall hedger_account.VENUE.withdraw(excess)
        held = hedger_account._with_position(held)
    log IHedger.MarginMoved(
        amount=convert(state_.top_up, int256) - convert(paid, int256), equity=held.low
    )
    due: uint256 = reward if receiver != empty(address) else 0
    extcall VAULT.on_hedged(paid, due, receiver, solvency._valuation(reading.risk, held))
    extcall BREAKER.observe(staticcall VAULT.ledger(), reading.risk, held)
