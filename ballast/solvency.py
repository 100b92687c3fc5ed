"""Twin of contracts/modules/solvency.vy, bit for bit: the vault's worth and its free cash.

The structs are the contracts', or anything with their fields. All results are USD wad, signed
where they can be negative. Source: docs/SPEC.md, rules V and H.
"""

from typing import Any

from ballast.units import WAD, ceil_div, trunc_div

Ledger = Any
"""IVault.Ledger: cash, claims and redemptions owed [token units], scale [wad] per token unit."""

Risk = Any
"""IOptionBook.Risk."""

HedgeAccount = Any
"""IHedger.HedgeAccount."""


def net_cash(ledger: Ledger) -> int:
    """Cash that no claim and no redeemed share needs; negative while claims wait for margin to come
    back."""
    return int((ledger.cash - ledger.claims - ledger.owed) * ledger.scale)


def nav_mid(ledger: Ledger, risk: Risk, account: HedgeAccount) -> int:
    """NAV = cash − claims − redemptions owed + hedge equity at the index − liability at mid."""
    return int(net_cash(ledger) + account.equity - risk.mid)


def share_value(ledger: Ledger, risk: Risk, account: HedgeAccount) -> int:
    """(NAV mid + one token unit) / shares, floored at 0 [USD wad²/share unit]."""
    return max(nav_mid(ledger, risk, account) + int(ledger.scale), 0) * WAD // int(ledger.shares)


def nav_low(ledger: Ledger, risk: Risk, account: HedgeAccount) -> int:
    """What those who leave are paid on: options at ask, hedge at the worse of index and exit."""
    return int(net_cash(ledger) + account.low - risk.ask)


def nav_high(ledger: Ledger, risk: Risk, account: HedgeAccount) -> int:
    """What those who come pay on: options at bid, hedge at the better of index and exit."""
    return int(net_cash(ledger) + account.high - risk.bid)


def margin_target(account: HedgeAccount, vol: int) -> int:
    """m* = max(m_floor, MMR + z·σ·√horizon), σ [wad] not below the vol floor. [wad]"""
    sigma = max(vol, account.vol_floor)
    return int(
        max(account.margin_floor, account.mmr + ceil_div(account.margin_per_vol * sigma, WAD))
    )


def notional_up(size: int, price: int) -> int:
    """|size|·price, rounded up."""
    return ceil_div(abs(size) * price, WAD)


def reserve_at(liability: int, delta: int, price: int, ratio: int, low: int) -> int:
    """L(s) + max(0, m*·|Δ(s)|·S(1 + s) − E(s)) for one s."""
    margin = ceil_div(ratio * notional_up(delta, price), WAD)
    return liability + max(0, margin - low)


def reserve(risk: Risk, account: HedgeAccount) -> int:
    """R, the largest `reserve_at` over s in {0, ±shock}; E(s) = low hedge equity + position·S·s."""
    ratio = margin_target(account, risk.vol)
    move = risk.price * risk.shock // WAD
    swing = trunc_div(account.size * move, WAD)
    low, price = account.low, risk.price
    flat = reserve_at(risk.mid, risk.delta, price, ratio, low)
    up = reserve_at(risk.up_value, risk.up_delta, price + move, ratio, low + swing)
    down = reserve_at(risk.down_value, risk.down_delta, price - move, ratio, low - swing)
    return max(flat, up, down)


def free_liquidity(ledger: Ledger, risk: Risk, account: HedgeAccount) -> int:
    """Cash − claims − R."""
    return net_cash(ledger) - reserve(risk, account)


def stress_loss(risk: Risk) -> int:
    """The worse shock's L(s) − L(0) + Δ·S·s, the hedge taken as −Δ."""
    swing = trunc_div(risk.delta * (risk.price * risk.shock // WAD), WAD)
    return int(max(risk.up_value - risk.mid + swing, risk.down_value - risk.mid - swing))


def basis(account: HedgeAccount) -> int:
    """mark / index − 1, of a venue's market too; 0 without an index. [wad]"""
    if account.index == 0:
        return 0
    return int(account.mark * WAD // account.index - WAD)
