# pragma version 0.4.3
"""
@title SwitchHarness
@license AGPL-3.0-only
@notice Stands before a feed or a venue and passes reads on, until it is switched off: then every
     read reverts.
"""

is_off: public(bool)

TARGET: immutable(address)
MOST: constant(uint256) = 224  # [bytes] the longest answer: seven words of a venue


@deploy
def __init__(target: address):
    TARGET = target


@external
def switch_off():
    self.is_off = True


@external
@view
@raw_return
def __default__() -> Bytes[MOST]:
    assert not self.is_off, "switch_harness: off"
    return raw_call(TARGET, msg.data, max_outsize=MOST, is_static_call=True)
