"""What a buyer of options does at the book, and sees of it: boards, quotes, what he holds, payoffs.

Prices USD per ETH [wad], sizes ETH [wad], premiums token units [asset], expiries [unix s].
"""

from dataclasses import dataclass
from typing import Any

from ballast import packing, payoff
from ballast.chain import Account, ApeChain, Receipt, Reverted
from ballast.deployment import Deployment
from ballast.human import decimal, moment
from ballast.settlement import TooEarly, settlement_rounds
from ballast.units import WAD

Row = dict[str, str]

KINDS = ("call", "put")


class OptionError(ValueError):
    """Something that the book would refuse, or that changes nothing; the message says why."""


@dataclass(frozen=True)
class Deal:
    """What a purchase or a sale has moved."""

    receipt: Receipt
    tokens: int  # received, negative when paid [asset]


class OptionDesk:
    """The book of a deployment, for who looks at it; with an account, for who trades."""

    def __init__(
        self, chain: ApeChain, deployment: Deployment, account: Account | None = None
    ) -> None:
        self._chain = chain
        self._deployment = deployment
        self._book = deployment.book
        self._vault = deployment.vault
        self._token = deployment.token
        self._account = account
        self.asset_digits = int(chain.read(self._token, "decimals"))

    # ---- what there is

    def now(self) -> int:
        """Time of the newest block [unix s]."""
        return self._chain.now()

    def expiries(self) -> list[int]:
        """Of the boards that are listed and not settled, the nearest first."""
        return sorted(self._chain.read(self._book, "live_boards"))

    def series(self, board: int, kind: str, strike: int) -> int:
        """Id of a series; `board` counts from 1, the next to expire. OptionError for none."""
        open_boards = [expiry for expiry in self.expiries() if expiry > self._chain.now()]
        if not 0 < board <= len(open_boards):
            raise OptionError(f"there is no board {board}: {len(open_boards)} are open")
        expiry = open_boards[board - 1]
        strikes, _ = self._chain.read(self._book, "board", expiry)
        if strike not in strikes:
            known = ", ".join(decimal(one) for one in strikes)
            raise OptionError(f"no option is listed at {decimal(strike)}; strikes are {known}")
        return packing.series_id(expiry, strike, kind == "put")

    def boards(self) -> list[Row]:
        """A row a board: when it expires, its vols, what is sold of it."""
        rows = []
        for expiry in self.expiries():
            strikes, surface = self._chain.read(self._book, "board", expiry)
            rows.append(
                {
                    "expiry": moment(expiry),
                    "in": left(expiry - self._chain.now()),
                    "atm vol": decimal(surface.atm_vol),
                    "skew": decimal(surface.skew),
                    "smile": decimal(surface.smile),
                    "strikes": f"{decimal(strikes[0])} to {decimal(strikes[-1])}",
                    "sold": decimal(sum(self._sold(expiry, strike) for strike in strikes)),
                }
            )
        return rows

    def prices(self, expiry: int, size: int) -> list[Row]:
        """A row a strike of a board: what `size` of its call and of its put cost, or why not."""
        strikes, _ = self._chain.read(self._book, "board", expiry)
        rows = []
        for strike in strikes:
            row = {"strike": decimal(strike), "vol": ""}
            for kind in KINDS:
                series = packing.series_id(expiry, strike, kind == "put")
                found = self._quote("quote", series, size)
                if isinstance(found, str):
                    row |= {kind: found, f"{kind} delta": ""}
                else:
                    row |= {
                        kind: decimal(found.premium, self.asset_digits),
                        f"{kind} delta": decimal(_each(found.delta, size, series)),
                        "vol": decimal(found.vol),
                    }
                row[f"{kind} sold"] = decimal(self._chain.read(self._book, "sold", series))
            rows.append(row)
        return rows

    def quote(self, series: int, size: int, is_sale: bool) -> Row:
        """What a purchase, or a sale back, of `size` would cost, part by part."""
        found = self._chain.read(self._book, "quote_sell" if is_sale else "quote", series, size)
        return {
            "received" if is_sale else "premium": decimal(found.premium, self.asset_digits),
            "value": decimal(found.value),
            "spread and impact": decimal(found.vol_charge),
            "fee": decimal(found.fee),
            "hedge": decimal(found.hedge_charge),
            "spot": decimal(found.spot),
            "vol": decimal(found.vol),
            "delta of an option": decimal(_each(found.delta, size, series)),
        }

    def premium(self, series: int, size: int, is_sale: bool) -> int:
        """Tokens that a purchase takes, or a sale back of what the account holds pays, now."""
        held = self._held(series) if is_sale else size
        if held < size:
            raise OptionError(f"the account holds only {decimal(held)} of these")
        function = "quote_sell" if is_sale else "quote"
        return int(self._chain.read(self._book, function, series, size).premium)

    # ---- what an account does

    def buy(self, series: int, size: int, max_premium: int, patience: int) -> Deal:
        """Buy; the vault is approved for `max_premium` first, and no more than it."""
        held = self._tokens()
        if held < max_premium:
            raise OptionError(f"the account has only {decimal(held, self.asset_digits)} tokens")
        if self._chain.read(self._token, "allowance", self._account, self._vault) < max_premium:
            self._send(self._token, "approve", self._vault, max_premium)
        deadline = self._chain.now() + patience
        return self._deal("buy", series, size, max_premium, self._account, deadline)

    def sell(self, series: int, size: int, min_premium: int, patience: int) -> Deal:
        """Sell back to the vault."""
        deadline = self._chain.now() + patience
        return self._deal("sell", series, size, min_premium, self._account, deadline)

    def claim(self, first: int) -> list[tuple[int, Deal]]:
        """Claim all that is settled of what the account was sold since block `first`.

        Also what an earlier claim left unpaid for want of cash. A deal a series.
        """
        due = [series for series in self._known(first, self._account) if self._pays(series)]
        if not due:
            raise OptionError("the account has nothing to claim")
        return [(series, self._deal("claim", series, self._account)) for series in due]

    def settle(self) -> list[tuple[int, Receipt | TooEarly]]:
        """Settle every expired board by the rounds that prove its price, or say when it can be."""
        done: list[tuple[int, Receipt | TooEarly]] = []
        for expiry in self.expiries():
            if expiry <= self._chain.now():
                rounds = settlement_rounds(self._chain, self._deployment.feed, expiry, self._book)
                if isinstance(rounds, TooEarly):
                    done.append((expiry, rounds))
                else:
                    done.append((expiry, self._send(self._book, "settle", expiry, *rounds)))
        return done

    def holdings(self, first: int, who: str) -> list[Row]:
        """A row a series that `who` holds: size, and what it pays when it is settled."""
        rows = []
        for series in self._known(first, who):
            size = self._chain.read(self._book, "balanceOf", who, series)
            if size == 0:
                continue
            price = self._chain.read(self._book, "settlement_price", packing.expiry(series))
            each = payoff.intrinsic(price, packing.id_strike(series), packing.is_put(series))
            rows.append(
                {
                    "option": name(series),
                    "size": decimal(size),
                    "settled at": decimal(price) if price else "not yet",
                    "pays": decimal(each * size // WAD) if price else "",
                }
            )
        return rows

    # ---- parts

    def _known(self, first: int, who: Any) -> list[int]:
        """Series of which `who` ever received any, in order of expiry."""
        logs = self._chain.past_logs(self._book, first, ("Transfer",))
        address = getattr(who, "address", who)
        ids = {log.arguments["id"] for log in logs if log.arguments["receiver"] == address}
        return sorted(ids)

    def _pays(self, series: int) -> bool:
        """Whether a claim may move anything: options of a settled board, or an unpaid rest."""
        expiry = packing.expiry(series)
        if self._chain.read(self._book, "settlement_price", expiry) == 0:
            return False
        if self._held(series):
            return True
        board = self._chain.read(self._vault, "board_claims", expiry)
        holder = self._chain.read(self._vault, "holder_claims", expiry, self._account)
        return bool(board.payoff and holder.payoff * board.owed // board.payoff > holder.paid)

    def _quote(self, function: str, series: int, size: int) -> Any:
        """The quote, or why there is none, short."""
        try:
            return self._chain.read(self._book, function, series, size)
        except Reverted as refusal:
            return str(refusal).partition(": ")[2] or str(refusal)

    def _sold(self, expiry: int, strike: int) -> int:
        return sum(
            self._chain.read(self._book, "sold", packing.series_id(expiry, strike, is_put))
            for is_put in (False, True)
        )

    def _held(self, series: int) -> int:
        return int(self._chain.read(self._book, "balanceOf", self._account, series))

    def _tokens(self) -> int:
        return int(self._chain.read(self._token, "balanceOf", self._account))

    def _send(self, contract: Any, function: str, *arguments: Any) -> Receipt:
        return self._chain.send(contract, function, *arguments, sender=self._account)

    def _deal(self, function: str, *arguments: Any) -> Deal:
        before = self._tokens()
        receipt = self._send(self._book, function, *arguments)
        return Deal(receipt, self._tokens() - before)


def name(series: int) -> str:
    """A series as a person names it: `2000 call 2050-01-08 00:00:00 UTC`."""
    kind = KINDS[packing.is_put(series)]
    return f"{decimal(packing.id_strike(series))} {kind} {moment(packing.expiry(series))}"


def left(seconds: int) -> str:
    """A time to wait, in days and hours: `6 d 23 h`; `expired` when it is over."""
    if seconds <= 0:
        return "expired"
    hours = seconds // 3_600
    return f"{hours // 24} d {hours % 24} h" if hours else f"{seconds // 60} min"


def _each(delta: int, size: int, series: int) -> int:
    """Delta of one option as its holder has it, from that of the whole, whoever's [wad]."""
    each = abs(delta) * WAD // size
    return -each if packing.is_put(series) else each
