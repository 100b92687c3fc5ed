"""Lives through a scenario on any `Chain` and says what it saw.

A run begins at the second midnight (UTC) after the chain's newest block: the breaker counts hours
and days, and whatever the hedger does once a day is due again.
What the logs tell is taken from the logs, when all is over.
"""

import hashlib
import json
import platform
import tomllib
from bisect import bisect_right
from importlib.metadata import version
from typing import Any

from ballast import history
from ballast.attribution import Statement, attribute
from ballast.chain import START, Account, Chain, Log, Reverted
from ballast.compiler import ROOT
from ballast.deployment import (
    KINDS,
    Deployment,
    deploy,
    list_boards,
    pricer_parameters,
)
from ballast.flags import Breach, words
from ballast.parameters import Parameters, load
from ballast.paths import Step
from ballast.revm import ARTIFACTS
from ballast.scenario import Scenario, ScenarioError
from ballast.scenario_checks import Seen, run_checks
from ballast.scenario_life import Life
from ballast.scenario_paths import price_path
from ballast.scenario_result import COLUMNS, Check, Result
from ballast.simulation import Cast
from ballast.strict import plain
from ballast.units import WAD

DAY = 86_400

SETTERS = {
    "pricer.carry": ("pricer", "carry", "set_carry"),
    "pricer.stress": ("pricer", "stress", "set_stress"),
    "pricer.quoting": ("pricer", "quoting", "set_quoting"),
    "pricer.limits": ("pricer", "limits", "set_limits"),
    "breaker": ("breaker", "limits", "set_limits"),
    "book.oracle": ("book", "oracle", "set_oracle"),
    "hedger.band": ("hedger", "band", "set_band"),
    "hedger.execution": ("hedger", "execution", "set_execution"),
    "hedger.margin": ("hedger", "margin", "set_margin"),
    "vault.fees": ("vault", "fee_terms", "set_fees"),
}
"""Parameters that the owner of a deployment may change: contract, getter, setter of each group."""


def people_of(scenario: Scenario) -> int:
    """How many accounts take part besides the owner."""
    crowd = scenario.venue.crowd
    held = sum(pressure.position is not None for pressure in scenario.venue.pressure)
    people = 2 + len(scenario.deposits) + scenario.options.buyers
    return people + held + (crowd.accounts if crowd else 0)


def fresh(chain: Chain, owner: Account, scenario: Scenario) -> Deployment:
    """What `ape run deploy` makes of an empty chain, with the scenario's parameters.

    ScenarioError when the contracts refuse one.
    """
    parameters = load(overrides=scenario.changes())
    chain.advance(START)
    spot = round(scenario.spot * 100) * (WAD // 100)
    try:
        deployment = deploy(chain, owner, parameters, spot)
        list_boards(chain, deployment.book, owner, parameters, spot, chain.now())
    except Reverted as refusal:
        raise ScenarioError(f"the contracts refuse a parameter: {refusal}") from None
    return deployment


def run(
    scenario: Scenario,
    chain: Chain,
    deployment: Deployment,
    owner: Account,
    people: list[Account],
    stands: bool = False,
    path: list[Step] | None = None,
) -> Result:
    """Live through it; ScenarioError when the deployment is none for it.

    owner: of the deployment and its mocks; people: as many as `people_of` says; stands: whether the
    deployment was there before, so that its owner has the parameters to change; path: of prices, if
    not the scenario's own.
    """
    bytecode = code_hashes(chain, deployment)
    parameters = parameters_on(chain, deployment, scenario)
    spot = _price(chain, deployment)
    path = path or price_path(scenario, spot)
    chain.advance((chain.now() // DAY + 2) * DAY)
    if stands:
        change(chain, deployment, owner, scenario.changes(), parameters)
    keeper, arbitrageur, *others = people
    count = len(scenario.deposits)
    buyers = others[count : count + scenario.options.buyers]
    cast = Cast(owner, keeper, arbitrageur, others[:count], buyers)
    traders = others[count + len(buyers) :]
    life = Life(chain, cast, traders, scenario, parameters, path[0], deployment)
    begin = chain.now()
    price = chain.read(deployment.vault, "convertToAssets", life._share) / life._unit
    return _result(life, begin, price, bytecode, _live(life, path))


def _live(life: Life, path: list[Step]) -> Check:
    """All steps, or as many as the contracts let it: what stops it is a check that fails."""
    for number, step in enumerate(path[1:], start=1):
        try:
            life.live(number, step)
        except Reverted as refusal:
            return Check("lived_through", "is yes", f"step {number}: {refusal}", False)
    return Check("lived_through", "is yes", "yes", True)


def _result(life: Life, begin: int, price: float, bytecode: dict[str, str], lived: Check) -> Result:
    """All that was seen, with what the logs add to it."""
    chain, deployment = life.chain, life.deployment
    end = chain.now()
    statement = attribute(history.journal(chain, deployment), begin, end)
    told = Tale(life, begin)
    seen = Seen(
        rows=life.rows,
        events=told.events,
        lines=statement.lines,
        nav_before=statement.nav_before,
        requested=float(life.people.requested),
        filled=float(told.filled),
        start_price=price,
        others=len(told.others),
    )
    checks = [lived, _books_balance(chain, deployment, statement)]
    if life.rows:
        checks += run_checks(life.scenario.expect, seen)
    return Result(
        scenario=plain(life.scenario),
        rows=[{name: row[name] for name in COLUMNS} for row in life.rows],
        events=told.events,
        lines=statement.lines,
        nav_before=statement.nav_before,
        nav_after=statement.nav_after,
        checks=checks,
        bytecode=bytecode,
        versions=versions(),
    )


def _books_balance(chain: Chain, deployment: Deployment, statement: Statement) -> Check:
    """The lines sum to the change of NAV, and the NAV of the logs is the vault's."""
    nav = chain.read(deployment.vault, "net_asset_value")[0]
    off = statement.residual + (nav - statement.nav_after if statement.is_live else 0)
    return Check("books_balance", "is 0 wei", f"{off} wei", off == 0)


class Tale:
    """What the logs tell of a life, written into its rows and events."""

    def __init__(self, life: Life, begin: int) -> None:
        self._life = life
        self.filled = 0
        """Shares of redeemers that were filled."""
        self.others: set[str] = set()
        """Accounts besides the hedge's that were liquidated."""
        self.events = list(life.events)
        for row in life.rows:
            row |= {"liquidations": 0, "others_liquidated": 0, "fees": 0.0}
        parts = life.deployment
        self._hedger = parts.hedger.address.lower()
        for log in life.chain.logs(parts.venue, parts.vault, parts.breaker, parts.book):
            if log.timestamp > begin and life.times and log.timestamp >= life.times[0]:
                self._take(log)
        self.events.sort(key=lambda event: float(event["hour"] or 0))

    def _take(self, log: Log) -> None:
        row = self._life.rows[bisect_right(self._life.times, log.timestamp) - 1]
        event = log.arguments
        is_ours = str(event.get("account", "")).lower() == self._hedger
        if log.name == "Traded" and is_ours:
            row["fees"] = float(row["fees"] or 0) + event["fee"] / self._life._unit
        elif log.name == "Liquidated":
            name = "liquidations" if is_ours else "others_liquidated"
            row[name] = int(row[name] or 0) + 1
            self.others |= set() if is_ours else {str(event["account"])}
        elif log.name == "RedemptionsProcessed":
            self.filled += event["shares"]
        if told := self._told(log.name, event, is_ours):
            what, detail = told
            self.events.append({"hour": row["hour"], "what": what, "detail": detail})

    def _told(self, name: str, event: dict[str, Any], is_ours: bool) -> tuple[str, str] | None:
        """The log in words, if it is worth some."""
        unit = self._life._unit
        whose = "the hedge" if is_ours else "another"
        if name == "Liquidated":
            what = "liquidation" if is_ours else "other liquidated"
            return what, f"{event['size_delta'] / WAD:+,.4f} ETH of {whose}"
        if name == "Tripped":
            return "trip", words(Breach(event["breaches"]))
        if name == "Lifted":
            return "lift", ""
        if name == "Settled":
            days = (event["expiry"] - self._life.start) / DAY
            return "settlement", f"board of day {days:.3f}, payoff {event['payoff'] / unit:,.2f}"
        if name == "IouIssued":
            return "venue owes", f"{event['amount'] / unit:,.2f} to {whose}"
        if name == "DeficitBooked":
            return "deficit", f"{event['amount'] / unit:,.2f} of {whose}"
        if name == "RedemptionsProcessed":
            return "redemptions filled", f"{event['assets'] / unit:,.2f}"
        return None


# ------------------------------------------------------------------ the deployment


def parameters_on(chain: Chain, deployment: Deployment, scenario: Scenario) -> Parameters:
    """The scenario's parameters in the units of the deployment's token and feed."""
    decimals = {
        f"{name}.decimals": str(chain.read(getattr(deployment, name), "decimals"))
        for name in ("token", "feed")
    }
    return load(overrides=scenario.changes() | decimals)


def change(
    chain: Chain,
    deployment: Deployment,
    owner: Account,
    changes: dict[str, str],
    parameters: Parameters,
) -> None:
    """Have the owner set what the scenario overrides, and leave the rest of each group as it is."""
    groups: dict[str, set[str]] = {}
    for name in changes:
        group, _, key = name.rpartition(".")
        if group not in SETTERS and group != "boards":
            raise ScenarioError(f"{name} is fixed at deployment: run it with --fresh")
        groups.setdefault(group, set()).add(key)
    tables = parameters | {"pricer": pricer_parameters(parameters)}
    for group, keys in groups.items():
        if group == "boards":
            continue
        part, getter, setter = SETTERS[group]
        contract = getattr(deployment, part)
        table: Any = tables
        for step in group.split("."):
            table = table[step]
        keys = {"reversion" if key == "half_life" else key for key in keys}
        now = chain.read(contract, getter)._asdict()
        chain.send(contract, setter, now | {key: table[key] for key in keys}, sender=owner)


def code_hashes(chain: Chain, deployment: Deployment) -> dict[str, str]:
    """SHA-256 of each contract's code without its immutables; ScenarioError when it is not what is
    compiled here."""
    types = json.loads(ARTIFACTS.read_text())["contractTypes"]
    hashes = {}
    for name, kind in KINDS.items():
        runtime = bytes.fromhex(types[kind]["runtimeBytecode"]["bytecode"][2:])
        code = chain.code(getattr(deployment, name))[: len(runtime)]
        if code != runtime:
            raise ScenarioError(f"what is deployed as '{name}' is not the {kind} of this checkout")
        hashes[name] = "0x" + hashlib.sha256(code).hexdigest()
    return hashes


def versions() -> dict[str, str]:
    """Of what a result depends on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "ballast": project["version"],
        "python": platform.python_version(),
        "vyper": version("vyper"),
        "snekmate": version("snekmate"),
    }


def _price(chain: Chain, deployment: Deployment) -> int:
    """The feed's newest answer [USD wad]."""
    answer = chain.read(deployment.feed, "latestRoundData")[1]
    return int(answer * 10 ** (18 - chain.read(deployment.feed, "decimals")))
