"""The one way in which Ballast speaks to a chain, so that the same code runs on any engine.

`Chain` is what the keeper, the simulator and the deployment need; `ApeChain` gives it through ape,
on whatever network ape is connected to.
"""

import logging
import time
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from ape.exceptions import ContractLogicError
from ape.logging import LogLevel, logger
from ape_ethereum.transactions import Receipt as ape_receipt

START = 2_524_608_000
"""2050-01-01 [unix s]: simulated chains begin ahead of the wall clock, which then never counts."""

Account = Any
"""Somebody who can sign: an ape account."""

Contract = Any
"""A deployed contract with its ABI: an ape contract instance."""


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


def quieten_ape() -> None:
    """Let ape say less and do less.

    Warnings and errors only. The in-process chain cannot trace: ape complains after every revert,
    and runs every transaction twice in search of a log that Vyper contracts do not write.
    """
    logger.set_level(LogLevel.WARNING)
    logging.getLogger("ape").addFilter(
        lambda record: "Problem retrieving traceback" not in record.getMessage()
    )
    ape_receipt.debug_logs_typed = ()  # type: ignore[assignment]


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
        except ContractLogicError as error:
            raise Reverted(error.message) from None
        self._keep(contract.creation_metadata.receipt)
        return contract

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """Call a view at the newest block."""
        try:
            return getattr(contract, function)(*arguments)
        except ContractLogicError as error:
            raise Reverted(error.message) from None

    def send(self, contract: Contract, function: str, *arguments: Any, sender: Account) -> Receipt:
        """Send a transaction and wait for its receipt."""
        try:
            receipt = getattr(contract, function)(*arguments, sender=sender)
        except ContractLogicError as error:
            raise Reverted(error.message) from None
        self._keep(receipt)
        return Receipt(receipt.gas_used, receipt.block_number, receipt.timestamp)

    def events(self, contract: Contract, name: str) -> list[dict[str, Any]]:
        """Events of the contract in what was sent through this object, each its arguments."""
        return [log.arguments for log in self.logs(contract) if log.name == name]

    def logs(self, *contracts: Contract) -> list[Log]:
        """All events of the contracts in what was sent through this object, in their order."""
        found = [entry for contract in contracts for entry in self._decode(contract)]
        return [log for _, log in sorted(found, key=lambda entry: entry[0])]

    def next_block(self) -> None:
        """Wait until there is a new block; a chain that mines on demand is asked for one."""
        if self._manager.provider.network.is_dev:
            self._manager.mine()
            return
        height = self._manager.blocks.height
        while self._manager.blocks.height == height:
            time.sleep(1)

    def now(self) -> int:
        """Timestamp of the newest block [unix s]."""
        return int(self._manager.blocks.head.timestamp)

    def advance(self, timestamp: int) -> None:
        """The next block bears this timestamp [unix s]."""
        self._manager.pending_timestamp = timestamp

    def snapshot(self) -> Any:
        """Remember the state."""
        return self._manager.snapshot(), len(self._logs)

    def revert(self, snapshot: Any) -> None:
        """Return to a remembered state."""
        state, logs = snapshot
        self._manager.restore(state)
        del self._logs[logs:]

    def _keep(self, receipt: Any) -> None:
        self._logs += receipt.logs
        self._times[receipt.block_number] = receipt.timestamp

    def _decode(self, contract: Contract) -> Iterator[tuple[tuple[int, int], Log]]:
        """The events of a contract, each with its place."""
        events = {event.name: event for event in contract.contract_type.events}
        own = [log for log in self._logs if log["address"] == contract.address]
        ecosystem = self._manager.provider.network.ecosystem
        for log in ecosystem.decode_logs(own, *events.values()):
            arguments = {
                item.name: _named(item, log.event_arguments[item.name])
                for item in events[log.event_name].inputs
            }
            timestamp = self._times[log.block_number]
            place = log.block_number, log.log_index
            yield place, Log(contract, log.event_name, arguments, timestamp)


def _named(item: Any, value: Any) -> Any:
    """Structs as named tuples: ape gives those of events as lists."""
    if item.type != "tuple":
        return value
    struct = namedtuple("struct", [part.name for part in item.components])  # type: ignore[misc]
    return struct(*(_named(part, one) for part, one in zip(item.components, value, strict=True)))
