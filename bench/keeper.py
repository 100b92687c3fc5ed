"""What a keeper asks of its node, on Anvil: requests of an idle tick, round trips to a hedge.

Each request waits for the one before, so that it is a round trip too.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "devnet"))

from desk import KEEPER, RIVAL, Desk
from keepers import Kept
from nodes import Node

from ballast.keeper_sender import Kind

TICKS = 5


def requests() -> dict[str, dict[str, float]]:
    """The figures; RuntimeError when a keeper does something else than expected."""
    with tempfile.TemporaryDirectory() as folder:
        node = Node(Path(folder)).start()
        try:
            done = node.run("deploy", "--output", str(node.deployment), account="TEST::0")
            if done.returncode:
                raise RuntimeError(done.stderr)
            return {"keeper": _measure(Desk(node), Path(folder))}
        finally:
            node.kill()


def _measure(desk: Desk, folder: Path) -> dict[str, float]:
    desk.automine(False)
    desk.open_vault()
    keeper = Kept(desk, folder / "keeper.json", account=KEEPER)
    other = Kept(desk, folder / "other.json", account=RIVAL, liquidate=True)
    try:
        figures = {"requests of an idle tick": _idle(desk, keeper)}
        desk.sell(40)
        figures["round trips from block to hedge"] = _asked(keeper, [Kind.SENT])
        desk.mine()
        keeper.tick()
        figures["requests of an idle tick, with --liquidate"] = _idle(desk, other)
    finally:
        keeper.close()
        other.close()
    return figures


def _idle(desk: Desk, keeper: Kept) -> int:
    """Most requests of a tick on a new block with nothing to do."""
    keeper.tick()
    counts = []
    for _ in range(TICKS):
        desk.mine()
        counts.append(_asked(keeper, [Kind.IDLE]))
    return max(counts)


def _asked(keeper: Kept, expected: list[Kind]) -> int:
    """Requests of a tick that ends as expected."""
    before = keeper.node.requests
    if (seen := keeper.tick()) != expected:
        raise RuntimeError(f"the keeper's tick gave {seen}, not {expected}")
    return keeper.node.requests - before
