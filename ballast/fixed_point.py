"""Twin of contracts/modules/fixed_point.vy, bit for bit: Q64 is a number times 2^64.

The constants come from bench/derive_constants.py, which checks those of the module; the tests
compare the twin with the module.
"""

from ballast.units import Q64, trunc_div

HALF = Q64 // 2
NINTH = Q64 // 9

LN_TWO = 12_786_308_645_202_655_660
LOG2_E = 26_613_026_195_688_644_983
EXP_UNDERFLOW = 45 * Q64
EXP_MAX = 44 * Q64

ATANH = (
    18_446_744_073_709_551_608,
    6_148_914_691_236_524_641,
    3_689_348_814_739_867_311,
    2_635_249_153_647_259_871,
    2_049_638_211_877_313_451,
    1_676_977_548_833_999_458,
    1_418_956_970_168_364_838,
    1_230_230_596_991_826_367,
    1_079_326_069_607_607_742,
    1_020_113_157_692_288_950,
    616_075_926_223_876_050,
    1_564_263_195_066_628_740,
)
EXP = (
    53_226_052_391_377_290_276,
    2_131_051_440_867_076_394,
    -17_064_501_458_637_631,
    195_206_918_679_244,
    -2_344_604_592_912,
    28_164_783_573,
)


def polynomial(coefficients: tuple[int, ...], x: int, bits: int = 64) -> int:
    """The polynomial at x, coefficients lowest first, all with so many fractional bits, as the
    modules take it: three steps of Horner's rule share a shift."""
    result, rest = coefficients[-1], coefficients[-2::-1]
    while rest:
        *steps, last = rest[:3]
        for shared, coefficient in enumerate(steps, start=1):
            result = result * x + (coefficient << bits * shared)
        result = (result * x >> bits * (len(steps) + 1)) + last
        rest = rest[3:]
    return result


def ln_ratio(a: int, b: int) -> int:
    """ln(a / b) [Q64] of two amounts of one unit below 2^190; 0 is taken for 1."""
    z = _quotient(a, b)
    doublings = 0
    if z * z >> 66 > NINTH:
        a, b, doublings = _halve(a, b)
        z = _quotient(a, b)
    s = z * z >> 66
    return trunc_div(z * polynomial(ATANH, s), Q64) + doublings * LN_TWO


def _quotient(a: int, b: int) -> int:
    """2 (a - b) / (a + b) [Q64]."""
    return trunc_div((a - b) << 65, a + b) if a + b else 0


def _halve(a: int, b: int) -> tuple[int, int, int]:
    """The smaller doubled until a / b is within [1/2, 2], and how often: positive if it was b."""
    high, low = max(a, b), max(min(a, b), 1)
    doublings = 0
    for step in (128, 64, 32, 16, 8, 4, 2, 1):
        if high >> step >= low:
            low <<= step
            doublings += step
    return (high, low, doublings) if a > b else (low, high, -doublings)


def exp_neg(y: int) -> int:
    """e^-y [Q64] for y >= 0 [Q64]; 0 when it underflows."""
    if y >= EXP_UNDERFLOW:
        return 0
    bits = y * LOG2_E >> 64
    k = bits + HALF >> 64
    f = bits - (k << 64)
    d = polynomial(EXP, f * f >> 64)
    return ((d - f << 64) // (d + f)) >> k


def exp(x: int) -> int:
    """e^x [Q64], x [Q64] of either sign; e^44 for every x above 44."""
    if x <= 0:
        return exp_neg(-x)
    y = min(x, EXP_MAX)
    n = y // LN_TWO + 1
    return exp_neg(n * LN_TWO - y) << n
