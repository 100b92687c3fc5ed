"""Twin of contracts/modules/risk.vy and of Pricer.vy, bit for bit: a book's risk, and a sale.

`risk` and `sale` take what the contract takes: a scene, and the book as its storage words (see
`ballast.packing`). Prices and values are [USD wad], sizes and deltas [ETH wad], rates and vols
[wad], times [unix s], tenors [s], vega [USD wad per 1.00 of vol], theta [USD wad a year]. Fields
have the order of the contracts' structs.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ballast import black_scholes, carry, packing, payoff, quoting, vol_surface
from ballast.black_scholes import Greeks
from ballast.fixed_point import ln_ratio
from ballast.packing import Surface
from ballast.units import WAD, YEAR, ceil_div, clamp, trunc_div


class Carry(NamedTuple):
    """Where funding comes from and goes to."""

    rate: int  # long-run, a year [wad]
    reversion: int  # per year [wad]
    bound: int  # of |moving average| [wad]


class Stress(NamedTuple):
    """The shocks, and what the book may lose and weigh in them."""

    shock: int  # of spot [wad]
    vol_shock: int  # [wad]
    max_loss: int  # of low NAV [wad]
    hedge_cap: int  # [ETH wad]


class Quoting(NamedTuple):
    """What a quote adds to the mark."""

    spread: int  # of a vol [wad]
    impact: int  # at full vega cap [wad]
    vega_cap: int  # [USD wad per 1.00]
    fee: int  # of spot [wad]
    edge: int  # of spot [wad]


class Scene(NamedTuple):
    """All that prices depend on but the book."""

    now: int  # [unix s]
    price: int  # index [USD wad]
    rate_ema: int  # funding a year [wad]
    carry: Carry
    stress: Stress
    quoting: Quoting
    vol_min: int  # [wad]
    vol_max: int  # [wad]


class Order(NamedTuple):
    """What is bought, and the hedge as it stands."""

    id: int
    amount: int  # [ETH wad]
    board: int  # its word
    mark: int  # [USD wad]
    held: int  # hedge held and pending [ETH wad]
    venue_fee: int  # [wad]
    depth: int  # [ETH wad]
    scale: int  # [wad] per token unit


class Risk(NamedTuple):
    """IOptionBook.Risk; greeks are the vault's, liabilities positive."""

    price: int = 0
    at: int = 0
    valid: bool = False
    unsettled: bool = False
    mid: int = 0
    ask: int = 0
    bid: int = 0
    delta: int = 0
    gamma: int = 0
    vega: int = 0
    theta: int = 0
    shock: int = 0
    up_value: int = 0
    up_delta: int = 0
    down_value: int = 0
    down_delta: int = 0
    sold: int = 0
    vol: int = 0


class Quote(NamedTuple):
    """IOptionBook.Quote."""

    premium: int  # [asset]
    value: int
    vol_charge: int
    fee: int
    hedge_charge: int
    spot: int
    vol: int
    delta: int


class Sale(NamedTuple):
    """IPricer.Sale."""

    before: Risk
    after: Risk
    value: int
    delta: int
    quote: Quote


class Board(NamedTuple):
    """What the series of a board share; the three black-scholes boards are None from expiry on."""

    tenor: int
    surface: Surface
    rate: int = 0
    flat: black_scholes.Board | None = None
    up: black_scholes.Board | None = None
    down: black_scholes.Board | None = None


class Unit(NamedTuple):
    """One ETH of an option, as its holder sees it."""

    value: int
    delta: int = 0
    gamma: int = 0
    vega: int = 0
    vol: int = 0
    up_value: int = 0
    up_delta: int = 0
    down_value: int = 0
    down_delta: int = 0


class Sum(NamedTuple):
    """Σ amount · what a unit has of that name, over a board; a product has 36 decimals."""

    amount: int = 0  # [ETH wad], no product
    value: int = 0
    delta: int = 0
    gamma: int = 0
    vega: int = 0
    vol_vega: int = 0
    up_value: int = 0
    up_delta: int = 0
    down_value: int = 0
    down_delta: int = 0


def risk(scene: Scene, words: Iterable[int]) -> Risk:
    """Pricer.risk: a whole book in one pass; `at` and `valid` are left to the caller."""
    total = Risk(price=scene.price, shock=scene.stress.shock)
    on, held, left = Board(0, Surface(0, 0, 0)), Sum(), 0
    for word in words:
        if not left:
            left = packing.board_count(word)
            on, held = board(scene, tenor(scene, word), packing.board_surface(word)), Sum()
            total = total._replace(unsettled=total.unsettled or not on.tenor)
            continue
        one = unit(scene, on, packing.strike(word), packing.is_put(word))
        held = add(held, one, packing.sold(word))
        left -= 1
        if not left:
            total = close(total, held, scene, on)
    return total


def sale(scene: Scene, words: Iterable[int], order: Order) -> Sale:
    """Pricer.sale: a book before and after an order, and what the order costs."""
    on = board(scene, tenor(scene, order.board), packing.board_surface(order.board))
    one = unit(scene, on, packing.strike(order.id), packing.is_put(order.id))
    before = risk(scene, words)
    after = close(before, add(Sum(), one, order.amount), scene, on)
    return Sale(
        before,
        after,
        order.amount * one.value // WAD,
        one.delta,
        quote(scene, on, order, before, after),
    )


def quote(scene: Scene, on: Board, order: Order, before: Risk, after: Risk) -> Quote:
    """What an order costs, at the quote's spot."""
    rule = scene.quoting
    is_put = packing.is_put(order.id)
    spot = quoting.spot(scene.price, order.mark, rule.edge, is_put)
    price, vega, vol = at_spot(scene, spot, on.tenor, on.surface, packing.strike(order.id), is_put)
    use = ceil_div((abs(before.vega) + abs(after.vega)) * WAD, rule.vega_cap)
    value = ceil_div(order.amount * price, WAD)
    vol_charge = quoting.vol_charge(order.amount, vega, vol, rule.spread, rule.impact, use)
    fee = quoting.fee(order.amount, spot, price, rule.fee)
    hedge_charge = quoting.hedge_charge(
        before.delta + order.held,
        after.delta + order.held,
        scene.price,
        order.venue_fee,
        order.depth,
    )
    total = value + vol_charge + fee + hedge_charge
    return Quote(
        max(1, ceil_div(total, order.scale)),
        value,
        vol_charge,
        fee,
        hedge_charge,
        spot,
        vol,
        after.delta - before.delta,
    )


def tenor(scene: Scene, board_word: int) -> int:
    """Time to a board's expiry, 0 from then on."""
    return max(0, packing.board_expiry(board_word) - scene.now)


def board(scene: Scene, tenor: int, surface: Surface) -> Board:
    """What the series of a board share."""
    if not tenor:
        return Board(0, surface)
    shock = scene.stress.shock
    flat = _flat_board(scene, scene.price, tenor)
    return Board(
        tenor,
        surface,
        carry.rate_at(tenor, _rate_ema(scene), scene.carry.rate, scene.carry.reversion),
        flat,
        black_scholes.shifted(flat, WAD + shock),
        black_scholes.shifted(flat, WAD - shock),
    )


def unit(scene: Scene, on: Board, strike: int, is_put: bool) -> Unit:
    """One option at spot and at both shocks; from expiry on intrinsic, without greeks."""
    if on.flat is None or on.up is None or on.down is None:
        value = payoff.intrinsic(scene.price, strike, is_put)
        return Unit(value, up_value=value, down_value=value)
    shock = scene.stress.shock
    ln_forward_strike = ln_ratio(on.flat.forward, strike)
    vol = _vol(scene, on.surface, on.flat.root_t, ln_forward_strike)
    flat = black_scholes.greeks(on.flat, strike, ln_forward_strike, vol)
    shocked = vol + scene.stress.vol_shock
    up = black_scholes.greeks(
        on.up, strike, ln_forward_strike + ln_ratio(WAD + shock, WAD), shocked
    )
    down = black_scholes.greeks(
        on.down, strike, ln_forward_strike + ln_ratio(WAD - shock, WAD), shocked
    )
    return Unit(
        _value(flat, is_put),
        _delta(flat, is_put),
        flat.gamma,
        flat.vega,
        vol,
        _value(up, is_put),
        _delta(up, is_put),
        _value(down, is_put),
        _delta(down, is_put),
    )


def at_spot(
    scene: Scene, spot: int, tenor: int, surface: Surface, strike: int, is_put: bool
) -> tuple[int, int, int]:
    """Value, vega and vol of an option at a spot other than the index, before expiry."""
    on = _flat_board(scene, spot, tenor)
    ln_forward_strike = ln_ratio(on.forward, strike)
    vol = _vol(scene, surface, on.root_t, ln_forward_strike)
    greeks = black_scholes.greeks(on, strike, ln_forward_strike, vol)
    return _value(greeks, is_put), greeks.vega, vol


def add(held: Sum, one: Unit, amount: int) -> Sum:
    """A board's sum with an amount more of an option."""
    return Sum(
        held.amount + amount,
        held.value + amount * one.value,
        held.delta + amount * one.delta,
        held.gamma + amount * one.gamma,
        held.vega + amount * one.vega,
        held.vol_vega + amount * (one.vol * one.vega // WAD),
        held.up_value + amount * one.up_value,
        held.up_delta + amount * one.up_delta,
        held.down_value + amount * one.down_value,
        held.down_delta + amount * one.down_delta,
    )


def close(total: Risk, held: Sum, scene: Scene, on: Board) -> Risk:
    """`total` with a board added: liabilities up, greeks with the vault's sign."""
    mid = total.mid + held.value // WAD
    vol_vega = held.vol_vega // WAD
    margin = total.ask - total.mid + vol_vega * scene.quoting.spread // WAD
    delta = trunc_div(held.delta, WAD)
    counts = held.amount and on.tenor
    return total._replace(
        mid=mid,
        ask=mid + margin,
        bid=max(0, mid - margin),
        delta=total.delta - delta,
        gamma=total.gamma - held.gamma // WAD,
        vega=total.vega - held.vega // WAD,
        theta=total.theta + _decay(vol_vega, delta, scene, on),
        up_value=total.up_value + held.up_value // WAD,
        up_delta=total.up_delta - trunc_div(held.up_delta, WAD),
        down_value=total.down_value + held.down_value // WAD,
        down_delta=total.down_delta - trunc_div(held.down_delta, WAD),
        sold=total.sold + held.amount,
        vol=max(total.vol, on.surface.atm_vol) if counts else total.vol,
    )


def _flat_board(scene: Scene, spot: int, tenor: int) -> black_scholes.Board:
    g = carry.growth_exponent(tenor, _rate_ema(scene), scene.carry.rate, scene.carry.reversion)
    return black_scholes.board(spot, tenor, g)


def _rate_ema(scene: Scene) -> int:
    return clamp(scene.rate_ema, -scene.carry.bound, scene.carry.bound)


def _vol(scene: Scene, surface: Surface, root_t: int, ln_forward_strike: int) -> int:
    return vol_surface.vol(-ln_forward_strike, root_t, *surface, scene.vol_min, scene.vol_max)


def _decay(vol_vega: int, delta: int, scene: Scene, on: Board) -> int:
    """∂V/∂T = σ·vega/(2T) + dg/dT·Δ·S of what holders have, since Δ·S = ±F·N(±d1)."""
    if not on.tenor:
        return 0
    exposure = trunc_div(delta * scene.price, WAD)
    return vol_vega * YEAR // (2 * on.tenor) + trunc_div(exposure * on.rate, WAD)


def _value(greeks: Greeks, is_put: bool) -> int:
    return greeks.put if is_put else greeks.call


def _delta(greeks: Greeks, is_put: bool) -> int:
    return greeks.delta_put if is_put else greeks.delta_call
