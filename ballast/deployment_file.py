"""A deployment as a JSON file: which contracts, on which chain, and what they were.

    {"chain_id": 31337, "genesis": "0x…", "contracts": {"token": "0x…", "venue": "0x…"},
     "block": 21, "deployer": "0x…",
     "code": {"token": "0x…"}, "getters": {"token": {"decimals": "6"}}}

All but the first line may be missing; then nothing can be checked against it. The hash of block 0
tells two local chains of one id apart.
"""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
HASH = re.compile(r"0x[0-9a-fA-F]{64}")


class DeploymentError(ValueError):
    """A file that is none, or is of another chain; the message says which and why."""


@dataclass(frozen=True)
class DeploymentFile:
    """What a file says."""

    chain_id: int
    genesis: str  # hash of block 0
    contracts: dict[str, str]  # name -> address
    block: int = 0  # in which the last contract was wired
    deployer: str = ""
    code: dict[str, str] = field(default_factory=dict)  # name -> hash of the code
    getters: dict[str, Any] = field(default_factory=dict)  # name -> getter -> answer

    def save(self, path: Path) -> None:
        """Write it, with the folders it is in."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(asdict(self), indent=2) + "\n")
        unfinished.replace(path)

    def address(self, name: str) -> str:
        """Address of a contract; DeploymentError when the file has none of that name."""
        if name not in self.contracts:
            raise DeploymentError(f"the deployment has no contract '{name}'")
        return self.contracts[name]

    def check(self, chain_id: int, genesis: str, has_code: Callable[[str], bool]) -> None:
        """DeploymentError unless the chain is that of the file and has its contracts."""
        if (chain_id, genesis.lower()) != (self.chain_id, self.genesis.lower()):
            raise DeploymentError(
                f"the deployment is on chain {self.chain_id} with genesis {self.genesis[:10]}, "
                f"connected is chain {chain_id} with genesis {genesis[:10]}"
            )
        for name, address in self.contracts.items():
            if not has_code(address):
                raise DeploymentError(f"there is no code at {address}, the deployment's '{name}'")


def load(path: Path) -> DeploymentFile:
    """Read a file; DeploymentError when it cannot be, or is not of the shape above."""
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise DeploymentError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise DeploymentError(f"{path} is not JSON") from None
    if not isinstance(content, dict):
        raise DeploymentError(f"{path} is not a JSON object")
    contracts = _field(path, content, "contracts", dict)
    for name, address in contracts.items():
        if not isinstance(address, str) or not ADDRESS.fullmatch(address):
            raise DeploymentError(f"{path}: contracts.{name} is not an address")
    genesis = _field(path, content, "genesis", str)
    if not HASH.fullmatch(genesis):
        raise DeploymentError(f"{path}: genesis is not a block hash")
    rest = {
        name: _field(path, content, name, kind) for name, kind in REST.items() if name in content
    }
    return DeploymentFile(_field(path, content, "chain_id", int), genesis, contracts, **rest)


def _field(path: Path, content: dict[str, Any], name: str, kind: type) -> Any:
    if type(content.get(name)) is not kind:
        raise DeploymentError(f"{path}: {name} is missing or not {NAMES[kind]}")
    return content[name]


REST = {"block": int, "deployer": str, "code": dict, "getters": dict}
"""What a file may leave out."""

NAMES = {dict: "an object", str: "a text", int: "a whole number"}
