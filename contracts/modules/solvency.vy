# pragma version 0.4.3
"""
@title solvency
@license AGPL-3.0-only
@notice What the vault is worth, what its hedge needs, and how much cash is free: one definition for
     all contracts.
@dev Stateless. All results USD [wad], signed where they can be negative. Source: docs/SPEC.md, V
     and H rules.
"""

from ..interfaces import IHedger
from ..interfaces import IOptionBook
from ..interfaces import IVault
from . import wad


@internal
@pure
def _net_cash(ledger: IVault.Ledger) -> int256:
    """
    @dev Cash that no claim and no redeemed share needs; negative while claims wait for margin to
         come back.
    """
    return convert(ledger.cash * ledger.scale, int256) - convert(
        (ledger.claims + ledger.owed) * ledger.scale, int256
    )


@internal
@pure
def _valuation(risk: IOptionBook.Risk, account: IHedger.HedgeAccount) -> IVault.Valuation:
    """
    @dev What the vault is told of book and hedge.
    """
    return IVault.Valuation(
        feed_live=risk.valid,
        venue_live=account.valid,
        liability=risk.mid,
        equity=account.equity,
        low=account.low,
    )


@internal
@pure
def _nav(ledger: IVault.Ledger, valuation: IVault.Valuation) -> int256:
    """
    @dev NAV = cash − claims − redemptions owed + hedge equity at the index − liability at mid.
    """
    return self._net_cash(ledger) + valuation.equity - convert(valuation.liability, int256)


@internal
@pure
def _nav_mid(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> int256:
    return self._nav(ledger, self._valuation(risk, account))


@internal
@pure
def _nav_low(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> int256:
    """
    @dev What those who leave are paid on: options at ask, hedge at the worse of index and exit.
    """
    return self._net_cash(ledger) + account.low - convert(risk.ask, int256)


@internal
@pure
def _nav_high(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> int256:
    """
    @dev What those who come pay on: options at bid, hedge at the better of index and exit.
    """
    return self._net_cash(ledger) + account.high - convert(risk.bid, int256)


@internal
@pure
def _share_value(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> uint256:
    """
    @dev (NAV mid + one token unit) / shares, floored at 0; what one is worth against another time's.
         [USD wad²/share unit]
    """
    nav: int256 = self._nav_mid(ledger, risk, account) + convert(ledger.scale, int256)
    return wad._div_down(convert(max(nav, 0), uint256), ledger.shares)


@internal
@pure
def _margin_target(account: IHedger.HedgeAccount, vol: uint256) -> uint256:
    """
    @dev m* = max(m_floor, MMR + z·σ·√horizon), σ not below the vol floor. [wad]
    """
    sigma: uint256 = max(vol, account.vol_floor)
    return max(account.margin_floor, account.mmr + wad._mul_up(account.margin_per_vol, sigma))


@internal
@pure
def _notional_up(size: int256, price: uint256) -> uint256:
    """
    @dev |size|·price, rounded up. [USD wad]
    """
    return wad._mul_up(wad._abs(size), price)


@internal
@pure
def _reserve_at(
    liability: uint256, delta: int256, price: uint256, ratio: uint256, low: int256
) -> int256:
    """
    @dev L(s) + max(0, m*·|Δ(s)|·S(1 + s) − E(s)) for one s.
    """
    margin: int256 = convert(wad._mul_up(ratio, self._notional_up(delta, price)), int256)
    return convert(liability, int256) + max(0, margin - low)


@internal
@pure
def _reserve(risk: IOptionBook.Risk, account: IHedger.HedgeAccount) -> int256:
    """
    @dev R = max over s ∈ {0, ±shock} of L(s) + max(0, m*·|Δ(s)|·S(1 + s) − E(s)), with
         E(s) = low hedge equity + position·S·s.
    """
    ratio: uint256 = self._margin_target(account, risk.vol)
    move: uint256 = wad._mul_down(risk.price, risk.shock)
    swing: int256 = wad._mul_signed(account.size, convert(move, int256))
    flat: int256 = self._reserve_at(risk.mid, risk.delta, risk.price, ratio, account.low)
    up: int256 = self._reserve_at(
        risk.up_value, risk.up_delta, risk.price + move, ratio, account.low + swing
    )
    down: int256 = self._reserve_at(
        risk.down_value, risk.down_delta, risk.price - move, ratio, account.low - swing
    )
    return max(flat, max(up, down))


@internal
@pure
def _free_liquidity(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> int256:
    """
    @dev cash − claims − redemptions owed − R; negative when the book leans on margin that is still at the venue.
    """
    return self._net_cash(ledger) - self._reserve(risk, account)


@internal
@pure
def _stress_loss(risk: IOptionBook.Risk) -> int256:
    """
    @dev The worse shock's L(s) − L(0) + Δ·S·s, the hedge taken as −Δ.
    """
    move: uint256 = wad._mul_down(risk.price, risk.shock)
    swing: int256 = wad._mul_signed(risk.delta, convert(move, int256))
    base: int256 = convert(risk.mid, int256)
    up: int256 = convert(risk.up_value, int256) - base + swing
    down: int256 = convert(risk.down_value, int256) - base - swing
    return max(up, down)


@internal
@pure
def _basis(account: IHedger.HedgeAccount) -> int256:
    """
    @dev mark / index − 1, 0 without an index. [wad]
    """
    if account.index == 0:
        return 0
    return convert(wad._div_down(account.mark, account.index), int256) - convert(wad.WAD, int256)
