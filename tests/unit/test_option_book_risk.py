"""OptionBook: `risk`, with feed and venue alive, dead, and after expiry."""

import pytest
from book_shop import DAY, HEARTBEAT, plain, wad

from ballast import packing, payoff, risk

pytest_plugins = ["book_fixtures"]


@pytest.fixture(scope="session")
def clean(switched):
    """A vault from which nothing is sold while this module sells from the default one."""
    return switched[0]


@pytest.fixture(scope="module")
def ids(shop):
    """Eight series on two boards, in the order in which they are sold."""
    wanted = [
        (0, 2_000, False),
        (1, 1_900, True),
        (0, 2_000, True),
        (1, 2_200, False),
        (0, 1_800, True),
        (0, 2_200, False),
        (1, 2_000, False),
        (1, 1_700, True),
    ]
    return [shop.id(*series) for series in wanted]


@pytest.fixture(scope="module")
def sold(shop, clean, ids):
    """The default vault with the eight series sold, 1 to 8 ETH.

    `clean` must be there before: a session's fixture that comes later has this done again.
    """
    for amount, series in enumerate(ids, start=1):
        shop.buy(series, amount)
    return shop


@pytest.fixture
def cut(switched):
    """A vault with a call and a put sold whose feed and venue can be switched off."""
    shop, switches = switched
    ids = [shop.id(0, 2_000, False), shop.id(1, 1_900, True)]
    for series in ids:
        shop.buy(series)
    return shop, switches, ids


def twin(shop, ids, **changes):
    """The twin's risk of what is sold, as if the feed were live."""
    at = shop.feed.latestRoundData()[3]
    found = risk.risk(shop.scene()._replace(**changes), shop.words(ids))
    return found._replace(at=at, valid=True)


# ---- Alive


def test_risk__eight_series_on_two_boards__equals_the_twin(sold, ids):
    """SPEC-B2."""
    found = plain(sold.book.risk())
    assert found == twin(sold, ids)
    assert (found[2], found[16]) == (True, wad(sum(range(1, 9))))


def test_risk__price_and_time_move__are_priced_afresh(sold, ids):
    """SPEC-B2: nothing is cached."""
    before = sold.book.risk()
    sold.push(2_150, sold.soon + DAY)
    after = sold.book.risk()
    assert plain(after) == twin(sold, ids)
    assert after.price == wad(2_150) and after.at == sold.now
    assert after.delta < before.delta  # sold calls weigh more, sold puts less


def test_risk__sold_calls_only__delta_is_negative(clean):
    """SPEC-B2: they are hedged with a LONG perp."""
    clean.buy(clean.id(0, 2_000, False), 100)
    found = clean.book.risk()
    assert -wad(100) < found.delta < 0
    assert clean.system.hedger.state().wanted > 0


def test_risk__sold_puts_only__delta_is_positive(clean):
    """SPEC-B2: they are hedged with a SHORT perp."""
    clean.buy(clean.id(0, 2_000, True), 100)
    found = clean.book.risk()
    assert 0 < found.delta < wad(100)
    assert clean.system.hedger.state().wanted < 0


def test_risk__venue_pays_or_charges__moves_calls_and_puts_apart(clean, owner, arbitrageur):
    """SPEC-P2: long traders push the mark over the index; what they pay is in the options."""
    call, put = clean.id(1, 2_000, False), clean.id(1, 2_000, True)
    venue, token, time = clean.system.venue, clean.system.token, clean.soon
    token.mint(arbitrageur, 10**13, sender=owner)
    token.approve(venue, 10**13, sender=arbitrageur)
    venue.deposit(10**13, sender=arbitrageur)
    mids: dict[tuple[int, int], int] = {}
    for sign in (1, -1):
        for series in (call, put):
            before = clean.chain.snapshot()
            clean.buy(series)
            limit = 2**255 if sign > 0 else 0
            venue.submit(sign * wad(3_000), limit, 2**255, sender=arbitrageur)
            clean.push(2_000, time + DAY)
            found = clean.book.risk()
            assert plain(found) == twin(clean, [series])
            assert venue.market().funding_ema_year * sign > 0
            mids[sign, series] = found.mid
            clean.chain.restore(before)
    assert mids[1, call] > mids[-1, call]
    assert mids[1, put] < mids[-1, put]


def test_risk__nothing_sold__is_zero(clean):
    """SPEC-B2."""
    found = clean.book.risk()
    assert (found.mid, found.ask, found.delta, found.sold, found.vol) == (0, 0, 0, 0, 0)
    assert found.valid and found.price == wad(2_000)


# ---- A bad feed


@pytest.mark.parametrize("answer", ["-2000", "0", "0.99999999", "1000000.00000001"])
def test_risk__answer_negative_zero_or_out_of_bounds__stands_at_the_last_good_price(
    sold, ids, answer
):
    """SPEC-B2."""
    last = sold.book.risk()
    sold.push(answer)
    found = sold.book.risk()
    expected = twin(sold, ids, price=wad(2_000))._replace(at=last.at, valid=False)
    assert plain(found) == expected


@pytest.mark.parametrize("answer", ["1", "1000000"])
def test_risk__answer_at_the_bounds__is_good(sold, ids, answer):
    """SPEC-B2."""
    sold.push(answer)
    assert sold.book.risk().valid
    assert plain(sold.book.risk()) == twin(sold, ids)


def test_risk__feed_a_heartbeat_old__is_good_and_a_second_later_is_not(sold, ids):
    """SPEC-B2."""
    pushed = sold.soon
    sold.push(2_100, pushed)
    sold.at(pushed + HEARTBEAT)
    assert plain(sold.book.risk()) == twin(sold, ids)
    sold.at(pushed + HEARTBEAT + 1)
    found = sold.book.risk()
    assert not found.valid
    assert found.price == wad(2_000)  # of the last sale: 2,100 was never stored
    assert plain(found) == twin(sold, ids, price=wad(2_000))._replace(at=found.at, valid=False)


def test_risk__round_from_the_future__is_not_good(sold, owner):
    """SPEC-B2."""
    sold.feed.push_at(2_100 * 10**8, sold.soon + DAY, sender=owner)
    found = sold.book.risk()
    assert (found.valid, found.price) == (False, wad(2_000))


def test_risk__sale_at_another_price__is_the_last_good_price(sold, ids):
    """SPEC-B2: every sale stores the price."""
    sold.push(2_050)
    sold.buy(ids[0], 1)
    at = sold.feed.latestRoundData()[3]
    sold.push(-1)
    found = sold.book.risk()
    assert (found.valid, found.price, found.at) == (False, wad(2_050), at)


def test_risk__settlement__stores_the_price_too(sold):
    """SPEC-B2."""
    sold.settle(0, 2_080)
    at = sold.feed.latestRoundData()[3]
    sold.push(-1)
    found = sold.book.risk()
    assert (found.valid, found.price, found.at) == (False, wad(2_080), at)


def test_risk__feed_reverts__stands_at_the_last_good_price(cut):
    """SPEC-B2."""
    shop, switches, ids = cut
    last = shop.book.risk()
    switches.feed.switch_off(sender=shop.owner)
    found = shop.book.risk()
    assert plain(found) == twin(shop, ids)._replace(at=last.at, valid=False)


# ---- A silent venue


def test_risk__venue_silent__takes_the_long_run_rate(cut):
    """SPEC-B2."""
    shop, switches, ids = cut
    before = shop.book.risk()
    assert plain(before) == twin(shop, ids)
    assert shop.scene().rate_ema == 0 < shop.pricer.carry().rate

    switches.venue.switch_off(sender=shop.owner)
    found = shop.book.risk()
    assert plain(found) == twin(shop, ids, rate_ema=shop.pricer.carry().rate)
    assert found.valid and found.mid != before.mid


def test_risk__feed_and_venue_silent__still_answers(cut):
    """SPEC-B2."""
    shop, switches, ids = cut
    switches.venue.switch_off(sender=shop.owner)
    switches.feed.switch_off(sender=shop.owner)
    found = shop.book.risk()
    expected = twin(shop, ids, rate_ema=shop.pricer.carry().rate)
    assert plain(found) == expected._replace(at=found.at, valid=False)


def test_risk__all_silent_and_expired__still_answers(cut):
    """SPEC-B2."""
    shop, switches, _ = cut
    switches.venue.switch_off(sender=shop.owner)
    switches.feed.switch_off(sender=shop.owner)
    shop.at(shop.expiries[1] + 90 * DAY)
    found = shop.book.risk()
    assert (found.valid, found.unsettled, found.delta) == (False, True, 0)


# ---- After expiry


def test_risk__a_board_expired__is_intrinsic_without_delta_and_unsettled(sold, ids):
    """SPEC-B2."""
    sold.at(sold.expiries[0] - 1)
    assert not sold.book.risk().unsettled
    sold.push(2_100, sold.expiries[0])
    found = sold.book.risk()
    assert plain(found) == twin(sold, ids)
    assert found.unsettled and found.valid

    near = [series for series in ids if packing.expiry(series) == sold.expiries[0]]
    far = risk.risk(
        sold.scene(), sold.words(ids)[len({packing.id_strike(one) for one in near}) + 1 :]
    )
    intrinsic = sum(
        sold.book.sold(series)
        * payoff.intrinsic(wad(2_100), packing.id_strike(series), packing.is_put(series))
        // 10**18
        for series in near
    )
    assert found.mid - far.mid == found.up_value - far.up_value == intrinsic > 0
    assert (found.delta, found.gamma, found.vega) == (far.delta, far.gamma, far.vega)


def test_risk__the_board_settled__is_gone(sold, ids):
    """SPEC-B2."""
    sold.settle(0, 2_100)
    found = sold.book.risk()
    assert plain(found) == twin(sold, ids)
    assert not found.unsettled
    assert found.sold == wad(2 + 4 + 7 + 8)
