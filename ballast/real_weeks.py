"""The weeks of a real market: a call sold at the vol that the week then realised, and hedged.

With the right vol the premium pays for the gamma on average, and what is left is the error of
hedging at moments, of jumps and of a vol that is not constant, and what the hedge costs. At the
money at the start, one week, on one ETH. The delta is taken at the index; the perp is bought and
sold at the mark, pays a fee of what it trades, and a long pays the funding of each period.
All amounts are shares of the premium.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ballast.market_data import HOUR, Market
from ballast.paths import HOURS_A_YEAR
from ballast.replication import Floats, calls

WEEK = 168  # [h]


@dataclass(frozen=True)
class Weeks:
    """Weeks side by side; (hours + 1, weeks), the first row at the sale, the last at expiry."""

    index: Floats  # [USD]
    mark: Floats  # [USD]
    funding: Floats  # paid by a long at this hour, a share of the mark


class Rule(NamedTuple):
    """When a week's hedge is traded."""

    name: str
    every: int = 1  # hours between looks
    band: float = 0.0  # |delta − hedge| from which it is traded, 0 for always
    to_centre: bool = True  # to the delta; else to the nearer edge of the band


class Result(NamedTuple):
    """Of each week; money as a share of the premium, + is the seller's gain."""

    premium: Floats  # [USD]
    hedged: Floats  # premium, payoff and the hedge at the mark
    fees: Floats  # never positive
    funding: Floats
    trades: Floats  # the one at the sale and those of the week; the closing one is at expiry

    @property
    def total(self) -> Floats:
        """All that is left."""
        return self.hedged + self.fees + self.funding


def weeks(market: Market, first: str, last: str) -> Weeks:
    """All whole weeks from `first` on that end by `last`."""
    begin, end = market.hour_of(first), market.hour_of(last)
    starts = np.arange(begin, end - WEEK + 1, WEEK)
    hours = np.arange(WEEK + 1)[:, None] + starts
    return Weeks(market.index[hours], market.mark[hours], market.funding[hours])


def realised_vol(index: Floats) -> Floats:
    """√(mean squared hourly log return · hours of a year), along the first axis."""
    moves = np.diff(np.log(index), axis=0)
    return np.asarray(np.sqrt((moves**2).mean(axis=0) * HOURS_A_YEAR))


def hedge(of: Weeks, rule: Rule, fee: float) -> Result:
    """Live through all weeks by a rule. fee: of the value of each trade, closing included."""
    vols = realised_vol(of.index)
    premium = np.zeros(len(vols))
    held, gained, fees, funding, trades = (np.zeros(len(vols)) for _ in range(5))
    hours = len(of.index) - 1
    for hour in range(hours):
        if hour % rule.every == 0:
            now = calls(of.index[hour], of.index[0], vols, (hours - hour) * HOUR)
            if hour == 0:
                premium = now.price
            wanted = _traded(held, now.delta, rule) if hour else now.delta
            trades += wanted != held
            fees -= fee * np.abs(wanted - held) * of.mark[hour]
            held = wanted
        gained += held * (of.mark[hour + 1] - of.mark[hour])
        funding -= held * of.mark[hour + 1] * of.funding[hour + 1]
    fees -= fee * np.abs(held) * of.mark[-1]
    payoff = np.maximum(of.index[-1] - of.index[0], 0)
    hedged = premium + gained - payoff
    return Result(premium, hedged / premium, fees / premium, funding / premium, trades)


def _traded(held: Floats, delta: Floats, rule: Rule) -> Floats:
    """The hedge after a look."""
    if rule.to_centre:
        return np.where(np.abs(delta - held) > rule.band, delta, held)
    return np.clip(held, delta - rule.band, delta + rule.band)
