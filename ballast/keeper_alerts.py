"""Tells a human, once, that something is wrong, and that it is over."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests

from ballast.flags import Breach, words
from ballast.keeper_metrics import UNBOUNDED
from ballast.keeper_reading import Reading

TIMEOUT = 5
"""Of a webhook [s]."""


@dataclass(frozen=True)
class Thresholds:
    """From where on a human wants to know."""

    margin: float = 0.6  # margin ratio, of its target
    out_of_band: int = 600  # |net delta| beyond the band for so long [s]
    oracle_age: int = 4_000  # [s]
    silence: int = 60  # without a sensible answer of the node [s]
    money: int = 10**16  # [wei] of the keeper's account
    repeat: int = 6 * 3_600  # an alert that lasts is told again [s]


@dataclass
class Alerts:
    """Which alerts are on. `send` gets each message, from the keeper's own thread."""

    send: Callable[[dict[str, Any]], None]
    thresholds: Thresholds = Thresholds()
    clock: Callable[[], float] = time.time
    _told: dict[str, float] = field(default_factory=dict)
    _out_since: int | None = None
    _heard: float | None = None

    def read(self, reading: Reading) -> None:
        """Look at the vault."""
        limits, state = self.thresholds, reading.state
        self._heard = self.clock()
        self._set("node", None)
        ratio = state.margin_ratio
        is_thin = ratio != UNBOUNDED and ratio < limits.margin * state.margin_target
        self._set("margin", f"margin ratio {ratio / 10**18:.3f}" if is_thin else None)
        if abs(state.net_delta) <= state.band:
            self._out_since = None
        elif self._out_since is None:
            self._out_since = reading.timestamp
        waited = 0 if self._out_since is None else reading.timestamp - self._out_since
        out = f"net delta {state.net_delta / 10**18:.2f} ETH, out of band for {waited} s"
        self._set("out_of_band", out if waited >= limits.out_of_band else None)
        age = reading.timestamp - reading.risk.at
        self._set("feed", f"the price is {age} s old" if age > limits.oracle_age else None)
        wrong = Breach(reading.breached | reading.tripped)
        self._set("breaker", words(wrong) if wrong else None)
        poor = f"{reading.balance / 10**18:.4f} ETH left for gas"
        self._set("money", poor if reading.balance < limits.money else None)

    def unavailable(self, detail: str) -> None:
        """The node gave no sensible answer."""
        now = self.clock()
        self._heard = now if self._heard is None else self._heard
        if now >= self._heard + self.thresholds.silence:
            self._set("node", detail)

    def _set(self, name: str, problem: str | None) -> None:
        now = self.clock()
        told = self._told.get(name)
        if problem is None:
            if self._told.pop(name, None) is not None:
                self.send({"alert": name, "status": "resolved", "text": f"{name}: over"})
        elif told is None or now >= told + self.thresholds.repeat:
            self._told[name] = now
            self.send({"alert": name, "status": "firing", "text": f"{name}: {problem}"})


class Webhook:
    """Posts messages as JSON from a thread of its own: a slow receiver holds up nobody."""

    def __init__(self, url: str, on_failure: Callable[[str], None]) -> None:
        self._url = url
        self._on_failure = on_failure
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue(maxsize=100)
        threading.Thread(target=self._post_all, daemon=True).start()

    def __call__(self, message: dict[str, Any]) -> None:
        """Post it soon; when a hundred wait, it is left out."""
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            self._on_failure("a hundred alerts wait: one is left out")

    def flush(self, patience: float) -> None:
        """Wait until all is posted, `patience` seconds at most."""
        deadline = time.monotonic() + patience
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.05)

    def _post_all(self) -> None:
        while True:
            message = self._waiting.get()
            try:
                requests.post(self._url, json=message, timeout=TIMEOUT).raise_for_status()
            except requests.RequestException as error:
                self._on_failure(type(error).__name__)
            finally:
                self._waiting.task_done()
