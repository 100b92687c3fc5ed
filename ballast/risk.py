"""Twin of contracts/modules/risk.vy and of Pricer.vy, bit for bit: a book's risk, and a sale.

`risk` and `sale` take what the contract takes, a scene and the book as its storage words (see
`ballast.packing`), but for two things: a scene here holds the parameters too, which the contract
has stored, and `sale` refuses nothing. Prices and values are [USD wad], sizes and deltas [ETH wad],
rates and vols [wad], times [unix s], tenors [s], vega [USD wad per 1.00 of vol], theta [USD wad a
year]. Fields have the order of the contracts' structs.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ballast import black_scholes, carry, packing, quoting, vol_surface
from ballast.fixed_point import ln_ratio
from ballast.units import WAD, YEAR, ceil_div, clamp, trunc_div
from ballast.vol_surface import Curve


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
    """What is bought or sold back, and the hedge as it stands."""

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
    moved: bool = False


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
    """IPricer.Sale, of a sale or of a buy-back."""

    before: Risk
    after: Risk
    value: int
    delta: int
    quote: Quote


class Board(NamedTuple):
    """What the strikes of a board share."""

    tenor: int  # to expiry, 0 from then on [s]
    rate: int  # dg/dT [wad]
    flat: black_scholes.Board
    up: int  # forward at spot·(1 + shock) [wad]
    down: int  # forward at spot·(1 − shock) [wad]
    curve: Curve


class Sum(NamedTuple):
    """Sums over the strikes of a board, as in the module."""

    amount: int = 0  # Σ n [ETH wad]
    calls: int = 0  # [ETH wad]
    strikes: int = 0  # Σ calls·K [36 decimals]
    asset: int = 0  # Σ n·N(d1) [wad·Q64]
    bond: int = 0  # Σ n·K·N(−d2) [36 decimals]
    density: int = 0  # Σ n·φ(d1) [wad·Q64]
    steepness: int = 0  # Σ n·φ(d1)/dev [wad·Q64]
    vol_density: int = 0  # Σ n·φ(d1)·σ [wad·Q64]
    up_asset: int = 0
    up_bond: int = 0
    down_asset: int = 0
    down_bond: int = 0


def risk(scene: Scene, words: Sequence[int]) -> Risk:
    """Pricer.risk: a whole book in one pass; `at` and `valid` are left to the caller."""
    total = Risk(price=scene.price, shock=scene.stress.shock)
    for board_word, strikes in _boards(words):
        on = board(scene, board_word)
        total = close(total, board_sum(scene, on, strikes), scene, on)
    return total


def greeks(scene: Scene, words: Sequence[int]) -> Risk:
    """Pricer.greeks: the risk without the shocks."""
    return risk(scene, words)._replace(shock=0, up_value=0, up_delta=0, down_value=0, down_delta=0)


def delta(scene: Scene, words: Sequence[int]) -> int:
    """Pricer.delta: the delta of the risk alone."""
    return risk(scene, words).delta


def sale(scene: Scene, words: Sequence[int], order: Order) -> Sale:
    """Pricer.sale: a book before and after an order, and what the order costs."""
    before = risk(scene, words)
    after = with_order(scene, before, order)
    quoted = quote(scene, order, before, after, True)
    each = trunc_div(-quoted.delta * WAD, order.amount)
    return Sale(before, after, after.mid - before.mid, each, quoted)


def buy_back(scene: Scene, words: Sequence[int], order: Order) -> Sale:
    """Pricer.buy_back: a book before and after options come back, and what is paid for them."""
    after = risk(scene, without_order(words, order))
    before = with_order(scene, after, order)
    quoted = quote(scene, order, before, after, False)
    each = trunc_div(quoted.delta * WAD, order.amount)
    return Sale(before, after, before.mid - after.mid, each, quoted)


def with_order(scene: Scene, book: Risk, order: Order) -> Risk:
    """The risk of a book with the order's amount in it."""
    on = board(scene, order.board)
    sold = packing.with_sold(
        packing.live(packing.id_strike(order.id)), packing.is_put(order.id), order.amount
    )
    return close(book, board_sum(scene, on, [sold]), scene, on)


def without_order(words: Sequence[int], order: Order) -> list[int]:
    """The words of a book with the order's amount taken off its strike. ValueError when that is
    not sold."""
    is_put = packing.is_put(order.id)
    less: list[int] = []
    found = False
    for board_word, strikes in _boards(words):
        here = packing.board_expiry(board_word) == packing.expiry(order.id)
        less.append(board_word)
        for word in strikes:
            if here and packing.strike(word) == packing.id_strike(order.id):
                left = packing.sold(word, is_put) - order.amount
                found = left >= 0
                word = packing.with_sold(word, is_put, max(left, 0))
            less.append(word)
    if not found:
        raise ValueError("not so much of it is sold")
    return less


def quote(scene: Scene, order: Order, before: Risk, after: Risk, is_sale: bool) -> Quote:
    """What an order costs or what is paid for it, at the quote's spot."""
    rule = scene.quoting
    is_put = packing.is_put(order.id)
    spot = quoting.spot(scene.price, order.mark, rule.edge, is_put == is_sale)
    price, vega, vol = at_spot(scene, spot, order.board, packing.id_strike(order.id), is_put)
    use = ceil_div((abs(before.vega) + abs(after.vega)) * WAD, rule.vega_cap)
    vol_charge = quoting.vol_charge(order.amount, vega, vol, rule.spread, rule.impact, use)
    fee = quoting.fee(order.amount, spot, price, rule.fee)
    hedge_charge = quoting.hedge_charge(
        before.delta + order.held,
        after.delta + order.held,
        scene.price,
        order.venue_fee,
        order.depth,
    )
    charges = vol_charge + fee + hedge_charge
    if is_sale:
        value = ceil_div(order.amount * price, WAD)
        premium = max(1, ceil_div(value + charges, order.scale))
    else:
        value = order.amount * price // WAD
        premium = max(0, value - charges) // order.scale
    return Quote(
        premium,
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


def board(scene: Scene, board_word: int) -> Board:
    """What the strikes of a board share; from expiry on neither deviation nor carry."""
    to_expiry = tenor(scene, board_word)
    flat, rate = _flat_board(scene, scene.price, to_expiry)
    shock = scene.stress.shock
    return Board(
        to_expiry,
        rate,
        flat,
        flat.forward * (WAD + shock) // WAD,
        flat.forward * (WAD - shock) // WAD,
        _curve(scene, board_word, flat.root_t),
    )


def board_sum(scene: Scene, on: Board, strikes: Iterable[int]) -> Sum:
    """The sums of a board over its live words."""
    total = Sum()
    for word in strikes:
        total = Sum(*map(sum, zip(total, _strike_sum(scene, on, word), strict=True)))
    return total


def at_spot(
    scene: Scene, spot: int, board_word: int, strike: int, is_put: bool
) -> tuple[int, int, int]:
    """Value and vega of an option at a spot other than the index, with its vol at the index."""
    on, _ = _flat_board(scene, spot, tenor(scene, board_word))
    ln_forward_strike = ln_ratio(on.forward, strike)
    ln_index_forward = ln_forward_strike + ln_ratio(scene.price, spot)
    vol = vol_surface.vol(_curve(scene, board_word, on.root_t), -ln_index_forward)
    found = black_scholes.greeks(on, strike, ln_forward_strike, vol)
    return found.put if is_put else found.call, found.vega, vol


def close(total: Risk, held: Sum, scene: Scene, on: Board) -> Risk:
    """`total` with a board added: liabilities up, greeks with the vault's sign. An expired board
    has a value only."""
    value = _value(held, on.flat.forward, held.asset, held.bond)
    mid, sold = total.mid + value, total.sold + held.amount
    if not on.tenor:
        return total._replace(
            mid=mid,
            sold=sold,
            unsettled=True,
            ask=total.ask + value,
            bid=total.bid + value,
            up_value=total.up_value + value,
            down_value=total.down_value + value,
        )
    delta = _delta(held, on.flat.growth, held.asset)
    vol_vega = _vega(on.flat, held.vol_density)
    ask = total.ask + value + vol_vega * scene.quoting.spread // WAD
    gamma = ((held.steepness >> 64) * on.flat.growth >> 64) * WAD // on.flat.spot
    return total._replace(
        mid=mid,
        ask=ask,
        bid=max(0, 2 * mid - ask),
        delta=total.delta - delta,
        gamma=total.gamma - gamma,
        vega=total.vega - _vega(on.flat, held.density),
        theta=total.theta + _decay(vol_vega, delta, scene, on),
        up_value=total.up_value + _value(held, on.up, held.up_asset, held.up_bond),
        up_delta=total.up_delta - _delta(held, on.flat.growth, held.up_asset),
        down_value=total.down_value + _value(held, on.down, held.down_asset, held.down_bond),
        down_delta=total.down_delta - _delta(held, on.flat.growth, held.down_asset),
        sold=sold,
        vol=max(total.vol, on.curve.atm_vol),
    )


def _boards(words: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """Each board's word with the words of its live strikes."""
    first = 0
    while first < len(words):
        end = first + 1 + packing.board_count(words[first])
        yield words[first], words[first + 1 : end]
        first = end


def _strike_sum(scene: Scene, on: Board, word: int) -> Sum:
    """What one strike adds to the sums of its board."""
    strike, calls = packing.strike(word), packing.calls(word)
    n = calls + packing.puts(word)
    ln_forward_strike = ln_ratio(on.flat.forward, strike)
    vol = vol_surface.vol(on.curve, -ln_forward_strike)
    shocked = (vol + scene.stress.vol_shock) * on.flat.root_t // WAD
    ln_up, ln_down = (ln_ratio(WAD + by, WAD) for by in (scene.stress.shock, -scene.stress.shock))
    deviation = vol * on.flat.root_t // WAD
    flat = black_scholes.legs(on.flat.forward, strike, ln_forward_strike, deviation)
    up = black_scholes.legs(on.up, strike, ln_forward_strike + ln_up, shocked)
    down = black_scholes.legs(on.down, strike, ln_forward_strike + ln_down, shocked)
    weight = n * flat.density
    return Sum(
        amount=n,
        calls=calls,
        strikes=calls * strike,
        asset=n * flat.asset,
        bond=n * flat.bond,
        density=weight,
        steepness=(weight << 64) // deviation if deviation else 0,
        vol_density=weight * vol // WAD,
        up_asset=n * up.asset,
        up_bond=n * up.bond,
        down_asset=n * down.asset,
        down_bond=n * down.bond,
    )


def _value(held: Sum, forward: int, asset: int, bond: int) -> int:
    """Σ calls·(F·N(d1) + K·N(−d2) − K) + puts·(F·N(d1) + K·N(−d2) − F)."""
    puts = held.amount - held.calls
    return max(0, (forward * asset >> 64) + bond - held.strikes - forward * puts) // WAD


def _delta(held: Sum, growth: int, asset: int) -> int:
    """Σ calls·e^g·N(d1) − puts·e^g·N(−d1), of what holders have."""
    return growth * (asset - (held.amount - held.calls << 64)) >> 128


def _vega(on: black_scholes.Board, density: int) -> int:
    """F·√T·Σ n·φ(d1)."""
    return ((on.forward * density >> 64) * on.root_t >> 64) // WAD


def _decay(vol_vega: int, delta: int, scene: Scene, on: Board) -> int:
    """∂V/∂T = σ·vega/(2T) + dg/dT·Δ·S of what holders have, since Δ·S = ±F·N(±d1)."""
    exposure = trunc_div(delta * scene.price, WAD)
    return vol_vega * YEAR // (2 * on.tenor) + trunc_div(exposure * on.rate, WAD)


def _flat_board(scene: Scene, spot: int, tenor: int) -> tuple[black_scholes.Board, int]:
    """Forward of `spot` with the mean-reverting funding rate as carry, and dg/dT."""
    bound = scene.carry.bound
    ema = clamp(scene.rate_ema, -bound, bound)
    g, rate = carry.growth(tenor, ema, scene.carry.rate, scene.carry.reversion)
    return black_scholes.board(spot, tenor, g), rate


def _curve(scene: Scene, board_word: int, root_t: int) -> Curve:
    surface = packing.board_surface(board_word)
    return vol_surface.curve(*surface, scene.vol_min, scene.vol_max, root_t)
