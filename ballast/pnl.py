"""Where the change of NAV came from, each line by its own formula, from the logs.

    premium        Σ premiums taken
    payouts      − Σ what settled boards are owed
    options      − (value of what is sold at the end − at the start)
    hedge price    position · index at the end − Σ size traded · price
    funding      − Σ funding settled − funding owed since
    venue fees   − Σ fees and penalties

The vault's account at the venue starts empty. No line is the rest of the others:
`Statement.residual` is what rounding left.
"""

from dataclasses import dataclass
from typing import Any

from ballast.chain import Chain
from ballast.deployment import Deployment
from ballast.units import WAD

CENT = WAD // 100


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
        """What the hedge made: its price, funding and fees."""
        return sum(self.lines[name] for name in ("hedge price", "funding", "venue fees"))

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
    trades = _of(chain.events(venue, "Traded"), "account", hedger.address)
    funding = _of(chain.events(venue, "FundingSettled"), "account", hedger.address)
    held = chain.read(hedger, "account")
    accrued = chain.read(venue, "margin_of", hedger) - held.margin
    spent = sum(_signed(trade["notional"], trade["size_delta"]) for trade in trades)
    lines = {
        "premium": scale * _sum(chain.events(vault, "PremiumTaken"), "amount"),
        "payouts": -scale * _sum(chain.events(vault, "ClaimsBooked"), "owed"),
        "options": opening.options - chain.read(deployment.book, "risk").mid,
        "hedge price": held.size * held.index // WAD - spent,
        "funding": -scale * (_sum(funding, "amount") + accrued),
        "venue fees": -scale * _sum(trades, "fee"),
    }
    return Statement(lines, opening.nav, chain.read(vault, "net_asset_value")[0])


def _of(events: list[dict[str, Any]], key: str, value: object) -> list[dict[str, Any]]:
    return [event for event in events if event[key] == value]


def _sum(events: list[dict[str, Any]], key: str) -> int:
    return sum(event[key] for event in events)


def _signed(amount: int, like: int) -> int:
    return amount if like > 0 else -amount
