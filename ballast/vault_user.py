"""What a depositor does at the vault, and sees of it: in, out, the pool, his position.

Amounts are token units [asset] and share units [shares]; sheets are in whole tokens and shares.
"""

from dataclasses import dataclass

from ballast import flow, refusals, solvency
from ballast.chain import Account, ApeChain, Chain, Receipt
from ballast.deployment import Deployment
from ballast.human import Sheet, decimal, moment
from ballast.units import WAD

ZERO = "0x" + "00" * 20
ACTIONS = ("deposit", "withdraw", "redeem")
"""What can be previewed."""

EVENTS = {
    "Deposit": ("owner", "assets", "shares"),
    "Withdraw": ("owner", "assets", "shares"),
    "RedeemRequested": ("receiver", "", "shares"),
    "RedeemCancelled": ("receiver", "", "shares"),
    "RedemptionClaimed": ("receiver", "assets", ""),
}
"""What the vault logs of a depositor: whose it is, tokens, shares."""


class VaultError(ValueError):
    """Something that the vault would refuse, or that changes nothing; the message says why."""


@dataclass(frozen=True)
class Preview:
    """What a call would move now: tokens for shares, either way."""

    action: str
    assets: int  # [asset]
    shares: int  # [shares]

    @property
    def returned(self) -> int:
        """What is moved in return for the amount that was named."""
        return self.assets if self.action == "redeem" else self.shares


@dataclass(frozen=True)
class Moved:
    """What a call has moved, as the caller's balances show it."""

    receipt: Receipt
    assets: int  # received, negative when paid [asset]
    shares: int  # [shares]


class VaultUser:
    """An account at a vault."""

    def __init__(self, chain: Chain, deployment: Deployment, account: Account) -> None:
        self._chain = chain
        self._vault = deployment.vault
        self._token = deployment.token
        self._deployment = deployment
        self._account = account
        self.asset_digits = int(chain.read(self._token, "decimals"))
        self.share_digits = int(chain.read(self._vault, "decimals"))

    def preview(self, action: str, amount: int) -> Preview:
        """What one of ACTIONS would move; `amount` is of tokens, of shares for a redemption."""
        if action == "redeem":
            return Preview(action, self._chain.read(self._vault, "previewRedeem", amount), amount)
        function = "previewDeposit" if action == "deposit" else "previewWithdraw"
        return Preview(action, amount, self._chain.read(self._vault, function, amount))

    def checked(self, action: str, amount: int) -> Preview:
        """The preview; VaultError with the reason when the call would be refused."""
        most = self.most(action)
        if amount > most:
            digits = self.share_digits if action == "redeem" else self.asset_digits
            raise VaultError(self._why_not(action, decimal(most, digits)))
        preview = self.preview(action, amount)
        if min(preview.assets, preview.shares) == 0:
            raise VaultError("that is too little: it would move nothing")
        return preview

    def most(self, action: str) -> int:
        """The largest amount that the vault lets through and the account has."""
        if action != "deposit":
            function = "maxRedeem" if action == "redeem" else "maxWithdraw"
            return int(self._chain.read(self._vault, function, self._account))
        room = self._chain.read(self._vault, "maxDeposit", self._account)
        return int(min(room, self._balances()[0]))

    def shares(self) -> int:
        """Shares that the account holds."""
        return self._balances()[1]

    def deposit(self, assets: int, min_shares: int) -> Moved:
        """Put in tokens, approved first, and no more than they."""
        if self._chain.read(self._token, "allowance", self._account, self._vault) < assets:
            self._chain.send(self._token, "approve", self._vault, assets, sender=self._account)
        return self._moved("deposit", assets, self._account, min_shares)

    def withdraw(self, assets: int, max_shares: int) -> Moved:
        """Take out tokens."""
        return self._moved("withdraw", assets, self._account, self._account, max_shares)

    def redeem(self, shares: int, min_assets: int) -> Moved:
        """Burn shares for tokens."""
        return self._moved("redeem", shares, self._account, self._account, min_assets)

    def request(self, shares: int) -> Moved:
        """Put shares in the pool that is redeemed as liquidity comes."""
        held = self.shares()
        if shares > held:
            raise VaultError(f"the account has only {decimal(held, self.share_digits)} shares")
        return self._moved("request_redeem", shares, self._account, self._account)

    def cancel(self) -> Moved:
        """Take back what waits in the pool."""
        return self._moved("cancel_redeem")

    def claim(self) -> Moved:
        """Have paid out what was filled, having it filled first as far as it can be now."""
        waiting, claimable = self._chain.read(self._vault, "redemption", self._account)
        if waiting + claimable == 0:
            raise VaultError(refusals.WORDS["vault: no request"])
        if waiting and not closed_by(self._chain, self._deployment):
            self._process()
            _, claimable = self._chain.read(self._vault, "redemption", self._account)
        if claimable == 0:
            raise VaultError(
                "nothing is filled yet: "
                + (why_closed(self._chain, self._deployment) or "no liquidity is free")
            )
        return self._moved("claim_redemption", self._account)

    def _process(self) -> None:
        """Fill what waits, where that fills anything."""
        if self._chain.read(self._vault, "free_liquidity") > 0:
            self._chain.send(self._vault, "process_redemptions", sender=self._account)

    def _moved(self, function: str, *arguments: object) -> Moved:
        assets, shares = self._balances()
        receipt = self._chain.send(self._vault, function, *arguments, sender=self._account)
        assets_after, shares_after = self._balances()
        return Moved(receipt, assets_after - assets, shares_after - shares)

    def _balances(self) -> tuple[int, int]:
        """Tokens and shares."""
        read = self._chain.read
        tokens = int(read(self._token, "balanceOf", self._account))
        return tokens, int(read(self._vault, "balanceOf", self._account))

    def _why_not(self, action: str, most: str) -> str:
        """Why no more than `most` goes."""
        if closed := why_closed(self._chain, self._deployment):
            return f"the vault is closed: {closed}"
        tokens, shares = self._balances()
        if action != "deposit":
            worth = self.preview("redeem", shares).assets
            free = self._chain.read(self._vault, "maxWithdraw", self._account)
            if free >= worth - 1:
                return f"the account has only {most}{' shares' if action == 'redeem' else ''}"
            return f"at most {most} now: {refusals.WORDS['vault: over free liquidity']}"
        if self._chain.read(self._vault, "maxDeposit", self._account) > tokens:
            return f"the account has only {decimal(tokens, self.asset_digits)} tokens"
        return f"at most {most} now: {refusals.WORDS['vault: over deposit cap']}"


# ── what anyone sees ──


def closed_by(chain: Chain, deployment: Deployment) -> str:
    """The reason for which the vault refuses flow now, empty when open."""
    if chain.read(deployment.vault, "book") == ZERO:
        return "vault: not wired"
    risk = chain.read(deployment.book, "greeks")
    account = chain.read(deployment.hedger, "account")
    basis = solvency.basis(account) if account.valid else None
    is_normal = chain.read(deployment.breaker, "is_normal")
    return flow.closed_by(risk, basis, is_normal, chain.read(deployment.breaker, "breached"))


def why_closed(chain: Chain, deployment: Deployment) -> str:
    """The same in words, empty when open."""
    reason = closed_by(chain, deployment)
    if not reason:
        return ""
    words = refusals.WORDS[reason]
    if reason in ("vault: reduce-only", "vault: breached"):
        flags = chain.read(deployment.breaker, "tripped" if "only" in reason else "breached")
        words += f" [{refusals.breaches(flags)}]"
    return words


def status(chain: Chain, deployment: Deployment) -> Sheet:
    """The vault as it stands: values in USD, amounts in tokens and shares."""
    read, vault = chain.read, deployment.vault
    digits = read(deployment.token, "decimals")
    mid, low, high, valid = read(vault, "net_asset_value")
    ledger = read(vault, "ledger")
    state = read(deployment.hedger, "state")
    return {
        "vault": _at_a_glance(chain, deployment),
        "net asset value": {
            "live": str(valid).lower(),
            "at mid": decimal(mid),
            "for who leaves": decimal(low),
            "for who comes": decimal(high),
        },
        "cash": {
            "held": decimal(ledger.cash, digits),
            "of which claims of options": decimal(ledger.claims, digits),
            "of which redeemed": decimal(ledger.owed, digits),
            "free": decimal(read(vault, "free_liquidity")),
        },
        "book and hedge": {
            "index": decimal(state.index),
            "mark": decimal(state.mark),
            "value of what is sold": decimal(state.book_value),
            "delta of the book": decimal(state.book_delta),
            "hedge": decimal(state.size),
            "net delta": decimal(state.net_delta),
            "band": decimal(state.band),
            "margin ratio": decimal(state.margin_ratio) if state.size else "none",
        },
        "time": {"of the newest block": moment(chain.now())},
    }


def _at_a_glance(chain: Chain, deployment: Deployment) -> dict[str, str]:
    read, vault = chain.read, deployment.vault
    digits, share_digits = read(deployment.token, "decimals"), read(vault, "decimals")
    closed = why_closed(chain, deployment)
    return {
        "open": f"no: {closed}" if closed else "yes",
        "mode": "reduce only" if read(deployment.breaker, "tripped") else "normal",
        "breaches": refusals.breaches(read(deployment.breaker, "breached")) or "none",
        "share price": decimal(read(vault, "convertToAssets", 10**share_digits), digits),
        "shares": decimal(read(vault, "totalSupply"), share_digits),
        "room for deposits": decimal(read(vault, "maxDeposit", deployment.feed), digits),
        "shares that wait": decimal(read(vault, "waiting"), share_digits),
    }


def position(chain: Chain, deployment: Deployment, who: str) -> Sheet:
    """What `who` has at the vault."""
    read, vault = chain.read, deployment.vault
    digits, share_digits = read(deployment.token, "decimals"), read(vault, "decimals")
    shares = read(vault, "balanceOf", who)
    waiting, claimable = read(vault, "redemption", who)
    supply = read(vault, "totalSupply")
    return {
        "account": {
            "address": who,
            "tokens": decimal(read(deployment.token, "balanceOf", who), digits),
            "shares": decimal(shares, share_digits),
            "of the vault": decimal(shares * WAD // supply if supply else 0),
            "worth at mid": decimal(read(vault, "convertToAssets", shares), digits),
            "worth to who leaves": decimal(read(vault, "previewRedeem", shares), digits),
            "can be withdrawn now": decimal(read(vault, "maxWithdraw", who), digits),
            "shares that wait": decimal(waiting, share_digits),
            "tokens to claim": decimal(claimable, digits),
        }
    }


def history(
    chain: ApeChain, deployment: Deployment, first: int, who: str | None
) -> list[dict[str, str]]:
    """What depositors did since block `first`, all of them or `who` alone, in order."""
    digits = chain.read(deployment.token, "decimals")
    share_digits = chain.read(deployment.vault, "decimals")
    rows = []
    for log in chain.past_logs(deployment.vault, first, tuple(EVENTS)):
        owner, assets, shares = EVENTS[log.name]
        given = log.arguments
        if who in (None, given[owner]):
            rows.append(
                {
                    "time": moment(log.timestamp),
                    "what": log.name,
                    "who": given[owner],
                    "tokens": decimal(given[assets], digits) if assets else "",
                    "shares": decimal(given[shares], share_digits) if shares else "",
                }
            )
    return rows
