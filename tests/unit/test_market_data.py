"""Market data: bars become hours, hours that miss stand, funding is at its hour."""

import gzip

import pytest

from ballast import market_data
from ballast.market_data import BARS, FUNDING, MarketDataError
from ballast.units import WAD

BAR_LINES = """time,index_close,mark_close
2020-01-01T07:00:00Z,100,101
2020-01-01T08:00:00Z,110,110
2020-01-01T11:00:00Z,120.123456789,118
"""
FUNDING_LINES = """time,funding_rate_8h
2020-01-01T00:00:00Z,0.9
2020-01-01T08:00:00Z,0.0001
2020-01-01T16:00:00Z,0.9
"""


@pytest.fixture
def folder(tmp_path):
    with gzip.open(tmp_path / BARS, "wt") as file:
        file.write(BAR_LINES)
    (tmp_path / FUNDING).write_text(FUNDING_LINES)
    return tmp_path


def test_load__bars__are_their_closes_an_hour_after_they_begin(folder):
    market = market_data.load(folder)
    assert market.moment(0) == "2020-01-01 08:00"
    assert market.index[:2].tolist() == [100, 110]
    assert market.mark[:2].tolist() == [101, 110]


def test_load__hours_miss__the_last_price_stands(folder):
    market = market_data.load(folder)
    assert market.index.tolist() == [100, 110, 110, 110, 120.123456789]
    assert market.mark.tolist() == [101, 110, 110, 110, 118]


def test_load__funding__is_paid_at_its_hour_and_what_is_outside_is_left_out(folder):
    assert market_data.load(folder).funding.tolist() == [0.0001, 0, 0, 0, 0]


def test_load__environment__names_the_folder(folder, monkeypatch):
    monkeypatch.setenv("BALLAST_MARKET_DATA", str(folder))
    assert len(market_data.load().index) == 5


def test_load__nothing_there__says_what_is_needed(tmp_path):
    with pytest.raises(MarketDataError) as refused:
        market_data.load(tmp_path)
    assert BARS in str(refused.value) and "BALLAST_MARKET_DATA" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_load__column_misses__says_so(folder):
    (folder / FUNDING).write_text("time,rate\n2020-01-01T08:00:00Z,1\n")
    with pytest.raises(MarketDataError, match="funding_rate_8h"):
        market_data.load(folder)


def test_steps__from_an_hour__are_what_the_feed_can_say(folder):
    steps = market_data.load(folder).steps(3, 1)
    assert [step.price for step in steps] == [110 * WAD, 120_12345679 * 10**10]
    assert steps[1].basis == pytest.approx(118 / 120.123456789 - 1)


def test_hour_of__outside_the_data__is_refused(folder):
    market = market_data.load(folder)
    assert market.hour_of("2020-01-01T12:00") == 4
    for moment in ("2020-01-01T07:00", "2020-01-01T13:00"):
        with pytest.raises(MarketDataError, match="not in the market data"):
            market.hour_of(moment)
