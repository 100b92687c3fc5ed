# pragma version 0.4.3
"""
@title payoff
@license AGPL-3.0-only
@notice What an option pays at a price.
@dev Stateless.
"""


@internal
@pure
def _intrinsic(price: uint256, strike: uint256, is_put: bool) -> uint256:
    """
    @dev max(0, price − strike) of a call, max(0, strike − price) of a put. [USD wad per ETH]
    """
    if is_put:
        return strike - min(strike, price)
    return price - min(price, strike)
