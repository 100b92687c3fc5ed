"""Which functions of the contracts the tests enter, internal ones too: `make coverage`.

`REACH=folder ape test` keeps every program counter that ape's own chain executes in code that ape
has compiled; `PYTHONPATH=. python tests/reach.py folder` prints what that comes to. The compiler
says which function a program counter belongs to, and must give the very bytes of ape. A contract
counts with all functions in its code, of the modules it uses too; each is to be entered in that
contract. Mocks and harnesses do not count: a function of a module that only they use is too many.
"""

import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from site import getsitepackages
from typing import Any

from eth.vm.code_stream import CodeStream
from eth.vm.opcode_values import STOP
from rich.console import Console
from rich.table import Table
from vyper.ast import FunctionDef, VyperNode
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import Settings
from vyper.ir.compile_ir import assembly_to_evm

from ballast.compiler import ROOT
from ballast.revm import ARTIFACTS

LIBRARIES = Path(getsitepackages()[0]).resolve()
MOCKS = "contracts/mocks/"
EVM_VERSION = "cancun"  # as in ape-config.yaml; all else is in the files' pragmas

Function = tuple[str, str]
"""The file that defines it and its name, which Vyper lets occur once in a file."""


class Contract:
    """A contract that ape has compiled, and where in its code the tests have been."""

    def __init__(self, artifact: dict[str, Any]) -> None:
        self.name: str = artifact["contractName"]
        self.source: str = artifact["sourceId"]
        self.initcode, self.runtime = (
            bytes.fromhex(artifact[code]["bytecode"].removeprefix("0x"))
            for code in ("deploymentBytecode", "runtimeBytecode")
        )
        self.created: set[int] = set()
        self.called: set[int] = set()

    @property
    def is_deployable(self) -> bool:
        """Whether it is Ballast's, and no mock or harness."""
        return not self.source.startswith(MOCKS)

    def places(self, code: bytes) -> set[int] | None:
        """Where the tests have been in this code; None if it is another contract's.

        Behind initcode come the constructor's arguments, behind runtime code the immutables.
        """
        if code.startswith(self.initcode):
            return self.created
        return self.called if code.startswith(self.runtime) else None

    def functions(self) -> tuple[set[Function], set[Function]]:
        """Those in its code, and those of them that were entered.

        A function is entered when something of its body is executed, not with the checks of a call
        that come before; one whose body needs no code has only these.
        """
        heads: dict[Function, set[int]] = defaultdict(set)
        bodies: dict[Function, set[int]] = defaultdict(set)
        for place, node in self._compile().items():
            definition = _definition(node)
            (heads if definition is node else bodies)[_function(definition)].add(place)
        start = self.initcode.index(self.runtime)
        seen = self.created | {start + place for place in self.called}
        entered = {function for function, code in (heads | bodies).items() if code & seen}

        # Of a constructor that only copies, the optimiser forgets where it comes from.
        constructor = {(self.source, "__init__")} & defined()
        present = heads.keys() | bodies.keys() | constructor
        return present, entered | (constructor if self.created else set())

    def _compile(self) -> dict[int, VyperNode]:
        """Which node of the sources the code at a place in the initcode comes from."""
        folders = [LIBRARIES, ROOT, (ROOT / self.source).parent]
        bundle = FilesystemInputBundle(folders)
        settings = Settings(evm_version=EVM_VERSION)
        data = CompilerData(bundle.load_file(self.source), bundle, settings=settings)
        metadata = bytes.fromhex(data.integrity_sum)
        code, maps = assembly_to_evm(data.assembly, compiler_metadata=metadata)
        if code != self.initcode:
            raise ValueError(f"{self.name}: ape has compiled something else")
        nodes: dict[int, VyperNode] = maps["pc_raw_ast_map"]
        return nodes


def _definition(node: VyperNode) -> VyperNode:
    """The function that a node is in, or is; of a getter, its public variable."""
    if isinstance(node, FunctionDef):
        return node
    return node.get_ancestor(FunctionDef) or node


def _function(definition: VyperNode) -> Function:
    path = Path(definition.module_node.resolved_path)
    folder = ROOT if path.is_relative_to(ROOT / "contracts") else LIBRARIES
    name = definition.name if isinstance(definition, FunctionDef) else definition.target.id
    return path.relative_to(folder).as_posix(), name


def defined() -> set[Function]:
    """All functions that the sources of the contracts define."""
    return {
        (path.relative_to(ROOT).as_posix(), name)
        for path in (ROOT / "contracts").rglob("*.vy")
        for name in re.findall(r"^def (\w+)\(", path.read_text(), re.MULTILINE)
    }


def load() -> list[Contract]:
    """All contracts that ape has compiled."""
    artifacts = json.loads(ARTIFACTS.read_text())["contractTypes"]
    return [Contract(artifact) for artifact in artifacts.values()]


def record() -> list[Contract]:
    """From here on, ape's own chain keeps where it has been in the contracts returned."""
    contracts = load()
    known: dict[bytes, set[int]] = {}

    def places(code: bytes) -> set[int]:
        found = (contract.places(code) for contract in contracts)
        return next((places for places in found if places is not None), set())

    def recorded(stream: CodeStream) -> Iterator[int]:
        code = stream._raw_code_bytes
        if code not in known:
            known[code] = places(code)
        keep = known[code].add
        while (place := stream.program_counter) < len(code):
            keep(place)
            stream.program_counter = place + 1
            yield code[place]
        yield STOP

    CodeStream.__iter__ = recorded
    return contracts


def save(contracts: Iterable[Contract], folder: Path) -> None:
    """Write where this process has been."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {each.name: (list(each.created), list(each.called)) for each in contracts}
    (folder / f"{os.getpid()}.json").write_text(json.dumps(content))


def join(folder: Path) -> list[Contract]:
    """The contracts, and where all processes that wrote have been."""
    contracts = load()
    for path in folder.glob("*.json"):
        content = json.loads(path.read_text())
        for contract in contracts:
            created, called = content[contract.name]
            contract.created.update(created)
            contract.called.update(called)
    return contracts


def main(folder: Path) -> int:
    """Print what of each file was reached, and what was not; 1 when there is any of that."""
    contracts = [contract for contract in join(folder) if contract.is_deployable]
    present: Counter[Function] = Counter()
    missing: list[tuple[str, Function]] = []
    for contract in contracts:
        functions, entered = contract.functions()
        present.update(functions)
        missing += [(contract.name, function) for function in functions - entered]
    unused = {each for each in defined() - present.keys() if not each[0].startswith(MOCKS)}

    Console(width=120).print(_table(present, Counter(path for _, (path, _) in missing)))
    for name, (path, function) in sorted(missing):
        print(f"never entered in {name}: {path}, {function}")
    for path, function in sorted(unused):
        print(f"in no contract's code: {path}, {function}")
    return 1 if missing or unused else 0


def _table(present: Counter[Function], missing: Counter[str]) -> Table:
    """How many functions a file has, how often they are in a contract, how often entered there."""
    grid = Table(title="Functions in the contracts' code that tests enter", show_footer=True)
    functions = Counter(path for path, _ in present)
    places: Counter[str] = Counter()
    for (path, _), count in present.items():
        places[path] += count
    entered = places - missing
    grid.add_column("file", footer="all")
    for column, counts in (("functions", functions), ("places", places), ("entered", entered)):
        grid.add_column(column, str(counts.total()), justify="right")
    for path in sorted(functions):
        grid.add_row(path, str(functions[path]), str(places[path]), str(entered[path]))
    return grid


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
