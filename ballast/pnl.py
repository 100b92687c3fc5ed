"""Where the change of NAV came from, each line by its own formula, from the logs.

    premium              Σ premiums taken − Σ premiums paid back for options that came back
    payouts            − Σ what settled boards are owed
    rewards            − Σ paid to those who hedged
    options            − (value of what is sold at the end − at the start)
    hedge price          position · index at the end − Σ size traded · price
    funding            − Σ funding settled − funding owed since
    venue fees         − Σ fees and penalties
    owed by the venue  − (Σ IOUs issued − Σ IOUs collected): profit that its fund could not pay
    borne by the venue   Σ losses beyond the margin when nothing was left of the position

The vault's account at the venue starts empty. No line is the rest of the others:
`Statement.residual` is what rounding left.
"""

from dataclasses import dataclass
from typing import Any

from ballast.chain import Chain
from ballast.deployment import Deployment
from ballast.units import WAD

CENT = WAD // 100
HEDGE = ("hedge price", "funding", "venue fees", "owed by the venue", "borne by the venue")
"""The lines that are the hedge's."""


@dataclass(frozen=True)
class Statement:
    """Lines of the P&L, and the NAVs that they explain, USD wad; + is the vault's gain."""

    lines: dict[str, int]
    nav_before: int
    nav_after: int

    @property
    def total(self) -> int:
        """Σ lines."""
        return sum(self.lines.values())

    @property
    def residual(self) -> int:
        """Change of NAV that no line explains: rounding to token units."""
        return self.nav_after - self.nav_before - self.total

    @property
    def hedge(self) -> int:
        """What the hedge made: price, funding and fees, as far as the venue paid and took them."""
        return sum(self.lines[name] for name in HEDGE)

    def check(self) -> None:
        """ArithmeticError when the lines do not sum to the change of NAV to the cent."""
        if abs(self.residual) >= CENT:
            raise ArithmeticError(
                f"the P&L lines miss the change of NAV by {self.residual / WAD:.6f} USD"
            )


@dataclass(frozen=True)
class Opening:
    """NAV and value of the options sold where a statement begins [USD wad]."""

    nav: int
    options: int


def open_books(chain: Chain, deployment: Deployment) -> Opening:
    """Where the vault stands before its account at the venue was used."""
    return Opening(
        nav=chain.read(deployment.vault, "net_asset_value")[0],
        options=chain.read(deployment.book, "risk").mid,
    )


def close_books(chain: Chain, deployment: Deployment, opening: Opening, scale: int) -> Statement:
    """The statement from `opening` to now; no deposit or withdrawal between. scale: wad a unit."""
    vault, venue, hedger = deployment.vault, deployment.venue, deployment.hedger
    names = ("Traded", "FundingSettled", "IouIssued", "IouCollected", "DeficitBooked")
    trades, funding, issued, collected, deficits = (
        _of(chain.events(venue, name), "account", hedger.address) for name in names
    )
    taken, returned = (
        _sum(chain.events(vault, name), "amount") for name in ("PremiumTaken", "PremiumReturned")
    )
    held = chain.read(hedger, "account")
    accrued = chain.read(venue, "margin_of", hedger) - held.margin
    spent = sum(_signed(trade["notional"], trade["size_delta"]) for trade in trades)
    lines = {
        "premium": scale * (taken - returned),
        "payouts": -scale * _sum(chain.events(vault, "ClaimsBooked"), "owed"),
        "rewards": -scale * _sum(chain.events(vault, "RewardPaid"), "amount"),
        "options": opening.options - chain.read(deployment.book, "risk").mid,
        "hedge price": held.size * held.index // WAD - spent,
        "funding": -scale * (_sum(funding, "amount") + accrued),
        "venue fees": -scale * _sum(trades, "fee"),
        "owed by the venue": scale * (_sum(collected, "amount") - _sum(issued, "amount")),
        "borne by the venue": scale * _sum(_of(deficits, "carried", False), "amount"),
    }
    return Statement(lines, opening.nav, chain.read(vault, "net_asset_value")[0])


def _of(events: list[dict[str, Any]], key: str, value: object) -> list[dict[str, Any]]:
    return [event for event in events if event[key] == value]


def _sum(events: list[dict[str, Any]], key: str) -> int:
    return sum(event[key] for event in events)


def _signed(amount: int, like: int) -> int:
    return amount if like > 0 else -amount
