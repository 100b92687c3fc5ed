# pragma version 0.4.3
"""
@title breaches
@license AGPL-3.0-only
@notice When something is wrong with vault, hedge or feed, and what has to be remembered to say so.
@dev Stateless; what names a flag is `view`, since the compiler refuses an interface's flag in a
     pure function. Source: docs/SPEC.md, R rules. What anyone can bring about for a moment (a basis, an
     unhedged sale) counts for good only when two looks see it, `patience` apart, and none between
     sees it gone: else a pushed mark or a large sale, and a call, would close the vault for a day.
"""

from ..interfaces import IBreaker
from ..interfaces import IHedger
from ..interfaces import IOptionBook
from ..interfaces import IVault
from . import solvency
from . import wad

HOUR: constant(uint256) = 3_600  # [s]
DAY: constant(uint256) = 86_400  # [s]
LARGEST: constant(uint256) = 2**112 - 1  # of what is remembered in 112 bits


@internal
@view
def _now_wrong(
    limits: IBreaker.Limits,
    memory: IBreaker.Memory,
    ledger: IVault.Ledger,
    risk: IOptionBook.Risk,
    account: IHedger.HedgeAccount,
    now: uint256,
) -> IBreaker.Breach:
    """
    @dev SPEC-R2. What was remembered before counts; a look remembers after it has judged.
    """
    wrong: IBreaker.Breach = empty(IBreaker.Breach)
    if self._is_wide(limits, account):
        wrong |= IBreaker.Breach.BASIS
    if self._has_fallen(limits, memory, ledger, risk, account, now):
        wrong |= IBreaker.Breach.DRAWDOWN
    if self._is_thin(limits, account, account.low):
        wrong |= IBreaker.Breach.MARGIN
    if self._is_unhedged(limits, risk, account) and self._lasts(
        memory.unhedged_since, limits.patience, now
    ):
        wrong |= IBreaker.Breach.UNHEDGED
    if self._has_jumped(limits, memory, risk, now):
        wrong |= IBreaker.Breach.JUMP
    if not risk.valid and now > max(memory.good_at, risk.at) + limits.silence:
        wrong |= IBreaker.Breach.FEED
    return wrong


@internal
@view
def _for_good(
    limits: IBreaker.Limits,
    memory: IBreaker.Memory,
    account: IHedger.HedgeAccount,
    wrong: IBreaker.Breach,
    now: uint256,
) -> IBreaker.Breach:
    """
    @dev SPEC-R3: what of it trips. A mark can be pushed for a block: the basis that it makes must
         last, and the margin be thin by index and exit, as the venue counts.
    """
    tripping: IBreaker.Breach = wrong
    if not self._lasts(memory.wide_since, limits.patience, now):
        tripping = tripping & ~IBreaker.Breach.BASIS
    if not self._is_thin(limits, account, account.high):
        tripping = tripping & ~IBreaker.Breach.MARGIN
    return tripping


@internal
@pure
def _with_look(
    limits: IBreaker.Limits,
    memory: IBreaker.Memory,
    ledger: IVault.Ledger,
    risk: IOptionBook.Risk,
    account: IHedger.HedgeAccount,
    now: uint256,
) -> IBreaker.Memory:
    """
    @dev SPEC-R4: what is remembered after a look; what cannot be seen leaves it as it was.
    """
    seen: IBreaker.Memory = memory
    if risk.valid:
        seen.good_at = now
        if now >= memory.hour + HOUR:
            seen.price = min(risk.price, LARGEST)
            seen.hour = now
    if account.valid:
        seen.wide_since = self._since(memory.wide_since, self._is_wide(limits, account), now)
    if risk.valid and account.valid:
        unhedged: bool = self._is_unhedged(limits, risk, account)
        seen.unhedged_since = self._since(memory.unhedged_since, unhedged, now)
    if risk.valid and account.valid and not risk.unsettled:
        value: uint256 = min(solvency._share_value(ledger, risk, account), LARGEST)
        if now >= memory.day + DAY:
            seen.high_before = memory.high if now < memory.day + 2 * DAY else 0
            seen.high = value
            seen.day = now
        else:
            seen.high = max(memory.high, value)
    return seen


@internal
@pure
def _is_wide(limits: IBreaker.Limits, account: IHedger.HedgeAccount) -> bool:
    return account.valid and wad._abs(solvency._basis(account)) > limits.basis


@internal
@pure
def _is_thin(limits: IBreaker.Limits, account: IHedger.HedgeAccount, equity: int256) -> bool:
    """
    @dev equity < limit·mmr·notional.
    """
    if not account.valid or account.size == 0:
        return False
    notional: uint256 = solvency._notional_up(account.size, account.index)
    least: uint256 = wad._mul_up(notional, wad._mul_up(limits.margin, account.mmr))
    return equity < convert(least, int256)


@internal
@pure
def _is_unhedged(
    limits: IBreaker.Limits, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> bool:
    """
    @dev |book delta + position + pending| > max(limit·sold, crumb).
    """
    if not (risk.valid and account.valid):
        return False
    net: uint256 = wad._abs(risk.delta + account.size + account.pending)
    return net > max(wad._mul_down(limits.unhedged, risk.sold), limits.crumb)


@internal
@pure
def _has_fallen(
    limits: IBreaker.Limits,
    memory: IBreaker.Memory,
    ledger: IVault.Ledger,
    risk: IOptionBook.Risk,
    account: IHedger.HedgeAccount,
    now: uint256,
) -> bool:
    """
    @dev Value a share < (1 − limit)·highest remembered, which is of the last one to two days.
    """
    if not (risk.valid and account.valid):
        return False
    high: uint256 = 0
    if now < memory.day + DAY:
        high = max(memory.high, memory.high_before)
    elif now < memory.day + 2 * DAY:
        high = memory.high
    value: uint256 = solvency._share_value(ledger, risk, account)
    return value < wad._mul_down(high, wad.WAD - limits.drawdown)


@internal
@pure
def _has_jumped(
    limits: IBreaker.Limits, memory: IBreaker.Memory, risk: IOptionBook.Risk, now: uint256
) -> bool:
    """
    @dev |index / index when the hour began − 1| > limit; an hour that began two hours ago is over.
    """
    if not risk.valid or memory.price == 0 or now >= memory.hour + 2 * HOUR:
        return False
    low: uint256 = min(risk.price, memory.price)
    high: uint256 = max(risk.price, memory.price)
    return high - low > wad._mul_down(memory.price, limits.jump)


@internal
@pure
def _since(before: uint256, holds: bool, now: uint256) -> uint256:
    if not holds:
        return 0
    return now if before == 0 else before


@internal
@pure
def _lasts(since: uint256, patience: uint256, now: uint256) -> bool:
    return since != 0 and now >= since + patience
