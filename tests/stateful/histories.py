"""How long the random histories are, and how they are run.

`STATEFUL=full` (make stateful) runs 200 times 60 actions, another set each time; else it is 10
times 30, and always the same.
"""

import os
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

IS_FULL = os.environ.get("STATEFUL") == "full"
RUNS, STEPS = (200, 60) if IS_FULL else (10, 30)


def run(create: Callable[[], RuleBasedStateMachine]) -> None:
    """Live through all histories of a machine."""
    run_state_machine_as_test(
        create,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not IS_FULL,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
