# pragma version 0.4.3
"""
@title breaker_words
@license AGPL-3.0-only
@notice How the breaker's limits, mode and memory are written down: two words for the first two,
     two for the memory.
@dev Stateless. Whoever packs has checked that each fits. From the highest bits to the lowest:
     ratios  = nothing (4) | jump (64) | drawdown (64) | basis (64) | lift delay (20) | silence (20)
               | patience (20)
     amounts = unhedged (64) | margin (64) | crumb (88) | since (32) | tripped (8)
     hour    = nothing (16) | price (112) | unhedged since (32) | wide since (32) | good at (32) | hour (32)
     day     = high before (112) | high (112) | day (32)
     Time in 32 bits ends in 2106; a period in 20 has twelve days.
"""

from ..interfaces import IBreaker

RATIO: constant(uint256) = 2**64 - 1
AMOUNT: constant(uint256) = 2**88 - 1
VALUE: constant(uint256) = 2**112 - 1
TIME: constant(uint256) = 2**32 - 1
PERIOD: constant(uint256) = 2**20 - 1
FLAGS: constant(uint256) = 2**8 - 1
MODE_BITS: constant(uint256) = 40  # since and tripped


@internal
@pure
def _limits_words(limits: IBreaker.Limits) -> (uint256, uint256):
    """
    @dev The second without the mode.
    """
    return (
        (
            limits.jump << 188
            | limits.drawdown << 124
            | limits.basis << 60
            | limits.lift_delay << 40
            | limits.silence << 20
            | limits.patience
        ),
        limits.unhedged << 192 | limits.margin << 128 | limits.crumb << MODE_BITS,
    )


@internal
@pure
def _limits(ratios: uint256, amounts: uint256) -> IBreaker.Limits:
    return IBreaker.Limits(
        basis=(ratios >> 60) & RATIO,
        drawdown=(ratios >> 124) & RATIO,
        margin=(amounts >> 128) & RATIO,
        unhedged=amounts >> 192,
        crumb=(amounts >> MODE_BITS) & AMOUNT,
        jump=ratios >> 188,
        patience=ratios & PERIOD,
        silence=(ratios >> 20) & PERIOD,
        lift_delay=(ratios >> 40) & PERIOD,
    )


@internal
@view
def _tripped(amounts: uint256) -> IBreaker.Breach:
    return convert(amounts & FLAGS, IBreaker.Breach)


@internal
@pure
def _mode_since(amounts: uint256) -> uint256:
    return (amounts >> 8) & TIME


@internal
@view
def _with_mode(amounts: uint256, tripped: IBreaker.Breach, since: uint256) -> uint256:
    return amounts >> MODE_BITS << MODE_BITS | since << 8 | convert(tripped, uint256)


@internal
@pure
def _memory_words(memory: IBreaker.Memory) -> (uint256, uint256):
    return (
        (
            memory.price << 128
            | memory.unhedged_since << 96
            | memory.wide_since << 64
            | memory.good_at << 32
            | memory.hour
        ),
        memory.high_before << 144 | memory.high << 32 | memory.day,
    )


@internal
@pure
def _memory(hour: uint256, day: uint256) -> IBreaker.Memory:
    return IBreaker.Memory(
        price=hour >> 128,
        hour=hour & TIME,
        good_at=(hour >> 32) & TIME,
        wide_since=(hour >> 64) & TIME,
        unhedged_since=(hour >> 96) & TIME,
        high=(day >> 32) & VALUE,
        high_before=day >> 144,
        day=day & TIME,
    )
