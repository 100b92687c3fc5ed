# pragma version 0.4.3
"""
@title OddToken
@license AGPL-3.0-only
@notice A token with the habits of odd ones: it answers nothing, or a word, may keep a fee of what
     is moved, refuse somebody, and call somebody while it moves.
@dev Amounts are token units. [asset]
"""

decimals: public(immutable(uint8))
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
# What every call answers.
answer: public(Bytes[32])
# Kept of each transfer. [asset]
fee: public(uint256)
# Whom it pays nothing.
refused: public(address)
# What it calls in each transfer, and whether the last such call passed.
target: public(address)
data: public(Bytes[1024])
passed: public(bool)


@deploy
def __init__(name_: String[25], symbol_: String[5], decimals_: uint8):
    decimals = decimals_


@external
def set_answer(answer: Bytes[32]):
    self.answer = answer


@external
def set_fee(fee: uint256):
    self.fee = fee


@external
def set_refused(who: address):
    self.refused = who


@external
def set_call(target: address, data: Bytes[1024]):
    self.target = target
    self.data = data


@external
def mint(owner: address, amount: uint256):
    self.balanceOf[owner] += amount


@raw_return
@external
def approve(spender: address, amount: uint256) -> Bytes[32]:
    self.allowance[msg.sender][spender] = amount
    return self.answer


@raw_return
@external
def transfer(to: address, amount: uint256) -> Bytes[32]:
    self._move(msg.sender, to, amount)
    return self.answer


@raw_return
@external
def transferFrom(owner: address, to: address, amount: uint256) -> Bytes[32]:
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, to, amount)
    return self.answer


@internal
def _move(owner: address, to: address, amount: uint256):
    assert to != self.refused, "odd_token: refused"
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount - self.fee
    if self.target != empty(address):
        self.passed = raw_call(self.target, self.data, revert_on_failure=False)
