# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Breaker
@license AGPL-3.0-only
@notice Says whether the vault may take risk, or only lower it. What is wrong closes sales, deposits
     and instant withdrawals at once; what trips keeps them closed until the owner lifts it.
@dev Units are in brackets: [wad] 1e18, [s] seconds. It moves nothing and holds nothing. The wired
     contracts ask it with what they have read, so that it calls nobody; only `trip`, `lift` and
     `breached`, for outsiders, look for themselves.
@custom:kill This is the switch: `reduce_only` by the guardian or the owner. Hedging, margin,
     buy-back, settlement, claims, requests and cancels never ask it.
"""

from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import IBreaker
from .interfaces import IHedger
from .interfaces import IOptionBook
from .interfaces import IVault
from .modules import breaches
from .modules import breaker_words as words
from .modules import wad

implements: IBreaker
initializes: ownable
initializes: ownable_2step[ownable := ownable]
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

MAX_PERIOD: constant(uint256) = 7 * 86_400  # [s] of patience, silence and delay


# The vault with its book and hedger, as they are wired.
interface Wired:
    def book() -> address: view
    def hedger() -> address: view
    def ledger() -> IVault.Ledger: view


VAULT: immutable(Wired)

# Who may call `reduce_only` beside the owner; empty for nobody.
guardian: public(address)
# Laid out in `breaker_words`.
ratios_word: uint256
amounts_word: uint256  # and the mode
hour_word: uint256
day_word: uint256


@deploy
def __init__(vault: address, limits_: IBreaker.Limits):
    """
    @notice Create the breaker of a vault, in normal mode.
    @param vault The vault, which names it when it is wired.
    @param limits_ What is wrong.
    """
    VAULT = Wired(vault)
    ownable.__init__()
    ownable_2step.__init__()
    self._set_limits(limits_)
    self._set_mode(empty(IBreaker.Breach), block.timestamp)


# ------------------------------------------------------------------ owner and guardian


@external
def set_limits(limits_: IBreaker.Limits):
    """
    @notice Set what is wrong. Only the owner.
    @dev SPEC-R6.
    @param limits_ See `IBreaker.Limits`.
    """
    ownable._check_owner()
    self._set_limits(limits_)


@external
def set_guardian(guardian: address):
    """
    @notice Name who may call `reduce_only` beside the owner. Only the owner.
    @dev SPEC-R5.
    @param guardian The guardian, empty for none.
    """
    ownable._check_owner()
    self.guardian = guardian
    log IBreaker.GuardianSet(guardian=guardian)


@external
def reduce_only():
    """
    @notice Stop taking risk, whatever the numbers say. Only the guardian or the owner.
    @dev SPEC-R5.
    """
    assert msg.sender in [self.guardian, ownable.owner], "breaker: only the guardian"
    self._trip(IBreaker.Breach.GUARDIAN)


@external
def lift():
    """
    @notice Go back to normal, when the delay is over and nothing is wrong any more. Only the owner.
    @dev SPEC-R5.
    """
    ownable._check_owner()
    assert self._tripped() != empty(IBreaker.Breach), "breaker: not tripped"
    earliest: uint256 = self._since() + self._limits().lift_delay
    assert block.timestamp >= earliest, "breaker: too early to lift"
    assert self._tripping() == empty(IBreaker.Breach), "breaker: still breached"
    self._set_mode(empty(IBreaker.Breach), block.timestamp)
    log IBreaker.Lifted()


# ------------------------------------------------------------------ anyone


@external
def trip() -> IBreaker.Breach:
    """
    @notice Look at vault, book and hedge, remember, and trip when something is wrong. Anyone may
         call. Never reverts.
    @dev SPEC-R3, SPEC-R4.
    @return What is wrong now; a basis that is too wide trips only when it stays.
    """
    ledger: IVault.Ledger = empty(IVault.Ledger)
    risk: IOptionBook.Risk = empty(IOptionBook.Risk)
    account: IHedger.HedgeAccount = empty(IHedger.HedgeAccount)
    ledger, risk, account = self._read()
    return self._observe(ledger, risk, account)


@external
def observe(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> IBreaker.Status:
    """
    @notice Remember what is seen, and trip when it says so. Only book and hedger. Never reverts for
         them.
    @dev SPEC-R3, SPEC-R4.
    @param ledger The vault's.
    @param risk The book's; the shocks are not needed.
    @param account The hedge.
    @return Mode before the look, and what was wrong in it.
    """
    assert (
        msg.sender == staticcall VAULT.book() or msg.sender == staticcall VAULT.hedger()
    ), "breaker: only book and hedger"
    found: IBreaker.Status = self._status(empty(IBreaker.Breach))
    found.breaches = self._observe(ledger, risk, account)
    return found


# ------------------------------------------------------------------ views


@external
@view
def vault() -> address:
    """
    @notice Whose breaker it is.
    @return The vault.
    """
    return VAULT.address


@external
@view
def status(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> IBreaker.Status:
    """
    @notice Mode and breaches, from what the caller has read.
    @dev SPEC-R1, SPEC-R2.
    @param ledger The vault's.
    @param risk The book's; the shocks are not needed.
    @param account The hedge.
    @return See `IBreaker.Status`.
    """
    return self._status(self._wrong(ledger, risk, account))


@external
@view
def breached() -> IBreaker.Breach:
    """
    @notice What is wrong now, whether it has tripped or not. For outsiders. Never reverts.
    @dev SPEC-R2.
    @return Flags, empty for nothing.
    """
    return self._breached()


@external
@view
def is_normal() -> bool:
    """
    @notice Whether nothing has tripped since the last lift.
    @return False in reduce-only mode.
    """
    return self._tripped() == empty(IBreaker.Breach)


@external
@view
def tripped() -> IBreaker.Breach:
    """
    @notice What has tripped since the last lift.
    @return Flags, empty in normal mode.
    """
    return self._tripped()


@external
@view
def since() -> uint256:
    """
    @notice When the present mode began.
    @return Time. [unix s]
    """
    return self._since()


@external
@view
def limits() -> IBreaker.Limits:
    """
    @notice What is wrong.
    @return See `IBreaker.Limits`.
    """
    return self._limits()


@external
@view
def memory() -> IBreaker.Memory:
    """
    @notice What earlier looks left behind.
    @return See `IBreaker.Memory`.
    """
    return self._memory()


# ------------------------------------------------------------------ internal: look


@internal
@view
def _read() -> (IVault.Ledger, IOptionBook.Risk, IHedger.HedgeAccount):
    """
    @dev Nothing, of which nothing is wrong, before the vault is wired.
    """
    risk: IOptionBook.Risk = empty(IOptionBook.Risk)
    account: IHedger.HedgeAccount = empty(IHedger.HedgeAccount)
    book: address = staticcall VAULT.book()
    if book != empty(address):
        risk = staticcall IOptionBook(book).greeks()
        account = staticcall IHedger(staticcall VAULT.hedger()).account()
    else:
        risk.at = block.timestamp
    return staticcall VAULT.ledger(), risk, account


@internal
@view
def _breached() -> IBreaker.Breach:
    ledger: IVault.Ledger = empty(IVault.Ledger)
    risk: IOptionBook.Risk = empty(IOptionBook.Risk)
    account: IHedger.HedgeAccount = empty(IHedger.HedgeAccount)
    ledger, risk, account = self._read()
    return self._wrong(ledger, risk, account)


@internal
@view
def _wrong(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> IBreaker.Breach:
    limits: IBreaker.Limits = self._limits()
    look: breaches.Look = breaches._look(limits, ledger, risk, account)
    return breaches._now_wrong(limits, self._memory(), look, block.timestamp)


@internal
def _observe(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> IBreaker.Breach:
    limits: IBreaker.Limits = self._limits()
    memory: IBreaker.Memory = self._memory()
    look: breaches.Look = breaches._look(limits, ledger, risk, account)
    now: uint256 = block.timestamp
    wrong: IBreaker.Breach = breaches._now_wrong(limits, memory, look, now)
    self._trip(breaches._for_good(limits, memory, look, wrong, now))
    self.hour_word, self.day_word = words._memory_words(breaches._with_look(memory, look, now))
    return wrong


@internal
@view
def _tripping() -> IBreaker.Breach:
    """
    @dev What a look would trip on now: nobody can hold up a lift by a push of the mark.
    """
    ledger: IVault.Ledger = empty(IVault.Ledger)
    risk: IOptionBook.Risk = empty(IOptionBook.Risk)
    account: IHedger.HedgeAccount = empty(IHedger.HedgeAccount)
    ledger, risk, account = self._read()
    limits: IBreaker.Limits = self._limits()
    memory: IBreaker.Memory = self._memory()
    look: breaches.Look = breaches._look(limits, ledger, risk, account)
    now: uint256 = block.timestamp
    wrong: IBreaker.Breach = breaches._now_wrong(limits, memory, look, now)
    return breaches._for_good(limits, memory, look, wrong, now)


@internal
@view
def _status(wrong: IBreaker.Breach) -> IBreaker.Status:
    return IBreaker.Status(
        normal=self._tripped() == empty(IBreaker.Breach), since=self._since(), breaches=wrong
    )


@internal
def _trip(wrong: IBreaker.Breach):
    """
    @dev Nothing is written or logged for what has tripped already.
    """
    before: IBreaker.Breach = self._tripped()
    if before | wrong == before:
        return
    is_first: bool = before == empty(IBreaker.Breach)
    self._set_mode(before | wrong, block.timestamp if is_first else self._since())
    log IBreaker.Tripped(breaches=wrong)


# ------------------------------------------------------------------ internal: mode


@internal
@view
def _tripped() -> IBreaker.Breach:
    return words._tripped(self.amounts_word)


@internal
@view
def _since() -> uint256:
    return words._mode_since(self.amounts_word)


@internal
def _set_mode(tripped: IBreaker.Breach, since: uint256):
    self.amounts_word = words._with_mode(self.amounts_word, tripped, since)


# ------------------------------------------------------------------ internal: parameters


@internal
@view
def _limits() -> IBreaker.Limits:
    return words._limits(self.ratios_word, self.amounts_word)


@internal
@view
def _memory() -> IBreaker.Memory:
    return words._memory(self.hour_word, self.day_word)


@internal
def _set_limits(limits: IBreaker.Limits):
    assert limits.basis >= wad.WAD // 200, "breaker: basis under 0.5%"
    assert limits.basis <= wad.WAD // 5, "breaker: basis over 20%"
    assert limits.drawdown >= wad.WAD // 20, "breaker: drawdown under 5%"
    assert limits.drawdown <= wad.WAD // 2, "breaker: drawdown over 50%"
    assert limits.margin >= wad.WAD, "breaker: margin under maintenance"
    assert limits.margin <= 4 * wad.WAD, "breaker: margin over 4"
    assert limits.unhedged >= wad.WAD // 100, "breaker: unhedged under 1%"
    assert limits.unhedged <= wad.WAD, "breaker: unhedged over 100%"
    assert limits.crumb > 0, "breaker: crumb is zero"
    assert limits.crumb <= 1_000 * wad.WAD, "breaker: crumb over 1,000 ETH"
    assert limits.jump >= wad.WAD // 100, "breaker: jump under 1%"
    assert limits.jump <= wad.WAD, "breaker: jump over 100%"
    assert limits.patience >= 60, "breaker: patience under a minute"
    assert limits.patience <= MAX_PERIOD, "breaker: patience over a week"
    assert limits.silence >= 60, "breaker: silence under a minute"
    assert limits.silence <= MAX_PERIOD, "breaker: silence over a week"
    assert limits.lift_delay >= 3_600, "breaker: lift delay under an hour"
    assert limits.lift_delay <= MAX_PERIOD, "breaker: lift delay over a week"
    amounts: uint256 = 0
    self.ratios_word, amounts = words._limits_words(limits)
    self.amounts_word = words._with_mode(amounts, self._tripped(), self._since())
    log IBreaker.LimitsSet(limits=limits)
