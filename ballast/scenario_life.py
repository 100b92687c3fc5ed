"""A simulated vault in a scenario: its steps, with what goes wrong and who else is there.

The contracts decide what a transaction does and `ballast.keeper` what is sent; here is only what
happens when.
"""

from typing import Any

from ballast.agents import Order, option_flow
from ballast.chain import Account, Chain, Reverted
from ballast.deployment import Deployment
from ballast.flags import Breach
from ballast.keeper import MAX_ROUNDS, Job, due
from ballast.keeper_reading import VIEWS, Reading
from ballast.keeper_sender import GWEI, FeeRule, fees
from ballast.parameters import Parameters
from ballast.paths import Step
from ballast.scenario import Fault, Fill, Scenario
from ballast.scenario_actors import Depositors, Traders
from ballast.scenario_result import Value
from ballast.simulation import HOUR, Cast, World
from ballast.units import WAD

NORMAL, REDUCE_ONLY, PAUSED = 1, 2, 4
MODES = {NORMAL: "normal", REDUCE_ONLY: "reduce-only", PAUSED: "paused"}
"""The flags of IPerpVenue.Mode."""

LEAST_PRICE = WAD // 10**8
"""Of the basis that traders see while the feed stands: nothing below it is a price."""


class Life(World):
    """One scenario on one deployment."""

    def __init__(
        self,
        chain: Chain,
        cast: Cast,
        traders: list[Account],
        scenario: Scenario,
        parameters: Parameters,
        start: Step,
        deployment: Deployment,
    ) -> None:
        """traders: for the crowd and for each pressure that is a position, in this order."""
        unit = 10 ** parameters["token"]["decimals"]
        deposits = [round(amount * unit) for amount in scenario.deposits]
        vol = scenario.options.roll
        roll = None if vol is None else lambda hour: round(vol * WAD)
        super().__init__(chain, cast, parameters, start, deposits, deployment=deployment, roll=roll)
        self.scenario = scenario
        self.rows: list[dict[str, Value]] = []
        self.events: list[dict[str, Value]] = []
        self.times: list[int] = []
        """When each step began [unix s]."""
        self.people = Depositors(chain, deployment, cast.owner, cast.depositors, self.tell)
        self._traders = Traders(chain, deployment, cast.owner, self.tell)
        crowd = scenario.venue.crowd
        count = crowd.accounts if crowd else 0
        self._crowd, self._holders = traders[:count], traders[count:]
        self._hour = 0.0
        self._visited = float("-inf")
        self._broken: set[Fault] = set()
        self._share = 10 ** chain.read(deployment.vault, "decimals")
        self._unit = unit
        strikes = len(self.strikes)
        flow = scenario.options.flow
        self._orders = (
            []
            if flow == "none"
            else option_flow(flow, scenario.hours, scenario.options.buyers, strikes, scenario.seed)
        )

    def tell(self, what: str, detail: str) -> None:
        """Something happened."""
        self.events.append({"hour": self._hour, "what": what, "detail": detail})

    def live(self, number: int, step: Step) -> None:
        """Step `number`: what breaks, the feed, the venue, people, and last the keeper."""
        parts = self.scenario.steps
        self._hour = number / parts
        self.chain.advance(self.start + number * HOUR // parts)
        self._break()
        if not self._has("feed"):
            self._push(step.price)
        else:
            self.chain.next_block()
        self.times.append(self.chain.now())
        self._trade(step)
        self._liquidate_all()
        self._settle_expired()
        self._relist(int(self._hour), step.price)
        sales, refused = self.record.sales, self.record.refused.total()
        self._let_people_act(step)
        keeper = self._keeper_is()
        states, sends = self._visit(keeper, step)
        sends += self._upkeep(keeper)
        self.people.claim()
        self._lift()
        row = self._row(step, states)
        self.rows.append(row | {
            "sales": self.record.sales - sales,
            "refused": self.record.refused.total() - refused,
            "keeper": keeper,
            "sends": sends,
        })  # fmt: skip

    # -------------------------------------------------------------- what goes wrong

    def _has(self, what: str) -> bool:
        return any(fault.what == what and fault in self._broken for fault in self.scenario.faults)

    def _break(self) -> None:
        """What fails from now on, and what works again."""
        for fault in self.scenario.faults:
            is_on = fault.is_on(self._hour)
            if fault.what == "depth" or is_on == (fault in self._broken):
                continue
            (self._broken.add if is_on else self._broken.remove)(fault)
            self.tell("fault", f"{fault.what} {'fails' if is_on else 'works again'}")
            if fault.what == "venue":
                mode = PAUSED if is_on else NORMAL
                venue = self.deployment.venue
                self.chain.send(venue, "set_mode", mode, sender=self.cast.owner)

    def _base_fee(self) -> float:
        """What gas costs now [gwei]."""
        factors = [fault.factor for fault in self._broken if fault.what == "gas"]
        return self.scenario.keeper.base_fee * max(factors, default=1.0)

    def _keeper_is(self) -> str:
        """Whether the keeper acts: it is there, its hour has come, and it pays the gas."""
        if self._has("keeper"):
            return "out"
        rule = FeeRule(max_base_fee=round(self.scenario.keeper.max_base_fee * GWEI))
        if fees(rule, round(self._base_fee() * GWEI)) is None:
            return "waits"
        # Hours are sums of parts: half a minute is no difference.
        if self._hour - self._visited < self.scenario.keeper.hours - 0.5 / 60:
            return "rests"
        self._visited = self._hour
        return "on"

    # -------------------------------------------------------------- the venue

    def _trade(self, step: Step) -> None:
        """Arbitrage, pressure, and the crowd as it comes."""
        self._press()
        crowd = self.scenario.venue.crowd
        if crowd and self._crowd and self._hour >= crowd.hour:
            self._traders.gather(crowd, self._crowd)
            self._crowd = []
        self._arbitrate(step)

    def _arbitrate(self, step: Step) -> None:
        """The mark is traded to where others have it."""
        basis = self._basis(step)
        if basis is not None:
            # Who trades knows what an ETH is worth, though the feed may not.
            index = self.chain.read(self.deployment.venue, "market").index
            self._arbitrageur.trade((1 + basis) * step.price / max(index, LEAST_PRICE) - 1)

    def _basis(self, step: Step) -> float | None:
        """Where others hold the mark; None when nobody does."""
        for pressure in self.scenario.venue.pressure:
            if pressure.basis is not None and self._is_under(pressure):
                return pressure.basis
        return step.basis if self.scenario.venue.arbitrage else None

    def _is_under(self, pressure: Any) -> bool:
        return bool(pressure.hour <= self._hour < pressure.hour + pressure.hours)

    def _press(self) -> None:
        held = [one for one in self.scenario.venue.pressure if one.position is not None]
        for pressure, account in zip(held, self._holders, strict=True):
            if self._is_under(pressure):
                self._traders.hold(pressure, account)
            elif self._hour >= pressure.hour + pressure.hours:
                self._traders.close(account)

    def _liquidate_all(self) -> None:
        """Others try: the vault's hedge where it is near, and the crowd where it is due."""
        index = self.chain.read(self.deployment.venue, "market").index
        if self._near_liquidation(index):
            self._liquidate()
        if self._traders.crowd:
            self._traders.liquidate(self.cast.keeper)

    # -------------------------------------------------------------- people

    def _let_people_act(self, step: Step) -> None:
        """Depositors and buyers, each in the first step of his hour or after it."""
        since = self._hour - 1 / self.scenario.steps
        for flow in self.scenario.flows:
            if since < flow.hour <= self._hour:
                self.people.act(flow)
        for order in self._orders:
            if since < order.hour <= self._hour:
                self._sell(order, step.price)
        fill = self.scenario.options.fill
        if fill and since < fill.hour <= self._hour:
            self._fill(fill, step.price)

    def _fill(self, fill: Fill, price: int) -> None:
        """Everything that is for sale in turn, until nothing more is sold."""
        kinds = {"both": (False, True), "calls": (False,), "puts": (True,)}[fill.only]
        before, refused = self.record.sales, self.record.refused.copy()
        wanted = [
            Order(0, 0, board, strike, is_put, fill.share)
            for board in range(len(self.boards))
            for strike in range(len(self.boards[board].strikes))
            for is_put in kinds
        ]
        for _ in range(fill.rounds):
            wanted = [order for order in wanted if self._sell(order, price)]
            if not wanted:
                break
        reasons = ", ".join(sorted((self.record.refused - refused).keys())) or "nobody"
        self.tell("fill", f"{self.record.sales - before} sales, refused by {reasons}")

    # -------------------------------------------------------------- the keeper

    def _visit(self, keeper: str, step: Step) -> tuple[list[Any], int]:
        """The hedger's states that the keeper found, the last as it is left; what was sent."""
        hedger = self.deployment.hedger
        states: list[Any] = []
        if keeper == "on":
            try:
                self.keeper.visit(states.append, lambda: self._arbitrate(step))
            except Reverted as refusal:
                self.tell("hedge refused", str(refusal))
        sends = len(states) if len(states) == MAX_ROUNDS else max(len(states) - 1, 0)
        if not states or len(states) == MAX_ROUNDS:
            states.append(self.chain.read(hedger, "state"))
        self._left = states[-1]
        self._worth = max(self._left.nav, 0)
        return states, sends

    def _upkeep(self, keeper: str) -> int:
        """Whatever else the keeper finds due: looks of the breaker, redemptions."""
        if keeper != "on":
            return 0
        jobs = [task.job for task in due(self._reading()) if task.job in (Job.TRIP, Job.PROCESS)]
        for job in jobs:
            contract, function = {
                Job.TRIP: (self.deployment.breaker, "trip"),
                Job.PROCESS: (self.deployment.vault, "process_redemptions"),
            }[job]
            try:
                self.chain.send(contract, function, sender=self.cast.keeper)
            except Reverted as refusal:
                self.tell(f"{job} refused", str(refusal))
        return len(jobs)

    def _reading(self) -> Reading:
        """What a keeper reads of the vault; of the node, nothing."""
        seen = {
            name: self.chain.read(getattr(self.deployment, part), view)
            for name, (part, view) in VIEWS.items()
            if part != "multicall" and name != "state"
        }
        return Reading(
            chain_id=0, number=0, timestamp=self.chain.now(), parent="", base_fee=0, balance=0,
            state=self._left, **seen,
        )  # fmt: skip

    # -------------------------------------------------------------- what is seen

    def _row(self, step: Step, states: list[Any]) -> dict[str, Value]:
        left = states[-1]
        hedges = [state for state in states[:-1] if state.trade]
        ratios = [state.margin_ratio / WAD for state in states if state.size]
        clipped = sum(abs(state.trade) < abs(state.wanted) for state in hedges)
        limit = left.liquidation_price
        return {
            "hour": self._hour,
            "spot": step.price / WAD,
            "index": left.index / WAD,
            "mark": left.mark / WAD,
            "basis": left.basis / WAD,
            "funding": left.funding_8h / WAD,
            "book_delta": left.book_delta / WAD,
            "hedge": left.size / WAD,
            "net": left.net_delta / WAD,
            "band": left.band / WAD,
            "nav": left.nav / WAD,
            "margin_ratio": min(ratios, default=None),
            "liquidation_price": limit / WAD if left.size and limit else None,
            "hedges": len(hedges),
            "clipped": clipped,
            "gas": self._base_fee(),
        } | self._accounts()

    def _accounts(self) -> dict[str, Value]:
        """What vault, breaker and venue say of themselves."""
        read, parts = self.chain.read, self.deployment
        ledger = read(parts.vault, "ledger")
        waiting = read(parts.vault, "convertToAssets", read(parts.vault, "waiting"))
        breached = Breach(read(parts.breaker, "breached"))
        return {
            "share_price": read(parts.vault, "convertToAssets", self._share) / self._unit,
            "free": read(parts.vault, "free_liquidity") / WAD,
            "claims": ledger.claims / self._unit,
            "waiting": waiting / self._unit,
            "mode": "normal" if read(parts.breaker, "is_normal") else "reduce-only",
            "breaches": ", ".join(str(part.name).lower() for part in breached),
            "fund": read(parts.venue, "fund") / self._unit,
            "ious": read(parts.venue, "ious") / self._unit,
            "venue": MODES[read(parts.venue, "mode")],
        }
