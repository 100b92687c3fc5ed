# pragma version 0.4.3
"""
@title refusal
@license AGPL-3.0-only
@notice `assert` as a function: a contract near the limit of code keeps 60 bytes for each.
@dev Stateless. The compiler writes the code that reverts with a reason out at every assert.
"""


@internal
@pure
def _unless(ok: bool, reason: String[40]):
    """
    @dev Reverts with the reason unless `ok`.
    """
    if not ok:
        raise reason
