# pragma version 0.4.3
"""
@title HostileFeed
@license AGPL-3.0-only
@notice A feed that answers any call with whatever bytes it was given, reverts, or burns all its gas.
"""

flag Mood:
    ANSWERS
    REVERTS
    BURNS


mood: Mood
answer: Bytes[320]


@deploy
def __init__(mood: Mood, answer: Bytes[320]):
    """
    @notice Deploy with the behaviour fixed.
    @param mood What it does when called.
    @param answer What it returns when it answers.
    """
    self.mood = mood
    self.answer = answer


@external
@raw_return
def __default__() -> Bytes[320]:
    """
    @notice Answer, revert or burn.
    """
    assert self.mood != Mood.REVERTS, "hostile_feed: no"
    if self.mood == Mood.BURNS:
        for i: uint256 in range(max_value(uint256)):
            assert msg.gas > 0
    return self.answer
