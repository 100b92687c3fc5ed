# pragma version 0.4.3
"""
@title Black-Scholes
@license AGPL-3.0-only
@notice Call, put and greeks of European options on a forward, without discounting.
@dev SPEC "Pricing", with s = sigma sqrt(T):
       d1 = ln(F/K) / s + s / 2              d2 = d1 - s
       call = F N(d1) - K N(d2)              put = K N(-d2) - F N(-d1)
     One exponential serves everything: with E = e^(-d1^2 / 2) and the scaled tail
     R(z) = N(-z) e^(z^2 / 2) we have F N(-|d1|) = F E R(|d1|), and as F n(d1) = K n(d2),
     K N(-|d2|) = F E R(|d2|).
     [wad] is a number times 10^18, [Q64] one times 2^64. Everything handed in is below 2^128.
     Coefficients are made and checked by bench/derive_constants.py; twin: ballast/black_scholes.py.
"""

from . import fixed_point


struct Board:
    spot: uint256  # [wad]
    forward: uint256  # spot * e^g [wad]
    growth: uint256  # e^g [Q64]
    root_t: uint256  # sqrt of the tenor in years [Q64]


struct Greeks:
    call: uint256  # [USD wad per ETH]
    put: uint256  # [USD wad per ETH]
    delta_call: int256  # >= 0 [wad]
    delta_put: int256  # <= 0 [wad]
    gamma: uint256  # change of delta per USD of spot [wad]
    vega: uint256  # per 1.00 of vol [USD wad per ETH]


WAD: constant(uint256) = 10**18
Q64: constant(uint256) = 2**64
ONE: constant(int256) = 2**64  # [Q64]
YEAR: constant(uint256) = 31_536_000  # [s]

# A deviation below 2^-50 is worth less than 4e-16 of the forward; above it d1 cannot overflow.
MIN_DEVIATION: constant(uint256) = 2**14  # [Q64]
INV_SQRT_2_PI: constant(uint256) = 7_359_186_146_747_302_452  # [Q64] 1 / sqrt(2 pi)

# N(-z) = e^(-z^2 / 2) * t * P(t), t = 1 / (1 + p z), z in [0, 9.5]: off by 1.9e-17 at most.
TAIL_P: constant(int256) = 4_574_792_530_279_968_801  # [Q64] p = 0.248
TAIL_0: constant(int256) = 1_825_831_988_091_402_503
TAIL_1: constant(int256) = 1_809_831_304_095_397_094
TAIL_2: constant(int256) = 1_855_208_246_043_198_173
TAIL_3: constant(int256) = 675_640_955_666_981_653
TAIL_4: constant(int256) = 4_334_109_467_039_200_507
TAIL_5: constant(int256) = -8_038_172_287_167_580_857
TAIL_6: constant(int256) = 18_705_732_363_484_253_872
TAIL_7: constant(int256) = -27_914_972_238_907_120_414
TAIL_8: constant(int256) = 31_833_180_612_716_981_990
TAIL_9: constant(int256) = -26_211_351_467_114_014_441
TAIL_10: constant(int256) = 14_530_098_367_228_657_590
TAIL_11: constant(int256) = -5_142_147_555_970_761_574
TAIL_12: constant(int256) = 1_057_181_868_159_519_536
TAIL_13: constant(int256) = -96_799_586_511_340_161


@internal
@pure
def _board(spot: uint256, tenor: uint256, carry: int256) -> Board:
    """
    @notice What all options of one expiry share.
    @param spot Price of the underlying. [wad]
    @param tenor Time to expiry. [s]
    @param carry Exponent g of the growth up to expiry, either sign. [wad]
    """
    growth: uint256 = fixed_point._exp(carry * ONE // 10**18)
    return Board(
        spot=spot,
        forward=(spot * growth) >> 64,
        growth=growth,
        root_t=isqrt(tenor * Q64 * Q64 // YEAR),
    )


@internal
@pure
def _shifted(board: Board, factor: uint256) -> Board:
    """
    @notice The board after spot and forward are multiplied by a factor. [wad]
    """
    return Board(
        spot=board.spot * factor // WAD,
        forward=board.forward * factor // WAD,
        growth=board.growth,
        root_t=board.root_t,
    )


@internal
@pure
def _greeks(board: Board, strike: uint256, ln_forward_strike: int256, vol: uint256) -> Greeks:
    """
    @notice Prices and sensitivities of the call and the put at one strike, for their holder.
    @dev Never reverts while all arguments are below 2^128, |ln| < 2^8 and vol * sqrt(T) < 2^56.
         call - put = forward - strike to the wei. Errors: prices 4e-17 of max(F, K) and 3 wei,
         deltas 4e-17 + 2e-19 / (vol * sqrt(T)), given the forward.
    @param ln_forward_strike ln(forward / strike). [Q64]
    @param vol Volatility a year. [wad]
    """
    deviation: uint256 = unsafe_mul(vol, board.root_t) // WAD
    if deviation < MIN_DEVIATION:
        return self._intrinsic(board, strike, ln_forward_strike)
    # 2^14 <= sigma < 2^120 and |ln| < 2^72, so |d1|, |d2| < 2^123 and d1^2 < 2^246.
    sigma: int256 = convert(deviation, int256)
    d1: int256 = unsafe_add(unsafe_div(ln_forward_strike << 64, sigma), sigma >> 1)
    d2: int256 = unsafe_sub(d1, sigma)
    decay: uint256 = fixed_point._exp_neg(convert(unsafe_mul(d1, d1) >> 65, uint256))

    # decay, n1, n2 <= 1 and density < 1/2 [Q64], all else < 2^128: no product reaches 2^256.
    n1: uint256 = unsafe_mul(decay, self._tail(max(d1, unsafe_sub(0, d1)))) >> 64
    n2: uint256 = unsafe_mul(decay, self._tail(max(d2, unsafe_sub(0, d2)))) >> 64
    if d1 >= 0:
        n1 = unsafe_sub(Q64, n1)  # N(d1)
    bond: uint256 = unsafe_mul(board.forward, n2) >> 64
    if d2 < 0:
        bond = unsafe_sub(strike, bond)  # K N(-d2)
    # F N(d1) + K N(-d2) = call + K = put + F; the tails' error must not take it below K or F.
    total: uint256 = unsafe_add(unsafe_mul(board.forward, n1) >> 64, bond)
    total = max(total, max(board.forward, strike))
    delta_call: int256 = convert(unsafe_mul(unsafe_mul(board.growth, n1) >> 64, WAD) >> 64, int256)
    growth: int256 = convert(unsafe_mul(board.growth, WAD) >> 64, int256)
    density: uint256 = unsafe_mul(decay, INV_SQRT_2_PI) >> 64
    return Greeks(
        call=unsafe_sub(total, strike),
        put=unsafe_sub(total, board.forward),
        delta_call=delta_call,
        delta_put=unsafe_sub(delta_call, growth),
        # A spot of 0 divides by 0, which reads 0.
        gamma=unsafe_div(
            unsafe_mul(unsafe_mul(board.growth, density) >> 64, WAD * WAD),
            unsafe_mul(board.spot, deviation),
        ),
        vega=unsafe_mul(unsafe_mul(board.forward, density) >> 64, board.root_t) >> 64,
    )


@internal
@pure
def _intrinsic(board: Board, strike: uint256, ln_forward_strike: int256) -> Greeks:
    """
    @notice The limit of no deviation: intrinsic value on the forward; delta 0, 1/2 or 1 growth.
    """
    growth: int256 = convert(board.growth * WAD >> 64, int256)
    delta_call: int256 = growth // 2
    if ln_forward_strike != 0:
        delta_call = growth if ln_forward_strike > 0 else 0
    total: uint256 = max(board.forward, strike)
    return Greeks(
        call=total - strike,
        put=total - board.forward,
        delta_call=delta_call,
        delta_put=delta_call - growth,
        gamma=0,
        vega=0,
    )


@internal
@pure
def _tail(z: int256) -> uint256:
    """
    @notice Scaled tail of the normal distribution, R(z) = N(-z) e^(z^2 / 2), for z in [0, 2^123).
    @param z [Q64]
    @return [Q64]
    """
    # Two coefficients a line. p < 1/4, t <= 1, |r| < 2, all [Q64]: no sum reaches 2^192.
    t: int256 = unsafe_div(2**128, unsafe_add(ONE, unsafe_mul(TAIL_P, z) >> 64))
    tt: int256 = unsafe_mul(t, t) >> 64
    r: int256 = unsafe_add(unsafe_mul(TAIL_13, t) >> 64, TAIL_12)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_11, t)) >> 64, TAIL_10)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_9, t)) >> 64, TAIL_8)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_7, t)) >> 64, TAIL_6)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_5, t)) >> 64, TAIL_4)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_3, t)) >> 64, TAIL_2)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_1, t)) >> 64, TAIL_0)
    return convert(unsafe_mul(r, t) >> 64, uint256)
