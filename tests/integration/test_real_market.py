"""What is asked of the weeks of 2020-2023, as far as it takes seconds; `make backtest` does all.

The market data are not the project's to give: the tests run where they lie beside the checkout.
"""

import pytest

from ballast import backtest, market_data, real_weeks
from ballast.backtest import Setting
from ballast.real_weeks import Rule

FIRST, LAST = "2020-01-03T08:00", "2024-01-01T00:00"
FEE = 0.0005
HOURLY = Rule("hourly")
FOLDER = market_data.usual_folder()

pytestmark = pytest.mark.skipif(
    not (FOLDER / market_data.BARS).exists(),
    reason=f"no market data: {market_data.BARS} is not in {FOLDER}",
)


@pytest.fixture(scope="module")
def real_market():
    return market_data.load()


@pytest.fixture(scope="module")
def weeks(real_market):
    return real_weeks.weeks(real_market, FIRST, LAST)


@pytest.mark.parametrize(
    "rule, published", [(HOURLY, 0.091), (Rule("8 h", 8), 0.199), (Rule("daily", 24), 0.278)]
)
def test_hedge__by_the_clock__errs_as_published(weeks, rule, published):
    """sd of the error, of the premium; the published weeks are others, from 2017 on."""
    assert real_weeks.hedge(weeks, rule, FEE).hedged.std() == pytest.approx(published, rel=0.1)


def test_hedge__a_band__errs_as_hourly_with_a_sixth_of_its_trades(weeks):
    hourly = real_weeks.hedge(weeks, HOURLY, FEE)
    band = real_weeks.hedge(weeks, Rule("band", band=0.048), FEE)
    assert band.total.std() <= 1.10 * hourly.total.std()
    assert band.hedged.std() <= 1.10 * hourly.hedged.std()
    assert band.trades.mean() <= hourly.trades.mean() / 6
    assert -band.fees.mean() < -hourly.fees.mean()


def test_live__week_of_the_crash_of_march_2020__stays_within_its_loss(real_market, create_engine):
    engine = create_engine()
    hour = real_market.hour_of("2020-03-06T08:00")
    week = backtest.live(engine, engine.accounts(5), real_market, hour, Setting())
    assert week.lowest >= -0.18
    assert week.lowest_unhedged < -0.4
    assert week.nav_sd <= 0.18 * week.book_sd
    assert week.liquidations == week.outages_liquidated == week.residual == 0
