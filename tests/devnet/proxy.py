"""A proxy between a keeper and its node that does to requests what bad nodes and networks do."""

import json
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]

LAG = 10
"""Blocks that a lying node is behind."""


class Proxy:
    """Forwards JSON-RPC to a node. `fault` is "", or what is wrong:

    hang (no answer), garbage (no JSON), lie (an old block is the newest), deaf (what is sent
    vanishes as if it had arrived), mute (it arrives, the answer is lost), drop (three requests
    of ten are cut off).
    """

    def __init__(self, node_url: str, seed: int = 1) -> None:
        self.fault = ""
        self.asked: list[str] = []
        """Methods, in the order they came."""
        self._node_url = node_url
        self._random = random.Random(seed)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:  # noqa: N805, self is the handler's
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802, the name is http.server's
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = json.loads(body)
                proxy.asked.append(request["method"])
                answer = proxy._answer(request)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        return Handler

    def _answer(self, request: Request) -> bytes | None:
        faults: dict[str, Callable[[Request], bytes | None]] = {
            "": self._forward,
            "hang": self._hang,
            "garbage": lambda _: b"<html>503 come back later</html>",
            "lie": self._lie,
            "deaf": self._deaf,
            "mute": self._mute,
            "drop": lambda it: None if self._random.random() < 0.3 else self._forward(it),
        }
        return faults[self.fault](request)

    def _forward(self, request: Request) -> bytes | None:
        sent = urllib.request.Request(
            self._node_url, json.dumps(request).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(sent, timeout=10) as answer:
                return bytes(answer.read())
        except (urllib.error.URLError, OSError):
            return None

    def _hang(self, request: Request) -> None:
        time.sleep(2)

    def _lie(self, request: Request) -> bytes | None:
        if request["method"] != "eth_call":
            return self._forward(request)
        height = json.loads(
            self._forward(request | {"method": "eth_blockNumber", "params": []}) or b""
        )
        call, _ = request["params"]
        return self._forward(request | {"params": [call, hex(int(height["result"], 16) - LAG)]})

    def _deaf(self, request: Request) -> bytes | None:
        if request["method"] != "eth_sendRawTransaction":
            return self._forward(request)
        return json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": "0x"}).encode()

    def _mute(self, request: Request) -> bytes | None:
        answer = self._forward(request)
        return None if request["method"] == "eth_sendRawTransaction" else answer
