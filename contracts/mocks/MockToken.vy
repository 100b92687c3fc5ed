# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title MockToken
@license AGPL-3.0-only
@notice A stablecoin for local chains: ERC-20 with permit (ERC-2612), minted by its owner.
@dev Amounts are token units of `decimals` digits. [asset]
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed
from snekmate.auth import ownable
from snekmate.tokens import erc20

implements: IERC20
implements: IERC20Detailed
initializes: ownable
initializes: erc20[ownable := ownable]
exports: (
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
    erc20.eip712Domain,
    erc20.mint,
    erc20.owner,
)


@deploy
def __init__(name_: String[25], symbol_: String[5], decimals_: uint8):
    """
    @notice Deploy without supply; the deployer is the owner and the only minter.
    @param name_ Name, also that of the permit's signing domain.
    @param symbol_ Symbol.
    @param decimals_ Digits after the point.
    """
    # Free money must not meet a chain where anything is worth something.
    assert chain.id in [1337, 31337], "mock_token: local chains only"

    ownable.__init__()
    erc20.__init__(name_, symbol_, decimals_, name_, "1")
