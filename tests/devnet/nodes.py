"""Nodes of the devnet tests, each a process on its own port, and the commands run on them."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DEVNET = ROOT / "devnet"
START_WITHIN = 60  # [s]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Node:
    """A local chain: `start`, `stop` (it saves its state), `kill` (it does not)."""

    folder: Path
    kind: str = "anvil"
    options: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def network(self) -> str:
        """The node as ape's `--network` names it."""
        return f"ethereum:devnet:{self.url}"

    @property
    def deployment(self) -> Path:
        """Where `ape run deploy` writes for this node."""
        return self.folder / "deployment.json"

    def start(self) -> "Node":
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            self._command(), cwd=DEVNET, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline:
            try:
                self.rpc("eth_chainId")
                return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise TimeoutError(f"{self.kind} does not answer on {self.url}")

    def stop(self) -> None:
        """End it as a user does; Anvil writes its state."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def rpc(self, method: str, *params: Any, timeout: float = 10) -> Any:
        """The result of a JSON-RPC call; RuntimeError with the node's words when it is an error."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(
            self.url, body.encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            content = json.load(answer)
        if "error" in content:
            raise RuntimeError(content["error"]["message"])
        return content["result"]

    def run(
        self, *arguments: str, account: str | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """`ape run ...` on this node, as a user types it."""
        options = ["--network", self.network]
        options += ["--account", account] if account else []
        return subprocess.run(
            ["ape", "run", *arguments, *options],
            cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip

    def _command(self) -> list[str]:
        if self.kind == "hardhat":
            return ["node_modules/.bin/hardhat", "node", "--port", str(self.port)]
        state = self.folder / "state.json"
        return [
            "node_modules/.bin/anvil", "--port", str(self.port), "--hardfork", "cancun",
            "--state", str(state), "--quiet", *self.options,
        ]  # fmt: skip

    def _end(self, how: signal.Signals) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(timeout=30)
            self.process = None


def environment() -> dict[str, str]:
    """The environment of a command: plain output, the tools of this checkout."""
    return os.environ | {"COLUMNS": "120", "NO_COLOR": "1", "TERM": "dumb"}
