# pragma version 0.4.3
"""
@title breaker_words
@license AGPL-3.0-only
@notice How the breaker's limits and memory are written down: two words each.
@dev Stateless. Whoever packs has checked that each fits. From the highest bits to the lowest:
     ratios = jump (64) | drawdown (64) | basis (64) | silence (32) | patience (32)
     rest   = unhedged (64) | margin (64) | crumb (96) | lift delay (32)
     hour   = nothing (16) | price (112) | unhedged since (32) | wide since (32) | good at (32) | hour (32)
     day    = high before (112) | high (112) | day (32)
     Time in 32 bits ends in 2106.
"""

from ..interfaces import IBreaker

RATIO: constant(uint256) = 2**64 - 1
AMOUNT: constant(uint256) = 2**96 - 1
VALUE: constant(uint256) = 2**112 - 1
TIME: constant(uint256) = 2**32 - 1


@internal
@pure
def _limits_words(limits: IBreaker.Limits) -> (uint256, uint256):
    return (
        (
            limits.jump << 192
            | limits.drawdown << 128
            | limits.basis << 64
            | limits.silence << 32
            | limits.patience
        ),
        (limits.unhedged << 192 | limits.margin << 128 | limits.crumb << 32 | limits.lift_delay),
    )


@internal
@pure
def _limits(ratios: uint256, rest: uint256) -> IBreaker.Limits:
    return IBreaker.Limits(
        basis=(ratios >> 64) & RATIO,
        drawdown=(ratios >> 128) & RATIO,
        margin=(rest >> 128) & RATIO,
        unhedged=rest >> 192,
        crumb=(rest >> 32) & AMOUNT,
        jump=ratios >> 192,
        patience=ratios & TIME,
        silence=(ratios >> 32) & TIME,
        lift_delay=rest & TIME,
    )


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
