# pragma version 0.4.3
"""
@title risk
@license AGPL-3.0-only
@notice What one option adds to the book: its value and greeks at spot, its value and delta at both shocks.
@dev Stateless. What all series of a pass share is in `Setting`, what those of a board share in `Board`. A `Unit` is one ETH of
     an option as its holder sees it; `_add` books it as sold, with the vault's sign.
"""

from ..interfaces import IOptionBook
from ..interfaces import IPricer
from . import black_scholes
from . import carry
from . import fixed_point
from . import payoff
from . import vol_surface
from . import wad

YEAR: constant(int256) = 31_536_000  # [s]


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
    theta: int256  # a year [USD wad]
    vol: uint256  # [wad]
    up_value: uint256  # [USD wad]
    up_delta: int256  # [wad]
    down_value: uint256  # [USD wad]
    down_delta: int256  # [wad]


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
def _vol(
    s: Setting, surface: IOptionBook.Surface, root_t: uint256, ln_forward_strike: int256
) -> uint256:
    return vol_surface._vol(
        -ln_forward_strike,
        root_t,
        surface.atm_vol,
        surface.skew,
        surface.smile,
        s.vol_min,
        s.vol_max,
    )


@internal
@pure
def _value(greeks: black_scholes.Greeks, is_put: bool) -> uint256:
    return greeks.put if is_put else greeks.call


@internal
@pure
def _delta(greeks: black_scholes.Greeks, is_put: bool) -> int256:
    return greeks.delta_put if is_put else greeks.delta_call


@internal
@pure
def _theta(greeks: black_scholes.Greeks, delta: int256, vol: uint256, s: Setting, board: Board) -> int256:
    """
    @dev −∂V/∂T = −(σ·vega/(2T) + dg/dT·Δ·S), since Δ·S = ±F·N(±d1). [USD wad a year]
    """
    decay: int256 = (
        convert(wad._mul_down(greeks.vega, vol), int256) * YEAR // convert(2 * board.tenor, int256)
    )
    exposure: int256 = wad._mul_signed(delta, convert(s.price, int256))
    return -decay - wad._mul_signed(exposure, board.rate)


@internal
@pure
def _unit(s: Setting, board: Board, strike: uint256, is_put: bool) -> Unit:
    """
    @dev From expiry on: intrinsic at the index, no greeks.
    """
    unit: Unit = empty(Unit)
    if board.tenor == 0:
        unit.value = payoff._intrinsic(s.price, strike, is_put)
        unit.up_value = unit.value
        unit.down_value = unit.value
        return unit
    ln_forward_strike: int256 = fixed_point._ln_ratio(board.flat.forward, strike)
    unit.vol = self._vol(s, board.surface, board.flat.root_t, ln_forward_strike)
    flat: black_scholes.Greeks = black_scholes._greeks(
        board.flat, strike, ln_forward_strike, unit.vol
    )
    unit.value = self._value(flat, is_put)
    unit.delta = self._delta(flat, is_put)
    unit.gamma = flat.gamma
    unit.vega = flat.vega
    unit.theta = self._theta(flat, unit.delta, unit.vol, s, board)
    vol: uint256 = unit.vol + s.vol_shock
    up: black_scholes.Greeks = black_scholes._greeks(
        board.up, strike, ln_forward_strike + s.ln_up, vol
    )
    unit.up_value = self._value(up, is_put)
    unit.up_delta = self._delta(up, is_put)
    down: black_scholes.Greeks = black_scholes._greeks(
        board.down, strike, ln_forward_strike + s.ln_down, vol
    )
    unit.down_value = self._value(down, is_put)
    unit.down_delta = self._delta(down, is_put)
    return unit


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
    vol: uint256 = self._vol(s, surface, board.root_t, ln_forward_strike)
    greeks: black_scholes.Greeks = black_scholes._greeks(board, strike, ln_forward_strike, vol)
    return self._value(greeks, is_put), greeks.vega, vol


@internal
@pure
def _add(risk: IOptionBook.Risk, unit: Unit, amount: uint256, spread: uint256) -> IOptionBook.Risk:
    """
    @dev `risk` after `amount` more of `unit` were sold: liabilities up, greeks with the vault's sign.
    """
    total: IOptionBook.Risk = risk
    n: int256 = convert(amount, int256)
    value: uint256 = wad._mul_down(amount, unit.value)
    total.mid += value
    total.ask += value + wad._mul_down(
        amount, wad._mul_down(wad._mul_down(unit.vega, unit.vol), spread)
    )
    total.bid = total.mid - min(total.mid, total.ask - total.mid)
    total.delta -= wad._mul_signed(n, unit.delta)
    total.gamma -= wad._mul_signed(n, convert(unit.gamma, int256))
    total.vega -= wad._mul_signed(n, convert(unit.vega, int256))
    total.theta -= wad._mul_signed(n, unit.theta)
    total.up_value += wad._mul_down(amount, unit.up_value)
    total.up_delta -= wad._mul_signed(n, unit.up_delta)
    total.down_value += wad._mul_down(amount, unit.down_value)
    total.down_delta -= wad._mul_signed(n, unit.down_delta)
    total.sold += amount
    return total
