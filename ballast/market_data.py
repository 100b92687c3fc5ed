"""What a market did, hour by hour: index, mark and funding, from files that are not the project's.

The folder is `BALLAST_MARKET_DATA`, or `shared/data` beside the checkout. Bars are hourly, by their
beginning; what is taken of a bar is its close, an hour later. Hours that miss are hours in which
the last price stood: so does a feed that is silent.
"""

import csv
import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ballast.paths import FEED_UNIT, Step
from ballast.replication import Floats
from ballast.units import WAD

BARS = "eth_1h_2020_2023.csv.gz"
FUNDING = "eth_funding_8h_2020_2023.csv"
HOUR = 3_600
FOLDER = Path(__file__).parents[2] / "shared" / "data"


class MarketDataError(ValueError):
    """Files that miss or cannot be read; the message says what is needed."""


@dataclass(frozen=True)
class Market:
    """Prices at full hours [USD], and the funding that a long pays at each, a share of the mark."""

    start: int  # time of the first hour [unix s]
    index: Floats
    mark: Floats
    funding: Floats

    def hour_of(self, moment: str) -> int:
        """Position of an hour, given as ISO 8601. MarketDataError outside the data."""
        hour = (_seconds(moment) - self.start) // HOUR
        if not 0 <= hour < len(self.index):
            raise MarketDataError(f"{moment} is not in the market data")
        return hour

    def moment(self, hour: int) -> str:
        """The hour in words."""
        return f"{datetime.fromtimestamp(self.start + hour * HOUR, UTC):%Y-%m-%d %H:%M}"

    def steps(self, hour: int, count: int) -> list[Step]:
        """A path of `count` hours from one on, `count` + 1 steps, as a simulation takes it."""
        span = slice(hour, hour + count + 1)
        return [
            Step(round(index * WAD / FEED_UNIT) * FEED_UNIT, mark / index - 1)
            for index, mark in zip(self.index[span].tolist(), self.mark[span].tolist(), strict=True)
        ]


def usual_folder() -> Path:
    """Where the files are looked for, whether they are there or not."""
    return Path(os.environ.get("BALLAST_MARKET_DATA", FOLDER))


def load(folder: Path | None = None) -> Market:
    """Read bars and funding. MarketDataError when a file misses or does not have what is needed."""
    where = folder or usual_folder()
    rows = list(_rows(where / BARS, "time", "index_close", "mark_close"))
    start = _seconds(rows[0][0]) + HOUR
    hours = (_seconds(rows[-1][0]) + HOUR - start) // HOUR + 1
    index, mark, funding = np.full(hours, np.nan), np.full(hours, np.nan), np.zeros(hours)
    for time, index_close, mark_close in rows:
        hour = (_seconds(time) + HOUR - start) // HOUR
        index[hour], mark[hour] = float(index_close), float(mark_close)
    for time, rate in _rows(where / FUNDING, "time", "funding_rate_8h"):
        hour = (_seconds(time) - start) // HOUR
        if 0 <= hour < hours:
            funding[hour] = float(rate)
    return Market(start, _standing(index), _standing(mark), funding)


def _standing(prices: Floats) -> Floats:
    """Prices with those that miss standing at the last one."""
    last = np.maximum.accumulate(np.where(np.isnan(prices), 0, np.arange(len(prices))))
    return np.asarray(prices[last])


def _rows(path: Path, *columns: str) -> Iterator[tuple[str, ...]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", newline="") as file:
            for row in csv.DictReader(file):
                yield tuple(row[column] for column in columns)
    except FileNotFoundError:
        raise MarketDataError(
            f"no market data: {BARS} and {FUNDING} are needed in {path.parent}, or in the folder"
            " that BALLAST_MARKET_DATA names"
        ) from None
    except (KeyError, OSError, EOFError, zlib.error, csv.Error) as error:
        raise MarketDataError(f"cannot read {path}: {error!r}") from None


def _seconds(moment: str) -> int:
    time = datetime.fromisoformat(moment)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
