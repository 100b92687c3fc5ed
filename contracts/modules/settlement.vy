# pragma version 0.4.3
"""
@title settlement
@license AGPL-3.0-only
@notice The price of an expiry, proved by rounds of the feed, whoever calls and whenever.
@dev Stateless. An answer outside the bounds is no price. `round` is the last update at or before
     expiry. It counts when it has a price and is no older than a heartbeat at expiry; then
     `next_round` is the one that follows it. Otherwise the first price after expiry counts, and
     `next_round` is the round that has it: one that does not follow is reached over rounds without a
     price only. A round is followed by the next of its
     phase, or by the first of the next phase that has one.
     With 0 for `next_round` no price follows `round`, which then is the last with one and gives it: a
     heartbeat after expiry when it counts and nothing follows, else after a week, since a feed so
     long silent may not come back. Otherwise a bad answer beside an expiry, or a feed that ends,
     would keep a board unsettled for good. Nobody can choose a price: for each state of the feed
     there is one.
"""

from . import price_feed

PHASE_BITS: constant(uint256) = 64
MAX_WALK: constant(uint256) = 256  # rounds without a price, 10 days of hourly ones
MAX_EMPTY: constant(uint256) = 8  # phases without a round in a row
SILENCE: constant(uint256) = 7 * 86_400  # [s]


@internal
@view
def _price(
    source: price_feed.Source,
    heartbeat: uint256,
    expiry: uint256,
    round: uint256,
    next_round: uint256,
) -> uint256:
    """
    @dev Reverts unless the rounds prove the price at expiry. [USD wad]
    """
    before: price_feed.Reading = price_feed._round(source, round)
    assert before.at > 0, "settlement: no such round"
    assert before.at <= expiry, "settlement: round after expiry"
    counts: bool = before.ok and before.at + heartbeat >= expiry
    if next_round == 0:
        assert before.ok, "settlement: round has no price"
        is_latest: bool = self._is_latest(source, round)
        wait: uint256 = heartbeat if counts and is_latest else SILENCE
        assert block.timestamp > expiry + wait, "settlement: next round may come"
        return before.price
    after: price_feed.Reading = price_feed._round(source, next_round)
    assert after.at > 0, "settlement: no such next round"
    assert after.at > expiry, "settlement: next not after expiry"
    self._check_follows(source, expiry, round, next_round, counts)
    if counts:
        return before.price
    assert after.ok, "settlement: next has no price"
    return after.price


@internal
@view
def _check_follows(
    source: price_feed.Source,
    expiry: uint256,
    round: uint256,
    next_round: uint256,
    at_once: bool,
):
    """
    @dev `next_round` follows `round`, at once or over rounds after expiry that have no price.
    """
    id: uint256 = round
    reading: price_feed.Reading = empty(price_feed.Reading)
    for _: uint256 in range(MAX_WALK):
        id, reading = self._following(source, id)
        if id == next_round:
            return
        has_no_price: bool = reading.at > expiry and not reading.ok
        assert has_no_price and not at_once, "settlement: rounds not adjacent"
    raise "settlement: too many rounds"


@internal
@view
def _is_latest(source: price_feed.Source, round: uint256) -> bool:
    """
    @dev No price follows `round`: True when nothing does, False when rounds without a price do.
    """
    id: uint256 = round
    reading: price_feed.Reading = empty(price_feed.Reading)
    for i: uint256 in range(MAX_WALK):
        id, reading = self._following(source, id)
        if id == 0:
            return i == 0
        assert not reading.ok, "settlement: a next round exists"
    raise "settlement: too many rounds"


@internal
@view
def _following(source: price_feed.Source, round: uint256) -> (uint256, price_feed.Reading):
    """
    @dev The round after, 0 for none.
    """
    reading: price_feed.Reading = price_feed._round(source, round + 1)
    if reading.at > 0:
        return round + 1, reading
    for i: uint256 in range(1, MAX_EMPTY + 2):
        first: uint256 = ((round >> PHASE_BITS) + i) << PHASE_BITS | 1
        reading = price_feed._round(source, first)
        if reading.at > 0:
            return first, reading
    return 0, reading
