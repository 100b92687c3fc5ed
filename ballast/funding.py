"""Twin of contracts/modules/funding.vy, bit for bit: continuous funding of the perpetual venue.

Prices are [USD wad], rates [wad], sizes [ETH wad], + is long. Longs pay shorts the clamped premium
of the mark over the index once a period; the accumulator is a price times seconds.
"""

from dataclasses import dataclass, replace

from ballast.fixed_point import LN_TWO, exp_neg
from ballast.units import Q64, WAD, YEAR, clamp, trunc_div


@dataclass(frozen=True)
class Accrual:
    """Funding up to a moment."""

    index: int  # last good price [USD wad]
    index_at: int  # when the feed said so [unix s]
    at: int  # accrued up to here [unix s]
    accumulator: int  # sum of premium x seconds since the start [USD wad s]
    ema_year: int  # moving average of the yearly rate [wad]


def premium(mark: int, index: int, cap: int) -> int:
    """mark - index within +-cap index [USD wad]: what a long pays per ETH and period."""
    limit = index * cap // WAD
    return clamp(mark - index, -limit, limit)


def rate(premium: int, index: int, period: int, span: int) -> int:
    """What longs pay over `span` seconds, per notional [wad]; `period` in seconds."""
    return trunc_div(premium * WAD * span, index * period)


def accrue(state: Accrual, mark: int, until: int, cap: int, period: int, half_life: int) -> Accrual:
    """`state` brought to `until` [unix s], `mark` [USD wad] and `state.index` standing still."""
    if until == state.at:
        return state
    charged = premium(mark, state.index, cap)
    span = until - state.at
    yearly = rate(charged, state.index, period, YEAR)
    return replace(
        state,
        at=until,
        accumulator=state.accumulator + charged * span,
        ema_year=ema(state.ema_year, yearly, span, half_life),
    )


def ema(average: int, rate: int, span: int, half_life: int) -> int:
    """rate + (average - rate) 2^(-span / half_life) [wad], times in seconds."""
    decay = exp_neg(LN_TWO * span // half_life)
    return rate + trunc_div((average - rate) * decay, Q64)


def owed_up(size: int, growth: int, period: int, scale: int) -> int:
    """What a position pays [asset], negative when it gets, for a `growth` of the accumulator.

    A debit rounds up and a credit down, which is a ceiling for either sign.
    """
    return -(-size * growth // (WAD * period * scale))


def exchange_rate(premium: int, interest: int, width: int) -> int:
    """F = P + clamp(I - P, +-width) [wad], the rate as exchanges publish it."""
    return premium + clamp(interest - premium, -width, width)
