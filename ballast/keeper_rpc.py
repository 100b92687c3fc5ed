"""A node as the keeper speaks to it: JSON-RPC over HTTP with time-outs, retries and a count.

Everything that is asked may be asked again: reads change nothing, and a signed transaction that is
sent twice is the same transaction.
"""

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from eth_abi.exceptions import DecodingError
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from ballast.abi import Handle, reason
from ballast.chain import Reverted

REASON = re.compile(r"(?:revert(?:ed)?:?(?: with reason string)?) '?([^'\"]+)'?")
"""What nodes write around the reason of a refusal, where they give no data."""

PAUSE = 0.1
"""Before the first retry; it doubles, and is shortened by up to half at random [s]."""


class Unavailable(Exception):
    """No answer, or none that makes sense; the message says which. Another time may be better."""


class NodeError(Exception):
    """An answer that says no: the node's own words."""

    def __init__(self, message: str, data: bytes = b"") -> None:
        super().__init__(message)
        self.data = data


@dataclass
class Node:
    """One endpoint. timeout: of a request [s]; attempts: how often it is made."""

    url: str
    timeout: float = 5.0
    attempts: int = 3
    sleep: Callable[[float], Any] = time.sleep
    requests: int = 0
    """HTTP requests made so far, retries included."""
    failures: int = 0
    """Of these, those without a sensible answer."""
    _provider: HTTPProvider = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._provider = HTTPProvider(
            self.url, {"timeout": self.timeout}, exception_retry_configuration=None
        )

    def ask(self, method: str, *params: Any) -> Any:
        """The result; NodeError when the node refuses, Unavailable after the last attempt."""
        for attempt in range(1, self.attempts + 1):
            try:
                return self._ask_once(method, params)
            except Unavailable:
                self.failures += 1
                if attempt == self.attempts:
                    raise
                self.sleep(jittered(PAUSE * 2 ** (attempt - 1)))
        raise AssertionError("attempts is 0")

    def _ask_once(self, method: str, params: tuple[Any, ...]) -> Any:
        self.requests += 1
        try:
            answer: Any = self._provider.make_request(RPCEndpoint(method), params)
        except requests.Timeout:
            raise Unavailable(f"{method}: no answer within {self.timeout:g} s") from None
        except requests.HTTPError as error:
            raise Unavailable(f"{method}: HTTP {error.response.status_code}") from None
        except requests.RequestException as error:
            raise Unavailable(f"{method}: {type(error).__name__}") from None
        except (ValueError, UnicodeError):
            raise Unavailable(f"{method}: the answer is not JSON") from None
        if not isinstance(answer, dict) or ("result" not in answer) == ("error" not in answer):
            raise Unavailable(f"{method}: the answer is not JSON-RPC")
        if "error" in answer:
            raise _refusal(answer["error"])
        return answer["result"]

    def quantity(self, method: str, *params: Any) -> int:
        """A result that is a number; Unavailable when it is none."""
        result = self.ask(method, *params)
        try:
            return int(result, 16)
        except (TypeError, ValueError):
            raise Unavailable(f"{method}: {str(result)[:40]!r} is not a number") from None

    def data(self, method: str, *params: Any) -> bytes:
        """A result that is bytes; Unavailable when it is none."""
        result = self.ask(method, *params)
        try:
            return bytes.fromhex(result.removeprefix("0x"))
        except (AttributeError, ValueError):
            raise Unavailable(f"{method}: {str(result)[:40]!r} is not data") from None

    def mapping(self, method: str, *params: Any) -> dict[str, Any] | None:
        """A result that is an object or null; Unavailable when it is neither."""
        result = self.ask(method, *params)
        if result is not None and not isinstance(result, dict):
            raise Unavailable(f"{method}: {str(result)[:40]!r} is not an object")
        return result


class RpcReader:
    """The reading half of `Chain`, on a node: what `settlement_rounds` needs."""

    def __init__(self, node: Node, now: int) -> None:
        self._node = node
        self._now = now

    def read(self, contract: Handle, function: str, *arguments: Any) -> Any:
        """Call a view at the newest block; Reverted with the contract's reason."""
        call = {"to": contract.address, "data": to_hex(contract.call(function, *arguments))}
        try:
            output = self._node.data("eth_call", call, "latest")
            return contract.answer(function, len(arguments), output)
        except NodeError as error:
            raise Reverted(why(error)) from None
        except DecodingError:
            raise Unavailable(f"{function}: the answer is not of its type") from None

    def now(self) -> int:
        """Timestamp of the block that was read [unix s]."""
        return self._now


def why(error: NodeError) -> str:
    """The contract's reason if there is one, else the node's words."""
    try:
        text = reason(error.data)
    except DecodingError:
        text = None
    found = REASON.search(str(error))
    return text or (found[1] if found else str(error))


def jittered(pause: float) -> float:
    """Between half of it and all of it, so that keepers that fail together return apart."""
    return pause * random.uniform(0.5, 1.0)


def to_hex(data: bytes) -> str:
    """0x and the digits."""
    return "0x" + data.hex()


def _refusal(error: Any) -> NodeError:
    if not isinstance(error, dict):
        return NodeError(str(error))
    data = error.get("data")
    if isinstance(data, dict):  # Hardhat puts it one deeper
        data = data.get("data")
    try:
        output = bytes.fromhex(str(data or "").removeprefix("0x"))
    except ValueError:
        output = b""
    return NodeError(str(error.get("message", error)), output)
