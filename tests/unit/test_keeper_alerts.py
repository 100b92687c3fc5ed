"""ballast.keeper_alerts, keeper_log and keeper_metrics: what a human and Prometheus are told."""

import io
import json
import socket
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest

from ballast.flags import Breach
from ballast.keeper_alerts import Alerts, Webhook
from ballast.keeper_log import Log
from ballast.keeper_metrics import UNBOUNDED, Metrics, serve
from ballast.keeper_sender import Kind, Outcome
from ballast.units import WAD


class Clock:
    """A clock that is set by hand."""

    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sent():
    return []


@pytest.fixture
def alerts(sent, clock):
    return Alerts(sent.append, clock=clock)


def reading(ratio=0.4, net=1, at=1_000, breached=0, tripped=0, balance=WAD, now=1_000):
    """A vault that is well: margin at its target, within a band of 2 ETH."""
    margin = ratio if ratio == UNBOUNDED else int(ratio * WAD)
    return SimpleNamespace(
        timestamp=now, breached=breached, tripped=tripped, balance=balance,
        state=SimpleNamespace(
            margin_ratio=margin, margin_target=int(0.4 * WAD), net_delta=net * WAD, band=2 * WAD
        ),
        risk=SimpleNamespace(at=at),
    )  # fmt: skip


def told(sent):
    """Which alerts went on and off since last asked."""
    found = [(message["alert"], message["status"]) for message in sent]
    sent.clear()
    return found


def test_read__all_is_well__says_nothing(alerts, sent):
    alerts.read(reading())
    alerts.read(reading(ratio=UNBOUNDED))
    assert told(sent) == []


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("margin", {"ratio": 0.239}, {"ratio": 0.24}),
        ("feed", {"now": 5_001}, {"now": 5_000}),
        ("breaker", {"breached": int(Breach.MARGIN)}, {}),
        ("breaker", {"tripped": int(Breach.JUMP)}, {}),
        ("money", {"balance": 10**16 - 1}, {"balance": 10**16}),
    ],
)
def test_read__over_a_threshold__says_so_once_and_when_it_is_over(alerts, sent, name, bad, good):
    for _ in range(3):
        alerts.read(reading(**bad))
    assert told(sent) == [(name, "firing")]
    for _ in range(3):
        alerts.read(reading(**good))
    assert told(sent) == [(name, "resolved")]


def test_read__out_of_the_band__only_when_it_lasts(alerts, sent):
    alerts.read(reading(net=3, now=1_000))
    alerts.read(reading(net=-3, now=1_599))
    assert told(sent) == []
    alerts.read(reading(net=3, now=1_600))
    assert told(sent) == [("out_of_band", "firing")]
    alerts.read(reading(net=2, now=1_601))
    alerts.read(reading(net=3, now=1_602))
    assert told(sent) == [("out_of_band", "resolved")]


def test_read__lasts_for_hours__is_told_again(alerts, sent, clock):
    for hours, expected in ((0, 1), (5.9, 0), (6, 1), (11, 0)):
        clock.now = Clock.now + hours * 3_600
        alerts.read(reading(ratio=0.1))
        assert len(told(sent)) == expected


def test_unavailable__a_minute_long__is_told(alerts, sent, clock):
    alerts.unavailable("hangs")
    clock.now += 59
    alerts.unavailable("hangs")
    assert told(sent) == []
    clock.now += 1
    alerts.unavailable("hangs")
    assert told(sent) == [("node", "firing")]
    alerts.read(reading())
    assert told(sent) == [("node", "resolved")]


def test_webhook__nobody_there__is_reported_and_harmless():
    failures = []
    hook = Webhook("http://127.0.0.1:1", failures.append)
    hook({"alert": "margin"})
    hook.flush(5)
    assert failures == ["ConnectionError"]


def test_webhook__slow_receiver__holds_up_nobody_and_loses_what_is_too_much():
    """It takes the first message and never answers; a hundred wait, and one more does not."""
    failures = []
    with socket.create_server(("127.0.0.1", 0)) as receiver:
        receiver.settimeout(10)
        hook = Webhook(f"http://127.0.0.1:{receiver.getsockname()[1]}", failures.append)
        hook({"alert": "margin"})
        connection, _ = receiver.accept()
        for _ in range(100):
            hook({"alert": "margin"})
        assert failures == []
        hook({"alert": "margin"})
        assert failures == ["a hundred alerts wait: one is left out"]
        connection.close()


# ------------------------------------------------------------------ log


def lines(stream):
    return stream.getvalue().splitlines()


def test_log__json__is_a_line_an_event(clock):
    stream = io.StringIO()
    Log("json", stream, clock)("sent", "outside band", nonce=3, trade=1.5)
    assert json.loads(stream.getvalue()) == {
        "time": "1970-01-12T13:46:40.000+00:00", "level": "info", "event": "sent",
        "detail": "outside band", "nonce": 3, "trade": 1.5,
    }  # fmt: skip


def test_log__console__is_readable(clock):
    stream = io.StringIO()
    log = Log("console", stream, clock)
    log("sent", "outside band", nonce=3, trade=1.23456789)
    log("idle", "in band")
    log("stopped", level="warning")
    assert lines(stream) == [
        "13:46:40 sent: outside band  nonce=3 trade=1.23457",
        "13:46:40 idle: in band",
        "13:46:40 WARNING stopped",
    ]


def test_log__the_same_again__is_left_out_for_a_minute(clock):
    stream = io.StringIO()
    log = Log("console", stream, clock)
    for seconds in (0, 1, 59, 60):
        clock.now = Clock.now + seconds
        log("idle", "in band")
        log("sent", "hedge", nonce=1)
    assert [line[9:13] for line in lines(stream)] == [
        "idle",
        "sent",
        "sent",
        "sent",
        "idle",
        "sent",
    ]


# ------------------------------------------------------------------ metrics


@pytest.fixture
def server(clock):
    metrics = Metrics(clock)
    server = serve(metrics, 0, patience=60)
    yield metrics, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def status(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_serve__ticks__is_alive_and_ready(server, clock):
    metrics, url = server
    assert (status(f"{url}/healthz"), status(f"{url}/readyz")) == (200, 503)
    metrics.tick(True, False, 3, 0)
    assert (status(f"{url}/healthz"), status(f"{url}/readyz")) == (200, 200)
    metrics.tick(False, False, 6, 3)
    assert (status(f"{url}/healthz"), status(f"{url}/readyz")) == (200, 503)
    clock.now += 60
    assert (status(f"{url}/healthz"), status(f"{url}/readyz")) == (503, 503)
    assert status(f"{url}/else") == 404


def test_serve__outcomes__are_counted(server):
    metrics, url = server
    for _ in range(2):
        metrics.note(Outcome(Kind.DONE, "", "rebalance", {"cost_eth": 0.25}))
    text = urllib.request.urlopen(f"{url}/metrics").read().decode()
    assert 'keeper_outcomes_total{job="rebalance",kind="done"} 2.0' in text
    assert 'keeper_gas_eth_total{job="rebalance"} 0.5' in text
    for prefix in ("keeper_", "vault_", "oracle_", "perp_"):
        assert f"# TYPE {prefix}" in text
