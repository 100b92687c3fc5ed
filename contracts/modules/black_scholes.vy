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
     [wad] is a number times 10^18, [Q64] one times 2^64. All is int256, so that nothing has to be
     converted between two steps; prices, strikes and vols are not negative, and what is handed in
     is below 2^128.
     Coefficients are made and checked by bench/derive_constants.py; twin: ballast/black_scholes.py.
"""

from . import fixed_point


struct Board:
    spot: int256  # [wad]
    forward: int256  # spot * e^g [wad]
    growth: int256  # e^g [Q64]
    root_t: int256  # sqrt of the tenor in years [Q64]


struct Greeks:
    call: int256  # [USD wad per ETH]
    put: int256  # [USD wad per ETH]
    delta_call: int256  # >= 0 [wad]
    delta_put: int256  # <= 0 [wad]
    gamma: int256  # change of delta per USD of spot [wad]
    vega: int256  # per 1.00 of vol [USD wad per ETH]


struct Legs:
    asset: int256  # N(d1) [Q64]
    bond: int256  # K N(-d2) [USD wad per ETH]
    density: int256  # n(d1) [Q64]


WAD: constant(int256) = 10**18
ONE: constant(int256) = 2**64  # [Q64]
YEAR: constant(uint256) = 31_536_000  # [s]

# A deviation below 2^-50 is worth less than 4e-16 of the forward; above it d1 cannot overflow.
MIN_DEVIATION: constant(int256) = 2**14  # [Q64]
INV_SQRT_2_PI: constant(int256) = 7_359_186_146_747_302_452  # [Q64] 1 / sqrt(2 pi)

# N(-z) = e^(-z^2 / 2) * t * P(t), t = 1 / (1 + p z), z in [0, 9.5]: off by 1.9e-17 at most. The
# coefficients of P are times 2^63.
TAIL_P: constant(int256) = 4_574_792_530_279_968_801  # [Q64] p = 0.248
TAIL_0: constant(int256) = 912_915_994_045_701_251
TAIL_1: constant(int256) = 904_915_652_047_698_547
TAIL_2: constant(int256) = 927_604_123_021_599_086
TAIL_3: constant(int256) = 337_820_477_833_490_827
TAIL_4: constant(int256) = 2_167_054_733_519_600_254
TAIL_5: constant(int256) = -4_019_086_143_583_790_428
TAIL_6: constant(int256) = 9_352_866_181_742_126_936
TAIL_7: constant(int256) = -13_957_486_119_453_560_207
TAIL_8: constant(int256) = 15_916_590_306_358_490_995
TAIL_9: constant(int256) = -13_105_675_733_557_007_221
TAIL_10: constant(int256) = 7_265_049_183_614_328_795
TAIL_11: constant(int256) = -2_571_073_777_985_380_787
TAIL_12: constant(int256) = 528_590_934_079_759_768
TAIL_13: constant(int256) = -48_399_793_255_670_081


@internal
@pure
def _board(spot: uint256, tenor: uint256, carry: int256) -> Board:
    """
    @notice What all options of one expiry share.
    @param spot Price of the underlying. [wad]
    @param tenor Time to expiry. [s]
    @param carry Exponent g of the growth up to expiry, either sign. [wad]
    """
    growth: int256 = fixed_point._exp(carry * ONE // WAD)
    price: int256 = convert(spot, int256)
    return Board(
        spot=price,
        forward=(price * growth) >> 64,
        growth=growth,
        root_t=convert(isqrt((tenor << 128) // YEAR), int256),
    )


@internal
@pure
def _moved(board: Board, spot: int256) -> Board:
    """
    @notice The same board at another price of the underlying.
    @param spot [wad]
    """
    moved: Board = board
    moved.spot = spot
    moved.forward = (spot * board.growth) >> 64
    return moved


@internal
@pure
def _greeks(board: Board, strike: int256, ln_forward_strike: int256, vol: int256) -> Greeks:
    """
    @notice Prices and sensitivities of the call and the put at one strike, for their holder.
    @dev Never reverts while all arguments are below 2^128, |ln| < 2^8 and vol * sqrt(T) < 2^56.
         call - put = forward - strike to the wei. Errors: prices 4e-17 of max(F, K) and 3 wei,
         deltas 4e-17 + 2e-19 / (vol * sqrt(T)), given the forward.
    @param ln_forward_strike ln(forward / strike). [Q64]
    @param vol Volatility a year. [wad]
    """
    deviation: int256 = unsafe_div(unsafe_mul(vol, board.root_t), WAD)
    legs: Legs = self._legs(board.forward, strike, ln_forward_strike, deviation)
    # F N(d1) + K N(-d2) = call + K = put + F; the tails' error must not take it below K or F.
    total: int256 = unsafe_add(unsafe_mul(board.forward, legs.asset) >> 64, legs.bond)
    total = max(total, max(board.forward, strike))
    growth: int256 = unsafe_mul(board.growth, WAD) >> 64
    delta: int256 = unsafe_mul(growth, legs.asset) >> 64
    return Greeks(
        call=unsafe_sub(total, strike),
        put=unsafe_sub(total, board.forward),
        delta_call=delta,
        delta_put=unsafe_sub(delta, growth),
        # A spot of 0 divides by 0, which reads 0.
        gamma=unsafe_div(
            unsafe_mul(unsafe_mul(growth, legs.density), WAD),
            unsafe_mul(board.spot, deviation),
        ),
        vega=unsafe_mul(unsafe_mul(board.forward, legs.density) >> 64, board.root_t) >> 64,
    )


@internal
@pure
def _legs(forward: int256, strike: int256, ln_forward_strike: int256, deviation: int256) -> Legs:
    """
    @notice All that prices and greeks are made of. With no deviation N(d1) is 0, 1/2 or 1.
    @param ln_forward_strike ln(forward / strike). [Q64]
    @param deviation vol * sqrt(T). [Q64]
    """
    if deviation < MIN_DEVIATION:
        return self._limit(strike, ln_forward_strike)
    # 2^14 <= deviation < 2^120 and |ln| < 2^72, so |d1|, |d2| < 2^123 and d1^2 < 2^246.
    d1: int256 = unsafe_add(unsafe_div(ln_forward_strike << 64, deviation), deviation >> 1)
    d2: int256 = unsafe_sub(d1, deviation)
    decay: int256 = fixed_point._exp_neg(unsafe_mul(d1, d1) >> 65)
    # decay and both tails are at most 1 [Q64], all else < 2^128: no product reaches 2^255.
    asset: int256 = unsafe_mul(decay, self._tail(d1)) >> 64
    if d1 >= 0:
        asset = unsafe_sub(ONE, asset)
    bond: int256 = unsafe_mul(forward, unsafe_mul(decay, self._tail(d2)) >> 64) >> 64
    if d2 < 0:
        bond = unsafe_sub(strike, bond)
    return Legs(asset=asset, bond=bond, density=unsafe_mul(decay, INV_SQRT_2_PI) >> 64)


@internal
@pure
def _limit(strike: int256, ln_forward_strike: int256) -> Legs:
    """
    @notice Without deviation the option is worth its intrinsic value on the forward.
    """
    if ln_forward_strike > 0:
        return Legs(asset=ONE, bond=0, density=0)
    if ln_forward_strike < 0:
        return Legs(asset=0, bond=strike, density=0)
    return Legs(asset=ONE // 2, bond=strike // 2, density=0)


@internal
@pure
def _cdf(ln_forward_strike: int256, deviation: int256) -> int256:
    """
    @notice N(d1) alone, as `_legs` has it: all that a delta needs.
    @param ln_forward_strike ln(forward / strike). [Q64]
    @param deviation vol * sqrt(T). [Q64]
    @return [Q64]
    """
    if deviation < MIN_DEVIATION:
        return self._limit(0, ln_forward_strike).asset
    d1: int256 = unsafe_add(unsafe_div(ln_forward_strike << 64, deviation), deviation >> 1)
    decay: int256 = fixed_point._exp_neg(unsafe_mul(d1, d1) >> 65)
    tail: int256 = unsafe_mul(decay, self._tail(d1)) >> 64
    return tail if d1 < 0 else unsafe_sub(ONE, tail)


@internal
@pure
def _tail(d: int256) -> int256:
    """
    @notice Scaled tail of the normal distribution at z = |d|, R(z) = N(-z) e^(z^2 / 2), |d| < 2^123.
    @param d [Q64]
    @return [Q64]
    """
    z: int256 = d
    if d < 0:
        z = unsafe_sub(0, d)
    # t and r are times 2^63, t <= 1 and |r| < 2: three products stay below 2^253.
    t: int256 = unsafe_div(2**127, unsafe_add(ONE, unsafe_mul(TAIL_P, z) >> 64))
    # fmt: off
    r: int256 = (unsafe_add(TAIL_10, unsafe_mul(t,
                 unsafe_add(TAIL_11 << 126, unsafe_mul(t,
                 unsafe_add(TAIL_12 << 63, unsafe_mul(t, TAIL_13))))) >> 189))
    r = (unsafe_add(TAIL_7, unsafe_mul(t,
         unsafe_add(TAIL_8 << 126, unsafe_mul(t,
         unsafe_add(TAIL_9 << 63, unsafe_mul(t, r))))) >> 189))
    r = (unsafe_add(TAIL_4, unsafe_mul(t,
         unsafe_add(TAIL_5 << 126, unsafe_mul(t,
         unsafe_add(TAIL_6 << 63, unsafe_mul(t, r))))) >> 189))
    r = (unsafe_add(TAIL_1, unsafe_mul(t,
         unsafe_add(TAIL_2 << 126, unsafe_mul(t,
         unsafe_add(TAIL_3 << 63, unsafe_mul(t, r))))) >> 189))
    return (unsafe_mul(t,
            unsafe_add(TAIL_0 << 63, unsafe_mul(t, r))) >> 125)
    # fmt: on
