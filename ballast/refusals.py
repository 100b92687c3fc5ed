"""What the contracts' reasons mean to whoever meets them, and what he can do."""

from ballast.flags import Breach

SILENT = (
    "the price feed has been silent for longer than its heartbeat; on a devnet"
    " `ape run market move` or `live` wakes it"
)

OWNERS = (
    "only the owner of the contract may do that, on a devnet who deployed it: `--account TEST::0`"
)

WORDS = {
    "vault: not wired": "the vault has no book yet",
    "vault: feed not live": SILENT,
    "option_book: feed not live": SILENT,
    "vault: venue not live": "the venue does not answer, or has no live index",
    "vault: board not settled": "a board has expired: anyone may `ape run options settle`",
    "vault: vol just moved": "a vol was moved far in this very block: try again in the next",
    "vault: basis too wide": "the venue's mark is more than 1% away from the index",
    "vault: reduce-only": "the breaker has tripped: the vault takes no risk until its owner lifts"
    " it; `ape run vault request` queues shares for redemption",
    "vault: breached": "the breaker sees something wrong and lets nobody in or out",
    "vault: share price too low": "a share is worth less than 1% of its start",
    "vault: over deposit cap": "deposits would bring the vault over its cap",
    "vault: over free liquidity": "that much is not free: the book and its hedge may need it;"
    " `ape run vault request` queues shares for redemption",
    "vault: below min shares": "the price of a share rose by more than the slippage allowed",
    "vault: below min assets": "the price of a share fell by more than the slippage allowed",
    "vault: over max shares": "the price of a share fell by more than the slippage allowed",
    "vault: no request": "nothing of this account's waits to be redeemed",
    "option_book: reduce-only": "the breaker has tripped: nothing is sold until its owner lifts it",
    "option_book: breached": "the breaker sees something wrong and lets nothing be sold",
    "option_book: unknown board": "there is no board of that expiry",
    "option_book: unknown strike": "the board has no such strike",
    "option_book: premium over maximum": "the premium rose by more than the slippage allowed",
    "option_book: premium under minimum": "the premium fell by more than the slippage allowed",
    "admission: delta too small": "too far out of the money to be sold",
    "admission: delta too large": "too far in the money to be sold",
    "admission: over stress loss": "the vault could lose too much of its value in a crash",
    "admission: over hedge cap": "the vault could not hedge so much",
    "admission: over free liquidity": "the vault has too little free cash to back it",
    "admission: over vega cap": "the vault has sold as much volatility as it may",
    "admission: inside the cutoff": "the board expires too soon",
    "ownable: caller is not the owner": OWNERS,
    "erc20: access is denied": OWNERS,
}
"""By the reason that a contract gives."""


BREACHES = {
    Breach.BASIS: "mark far from the index",
    Breach.DRAWDOWN: "value of a share fell too far",
    Breach.MARGIN: "margin of the hedge too thin",
    Breach.UNHEDGED: "too much delta unhedged",
    Breach.JUMP: "index jumped within an hour",
    Breach.FEED: "no good price for too long",
    Breach.GUARDIAN: "guardian or owner said so",
}


def in_words(reason: str) -> str:
    """The reason, and what it means where that is known."""
    return f"{reason} ({WORDS[reason]})" if reason in WORDS else reason


def breaches(flags: int) -> str:
    """What is wrong, in words; empty when nothing is."""
    return ", ".join(words for flag, words in BREACHES.items() if flags & flag)
