# pragma version 0.4.3
"""
@title Fixed point
@license AGPL-3.0-only
@notice Logarithm and exponential in binary fixed point.
@dev [Q64] is a number times 2^64. Shifts floor. The coefficients are minimax
     fits in [Q64], made and checked by bench/derive_constants.py; twin: ballast/fixed_point.py.
     Errors are absolute unless said otherwise.
     A polynomial is one nested product, a Horner step a line: up to three steps share the shift
     that brings the result back to [Q64], so their constants are shifted up by as much. The
     formatter stays off there; it would give each step six lines.
"""

ONE: constant(int256) = 2**64  # [Q64]
HALF: constant(int256) = 2**63  # [Q64]
NINTH: constant(int256) = 2**64 // 9  # [Q64]

LN_TWO: constant(int256) = 12_786_308_645_202_655_660  # [Q64] ln 2
LOG2_E: constant(int256) = 26_613_026_195_688_644_983  # [Q64] log2 e
EXP_UNDERFLOW: constant(int256) = 45 * 2**64  # e^-45 < 2^-64
EXP_MAX: constant(int256) = 44 * 2**64  # e^44 < 2^64, so that the result stays below 2^128

# atanh(sqrt(s)) / sqrt(s) on [0, 1/9]: the logarithm is off by 1.2e-20 at most.
ATANH_0: constant(int256) = 18_446_744_073_709_551_608
ATANH_1: constant(int256) = 6_148_914_691_236_524_641
ATANH_2: constant(int256) = 3_689_348_814_739_867_311
ATANH_3: constant(int256) = 2_635_249_153_647_259_871
ATANH_4: constant(int256) = 2_049_638_211_877_313_451
ATANH_5: constant(int256) = 1_676_977_548_833_999_458
ATANH_6: constant(int256) = 1_418_956_970_168_364_838
ATANH_7: constant(int256) = 1_230_230_596_991_826_367
ATANH_8: constant(int256) = 1_079_326_069_607_607_742
ATANH_9: constant(int256) = 1_020_113_157_692_288_950
ATANH_10: constant(int256) = 616_075_926_223_876_050
ATANH_11: constant(int256) = 1_564_263_195_066_628_740

# f * coth(f * ln 2 / 2) in f^2 on [0, 1/4]: 2^-f is off by 1.7e-19 at most.
EXP_0: constant(int256) = 53_226_052_391_377_290_276
EXP_1: constant(int256) = 2_131_051_440_867_076_394
EXP_2: constant(int256) = -17_064_501_458_637_631
EXP_3: constant(int256) = 195_206_918_679_244
EXP_4: constant(int256) = -2_344_604_592_912
EXP_5: constant(int256) = 28_164_783_573


@internal
@pure
def _ln_ratio(a: int256, b: int256) -> int256:
    """
    @notice ln(a / b) of two amounts of one unit, 0 <= a, b < 2^190.
    @dev Odd in its arguments: ln(a / b) = -ln(b / a) to the bit. Error 2e-19 + 2e-20 |ln(a / b)|.
         0 is taken for the smallest amount, 1.
    @return [Q64]
    """
    # With z = 2 (a - b) / (a + b), ln(a / b) = 2 atanh(z / 2) = z R(z^2 / 4).
    z: int256 = unsafe_div(unsafe_sub(a, b) << 65, unsafe_add(a, b))
    s: int256 = unsafe_mul(z, z) >> 66
    doublings: int256 = 0
    if s > NINTH:  # a ratio above 2 or below 1/2
        x: int256 = 0
        y: int256 = 0
        x, y, doublings = self._halve(a, b)
        z = unsafe_div(unsafe_sub(x, y) << 65, unsafe_add(x, y))
        s = unsafe_mul(z, z) >> 66
    # s <= 1/9 < 2^61 and r < 1.2 * 2^64: three products stay below 2^248.
    # fmt: off
    r: int256 = (unsafe_add(ATANH_8, unsafe_mul(s,
                 unsafe_add(ATANH_9 << 128, unsafe_mul(s,
                 unsafe_add(ATANH_10 << 64, unsafe_mul(s, ATANH_11))))) >> 192))
    r = (unsafe_add(ATANH_5, unsafe_mul(s,
         unsafe_add(ATANH_6 << 128, unsafe_mul(s,
         unsafe_add(ATANH_7 << 64, unsafe_mul(s, r))))) >> 192))
    r = (unsafe_add(ATANH_2, unsafe_mul(s,
         unsafe_add(ATANH_3 << 128, unsafe_mul(s,
         unsafe_add(ATANH_4 << 64, unsafe_mul(s, r))))) >> 192))
    r = (unsafe_add(ATANH_0, unsafe_mul(s,
         unsafe_add(ATANH_1 << 64, unsafe_mul(s, r))) >> 128))
    # fmt: on
    return unsafe_add(unsafe_div(unsafe_mul(z, r), ONE), unsafe_mul(doublings, LN_TWO))


@internal
@pure
def _halve(a: int256, b: int256) -> (int256, int256, int256):
    """
    @notice The smaller of two amounts doubled until a / b is within [1/2, 2].
    @return a and b, one of them doubled, and how often: positive if it was b.
    """
    high: int256 = max(a, b)
    low: int256 = max(min(a, b), 1)
    doublings: int256 = 0
    for i: uint256 in range(8):
        step: uint256 = 128 >> i
        if high >> step >= low:
            low = low << step
            doublings += convert(step, int256)
    if a > b:
        return high, low, doublings
    return low, high, -doublings


@internal
@pure
def _exp_neg(y: int256) -> int256:
    """
    @notice e^-y for y >= 0; 0 when it underflows.
    @dev Error 3e-19. e^-y = 2^-k * 2^-f with f in [-1/2, 1/2] and 2^-f = (D - f) / (D + f).
    @param y Exponent. [Q64]
    @return [Q64]
    """
    if y >= EXP_UNDERFLOW:
        return 0
    # y < 45, y * log2(e) < 65, |f| <= 1/2.
    bits: int256 = unsafe_mul(y, LOG2_E) >> 64
    k: int256 = unsafe_add(bits, HALF) >> 64
    f: int256 = unsafe_sub(bits, k << 64)
    u: int256 = unsafe_mul(f, f) >> 64
    # u <= 1/4 = 2^62 and 2.8 < d < 3, below 2^66: three products stay below 2^252.
    # fmt: off
    d: int256 = (unsafe_add(EXP_2, unsafe_mul(u,
                 unsafe_add(EXP_3 << 128, unsafe_mul(u,
                 unsafe_add(EXP_4 << 64, unsafe_mul(u, EXP_5))))) >> 192))
    d = (unsafe_add(EXP_0, unsafe_mul(u,
         unsafe_add(EXP_1 << 64, unsafe_mul(u, d))) >> 128))
    # fmt: on
    return unsafe_div(unsafe_sub(d, f) << 64, unsafe_add(d, f)) >> convert(k, uint256)


@internal
@pure
def _exp(x: int256) -> int256:
    """
    @notice e^x; 0 when it underflows, e^44 for every x above 44.
    @dev Error 3e-19 for x <= 0, relative error 6e-19 + 2e-20 x above.
    @param x Exponent, either sign. [Q64]
    @return [Q64]
    """
    if x <= 0:
        return self._exp_neg(-x)
    # e^x = 2^n * e^-(n ln2 - x), n the least that keeps the exponent negative: n <= 64.
    y: int256 = min(x, EXP_MAX)
    n: int256 = y // LN_TWO + 1
    return self._exp_neg(n * LN_TWO - y) << convert(n, uint256)
