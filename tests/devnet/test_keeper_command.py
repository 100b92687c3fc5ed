"""`ape run keeper`, as an operator runs it: lines, exit codes, signals, metrics, alerts."""

import json
import re
import signal
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from nodes import ROOT, Node, environment, free_port

pytest_plugins = ["keeper_fixtures"]


@pytest.fixture
def sold(desk):
    """A vault whose hedge is due, on a node that mines on demand."""
    desk.sell(40)
    desk.automine(True)
    return desk


def arguments(node, tmp_path, *options):
    """The command, with JSON lines and a journal of the test's own."""
    return [
        "keeper", "--deployment", str(node.deployment), "--journal", str(tmp_path / "j.json"),
        "--log", "json", *options,
    ]  # fmt: skip


def lines(output):
    """What was written, in JSON; every line of it."""
    return [json.loads(line) for line in output.splitlines()]


def events(output):
    return [line["event"] for line in lines(output)]


def test_once__hedge_due__hedges_waits_and_ends(sold, tmp_path):
    done = sold.node.run(*arguments(sold.node, tmp_path, "--once"), account="TEST::1")
    assert done.returncode == 0, done.stderr
    assert events(done.stdout) == ["started", "sent", "done", "idle", "stopped"]
    assert lines(done.stdout)[2]["filled"] > 0
    assert "Traceback" not in done.stderr and not sold.is_out()


def test_once__dry_run_or_over_the_ceiling__sends_nothing(sold, tmp_path):
    options = ("--once", "--dry-run")
    done = sold.node.run(*arguments(sold.node, tmp_path, *options), account="TEST::1")
    assert (done.returncode, events(done.stdout)) == (0, ["started", "dry_run", "stopped"])
    options = ("--once", "--max-base-fee", "0.000000001")
    done = sold.node.run(*arguments(sold.node, tmp_path, *options), account="TEST::1")
    assert (done.returncode, events(done.stdout)) == (4, ["started", "waiting", "stopped"])
    assert sold.is_out()


def test_once__no_deployment__is_a_line(devnet, tmp_path):
    done = devnet.run("keeper", "--deployment", str(tmp_path / "none.json"), account="TEST::1")
    assert done.returncode == 1
    assert (done.stdout, done.stderr) == (
        "", f"Error: cannot read {tmp_path / 'none.json'}: No such file or directory\n"
    )  # fmt: skip


def test_once__no_node__is_a_line(devnet, tmp_path):
    nobody = Node(tmp_path)
    done = nobody.run(*arguments(devnet, tmp_path), account="TEST::1")
    expected = (
        f"Error: No (supported) node found on '{nobody.url}'. Is it running? "
        "`make devnet` starts one.\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


class Receiver(ThreadingHTTPServer):
    """A webhook that keeps what it is told."""

    def __init__(self):
        receiver = self
        self.told = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append(json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def wait_for(what, seconds=90):
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise TimeoutError


def fetch(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return None


def test_loop__sigterm__serves_alerts_and_ends_clean(sold, tmp_path):
    """A second keeper with the same journal is refused meanwhile."""
    sold.send("breaker", "reduce_only")
    receiver, port = Receiver(), free_port()
    options = (
        "--loop", "--poll", "0.2", "--metrics-port", str(port),
        "--webhook", f"http://127.0.0.1:{receiver.server_port}",
    )  # fmt: skip
    command = [
        "ape", "run", *arguments(sold.node, tmp_path, *options),
        "--network", sold.node.network, "--account", "TEST::1",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert wait_for(lambda: fetch(port, "/readyz")) == "ok\n"
        wait_for(lambda: not sold.is_out())
        wait_for(lambda: 'kind="done"' in (fetch(port, "/metrics") or ""))
        metrics = fetch(port, "/metrics")
        assert 'keeper_outcomes_total{job="rebalance",kind="done"} 1.0' in metrics
        assert 'vault_tripped{flag="guardian"} 1.0' in metrics
        (free,) = re.findall(r"^vault_free_liquidity_usd (\S+)$", metrics, re.M)
        assert float(free) == pytest.approx(sold.read("vault", "free_liquidity") / 10**18, rel=0.01)
        (alert,) = wait_for(lambda: receiver.told)
        assert (alert["alert"], alert["status"]) == ("breaker", "firing")
        second = sold.node.run(*arguments(sold.node, tmp_path), account="TEST::1")
        assert second.returncode == 1 and "Error: another keeper uses" in second.stderr
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        receiver.shutdown()
    assert process.returncode == 0 and "Traceback" not in errors
    assert events(output)[0] == "started" and events(output)[-1] == "stopped"
