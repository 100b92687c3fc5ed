"""Twin of contracts/modules/payoff.vy, bit for bit."""


def intrinsic(price: int, strike: int, is_put: bool) -> int:
    """max(0, price − strike) of a call, max(0, strike − price) of a put [USD wad per ETH]."""
    return max(0, strike - price if is_put else price - strike)
