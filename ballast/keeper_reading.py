"""All that a keeper decides from, in one request: many views at one block, by the multicall."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.exceptions import DecodingError

from ballast.abi import Handle, reason
from ballast.chain import Contract
from ballast.deployment import Deployment
from ballast.keeper_rpc import Node, NodeError, Unavailable, to_hex, why

WATCHED = 64
"""Accounts at the venue that fit into one request beside the rest."""

VIEWS = {
    "chain_id": ("multicall", "getChainId"),
    "number": ("multicall", "getBlockNumber"),
    "timestamp": ("multicall", "getCurrentBlockTimestamp"),
    "parent": ("multicall", "getLastBlockHash"),
    "base_fee": ("multicall", "getBasefee"),
    "state": ("hedger", "state"),
    "risk": ("book", "greeks"),
    "boards": ("book", "live_boards"),
    "memory": ("breaker", "memory"),
    "breached": ("breaker", "breached"),
    "tripped": ("breaker", "tripped"),
    "since": ("breaker", "since"),
    "ledger": ("vault", "ledger"),
    "waiting": ("vault", "waiting"),
    "free": ("vault", "free_liquidity"),
    "market": ("venue", "market"),
    "terms": ("venue", "terms"),
}
"""Where each field of a reading comes from: contract and view."""


@dataclass(frozen=True)
class Reading:
    """The vault at a block; structs are as the contracts have them."""

    chain_id: int
    number: int
    timestamp: int  # [unix s]
    parent: str  # hash of the block before
    base_fee: int  # [wei]
    balance: int  # of the keeper's account [wei]
    state: Any  # IHedger.HedgeState
    risk: Any  # IOptionBook.Risk, without shocks
    boards: list[int]  # expiries [unix s]
    memory: Any  # IBreaker.Memory
    breached: int  # IBreaker.Breach
    tripped: int  # IBreaker.Breach
    since: int  # when its present mode began [unix s]
    ledger: Any  # IVault.Ledger
    waiting: int  # [shares]
    free: int  # [USD wad]
    market: Any  # IPerpVenue.Market; None from a venue that does not answer
    terms: Any  # IPerpVenue.Terms, likewise
    accounts: dict[str, Any] = field(default_factory=dict)  # address -> IPerpVenue.Account


@dataclass(frozen=True)
class Parts:
    """The contracts of a deployment, without a node behind them."""

    contracts: dict[str, Handle]

    def __getattr__(self, name: str) -> Handle:
        return self.contracts[name]


def parts(deployment: Deployment | dict[str, Contract]) -> Parts:
    """From ape's contracts."""
    named = deployment if isinstance(deployment, dict) else vars(deployment)
    return Parts({name: handle(contract) for name, contract in named.items()})


def handle(contract: Contract) -> Handle:
    """From ape's contract, or what is a handle already."""
    if isinstance(contract, Handle):
        return contract
    abi = [item.model_dump(mode="json", by_alias=True) for item in contract.contract_type.abi]
    return Handle(contract.address, abi)


def read(node: Node, vault: Parts, account: str, watched: Sequence[str] = ()) -> Reading:
    """One eth_call at the newest block; Unavailable when the answer is not what was asked for.

    A venue may be silent: the vault goes on without it, and so does its keeper.
    """
    views: list[tuple[str, str, tuple[Any, ...]]] = [
        *((part, name, ()) for part, name in VIEWS.values()),
        ("multicall", "getEthBalance", (account,)),
        *(("venue", "account", (who,)) for who in watched),
    ]
    parts = vault.contracts
    calls = [(parts[at].address, True, parts[at].call(name, *given)) for at, name, given in views]
    data = vault.multicall.call("aggregate3", calls)
    try:
        output = node.data(
            "eth_call", {"to": vault.multicall.address, "data": to_hex(data)}, "latest"
        )
        results = vault.multicall.answer("aggregate3", 1, output)
        answers: list[Any] = []
        for (at, name, given), (success, result) in zip(views, results, strict=True):
            if not success and at == "venue":
                answers.append(None)
                continue
            if not success:
                raise Unavailable(f"{at}.{name} refuses: {reason(result) or 'without a word'}")
            answers.append(parts[at].answer(name, len(given), result))
    except NodeError as error:
        raise Unavailable(f"the vault cannot be read: {why(error)}") from None
    except (DecodingError, ValueError):
        raise Unavailable("the vault cannot be read: the answer is not of its type") from None
    named = dict(zip(VIEWS, answers, strict=False))
    named["parent"] = to_hex(named["parent"])
    balance, *answered = answers[len(VIEWS) :]
    accounts = {who: at for who, at in zip(watched, answered, strict=True) if at is not None}
    return Reading(**named, balance=balance, accounts=accounts)
