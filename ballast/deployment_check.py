"""What a deployment says of itself, so that anyone can see whether it is still what was deployed.

`facts` reads the code and every getter that only an owner changes; `differences` compares two
readings. Getters that move with the market are named too, so that a test finds one in neither.
"""

import hashlib
from typing import Any

from ballast.chain import Chain, Contract

OWNED = ("owner", "pending_owner")

FIXED: dict[str, tuple[str, ...]] = {
    "token": ("name", "symbol", "decimals", "owner"),
    "feed": ("description", "decimals", "version", "owner"),
    "venue": ("config", "owner"),
    "vault": (
        "name", "symbol", "decimals", "asset", "book", "hedger", "breaker", "deposit_cap",
        "fee_terms", *OWNED,
    ),
    "breaker": ("vault", "limits", "guardian", *OWNED),
    "pricer": ("carry", "stress", "quoting", "limits", *OWNED),
    "book": ("oracle", "hedger", "vol_keeper", *OWNED),
    "hedger": ("band", "execution", "margin", *OWNED),
    "multicall": (),
}  # fmt: skip
"""Getters without arguments that only a transaction of an owner changes, by contract."""

MOVING: dict[str, tuple[str, ...]] = {
    "token": ("totalSupply", "DOMAIN_SEPARATOR", "eip712Domain"),
    "feed": ("latestRoundData", "next_round", "latest_round"),
    "venue": (
        "fund", "ious", "accumulator", "grace_until", "market", "mode", "net_position", "terms"
    ),
    "vault": (
        "totalSupply", "DOMAIN_SEPARATOR", "ledger", "waiting", "fees_due", "high_water",
        "free_liquidity", "net_asset_value", "totalAssets",
    ),
    "breaker": ("breached", "is_normal", "memory", "tripped", "since"),
    "pricer": (),
    "book": ("risk", "greeks", "delta", "live_boards", "last_large_step"),
    "hedger": ("account", "state", "last_full_hedge", "last_hedge_block"),
    "multicall": (
        "getBlockNumber", "getCurrentBlockTimestamp", "getLastBlockHash", "getBasefee", "getChainId"
    ),
}  # fmt: skip
"""The other getters without arguments: they move with the market, or follow from the chain."""


def facts(chain: Chain, contracts: dict[str, Contract]) -> dict[str, dict[str, Any]]:
    """Every getter of FIXED, by contract, in values that JSON can hold (large numbers as text)."""
    return {
        name: {getter: plain(chain.read(contract, getter)) for getter in FIXED.get(name, ())}
        for name, contract in contracts.items()
    }


def code_hash(code: bytes) -> str:
    """SHA-256 of a contract's code, 0x and 64 digits."""
    return "0x" + hashlib.sha256(code).hexdigest()


def plain(value: Any) -> Any:
    """A getter's answer as JSON holds it: structs as objects, addresses and numbers as text."""
    if hasattr(value, "_asdict"):
        return {name: plain(item) for name, item in value._asdict().items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value)


def differences(expected: dict[str, Any], found: dict[str, Any], path: str = "") -> list[str]:
    """Lines "vault.owner: 0x… was deployed, 0x… is there", in order; empty when all agree."""
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        old, new = expected.get(name), found.get(name)
        where = f"{path}{name}"
        if isinstance(old, dict) and isinstance(new, dict):
            lines += differences(old, new, f"{where}.")
        elif old != new:
            lines.append(f"{where}: {old} was deployed, {new} is there")
    return lines
