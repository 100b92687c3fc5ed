# pragma version 0.4.3
"""
@title claims
@license AGPL-3.0-only
@notice What settled boards are owed, in the order in which they settled, and who was paid how much
     of it.
@dev Stateful: owns the claims ledger, holds no token. A board is owed `min(payoff, what the vault
     was worth)`: solvency, not cash, decides. Cash is set aside for the boards in their order as it
     comes; each holder may have the same share of what is set aside for the board, and can call
     again. [asset]
"""

from ..interfaces import IVault

MAX_BOARDS: constant(uint256) = 8  # funded in one call; the rest goes on in the next


struct Board:
    payoff: uint256  # of all options, from a solvent vault
    owed: uint256  # of which the vault could pay
    reserved: uint256  # of which cash is set aside


struct Holder:
    payoff: uint256  # of the options given up
    paid: uint256


boards: HashMap[uint256, Board]  # by expiry
holders: HashMap[uint256, HashMap[address, Holder]]
# Σ owed − Σ paid, and the part of it that is set aside.
total: uint256
reserved: uint256
# Expiries in the order of their settlement; those before `head` are funded in full.
queue: HashMap[uint256, uint256]
head: uint256
tail: uint256


@internal
def _book(expiry: uint256, payoff: uint256, available: uint256) -> uint256:
    """
    @dev Books a settled board; what it is owed is cut to `available`, for all its holders alike.
    """
    owed: uint256 = min(payoff, available)
    self.boards[expiry] = Board(payoff=payoff, owed=owed, reserved=0)
    if owed > 0:
        self.queue[self.tail] = expiry
        self.tail += 1
        self.total += owed
    return owed


@internal
def _fund(cash: uint256):
    """
    @dev Sets cash aside, oldest board first.
    """
    for i: uint256 in range(MAX_BOARDS):
        if self.head == self.tail or cash <= self.reserved:
            break
        expiry: uint256 = self.queue[self.head]
        missing: uint256 = self.boards[expiry].owed - self.boards[expiry].reserved
        amount: uint256 = min(missing, cash - self.reserved)
        self.boards[expiry].reserved += amount
        self.reserved += amount
        if amount == missing:
            self.head += 1
        log IVault.ClaimsFunded(expiry=expiry, amount=amount)


@internal
def _credit(expiry: uint256, holder: address, payoff: uint256):
    self.holders[expiry][holder].payoff += payoff


@internal
@view
def _due(expiry: uint256, holder: address) -> uint256:
    """
    @dev The holder's share of what is set aside, less what was paid.
    """
    board: Board = self.boards[expiry]
    if board.payoff == 0:
        return 0
    account: Holder = self.holders[expiry][holder]
    return account.payoff * board.reserved // board.payoff - account.paid


@internal
def _pay(expiry: uint256, holder: address, amount: uint256):
    self.holders[expiry][holder].paid += amount
    self.total -= amount
    self.reserved -= amount
