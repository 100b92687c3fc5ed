"""The one way in which Ballast speaks to a chain, so that the same code runs on any engine.

`Chain` is what the keeper, the simulator and the deployment need; `ApeChain` gives it through ape,
on whatever network ape is connected to.
"""

import logging
import re
import time
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import ape_ethereum.provider as ape_provider
from ape.exceptions import VirtualMachineError
from ape.logging import LogLevel, logger
from ape.types import LogFilter
from ape_ethereum.transactions import Receipt as ape_receipt

START = 2_524_608_000
"""2050-01-01 [unix s]: simulated chains begin ahead of the wall clock, which then never counts."""

Account = Any
"""Somebody who can sign: an ape account."""

Contract = Any
"""A deployed contract with its ABI: an ape contract instance."""


LOCAL = (1337, 31337)
"""Ids of chains whose time and blocks are ours to make."""

REASONS = re.compile(r"reason string '([^']+)'"), re.compile(r"execution reverted: ([^'\n]+)")
"""A contract's reason in what Hardhat makes of it, and in what others do."""


class Reverted(Exception):
    """A call that the contract refused; the message is its reason."""


@dataclass(frozen=True)
class Receipt:
    """What a transaction did."""

    gas_used: int
    block: int
    timestamp: int


@dataclass(frozen=True)
class Log:
    """An event with its arguments; structs have their fields as attributes."""

    contract: Contract
    name: str
    arguments: dict[str, Any]
    timestamp: int  # of its block [unix s]


class Chain(Protocol):
    """Read, send, time, snapshots; a refused call raises `Reverted` with its reason."""

    def deploy(self, name: str, *arguments: Any, sender: Account) -> Contract:
        """Deploy the contract of that name."""

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """Call a view at the newest block."""

    def send(self, contract: Contract, function: str, *arguments: Any, sender: Account) -> Receipt:
        """Send a transaction and wait for its receipt."""

    def events(self, contract: Contract, name: str) -> list[dict[str, Any]]:
        """Events of the contract in what was sent through this object, each its arguments."""

    def logs(self, *contracts: Contract) -> list[Log]:
        """All events of the contracts in what was sent through this object, in their order."""

    def code(self, contract: Contract) -> bytes:
        """What is at its address."""

    def next_block(self) -> None:
        """Wait until there is a new block; a chain that mines on demand is asked for one."""

    def now(self) -> int:
        """Timestamp of the newest block [unix s]."""

    def advance(self, timestamp: int) -> None:
        """The next block bears this timestamp [unix s]."""

    def snapshot(self) -> Any:
        """Remember the state."""

    def revert(self, snapshot: Any) -> None:
        """Return to a remembered state."""


def reason(error: VirtualMachineError) -> str:
    """What the contract said when it refused; what the node said when that was not a contract's.

    ape cuts the reason of a call at its colon; the node's own words come with the error.
    """
    said = f"{error.message}\n{error.base_err}"
    for pattern in REASONS:
        if found := pattern.search(said):
            return found[1]
    return str(error.message)


def quieten_ape() -> None:
    """Let ape say less and do less.

    Warnings and errors only. The in-process chain cannot trace: ape complains after every revert,
    and runs every transaction twice in search of a log that Vyper contracts do not write. On a node
    it would trace what was refused, for seconds, and print all its calls.
    """
    logger.set_level(LogLevel.WARNING)
    logging.getLogger("ape").addFilter(
        lambda record: "Problem retrieving traceback" not in record.getMessage()
    )
    ape_receipt.debug_logs_typed = ()  # type: ignore[assignment]
    ape_provider._get_trace_from_revert_kwargs = lambda **_: None


class ApeChain:
    """`Chain` through ape: the in-process chain, or any node that ape is connected to."""

    def __init__(self, project: Any, manager: Any) -> None:
        """project: ape's `project`, compiled; manager: ape's `chain`."""
        self._project = project
        self._manager = manager
        self._logs: list[dict[str, Any]] = []
        self._times: dict[int, int] = {}

    def deploy(self, name: str, *arguments: Any, sender: Account) -> Contract:
        """Deploy the contract of that name."""
        try:
            contract = sender.deploy(getattr(self._project, name), *arguments)
        except VirtualMachineError as error:
            raise Reverted(reason(error)) from None
        self._keep(contract.creation_metadata.receipt)
        return contract

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """Call a view at the newest block."""
        try:
            # What is refused is not traced: it takes ape seconds.
            return getattr(contract, function)(*arguments, skip_trace=True)
        except VirtualMachineError as error:
            raise Reverted(reason(error)) from None

    def send(self, contract: Contract, function: str, *arguments: Any, sender: Account) -> Receipt:
        """Send a transaction and wait for its receipt."""
        try:
            receipt = getattr(contract, function)(*arguments, sender=sender)
        except VirtualMachineError as error:
            raise Reverted(reason(error)) from None
        self._keep(receipt)
        return Receipt(receipt.gas_used, receipt.block_number, receipt.timestamp)

    def events(self, contract: Contract, name: str) -> list[dict[str, Any]]:
        """Events of the contract in what was sent through this object, each its arguments."""
        return [log.arguments for log in self.logs(contract) if log.name == name]

    def logs(self, *contracts: Contract) -> list[Log]:
        """All events of the contracts in what was sent through this object, in their order."""
        found = [entry for contract in contracts for entry in self._decode(contract)]
        return [log for _, log in sorted(found, key=lambda entry: entry[0])]

    def code(self, contract: Contract) -> bytes:
        """What is at its address."""
        return bytes(self._manager.provider.get_code(contract.address))

    def next_block(self) -> None:
        """Wait until there is a new block; a chain that mines on demand is asked for one."""
        if self._manager.provider.network.is_dev:
            self._manager.mine()
            return
        if self._is_node():
            self._request("evm_mine")
            return
        height = self._manager.blocks.height
        while self._manager.blocks.height == height:
            time.sleep(1)

    def now(self) -> int:
        """Timestamp of the newest block [unix s]."""
        return int(self._manager.blocks.head.timestamp)

    def advance(self, timestamp: int) -> None:
        """The next block bears this timestamp [unix s]."""
        if self._is_node():
            self._request("evm_setNextBlockTimestamp", timestamp)
        else:
            self._manager.pending_timestamp = timestamp

    def snapshot(self) -> Any:
        """Remember the state."""
        state = self._request("evm_snapshot") if self._is_node() else self._manager.snapshot()
        return state, len(self._logs)

    def revert(self, snapshot: Any) -> None:
        """Return to a remembered state."""
        state, logs = snapshot
        if self._is_node():
            self._request("evm_revert", state)
        else:
            self._manager.restore(state)
        del self._logs[logs:]

    def past_logs(self, contract: Contract, first: int, names: tuple[str, ...]) -> list[Log]:
        """Events of those names since block `first`, whoever sent what made them, in order."""
        wanted = [event for event in contract.contract_type.events if event.name in names]
        search = LogFilter(addresses=[contract.address], events=wanted, start_block=first)
        found = []
        for log in self._manager.provider.get_contract_logs(search):
            found.append(self._log(contract, log))
        return found

    def _is_node(self) -> bool:
        """Whether ape does not know that the chain is a local one: a node at an address."""
        return self._manager.chain_id in LOCAL and not self._manager.provider.network.is_dev

    def _request(self, method: str, *arguments: Any) -> Any:
        """What Anvil and Hardhat understand beside the standard."""
        return self._manager.provider.make_request(method, list(arguments))

    def _keep(self, receipt: Any) -> None:
        self._logs += receipt.logs
        self._times[receipt.block_number] = receipt.timestamp

    def _decode(self, contract: Contract) -> Iterator[tuple[tuple[int, int], Log]]:
        """The events of a contract, each with its place."""
        events = contract.contract_type.events
        own = [log for log in self._logs if log["address"] == contract.address]
        ecosystem = self._manager.provider.network.ecosystem
        for log in ecosystem.decode_logs(own, *events):
            yield (log.block_number, log.log_index), self._log(contract, log)

    def _log(self, contract: Contract, log: Any) -> Log:
        """A decoded log of ape's as ours."""
        (event,) = (one for one in contract.contract_type.events if one.name == log.event_name)
        arguments = {
            item.name: _named(item, log.event_arguments[item.name]) for item in event.inputs
        }
        block = log.block_number
        if block not in self._times:
            self._times[block] = int(self._manager.blocks[block].timestamp)
        return Log(contract, log.event_name, arguments, self._times[block])


def _named(item: Any, value: Any) -> Any:
    """Structs as named tuples: ape gives those of events as lists."""
    if item.type != "tuple":
        return value
    struct = namedtuple("struct", [part.name for part in item.components])  # type: ignore[misc]
    return struct(*(_named(part, one) for part, one in zip(item.components, value, strict=True)))
