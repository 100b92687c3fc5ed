# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize codesize
"""
@title Vault
@license AGPL-3.0-only
@notice Holds all the cash and issues the shares: ERC-4626 over what option premiums, hedge and
     liabilities add up to.
@dev Units are in brackets: [asset] token units, [shares] share units, [wad] 1e18. Who comes pays
     the high net asset value, who goes gets the low one, so neither takes from those who stay. The
     ledger counts what was moved through this contract: a token sent to it changes nothing. Its
     hooks are called last, by the two wired contracts, and call nothing but the token.
@custom:kill The breaker; and a bad feed, an unreadable venue, a wide basis or an unsettled board
     close deposits and withdrawals by themselves, and never settlement, claims or margin.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from ethereum.ercs import IERC4626
from snekmate.auth import ownable
from snekmate.auth import ownable_2step
from snekmate.tokens import erc20

from .interfaces import IBreaker
from .interfaces import IHedger
from .interfaces import IOptionBook
from .interfaces import IVault
from .modules import claims
from .modules import fees
from .modules import redemptions
from .modules import refusal
from .modules import solvency
from .modules import wad

implements: IERC20
# IERC4626 too; the compiler takes the optional bounds of `deposit` and its like for another
# signature.
implements: IVault
initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: erc20[ownable := ownable]
initializes: claims
initializes: fees
initializes: redemptions
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    fees.high_water,
    erc20.name,
    erc20.symbol,
    erc20.decimals,
    erc20.totalSupply,
    erc20.balanceOf,
    erc20.allowance,
    erc20.transfer,
    erc20.transferFrom,
    erc20.approve,
    erc20.permit,
    erc20.nonces,
    erc20.DOMAIN_SEPARATOR,
)

MAX_BASIS: constant(int256) = 10**16  # [wad] beyond it mark or index is wrong: no flow
MAX_OFFSET: constant(uint8) = 12  # [decimals] keeps supply · NAV far from 2^256
MIN_WORTH: constant(uint256) = 100  # a share below 1/100 of its start takes no deposits
MAX_WAIT: constant(uint256) = 7 * 86_400  # [s] of who asked to redeem, for normal mode
LARGEST: constant(int256) = 2**127 - 1  # [wad] of what is remembered in half a word, 10^20 USD
MAX_DEPOSIT_CAP: constant(uint256) = 10**30  # [asset] keeps `maxMint` far from 2^256

ASSET: immutable(IERC20)
SCALE: immutable(uint256)  # [wad] per token unit
VIRTUAL_SHARES: immutable(uint256)  # [shares] behind one virtual token unit


# What a deposit or a withdrawal is judged by.
struct Snapshot:
    ledger: IVault.Ledger
    risk: IOptionBook.Risk
    account: IHedger.HedgeAccount
    status: IBreaker.Status
    is_live: bool  # feed and venue are
    low: uint256  # NAV that those who leave are paid on, down [asset]
    shares: uint256  # in supply, with the virtual ones and the fees that are due


# What was sold; named once by `wire`, as the next two.
book: public(address)
# What offsets it.
hedger: public(address)
# Whether risk may be taken.
breaker: public(IBreaker)
# Most that deposits may bring the net asset value to. [asset]
deposit_cap: public(uint256)
# NAV and hedge equity when last seen with feed and venue live: what stands while they are not.
# Margin that moves in between is counted. NAV·2^128 + equity. [wad]
last_seen: int256


@deploy
def __init__(
    asset_: address,
    name_: String[25],
    symbol_: String[5],
    offset: uint8,
    deposit_cap_: uint256,
    fees_: IVault.Fees,
):
    """
    @notice Create an empty vault; it works once `wire` has named its book and hedger.
    @param asset_ Token of deposits, premiums and margin, 6 to 18 decimals.
    @param name_ Name of the share.
    @param symbol_ Symbol of the share.
    @param offset Decimals that a share has more than the token.
    @param deposit_cap_ Most that deposits may bring the net asset value to. [asset]
    @param fees_ What managing the vault costs.
    """
    decimals: uint8 = staticcall IERC20Detailed(asset_).decimals()
    refusal._unless(decimals <= 18, "vault: token decimals over 18")
    refusal._unless(offset <= MAX_OFFSET, "vault: offset over 12")
    ASSET = IERC20(asset_)
    SCALE = 10**convert(18 - decimals, uint256)
    VIRTUAL_SHARES = 10**convert(offset, uint256)
    ownable.__init__()
    ownable_2step.__init__()
    erc20.__init__(name_, symbol_, decimals + offset, name_, "1")
    fees.__init__(fees_)
    redemptions.__init__()
    self._set_deposit_cap(deposit_cap_)


# ------------------------------------------------------------------ owner


@external
def wire(book: address, hedger: address, breaker: address):
    """
    @notice Name the book, the hedger and the breaker, once and for good.
    @dev SPEC-V1. Only the owner.
    @param book OptionBook of this vault.
    @param hedger Hedger of this vault.
    @param breaker Breaker of this vault.
    """
    ownable._check_owner()
    refusal._unless(self.book == empty(address), "vault: already wired")
    refusal._unless(empty(address) not in [book, hedger, breaker], "vault: wired to zero")
    self.book = book
    self.hedger = hedger
    self.breaker = IBreaker(breaker)
    log IVault.Wired(book=book, hedger=hedger, breaker=breaker)


@external
def set_deposit_cap(cap: uint256):
    """
    @notice Set the net asset value up to which deposits are taken.
    @dev SPEC-V2. Only the owner.
    @param cap Tokens. [asset]
    """
    ownable._check_owner()
    self._set_deposit_cap(cap)


@external
def set_fees(fees_: IVault.Fees):
    """
    @notice Set what managing the vault costs; what was earned until now is paid at the old rates.
    @dev SPEC-V13. Only the owner, while instant flow is open: what was earned is what it pays on.
    @param fees_ See `IVault.Fees`.
    """
    ownable._check_owner()
    self._accrue_now()
    fees._set(fees_)


# ------------------------------------------------------------------ depositors


@external
def deposit(assets: uint256, receiver: address, min_shares: uint256 = 0) -> uint256:
    """
    @notice Put in tokens for shares at the high net asset value.
    @dev SPEC-V5.
    @param assets Tokens to put in. [asset]
    @param receiver Who gets the shares.
    @param min_shares Fewest shares accepted. [shares]
    @return Shares issued. [shares]
    """
    snapshot: Snapshot = self._snapshot()
    shares: uint256 = self._shares_down(assets, self._high(snapshot), snapshot.shares)
    self._enter(snapshot, assets, shares, receiver)
    refusal._unless(shares >= min_shares, "vault: below min shares")
    return shares


@external
def mint(shares: uint256, receiver: address, max_assets: uint256 = max_value(uint256)) -> uint256:
    """
    @notice Put in what a number of shares costs at the high net asset value.
    @dev SPEC-V5.
    @param shares Shares to get. [shares]
    @param receiver Who gets them.
    @param max_assets Most tokens accepted. [asset]
    @return Tokens put in. [asset]
    """
    snapshot: Snapshot = self._snapshot()
    assets: uint256 = self._assets_up(shares, self._high(snapshot), snapshot.shares)
    self._enter(snapshot, assets, shares, receiver)
    refusal._unless(assets <= max_assets, "vault: over max assets")
    return assets


@external
def withdraw(
    assets: uint256, receiver: address, owner: address, max_shares: uint256 = max_value(uint256)
) -> uint256:
    """
    @notice Take out tokens for shares at the low net asset value.
    @dev SPEC-V6.
    @param assets Tokens to take out. [asset]
    @param receiver Who gets them.
    @param owner Whose shares are burnt; the caller or one who allowed it.
    @param max_shares Most shares accepted. [shares]
    @return Shares burnt. [shares]
    """
    snapshot: Snapshot = self._snapshot(True)
    shares: uint256 = self._shares_up(assets, snapshot.low, snapshot.shares)
    self._leave(snapshot, assets, shares, receiver, owner)
    refusal._unless(shares <= max_shares, "vault: over max shares")
    return shares


@external
def redeem(shares: uint256, receiver: address, owner: address, min_assets: uint256 = 0) -> uint256:
    """
    @notice Burn shares for tokens at the low net asset value.
    @dev SPEC-V6.
    @param shares Shares to burn. [shares]
    @param receiver Who gets the tokens.
    @param owner Whose shares are burnt; the caller or one who allowed it.
    @param min_assets Fewest tokens accepted. [asset]
    @return Tokens paid. [asset]
    """
    snapshot: Snapshot = self._snapshot(True)
    assets: uint256 = self._assets_down(shares, snapshot.low, snapshot.shares)
    self._leave(snapshot, assets, shares, receiver, owner)
    refusal._unless(assets >= min_assets, "vault: below min assets")
    return assets


@external
def request_redeem(shares: uint256, receiver: address, owner: address):
    """
    @notice Put shares in the pool that is redeemed as liquidity comes; open in every mode.
    @dev SPEC-V10. The shares stay in supply and bear profit and loss until they are filled.
    @param shares Shares to redeem. [shares]
    @param receiver Who may cancel and is paid; one other than the caller only if he has no request.
    @param owner Whose shares they are; the caller or one who allowed it.
    """
    refusal._unless(shares > 0, "vault: zero shares")
    self._check_receiver(receiver)
    refusal._unless(shares <= erc20.balanceOf[owner], "vault: over share balance")
    if receiver != msg.sender:
        refusal._unless(redemptions._state(receiver)[0] == 0, "vault: receiver has a request")
    if msg.sender != owner:
        erc20._spend_allowance(owner, msg.sender, shares)
    redemptions._add(receiver, shares)
    erc20._transfer(owner, self, shares)
    log IVault.RedeemRequested(caller=msg.sender, receiver=receiver, owner=owner, shares=shares)


@external
def cancel_redeem() -> uint256:
    """
    @notice Take back what waits in the pool; open in every mode.
    @dev SPEC-V10.
    @return Shares taken back. [shares]
    """
    shares: uint256 = redemptions._cancel(msg.sender)
    refusal._unless(shares > 0, "vault: no request")
    erc20._transfer(self, msg.sender, shares)
    log IVault.RedeemCancelled(receiver=msg.sender, shares=shares)
    return shares


# ------------------------------------------------------------------ anyone


@external
def process_redemptions() -> uint256:
    """
    @notice Fill what waits in the pool from free liquidity, at the low net asset value, pro rata.
    @dev SPEC-V11. Needs what instant flow needs, but for normal mode after a week without it;
         requests of this block wait for the next.
    @return Shares filled. [shares]
    """
    snapshot: Snapshot = self._snapshot(True)
    status: IBreaker.Status = snapshot.status
    is_overdue: bool = not status.normal and block.timestamp >= status.since + MAX_WAIT
    self._check_open(snapshot, is_overdue)
    fillable: uint256 = redemptions._fillable()
    shares: uint256 = fillable
    assets: uint256 = self._assets_down(shares, snapshot.low, snapshot.shares)
    free: uint256 = self._free(snapshot)
    if assets > free:
        shares = fillable * free // assets
        assets = self._assets_down(shares, snapshot.low, snapshot.shares)
    refusal._unless(assets > 0, "vault: nothing to fill")
    redemptions._fill(fillable, shares, assets)
    self._conclude(snapshot)
    erc20._burn(self, shares)
    log IVault.RedemptionsProcessed(shares=shares, assets=assets)
    return shares


@external
def claim_redemption(receiver: address) -> uint256:
    """
    @notice Pay out what was filled of a request; open in every mode. Claims of options come first.
    @dev SPEC-V10.
    @param receiver Whose request it is; he is paid.
    @return Tokens paid. [asset]
    """
    cash: uint256 = claims._cash()
    amount: uint256 = redemptions._take(receiver, cash - min(cash, claims._total()))
    claims._spend(amount)
    self._send(receiver, amount)
    log IVault.RedemptionClaimed(receiver=receiver, assets=amount)
    return amount


@external
def accrue_fees():
    """
    @notice Issue the fees that are due, while instant flow is open; every entry and exit does too.
    @dev SPEC-V13.
    """
    self._accrue_now()


@external
def fund_claims():
    """
    @notice Set cash aside for settled boards, oldest first.
    @dev SPEC-C3.
    """
    claims._fund()


@external
def skim(receiver: address) -> uint256:
    """
    @notice Send on tokens that reached the vault outside its calls.
    @dev SPEC-V8. Only the owner.
    @param receiver Who gets them.
    @return Tokens sent. [asset]
    """
    ownable._check_owner()
    amount: uint256 = staticcall ASSET.balanceOf(self) - claims._cash()
    self._send(receiver, amount)
    log IVault.Skimmed(receiver=receiver, amount=amount)
    return amount


# ------------------------------------------------------------------ hooks


@external
def on_sale(payer: address, premium: uint256, valuation: IVault.Valuation):
    """
    @notice Take the premium of a sale.
    @dev SPEC-V9. Only the book.
    @param payer Who pays; has approved the vault.
    @param premium Tokens. [asset]
    @param valuation Book and hedge after the sale.
    """
    self._check_book()
    claims._receive(premium)
    self._remember(valuation)
    self._pull(payer, premium)
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
    self._check_book()
    refusal._unless(claims._cash() >= self._dues() + premium, "vault: premium over free cash")
    claims._spend(premium)
    self._remember(valuation)
    self._send(receiver, premium)
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
    self._check_book()
    hedge: int256 = valuation.low if valuation.venue_live else self._last_hedge()
    worth: int256 = self._value(claims._cash()) - self._value(claims._total()) + hedge
    available: uint256 = convert(max(worth, 0), uint256) // SCALE
    owed: uint256 = claims._book(expiry, payoff, available)
    claims._fund()
    self._remember(valuation)
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
    self._check_book()
    claims._credit(expiry, holder, payoff)
    claims._fund()
    due: uint256 = claims._due(expiry, holder)
    claims._pay(expiry, holder, due)
    claims._spend(due)
    self._send(holder, due)
    log IVault.ClaimPaid(expiry=expiry, holder=holder, amount=due)
    return due


@external
def pay_margin(amount: uint256):
    """
    @notice Hand cash that no claim needs to the hedger.
    @dev SPEC-V9. Only the hedger.
    @param amount Tokens. [asset]
    """
    self._check_hedger()
    refusal._unless(claims._cash() >= self._dues() + amount, "vault: margin over free cash")
    claims._spend(amount)
    self.last_seen += self._value(amount)
    self._send(msg.sender, amount)
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
    self._check_hedger()
    claims._receive(amount)
    cash: uint256 = claims._cash()
    paid: uint256 = min(reward, cash - min(cash, self._dues()))
    claims._spend(paid)
    self.last_seen -= self._value(amount)
    claims._fund()
    self._remember(valuation)
    if amount > 0:
        self._pull(msg.sender, amount)
        log IVault.MarginReturned(amount=amount)
    if paid > 0:
        self._send(receiver, paid)
        log IVault.RewardPaid(receiver=receiver, amount=paid)


# ------------------------------------------------------------------ views


@external
@view
def asset() -> address:
    """
    @notice The token of deposits, premiums, margin and claims.
    @return Address of the token.
    """
    return ASSET.address


@external
@view
def ledger() -> IVault.Ledger:
    """
    @notice Cash and claims.
    @return See `IVault.Ledger`.
    """
    return self._ledger()


@external
@view
def board_claims(expiry: uint256) -> claims.Board:
    """
    @notice What a settled board is owed and how much of it is set aside.
    @param expiry The board.
    @return Payoff, owed, reserved. [asset]
    """
    return claims._board(expiry)


@external
@view
def holder_claims(expiry: uint256, holder: address) -> claims.Holder:
    """
    @notice What a holder gave up and was paid.
    @param expiry The board.
    @param holder The holder.
    @return Payoff, paid. [asset]
    """
    return claims.holders[expiry][holder]


@external
@view
def redemption(receiver: address) -> (uint256, uint256):
    """
    @notice A request to redeem.
    @param receiver Whose it is.
    @return Shares that wait [shares], tokens to claim [asset].
    """
    return redemptions._state(receiver)


@external
@view
def waiting() -> uint256:
    """
    @notice All shares that wait to be redeemed.
    @return Shares. [shares]
    """
    return redemptions.waiting


@external
@view
def fees_due() -> uint256:
    """
    @notice Shares that fees would issue now.
    @dev SPEC-V13.
    @return Shares. [shares]
    """
    snapshot: Snapshot = self._snapshot()
    return snapshot.shares - snapshot.ledger.shares


@external
@view
def fee_terms() -> IVault.Fees:
    """
    @notice What managing the vault costs.
    @dev SPEC-V13.
    @return See `IVault.Fees`.
    """
    return fees._terms()


@external
@view
def free_liquidity() -> int256:
    """
    @notice Cash − claims − what the book and its hedge may need; negative when short.
    @dev SPEC-V4.
    @return Free liquidity. [USD wad]
    """
    snapshot: Snapshot = self._snapshot(True)
    return solvency._free_liquidity(snapshot.ledger, snapshot.risk, snapshot.account)


@external
@view
def net_asset_value() -> (int256, int256, int256, bool):
    """
    @notice NAV at mid, low and high, and whether feed and venue are live; not live: all at the last
         good value.
    @dev SPEC-V3. May be negative, unlike `totalAssets`.
    @return Mid, low, high [USD wad], valid.
    """
    at: Snapshot = self._snapshot()
    if not at.is_live:
        nav: int256 = self._last_nav()
        return nav, nav, nav, False
    return (
        solvency._nav_mid(at.ledger, at.risk, at.account),
        solvency._nav_low(at.ledger, at.risk, at.account),
        solvency._nav_high(at.ledger, at.risk, at.account),
        True,
    )


@external
@view
def totalAssets() -> uint256:
    """
    @notice NAV at mid, floored at 0; stands at its last good value while feed or venue are not
         live.
    @return Tokens. [asset]
    """
    return self._mid(self._snapshot())


@external
@view
def convertToShares(assets: uint256) -> uint256:
    """
    @notice Shares for tokens at mid.
    @param assets Tokens. [asset]
    @return Shares. [shares]
    """
    snapshot: Snapshot = self._snapshot()
    return self._shares_down(assets, self._mid(snapshot), snapshot.shares)


@external
@view
def convertToAssets(shares: uint256) -> uint256:
    """
    @notice Tokens for shares at mid.
    @param shares Shares. [shares]
    @return Tokens. [asset]
    """
    snapshot: Snapshot = self._snapshot()
    return self._assets_down(shares, self._mid(snapshot), snapshot.shares)


@external
@view
def previewDeposit(assets: uint256) -> uint256:
    """
    @notice Shares that `deposit` would issue now.
    @param assets Tokens. [asset]
    @return Shares. [shares]
    """
    snapshot: Snapshot = self._snapshot()
    return self._shares_down(assets, self._high(snapshot), snapshot.shares)


@external
@view
def previewMint(shares: uint256) -> uint256:
    """
    @notice Tokens that `mint` would take now.
    @param shares Shares. [shares]
    @return Tokens. [asset]
    """
    snapshot: Snapshot = self._snapshot()
    return self._assets_up(shares, self._high(snapshot), snapshot.shares)


@external
@view
def previewWithdraw(assets: uint256) -> uint256:
    """
    @notice Shares that `withdraw` would burn now.
    @param assets Tokens. [asset]
    @return Shares. [shares]
    """
    snapshot: Snapshot = self._snapshot()
    return self._shares_up(assets, snapshot.low, snapshot.shares)


@external
@view
def previewRedeem(shares: uint256) -> uint256:
    """
    @notice Tokens that `redeem` would pay now.
    @param shares Shares. [shares]
    @return Tokens. [asset]
    """
    snapshot: Snapshot = self._snapshot()
    return self._assets_down(shares, snapshot.low, snapshot.shares)


@external
@view
def maxDeposit(receiver: address) -> uint256:
    """
    @notice Tokens that a deposit may bring now.
    @param receiver Who would get the shares.
    @return Tokens, 0 while closed. [asset]
    """
    return self._max_deposit(self._snapshot(), receiver)


@external
@view
def maxMint(receiver: address) -> uint256:
    """
    @notice Shares that a mint may issue now.
    @param receiver Who would get them.
    @return Shares, 0 while closed. [shares]
    """
    snapshot: Snapshot = self._snapshot()
    assets: uint256 = self._max_deposit(snapshot, receiver)
    return self._shares_down(assets, self._high(snapshot), snapshot.shares)


@external
@view
def maxWithdraw(owner: address) -> uint256:
    """
    @notice Tokens that the owner's shares can take out now.
    @param owner Holder of the shares.
    @return Tokens, 0 while closed. [asset]
    """
    if owner == self:
        return 0  # what waits in the pool leaves by the pool
    snapshot: Snapshot = self._snapshot(True)
    assets: uint256 = self._assets_down(erc20.balanceOf[owner], snapshot.low, snapshot.shares)
    return min(assets, self._max_withdraw(snapshot))


@external
@view
def maxRedeem(owner: address) -> uint256:
    """
    @notice Shares of the owner's that can be redeemed now.
    @param owner Holder of the shares.
    @return Shares, 0 while closed. [shares]
    """
    if owner == self:
        return 0
    snapshot: Snapshot = self._snapshot(True)
    low: uint256 = snapshot.low
    # The most shares that are worth no token unit beyond what can be withdrawn.
    most: uint256 = self._shares_up(self._max_withdraw(snapshot) + 1, low, snapshot.shares) - 1
    shares: uint256 = min(erc20.balanceOf[owner], most)
    if self._assets_down(shares, low, snapshot.shares) == 0:
        return 0
    return shares


# ------------------------------------------------------------------ internal: flow


@internal
def _enter(snapshot: Snapshot, assets: uint256, shares: uint256, receiver: address):
    self._check_flow(snapshot, assets, shares, receiver)
    refusal._unless(self._is_worth_something(snapshot), "vault: share price too low")
    refusal._unless(assets <= self._room(snapshot), "vault: over deposit cap")
    claims._receive(assets)
    self._conclude(snapshot)
    erc20._mint(receiver, shares)
    self._pull(msg.sender, assets)
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)


@internal
def _leave(snapshot: Snapshot, assets: uint256, shares: uint256, receiver: address, owner: address):
    self._check_flow(snapshot, assets, shares, receiver)
    refusal._unless(shares <= erc20.balanceOf[owner], "vault: over share balance")
    refusal._unless(assets <= self._spare(snapshot), "vault: over free liquidity")
    if msg.sender != owner:
        erc20._spend_allowance(owner, msg.sender, shares)
    claims._spend(assets)
    self._conclude(snapshot)
    erc20._burn(owner, shares)
    self._send(receiver, assets)
    log IERC4626.Withdraw(
        sender=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=shares
    )


@internal
def _conclude(snapshot: Snapshot):
    """
    @dev Call after the ledger has changed, before the shares that come or go.
    """
    self._accrue(snapshot)
    self._remember(solvency._valuation(snapshot.risk, snapshot.account))


@internal
@view
def _check_flow(snapshot: Snapshot, assets: uint256, shares: uint256, receiver: address):
    self._check_open(snapshot)
    refusal._unless(assets > 0 and shares > 0, "vault: zero amount")
    self._check_receiver(receiver)


@internal
@view
def _check_receiver(receiver: address):
    refusal._unless(receiver not in [empty(address), self], "vault: bad receiver")


@internal
@view
def _closed_by(snapshot: Snapshot, in_any_mode: bool = False) -> String[32]:
    """
    @dev What closes instant flow, empty when it is open; first what makes the numbers unfit.
    """
    if self.book == empty(address):
        return "vault: not wired"
    if not snapshot.risk.valid:
        return "vault: feed not live"
    if not snapshot.account.valid:
        return "vault: venue not live"
    if snapshot.risk.unsettled:
        return "vault: board not settled"
    if snapshot.risk.moved:
        return "vault: vol just moved"
    if abs(solvency._basis(snapshot.account)) > MAX_BASIS:
        return "vault: basis too wide"
    if in_any_mode:
        return ""
    if not snapshot.status.normal:
        return "vault: reduce-only"
    if snapshot.status.breaches != empty(IBreaker.Breach):
        return "vault: breached"
    return ""


@internal
@view
def _check_open(snapshot: Snapshot, in_any_mode: bool = False):
    reason: String[32] = self._closed_by(snapshot, in_any_mode)
    refusal._unless(len(reason) == 0, reason)


@internal
@view
def _is_open(snapshot: Snapshot) -> bool:
    return len(self._closed_by(snapshot)) == 0


@internal
@view
def _max_deposit(snapshot: Snapshot, receiver: address) -> uint256:
    if receiver in [empty(address), self]:
        return 0
    if not self._is_open(snapshot) or not self._is_worth_something(snapshot):
        return 0
    return self._room(snapshot)


@internal
@view
def _room(snapshot: Snapshot) -> uint256:
    """
    @dev What deposits may still bring. [asset]
    """
    cap: uint256 = self.deposit_cap
    return cap - min(cap, self._mid(snapshot))


@internal
@view
def _max_withdraw(snapshot: Snapshot) -> uint256:
    if not self._is_open(snapshot):
        return 0
    return self._spare(snapshot)


@internal
@view
def _spare(snapshot: Snapshot) -> uint256:
    """
    @dev What is free and nobody waits for. [asset]
    """
    free: uint256 = self._free(snapshot)
    return free - min(free, self._assets_up(redemptions.waiting, snapshot.low, snapshot.shares))


@internal
@view
def _free(snapshot: Snapshot) -> uint256:
    return self._floor(solvency._free_liquidity(snapshot.ledger, snapshot.risk, snapshot.account))


@internal
@view
def _is_worth_something(snapshot: Snapshot) -> bool:
    """
    @dev False when a share is worth less than 1/100 of its start: a newcomer would own all for a
         trifle.
    """
    worth: uint256 = (snapshot.low + 1) * VIRTUAL_SHARES * MIN_WORTH
    return worth >= snapshot.shares


# ------------------------------------------------------------------ internal: value


@internal
@view
def _ledger() -> IVault.Ledger:
    return IVault.Ledger(
        cash=claims._cash(),
        claims=claims._total(),
        owed=redemptions.owed,
        scale=SCALE,
        shares=erc20.totalSupply + VIRTUAL_SHARES,
    )


@internal
@view
def _snapshot(stressed: bool = False) -> Snapshot:
    """
    @dev Empty, and so not live, before the vault is wired. Only free liquidity needs the shocks,
         which are half the gas of a pass. Fees accrue in normal mode, on numbers that are live.
    """
    snapshot: Snapshot = empty(Snapshot)
    snapshot.ledger = self._ledger()
    snapshot.shares = snapshot.ledger.shares
    if self.book != empty(address):
        if stressed:
            snapshot.risk = staticcall IOptionBook(self.book).risk()
        else:
            snapshot.risk = staticcall IOptionBook(self.book).greeks()
        snapshot.account = staticcall IHedger(self.hedger).account()
        snapshot.status = staticcall self.breaker.status(
            snapshot.ledger, snapshot.risk, snapshot.account
        )
    snapshot.is_live = snapshot.risk.valid and snapshot.account.valid
    snapshot.low = self._low(snapshot)
    if snapshot.is_live and snapshot.status.normal:
        snapshot.shares += fees._due(
            snapshot.low, snapshot.shares, VIRTUAL_SHARES, snapshot.status.since
        )
    return snapshot


@internal
def _accrue_now():
    snapshot: Snapshot = self._snapshot()
    self._check_open(snapshot)
    self._accrue(snapshot)


@internal
def _accrue(snapshot: Snapshot):
    """
    @dev SPEC-V13: issues the fee shares that the snapshot counts.
    """
    if not (snapshot.is_live and snapshot.status.normal):
        return
    due: uint256 = snapshot.shares - snapshot.ledger.shares
    fees._book(snapshot.low, snapshot.shares, VIRTUAL_SHARES)
    if due > 0:
        recipient: address = fees._recipient()
        erc20._mint(recipient, due)
        log IVault.FeesAccrued(recipient=recipient, shares=due, high_water=fees._high_water())


@internal
@view
def _mid(snapshot: Snapshot) -> uint256:
    """
    @dev NAV at mid, down. [asset]
    """
    if not snapshot.is_live:
        return self._floor(self._last_nav())
    return self._floor(solvency._nav_mid(snapshot.ledger, snapshot.risk, snapshot.account))


@internal
@view
def _low(snapshot: Snapshot) -> uint256:
    """
    @dev For the snapshot, which remembers it. [asset]
    """
    if not snapshot.is_live:
        return self._floor(self._last_nav())
    return self._floor(solvency._nav_low(snapshot.ledger, snapshot.risk, snapshot.account))


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
    return wad._to_asset_up(convert(max(nav, 0), uint256), SCALE)


@internal
def _remember(valuation: IVault.Valuation):
    """
    @dev Call after the ledger has changed.
    """
    if valuation.feed_live and valuation.venue_live:
        nav: int256 = solvency._nav(self._ledger(), valuation)
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
@view
def _dues() -> uint256:
    """
    @dev Cash that claims and redeemed shares need. [asset]
    """
    return claims._total() + redemptions.owed


@internal
@view
def _value(amount: uint256) -> int256:
    """
    @dev Token units to USD [wad].
    """
    return convert(amount * SCALE, int256)


@internal
@view
def _floor(nav: int256) -> uint256:
    """
    @dev USD [wad] to token units, down, negative to 0.
    """
    return wad._to_asset_down(convert(max(nav, 0), uint256), SCALE)


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


# ------------------------------------------------------------------ internal: plumbing


@internal
def _set_deposit_cap(cap: uint256):
    refusal._unless(cap <= MAX_DEPOSIT_CAP, "vault: deposit cap too large")
    self.deposit_cap = cap
    log IVault.DepositCapSet(cap=cap)


@internal
@view
def _check_book():
    refusal._unless(msg.sender == self.book, "vault: only the book")


@internal
@view
def _check_hedger():
    refusal._unless(msg.sender == self.hedger, "vault: only the hedger")


@internal
def _pull(sender: address, amount: uint256):
    """
    @dev Exactly `amount` arrives or nothing happens: a token that charges on transfer is refused.
    """
    before: uint256 = staticcall ASSET.balanceOf(self)
    assert extcall ASSET.transferFrom(
        sender, self, amount, default_return_value=True
    ), "vault: transfer in failed"
    refusal._unless(staticcall ASSET.balanceOf(self) == before + amount, "vault: token moved less")


@internal
def _send(receiver: address, amount: uint256):
    assert extcall ASSET.transfer(
        receiver, amount, default_return_value=True
    ), "vault: transfer out failed"
