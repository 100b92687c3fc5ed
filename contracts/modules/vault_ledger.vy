# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title vault_ledger
@license AGPL-3.0-only
@notice The vault's tokens: what is booked of them, in which units, and how they come and go.
@dev Stateful: owns the token's address and the scales; cash and claims are in `claims`, what was
     redeemed in `redemptions`. What comes arrives in full, and no call goes on after a transfer
     that failed. Its reasons begin with `vault:`. Units are in brackets: [asset] token units,
     [shares] share units, [wad] 1e18.
"""

from ethereum.ercs import IERC20
from snekmate.tokens import erc20

from ..interfaces import IVault
from . import claims
from . import redemptions
from . import refusal
from . import wad

uses: erc20
uses: claims
uses: redemptions

MAX_OFFSET: constant(uint8) = 12  # [decimals] keeps supply · NAV far from 2^256

ASSET: immutable(IERC20)
SCALE: immutable(uint256)  # [wad] per token unit
VIRTUAL_SHARES: immutable(uint256)  # [shares] behind one virtual token unit


@deploy
def __init__(asset: address, decimals: uint8, offset: uint8):
    """
    @param asset The token.
    @param decimals Of the token.
    @param offset Decimals that a share has more.
    """
    refusal._unless(decimals <= 18, "vault: token decimals over 18")
    refusal._unless(offset <= MAX_OFFSET, "vault: offset over 12")
    ASSET = IERC20(asset)
    SCALE = 10**convert(18 - decimals, uint256)
    VIRTUAL_SHARES = 10**convert(offset, uint256)


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
