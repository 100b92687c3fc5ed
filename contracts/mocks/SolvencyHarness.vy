# pragma version 0.4.3
"""
@title SolvencyHarness
@license AGPL-3.0-only
@notice Opens the module solvency to tests.
"""

from ..interfaces import IHedger
from ..interfaces import IOptionBook
from ..interfaces import IVault
from ..modules import solvency


@external
@pure
def net_cash(ledger: IVault.Ledger) -> int256:
    return solvency._net_cash(ledger)


@external
@pure
def navs(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> (int256, int256, int256):
    return (
        solvency._nav_mid(ledger, risk, account),
        solvency._nav_low(ledger, risk, account),
        solvency._nav_high(ledger, risk, account),
    )


@external
@pure
def share_value(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> uint256:
    return solvency._share_value(ledger, risk, account)


@external
@pure
def margin_target(account: IHedger.HedgeAccount, vol: uint256) -> uint256:
    return solvency._margin_target(account, vol)


@external
@pure
def notional_up(size: int256, price: uint256) -> uint256:
    return solvency._notional_up(size, price)


@external
@pure
def reserve_at(
    liability: uint256, delta: int256, price: uint256, ratio: uint256, low: int256
) -> int256:
    return solvency._reserve_at(liability, delta, price, ratio, low)


@external
@pure
def reserve(risk: IOptionBook.Risk, account: IHedger.HedgeAccount) -> int256:
    return solvency._reserve(risk, account)


@external
@pure
def free_liquidity(
    ledger: IVault.Ledger, risk: IOptionBook.Risk, account: IHedger.HedgeAccount
) -> int256:
    return solvency._free_liquidity(ledger, risk, account)


@external
@pure
def stress_loss(risk: IOptionBook.Risk) -> int256:
    return solvency._stress_loss(risk)


@external
@pure
def basis(account: IHedger.HedgeAccount) -> int256:
    return solvency._basis(account)
