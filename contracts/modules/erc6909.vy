# pragma version 0.4.3
"""
@title erc6909
@license AGPL-3.0-only
@notice Multi-token balances, allowances and operators after ERC-6909; each id is one option series.
@dev Stateful: owns balances. A contract exports what is external and mints and burns through
     `_mint`, `_burn`. Source: https://eips.ethereum.org/EIPS/eip-6909.
"""

INTERFACE_ERC165: constant(bytes4) = 0x01ffc9a7
INTERFACE_ERC6909: constant(bytes4) = 0x0f632fb3


event Transfer:
    caller: address
    sender: indexed(address)
    receiver: indexed(address)
    id: indexed(uint256)
    amount: uint256


event OperatorSet:
    owner: indexed(address)
    spender: indexed(address)
    approved: bool


event Approval:
    owner: indexed(address)
    spender: indexed(address)
    id: indexed(uint256)
    amount: uint256


# By holder and series. [ETH wad]
balanceOf: public(HashMap[address, HashMap[uint256, uint256]])
# By owner, spender and series. [ETH wad]
allowance: public(HashMap[address, HashMap[address, HashMap[uint256, uint256]]])
# By owner and spender: may move all of the owner's.
isOperator: public(HashMap[address, HashMap[address, bool]])


@external
def transfer(receiver: address, id: uint256, amount: uint256) -> bool:
    """
    @notice Move options to another holder.
    @param receiver New holder.
    @param id Series.
    @param amount Size. [ETH wad]
    @return Always True; a failure reverts.
    """
    self._transfer(msg.sender, receiver, id, amount)
    return True


@external
def transferFrom(sender: address, receiver: address, id: uint256, amount: uint256) -> bool:
    """
    @notice Move another's options, as operator or within an allowance.
    @param sender Holder.
    @param receiver New holder.
    @param id Series.
    @param amount Size. [ETH wad]
    @return Always True; a failure reverts.
    """
    if sender != msg.sender and not self.isOperator[sender][msg.sender]:
        allowed: uint256 = self.allowance[sender][msg.sender][id]
        if allowed != max_value(uint256):
            assert allowed >= amount, "erc6909: over allowance"
            self.allowance[sender][msg.sender][id] = allowed - amount
    self._transfer(sender, receiver, id, amount)
    return True


@external
def approve(spender: address, id: uint256, amount: uint256) -> bool:
    """
    @notice Allow another to move options of one series.
    @param spender Who may.
    @param id Series.
    @param amount Size, the largest number for no limit. [ETH wad]
    @return Always True.
    """
    self.allowance[msg.sender][spender][id] = amount
    log Approval(owner=msg.sender, spender=spender, id=id, amount=amount)
    return True


@external
def setOperator(spender: address, approved: bool) -> bool:
    """
    @notice Allow another to move options of every series, or no longer.
    @param spender Who may.
    @param approved Whether.
    @return Always True.
    """
    self.isOperator[msg.sender][spender] = approved
    log OperatorSet(owner=msg.sender, spender=spender, approved=approved)
    return True


@external
@pure
def supportsInterface(interface_id: bytes4) -> bool:
    """
    @notice ERC-165.
    @param interface_id Interface asked for.
    @return True for ERC-165 and ERC-6909.
    """
    return interface_id in [INTERFACE_ERC165, INTERFACE_ERC6909]


@internal
def _mint(receiver: address, id: uint256, amount: uint256):
    self.balanceOf[receiver][id] += amount
    log Transfer(caller=msg.sender, sender=empty(address), receiver=receiver, id=id, amount=amount)


@internal
def _burn(holder: address, id: uint256, amount: uint256):
    self.balanceOf[holder][id] -= amount
    log Transfer(caller=msg.sender, sender=holder, receiver=empty(address), id=id, amount=amount)


@internal
def _transfer(sender: address, receiver: address, id: uint256, amount: uint256):
    assert receiver != empty(address), "erc6909: receiver is zero"
    balance: uint256 = self.balanceOf[sender][id]
    assert balance >= amount, "erc6909: over balance"
    self.balanceOf[sender][id] = balance - amount
    self.balanceOf[receiver][id] += amount
    log Transfer(caller=msg.sender, sender=sender, receiver=receiver, id=id, amount=amount)
