"""The flags of the contracts' interfaces: what the hedger does and why, what the breaker sees."""

from enum import IntFlag


class Action(IntFlag):
    """What `rebalance` would do; the flags of IHedger.Action."""

    NONE = 0
    HEDGE = 1
    TOP_UP = 2
    GIVE_BACK = 4


class Reason(IntFlag):
    """Why; the flags of IHedger.Reason."""

    IN_BAND = 1
    OUTSIDE_BAND = 2
    INTERVAL = 4
    NOTHING_SOLD = 8
    BELOW_MINIMUM = 16
    HEDGED_THIS_BLOCK = 32
    INVALID_FEED = 64
    INVALID_VENUE = 128
    ORDER_PENDING = 256


class Breach(IntFlag):
    """What is wrong with the vault; the flags of IBreaker.Breach."""

    NONE = 0
    BASIS = 1
    DRAWDOWN = 2
    MARGIN = 4
    UNHEDGED = 8
    JUMP = 16
    FEED = 32
    GUARDIAN = 64


def words(flag: IntFlag) -> str:
    """Flags in words: "top up", "basis and margin"."""
    return " and ".join(str(part.name).lower().replace("_", " ") for part in flag)
