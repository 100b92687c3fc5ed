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
     ledger counts what was moved through this contract: a token sent to it changes nothing. What a
     share is worth is in `vault_value`, when anyone may come or go in `vault_gate`, what book and
     hedger tell the vault in `vault_hooks`.
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
from .interfaces import IVault
from .modules import claims
from .modules import fees
from .modules import redemptions
from .modules import refusal
from .modules import solvency
from .modules import vault_gate
from .modules import vault_hooks
from .modules import vault_ledger
from .modules import vault_value as value
from .modules import vault_wiring

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
initializes: vault_wiring[ownable := ownable]
initializes: vault_ledger[erc20 := erc20, claims := claims, redemptions := redemptions]
initializes: value[
    erc20 := erc20, fees := fees, vault_ledger := vault_ledger, vault_wiring := vault_wiring
]
initializes: vault_gate[redemptions := redemptions, value := value, vault_wiring := vault_wiring]
initializes: vault_hooks[
    claims := claims, vault_ledger := vault_ledger, value := value, vault_wiring := vault_wiring
]
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
    vault_wiring.wire,
    vault_wiring.book,
    vault_wiring.hedger,
    vault_wiring.breaker,
    vault_ledger.asset,
    vault_ledger.ledger,
    vault_gate.deposit_cap,
    vault_hooks.on_sale,
    vault_hooks.on_buy_back,
    vault_hooks.on_settle,
    vault_hooks.on_claim,
    vault_hooks.pay_margin,
    vault_hooks.on_hedged,
)

MAX_WAIT: constant(uint256) = 7 * 86_400  # [s] of who asked to redeem, for normal mode


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
    vault_ledger.__init__(asset_, decimals, offset)
    ownable.__init__()
    ownable_2step.__init__()
    erc20.__init__(name_, symbol_, decimals + offset, name_, "1")
    fees.__init__(fees_)
    redemptions.__init__()
    vault_gate._set_deposit_cap(deposit_cap_)


# ------------------------------------------------------------------ owner


@external
def set_deposit_cap(cap: uint256):
    """
    @notice Set the net asset value up to which deposits are taken.
    @dev SPEC-V2. Only the owner.
    @param cap Tokens. [asset]
    """
    ownable._check_owner()
    vault_gate._set_deposit_cap(cap)


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
    snapshot: value.Snapshot = value._snapshot()
    shares: uint256 = value._shares_down(assets, value._high(snapshot), snapshot.shares)
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
    snapshot: value.Snapshot = value._snapshot()
    assets: uint256 = value._assets_up(shares, value._high(snapshot), snapshot.shares)
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
    snapshot: value.Snapshot = value._snapshot(True)
    shares: uint256 = value._shares_up(assets, snapshot.low, snapshot.shares)
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
    snapshot: value.Snapshot = value._snapshot(True)
    assets: uint256 = value._assets_down(shares, snapshot.low, snapshot.shares)
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
    snapshot: value.Snapshot = value._snapshot(True)
    status: IBreaker.Status = snapshot.status
    is_overdue: bool = not status.normal and block.timestamp >= status.since + MAX_WAIT
    vault_gate._check_open(snapshot, is_overdue)
    fillable: uint256 = redemptions._fillable()
    shares: uint256 = fillable
    assets: uint256 = value._assets_down(shares, snapshot.low, snapshot.shares)
    free: uint256 = value._free(snapshot)
    if assets > free:
        shares = fillable * free // assets
        assets = value._assets_down(shares, snapshot.low, snapshot.shares)
    refusal._unless(assets > 0, "vault: nothing to fill")
    redemptions._fill(fillable, shares, assets)
    value._conclude(snapshot)
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
    vault_ledger._send(receiver, amount)
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
    amount: uint256 = staticcall vault_ledger.ASSET.balanceOf(self) - claims._cash()
    vault_ledger._send(receiver, amount)
    log IVault.Skimmed(receiver=receiver, amount=amount)
    return amount


# ------------------------------------------------------------------ views


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
    snapshot: value.Snapshot = value._snapshot()
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
    snapshot: value.Snapshot = value._snapshot(True)
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
    at: value.Snapshot = value._snapshot()
    if not at.is_live:
        nav: int256 = value._last_nav()
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
    return value._mid(value._snapshot())


@external
@view
def convertToShares(assets: uint256) -> uint256:
    """
    @notice Shares for tokens at mid.
    @param assets Tokens. [asset]
    @return Shares. [shares]
    """
    snapshot: value.Snapshot = value._snapshot()
    return value._shares_down(assets, value._mid(snapshot), snapshot.shares)


@external
@view
def convertToAssets(shares: uint256) -> uint256:
    """
    @notice Tokens for shares at mid.
    @param shares Shares. [shares]
    @return Tokens. [asset]
    """
    snapshot: value.Snapshot = value._snapshot()
    return value._assets_down(shares, value._mid(snapshot), snapshot.shares)


@external
@view
def previewDeposit(assets: uint256) -> uint256:
    """
    @notice Shares that `deposit` would issue now.
    @param assets Tokens. [asset]
    @return Shares. [shares]
    """
    snapshot: value.Snapshot = value._snapshot()
    return value._shares_down(assets, value._high(snapshot), snapshot.shares)


@external
@view
def previewMint(shares: uint256) -> uint256:
    """
    @notice Tokens that `mint` would take now.
    @param shares Shares. [shares]
    @return Tokens. [asset]
    """
    snapshot: value.Snapshot = value._snapshot()
    return value._assets_up(shares, value._high(snapshot), snapshot.shares)


@external
@view
def previewWithdraw(assets: uint256) -> uint256:
    """
    @notice Shares that `withdraw` would burn now.
    @param assets Tokens. [asset]
    @return Shares. [shares]
    """
    snapshot: value.Snapshot = value._snapshot()
    return value._shares_up(assets, snapshot.low, snapshot.shares)


@external
@view
def previewRedeem(shares: uint256) -> uint256:
    """
    @notice Tokens that `redeem` would pay now.
    @param shares Shares. [shares]
    @return Tokens. [asset]
    """
    snapshot: value.Snapshot = value._snapshot()
    return value._assets_down(shares, snapshot.low, snapshot.shares)


@external
@view
def maxDeposit(receiver: address) -> uint256:
    """
    @notice Tokens that a deposit may bring now.
    @param receiver Who would get the shares.
    @return Tokens, 0 while closed. [asset]
    """
    return vault_gate._max_deposit(value._snapshot(), receiver)


@external
@view
def maxMint(receiver: address) -> uint256:
    """
    @notice Shares that a mint may issue now.
    @param receiver Who would get them.
    @return Shares, 0 while closed. [shares]
    """
    snapshot: value.Snapshot = value._snapshot()
    assets: uint256 = vault_gate._max_deposit(snapshot, receiver)
    return value._shares_down(assets, value._high(snapshot), snapshot.shares)


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
    snapshot: value.Snapshot = value._snapshot(True)
    assets: uint256 = value._assets_down(erc20.balanceOf[owner], snapshot.low, snapshot.shares)
    return min(assets, vault_gate._max_withdraw(snapshot))


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
    snapshot: value.Snapshot = value._snapshot(True)
    low: uint256 = snapshot.low
    # The most shares that are worth no token unit beyond what can be withdrawn.
    most: uint256 = (
        value._shares_up(vault_gate._max_withdraw(snapshot) + 1, low, snapshot.shares) - 1
    )
    shares: uint256 = min(erc20.balanceOf[owner], most)
    if value._assets_down(shares, low, snapshot.shares) == 0:
        return 0
    return shares


# ------------------------------------------------------------------ internal: flow


@internal
def _enter(snapshot: value.Snapshot, assets: uint256, shares: uint256, receiver: address):
    self._check_flow(snapshot, assets, shares, receiver)
    refusal._unless(value._is_worth_something(snapshot), "vault: share price too low")
    refusal._unless(assets <= vault_gate._room(snapshot), "vault: over deposit cap")
    claims._receive(assets)
    value._conclude(snapshot)
    erc20._mint(receiver, shares)
    vault_ledger._pull(msg.sender, assets)
    log IERC4626.Deposit(sender=msg.sender, owner=receiver, assets=assets, shares=shares)


@internal
def _leave(
    snapshot: value.Snapshot, assets: uint256, shares: uint256, receiver: address, owner: address
):
    self._check_flow(snapshot, assets, shares, receiver)
    refusal._unless(shares <= erc20.balanceOf[owner], "vault: over share balance")
    refusal._unless(assets <= vault_gate._spare(snapshot), "vault: over free liquidity")
    if msg.sender != owner:
        erc20._spend_allowance(owner, msg.sender, shares)
    claims._spend(assets)
    value._conclude(snapshot)
    erc20._burn(owner, shares)
    vault_ledger._send(receiver, assets)
    log IERC4626.Withdraw(
        sender=msg.sender, receiver=receiver, owner=owner, assets=assets, shares=shares
    )


@internal
@view
def _check_flow(snapshot: value.Snapshot, assets: uint256, shares: uint256, receiver: address):
    vault_gate._check_open(snapshot)
    refusal._unless(assets > 0 and shares > 0, "vault: zero amount")
    self._check_receiver(receiver)


@internal
@view
def _check_receiver(receiver: address):
    refusal._unless(receiver not in [empty(address), self], "vault: bad receiver")


@internal
def _accrue_now():
    snapshot: value.Snapshot = value._snapshot()
    vault_gate._check_open(snapshot)
    value._accrue(snapshot)
