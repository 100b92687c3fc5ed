"""What an account does at the venue, and what the venue shows, in ETH and tokens."""

from dataclasses import dataclass
from typing import Any

from ballast import solvency
from ballast.chain import Account, Chain, Contract, Receipt
from ballast.human import Sheet, decimal, least, most
from ballast.units import WAD

MODES = {1: "normal", 2: "reduce only", 4: "paused"}
UNPAUSED = 2**256 - 1
"""The end of a grace that has not begun to run: the venue is paused."""


class PerpError(ValueError):
    """An order that makes no sense to send; the message says why."""


@dataclass(frozen=True)
class Trader:
    """An account at a venue."""

    chain: Chain
    venue: Contract
    token: Contract
    account: Account

    @property
    def digits(self) -> int:
        """Decimals of the token."""
        return int(self.chain.read(self.token, "decimals"))

    def trade(self, size: int, slippage: int, patience: int) -> Receipt:
        """Order `size` [ETH wad], signed, at no worse than the quote and `slippage` [wad].

        patience: seconds that the order may wait.
        """
        quote = self.chain.read(self.venue, "quote", size)
        if quote.average_price == 0:
            raise PerpError("the venue's price bands do not let an order of this size through now")
        worst = most if size > 0 else least
        limit = worst(quote.average_price, slippage)
        deadline = self.chain.now() + patience
        return self.chain.send(self.venue, "submit", size, limit, deadline, sender=self.account)

    def close(self, size: int | None, slippage: int, patience: int) -> Receipt:
        """Close `size` [ETH wad] of the position, all of it when None."""
        held = self.chain.read(self.venue, "account", self.account).size
        if held == 0:
            raise PerpError("there is no position")
        part = abs(held) if size is None else size
        if part > abs(held):
            raise PerpError(f"the position is only {decimal(abs(held))} ETH")
        return self.trade(-part if held > 0 else part, slippage, patience)

    def add_margin(self, amount: int) -> Receipt:
        """Deposit tokens [token units], approved first where they are not."""
        allowed = self.chain.read(self.token, "allowance", self.account, self.venue)
        if allowed < amount:
            self.chain.send(self.token, "approve", self.venue, amount, sender=self.account)
        return self.chain.send(self.venue, "deposit", amount, sender=self.account)

    def remove_margin(self, amount: int) -> Receipt:
        """Withdraw tokens [token units], as far as the venue lets them go."""
        return self.chain.send(self.venue, "withdraw", amount, sender=self.account)


def status(chain: Chain, venue: Contract, token: Contract, who: str | None) -> Sheet:
    """Market, terms and fund, and the account of `who`, in USD, ETH and tokens."""
    digits = chain.read(token, "decimals")
    market, terms = chain.read(venue, "market"), chain.read(venue, "terms")
    sheet = {
        "market": {
            "mark": decimal(market.mark),
            "index": decimal(market.index),
            "live": str(market.valid).lower(),
            "basis": decimal(solvency.basis(market)),
            "funding 8h": decimal(market.funding_8h),
            "funding year, average": decimal(market.funding_ema_year),
            "open interest": decimal(market.open_interest),
            "net position": decimal(chain.read(venue, "net_position")),
        },
        "venue": {
            "mode": MODES[terms.mode],
            "largest buy": decimal(terms.max_buy),
            "largest sell": decimal(terms.max_sell),
            "fund": decimal(chain.read(venue, "fund"), digits),
            "IOUs": decimal(chain.read(venue, "ious"), digits),
            "grace ends": _grace(chain.read(venue, "grace_until"), chain.now()),
        },
    }
    if who:
        sheet["account"] = _account(chain, venue, who, digits, market.index)
    return sheet


def _grace(until: int, now: int) -> str:
    """When liquidations are ordinary again."""
    if until == UNPAUSED:
        return "not yet"
    return f"in {until - now} s" if until > now else "over"


def _account(chain: Chain, venue: Contract, who: str, digits: int, index: int) -> dict[str, str]:
    account: Any = chain.read(venue, "account", who)
    notional = abs(account.size) * index // WAD
    low = min(account.equity_index, account.equity_exit)
    return {
        "address": who,
        "size": decimal(account.size),
        "pending": decimal(account.pending),
        "margin": decimal(account.margin, digits),
        "equity at the index": decimal(account.equity_index),
        "equity at exit": decimal(account.equity_exit),
        "margin ratio": decimal(low * WAD // notional) if notional else "none",
        "withdrawable": decimal(account.withdrawable, digits),
        "liquidation price": decimal(chain.read(venue, "liquidation_price", who)),
        "liquidation price at exit": decimal(chain.read(venue, "liquidation_price_at_exit", who)),
        "IOU": decimal(chain.read(venue, "iou_of", who), digits),
    }
