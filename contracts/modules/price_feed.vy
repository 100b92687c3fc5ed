# pragma version 0.4.3
"""
@title price_feed
@license AGPL-3.0-only
@notice Reads a Chainlink feed without ever reverting: a feed that fails, lies or is late gives `ok
     = False`.
@dev Units are in brackets: [wad] 1e18, [s] seconds, [unix s]. Stateless. Answers are decoded as
     whole words, so that no clamp can revert, and at most five words are copied. A caller cannot
     fake a bad feed by sending little gas: a read that runs out leaves a 63rd of what it had, too
     little for anything after it.
"""

from ..interfaces import IAggregatorV3


struct Source:
    feed: address
    scale: uint256  # 10^(18 − decimals)
    min_price: uint256  # an answer below is none [USD wad]
    max_price: uint256  # an answer above is none [USD wad]


struct Reading:
    price: uint256  # [USD wad], 0 when the answer is none
    at: uint256  # when the feed says it was updated [unix s]
    round: uint256  # phase << 64 | round
    ok: bool


READ_GAS: constant(uint256) = 200_000  # a proxy and its aggregator take about 20,000
MAX_PRICE: constant(uint256) = 2**128  # [USD wad] above it an answer is taken for garbage


@internal
@view
def _scale(feed: address) -> uint256:
    """
    @dev To be called once, at construction.
    @return 10^(18 − decimals).
    """
    decimals: uint256 = convert(staticcall IAggregatorV3(feed).decimals(), uint256)
    assert decimals <= 18, "price_feed: decimals"
    return 10**(18 - decimals)


@internal
@view
def _latest(source: Source, heartbeat: uint256) -> Reading:
    """
    @dev `ok`: positive, within the bounds, not from the future and not older than a heartbeat.
    """
    reading: Reading = self._read(source, method_id("latestRoundData()"))
    reading.ok = (
        reading.ok and reading.at <= block.timestamp and block.timestamp - reading.at <= heartbeat
    )
    return reading


@internal
@view
def _round(source: Source, round_id: uint256) -> Reading:
    """
    @dev `ok`: the round exists, with a positive answer within the bounds.
    """
    return self._read(source, abi_encode(round_id, method_id=method_id("getRoundData(uint80)")))


@internal
@view
def _sequencer_up(feed: address, grace: uint256) -> bool:
    """
    @dev True on a chain without a sequencer (empty address); else when it is up since `grace`
         seconds at least.
    """
    if feed == empty(address):
        return True
    success: bool = False
    data: Bytes[160] = b""
    success, data = self._call(feed, method_id("latestRoundData()"))
    if not success:
        return False

    round_id: uint256 = 0
    status: int256 = 0
    started_at: uint256 = 0
    round_id, status, started_at = abi_decode(slice(data, 0, 96), (uint256, int256, uint256))
    return (
        status == 0
        and started_at > 0
        and started_at <= block.timestamp
        and block.timestamp - started_at >= grace
    )


@internal
@view
def _read(source: Source, data: Bytes[36]) -> Reading:
    success: bool = False
    words: Bytes[160] = b""
    success, words = self._call(source.feed, data)
    if not success:
        return empty(Reading)

    reading: Reading = empty(Reading)
    answer: int256 = 0
    started_at: uint256 = 0
    answered_in: uint256 = 0
    reading.round, answer, started_at, reading.at, answered_in = abi_decode(
        words, (uint256, int256, uint256, uint256, uint256)
    )
    # Bounded before it is scaled: the product cannot overflow.
    if answer > 0 and convert(answer, uint256) <= MAX_PRICE // source.scale:
        price: uint256 = convert(answer, uint256) * source.scale
        if source.min_price <= price and price <= source.max_price:
            reading.price = price
            reading.ok = reading.at > 0
    return reading


@internal
@view
def _call(feed: address, data: Bytes[36]) -> (bool, Bytes[160]):
    """
    @return Whether the call gave five words, and the words.
    """
    success: bool = False
    words: Bytes[160] = b""
    success, words = raw_call(
        feed,
        data,
        max_outsize=160,
        gas=READ_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and len(words) == 160, words
