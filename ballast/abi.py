"""How calls, answers, events and refusals are written in bytes, without a node and without ape.

Structs come back as named tuples, as ape gives them.
"""

from collections import namedtuple
from functools import cache
from typing import Any

from eth_abi import abi as codec
from eth_utils.abi import function_signature_to_4byte_selector
from eth_utils.crypto import keccak

ERROR = function_signature_to_4byte_selector("Error(string)")

Abi = dict[str, Any]


class Handle:
    """A deployed contract: its address, and how its calls and events are written."""

    def __init__(self, address: str, abi: list[Abi]) -> None:
        self.address = address
        # Overloads differ in how many arguments they take: bounds that may be left out.
        self.functions = {
            (item["name"], len(item["inputs"])): item for item in abi if item["type"] == "function"
        }
        self.events = {item["name"]: item for item in abi if item["type"] == "event"}
        self.topics = {keccak(text=_signature(item)): item for item in self.events.values()}

    def topic(self, event: str) -> bytes:
        """The first topic of an event's logs."""
        return keccak(text=_signature(self.events[event]))

    def call(self, function: str, *arguments: Any) -> bytes:
        """The data of a call."""
        abi = self.functions[function, len(arguments)]
        selector: bytes = function_signature_to_4byte_selector(_signature(abi))
        return selector + encode(abi["inputs"], arguments)

    def answer(self, function: str, count: int, data: bytes) -> Any:
        """What the function of `count` arguments returned; DecodingError when it is not that."""
        outputs = self.functions[function, count]["outputs"]
        values = codec.decode([_type(item) for item in outputs], data)
        results = [_named(item, value) for item, value in zip(outputs, values, strict=True)]
        return results[0] if len(results) == 1 else tuple(results) or None

    def event(self, topics: list[bytes], data: bytes) -> tuple[str, dict[str, Any]]:
        """Name and arguments of a log of this contract."""
        abi = self.topics[topics[0]]
        indexed = [item for item in abi["inputs"] if item["indexed"]]
        plain = [item for item in abi["inputs"] if not item["indexed"]]
        values = {
            item["name"]: codec.decode([_type(item)], topic)[0]
            for item, topic in zip(indexed, topics[1:], strict=True)
        }
        rest = codec.decode([_type(item) for item in plain], data)
        return abi["name"], values | {
            item["name"]: _named(item, value) for item, value in zip(plain, rest, strict=True)
        }


def encode(inputs: list[Abi], arguments: tuple[Any, ...]) -> bytes:
    """Arguments as the contract takes them."""
    values = [_plain(item, value) for item, value in zip(inputs, arguments, strict=True)]
    return codec.encode([_type(item) for item in inputs], values)


def reason(output: bytes) -> str | None:
    """The text of `Error(string)`; None for any other refusal."""
    if output[:4] != ERROR:
        return None
    return str(codec.decode(["string"], output[4:])[0])


def _type(item: Abi) -> str:
    """The canonical type of an ABI item, structs spelled out."""
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_type(part) for part in item["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def _signature(abi: Abi) -> str:
    return f"{abi['name']}({','.join(_type(item) for item in abi['inputs'])})"


def _plain(item: Abi, value: Any) -> Any:
    """A value as the encoder takes it: contracts by address, structs in the order of the ABI."""
    if isinstance(value, Handle):
        return value.address
    if item["type"] == "tuple":
        fields = item["components"]
        if isinstance(value, dict):
            value = [value[field["name"]] for field in fields]
        return tuple(_plain(field, part) for field, part in zip(fields, value, strict=True))
    if item["type"].endswith("]"):
        element = {**item, "type": item["type"].rpartition("[")[0]}
        return [_plain(element, part) for part in value]
    return value


def _named(item: Abi, value: Any) -> Any:
    if item["type"] != "tuple":
        return value
    fields = item["components"]
    struct = _struct(tuple(field["name"] for field in fields))
    return struct(*(_named(field, part) for field, part in zip(fields, value, strict=True)))


@cache
def _struct(names: tuple[str, ...]) -> Any:
    """Made once: to make a type costs more than to decode what it holds."""
    return namedtuple("struct", names)
