"""What a keeper says: one line an event, as JSON or for a human's eye; never a traceback."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TextIO

REPEAT = 60
"""The same line is written again after so long, at the earliest [s]."""


class Log:
    """Writes events; what only repeats itself is left out for a minute."""

    def __init__(
        self,
        style: str = "console",
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """style: json or console."""
        self._is_json = style == "json"
        self._stream = stream
        self._clock = clock
        self._written: dict[tuple[str, str], float] = {}

    def __call__(self, event: str, detail: str = "", level: str = "info", **facts: Any) -> None:
        """Write an event. A line with facts is news; one without is told once a minute."""
        now = self._clock()
        told = self._written.get((event, detail))
        if not facts and told is not None and now < told + REPEAT:
            return
        self._written = {key: at for key, at in self._written.items() if now < at + REPEAT}
        self._written[event, detail] = now
        stamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
        line = {"time": stamp, "level": level, "event": event, "detail": detail} | facts
        print(
            json.dumps(line, default=str) if self._is_json else _readable(line),
            file=self._stream or sys.stdout,
            flush=True,
        )


def _readable(line: dict[str, Any]) -> str:
    """12:00:03 hedged, outside band: block=12 gas=301204."""
    clock = line.pop("time")[11:19]
    level, event, detail = (line.pop(name) for name in ("level", "event", "detail"))
    mark = "" if level == "info" else f"{level.upper()} "
    facts = " ".join(f"{name}={_short(value)}" for name, value in line.items())
    parts = [f"{mark}{event}", detail]
    return f"{clock} {': '.join(part for part in parts if part)}{'  ' if facts else ''}{facts}"


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
