# pragma version 0.4.3
"""
@title risk
@license AGPL-3.0-only
@notice The risk of a book in one pass: value and greeks at spot, value and delta at both shocks.
@dev Stateless. What all strikes of a pass share is in `Setting`, what those of a board share in
     `Board`. The call and the put of a strike are one evaluation, because both are linear in the
     same two numbers,
       call = F N(d1) + K N(-d2) - K        put = F N(d1) + K N(-d2) - F
     so that a board adds up to a few sums, and everything that its strikes share is multiplied once
     a board, in `_close`. That also turns the sign: what holders have, the vault has sold.
     A pass has three depths; the gas of each is in docs/PRICING.md.
"""

from ..interfaces import IOptionBook
from ..interfaces import IPricer
from . import black_scholes
from . import carry
from . import fixed_point
from . import packing
from . import vol_surface
from . import wad

WAD: constant(int256) = 10**18
MAX_BOARDS: constant(uint256) = 8
MAX_STRIKES: constant(uint256) = 16
MAX_WORDS: constant(uint256) = MAX_BOARDS * (1 + MAX_STRIKES)
DELTA: constant(uint256) = 0  # depth: only the delta of the result is meant
GREEKS: constant(uint256) = 1  # depth: no shocks, their fields stay 0
STRESS: constant(uint256) = 2  # depth: everything


struct Setting:
    depth: uint256
    now: uint256  # [unix s]
    price: uint256  # index [USD wad]
    rate_ema: int256  # funding a year, clamped [wad]
    carry: IPricer.Carry
    spread: uint256  # of a vol [wad]
    shock: int256  # [wad]
    vol_shock: int256  # [wad]
    ln_up: int256  # ln(1 + shock) [Q64]
    ln_down: int256  # ln(1 − shock) [Q64]
    vol_min: uint256  # [wad]
    vol_max: uint256  # [wad]


struct Board:
    tenor: uint256  # to expiry, 0 from then on [s]
    rate: int256  # dg/dT, funding a year at the horizon [wad]
    flat: black_scholes.Board
    up: int256  # forward at spot·(1 + shock) [wad]
    down: int256  # forward at spot·(1 − shock) [wad]
    curve: vol_surface.Curve


# Sums over the strikes of a board. n is what is sold of a strike, calls and puts together [ETH
# wad], dev = σ√T; a product of two wads has 36 decimals, n times a Q64 number is [wad·Q64].
struct Sum:
    amount: int256  # Σ n [ETH wad]
    calls: int256  # [ETH wad]
    strikes: int256  # Σ calls·K [36 decimals]
    asset: int256  # Σ n·N(d1) [wad·Q64]
    bond: int256  # Σ n·K·N(−d2) [36 decimals]
    density: int256  # Σ n·φ(d1) [wad·Q64]
    steepness: int256  # Σ n·φ(d1)/dev [wad·Q64]
    vol_density: int256  # Σ n·φ(d1)·σ [wad·Q64]
    up_asset: int256
    up_bond: int256
    down_asset: int256
    down_bond: int256


@internal
@pure
def _setting(
    scene: IPricer.Scene,
    depth: uint256,
    carry_: IPricer.Carry,
    spread: uint256,
    shock: uint256,
    vol_shock: uint256,
    vol_min: uint256,
    vol_max: uint256,
) -> Setting:
    """
    @dev A venue that is silent, or pushed past the bound, does not move the carry further. Without
         the shocks nothing that belongs to them is known.
    """
    bound: int256 = convert(carry_.bound, int256)
    rate_ema: int256 = scene.rate_ema if scene.rate_known else carry_.rate
    move: int256 = convert(shock, int256)
    has_shocks: bool = depth == STRESS
    return Setting(
        depth=depth,
        now=scene.now,
        price=scene.price,
        rate_ema=min(max(rate_ema, -bound), bound),
        carry=carry_,
        spread=spread,
        shock=move,
        vol_shock=convert(vol_shock, int256),
        ln_up=fixed_point._ln_ratio(WAD + move, WAD) if has_shocks else 0,
        ln_down=fixed_point._ln_ratio(WAD - move, WAD) if has_shocks else 0,
        vol_min=vol_min,
        vol_max=vol_max,
    )


@internal
@pure
def _book(s: Setting, words: DynArray[uint256, MAX_WORDS]) -> IOptionBook.Risk:
    """
    @dev Words as the book stores them: each board's, followed by those of its live strikes.
    """
    total: IOptionBook.Risk = empty(IOptionBook.Risk)
    total.price = s.price
    if s.depth == STRESS:
        total.shock = convert(s.shock, uint256)
    i: uint256 = 0
    for _: uint256 in range(MAX_BOARDS):
        if i == len(words):
            break
        board: Board = self._board(s, words[i])
        sum: Sum = self._sum(s, board, words, i + 1, packing._board_count(words[i]))
        if s.depth > DELTA:
            total = self._close(total, sum, s, board)
        elif board.tenor > 0:
            total.delta -= self._delta(sum.amount - sum.calls, board.flat.growth, sum.asset)
        i += 1 + packing._board_count(words[i])
    return total


@internal
@pure
def _board(s: Setting, word: uint256) -> Board:
    """
    @dev From expiry on the tenor is 0, and with it carry and deviation: options are worth their
         intrinsic value at the index.
    """
    expiry: uint256 = packing._board_expiry(word)
    tenor: uint256 = expiry - min(expiry, s.now)
    g: int256 = 0
    rate: int256 = 0
    g, rate = carry._growth(tenor, s.rate_ema, s.carry.rate, s.carry.reversion)
    flat: black_scholes.Board = black_scholes._board(s.price, tenor, g)
    surface: IOptionBook.Surface = packing._board_surface(word)
    return Board(
        tenor=tenor,
        rate=rate,
        flat=flat,
        up=flat.forward * (WAD + s.shock) // WAD,
        down=flat.forward * (WAD - s.shock) // WAD,
        curve=vol_surface._curve(
            surface.atm_vol, surface.skew, surface.smile, s.vol_min, s.vol_max, flat.root_t
        ),
    )


@internal
@pure
def _sum(
    s: Setting, board: Board, words: DynArray[uint256, MAX_WORDS], first: uint256, count: uint256
) -> Sum:
    """
    @dev Amounts are below 2^80, strikes and forwards below 2^98, N and φ at most 2^64, φ/dev below
         2^113, a board has 16 strikes: no sum reaches 2^215.
    """
    sum: Sum = empty(Sum)
    for i: uint256 in range(first, first + count, bound=MAX_STRIKES):
        word: uint256 = words[i]
        strike: int256 = convert(packing._strike(word), int256)
        calls: int256 = convert(packing._calls(word), int256)
        n: int256 = unsafe_add(calls, convert(packing._puts(word), int256))
        sum.amount = unsafe_add(sum.amount, n)
        sum.calls = unsafe_add(sum.calls, calls)
        sum.strikes = unsafe_add(sum.strikes, unsafe_mul(calls, strike))

        ln_forward_strike: int256 = fixed_point._ln_ratio(board.flat.forward, strike)
        vol: int256 = vol_surface._vol(board.curve, unsafe_sub(0, ln_forward_strike))
        dev: int256 = unsafe_div(unsafe_mul(vol, board.flat.root_t), WAD)
        if s.depth == DELTA:
            asset: int256 = black_scholes._cdf(ln_forward_strike, dev)
            sum.asset = unsafe_add(sum.asset, unsafe_mul(n, asset))
            continue

        legs: black_scholes.Legs = black_scholes._legs(
            board.flat.forward, strike, ln_forward_strike, dev
        )
        weight: int256 = unsafe_mul(n, legs.density)
        sum.asset = unsafe_add(sum.asset, unsafe_mul(n, legs.asset))
        sum.bond = unsafe_add(sum.bond, unsafe_mul(n, legs.bond))
        sum.density = unsafe_add(sum.density, weight)
        sum.steepness = unsafe_add(sum.steepness, unsafe_div(weight << 64, dev))
        sum.vol_density = unsafe_add(sum.vol_density, unsafe_div(unsafe_mul(weight, vol), WAD))
        if s.depth == GREEKS:
            continue

        dev = unsafe_div(unsafe_mul(unsafe_add(vol, s.vol_shock), board.flat.root_t), WAD)
        legs = black_scholes._legs(board.up, strike, unsafe_add(ln_forward_strike, s.ln_up), dev)
        sum.up_asset = unsafe_add(sum.up_asset, unsafe_mul(n, legs.asset))
        sum.up_bond = unsafe_add(sum.up_bond, unsafe_mul(n, legs.bond))
        legs = black_scholes._legs(
            board.down, strike, unsafe_add(ln_forward_strike, s.ln_down), dev
        )
        sum.down_asset = unsafe_add(sum.down_asset, unsafe_mul(n, legs.asset))
        sum.down_bond = unsafe_add(sum.down_bond, unsafe_mul(n, legs.bond))
    return sum


@internal
@pure
def _close(risk: IOptionBook.Risk, sum: Sum, s: Setting, board: Board) -> IOptionBook.Risk:
    """
    @dev `risk` with a board added: liabilities up, greeks with the vault's sign. An expired board
         has a value only.
    """
    total: IOptionBook.Risk = risk
    flat: black_scholes.Board = board.flat
    puts: int256 = sum.amount - sum.calls
    value: uint256 = self._value(puts, sum.strikes, flat.forward, sum.asset, sum.bond)
    total.mid += value
    total.sold += convert(sum.amount, uint256)
    if board.tenor == 0:
        total.unsettled = True
        total.ask += value
        total.bid += value
        if s.depth == STRESS:
            total.up_value += value
            total.down_value += value
        return total
    delta: int256 = self._delta(puts, flat.growth, sum.asset)
    vega: int256 = self._vega(flat, sum.density)
    vol_vega: uint256 = convert(self._vega(flat, sum.vol_density), uint256)
    total.ask += value + wad._mul_down(vol_vega, s.spread)
    total.bid = total.mid - min(total.mid, total.ask - total.mid)
    total.delta -= delta
    total.gamma -= ((sum.steepness >> 64) * flat.growth >> 64) * WAD // flat.spot
    total.vega -= vega
    total.theta += self._decay(vol_vega, delta, s, board)
    total.vol = max(total.vol, convert(board.curve.atm_vol, uint256))
    if s.depth == STRESS:
        total.up_value += self._value(puts, sum.strikes, board.up, sum.up_asset, sum.up_bond)
        total.up_delta -= self._delta(puts, flat.growth, sum.up_asset)
        total.down_value += self._value(
            puts, sum.strikes, board.down, sum.down_asset, sum.down_bond
        )
        total.down_delta -= self._delta(puts, flat.growth, sum.down_asset)
    return total


@internal
@pure
def _value(puts: int256, strikes: int256, forward: int256, asset: int256, bond: int256) -> uint256:
    """
    @dev Σ calls·(F·N(d1) + K·N(−d2) − K) + puts·(F·N(d1) + K·N(−d2) − F) [USD wad]. A forward is
         below 2^99, `asset` below 2^149, see `_sum`: the product stays below 2^248, all else is
         smaller.
    """
    held: int256 = unsafe_add(unsafe_mul(forward, asset) >> 64, bond)
    owed: int256 = unsafe_add(strikes, unsafe_mul(forward, puts))
    value: int256 = unsafe_sub(held, owed)
    return convert(max(value, 0), uint256) // wad.WAD


@internal
@pure
def _delta(puts: int256, growth: int256, asset: int256) -> int256:
    """
    @dev Σ calls·e^g·N(d1) − puts·e^g·N(−d1), of what holders have [ETH wad]. Below 2^149 both, and
         e^g below 2^128.
    """
    return (growth * unsafe_sub(asset, puts << 64)) >> 128


@internal
@pure
def _vega(board: black_scholes.Board, density: int256) -> int256:
    """
    @dev F·√T·Σ n·φ(d1). [USD wad per 1.00]
    """
    return ((board.forward * density >> 64) * board.root_t >> 64) // WAD


@internal
@pure
def _decay(vol_vega: uint256, delta: int256, s: Setting, board: Board) -> int256:
    """
    @dev ∂V/∂T = σ·vega/(2T) + dg/dT·Δ·S of what holders have, since Δ·S = ±F·N(±d1): what the
         seller gains as time passes. [USD wad a year]
    """
    time_value: int256 = convert(vol_vega * wad.YEAR // (2 * board.tenor), int256)
    exposure: int256 = wad._mul_signed(delta, convert(s.price, int256))
    return time_value + wad._mul_signed(exposure, board.rate)


@internal
@pure
def _at_spot(
    s: Setting, board: Board, spot: uint256, strike: uint256, is_put: bool
) -> (uint256, uint256, uint256):
    """
    @dev Value, vega and vol of an option at a spot other than the index, before expiry. The vol stays
         that of the index: were it to move along the skew, the worse spot could be the better price.
    """
    flat: black_scholes.Board = black_scholes._moved(board.flat, convert(spot, int256))
    strike_: int256 = convert(strike, int256)
    ln_forward_strike: int256 = fixed_point._ln_ratio(flat.forward, strike_)
    ln_index_spot: int256 = fixed_point._ln_ratio(convert(s.price, int256), convert(spot, int256))
    vol: int256 = vol_surface._vol(board.curve, -(ln_forward_strike + ln_index_spot))
    greeks: black_scholes.Greeks = black_scholes._greeks(flat, strike_, ln_forward_strike, vol)
    value: int256 = greeks.put if is_put else greeks.call
    return convert(value, uint256), convert(greeks.vega, uint256), convert(vol, uint256)
