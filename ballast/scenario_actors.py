"""Who takes part in a scenario besides those of a simulation: traders at the venue, and depositors
who come and go. What a contract refuses them is told, not raised."""

from collections.abc import Callable
from typing import Any

from ballast.agents import UNBOUNDED
from ballast.chain import Account, Chain, Reverted
from ballast.deployment import Deployment
from ballast.keeper import is_liquidatable
from ballast.scenario import Crowd, Flow, Pressure
from ballast.units import WAD, clamp

Tell = Callable[[str, str], None]
"""Takes what happened, a word, and its detail."""

NO_FAILURE = ("perp_venue: healthy", "perp_venue: grace")
"""The refusals of a liquidation that are none."""

MARGIN_OF_HOLDER = 3
"""Margin of who holds a position whatever comes, in notionals."""

PATIENCE = 3_600
"""For which an order is good [s]."""


class Traders:
    """Accounts at the venue whose margin is minted as they come."""

    def __init__(self, chain: Chain, deployment: Deployment, owner: Account, tell: Tell) -> None:
        self._chain = chain
        self._parts = deployment
        self._owner = owner
        self._tell = tell
        self._scale = chain.read(deployment.vault, "ledger").scale
        self._mmr = chain.read(deployment.venue, "terms").mmr
        self.crowd: list[Account] = []
        """Those with leverage who are not closed."""

    def gather(self, crowd: Crowd, accounts: list[Account]) -> None:
        """Each opens with its leverage; who is refused stays away."""
        size = round(crowd.size * WAD) * (-1 if crowd.is_short else 1)
        first, last = crowd.leverage
        for number, account in enumerate(accounts):
            leverage = first + (last - first) * number / max(len(accounts) - 1, 1)
            price = self._chain.read(self._parts.venue, "market").mark
            self._endow(account, round(abs(size) * price / WAD / leverage))
            if self._order(account, size):
                self.crowd.append(account)
        self._tell("crowd", f"{len(self.crowd)} of {len(accounts)} opened")

    def hold(self, pressure: Pressure, account: Account) -> None:
        """Bring the account's position nearer to what it is to hold, as far as the venue goes."""
        held = self._chain.read(self._parts.venue, "account", account)
        wanted = round((pressure.position or 0.0) * WAD)
        self._trade_to(account, held, wanted)

    def close(self, account: Account) -> None:
        """Bring it to nothing, likewise."""
        held = self._chain.read(self._parts.venue, "account", account)
        self._trade_to(account, held, 0)

    def liquidate(self, sender: Account) -> None:
        """Whoever of the crowd is due, one after another."""
        venue = self._parts.venue
        for account in list(self.crowd):
            held = self._chain.read(venue, "account", account)
            index = self._chain.read(venue, "market").index
            if held.size and is_liquidatable(held, index, self._mmr):
                self._try_to_liquidate(account, sender)
            if not self._chain.read(venue, "account", account).size:
                self.crowd.remove(account)

    def _try_to_liquidate(self, account: Account, sender: Account) -> None:
        try:
            self._chain.send(self._parts.venue, "liquidate", account, sender=sender)
        except Reverted as refusal:
            if str(refusal) not in NO_FAILURE:
                raise

    def _trade_to(self, account: Account, held: Any, wanted: int) -> None:
        venue = self._parts.venue
        size = wanted - held.size
        terms = self._chain.read(venue, "terms")
        size = clamp(size, -terms.max_sell, terms.max_buy)
        if not size:
            return
        price = self._chain.read(venue, "market").mark
        if abs(wanted) > abs(held.size):
            self._endow(account, MARGIN_OF_HOLDER * abs(size) * price // WAD)
        self._order(account, size)

    def _endow(self, account: Account, usd: int) -> None:
        """Mint margin [USD wad] and deposit it."""
        token, venue = self._parts.token, self._parts.venue
        amount = usd // self._scale + 1
        self._chain.send(token, "mint", account, amount, sender=self._owner)
        self._chain.send(token, "approve", venue, amount, sender=account)
        self._chain.send(venue, "deposit", amount, sender=account)

    def _order(self, account: Account, size: int) -> bool:
        limit = UNBOUNDED if size > 0 else 0
        deadline = self._chain.now() + PATIENCE
        try:
            self._chain.send(self._parts.venue, "submit", size, limit, deadline, sender=account)
        except Reverted as refusal:
            self._tell("order refused", str(refusal))
            return False
        return True


class Depositors:
    """They deposit, take out at once, or ask for their money back and wait."""

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        owner: Account,
        people: list[Account],
        tell: Tell,
    ) -> None:
        self._chain = chain
        self._parts = deployment
        self._owner = owner
        self._people = people
        self._tell = tell
        self._unit = 10 ** chain.read(deployment.token, "decimals")
        self.requested = 0
        """Shares asked back so far."""

    def act(self, flow: Flow) -> None:
        """Do it, or tell what refused it."""
        try:
            {"deposit": self._deposit, "withdraw": self._withdraw, "request": self._request}[
                flow.what
            ](flow, self._people[flow.who])
        except Reverted as refusal:
            self._tell(f"{flow.what} refused", str(refusal))

    def claim(self) -> None:
        """What was filled is paid out, as far as there is cash."""
        for who in self._people:
            if self._chain.read(self._parts.vault, "redemption", who)[1]:
                try:
                    self._chain.send(self._parts.vault, "claim_redemption", who, sender=who)
                except Reverted as refusal:
                    self._tell("claim refused", str(refusal))

    def _deposit(self, flow: Flow, who: Account) -> None:
        amount = round(flow.usd * self._unit)
        token, vault = self._parts.token, self._parts.vault
        self._chain.send(token, "mint", who, amount, sender=self._owner)
        self._chain.send(token, "approve", vault, amount, sender=who)
        self._chain.send(vault, "deposit", amount, who, sender=who)
        self._tell("deposit", f"{flow.usd:,.0f} USD")

    def _withdraw(self, flow: Flow, who: Account) -> None:
        vault = self._parts.vault
        wanted = self._held(flow, who)
        shares = min(wanted, self._chain.read(vault, "maxRedeem", who))
        if not shares:
            raise Reverted("nothing can be redeemed at once")
        self._chain.send(vault, "redeem", shares, who, who, sender=who)
        self._tell("withdrawal", f"{shares / wanted:.1%} of what was wanted")

    def _request(self, flow: Flow, who: Account) -> None:
        shares = self._held(flow, who)
        self._chain.send(self._parts.vault, "request_redeem", shares, who, who, sender=who)
        self.requested += shares
        self._tell("request", f"{flow.share:.1%} of the shares of depositor {flow.who}")

    def _held(self, flow: Flow, who: Account) -> int:
        """The share of what he holds that is meant."""
        held = int(self._chain.read(self._parts.vault, "balanceOf", who))
        return held * round(flow.share * 10_000) // 10_000
