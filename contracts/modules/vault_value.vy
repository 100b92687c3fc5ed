# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title vault_value
@license AGPL-3.0-only
@notice What the vault is worth: a snapshot of ledger, book, hedge and breaker, the net asset value
     that it shows, and shares against tokens.
@dev Stateful: owns the value when last seen. A call takes one snapshot and judges all by it. The
     snapshot counts the fees that are due as issued; `_accrue` issues them. Units are in brackets:
     [asset] token units, [shares] share units, [wad] 1e18.
"""

from snekmate.tokens import erc20

from ..interfaces import IBreaker
from ..interfaces import IHedger
from ..interfaces import IOptionBook
from ..interfaces import IVault
from . import fees
from . import solvency
from . import vault_ledger
from . import vault_wiring
from . import wad

uses: erc20
uses: fees
uses: vault_ledger
uses: vault_wiring

MIN_WORTH: constant(uint256) = 100  # a share below 1/100 of its start takes no deposits
LARGEST: constant(int256) = 2**127 - 1  # [wad] of what is remembered in half a word, 10^20 USD


# What a deposit or a withdrawal is judged by.
struct Snapshot:
    ledger: IVault.Ledger
    risk: IOptionBook.Risk
    account: IHedger.HedgeAccount
    status: IBreaker.Status
    is_live: bool  # feed and venue are
    low: uint256  # NAV that those who leave are paid on, down [asset]
    shares: uint256  # in supply, with the virtual ones and the fees that are due


# NAV and hedge equity when last seen with feed and venue live: what stands while they are not.
# Margin that moves in between is counted. NAV·2^128 + equity. [wad]
last_seen: int256


@internal
@view
def _snapshot(stressed: bool = False) -> Snapshot:
    """
    @dev Empty, and so not live, before the vault is wired. Only free liquidity needs the shocks,
         which are half the gas of a pass. Fees accrue in normal mode, on numbers that are live.
    """
    snapshot: Snapshot = empty(Snapshot)
    snapshot.ledger = vault_ledger._ledger()
    snapshot.shares = snapshot.ledger.shares
    if vault_wiring.book != empty(address):
        if stressed:
            snapshot.risk = staticcall IOptionBook(vault_wiring.book).risk()
        else:
            snapshot.risk = staticcall IOptionBook(vault_wiring.book).greeks()
        snapshot.account = staticcall IHedger(vault_wiring.hedger).account()
        snapshot.status = staticcall vault_wiring.breaker.status(
            snapshot.ledger, snapshot.risk, snapshot.account
        )
    snapshot.is_live = snapshot.risk.valid and snapshot.account.valid
    snapshot.low = self._low(snapshot)
    if snapshot.is_live and snapshot.status.normal:
        snapshot.shares += fees._due(
            snapshot.low, snapshot.shares, vault_ledger.VIRTUAL_SHARES, snapshot.status.since
        )
    return snapshot


@internal
@view
def _mid(snapshot: Snapshot) -> uint256:
    """
    @dev NAV at mid, down. [asset]
    """
    if not snapshot.is_live:
        return vault_ledger._floor(self._last_nav())
    return vault_ledger._floor(solvency._nav_mid(snapshot.ledger, snapshot.risk, snapshot.account))


@internal
@view
def _low(snapshot: Snapshot) -> uint256:
    """
    @dev For the snapshot, which remembers it. [asset]
    """
    if not snapshot.is_live:
        return vault_ledger._floor(self._last_nav())
    return vault_ledger._floor(solvency._nav_low(snapshot.ledger, snapshot.risk, snapshot.account))


@internal
@view
def _high(snapshot: Snapshot) -> uint256:
    """
    @dev What those who come pay on, up. [asset]
    """
    nav: int256 = 0
    if snapshot.is_live:
        nav = solvency._nav_high(snapshot.ledger, snapshot.risk, snapshot.account)
    else:
        nav = self._last_nav()
    return wad._to_asset_up(convert(max(nav, 0), uint256), vault_ledger.SCALE)


@internal
@view
def _free(snapshot: Snapshot) -> uint256:
    return vault_ledger._floor(
        solvency._free_liquidity(snapshot.ledger, snapshot.risk, snapshot.account)
    )


@internal
@view
def _is_worth_something(snapshot: Snapshot) -> bool:
    """
    @dev False when a share is worth less than 1/100 of its start: a newcomer would own all for a
         trifle.
    """
    worth: uint256 = (snapshot.low + 1) * vault_ledger.VIRTUAL_SHARES * MIN_WORTH
    return worth >= snapshot.shares


@internal
def _remember(valuation: IVault.Valuation):
    """
    @dev Call after the ledger has changed.
    """
    if valuation.feed_live and valuation.venue_live:
        nav: int256 = solvency._nav(vault_ledger._ledger(), valuation)
        self.last_seen = (min(max(nav, -LARGEST), LARGEST) << 128) + valuation.low


@internal
@view
def _last_nav() -> int256:
    return (self.last_seen + 2**127) >> 128


@internal
@view
def _last_hedge() -> int256:
    """
    @dev The lower half with its sign.
    """
    return (self.last_seen << 128) >> 128


@internal
def _conclude(snapshot: Snapshot):
    """
    @dev Call after the ledger has changed, before the shares that come or go.
    """
    self._accrue(snapshot)
    self._remember(solvency._valuation(snapshot.risk, snapshot.account))


@internal
def _accrue(snapshot: Snapshot):
    """
    @dev SPEC-V13: issues the fee shares that the snapshot counts.
    """
    if not (snapshot.is_live and snapshot.status.normal):
        return
    due: uint256 = snapshot.shares - snapshot.ledger.shares
    fees._book(snapshot.low, snapshot.shares, vault_ledger.VIRTUAL_SHARES)
    if due > 0:
        recipient: address = fees._recipient()
        erc20._mint(recipient, due)
        log IVault.FeesAccrued(recipient=recipient, shares=due, high_water=fees._high_water())


@internal
@pure
def _shares_down(assets: uint256, worth: uint256, supply: uint256) -> uint256:
    """
    @dev assets·supply/(worth + 1), down; `worth` is the NAV in token units, the supply that of the
         snapshot. [shares]
    """
    return wad._mul_div_down(assets, supply, worth + 1)


@internal
@pure
def _shares_up(assets: uint256, worth: uint256, supply: uint256) -> uint256:
    return wad._mul_div_up(assets, supply, worth + 1)


@internal
@pure
def _assets_down(shares: uint256, worth: uint256, supply: uint256) -> uint256:
    """
    @dev shares·(worth + 1)/supply, down. [asset]
    """
    return wad._mul_div_down(shares, worth + 1, supply)


@internal
@pure
def _assets_up(shares: uint256, worth: uint256, supply: uint256) -> uint256:
    return wad._mul_div_up(shares, worth + 1, supply)
