# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title perp_ledger
@license AGPL-3.0-only
@notice The money of the perpetual venue: margins, the fund on the other side of every trade, and
     its IOUs.
@dev Amounts are [asset] token units. The token balance is Σ margin_of + fund; tokens sent by no
     function of this file belong to nobody. IOUs rank before later profits: only what the fund has
     beyond them is paid.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from ..interfaces import IPerpMarket

ASSET: immutable(IERC20)
SCALE: immutable(uint256)  # 10^(18 − decimals of the token)

# Tokens that stand behind `who`'s position. [asset]
margin_of: public(HashMap[address, uint256])

# What profits are paid from and losses are paid to. [asset]
fund: public(uint256)

# Profits that the fund could not pay. [asset]
iou_of: public(HashMap[address, uint256])

# Sum of `iou_of`. [asset]
ious: public(uint256)


@deploy
def __init__(token: address):
    ASSET = IERC20(token)
    decimals: uint256 = convert(staticcall IERC20Detailed(token).decimals(), uint256)
    assert decimals <= 18, "perp_ledger: decimals"
    SCALE = 10**(18 - decimals)


@internal
@view
def _available(more: uint256) -> uint256:
    """
    @return What the fund, were it larger by `more`, could pay to new profits. [asset]
    """
    fund: uint256 = self.fund + more
    return fund - min(fund, self.ious)


@internal
@view
def _short() -> bool:
    """
    @return Whether the fund cannot pay the IOUs.
    """
    return self.fund < self.ious


@internal
def _add_margin(who: address, amount: uint256):
    received: uint256 = self._pull(amount)
    self.margin_of[who] += received
    log IPerpMarket.MarginAdded(account=who, amount=received)


@internal
def _remove_margin(who: address, amount: uint256):
    self.margin_of[who] -= amount
    self._push(who, amount)
    log IPerpMarket.MarginRemoved(account=who, amount=amount)


@internal
def _add_to_fund(amount: uint256):
    received: uint256 = self._pull(amount)
    self.fund += received
    log IPerpMarket.FundAdded(sender=msg.sender, amount=received)


@internal
def _pay(who: address, amount: uint256):
    """
    @notice Fund to margin, the rest as an IOU.
    """
    paid: uint256 = min(amount, self._available(0))
    self.fund -= paid
    self.margin_of[who] += paid

    short: uint256 = amount - paid
    if short != 0:
        self.iou_of[who] += short
        self.ious += short
        log IPerpMarket.IouIssued(account=who, amount=short)


@internal
def _take(who: address, amount: uint256) -> uint256:
    """
    @notice Margin to fund, as far as it goes.
    @return What the margin could not pay. [asset]
    """
    taken: uint256 = min(amount, self.margin_of[who])
    self.margin_of[who] -= taken
    self.fund += taken
    return amount - taken


@internal
def _penalise(who: address, amount: uint256) -> (uint256, uint256):
    """
    @notice Take a penalty as far as the margin goes, half for the caller, half for the fund.
    @return Penalty taken and reward paid. [asset]
    """
    penalty: uint256 = min(amount, self.margin_of[who])
    reward: uint256 = penalty // 2
    self.margin_of[who] -= penalty
    self.fund += penalty - reward
    if reward != 0:
        self._push(msg.sender, reward)
    return penalty, reward


@internal
def _collect(who: address) -> uint256:
    iou: uint256 = self.iou_of[who]
    paid: uint256 = iou
    if self.fund < self.ious:
        paid = iou * self.fund // self.ious
    self.iou_of[who] = iou - paid
    self.ious -= paid
    self.fund -= paid
    if paid != 0:
        self.margin_of[who] += paid
        log IPerpMarket.IouCollected(account=who, amount=paid)
    return paid


@internal
def _pull(amount: uint256) -> uint256:
    """
    @return What arrived: a token may keep a part. [asset]
    """
    before: uint256 = staticcall ASSET.balanceOf(self)
    assert extcall ASSET.transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "perp_ledger: pull failed"
    return staticcall ASSET.balanceOf(self) - before


@internal
def _push(to: address, amount: uint256):
    assert extcall ASSET.transfer(to, amount, default_return_value=True), "perp_ledger: push failed"
