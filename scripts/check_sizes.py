"""Print the code size of every compiled contract; fail when one is too large to be deployed."""

import json
import sys
from pathlib import Path

import cbor2

LIMIT = 24_576  # [bytes] EIP-170
ARTIFACTS = Path(__file__).parents[1] / ".build" / "__local__.json"


def deployed_size(initcode: bytes) -> int:
    """Size of the code that `initcode` leaves on the chain. [bytes]

    Vyper ends initcode with a CBOR array and its length; the array holds the size of the runtime
    code and, fourth, that of the immutables, which the constructor appends to the runtime code.
    """
    length = int.from_bytes(initcode[-2:], "big")
    _, runtime, _, immutables, _ = cbor2.loads(initcode[-length:])
    return runtime + immutables


def main() -> None:
    """Exit with 1 when a contract exceeds the limit."""
    contracts = json.loads(ARTIFACTS.read_text())["contractTypes"]
    sizes = {
        name: deployed_size(bytes.fromhex(contract["deploymentBytecode"]["bytecode"][2:]))
        for name, contract in contracts.items()
    }

    print(f"{'contract':<28}{'bytes':>8}{'free':>8}")
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"{name:<28}{size:>8,}{LIMIT - size:>8,}")

    too_large = [name for name, size in sizes.items() if size > LIMIT]
    if too_large:
        sys.exit(f"Larger than {LIMIT:,} bytes: {', '.join(too_large)}")


if __name__ == "__main__":
    main()
