"""What prices cost and how exact they are: single options, whole books, and 20,000 checks.

Gas of a book is that of the call, cold, without the 21,000 and the calldata of a transaction; that
of a single function also without the call, by the difference to a function of the same signature
that does nothing.
"""

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ape import accounts
from mpmath import mpf

from ballast import black_scholes, packing
from ballast.black_scholes import Greeks
from ballast.fixed_point import ln_ratio
from ballast.revm import RevmChain
from ballast.simulation import World
from ballast.units import WAD

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit"))

from pricing_samples import BATCH, Option, exact, usual_options, wide_options
from test_black_scholes_bounds import points

ARTIFACTS = Path(__file__).parents[1] / ".build" / "__local__.json"
TRANSACTION = 21_000
DAY = 86_400
BOARDS: dict[str, Any] = {
    "tenors": [(10 + 5 * number) * DAY for number in range(8)],
    "lowest_strike": 85 * WAD // 100,
    "highest_strike": 115 * WAD // 100,
    "strike_step": 2 * WAD // 100,
    "skew": -WAD // 10,
    "smile": WAD // 20,
}
"""A benched book: all the boards and strikes that there can be."""

Results = dict[str, dict[str, float]]


def single_options() -> Results:
    """Gas and errors of one option, over the 700 usual and the 4,000 wide ones."""
    engine = RevmChain(ARTIFACTS)
    sender = engine.accounts(1)[0]
    harness = engine.deploy("GasHarness", sender=sender)
    options = usual_options()
    boards = [black_scholes.board(*option[:3]) for option in options]
    on_board = [
        (board, option.strike, ln_ratio(board.forward, option.strike), option.vol)
        for board, option in zip(boards, options, strict=True)
    ]
    alone = [(option.spot, option.strike, option.vol, option.tenor) for option in options]

    def gas(name: str, arguments: Sequence[tuple[Any, ...]]) -> dict[str, float]:
        used = [
            engine.send(harness, name, *each, sender=sender).gas_used
            - engine.send(harness, f"no_{name}", *each, sender=sender).gas_used
            for each in arguments
        ]
        return {"median gas": statistics.median(used), "max gas": max(used)}

    return {
        "greeks": gas("greeks", on_board) | errors(options, lambda o: mpf(o.spot)),
        "greeks, wide domain": errors(wide_options(), lambda o: o.scale * WAD),
        "greeks, from S, K, σ, T": gas("option", alone),
        "delta": gas("delta", on_board),
        "delta, from S, K, σ, T": gas("option_delta", alone),
        "pricing maths": {"bytes": runtime_size("GasHarness")},
        "no-arbitrage, 20,000 points": {"violations": violations()},
    }


def errors(options: Sequence[Option], scale: Callable[[Option], mpf]) -> dict[str, float]:
    """Largest errors of the bytecode against 50 digits: of prices per scale [wad], of deltas."""
    price = delta = mpf(0)
    for option, found in zip(options, answers(options), strict=True):
        true = exact(option)
        for kind in ("call", "put"):
            error = abs(getattr(found, kind) - getattr(true, kind) * WAD)
            price = max(price, error / scale(option))
            error = abs(getattr(found, f"delta_{kind}") - getattr(true, f"delta_{kind}") * WAD)
            delta = max(delta, error / WAD)
    return {"price error": float(price), "delta error": float(delta)}


def violations() -> int:
    """Points where parity, a bound, or monotonicity in strike or vol fails by over 1e-15·S."""
    mine = answers([point.option for point in points()])
    higher_strikes = answers([point.higher_strike for point in points()])
    higher_vols = answers([point.higher_vol for point in points()])
    return sum(
        not (
            abs(here.call - here.put - point.forward + point.option.strike) <= point.tolerance
            and here.call >= point.forward - point.option.strike - point.tolerance
            and -point.tolerance <= here.call <= point.forward + point.tolerance
            and higher.call <= here.call + point.tolerance
            and higher.put >= here.put - point.tolerance
            and min(wilder.call - here.call, wilder.put - here.put) >= -point.tolerance
        )
        for point, here, higher, wilder in zip(
            points(), mine, higher_strikes, higher_vols, strict=True
        )
    )


def answers(options: Sequence[Option]) -> list[Greeks]:
    """What the bytecode says, on the fast engine; a revert would end the bench."""
    engine = RevmChain(ARTIFACTS)
    harness = engine.deploy("PricingHarness", sender=engine.accounts(1)[0])
    found: list[Greeks] = []
    for start in range(0, len(options), BATCH):
        batch = engine.read(harness, "options", list(options[start : start + BATCH]))
        found += [Greeks(*one) for one in batch]
    return found


def runtime_size(name: str) -> int:
    """Bytes of a contract's runtime code."""
    kinds = json.loads(ARTIFACTS.read_text())["contractTypes"]
    return len(kinds[name]["runtimeBytecode"]["bytecode"]) // 2 - 1


def books(world: World) -> Results:
    """Gas of a whole book as it grows, cold, of `OptionBook` with its feed and venue: calls and
    puts of every strike on four boards, then one kind of every strike on four more."""
    near, far = world.expiries[:4], world.expiries[4:]
    both = [
        packing.series_id(expiry, strike, is_put)
        for step in range(0, 16, 4)
        for expiry in near
        for strike in world.strikes[step : step + 4]
        for is_put in (False, True)
    ]
    calls = [packing.series_id(e, strike, False) for strike in world.strikes for e in far]
    empty = passes(world)
    small = sell(world, both[:16])
    hundred = sell(world, both[16:100])
    full = sell(world, both[100:])
    widest = sell(world, calls)
    return {
        "book, empty": {f"{name}: gas": gas for name, gas in empty.items()},
        "book, 100 series on 4 boards": {
            "delta: gas": hundred["delta"],
            "delta: gas of the series": hundred["delta"] - empty["delta"],
            "greeks: gas a series": hundred["greeks"] / 100,
            "risk: gas a series": hundred["risk"] / 100,
        },
        "book, 128 series on 4 boards": {
            "risk: gas": full["risk"],
            "risk: times that of 16": full["risk"] / small["risk"],
        },
        "book, 128 strikes on 8 boards": {f"{name}: gas": gas for name, gas in widest.items()},
    }


def sell(world: World, series: Sequence[int]) -> dict[str, float]:
    """Sell one ETH of each; then the gas of each depth of a pass."""
    for one in series:
        world.buyers[0].buy(one, WAD)
        assert world.chain.read(world.deployment.book, "sold", one) == WAD
    return passes(world)


def passes(world: World) -> dict[str, float]:
    """Gas of the three depths."""
    names = ("delta", "greeks", "risk")
    return {name: execution_gas(world.deployment.book, name) for name in names}


def execution_gas(contract: Any, function: str, *arguments: Any) -> int:
    """Gas of a call without what every transaction and its calldata cost."""
    data = getattr(contract, function).encode_input(*arguments)
    sender = accounts.test_accounts[0]
    receipt = sender.transfer(contract, 0, data=data, gas=25_000_000)
    calldata = sum(16 if byte else 4 for byte in bytes(data))
    return int(receipt.gas_used - TRANSACTION - calldata)
