# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title book_feed
@license AGPL-3.0-only
@notice What the feed says and whether that is good, and the last good price, which stands in while
     it is not.
@dev Stateful: owns what a good answer is; keeps the last good price in `book_boards.state`. Calls
     only the feed and the sequencer's. Its reasons begin with `option_book:`. Prices USD per ETH
     [wad].
"""

from ..interfaces import IOptionBook
from . import book_boards
from . import packing
from . import parameter_words as words
from . import price_feed
from . import refusal

uses: book_boards

MAX_PRICE: constant(uint256) = 10**9 * 10**18  # [USD wad] with it the pricing cannot overflow
MAX_PERIOD: constant(uint256) = 172_800  # [s] two days, of heartbeat and grace
FEED_LOST: constant(uint256) = 30 * 86_400  # [s] after expiry, of a feed that does not answer

FEED: immutable(address)
FEED_SCALE: immutable(uint256)  # [wad] per unit of the feed's answer

# Laid out in `parameter_words`.
oracle_word: uint256
sequencer: address


@deploy
def __init__(feed: address):
    FEED = feed
    FEED_SCALE = price_feed._scale(feed)


@external
@view
def oracle() -> IOptionBook.Oracle:
    """
    @notice When the feed is good.
    @return See `IOptionBook.Oracle`.
    """
    return self._oracle()


@internal
@view
def _read_price() -> price_feed.Reading:
    oracle: IOptionBook.Oracle = self._oracle()
    reading: price_feed.Reading = price_feed._latest(self._source(oracle), oracle.heartbeat)
    reading.ok = reading.ok and price_feed._sequencer_up(oracle.sequencer, oracle.grace)
    return reading


@internal
@view
def _source(oracle: IOptionBook.Oracle) -> price_feed.Source:
    """
    @dev What a price is, now and at an expiry.
    """
    return price_feed.Source(
        feed=FEED, scale=FEED_SCALE, min_price=oracle.min_price, max_price=oracle.max_price
    )


@internal
def _update_price_if_good() -> price_feed.Reading:
    """
    @dev Reads the feed, and keeps the price that stands in while it is bad.
    """
    reading: price_feed.Reading = self._read_price()
    if reading.ok:
        kept: uint256 = packing._with_price(book_boards.state, reading.price, reading.at)
        if kept != book_boards.state:
            book_boards.state = kept
            log IOptionBook.PriceKept(price=reading.price, at=reading.at)
    return reading


@internal
@view
def _price_without_feed(reading: price_feed.Reading, expiry: uint256) -> uint256:
    """
    @dev Of a feed that does not answer at all, a month after expiry: the last good price that the
         book has seen. Nobody can choose it any more, and holders would wait for ever.
    """
    refusal._unless(block.timestamp > expiry + FEED_LOST, "option_book: feed may come back")
    refusal._unless(reading.at == 0, "option_book: feed answers")
    last: uint256 = packing._state_price(book_boards.state)
    refusal._unless(last > 0, "option_book: no price ever")
    return last


@internal
@view
def _oracle() -> IOptionBook.Oracle:
    word: uint256 = self.oracle_word
    has_sequencer: bool = words._has_sequencer(word)
    return words._oracle(word, self.sequencer if has_sequencer else empty(address))


@internal
def _set_oracle(oracle: IOptionBook.Oracle):
    refusal._unless(
        (oracle.heartbeat >= 60 and oracle.heartbeat <= MAX_PERIOD), "option_book: bad heartbeat"
    )
    refusal._unless(oracle.min_price > 0, "option_book: bad price bounds")
    refusal._unless(oracle.max_price > oracle.min_price, "option_book: bad price bounds order")
    refusal._unless(oracle.max_price <= MAX_PRICE, "option_book: max price too high")
    refusal._unless(oracle.grace <= MAX_PERIOD, "option_book: grace too long")
    self.oracle_word = words._oracle_word(oracle)
    self.sequencer = oracle.sequencer
    log IOptionBook.OracleSet(oracle=oracle)
