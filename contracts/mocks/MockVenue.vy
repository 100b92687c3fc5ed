# pragma version 0.4.3
"""
@title MockVenue
@license AGPL-3.0-only
@notice A venue, or any other contract, whose every answer is what a test wants: nothing, too
     little, or any words.
"""

# What a call with this selector returns; none set reverts.
answers: HashMap[bytes4, Bytes[320]]


@external
def answer(selector: bytes4, data: Bytes[320]):
    """
    @notice Return `data` from now on.
    @param selector Of the function.
    @param data Bytes to return as they are; empty to revert.
    """
    self.answers[selector] = data


@external
@raw_return
def __default__() -> Bytes[320]:
    data: Bytes[320] = self.answers[convert(slice(msg.data, 0, 4), bytes4)]
    assert len(data) > 0, "mock_venue: silent"
    return data
