"""The hedger under test: a desk that speaks for buyer, keeper and other traders of one deployed
vault.

Sizes and prices are given as decimals and turned into wads.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import isqrt

from ballast import hedge_rule
from ballast.deployment import Deployment
from ballast.flags import Action, Reason
from ballast.units import WAD, YEAR, ceil_div

FOREVER = 2**256 - 1
ANY_PRICE = 2**255


def wad(value) -> int:
    """A decimal number in wad; write fractions as strings."""
    return int(Decimal(value) * WAD)


def curve_size(depth, percent) -> int:
    """Net position at which the mark is index·(1 + percent/100): q = X(1 − (1 + p)^−½).
    [ETH wad]"""
    moved = 1 + Decimal(percent) / 100
    return int(depth * (1 - 1 / moved.sqrt()))


def parts(system: Deployment, **others) -> list:
    """What a hedger is deployed with; keywords replace: `parts(system, venue=mock)`."""
    names = ("vault", "book", "venue", "breaker")
    return [others.get(name, getattr(system, name)) for name in names]


@dataclass
class Desk:
    """A vault with short ways to move it. Every call checks that hedger and book are left without a
    token."""

    system: Deployment
    owner: object
    buyer: object
    keeper: object
    arbitrageur: object
    chain: object

    # ---------------------------------------------------------------- what happens

    def sell(self, amount, is_put=False, strike=2_000, board=0):
        """The buyer buys options of the vault's. [ETH], [USD]"""
        book = self.system.book
        series = book.series_id(book.live_boards()[board], wad(strike), is_put)
        self.system.book.buy(
            series, wad(amount), FOREVER, self.buyer, self.now() + 3_600, sender=self.buyer
        )
        return series

    def rebalance(self, sender=None):
        """Rebalance once, as the keeper unless told."""
        receipt = self.system.hedger.rebalance(sender=sender or self.keeper)
        self.check_empty()
        return receipt

    def settle_in_bands(self):
        """Rebalance until the net delta is inside the band."""
        for _ in range(64):
            self.rebalance()
            state = self.state()  # at the block of the hedge
            if abs(state.net_delta) <= state.band:
                return
        raise AssertionError("64 calls did not do")

    def push(self, usd):
        """Publish a price, and let the venue see it. [USD]"""
        self.system.feed.push(int(Decimal(usd) * 10**8), sender=self.owner)
        self.system.venue.poke(sender=self.owner)

    def settle(self, usd, board=0):
        """Let a board expire at a price and settle it. [USD]"""
        expiry = self.system.book.live_boards()[board]
        self.wait(expiry - self.now() - 600)
        self.push(usd)
        last = self.system.feed.latest_round()
        self.wait(expiry - self.now())
        self.push(usd)
        self.system.book.settle(expiry, last, last + 1, sender=self.keeper)
        self.check_empty()

    def wait(self, seconds=1):
        """Mine an empty block `seconds` after the newest: views look at it. [s]"""
        self.chain.mine(timestamp=self.now() + seconds)

    def trade(self, eth):
        """Somebody else trades at the venue, with all the margin he may need. [ETH]"""
        token, venue, who = self.system.token, self.system.venue, self.arbitrageur
        if not venue.margin_of(who):
            amount = 10**9 * 10 ** token.decimals()
            token.mint(who, amount, sender=self.owner)
            token.approve(venue, amount, sender=who)
            venue.deposit(amount, sender=who)
        limit = ANY_PRICE if eth > 0 else 0
        venue.submit(wad(eth), limit, self.now() + 3_600, sender=who)

    def push_mark(self, percent):
        """Somebody else moves the mark to index·(1 + percent/100), from a market nobody is in."""
        self.trade(Decimal(curve_size(self.system.venue.terms().depth, percent)) / WAD)

    # ---------------------------------------------------------------- what is

    def now(self):
        """Time of the newest block. [unix s]"""
        return self.chain.blocks.head.timestamp

    def state(self):
        return self.system.hedger.state()

    def account(self):
        return self.system.hedger.account()

    def size(self):
        """Position as the venue has it. [ETH wad]"""
        return self.system.venue.account(self.system.hedger).size

    def margin(self):
        """[asset]"""
        return self.system.venue.account(self.system.hedger).margin

    def scale(self):
        return self.system.vault.ledger().scale

    def min_hedge(self):
        """Smallest trade, and how far inside the edge a hedge ends. [ETH wad]"""
        return self.system.hedger.band().min_hedge

    def net_cash(self):
        """Cash that no claim needs; negative while claims wait. [USD wad]"""
        ledger = self.system.vault.ledger()
        return (ledger.cash - ledger.claims) * ledger.scale

    # ---------------------------------------------------------------- twins

    def band(self):
        """Half-width of the band, by the twin from what book, venue and vault say."""
        rule = self.system.hedger.band()
        risk = self.system.book.risk()
        return hedge_rule.half_width(
            hedge_rule.Band(rule.risk_aversion, rule.min_share, rule.max_share, rule.min_hedge),
            risk.gamma,
            risk.price,
            self.system.venue.terms().fee,
            self.nav(),
            risk.sold,
        )

    def nav(self):
        """Cash − claims + equity at the index − what is sold. [USD wad]"""
        equity = self.system.venue.account(self.system.hedger).equity_index
        return self.net_cash() + equity - self.system.book.risk().mid

    def target(self):
        """m* = max(floor, MMR + z·σ·√horizon). [wad]"""
        rule = self.system.hedger.margin()
        root = isqrt(rule.horizon * WAD // YEAR * WAD)
        per_vol = ceil_div(rule.deviations * root, WAD)
        vol = max(self.system.book.risk().vol, rule.vol_floor)
        return max(rule.floor, self.mmr() + ceil_div(per_vol * vol, WAD))

    def trigger(self):
        """[wad]"""
        share = self.system.hedger.margin().trigger
        return hedge_rule.margin_trigger(self.target(), self.mmr(), share)

    def mmr(self):
        return self.system.venue.terms().mmr

    def needed(self, ratio, size=None):
        """Margin of `ratio` on a position, the one held unless told, rounded up. [USD wad]"""
        held = abs(self.size() if size is None else size)
        notional = ceil_div(held * self.system.venue.market().index, WAD)
        return ceil_div(notional * ratio, WAD)

    # ---------------------------------------------------------------- checks

    def check_empty(self):
        """SPEC-H6: neither hedger nor book holds a token."""
        token = self.system.token
        assert token.balanceOf(self.system.hedger) == token.balanceOf(self.system.book) == 0

    def hedged(self, receipt):
        """The one hedge of a transaction."""
        (log,) = self.system.hedger.Hedged.from_receipt(receipt)
        return log

    def expect(self, action=Action.NONE, reason=Reason.BELOW_MINIMUM):
        """The state, after checking what it would do and why."""
        state = self.state()
        assert (Action(state.action), Reason(state.reason)) == (action, reason)
        return state


def snapshot(hedge):
    """All that a rebalance may change."""
    hedger, vault, venue = hedge.system.hedger, hedge.system.vault, hedge.system.venue
    return (
        hedger.last_full_hedge(),
        hedger.last_hedge_block(),
        tuple(vault.ledger()),
        venue.margin_of(hedger),
        venue.account(hedger).size,
        venue.net_position(),
    )
