# pragma version 0.4.3
"""
@title Black-Scholes
@license AGPL-3.0-only
@notice Call, put and greeks of European options on a forward, without discounting.
@dev SPEC "Pricing": F = S e^g, d1 = ln(F/K) / (sigma sqrt(T)) + sigma sqrt(T) / 2, d2 = d1 - sigma sqrt(T).
     With E = e^(-d1^2 / 2) and the scaled tail R(z) = N(-z) e^(z^2 / 2) one exponential is enough:
     F n(d1) = K n(d2), so F N(-|d1|) = F E R(|d1|) and K N(-|d2|) = F E R(|d2|).
     [wad] is a number times 10^18, [Q64] one times 2^64. Prices are below 2^128 [wad].
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
SCALE: constant(int256) = 10**18  # WAD, signed
YEAR: constant(uint256) = 31_536_000  # [s]

# Below 2^-50 a deviation moves a price by less than 4e-16 of it, and d1 could overflow.
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
    growth: uint256 = fixed_point._exp(carry * ONE // SCALE)
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
    @dev Never reverts for prices below 2^128 [wad], |ln(F/K)| < 2^7 and vol * sqrt(T) < 2^7.
         call - put = forward - strike to the wei. Error of a price: 6e-17 of max(F, K).
    @param ln_forward_strike ln(forward / strike). [Q64]
    @param vol Volatility a year. [wad]
    """
    deviation: uint256 = vol * board.root_t // WAD
    if deviation < MIN_DEVIATION:
        return self._intrinsic(board, strike, ln_forward_strike)

    # |ln| < 2^71 and 2^14 <= sigma < 2^71, so |d1|, |d2| < 2^122 and d1^2 < 2^244.
    sigma: int256 = convert(deviation, int256)
    d1: int256 = unsafe_add(unsafe_div(ln_forward_strike << 64, sigma), sigma >> 1)
    d2: int256 = unsafe_sub(d1, sigma)
    decay: uint256 = fixed_point._exp_neg(convert(unsafe_mul(d1, d1) >> 65, uint256))

    # decay, n1, n2 <= 1 [Q64], forward < 2^128, growth < 2^191: no product reaches 2^255.
    factor: int256 = convert(decay, int256)
    n1: int256 = unsafe_mul(factor, self._tail(abs(d1))) >> 64  # N(-|d1|)
    n2: int256 = unsafe_mul(factor, self._tail(abs(d2))) >> 64  # K/F N(-|d2|)
    if d1 >= 0:
        n1 = unsafe_sub(ONE, n1)
    forward: int256 = convert(board.forward, int256)
    debt: int256 = unsafe_mul(forward, n2) >> 64  # K N(d2)
    if d2 >= 0:
        debt = unsafe_sub(convert(strike, int256), debt)

    # The error of the tails must not take a price below its floor: parity then gives the put.
    parity: int256 = unsafe_sub(forward, convert(strike, int256))
    call: int256 = max(unsafe_sub(unsafe_mul(forward, n1) >> 64, debt), max(parity, 0))
    growth: int256 = convert(board.growth, int256)
    delta_call: int256 = unsafe_mul(unsafe_mul(growth, n1) >> 64, SCALE) >> 64
    # density < 0.4 [Q64], spot < 2^128: numerator < 2^190 * WAD ...
    density: uint256 = unsafe_mul(decay, INV_SQRT_2_PI) >> 64
    return Greeks(
        call=convert(call, uint256),
        put=convert(unsafe_sub(call, parity), uint256),
        delta_call=delta_call,
        delta_put=unsafe_sub(delta_call, unsafe_mul(growth, SCALE) >> 64),
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
    @notice The limit of no deviation: intrinsic value on the forward, delta by moneyness, 1/2 at it.
    """
    growth: int256 = convert((board.growth * WAD) >> 64, int256)
    delta_call: int256 = growth // 2
    if ln_forward_strike != 0:
        delta_call = growth if ln_forward_strike > 0 else 0
    return Greeks(
        call=max(board.forward, strike) - strike,
        put=max(board.forward, strike) - board.forward,
        delta_call=delta_call,
        delta_put=delta_call - growth,
        gamma=0,
        vega=0,
    )


@internal
@pure
def _tail(z: int256) -> int256:
    """
    @notice Scaled tail of the normal distribution, R(z) = N(-z) e^(z^2 / 2), for z in [0, 2^122].
    @param z [Q64]
    @return [Q64]
    """
    # Two coefficients a line. p < 1/4, t <= 1, |r| < 2, all [Q64]: no sum reaches 2^188.
    t: int256 = unsafe_div(2**128, unsafe_add(ONE, unsafe_mul(TAIL_P, z) >> 64))
    tt: int256 = unsafe_mul(t, t) >> 64
    r: int256 = unsafe_add(unsafe_mul(TAIL_13, t) >> 64, TAIL_12)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_11, t)) >> 64, TAIL_10)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_9, t)) >> 64, TAIL_8)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_7, t)) >> 64, TAIL_6)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_5, t)) >> 64, TAIL_4)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_3, t)) >> 64, TAIL_2)
    r = unsafe_add(unsafe_add(unsafe_mul(r, tt), unsafe_mul(TAIL_1, t)) >> 64, TAIL_0)
    return unsafe_mul(r, t) >> 64
