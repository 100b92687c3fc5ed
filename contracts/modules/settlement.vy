# pragma version 0.4.3
"""
@title settlement
@license AGPL-3.0-only
@notice The price of an expiry, proved by two neighbouring rounds of the feed, whoever calls and
     whenever.
@dev Stateless. `round` is the last update at or before expiry, `next_round` the first after it:
     round + 1, or the first of the next phase with rounds when round + 1 is empty, or 0 when there
     is none yet and a heartbeat has passed since expiry. A round older than a heartbeat at
     expiry, or whose answer is no price, does not count: then the price of `next_round` does.
     Otherwise one bad answer beside an expiry would keep its board unsettled for good.
"""

from . import price_feed

PHASE_BITS: constant(uint256) = 64
MAX_PHASES: constant(uint256) = 8  # looked at after that of `round`


@internal
@view
def _price(
    feed: address,
    scale: uint256,
    heartbeat: uint256,
    expiry: uint256,
    round: uint256,
    next_round: uint256,
) -> uint256:
    """
    @dev Reverts unless the pair proves the price at expiry. [USD wad]
    """
    before: price_feed.Reading = price_feed._round(feed, scale, round)
    assert before.at > 0, "settlement: no such round"
    assert before.at <= expiry, "settlement: round after expiry"
    if next_round == 0:
        assert price_feed._round(feed, scale, round + 1).at == 0, "settlement: a next round exists"
        latest: price_feed.Reading = price_feed._latest(
            feed, scale, max_value(uint256), 1, max_value(uint256)
        )
        assert latest.round == round, "settlement: round not the latest"
        assert block.timestamp > expiry + heartbeat, "settlement: next round may come"
        assert before.at + heartbeat >= expiry, "settlement: round too old"
        assert before.ok, "settlement: round has no price"
        return before.price
    after: price_feed.Reading = price_feed._round(feed, scale, next_round)
    assert after.at > 0, "settlement: no such next round"
    assert after.at > expiry, "settlement: next not after expiry"
    if next_round != round + 1:
        assert self._opens_next_phase(
            feed, scale, round, next_round
        ), "settlement: rounds not adjacent"
    if before.ok and before.at + heartbeat >= expiry:
        return before.price
    assert after.ok, "settlement: next has no price"
    return after.price


@internal
@view
def _opens_next_phase(feed: address, scale: uint256, round: uint256, next_round: uint256) -> bool:
    """
    @dev `round` ends its phase and `next_round` is the first of the next phase that has rounds: an
         aggregator may have been replaced before it answered once.
    """
    if price_feed._round(feed, scale, round + 1).at != 0:
        return False
    phase: uint256 = round >> PHASE_BITS
    for _: uint256 in range(MAX_PHASES):
        phase += 1
        first: uint256 = phase << PHASE_BITS | 1
        if first == next_round:
            return True
        if price_feed._round(feed, scale, first).at != 0:
            return False
    return False
