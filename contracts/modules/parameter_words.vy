# pragma version 0.4.3
"""
@title parameter_words
@license AGPL-3.0-only
@notice How parameters are written down: six words for what the pricer knows, two for the oracle.
@dev Stateless. Ratios, below 2^64 by their hard bounds, are in lanes of 64 bits, amounts in lanes
     of 128. Whoever packs has checked that each fits. From the highest bits to the lowest:
     carry   = reversion (128) | bound | rate + 2^63
     stress  = nothing | max loss | vol shock | shock
     quoting = edge | fee | impact | spread
     limits  = max delta | min delta | vol max | vol min
     sizes   = min size (128) | vol step | cutoff (32) | max tenor (32)
     caps    = hedge cap (128) | vega cap (128)
     oracle  = has a sequencer (1) | grace (31) | max price (96) | min price (96) | heartbeat (32)
     A book is priced with the first four.
"""

from ..interfaces import IOptionBook
from ..interfaces import IPricer

RATIO: constant(uint256) = 2**64 - 1
AMOUNT: constant(uint256) = 2**128 - 1
PRICE: constant(uint256) = 2**96 - 1
TIME: constant(uint256) = 2**32 - 1
OFFSET: constant(int256) = 2**63  # makes the signed rate positive


@internal
@pure
def _lane(word: uint256, lane: uint256) -> uint256:
    """
    @dev The ratio in a lane, 0 the lowest.
    """
    return (word >> 64 * lane) & RATIO


@internal
@pure
def _carry_word(carry: IPricer.Carry) -> uint256:
    return carry.reversion << 128 | carry.bound << 64 | convert(carry.rate + OFFSET, uint256)


@internal
@pure
def _carry(word: uint256) -> IPricer.Carry:
    return IPricer.Carry(
        rate=convert(word & RATIO, int256) - OFFSET,
        reversion=word >> 128,
        bound=self._lane(word, 1),
    )


@internal
@pure
def _stress_word(stress: IPricer.Stress) -> uint256:
    return stress.max_loss << 128 | stress.vol_shock << 64 | stress.shock


@internal
@pure
def _stress(word: uint256, caps: uint256) -> IPricer.Stress:
    return IPricer.Stress(
        shock=word & RATIO,
        vol_shock=self._lane(word, 1),
        max_loss=self._lane(word, 2),
        hedge_cap=caps >> 128,
    )


@internal
@pure
def _quoting_word(quoting: IPricer.Quoting) -> uint256:
    return quoting.edge << 192 | quoting.fee << 128 | quoting.impact << 64 | quoting.spread


@internal
@pure
def _quoting(word: uint256, caps: uint256) -> IPricer.Quoting:
    return IPricer.Quoting(
        spread=word & RATIO,
        impact=self._lane(word, 1),
        vega_cap=caps & AMOUNT,
        fee=self._lane(word, 2),
        edge=word >> 192,
    )


@internal
@pure
def _limits_word(limits: IPricer.Limits) -> uint256:
    return limits.max_delta << 192 | limits.min_delta << 128 | limits.vol_max << 64 | limits.vol_min


@internal
@pure
def _sizes_word(limits: IPricer.Limits) -> uint256:
    low: uint256 = limits.cutoff << 32 | limits.max_tenor
    return limits.min_size << 128 | limits.vol_step << 64 | low


@internal
@pure
def _limits(word: uint256, sizes: uint256) -> IPricer.Limits:
    return IPricer.Limits(
        min_delta=self._lane(word, 2),
        max_delta=word >> 192,
        min_size=sizes >> 128,
        cutoff=(sizes >> 32) & TIME,
        max_tenor=sizes & TIME,
        vol_min=word & RATIO,
        vol_max=self._lane(word, 1),
        vol_step=self._lane(sizes, 1),
    )


@internal
@pure
def _caps_word(hedge_cap: uint256, vega_cap: uint256) -> uint256:
    return hedge_cap << 128 | vega_cap


@internal
@pure
def _oracle_word(oracle: IOptionBook.Oracle) -> uint256:
    has_sequencer: uint256 = convert(oracle.sequencer != empty(address), uint256)
    prices: uint256 = oracle.max_price << 128 | oracle.min_price << 32
    return has_sequencer << 255 | oracle.grace << 224 | prices | oracle.heartbeat


@internal
@pure
def _has_sequencer(word: uint256) -> bool:
    """
    @dev Spares a chain without one the word that names it.
    """
    return word >> 255 == 1


@internal
@pure
def _oracle(word: uint256, sequencer: address) -> IOptionBook.Oracle:
    return IOptionBook.Oracle(
        heartbeat=word & TIME,
        min_price=(word >> 32) & PRICE,
        max_price=(word >> 128) & PRICE,
        sequencer=sequencer,
        grace=(word >> 224) & (TIME >> 1),
    )
