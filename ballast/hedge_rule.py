"""Twin of contracts/modules/hedge_rule.vy, bit for bit: when to trade the perp, how much, with how
much margin.

Prices are [USD wad], sizes [ETH wad], + is long, ratios [wad].
"""

from dataclasses import dataclass

from ballast.units import WAD, ceil_div, trunc_div

CBRT_STEPS = 7
"""Newton steps of the cube root: from a start at most a fifth too low they suffice for 256 bits."""

CBRT_LARGE = (2**256 - 1) // 10**36
"""From here on a number has no room for 36 more digits."""

ROUNDING = 10**12
"""Share of a price by which a size stays inside its limit, for the venue's rounding."""

REWARD_RATE = 10**14
"""Of what was hedged, what whoever called is paid [wad]."""


@dataclass(frozen=True)
class Band:
    """What the half-width depends on, of IHedger.Band."""

    risk_aversion: int  # λ·NAV [wad]
    min_share: int  # of what is sold [wad]
    max_share: int  # of what is sold [wad]
    min_hedge: int  # [ETH wad]


def wad_cbrt(x: int) -> int:
    """Cube root [wad] of x [wad], the floor of ∛(x·10³⁶), or one more.

    Newton's steps, each floored, end on the root c or swing between c and c + 1 when less than 3·c
    is missing from x·10³⁶ to (c + 1)³; then the number of steps decides. What is too large for 36
    digits more gets 18 or none, and 6 or 12 of the root's digits are 0.
    """
    if x == 0:
        return 0
    digits = 36 if x < CBRT_LARGE else 18 if x < CBRT_LARGE * WAD else 0
    value = x * 10**digits
    thirds, rest = divmod(value.bit_length() - 1, 3)
    root: int = (1_260**rest << thirds) // 1_000**rest
    for _ in range(CBRT_STEPS):
        root = (2 * root + value // root**2) // 3
    dropped: int = 10 ** ((36 - digits) // 3)
    return root * dropped


def half_width(band: Band, gamma: int, price: int, cost: int, nav: int, sold: int) -> int:
    """h = clamp((3/2·c·S·Γ²/λ)^⅓, max(h_min, min_hedge), h_max), λ = risk aversion / NAV [ETH wad].

    gamma [ETH²/USD wad] of either sign, cost [wad] of notional, nav [USD wad]. Source: Whalley and
    Wilmott, "An asymptotic analysis of an optimal hedging model for option pricing with transaction
    costs" (1997).
    """
    spent = cost * price // WAD * 3 // 2
    g = abs(gamma)
    cube = (spent * g // WAD) * (g * max(nav, 0) // band.risk_aversion) // WAD
    smallest = max(ceil_div(band.min_share * sold, WAD), band.min_hedge)
    largest = max(band.max_share * sold // WAD, smallest)
    return min(max(wad_cbrt(cube), smallest), largest)


def trade(net: int, half_width: int, minimum: int, to_centre: bool) -> int:
    """From outside the band to `minimum` inside its nearer edge, or to its centre."""
    if to_centre:
        return -net
    excess = abs(net) - half_width + minimum
    return -excess if net > 0 else excess


def clip(trade: int, limit: int) -> int:
    """`trade` cut to at most `limit` either way."""
    return min(max(trade, -limit), limit)


def clip_to_margin(trade: int, size: int, affordable: int) -> int:
    """`trade` cut so that the position stays within ±`affordable`, or does not grow where it is
    beyond."""
    return min(max(size + trade, min(-affordable, size)), max(affordable, size)) - size


def limit_price(index: int, max_adverse: int, is_buy: bool) -> int:
    """Worst average price accepted."""
    if is_buy:
        return index * (WAD + max_adverse) // WAD
    return ceil_div(index * (WAD - max_adverse), WAD)


def size_within_price(mark: int, index: int, limit: int, depth: int, is_buy: bool) -> int:
    """Size whose average price on the venue's curve stays within `limit`."""
    reserve = min(depth, depth * index // max(mark, 1))
    room = (limit - mark if is_buy else mark - limit) - limit // ROUNDING
    return reserve * max(room, 0) // limit


def margin_trigger(target: int, mmr: int, share: int) -> int:
    """Ratio below which margin is added."""
    return mmr + ceil_div(share * max(target - mmr, 0), WAD)


def liquidation_price(size: int, equity: int, index: int, mmr: int) -> int:
    """Index p at which E + size·(p − index) = MMR·|size|·p, equity [USD wad]; 0 when there is
    none."""
    kept = size - trunc_div(mmr * abs(size), WAD)
    needed = trunc_div(size * index, WAD) - equity
    if size == 0 or needed == 0 or (needed > 0) != (kept > 0):
        return 0
    return abs(needed) * WAD // abs(kept)


def reward(filled: int, price: int, cap: int, scale: int) -> int:
    """min(cap, 1 bp of the notional) [asset], down; scale: wad a token unit."""
    return min(cap, abs(filled) * price // WAD * REWARD_RATE // WAD // scale)
