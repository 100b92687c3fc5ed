"""The parts of a quote, through the pricer: each recomputed from its formula."""

from fractions import Fraction
from math import ceil

import pytest
from book_shop import NOW, SCENE, WEEK, board_words, order, plain, wad

from ballast import black_scholes, carry, risk
from ballast.packing import Surface
from ballast.units import WAD, ceil_div

pytest_plugins = ["book_fixtures"]

FLAT = Surface(wad("0.7"), 0, 0)
TILTED = Surface(wad("0.8"), -wad("0.1"), wad("0.05"))
EXPIRY = NOW + WEEK
HELD = [(2_000, False, 30), (1_900, True, 20)]
BOOK = board_words(EXPIRY, FLAT, HELD)
RULE = SCENE.quoting
ROUNDING = 5_000
"""Wei by which steps rounded up exceed H(x): two for each dollar of spot."""


def quote_of(pricer, lot, words=(), scene=SCENE, surface=FLAT, **venue):
    return pricer.sale(scene, list(words), order(EXPIRY, surface, lot, **venue))


def option_at(spot: int, strike, vol: int, scene=SCENE) -> black_scholes.Greeks:
    g, _ = carry.growth(WEEK, scene.rate_ema, scene.carry.rate, scene.carry.reversion)
    return black_scholes.option(spot, WEEK, g, wad(strike), vol)


def close_above(found: int, formula: Fraction, factor: int) -> bool:
    """Rounded up, by at most 4 wei in each of two factors; the other one is `factor` [wad]."""
    return 0 <= found - formula <= 4 * (1 + Fraction(factor, WAD))


# ---- Spot


@pytest.mark.parametrize(
    "mark, seen",
    [
        ("2000", "2000"),
        ("2030", "2030"),
        ("2040", "2040"),
        ("2040.01", "2040"),
        ("9999", "2040"),
        ("1970", "1970"),
        ("1960", "1960"),
        ("1959.99", "1960"),
        ("1", "1960"),
    ],
)
@pytest.mark.parametrize("is_put", [False, True])
def test_spot__mark__counts_within_two_percent_and_against_the_buyer(pricer, mark, seen, is_put):
    """SPEC-B4: the worse for the buyer of index and mark (clamped to index ±2%), and the edge."""
    found = quote_of(pricer, (2_000, is_put, 1), mark=wad(mark)).quote.spot
    worse = min if is_put else max
    edge = -RULE.edge if is_put else RULE.edge
    assert found == worse(2_000 * WAD, wad(seen)) * (WAD + edge) // WAD


# ---- Parts


@pytest.mark.parametrize("lot", [(2_000, False, 3), (2_100, True, "0.01"), (1_700, True, 123)])
@pytest.mark.parametrize("surface", [FLAT, TILTED])
def test_quote__parts__are_the_formula(pricer, lot, surface):
    """SPEC-B4, SPEC-P1."""
    strike, is_put, amount = lot
    n = wad(amount)
    sale = quote_of(pricer, lot, BOOK, surface=surface)
    q = sale.quote
    option = option_at(q.spot, strike, q.vol)
    price = option.put if is_put else option.call
    assert q.value == ceil_div(n * price, WAD)

    use = Fraction(abs(sale.before.vega) + abs(sale.after.vega), RULE.vega_cap)
    points = Fraction(RULE.spread * q.vol, WAD) + RULE.impact * use / 2
    in_vega = n * option.vega // WAD
    assert close_above(q.vol_charge, n * option.vega * points / WAD**2, in_vega)

    each = min(Fraction(RULE.fee * q.spot, WAD), Fraction(price, 8))
    assert close_above(q.fee, n * each / WAD, n)

    assert q.premium == ceil_div(q.value + q.vol_charge + q.fee + q.hedge_charge, 10**12)
    assert q.delta == sale.after.delta - sale.before.delta


def test_quote__vol__is_that_of_the_surface_at_the_index(pricer):
    """SPEC-P3."""
    low, high = (
        quote_of(pricer, (strike, False, 1), surface=TILTED).quote for strike in (1_800, 2_200)
    )
    assert low.vol > TILTED.atm_vol > 0  # a negative skew lifts low strikes
    assert high.vol < low.vol
    lifted = Surface(TILTED.atm_vol, 0, WAD)
    far = quote_of(pricer, (2_900, False, 1), surface=lifted).quote.vol
    assert far == SCENE.vol_max  # y² = 6.25 times the smile, clamped


@pytest.mark.parametrize("vol, seen", [("0.1", "0.2"), ("0.2", "0.2"), ("3", "3"), ("4", "3")])
def test_quote__vol__stays_in_the_bounds(pricer, vol, seen):
    """SPEC-P3."""
    found = quote_of(pricer, (2_000, False, 1), surface=Surface(wad(vol), 0, 0)).quote
    assert found.vol == wad(seen)


def test_fee__cheap_option__is_an_eighth_of_its_price(pricer):
    """SPEC-B4."""
    cheap = quote_of(pricer, (2_600, False, 10)).quote
    assert cheap.fee == pytest.approx(cheap.value / 8, rel=1e-15)
    assert cheap.fee < 10 * RULE.fee * cheap.spot // WAD
    dear = quote_of(pricer, (2_000, False, 10)).quote
    assert dear.fee == 10 * RULE.fee * dear.spot // WAD < dear.value // 8


def test_quote__ask__is_above_the_mid(pricer):
    """SPEC-B4."""
    for strike in (1_700, 2_000, 2_300):
        for is_put in (False, True):
            sale = quote_of(pricer, (strike, is_put, 1), BOOK)
            assert sale.quote.premium * 10**12 > sale.quote.value >= sale.value


# ---- Hedge charge


def cost(net: int) -> Fraction:
    """H(x) = S·(fee·|x| + x²/depth)."""
    return (
        SCENE.price
        * (Fraction(5 * 10**14 * abs(net), WAD) + Fraction(net * net, 200_000 * WAD))
        / WAD
    )


@pytest.mark.parametrize("is_put", [False, True])
@pytest.mark.parametrize("held", [-50, -5, 0, 5, 50])
def test_hedge_charge__is_what_the_sale_adds_to_the_cost_of_the_hedge(pricer, is_put, held):
    """SPEC-B4: max(0, H(x1) − H(x0)), x the book's delta and the hedge."""
    sale = quote_of(pricer, (2_000, is_put, 40), BOOK, held=wad(held))
    before, after = (side.delta + wad(held) for side in (sale.before, sale.after))
    charge = cost(after) - cost(before)
    if charge <= 0:
        assert sale.quote.hedge_charge == 0
    else:
        assert abs(sale.quote.hedge_charge - charge) <= ROUNDING
    assert (abs(after) > abs(before)) == (sale.quote.hedge_charge > 0)


# ---- Funding


@pytest.mark.parametrize("is_put", [False, True])
def test_premium__positive_funding__calls_dearer_and_puts_cheaper(pricer, is_put):
    """SPEC-P2."""
    negative, none, positive = (
        quote_of(pricer, (2_000, is_put, 1), scene=SCENE._replace(rate_ema=rate)).quote.premium
        for rate in (-WAD // 2, 0, WAD // 2)
    )
    assert (negative > none > positive) if is_put else (negative < none < positive)


# ---- Impact and rounding


def test_premium__a_hundred_times_one__costs_no_less_than_once_a_hundred(pricer):
    """SPEC-B4: the impact is linear in vega, so that splitting an order gains nothing."""
    whole = quote_of(pricer, (2_000, False, 100)).quote.premium
    parts = 0
    for sold in range(100):
        words = board_words(EXPIRY, FLAT, [(2_000, False, sold)]) if sold else []
        part = risk.sale(SCENE, words, order(EXPIRY, FLAT, (2_000, False, 1)))
        if sold % 33 == 0:
            assert plain(quote_of(pricer, (2_000, False, 1), words)) == part
        parts += part.quote.premium
    assert whole * (1 - 1e-6) <= parts <= whole * (1 + 1e-6)


def test_buy_back__a_hundred_times_one__pays_no_more_than_once_a_hundred(pricer):
    """SPEC-B11: as for sales, splitting gains nothing."""
    held = board_words(EXPIRY, FLAT, [(2_000, False, 100)])
    whole = pricer.buy_back(SCENE, held, order(EXPIRY, FLAT, (2_000, False, 100))).quote.premium
    parts = 0
    for left in range(100, 0, -1):
        words = board_words(EXPIRY, FLAT, [(2_000, False, left)])
        part = risk.buy_back(SCENE, words, order(EXPIRY, FLAT, (2_000, False, 1)))
        parts += part.quote.premium
    assert whole * (1 - 1e-6) <= parts <= whole * (1 + 1e-6)


@pytest.mark.parametrize("lot", [(2_000, False, 30), (1_900, True, "0.01"), (1_900, True, 20)])
@pytest.mark.parametrize("mark", ["2000", "2030", "1970", "9999"])
def test_buy_back__parts__are_the_formula_and_less_than_a_sale(pricer, lot, mark):
    """SPEC-B11: the same charges off the value, at the spot that is worse for the seller."""
    strike, is_put, amount = lot
    n = wad(amount)
    back = pricer.buy_back(SCENE, BOOK, order(EXPIRY, FLAT, lot, mark=wad(mark)))
    q = back.quote
    seen = min(max(wad(mark), wad(1_960)), wad(2_040))
    if is_put:
        assert q.spot == ceil_div(max(2_000 * WAD, seen) * (WAD + RULE.edge), WAD)
    else:
        assert q.spot == min(2_000 * WAD, seen) * (WAD - RULE.edge) // WAD
    option = option_at(q.spot, strike, q.vol)
    assert q.value == n * (option.put if is_put else option.call) // WAD
    use = Fraction(abs(back.before.vega) + abs(back.after.vega), RULE.vega_cap)
    points = Fraction(RULE.spread * q.vol, WAD) + RULE.impact * use / 2
    assert close_above(q.vol_charge, n * option.vega * points / WAD**2, n * option.vega // WAD)
    assert q.premium == (q.value - q.vol_charge - q.fee - q.hedge_charge) // 10**12
    assert q.delta == back.after.delta - back.before.delta
    assert back.value == back.before.mid - back.after.mid

    left = board_words(EXPIRY, FLAT, [(*lot[:2], 0), *(one for one in HELD if one[:2] != lot[:2])])
    again = risk.sale(SCENE, left, order(EXPIRY, FLAT, lot, mark=wad(mark)))
    assert again.quote.premium > q.premium


@pytest.mark.parametrize("skew", [-2, -1, 1, 2])
@pytest.mark.parametrize("mark", ["1960", "2000", "2040"])
def test_round_trip__steepest_surface__loses(skew, mark):
    """SPEC-B11: the vol of a quote does not move with its spot, so the worse one costs."""
    surface, expiry = Surface(wad("0.7"), skew * WAD, 0), NOW + 4 * 3_600
    for strike in range(1_700, 2_350, 50):
        for is_put in (False, True):
            lot = (strike, is_put, 1)
            asks = order(expiry, surface, lot, mark=wad(mark))
            bought = risk.sale(SCENE, [], asks).quote.premium
            held = board_words(expiry, surface, [lot])
            assert risk.buy_back(SCENE, held, asks).quote.premium < bought


def test_vol_charge__more_in_the_book__costs_more(pricer):
    """SPEC-B4."""
    empty, full = (quote_of(pricer, (2_000, False, 10), words).quote for words in ((), BOOK))
    assert full.vol_charge > empty.vol_charge
    assert full.value == empty.value


def test_premium__worth_next_to_nothing__is_never_zero(pricer):
    """SPEC-B4: the least unit of the token."""
    scene = SCENE._replace(vol_min=WAD // 100)
    surface = Surface(WAD // 100, 0, 0)
    found = quote_of(pricer, (9_000, False, "0.01"), scene=scene, surface=surface, held=wad(1))
    assert found.quote.value == 0
    assert found.quote.premium == 1


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_premium__any_token__is_rounded_up_to_its_units(pricer, decimals):
    """SPEC-B4."""
    scale = 10 ** (18 - decimals)
    wanted = order(EXPIRY, FLAT, (2_000, False, "0.333333333333333333"))._replace(scale=scale)
    q = pricer.sale(SCENE, BOOK, wanted).quote
    assert q.premium == ceil(Fraction(q.value + q.vol_charge + q.fee + q.hedge_charge, scale))
