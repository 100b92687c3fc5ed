# pragma version 0.4.3
"""
@title wad
@license AGPL-3.0-only
@notice Products and quotients that say which way they round.
@dev Units are in brackets: [asset] token units, [wad] 1e18. Stateless. Every product is a checked
     256-bit one: it reverts when a·b exceeds 2^256 (1.15e77), so two numbers up to 3e38 (3e20 as a
     wad) always fit. The twins are plain Python with ceil_div and trunc_div of ballast/units.py.
"""

WAD: constant(uint256) = 10**18
YEAR: constant(uint256) = 31_536_000  # [s]


@internal
@pure
def _mul_down(a: uint256, b: uint256) -> uint256:
    return a * b // WAD


@internal
@pure
def _mul_up(a: uint256, b: uint256) -> uint256:
    return self._mul_div_up(a, b, WAD)


@internal
@pure
def _div_down(a: uint256, b: uint256) -> uint256:
    return a * WAD // b


@internal
@pure
def _div_up(a: uint256, b: uint256) -> uint256:
    return self._mul_div_up(a, WAD, b)


@internal
@pure
def _mul_div_down(a: uint256, b: uint256, c: uint256) -> uint256:
    return a * b // c


@internal
@pure
def _mul_div_up(a: uint256, b: uint256, c: uint256) -> uint256:
    product: uint256 = a * b
    quotient: uint256 = product // c
    # quotient·c ≤ product; where there is a remainder c > 1, so that one more fits.
    return unsafe_add(quotient, convert(unsafe_mul(quotient, c) != product, uint256))


@internal
@pure
def _mul_signed(a: int256, b: int256) -> int256:
    """
    @dev a·b/1e18, truncated toward zero.
    """
    return a * b // convert(WAD, int256)


@internal
@pure
def _abs(a: int256) -> uint256:
    """
    @dev Also right for the smallest int256: its negative wraps to itself, whose bits are 2^255.
    """
    size: int256 = a
    if a < 0:
        size = unsafe_sub(0, a)
    return convert(convert(size, bytes32), uint256)


@internal
@pure
def _to_asset_down(amount: uint256, scale: uint256) -> uint256:
    """
    @dev What is paid. `scale` is 10^(18 − decimals). [wad] -> [asset]
    """
    return amount // scale


@internal
@pure
def _to_asset_up(amount: uint256, scale: uint256) -> uint256:
    """
    @dev What is taken. `scale` is 10^(18 − decimals). [wad] -> [asset]
    """
    return amount // scale + convert(amount % scale != 0, uint256)


@internal
@pure
def _to_asset_signed_down(amount: int256, scale: uint256) -> int256:
    """
    @dev A gain floored, a loss grown: rounded toward minus infinity. [wad] -> [asset]
    """
    if amount >= 0:
        return convert(self._to_asset_down(convert(amount, uint256), scale), int256)
    return -convert(self._to_asset_up(self._abs(amount), scale), int256)
