# pragma version 0.4.3
"""
@title claims
@license AGPL-3.0-only
@notice The cash, and what settled boards are owed of it, in the order in which they settled, and
     who was paid how much.
@dev Stateful: owns the ledger of cash and claims, moves no token. A board is owed `min(payoff, what
     the vault was worth)`: solvency, not cash, decides. Cash is set aside for the boards in their
     order as it comes; each holder may have the same share of what is set aside for the board, and
     can call again. [asset]
"""

from ..interfaces import IVault

MAX_BOARDS: constant(uint256) = 8  # funded in one call; the rest goes on in the next
HALF: constant(uint256) = 2**128 - 1
CASH_UNIT: constant(uint256) = 2**128  # of cash, in `till`


struct Board:
    payoff: uint256  # of all options, from a solvent vault
    owed: uint256  # of which the vault could pay
    reserved: uint256  # of which cash is set aside


struct Holder:
    payoff: uint256  # of the options given up
    paid: uint256


# By expiry: payoff << 128 | owed. Neither reaches 2^128: a board pays less than 2^85 [ETH wad] times
# 2^90 [USD wad].
words: HashMap[uint256, uint256]
holders: HashMap[uint256, HashMap[address, Holder]]
# Tokens held and booked << 128 | Σ owed − Σ paid. More cash than fits is refused. [asset]
till: uint256
# What is not set aside yet, of a board and of all. Mostly nothing, so that nothing is written.
missing: HashMap[uint256, uint256]
all_missing: uint256
# Boards that wait for cash, in the order of their settlement.
queue: HashMap[uint256, uint256]
head: uint256
tail: uint256


@internal
@view
def _cash() -> uint256:
    return self.till >> 128


@internal
@view
def _total() -> uint256:
    """
    @dev Σ owed − Σ paid. [asset]
    """
    return self.till & HALF


@internal
def _receive(amount: uint256):
    self.till += amount * CASH_UNIT


@internal
def _spend(amount: uint256):
    self.till -= amount * CASH_UNIT


@internal
@view
def _board(expiry: uint256) -> Board:
    word: uint256 = self.words[expiry]
    owed: uint256 = word & HALF
    return Board(payoff=word >> 128, owed=owed, reserved=owed - self.missing[expiry])


@internal
def _book(expiry: uint256, payoff: uint256, available: uint256) -> uint256:
    """
    @dev Books a settled board; what it is owed is cut to `available`, for all its holders alike. It
         waits when others do, or when not all of the cash is there.
    """
    owed: uint256 = min(payoff, available)
    self.words[expiry] = payoff << 128 | owed
    if owed == 0:
        return 0
    self.till += owed
    if self.all_missing == 0 and self._cash() >= self._total():
        log IVault.ClaimsFunded(expiry=expiry, amount=owed)
        return owed
    self.missing[expiry] = owed
    self.all_missing += owed
    self.queue[self.tail] = expiry
    self.tail += 1
    return owed


@internal
def _fund():
    """
    @dev Sets cash aside, oldest board first. Where nothing is owed nothing is missing.
    """
    if self._total() == 0:
        return
    for _: uint256 in range(MAX_BOARDS):
        waiting: uint256 = self.all_missing
        cash: uint256 = self._cash()
        reserved: uint256 = self._total() - waiting
        if waiting == 0 or cash <= reserved:
            break
        expiry: uint256 = self.queue[self.head]
        missing: uint256 = self.missing[expiry]
        amount: uint256 = min(missing, cash - reserved)
        self.missing[expiry] = missing - amount
        self.all_missing = waiting - amount
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
    board: Board = self._board(expiry)
    if board.payoff == 0:
        return 0
    account: Holder = self.holders[expiry][holder]
    return account.payoff * board.reserved // board.payoff - account.paid


@internal
def _pay(expiry: uint256, holder: address, amount: uint256):
    self.holders[expiry][holder].paid += amount
    assert amount <= self._total()  # else it would be taken from the cash
    self.till -= amount
