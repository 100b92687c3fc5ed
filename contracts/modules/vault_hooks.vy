# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title vault_hooks
@license AGPL-3.0-only
@notice What the two wired contracts tell the vault: premiums, settlements and claims of the book,
     margin and rewards of the hedger.
@dev Owns nothing. Each hook is open to one of the two, in any mode, books first, and calls nothing
     but the token. Its reasons begin with `vault:`. [asset]
"""

from ..interfaces import IVault
from . import claims
from . import refusal
from . import vault_ledger
from . import vault_value as value
from . import vault_wiring

uses: claims
uses: vault_ledger
uses: value
uses: vault_wiring


@external
def on_sale(payer: address, premium: uint256, valuation: IVault.Valuation):
    """
    @notice Take the premium of a sale.
    @dev SPEC-V9. Only the book.
    @param payer Who pays; has approved the vault.
    @param premium Tokens. [asset]
    @param valuation Book and hedge after the sale.
    """
    vault_wiring._check_book()
    claims._receive(premium)
    value._remember(valuation)
    vault_ledger._pull(payer, premium)
    log IVault.PremiumTaken(payer=payer, amount=premium)


@external
def on_buy_back(receiver: address, premium: uint256, valuation: IVault.Valuation):
    """
    @notice Pay for options that came back, from cash that no claim and no redeemed share needs.
    @dev SPEC-V9. Only the book.
    @param receiver Who is paid.
    @param premium Tokens. [asset]
    @param valuation The book without them, and its hedge.
    """
    vault_wiring._check_book()
    refusal._unless(
        claims._cash() >= vault_ledger._dues() + premium, "vault: premium over free cash"
    )
    claims._spend(premium)
    value._remember(valuation)
    vault_ledger._send(receiver, premium)
    log IVault.PremiumReturned(receiver=receiver, amount=premium)


@external
def on_settle(expiry: uint256, payoff: uint256, valuation: IVault.Valuation):
    """
    @notice Book what a settled board is owed: min(payoff, cash + low hedge equity − claims owed
         before).
    @dev SPEC-C1. Only the book.
    @param expiry The board.
    @param payoff What its holders would get from a solvent vault. [asset]
    @param valuation The book without the board, and its hedge.
    """
    vault_wiring._check_book()
    hedge: int256 = valuation.low if valuation.venue_live else value._last_hedge()
    worth: int256 = (
        vault_ledger._value(claims._cash()) - vault_ledger._value(claims._total()) + hedge
    )
    available: uint256 = convert(max(worth, 0), uint256) // vault_ledger.SCALE
    owed: uint256 = claims._book(expiry, payoff, available)
    claims._fund()
    value._remember(valuation)
    log IVault.ClaimsBooked(expiry=expiry, payoff=payoff, owed=owed)


@external
def on_claim(expiry: uint256, holder: address, payoff: uint256) -> uint256:
    """
    @notice Credit a holder with payoff and pay what is set aside for it.
    @dev SPEC-C4. Only the book.
    @param expiry The board.
    @param holder Who is paid.
    @param payoff Payoff of the options given up in this call. [asset]
    @return Tokens paid. [asset]
    """
    vault_wiring._check_book()
    claims._credit(expiry, holder, payoff)
    claims._fund()
    due: uint256 = claims._due(expiry, holder)
    claims._pay(expiry, holder, due)
    claims._spend(due)
    vault_ledger._send(holder, due)
    log IVault.ClaimPaid(expiry=expiry, holder=holder, amount=due)
    return due


@external
def pay_margin(amount: uint256):
    """
    @notice Hand cash that no claim needs to the hedger.
    @dev SPEC-V9. Only the hedger.
    @param amount Tokens. [asset]
    """
    vault_wiring._check_hedger()
    refusal._unless(claims._cash() >= vault_ledger._dues() + amount, "vault: margin over free cash")
    claims._spend(amount)
    value.last_seen += vault_ledger._value(amount)
    vault_ledger._send(msg.sender, amount)
    log IVault.MarginPaid(amount=amount)


@external
def on_hedged(amount: uint256, reward: uint256, receiver: address, valuation: IVault.Valuation):
    """
    @notice Take margin back and reward who hedged.
    @dev SPEC-V9, SPEC-H10. Only the hedger.
    @param amount Tokens pulled from the hedger, may be 0. [asset]
    @param reward Tokens to pay, as far as there is cash that no claim needs; may be 0. [asset]
    @param receiver Who gets them.
    @param valuation Book and hedge after the call.
    """
    vault_wiring._check_hedger()
    claims._receive(amount)
    cash: uint256 = claims._cash()
    paid: uint256 = min(reward, cash - min(cash, vault_ledger._dues()))
    claims._spend(paid)
    value.last_seen -= vault_ledger._value(amount)
    claims._fund()
    value._remember(valuation)
    if amount > 0:
        vault_ledger._pull(msg.sender, amount)
        log IVault.MarginReturned(amount=amount)
    if paid > 0:
        vault_ledger._send(receiver, paid)
        log IVault.RewardPaid(receiver=receiver, amount=paid)
