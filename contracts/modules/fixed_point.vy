# pragma version 0.4.3
"""
@title Fixed point
@license AGPL-3.0-only
@notice Logarithm, exponential and square root in binary fixed point.
@dev [Q64] is a number times 2^64, [wad] one times 10^18. Shifts floor. The coefficients are minimax
     fits in [Q64], made and checked by bench/derive_constants.py; twin: ballast/fixed_point.py.
     Errors are absolute unless said otherwise.
"""

WAD: constant(uint256) = 10**18
Q64: constant(uint256) = 2**64
HALF: constant(uint256) = 2**63  # [Q64]

LN_TWO: constant(uint256) = 12_786_308_645_202_655_660  # [Q64] ln 2
LOG2_E: constant(uint256) = 26_613_026_195_688_644_983  # [Q64] log2 e
EXP_UNDERFLOW: constant(uint256) = 45 * Q64  # e^-45 < 2^-64
EXP_MAX: constant(uint256) = 44 * Q64  # e^44 < 2^64, so that the result stays below 2^128

# atanh(sqrt(s)) / sqrt(s) on [0, 1/9]: the logarithm is off by 1.2e-20 at most.
ATANH_0: constant(uint256) = 18_446_744_073_709_551_608
ATANH_1: constant(uint256) = 6_148_914_691_236_524_641
ATANH_2: constant(uint256) = 3_689_348_814_739_867_311
ATANH_3: constant(uint256) = 2_635_249_153_647_259_871
ATANH_4: constant(uint256) = 2_049_638_211_877_313_451
ATANH_5: constant(uint256) = 1_676_977_548_833_999_458
ATANH_6: constant(uint256) = 1_418_956_970_168_364_838
ATANH_7: constant(uint256) = 1_230_230_596_991_826_367
ATANH_8: constant(uint256) = 1_079_326_069_607_607_742
ATANH_9: constant(uint256) = 1_020_113_157_692_288_950
ATANH_10: constant(uint256) = 616_075_926_223_876_050
ATANH_11: constant(uint256) = 1_564_263_195_066_628_740

# f * coth(f * ln 2 / 2) in f^2 on [0, 1/4]: 2^-f is off by 1.7e-19 at most.
EXP_0: constant(int256) = 53_226_052_391_377_290_276
EXP_1: constant(int256) = 2_131_051_440_867_076_394
EXP_2: constant(int256) = -17_064_501_458_637_631
EXP_3: constant(int256) = 195_206_918_679_244
EXP_4: constant(int256) = -2_344_604_592_912
EXP_5: constant(int256) = 28_164_783_573


@internal
@pure
def _wad_to_q64(x: uint256) -> uint256:
    return (x << 64) // WAD


@internal
@pure
def _q64_to_wad(x: uint256) -> uint256:
    return (x * WAD) >> 64


@internal
@pure
def _ln_ratio(a: uint256, b: uint256) -> int256:
    """
    @notice ln(a / b) for a, b > 0 of one unit and below 2^190; reverts if they overflow above it.
    @dev Odd in its arguments: ln(a / b) = -ln(b / a) to the bit. Error 2e-19 + 2e-20 |ln(a / b)|.
         A zero argument reads as a ratio of about 2^255, and two of them revert.
    @return [Q64]
    """
    high: uint256 = max(a, b)
    low: uint256 = min(a, b)
    # high / low = 2^doublings * m with m in [1, 2), found by halving the step; then
    # m = (1 + z/2) / (1 - z/2), so ln(m) = 2 atanh(z/2) = z * R(z^2 / 4).
    doublings: uint256 = 0
    if high >> 1 >= low:
        for i: uint256 in range(8):
            step: uint256 = 128 >> i
            if high >> step >= low:
                low <<= step
                doublings += step
    z: uint256 = (high - low) * (2 * Q64) // (high + low)
    s: uint256 = unsafe_mul(z, z) >> 66
    # Two coefficients a line. z < 2/3, s < 1/9, r < 1.2, all [Q64]: no sum reaches 2^128.
    ss: uint256 = unsafe_mul(s, s) >> 64
    r: uint256 = unsafe_add(unsafe_mul(ATANH_11, s) >> 64, ATANH_10)
    r = unsafe_add(unsafe_add(unsafe_mul(r, ss), unsafe_mul(ATANH_9, s)) >> 64, ATANH_8)
    r = unsafe_add(unsafe_add(unsafe_mul(r, ss), unsafe_mul(ATANH_7, s)) >> 64, ATANH_6)
    r = unsafe_add(unsafe_add(unsafe_mul(r, ss), unsafe_mul(ATANH_5, s)) >> 64, ATANH_4)
    r = unsafe_add(unsafe_add(unsafe_mul(r, ss), unsafe_mul(ATANH_3, s)) >> 64, ATANH_2)
    r = unsafe_add(unsafe_add(unsafe_mul(r, ss), unsafe_mul(ATANH_1, s)) >> 64, ATANH_0)
    ln: int256 = convert(unsafe_add(unsafe_mul(z, r) >> 64, unsafe_mul(doublings, LN_TWO)), int256)
    return ln if a >= b else -ln


@internal
@pure
def _exp_neg(y: uint256) -> uint256:
    """
    @notice e^-y; 0 when it underflows.
    @dev Error 3e-19. e^-y = 2^-k * 2^-f with f in [-1/2, 1/2] and 2^-f = (D - f) / (D + f).
    @param y Exponent. [Q64]
    @return [Q64]
    """
    if y >= EXP_UNDERFLOW:
        return 0
    # y < 45, y * log2(e) < 65, |f| <= 1/2, 2.8 < D < 3, all [Q64]: no sum reaches 2^140.
    bits: uint256 = unsafe_add(unsafe_mul(y, LOG2_E) >> 64, HALF)
    k: uint256 = bits >> 64
    f: int256 = unsafe_sub(convert(bits & (Q64 - 1), int256), 2**63)
    u: int256 = unsafe_mul(f, f) >> 64
    uu: int256 = unsafe_mul(u, u) >> 64
    d: int256 = unsafe_add(unsafe_mul(EXP_5, u) >> 64, EXP_4)
    d = unsafe_add(unsafe_add(unsafe_mul(d, uu), unsafe_mul(EXP_3, u)) >> 64, EXP_2)
    d = unsafe_add(unsafe_add(unsafe_mul(d, uu), unsafe_mul(EXP_1, u)) >> 64, EXP_0)
    ratio: int256 = unsafe_div(unsafe_sub(d, f) << 64, unsafe_add(d, f))
    return convert(ratio, uint256) >> k


@internal
@pure
def _exp(x: int256) -> uint256:
    """
    @notice e^x; 0 when it underflows, e^44 for every x above 44.
    @dev Error 3e-19 for x <= 0, relative error 6e-19 + 2e-20 x above.
    @param x Exponent, either sign. [Q64]
    @return [Q64]
    """
    if x <= 0:
        return self._exp_neg(convert(-x, uint256))
    # e^x = 2^n * e^-(n ln2 - x), n the least that keeps the exponent negative: n <= 64.
    y: uint256 = min(convert(x, uint256), EXP_MAX)
    n: uint256 = y // LN_TWO + 1
    return self._exp_neg(n * LN_TWO - y) << n


@internal
@pure
def _sqrt(x: uint256) -> uint256:
    """
    @notice Square root, exact to the last bit, rounded down.
    @param x Below 2^192. [Q64]
    @return [Q64]
    """
    return isqrt(x * Q64)
