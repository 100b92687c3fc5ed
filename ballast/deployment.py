"""Deploys Ballast in the one order that works, and names its parts.

The order (docs/SPEC.md): token and feed, venue, vault, breaker, pricer, book, hedger; then vault
and book are wired, for good. The multicall, for whoever reads much at once, is no part of them.
"""

from dataclasses import dataclass
from typing import Any

from ballast.chain import Account, Chain, Contract
from ballast.parameters import Parameters, reversion

KINDS = {
    "token": "MockToken",
    "feed": "MockFeed",
    "venue": "PerpMarket",
    "vault": "Vault",
    "breaker": "Breaker",
    "pricer": "Pricer",
    "book": "OptionBook",
    "hedger": "Hedger",
    "multicall": "Multicall",
}
"""What each part of a deployment is."""


@dataclass(frozen=True)
class Deployment:
    """The contracts of one vault."""

    token: Contract
    feed: Contract
    venue: Contract
    vault: Contract
    breaker: Contract
    pricer: Contract
    book: Contract
    hedger: Contract
    multicall: Contract


def deploy(
    chain: Chain, owner: Account, parameters: Parameters, price: int, venue_kind: str = "PerpMarket"
) -> Deployment:
    """Deploy mocks, venue and vault, wire them, and fill the venue's fund.

    price: first answer of the feed, USD wad; venue_kind: contract that is the venue.
    """
    decimals = parameters["token"]["decimals"]
    token = chain.deploy("MockToken", "USD Coin", "USDC", decimals, sender=owner)
    feed = chain.deploy("MockFeed", "ETH / USD", parameters["feed"]["decimals"], sender=owner)
    push_price(chain, feed, owner, price, parameters["feed"]["decimals"])
    venue = chain.deploy(venue_kind, token, feed, parameters["venue"], sender=owner)
    vault_parameters = parameters["vault"]
    vault = chain.deploy(
        "Vault",
        token,
        vault_parameters["name"],
        vault_parameters["symbol"],
        vault_parameters["offset"],
        vault_parameters["deposit_cap"],
        fee_terms(parameters, owner),
        sender=owner,
    )
    breaker = chain.deploy("Breaker", vault, parameters["breaker"], sender=owner)
    pricer = chain.deploy("Pricer", pricer_parameters(parameters), sender=owner)
    oracle = parameters["book"]["oracle"]
    book = chain.deploy("OptionBook", vault, venue, feed, pricer, breaker, oracle, sender=owner)
    rules = parameters["hedger"]
    hedger = chain.deploy("Hedger", vault, book, venue, breaker, rules, sender=owner)
    chain.send(vault, "wire", book, hedger, breaker, sender=owner)
    chain.send(book, "wire", hedger, sender=owner)
    fund_venue(chain, token, venue, owner, parameters["fund"]["initial"])
    multicall = chain.deploy("Multicall", sender=owner)
    return Deployment(token, feed, venue, vault, breaker, pricer, book, hedger, multicall)


def fee_terms(parameters: Parameters, owner: Account) -> dict[str, Any]:
    """The vault's struct of fees; without a recipient they are the owner's."""
    terms = dict(parameters["vault"]["fees"])
    if int(terms["recipient"], 16) == 0:
        terms["recipient"] = owner
    return terms


def pricer_parameters(parameters: Parameters) -> dict[str, Any]:
    """The pricer's struct of parameters; the speed of reversion follows from its half-life."""
    pricer = {name: dict(table) for name, table in parameters["pricer"].items()}
    pricer["carry"]["reversion"] = reversion(pricer["carry"].pop("half_life"))
    return pricer


def push_price(chain: Chain, feed: Contract, owner: Account, price: int, decimals: int = 8) -> None:
    """Answer the feed with `price` [USD wad], cut to the feed's decimals."""
    chain.send(feed, "push", price // 10 ** (18 - decimals), sender=owner)


def fund_venue(chain: Chain, token: Contract, venue: Contract, owner: Account, amount: int) -> None:
    """Mint tokens into the venue's fund [token units]."""
    chain.send(token, "mint", owner, amount, sender=owner)
    chain.send(token, "approve", venue, amount, sender=owner)
    chain.send(venue, "add_to_fund", amount, sender=owner)


def list_boards(
    chain: Chain, book: Contract, owner: Account, parameters: Parameters, spot: int, now: int
) -> list[int]:
    """List a board a tenor, strikes around `spot` [USD wad]; returns the expiries [unix s]."""
    boards = parameters["boards"]
    surface = {key: boards[key] for key in ("atm_vol", "skew", "smile")}
    expiries = [now + tenor for tenor in boards["tenors"]]
    for expiry in expiries:
        list_board(chain, book, owner, expiry, strike_ladder(boards, spot), surface)
    return expiries


def list_board(
    chain: Chain,
    book: Contract,
    owner: Account,
    expiry: int,
    strikes: list[int],
    surface: dict[str, int],
) -> None:
    """List one board; surface: atm_vol, skew and smile [wad]."""
    chain.send(book, "list_board", expiry, strikes, surface, sender=owner)


def strike_ladder(boards: dict[str, int], spot: int) -> list[int]:
    """Strikes from the lowest to the highest share of spot, rounded to a whole dollar [USD wad]."""
    shares = range(boards["lowest_strike"], boards["highest_strike"] + 1, boards["strike_step"])
    dollar = 10**18
    ladder = [round(spot * share // 10**18 / dollar) * dollar for share in shares]
    return sorted(set(ladder))
