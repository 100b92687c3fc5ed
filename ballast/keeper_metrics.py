"""What a keeper shows: Prometheus metrics, and whether it lives and is ready."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import generate_latest

from ballast.flags import Breach
from ballast.keeper_reading import Reading
from ballast.keeper_sender import Kind, Outcome

UNBOUNDED = 2**256 - 1
"""The margin ratio without a position."""

WAD: dict[str, Callable[[Any], int]] = {
    "vault_nav_usd": lambda at: at.state.nav,
    "vault_book_value_usd": lambda at: at.state.book_value,
    "vault_free_liquidity_usd": lambda at: at.free,
    "vault_book_delta_eth": lambda at: at.state.book_delta,
    "vault_hedge_size_eth": lambda at: at.state.size,
    "vault_net_delta_eth": lambda at: at.state.net_delta,
    "vault_band_eth": lambda at: at.state.band,
    "vault_margin_target": lambda at: at.state.margin_target,
    "oracle_price_usd": lambda at: at.risk.price,
    "perp_mark_usd": lambda at: at.state.mark,
    "perp_index_usd": lambda at: at.state.index,
    "perp_basis": lambda at: at.state.basis,
    "perp_funding_8h": lambda at: at.state.funding_8h,
    "perp_open_interest_eth": lambda at: at.market.open_interest if at.market else 0,
    "keeper_balance_eth": lambda at: at.balance,
}
"""Gauges in wad, by name."""

PLAIN: dict[str, Callable[[Any], int]] = {
    "keeper_head_block": lambda at: at.number,
    "keeper_base_fee_wei": lambda at: at.base_fee,
    "vault_waiting_shares": lambda at: at.waiting,
    "vault_boards": lambda at: len(at.boards),
    "oracle_age_seconds": lambda at: at.timestamp - at.risk.at,
    "oracle_valid": lambda at: int(at.risk.valid),
    "perp_valid": lambda at: int(at.market is not None and at.market.valid),
}
"""Other gauges."""


class Metrics:
    """All metrics of one keeper, in a registry of its own."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._gauges = {
            name: Gauge(name, name.replace("_", " "), registry=self.registry)
            for name in (*WAD, *PLAIN, "vault_margin_ratio")
        }
        self._breached = Gauge("vault_breached", "wrong now", ["flag"], registry=self.registry)
        self._tripped = Gauge("vault_tripped", "tripped", ["flag"], registry=self.registry)
        self._outcomes = Counter(
            "keeper_outcomes", "what came of tasks", ["job", "kind"], registry=self.registry
        )
        self._cost = Counter("keeper_gas_eth", "paid for gas", ["job"], registry=self.registry)
        self._ticks = Counter("keeper_ticks", "ticks", registry=self.registry)
        self._last = Gauge("keeper_last_tick_unixtime", "end of a tick", registry=self.registry)
        self._ready = Gauge("keeper_ready", "the last tick found all well", registry=self.registry)
        self._open = Gauge("keeper_open_transaction", "one is not mined", registry=self.registry)
        self._asked = Gauge("keeper_rpc_requests", "made so far", registry=self.registry)
        self._failed = Gauge("keeper_rpc_failures", "of them", registry=self.registry)
        self.last_tick = clock()
        self.is_ready = False

    def read(self, reading: Reading) -> None:
        """Show where the vault stands."""
        for name, take in WAD.items():
            self._gauges[name].set(take(reading) / 10**18)
        for name, plain in PLAIN.items():
            self._gauges[name].set(plain(reading))
        ratio = reading.state.margin_ratio
        self._gauges["vault_margin_ratio"].set(
            float("inf") if ratio == UNBOUNDED else ratio / 10**18
        )
        for flag in Breach:
            name = str(flag.name).lower()
            self._breached.labels(name).set(int(bool(reading.breached & flag)))
            self._tripped.labels(name).set(int(bool(reading.tripped & flag)))

    def note(self, outcome: Outcome) -> None:
        """Count what happened."""
        self._outcomes.labels(outcome.job or "none", outcome.kind).inc()
        if "cost_eth" in outcome.facts:
            self._cost.labels(outcome.job).inc(outcome.facts["cost_eth"])

    def tick(self, is_ready: bool, is_open: bool, requests: int, failures: int) -> None:
        """A tick has ended."""
        self.last_tick, self.is_ready = self._clock(), is_ready
        self._ticks.inc()
        self._last.set(self.last_tick)
        self._ready.set(int(is_ready))
        self._open.set(int(is_open))
        self._asked.set(requests)
        self._failed.set(failures)

    def is_alive(self, patience: float) -> bool:
        """Whether a tick has ended within `patience` seconds."""
        return self._clock() < self.last_tick + patience


NOT_READY = {Kind.UNAVAILABLE, Kind.WAITING, Kind.NO_MONEY, Kind.BROKEN}
"""Outcomes after which a keeper could not have acted."""


def serve(metrics: Metrics, port: int, patience: float) -> ThreadingHTTPServer:
    """/metrics, /healthz and /readyz on 127.0.0.1, until `shutdown`; OSError when it is taken.

    patience: without a tick for so long the keeper does not count as alive [s].
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802, the name is http.server's
            if self.path == "/metrics":
                self._answer(200, generate_latest(metrics.registry), CONTENT_TYPE_LATEST)
            elif self.path == "/healthz":
                self._say(metrics.is_alive(patience))
            elif self.path == "/readyz":
                self._say(metrics.is_alive(patience) and metrics.is_ready)
            else:
                self._answer(404, b"/metrics /healthz /readyz\n", "text/plain")

        def _say(self, is_well: bool) -> None:
            self._answer(200 if is_well else 503, b"ok\n" if is_well else b"no\n", "text/plain")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Who looks is not news."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
