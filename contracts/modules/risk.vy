# pragma version 0.4.3
"""
@title risk
@license AGPL-3.0-only
@notice The risk of a book in one pass: value and greeks at spot, value and delta at both shocks.
@dev Stateless. What all series of a pass share is in `Setting`, what those of a board share in
     `Board`. A `Unit` is one ETH of an option as its holder has it. `Sum` adds up a board in
     products that are divided once, in `_close`, which also turns the sign: what holders have, the
     vault has sold.
"""

from ..interfaces import IOptionBook
from ..interfaces import IPricer
from . import black_scholes
from . import carry
from . import fixed_point
from . import payoff
from . import vol_surface
from . import wad

ONE: constant(int256) = 10**18


struct Setting:
    price: uint256  # index [USD wad]
    rate_ema: int256  # funding a year, clamped [wad]
    carry: IOptionBook.Carry
    spread: uint256  # of a vol [wad]
    shock: uint256  # [wad]
    vol_shock: uint256  # [wad]
    ln_up: int256  # ln(1 + shock) [Q64]
    ln_down: int256  # ln(1 − shock) [Q64]
    vol_min: uint256  # [wad]
    vol_max: uint256  # [wad]


struct Board:
    tenor: uint256  # to expiry, 0 from then on [s]
    surface: IOptionBook.Surface
    rate: int256  # dg/dT, funding a year at the horizon [wad]
    flat: black_scholes.Board
    up: black_scholes.Board
    down: black_scholes.Board


struct Unit:
    value: uint256  # [USD wad]
    delta: int256  # [wad]
    gamma: uint256  # [wad]
    vega: uint256  # [USD wad]
    vol: uint256  # [wad]
    up_value: uint256  # [USD wad]
    up_delta: int256  # [wad]
    down_value: uint256  # [USD wad]
    down_delta: int256  # [wad]


# Σ amount · what the field of that name is of a unit, both wad: a product has 36 decimals.
struct Sum:
    amount: uint256  # [ETH wad], no product
    value: uint256
    delta: int256
    gamma: uint256
    vega: uint256
    vol_vega: uint256  # of vol · vega
    up_value: uint256
    up_delta: int256
    down_value: uint256
    down_delta: int256


@internal
@pure
def _setting(scene: IPricer.Scene) -> Setting:
    bound: int256 = convert(scene.carry.bound, int256)
    return Setting(
        price=scene.price,
        rate_ema=min(max(scene.rate_ema, -bound), bound),
        carry=scene.carry,
        spread=scene.quoting.spread,
        shock=scene.stress.shock,
        vol_shock=scene.stress.vol_shock,
        ln_up=fixed_point._ln_ratio(wad.WAD + scene.stress.shock, wad.WAD),
        ln_down=fixed_point._ln_ratio(wad.WAD - scene.stress.shock, wad.WAD),
        vol_min=scene.vol_min,
        vol_max=scene.vol_max,
    )


@internal
@pure
def _flat_board(s: Setting, spot: uint256, tenor: uint256) -> black_scholes.Board:
    """
    @dev Forward of `spot` with the mean-reverting funding rate as carry.
    """
    g: int256 = carry._growth_exponent(tenor, s.rate_ema, s.carry.rate, s.carry.reversion)
    return black_scholes._board(spot, tenor, g)


@internal
@pure
def _board(s: Setting, tenor: uint256, surface: IOptionBook.Surface) -> Board:
    if tenor == 0:
        return Board(
            tenor=0,
            surface=surface,
            rate=0,
            flat=empty(black_scholes.Board),
            up=empty(black_scholes.Board),
            down=empty(black_scholes.Board),
        )
    flat: black_scholes.Board = self._flat_board(s, s.price, tenor)
    return Board(
        tenor=tenor,
        surface=surface,
        rate=carry._rate_at(tenor, s.rate_ema, s.carry.rate, s.carry.reversion),
        flat=flat,
        up=black_scholes._shifted(flat, wad.WAD + s.shock),
        down=black_scholes._shifted(flat, wad.WAD - s.shock),
    )


@internal
@pure
def _unit(s: Setting, board: Board, strike: uint256, is_put: bool) -> Unit:
    """
    @dev From expiry on: intrinsic at the index, no greeks.
    """
    if board.tenor == 0:
        value: uint256 = payoff._intrinsic(s.price, strike, is_put)
        unit: Unit = empty(Unit)
        unit.value = value
        unit.up_value = value
        unit.down_value = value
        return unit
    ln_forward_strike: int256 = fixed_point._ln_ratio(board.flat.forward, strike)
    vol: uint256 = vol_surface._vol(
        -ln_forward_strike,
        board.flat.root_t,
        board.surface.atm_vol,
        board.surface.skew,
        board.surface.smile,
        s.vol_min,
        s.vol_max,
    )
    flat: black_scholes.Greeks = black_scholes._greeks(board.flat, strike, ln_forward_strike, vol)
    shocked: uint256 = vol + s.vol_shock
    up: black_scholes.Greeks = black_scholes._greeks(
        board.up, strike, ln_forward_strike + s.ln_up, shocked
    )
    down: black_scholes.Greeks = black_scholes._greeks(
        board.down, strike, ln_forward_strike + s.ln_down, shocked
    )
    return Unit(
        value=flat.put if is_put else flat.call,
        delta=flat.delta_put if is_put else flat.delta_call,
        gamma=flat.gamma,
        vega=flat.vega,
        vol=vol,
        up_value=up.put if is_put else up.call,
        up_delta=up.delta_put if is_put else up.delta_call,
        down_value=down.put if is_put else down.call,
        down_delta=down.delta_put if is_put else down.delta_call,
    )


@internal
@pure
def _add(sum: Sum, unit: Unit, amount: uint256) -> Sum:
    """
    @dev No product overflows: an amount fits in 2^120, no value, delta, gamma or vega of an ETH
         reaches 2^128, and a board has 32 series.
    """
    n: int256 = convert(amount, int256)
    vol_vega: uint256 = unsafe_div(unsafe_mul(unit.vol, unit.vega), wad.WAD)
    return Sum(
        amount=unsafe_add(sum.amount, amount),
        value=unsafe_add(sum.value, unsafe_mul(amount, unit.value)),
        delta=unsafe_add(sum.delta, unsafe_mul(n, unit.delta)),
        gamma=unsafe_add(sum.gamma, unsafe_mul(amount, unit.gamma)),
        vega=unsafe_add(sum.vega, unsafe_mul(amount, unit.vega)),
        vol_vega=unsafe_add(sum.vol_vega, unsafe_mul(amount, vol_vega)),
        up_value=unsafe_add(sum.up_value, unsafe_mul(amount, unit.up_value)),
        up_delta=unsafe_add(sum.up_delta, unsafe_mul(n, unit.up_delta)),
        down_value=unsafe_add(sum.down_value, unsafe_mul(amount, unit.down_value)),
        down_delta=unsafe_add(sum.down_delta, unsafe_mul(n, unit.down_delta)),
    )


@internal
@pure
def _close(risk: IOptionBook.Risk, sum: Sum, s: Setting, board: Board) -> IOptionBook.Risk:
    """
    @dev `risk` with a board added: liabilities up, greeks with the vault's sign.
    """
    total: IOptionBook.Risk = risk
    mid: uint256 = sum.value // wad.WAD
    vol_vega: uint256 = sum.vol_vega // wad.WAD
    delta: int256 = sum.delta // ONE
    total.mid += mid
    total.ask += mid + wad._mul_down(vol_vega, s.spread)
    total.bid = total.mid - min(total.mid, total.ask - total.mid)
    total.delta -= delta
    total.gamma -= convert(sum.gamma // wad.WAD, int256)
    total.vega -= convert(sum.vega // wad.WAD, int256)
    total.theta += self._decay(vol_vega, delta, s, board)
    total.up_value += sum.up_value // wad.WAD
    total.up_delta -= sum.up_delta // ONE
    total.down_value += sum.down_value // wad.WAD
    total.down_delta -= sum.down_delta // ONE
    total.sold += sum.amount
    if sum.amount > 0 and board.tenor > 0:
        total.vol = max(total.vol, board.surface.atm_vol)
    return total


@internal
@pure
def _decay(vol_vega: uint256, delta: int256, s: Setting, board: Board) -> int256:
    """
    @dev ∂V/∂T = σ·vega/(2T) + dg/dT·Δ·S of what holders have, since Δ·S = ±F·N(±d1): what the
         seller gains as time passes. [USD wad a year]
    """
    if board.tenor == 0:
        return 0
    time_value: int256 = convert(vol_vega * wad.YEAR // (2 * board.tenor), int256)
    exposure: int256 = wad._mul_signed(delta, convert(s.price, int256))
    return time_value + wad._mul_signed(exposure, board.rate)


@internal
@pure
def _at_spot(
    s: Setting,
    spot: uint256,
    tenor: uint256,
    surface: IOptionBook.Surface,
    strike: uint256,
    is_put: bool,
) -> (uint256, uint256, uint256):
    """
    @dev Value, vega and vol of an option at a spot other than the index, before expiry.
    """
    board: black_scholes.Board = self._flat_board(s, spot, tenor)
    ln_forward_strike: int256 = fixed_point._ln_ratio(board.forward, strike)
    vol: uint256 = vol_surface._vol(
        -ln_forward_strike,
        board.root_t,
        surface.atm_vol,
        surface.skew,
        surface.smile,
        s.vol_min,
        s.vol_max,
    )
    greeks: black_scholes.Greeks = black_scholes._greeks(board, strike, ln_forward_strike, vol)
    return greeks.put if is_put else greeks.call, greeks.vega, vol
