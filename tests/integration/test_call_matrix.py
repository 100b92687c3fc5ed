"""Who calls whom: the table of docs/SPEC.md against every message call of a whole life. SPEC-X1."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ape
import pytest
from eth.vm.computation import BaseComputation
from eth_utils import keccak, to_checksum_address

from ballast import parameters
from ballast.agents import Order
from ballast.chain import ApeChain, Reverted
from ballast.paths import Step
from ballast.simulation import Cast, World
from ballast.units import WAD

SPEC = Path(__file__).parents[2] / "docs" / "SPEC.md"
HOUR = 3_600
PRECOMPILES = 0x100  # addresses below are the EVM's own
NAMES = {
    "token": "token",
    "feed": "feed",
    "venue": "PerpMarket",
    "vault": "Vault",
    "breaker": "Breaker",
    "pricer": "Pricer",
    "book": "OptionBook",
    "hedger": "Hedger",
}

SAMPLES = {"address": "0x" + "11" * 20, "bool": False, "bytes4": b"\0" * 4}
"""Arguments of views, by type; 1 for any other."""

Matrix = dict[tuple[str, str], set[str]]


@dataclass(frozen=True)
class Call:
    """A message call: the contracts on the stack, its caller last, and what is called."""

    stack: tuple[str, ...]
    callee: str
    function: str


# ------------------------------------------------------------------ the checker


def read_matrix(text: str) -> Matrix:
    """The table between the marks: (caller, callee) -> functions."""
    table = re.search(r"<!-- call matrix -->\n(.*?)<!-- end -->", text, re.DOTALL).group(1)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    head, rule, *body = rows
    assert head == ["caller", "callee", "functions"] and set("".join(rule)) == {"-"}
    assert len({(caller, callee) for caller, callee, _ in body}) == len(body), "a row stands twice"
    return {
        (caller, callee): {name.strip() for name in functions.split(",")}
        for caller, callee, functions in body
    }


def breaches(calls: set[Call], matrix: Matrix) -> list[str]:
    """What the calls do that the matrix or the rule of the stack forbids, in words."""
    found = []
    for call in calls:
        caller = call.stack[-1]
        if call.function not in matrix.get((caller, call.callee), set()):
            found.append(f"{caller} calls {call.callee}.{call.function}: not in the matrix")
        if call.callee in call.stack:
            path = " > ".join((*call.stack, call.callee))
            found.append(f"{path}.{call.function}: on the stack already")
    return sorted(found)


def unseen(calls: set[Call], matrix: Matrix) -> list[str]:
    """What the matrix allows and no call did, in words."""
    seen = {(call.stack[-1], call.callee, call.function) for call in calls}
    allowed = {(*pair, name) for pair, functions in matrix.items() for name in functions}
    return sorted(
        f"{caller} never calls {callee}.{name}" for caller, callee, name in allowed - seen
    )


# ------------------------------------------------------------------ the watch


RawCall = tuple[tuple[bytes, ...], bytes, bytes]
"""Stack of addresses, address called, selector."""


@contextmanager
def watch() -> Iterator[set[RawCall]]:
    """All calls between contracts that py-evm executes inside, those of views and constructors
    included.

    A delegate call shows up as one of the contract whose code runs.
    """
    calls: set[RawCall] = set()
    stack: list[bytes] = []
    original = BaseComputation.apply_child_computation

    def apply(computation, message):
        if not message.is_create and int.from_bytes(message.code_address, "big") >= PRECOMPILES:
            if message.depth == 1:
                stack[:] = [computation.msg.storage_address]
            del stack[message.depth :]
            calls.add((tuple(stack), message.code_address, bytes(message.data[:4])))
            stack.append(message.code_address)
        return original(computation, message)

    BaseComputation.apply_child_computation = apply
    try:
        yield calls
    finally:
        BaseComputation.apply_child_computation = original


def named(raw: set[RawCall], deployment) -> set[Call]:
    """The calls with the names of contracts and functions; what has none keeps its hex."""
    contracts = {getattr(deployment, key): name for key, name in NAMES.items()}
    address = {contract.address: name for contract, name in contracts.items()}
    function = {
        (contract.address, keccak(text=abi.selector)[:4]): abi.name
        for contract in contracts
        for abi in contract.contract_type.methods
    }

    def name(raw_address: bytes) -> str:
        checksum = to_checksum_address(raw_address)
        return address.get(checksum, checksum)

    return {
        Call(
            tuple(name(member) for member in stack),
            name(callee),
            function.get((to_checksum_address(callee), selector), selector.hex()),
        )
        for stack, callee, selector in raw
    }


# ------------------------------------------------------------------ a life


@ape.fixture(scope="module", chain_isolation=False)
def life(project, chain, owner, keeper, arbitrageur, depositor, buyer, stranger):
    """Every call between contracts from deployment to a dead feed, by name; the chain forgets."""
    with chain.isolate(), watch() as raw:
        world = live(
            ApeChain(project, chain), Cast(owner, keeper, arbitrageur, [depositor], [buyer])
        )
        view_everything(world)
        die(world, stranger)
        view_everything(world)
    return named(raw, world.deployment)


def live(chain, cast) -> World:
    """Sales of calls and puts, hedges, settlement, claims, a buy-back, deposits, a withdrawal."""
    values = parameters.load(overrides={"boards.tenors": "10 h, 28 d"})
    start = Step(2_000 * WAD, 0.0)
    world = World(chain, cast, values, start, [3_000_000 * 10**6])
    at_the_money = len(world.strikes) // 2
    world.step(1, Step(2_000 * WAD, 0.004), [Order(1, 0, 0, at_the_money, False, 0.02)])
    world.step(2, Step(2_010 * WAD, 0.0), [Order(2, 0, 0, at_the_money, True, 0.01)])
    world.step(9, Step(2_100 * WAD, 0.0), [])
    world.step(11, Step(2_090 * WAD, 0.0), [])
    assert world.record.sales == 2 and len(world.record.settled) == 1
    chain.send(world.deployment.vault, "fund_claims", sender=cast.keeper)
    world.step(12, Step(2_080 * WAD, 0.0), [Order(12, 0, 1, at_the_money, False, 0.02)])
    sell_back(world, world.expiries[1], at_the_money)
    vault, depositor = world.deployment.vault, cast.depositors[0]
    chain.send(vault, "mint", 10**9, depositor, sender=cast.buyers[0])
    chain.send(vault, "withdraw", 10**9, depositor, depositor, sender=depositor)
    chain.send(world.deployment.token, "mint", vault, 1, sender=cast.owner)
    chain.send(vault, "skim", cast.owner, sender=cast.owner)
    world.leave(depositor)
    return world


def sell_back(world, expiry, strike):
    """The buyer sells half of his calls of a strike back to the vault."""
    chain, book, buyer = world.chain, world.deployment.book, world.cast.buyers[0]
    series = book.series_id(expiry, world.strikes[strike], False)
    held = chain.read(book, "balanceOf", buyer, series)
    end = chain.now() + HOUR
    chain.send(book, "sell", series, held // 2, 0, buyer, end, sender=buyer)
    assert 0 < chain.read(book, "balanceOf", buyer, series) < held


def die(world, stranger):
    """The feed falls silent; anyone still tries everything."""
    chain, deployment = world.chain, world.deployment
    chain.advance(chain.now() + 2 * HOUR)
    chain.send(deployment.venue, "poke", sender=stranger)
    assert not chain.read(deployment.book, "risk").valid
    chain.send(deployment.hedger, "rebalance", sender=stranger)
    for contract, function, arguments in (
        (deployment.vault, "deposit", (1, stranger)),
        (deployment.book, "settle", (world.expiries[1], 1, 0)),
        (deployment.venue, "liquidate", (deployment.hedger,)),
    ):
        with pytest.raises(Reverted):
            chain.send(contract, function, *arguments, sender=stranger)


def view_everything(world):
    """Call every view of every contract; what its arguments make it refuse is no matter."""
    book = world.deployment.book
    series = book.series_id(world.expiries[1], world.strikes[0], False)
    for key in NAMES:
        contract = getattr(world.deployment, key)
        for abi in contract.contract_type.view_methods:
            arguments = [SAMPLES.get(item.canonical_type, 1) for item in abi.inputs]
            if key == "book" and abi.name in ("quote", "quote_sell"):
                arguments = [series, WAD]
            # They take the whole book or the whole hedge, and call nothing.
            if key != "pricer" and abi.name != "status":
                refused_or_not(world.chain, contract, abi.name, arguments)


def refused_or_not(chain, contract, function, arguments):
    try:
        chain.read(contract, function, *arguments)
    except Reverted:
        pass


@pytest.fixture(scope="module")
def matrix():
    return read_matrix(SPEC.read_text())


def test_calls__whole_life__are_in_the_matrix_and_never_come_back(life, matrix):
    """SPEC-X1."""
    assert breaches(life, matrix) == []


def test_calls__whole_life__leave_no_row_of_the_matrix_unused(life, matrix):
    """SPEC-X1: a row that nothing needs is a permission that somebody may use."""
    assert unseen(life, matrix) == []


# ------------------------------------------------------------------ the checker itself


TABLE = """
<!-- call matrix -->
| caller | callee | functions |
|---|---|---|
| A | B | f, g |
| B | C | h |
<!-- end -->
| C | A | f |
"""


def test_read_matrix__table__is_what_stands_between_the_marks():
    assert read_matrix(TABLE) == {("A", "B"): {"f", "g"}, ("B", "C"): {"h"}}


@pytest.mark.parametrize(
    ("call", "breach"),
    [
        (Call(("A",), "B", "h"), "A calls B.h: not in the matrix"),
        (Call(("A",), "C", "h"), "A calls C.h: not in the matrix"),
        (Call(("B",), "A", "f"), "B calls A.f: not in the matrix"),
        (Call(("A", "B"), "C", "f"), "B calls C.f: not in the matrix"),
        (Call(("C", "A"), "B", "12345678"), "A calls B.12345678: not in the matrix"),
    ],
)
def test_breaches__call_not_allowed__is_found(call, breach):
    """SPEC-X1: the checker fails when it must."""
    good = {Call(("A",), "B", "f"), Call(("A", "B"), "C", "h")}
    assert breaches(good, read_matrix(TABLE)) == []
    assert breaches(good | {call}, read_matrix(TABLE)) == [breach]


@pytest.mark.parametrize("stack", [("B", "A"), ("B", "C", "A"), ("B", "X", "Y", "A")])
def test_breaches__callee_on_the_stack__is_found(stack):
    """SPEC-X1: at any depth, and though the pair is in the matrix."""
    found = breaches({Call(stack, "B", "f")}, read_matrix(TABLE))
    assert found == [" > ".join((*stack, "B")) + ".f: on the stack already"]


def test_breaches__contract_calls_itself__is_found():
    """SPEC-X1."""
    matrix = {("A", "A"): {"f"}}
    assert breaches({Call(("A",), "A", "f")}, matrix) == ["A > A.f: on the stack already"]


def test_unseen__function_never_called__is_found():
    """SPEC-X1."""
    calls = {Call(("A",), "B", "f"), Call(("A", "B"), "C", "h")}
    assert unseen(calls, read_matrix(TABLE)) == ["A never calls B.g"]


def test_watch__nested_views__saw_the_whole_stack(life):
    """SPEC-X1: the hook is where py-evm makes every call, views of outsiders included."""
    assert Call(("Vault",), "OptionBook", "risk") in life
    assert Call(("Vault", "OptionBook"), "Pricer", "risk") in life
    assert Call(("Vault", "Hedger"), "PerpMarket", "terms") in life
    assert Call(("Vault", "Hedger", "PerpMarket"), "feed", "latestRoundData") in life
    assert Call(("Hedger", "Vault"), "token", "transfer") in life


def test_watch__afterwards__is_gone():
    original = BaseComputation.apply_child_computation
    with watch() as raw:
        assert BaseComputation.apply_child_computation is not original
    assert BaseComputation.apply_child_computation is original
    assert raw == set()
