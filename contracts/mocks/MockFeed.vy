# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title MockFeed
@license AGPL-3.0-only
@notice A Chainlink price feed for local chains whose owner publishes the rounds.
@dev A round id is `phase << 64 | round`, the first one is `1 << 64 | 1`. Answers are not checked: a
     reader is to be shown zero, negative, stale and future rounds too.
"""

from snekmate.auth import ownable

from ..interfaces import IAggregatorV3

implements: IAggregatorV3
initializes: ownable
exports: ownable.owner


struct Round:
    exists: bool  # an answer of 0 published at 0 is a round as well
    answer: int256  # [USD, `decimals` digits]
    updated_at: uint256  # [unix s]


PHASE: constant(uint80) = 2**64  # ids between the first rounds of two phases

decimals: public(immutable(uint8))

description: public(String[32])

# Id the next round will have.
next_round: public(uint80)

# Id of the newest round; 0 before the first.
latest_round: public(uint80)

rounds: HashMap[uint80, Round]


@deploy
def __init__(description_: String[32], decimals_: uint8):
    """
    @notice Deploy without a round; the deployer is the owner.
    @param description_ What the answers price, such as "ETH / USD".
    @param decimals_ Digits of an answer after the point.
    """
    # A price set by hand must not meet a chain where anything is worth something.
    assert chain.id in [1337, 31337], "mock_feed: local chains only"

    ownable.__init__()
    self.description = description_
    decimals = decimals_
    self.next_round = PHASE + 1


@external
def push(answer: int256):
    """
    @notice Publish a round at this block's time. Only the owner.
    @param answer Price. [USD, `decimals` digits]
    """
    ownable._check_owner()
    self._push(answer, block.timestamp)


@external
def push_at(answer: int256, updated_at: uint256):
    """
    @notice Publish a round that bears another time. Only the owner.
    @param answer Price. [USD, `decimals` digits]
    @param updated_at When the round says it was published. [unix s]
    """
    ownable._check_owner()
    self._push(answer, updated_at)


@external
def new_phase():
    """
    @notice Let the next round be the first of a new phase. Only the owner.
    @dev The newest round stays readable: a feed changes its aggregator for one that has answers.
    """
    ownable._check_owner()
    self.next_round = (self.next_round // PHASE + 1) * PHASE + 1


@external
@pure
def version() -> uint256:
    """
    @notice Version of the aggregator behind a feed; here of the mock.
    @return Version.
    """
    return 1


@external
@view
def latestRoundData() -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice The newest round.
    @return Round id, answer, started at [unix s], updated at [unix s], round of the answer.
    """
    assert self.latest_round != 0, "mock_feed: no round yet"
    return self._round_data(self.latest_round)


@external
@view
def getRoundData(_roundId: uint80) -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice A past round.
    @param _roundId Round id.
    @return Round id, answer, started at [unix s], updated at [unix s], round of the answer.
    """
    assert self.rounds[_roundId].exists, "mock_feed: no such round"
    return self._round_data(_roundId)


@internal
def _push(answer: int256, updated_at: uint256):
    round_id: uint80 = self.next_round
    self.rounds[round_id] = Round(exists=True, answer=answer, updated_at=updated_at)
    self.latest_round = round_id
    self.next_round = round_id + 1
    log IAggregatorV3.AnswerUpdated(
        current=answer, roundId=convert(round_id, uint256), updatedAt=updated_at
    )


@internal
@view
def _round_data(round_id: uint80) -> (uint80, int256, uint256, uint256, uint80):
    round: Round = self.rounds[round_id]
    return round_id, round.answer, round.updated_at, round.updated_at, round_id
