"""ballast.keeper_rpc: what a node may answer, and what is made of it."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from eth_abi import encode

from ballast.abi import ERROR
from ballast.keeper_rpc import Node, NodeError, Unavailable, jittered, why


class Endpoint(ThreadingHTTPServer):
    """Answers with what is in `answers`, one after another: (status, text)."""

    def __init__(self):
        endpoint = self
        self.answers = []
        self.asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                endpoint.asked.append(json.loads(body)["method"])
                status, text = endpoint.answers.pop(0)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def endpoint():
    server = Endpoint()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def node(endpoint):
    return Node(f"http://127.0.0.1:{endpoint.server_port}", timeout=2, sleep=lambda _: None)


def result(value):
    return 200, json.dumps({"jsonrpc": "2.0", "id": 0, "result": value})


def refusal(**error):
    return 200, json.dumps({"jsonrpc": "2.0", "id": 0, "error": error})


BAD = [
    (500, "{}"), (200, "<html>"), (200, ""), (200, "[]"), (200, "7"), (200, "{}"),
    (200, '{"result": 1, "error": {}}'),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_ask__no_sensible_answer__is_asked_again(endpoint, node, bad):
    endpoint.answers = [bad, bad, result("0x1")]
    assert node.ask("eth_chainId") == "0x1"
    assert (node.requests, node.failures) == (3, 2)


@pytest.mark.parametrize("bad", BAD)
def test_ask__none_three_times__is_unavailable(endpoint, node, bad):
    endpoint.answers = [bad] * 3
    with pytest.raises(Unavailable, match="^eth_chainId: "):
        node.ask("eth_chainId")
    assert node.requests == 3


def test_ask__nobody_listens__is_unavailable():
    with pytest.raises(Unavailable, match="ConnectionError"):
        Node("http://127.0.0.1:1", sleep=lambda _: None).ask("eth_chainId")


def test_ask__refused__is_not_asked_again(endpoint, node):
    endpoint.answers = [refusal(code=-32_000, message="nonce too low")]
    with pytest.raises(NodeError, match="nonce too low"):
        node.ask("eth_sendRawTransaction", "0x")
    assert node.requests == 1


@pytest.mark.parametrize("value", [None, {}, "0xzz", "", []])
def test_quantity__not_a_number__is_unavailable(endpoint, node, value):
    endpoint.answers = [result(value)]
    with pytest.raises(Unavailable, match="is not a number"):
        node.quantity("eth_chainId")


@pytest.mark.parametrize("value", [None, {}, "0xzz", 7])
def test_data__not_bytes__is_unavailable(endpoint, node, value):
    endpoint.answers = [result(value)]
    with pytest.raises(Unavailable, match="is not data"):
        node.data("eth_call")


@pytest.mark.parametrize("value", [7, "0x", []])
def test_mapping__not_an_object__is_unavailable(endpoint, node, value):
    endpoint.answers = [result(value)]
    with pytest.raises(Unavailable, match="is not an object"):
        node.mapping("eth_getTransactionReceipt")


TEXT = "0x" + (ERROR + encode(["string"], ["vault: no"])).hex()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "execution reverted", "data": TEXT}, "vault: no"),
        ({"message": "reverted", "data": {"data": TEXT}}, "vault: no"),
        ({"message": "execution reverted: vault: no", "data": "0x"}, "vault: no"),
        (
            {"message": "Error: VM Exception: reverted with reason string 'vault: no'"},
            "vault: no",
        ),
        ({"message": "out of gas"}, "out of gas"),
        ({"message": "odd", "data": "0xzz"}, "odd"),
        ({"message": "odd", "data": "0x08c379a0ffff"}, "odd"),
    ],
)
def test_why__as_nodes_write_it__is_the_reason(endpoint, node, error, expected):
    endpoint.answers = [refusal(**error)]
    with pytest.raises(NodeError) as caught:
        node.ask("eth_call")
    assert why(caught.value) == expected


def test_jittered__any__is_between_half_and_all():
    pauses = [jittered(8) for _ in range(100)]
    assert 4 <= min(pauses) and max(pauses) <= 8 and len(set(pauses)) > 50
