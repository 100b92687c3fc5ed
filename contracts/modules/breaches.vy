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


# What one look sees, before it is held against what was remembered.
struct Look:
    feed_live: bool
    venue_live: bool
    is_settled: bool  # no board has expired and is not settled yet
    price: uint256  # index [USD wad]
    at: uint256  # when the feed last moved [unix s]
    is_wide: bool  # the basis, beyond its limit
    is_thin: bool  # the margin, below its limit by index or exit
    is_thin_by_both: bool  # as the venue counts
    is_unhedged: bool  # the net delta, beyond its limit
    worth: uint256  # of a share, 0 unless feed and venue are live [USD wad²/share unit]


@internal
@pure
def _look(
    limits: IBreaker.Limits,
    ledger: IVault.Ledger,
    risk: IOptionBook.Risk,
    account: IHedger.HedgeAccount,
) -> Look:
    """
    @dev SPEC-R2: what is beyond its limit by itself; nothing is that cannot be seen.
    """
    look: Look = empty(Look)
    look.feed_live = risk.valid
    look.venue_live = account.valid
    look.is_settled = not risk.unsettled
    look.price = risk.price
    look.at = risk.at
    if account.valid:
        look.is_wide = wad._abs(solvency._basis(account)) > limits.basis
        if account.size != 0:
            least: int256 = self._least_equity(limits.margin, account)
            look.is_thin = account.low < least
            look.is_thin_by_both = account.high < least
    if risk.valid and account.valid:
        net: uint256 = wad._abs(risk.delta + account.size + account.pending)
        look.is_unhedged = net > max(wad._mul_down(limits.unhedged, risk.sold), limits.crumb)
        look.worth = solvency._share_value(ledger, risk, account)
    return look


@internal
@view
def _now_wrong(
    limits: IBreaker.Limits, memory: IBreaker.Memory, look: Look, now: uint256
) -> IBreaker.Breach:
    """
    @dev SPEC-R2. What was remembered before counts; a look remembers after it has judged.
    """
    wrong: IBreaker.Breach = empty(IBreaker.Breach)
    if look.is_wide:
        wrong |= IBreaker.Breach.BASIS
    if look.feed_live and look.venue_live and self._has_fallen(limits, memory, look.worth, now):
        wrong |= IBreaker.Breach.DRAWDOWN
    if look.is_thin:
        wrong |= IBreaker.Breach.MARGIN
    if look.is_unhedged and self._lasts(memory.unhedged_since, limits.patience, now):
        wrong |= IBreaker.Breach.UNHEDGED
    if look.feed_live and self._has_jumped(limits, memory, look.price, now):
        wrong |= IBreaker.Breach.JUMP
    if not look.feed_live and now > max(memory.good_at, look.at) + limits.silence:
        wrong |= IBreaker.Breach.FEED
    return wrong


@internal
@view
def _for_good(
    limits: IBreaker.Limits,
    memory: IBreaker.Memory,
    look: Look,
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
    if not look.is_thin_by_both:
        tripping = tripping & ~IBreaker.Breach.MARGIN
    return tripping


@internal
@pure
def _with_look(memory: IBreaker.Memory, look: Look, now: uint256) -> IBreaker.Memory:
    """
    @dev SPEC-R4: what is remembered after a look; what cannot be seen leaves it as it was.
    """
    seen: IBreaker.Memory = memory
    if look.feed_live:
        seen.good_at = now
        if now >= memory.hour + HOUR:
            seen.price = min(look.price, LARGEST)
            seen.hour = now
    if look.venue_live:
        seen.wide_since = self._since(memory.wide_since, look.is_wide, now)
    if look.feed_live and look.venue_live:
        seen.unhedged_since = self._since(memory.unhedged_since, look.is_unhedged, now)
        if look.is_settled:
            worth: uint256 = min(look.worth, LARGEST)
            if now >= memory.day + DAY:
                seen.high_before = memory.high if now < memory.day + 2 * DAY else 0
                seen.high = worth
                seen.day = now
            else:
                seen.high = max(memory.high, worth)
    return seen


@internal
@pure
def _least_equity(limit: uint256, account: IHedger.HedgeAccount) -> int256:
    """
    @dev limit·mmr·notional, each step up. [USD wad]
    """
    notional: uint256 = solvency._notional_up(account.size, account.index)
    return convert(wad._mul_up(notional, wad._mul_up(limit, account.mmr)), int256)


@internal
@pure
def _has_fallen(
    limits: IBreaker.Limits, memory: IBreaker.Memory, worth: uint256, now: uint256
) -> bool:
    """
    @dev Worth of a share < (1 − limit)·highest remembered, which is of the last one to two days.
    """
    high: uint256 = 0
    if now < memory.day + DAY:
        high = max(memory.high, memory.high_before)
    elif now < memory.day + 2 * DAY:
        high = memory.high
    return worth < wad._mul_down(high, wad.WAD - limits.drawdown)


@internal
@pure
def _has_jumped(
    limits: IBreaker.Limits, memory: IBreaker.Memory, price: uint256, now: uint256
) -> bool:
    """
    @dev |index / index when the hour began − 1| > limit; an hour that began two hours ago is over.
    """
    if memory.price == 0 or now >= memory.hour + 2 * HOUR:
        return False
    move: uint256 = max(price, memory.price) - min(price, memory.price)
    return move > wad._mul_down(memory.price, limits.jump)


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
