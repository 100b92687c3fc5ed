"""admission.vy: the limits of a sale at their very edges. SPEC-B5, SPEC-B6."""

import ape
import pytest
from book_shop import DEFAULTS, SCENE, asked, order

from ballast import risk
from ballast.packing import Surface
from ballast.units import WAD

LIMITS = DEFAULTS["limits"]
VEGA_CAP = DEFAULTS["quoting"]["vega_cap"]
HEDGE_CAP = 100 * WAD
STRESS = DEFAULTS["stress"] | {"hedge_cap": HEDGE_CAP}
CASH = 3 * 10**12  # [asset]
PREMIUM = 10**6
WORTH = (CASH + PREMIUM) * 10**12  # of the vault after the sale [USD wad]
BASE = risk.Risk(price=2_000 * WAD, shock=4 * 10**17, vol=7 * WAD // 10)
SWING = 800 * WAD  # what a move by the shock does to one ETH
ORDER = order(SCENE.now + 10**6, Surface(WAD, 0, 0), (2_000, False, 1))


@pytest.fixture(scope="module")
def harness(project, owner):
    return owner.deploy(project.AdmissionHarness)


def check(harness, each=WAD // 2, venue=None, **after):
    """Judge a sale. each: delta of an option; venue: fields of HedgeAccount; after: of Risk."""
    asks = asked(ORDER)
    asks["ledger"]["cash"] = CASH
    asks["account"] |= venue or {}
    quote = risk.Quote(PREMIUM, 0, 0, 0, 0, BASE.price, BASE.vol, 0)
    sale = risk.Sale(BASE, BASE._replace(**after), 0, each, quote)
    harness.check_sale(LIMITS, STRESS, VEGA_CAP, asks, sale)


def edge(harness, reason, inside, outside, **venue):
    """Refused for that reason outside, sold inside."""
    with ape.reverts(f"admission: {reason}"):
        check(harness, venue=venue, **outside)
    check(harness, venue=venue, **inside)


@pytest.mark.parametrize("sign", [1, -1])
def test_delta__smallest__is_sold(harness, sign):
    """SPEC-B5: |Δ| of one option, calls and puts alike."""
    least = LIMITS["min_delta"]
    edge(harness, "delta too small", {"each": sign * least}, {"each": sign * (least - 1)})


@pytest.mark.parametrize("sign", [1, -1])
def test_delta__largest__is_sold(harness, sign):
    """SPEC-B5."""
    most = LIMITS["max_delta"]
    edge(harness, "delta too large", {"each": sign * most}, {"each": sign * (most + 1)})


@pytest.mark.parametrize("sign", [1, -1])
def test_vega__at_the_cap__is_sold(harness, sign):
    """SPEC-B5: |vega| of the book after the sale."""
    edge(harness, "over vega cap", {"vega": sign * VEGA_CAP}, {"vega": sign * (VEGA_CAP + 1)})


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("where", ["delta", "up_delta", "down_delta"])
def test_hedge__at_the_cap__is_sold(harness, where, sign):
    """SPEC-B6: |Δ| at spot and at both shocks."""
    inside, outside = ({where: sign * size} for size in (HEDGE_CAP, HEDGE_CAP + 1))
    edge(harness, "over hedge cap", inside, outside)


@pytest.mark.parametrize("held", [-20 * WAD, 0, 20 * WAD])
@pytest.mark.parametrize("max_buy, max_sell", [(50, 80), (80, 50)])
@pytest.mark.parametrize("sign", [1, -1])
def test_hedge__at_what_the_venue_takes__is_sold(harness, sign, max_buy, max_sell, held):
    """SPEC-B6: a hedge that the venue has no room for cannot be sold against, on either side."""
    venue = {"size": held, "max_buy": max_buy * WAD, "max_sell": max_sell * WAD}
    room = min(max_buy * WAD + held, max_sell * WAD - held)
    inside, outside = ({"up_delta": sign * size} for size in (room, room + 1))
    edge(harness, "over hedge cap", inside, outside, **venue)


@pytest.mark.parametrize("where", ["up_value", "down_value"])
def test_stress_loss__at_the_maximum__is_sold(harness, where):
    """SPEC-B6: L(s) − L(0) + Δ·S·s ≤ max_loss · low NAV, at either shock."""
    most = WORTH * 3 // 10
    edge(harness, "over stress loss", {where: most}, {where: most + 1})


@pytest.mark.parametrize("where, hedged", [("up_value", -HEDGE_CAP), ("down_value", HEDGE_CAP)])
def test_stress_loss__hedge__earns_what_the_options_lose(harness, where, hedged):
    """SPEC-B6: a short book holds a long hedge, which gains when spot rises, and the reverse."""
    most = WORTH * 3 // 10 + SWING * HEDGE_CAP // WAD
    inside, outside = ({where: value, "delta": hedged} for value in (most, most + 1))
    edge(harness, "over stress loss", inside, outside)


@pytest.mark.parametrize("where, hedged", [("up_value", HEDGE_CAP), ("down_value", -HEDGE_CAP)])
def test_stress_loss__hedge_on_the_wrong_side__loses_too(harness, where, hedged):
    """SPEC-B6."""
    most = WORTH * 3 // 10 - SWING * HEDGE_CAP // WAD
    inside, outside = ({where: value, "delta": hedged} for value in (most, most + 1))
    edge(harness, "over stress loss", inside, outside)


def test_stress_loss__what_is_owed_already__is_no_loss(harness):
    """SPEC-B6: NAV is low by the ask, the loss counts from the mid."""
    mid, ask = 10**5 * WAD, 2 * 10**5 * WAD
    most = mid + (WORTH - ask) * 3 // 10
    fields = {"mid": mid, "ask": ask, "down_value": mid}
    edge(
        harness,
        "over stress loss",
        {**fields, "up_value": most},
        {**fields, "up_value": most + 1},
    )


def test_free_liquidity__nothing_left__is_sold(harness):
    """SPEC-B6: the premium of the sale counts; a wei below zero does not do."""
    inside, outside = (
        {"mid": owed, "ask": owed, "up_value": owed, "down_value": owed}
        for owed in (WORTH, WORTH + 1)
    )
    edge(harness, "over free liquidity", inside, outside)
