"""OptionBook: `set_vol` and `set_vol_keeper`. SPEC-B12."""

import pytest
from ape.utils import ZERO_ADDRESS
from book_shop import DAY, DEFAULTS, HOUR, plain, wad

from ballast.packing import Surface
from ballast.units import WAD

pytest_plugins = ["book_fixtures"]

STEP = DEFAULTS["limits"]["vol_step"]
LISTED = Surface(wad("0.7"), 0, 0)


@pytest.fixture(scope="module")
def kept(shop, owner, keeper):
    """The default vault with a vol keeper and a call sold."""
    shop.book.set_vol_keeper(keeper, sender=owner)
    shop.buy(shop.id())
    return shop


@pytest.fixture
def set_vol(kept, keeper):
    """Set the first board's vols so long after they were set last; returns the receipt."""

    def set_vol_(elapsed=HOUR, sender=keeper, board=0, **changes):
        expiry = kept.expiries[board]
        surface = Surface(*plain(kept.book.board(expiry)[1]))._replace(**changes)
        kept.chain.pending_timestamp = kept.book.vols_set_at(expiry) + elapsed
        return kept.book.set_vol(expiry, surface, sender=sender)

    return set_vol_


@pytest.fixture
def rested(set_vol):
    """The same with vols that have just been set anew as they were."""
    set_vol(2 * HOUR)
    return set_vol


def refuses_step(kept, set_vol, *elapsed, **changes):
    """Too far; afterwards the time is what it was."""
    before = kept.chain.snapshot()
    with kept.refuses("admission: vol step too large"):
        set_vol(*elapsed, **changes)
    kept.chain.restore(before)


def surface_of(shop, board=0):
    return Surface(*plain(shop.book.board(shop.expiries[board])[1]))


def test_set_vol__keeper__moves_the_board_alone_and_logs(kept, set_vol):
    """SPEC-B12, SPEC-P3."""
    before, mid = surface_of(kept, 1), kept.book.risk().mid
    receipt = set_vol(atm_vol=wad("0.75"), skew=-wad("0.02"), smile=wad("0.01"))
    wanted = Surface(wad("0.75"), -wad("0.02"), wad("0.01"))
    (event,) = kept.events(receipt, "VolSet")
    assert (event.expiry, event.is_large) == (kept.expiries[0], True)
    assert plain(event.event_arguments["surface"]) == wanted
    assert (surface_of(kept), surface_of(kept, 1)) == (wanted, before)
    assert kept.book.sold(kept.id()) == wad(10)
    assert kept.book.vols_set_at(kept.expiries[0]) == kept.now
    found = kept.book.risk()
    assert found.vol == wanted.atm_vol and found.mid > mid


def test_set_vol__owner__may(set_vol, owner):
    """SPEC-B12."""
    set_vol(sender=owner, atm_vol=wad("0.71"))


@pytest.mark.parametrize("who", ["attacker", "buyer", "depositor"])
def test_set_vol__another__reverts(kept, set_vol, request, who):
    """SPEC-B12."""
    with kept.refuses("option_book: only the vol keeper"):
        set_vol(sender=request.getfixturevalue(who), atm_vol=wad("0.71"))


@pytest.mark.parametrize("elapsed", [HOUR, HOUR + 1, 5 * DAY])
@pytest.mark.parametrize("sign", [1, -1])
def test_set_vol__an_hour_or_more__moves_a_step_and_no_more(kept, rested, elapsed, sign):
    """SPEC-B12: however long the vols stood."""
    refuses_step(kept, rested, elapsed, atm_vol=LISTED.atm_vol + sign * (STEP + 1))
    rested(elapsed, atm_vol=LISTED.atm_vol + sign * STEP)
    assert surface_of(kept).atm_vol == LISTED.atm_vol + sign * STEP


@pytest.mark.parametrize("elapsed", [1, 60, HOUR // 2, HOUR - 1])
def test_set_vol__less_than_an_hour__moves_pro_rata(kept, rested, elapsed):
    """SPEC-B12."""
    most = STEP * elapsed // HOUR
    refuses_step(kept, rested, elapsed, atm_vol=LISTED.atm_vol + most + 1)
    rested(elapsed, atm_vol=LISTED.atm_vol + most)
    assert surface_of(kept).atm_vol == LISTED.atm_vol + most


def test_set_vol__steps_of_minutes__add_up_to_no_more_than_an_hours(kept, rested):
    """SPEC-B12: many small changes go no faster than one."""
    for _ in range(6):
        rested(600, atm_vol=surface_of(kept).atm_vol + STEP // 6)
    assert surface_of(kept).atm_vol - LISTED.atm_vol <= STEP
    refuses_step(kept, rested, 600, atm_vol=surface_of(kept).atm_vol + STEP // 6 + 1)


@pytest.mark.parametrize("field, most", [("skew", STEP * 2 // 5), ("smile", STEP * 4 // 25)])
@pytest.mark.parametrize("sign", [1, -1])
def test_set_vol__shape__moves_no_vol_of_one_further_than_a_step(kept, rested, field, most, sign):
    """SPEC-B12: skew·y and smile·y² at the far end of the surface, y = 2.5."""
    refuses_step(kept, rested, **{field: sign * (most + 1)})
    rested(**{field: sign * most})
    assert getattr(surface_of(kept), field) == sign * most


@pytest.mark.parametrize("start", ["20 %", "300 %"])
def test_set_vol__hard_bounds__hold(create_shop, owner, start):
    """SPEC-B12: those of listing."""
    shop = create_shop(deposit=0, **{"boards.atm_vol": start})
    vol = surface_of(shop).atm_vol
    reason = "vol too low" if vol < WAD else "vol too high"
    with shop.refuses(f"admission: {reason}"):
        outside = vol + (-1 if vol < WAD else 1)
        shop.book.set_vol(shop.expiries[0], (outside, 0, 0), sender=owner)
    for field in ("skew", "smile"):
        with shop.refuses(f"admission: {field} out of range"):
            wild = LISTED._replace(**{field: 2 * WAD + 1})
            shop.book.set_vol(shop.expiries[0], wild, sender=owner)


def test_set_vol__unknown_expired_or_settled_board__reverts(kept, set_vol, keeper):
    """SPEC-B12: nothing is left to mark."""
    for expiry in (0, 1, kept.expiries[0] + 1):
        with kept.refuses("option_book: unknown board"):
            kept.book.set_vol(expiry, LISTED, sender=keeper)
    before = kept.push(2_000, kept.expiries[0])
    with kept.refuses("option_book: expired"):
        kept.book.set_vol(kept.expiries[0], LISTED, sender=keeper)
    kept.book.settle(kept.expiries[0], before, kept.push(2_000), sender=keeper)
    with kept.refuses("option_book: unknown board"):
        kept.book.set_vol(kept.expiries[0], LISTED, sender=keeper)


@pytest.mark.parametrize(
    "changes, is_large",
    [
        ({"atm_vol": LISTED.atm_vol + STEP // 10}, False),
        ({"atm_vol": LISTED.atm_vol + STEP // 10 + 1}, True),
        ({"atm_vol": LISTED.atm_vol - STEP // 10 - 1}, True),
        ({"skew": STEP // 25}, False),
        ({"skew": STEP // 25 + 1}, True),
        ({"smile": -STEP // 10}, True),
        ({}, False),
    ],
)
def test_set_vol__large_step__marks_its_block_and_no_other(kept, rested, changes, is_large):
    """SPEC-B12: who comes or goes in that block may have seen it before the vault did."""
    receipt = rested(**changes)
    (event,) = kept.events(receipt, "VolSet")
    assert event.is_large == is_large
    for view in (kept.book.risk, kept.book.greeks):
        assert view().moved == is_large
    assert (kept.book.last_large_step() == receipt.block_number) == is_large
    kept.chain.mine()
    assert not kept.book.risk().moved


def test_set_vol_keeper__owner__names_and_logs(shop, owner, stranger):
    """SPEC-B12."""
    receipt = shop.book.set_vol_keeper(stranger, sender=owner)
    assert receipt.events == [shop.book.VolKeeperSet(vol_keeper=stranger)]
    assert shop.book.vol_keeper() == stranger
    shop.book.set_vol_keeper(ZERO_ADDRESS, sender=owner)
    with shop.refuses("option_book: only the vol keeper"):
        shop.book.set_vol(shop.expiries[0], LISTED, sender=stranger)


def test_set_vol_keeper__not_the_owner__reverts(kept, keeper, attacker):
    """SPEC-B12: the vol keeper can only set vols."""
    for who in (keeper, attacker):
        with kept.refuses("ownable: caller is not the owner"):
            kept.book.set_vol_keeper(attacker, sender=who)


def test_set_vol__vol_step_set_lower__counts_at_once(kept, rested, owner):
    """SPEC-B10, SPEC-B12."""
    limits = DEFAULTS["limits"] | {"vol_step": STEP // 2}
    kept.pricer.set_limits(limits, sender=owner)
    refuses_step(kept, rested, atm_vol=LISTED.atm_vol + STEP // 2 + 1)
    rested(atm_vol=LISTED.atm_vol + STEP // 2)
