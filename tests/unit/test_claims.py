"""Claims: what settled boards are owed, in which order it is paid, and to whom how much."""

import random
from collections import Counter

import pytest
from vault_counter import ACCOUNT, changed

from ballast.units import WAD

pytest_plugins = ["vault_fixtures"]

FIRST, SECOND, THIRD = 1_900_000_000, 1_800_000_000, 2_000_000_000
CASH = 1_000_000_007


def hedge(amount: int):
    """A hedge whose low equity is `amount`. [asset]"""
    return changed(ACCOUNT, low=amount * 10**12)


@pytest.fixture(scope="module")
def funded(rig):
    """The rig with cash and no claim."""
    rig.sale(CASH)
    return rig


def test_settle__cash_covers_it__is_owed_and_set_aside_in_full(funded):
    """SPEC-C1, SPEC-C3."""
    tx = funded.settle(FIRST, CASH)

    assert tx.events == [
        funded.vault.ClaimsFunded(expiry=FIRST, amount=CASH),
        funded.vault.ClaimsBooked(expiry=FIRST, payoff=CASH, owed=CASH),
    ]
    assert tuple(funded.vault.board_claims(FIRST)) == (CASH, CASH, CASH)
    assert tuple(funded.vault.ledger())[:2] == (CASH, CASH)


def test_settle__out_of_the_money__owes_nothing(funded, stranger):
    """SPEC-C1: a claim on it is paid 0."""
    tx = funded.settle(FIRST, 0)
    assert tx.events == [funded.vault.ClaimsBooked(expiry=FIRST, payoff=0, owed=0)]
    tx = funded.claim(FIRST, stranger, 0)

    assert funded.vault.ClaimPaid(expiry=FIRST, holder=stranger, amount=0) in tx.events
    assert tuple(funded.vault.ledger())[:2] == (CASH, 0)


@pytest.mark.parametrize("gain", [-7, -1, 0, 1, 7])
def test_settle__payoff_over_the_worth__is_cut_to_cash_and_hedge(funded, gain):
    """SPEC-C1: both signs of the hedge's equity."""
    funded.settle(FIRST, CASH + 5, account=hedge(gain))

    owed = min(CASH + 5, CASH + gain)
    assert tuple(funded.vault.board_claims(FIRST)) == (CASH + 5, owed, min(owed, CASH))
    assert funded.vault.ledger().claims == owed


def test_settle__hedge_worth_a_part_of_a_unit__rounds_down(funded):
    """SPEC-C1."""
    funded.settle(FIRST, 2 * CASH, account=changed(ACCOUNT, low=10**12 - 1))
    assert funded.vault.board_claims(FIRST).owed == CASH


def test_settle__worth_below_zero__owes_nothing(funded, stranger):
    """SPEC-C1, SPEC-C2."""
    funded.settle(FIRST, CASH, account=hedge(-2 * CASH))
    funded.claim(FIRST, stranger, CASH)

    assert tuple(funded.vault.board_claims(FIRST)) == (CASH, 0, 0)
    assert tuple(funded.vault.holder_claims(FIRST, stranger)) == (CASH, 0)
    assert funded.token.balanceOf(stranger) == 0


def test_settle__earlier_claims_open__come_off_the_worth(funded):
    """SPEC-C1: A is what is left after them."""
    funded.settle(FIRST, CASH // 3)
    funded.settle(SECOND, CASH)

    assert funded.vault.board_claims(SECOND).owed == CASH - CASH // 3
    assert funded.vault.ledger().claims == CASH


def test_claim__insolvent__cuts_all_alike(funded, keeper, depositor, stranger):
    """SPEC-C2, SPEC-C4: 3/8 of each payoff, whoever comes first."""
    payoffs = {keeper: 8_000, depositor: 80_000, stranger: 8 * CASH - 88_000}
    total = sum(payoffs.values())
    funded.settle(FIRST, total, account=hedge(2 * CASH))
    for who, payoff in payoffs.items():
        funded.claim(FIRST, who, payoff)

    board = funded.vault.board_claims(FIRST)
    assert (board.payoff, board.owed, board.reserved) == (total, 3 * CASH, CASH)
    for who, payoff in payoffs.items():
        assert funded.token.balanceOf(who) == payoff * CASH // total

    funded.token.mint(funded.hedger, 2 * CASH, sender=funded.owner)
    funded.return_margin(2 * CASH)
    for who, payoff in reversed(payoffs.items()):
        funded.claim(FIRST, who, 0)
        assert funded.token.balanceOf(who) == payoff * 3 // 8 == payoff * 3 * CASH // total


def test_claim__token_refuses_one__the_others_are_paid(
    create_rig, project, owner, keeper, stranger
):
    """SPEC-C4: who is blacklisted holds up nobody, and keeps what is his."""
    rig = create_rig(owner.deploy(project.OddToken, "Odd", "ODD", 6))
    rig.sale(CASH)
    rig.token.set_refused(stranger, sender=owner)
    rig.settle(FIRST, CASH)
    with rig.refused("odd_token: refused"):
        rig.claim(FIRST, stranger, CASH // 2)
    rig.claim(FIRST, keeper, CASH // 4)
    assert rig.token.balanceOf(keeper) == CASH // 4

    rig.token.set_refused(keeper, sender=owner)
    rig.claim(FIRST, stranger, CASH // 2)
    assert rig.token.balanceOf(stranger) == CASH // 2


def test_claim__cash_short__pays_a_part_and_the_rest_later(funded, keeper, stranger):
    """SPEC-C1, SPEC-C4: the vault is solvent, its gain is margin at the venue."""
    payoff = 2 * CASH
    funded.settle(FIRST, payoff, account=hedge(CASH))
    assert tuple(funded.vault.board_claims(FIRST)) == (payoff, payoff, CASH)

    tx = funded.claim(FIRST, keeper, payoff // 4)
    part = payoff // 4 * CASH // payoff
    assert tx.events == [
        funded.token.Transfer(sender=funded.vault, receiver=keeper, value=part),
        funded.vault.ClaimPaid(expiry=FIRST, holder=keeper, amount=part),
    ]
    assert tuple(funded.vault.holder_claims(FIRST, keeper)) == (payoff // 4, part)
    assert tuple(funded.vault.ledger())[:2] == (CASH - part, payoff - part)

    funded.claim(FIRST, keeper, 0)
    assert funded.token.balanceOf(keeper) == part

    funded.token.mint(funded.hedger, CASH, sender=funded.owner)
    funded.return_margin(CASH)
    funded.claim(FIRST, keeper, 0)
    funded.claim(FIRST, stranger, payoff - payoff // 4)
    assert funded.token.balanceOf(keeper) == payoff // 4
    assert funded.token.balanceOf(stranger) == payoff - payoff // 4
    assert tuple(funded.vault.ledger())[:2] == (0, 0)


def test_claim__in_two_parts__pays_as_one(funded, stranger):
    """SPEC-C4: of two series, or of options bought in between."""
    funded.settle(FIRST, 3 * CASH)
    funded.claim(FIRST, stranger, 1_000)
    funded.claim(FIRST, stranger, 2_000)

    assert tuple(funded.vault.holder_claims(FIRST, stranger)) == (3_000, 1_000)
    assert funded.token.balanceOf(stranger) == 1_000


def test_fund_claims__two_boards__first_settled_is_funded_first(funded, keeper):
    """SPEC-C3: the order of settlement, not of expiry."""
    funded.settle(FIRST, 3 * CASH, account=hedge(9 * CASH))
    funded.settle(SECOND, 2 * CASH, account=hedge(9 * CASH))
    boards = funded.vault.board_claims
    assert (boards(FIRST).reserved, boards(SECOND).reserved) == (CASH, 0)

    funded.sale(2 * CASH - 1)
    tx = funded.vault.fund_claims(sender=keeper)
    assert tx.events == [funded.vault.ClaimsFunded(expiry=FIRST, amount=2 * CASH - 1)]
    assert (boards(FIRST).reserved, boards(SECOND).reserved) == (3 * CASH - 1, 0)

    funded.sale(2)
    tx = funded.vault.fund_claims(sender=keeper)
    assert tx.events == [
        funded.vault.ClaimsFunded(expiry=FIRST, amount=1),
        funded.vault.ClaimsFunded(expiry=SECOND, amount=1),
    ]
    assert (boards(FIRST).reserved, boards(SECOND).reserved) == (3 * CASH, 1)


def test_fund_claims__later_board_claims_first__gets_only_what_is_set_aside(
    funded, keeper, stranger
):
    """SPEC-C3, SPEC-C4: cash of an earlier board is not touched."""
    funded.settle(FIRST, CASH, account=hedge(9 * CASH))
    funded.settle(SECOND, CASH, account=hedge(9 * CASH))
    funded.claim(SECOND, stranger, CASH)
    assert funded.token.balanceOf(stranger) == 0
    funded.claim(FIRST, keeper, CASH)
    assert funded.token.balanceOf(keeper) == CASH

    funded.sale(CASH)
    funded.claim(SECOND, stranger, 0)
    assert funded.token.balanceOf(stranger) == CASH


def test_fund_claims__nothing_to_fund__does_nothing(funded, keeper):
    """SPEC-C3."""
    assert funded.vault.fund_claims(sender=keeper).events == []
    funded.settle(FIRST, 1)
    before = funded.vault.board_claims(FIRST), funded.vault.ledger()
    assert funded.vault.fund_claims(sender=keeper).events == []
    assert (funded.vault.board_claims(FIRST), funded.vault.ledger()) == before


def test_fund_claims__more_boards_than_a_call_takes__goes_on_in_the_next(funded, keeper):
    """SPEC-C3: 8 boards a call."""
    expiries = range(FIRST, FIRST + 10)
    with_gain = hedge(100 * CASH)
    for expiry in expiries:
        funded.settle(expiry, CASH, account=with_gain)
    funded.sale(9 * CASH)

    tx = funded.vault.fund_claims(sender=keeper)
    assert [log.expiry for log in tx.events] == list(expiries[1:9])
    tx = funded.vault.fund_claims(sender=keeper)
    assert [log.expiry for log in tx.events] == [expiries[9]]
    assert {funded.vault.board_claims(expiry).reserved for expiry in expiries} == {CASH}


class Written:
    """SPEC-C1 to C4 written out, with the vault beside it."""

    def __init__(self, funded, holders):
        self.funded, self.holders = funded, holders
        self.cash, self.owed, self.payoffs, self.reserved = CASH, {}, {}, {}
        self.credit, self.paid = Counter(), Counter()

    def open_claims(self):
        return sum(self.owed.values()) - self.paid.total()

    def settle(self, expiry, payoff, gain):
        """Of a hedge that gained so much."""
        self.owed[expiry] = min(payoff, max(self.cash + gain - self.open_claims(), 0))
        self.payoffs[expiry], self.reserved[expiry] = payoff, 0
        self.funded.settle(expiry, payoff, account=hedge(gain))

    def sell(self, premium):
        self.cash += premium
        self.funded.sale(premium)
        self.funded.vault.fund_claims(sender=self.holders[0])

    def claim(self, expiry, who, share):
        """A share of what nobody has claimed yet."""
        token, payoff = self.funded.token, self.payoffs[expiry]
        left = payoff - sum(self.credit[expiry, holder] for holder in self.holders)
        part, before = int(left * share), token.balanceOf(who)
        self.funded.claim(expiry, who, part)
        self.credit[expiry, who] += part
        self.fund()
        due = self.credit[expiry, who] * self.reserved[expiry] // (payoff or 1)
        assert self.funded.vault.holder_claims(expiry, who).paid == due
        got = token.balanceOf(who) - before
        self.cash -= got
        self.paid[expiry] += got

    def fund(self):
        """In the order of settlement."""
        for expiry in self.owed:
            free = self.cash - sum(self.reserved.values()) + self.paid.total()
            self.reserved[expiry] += min(self.owed[expiry] - self.reserved[expiry], free)
            if self.reserved[expiry] < self.owed[expiry]:
                return

    def check(self):
        vault = self.funded.vault
        assert tuple(vault.ledger())[:2] == (self.cash, self.open_claims())
        assert self.funded.token.balanceOf(vault) == self.cash
        for expiry, owed in self.owed.items():
            board = vault.board_claims(expiry)
            assert tuple(board) == (self.payoffs[expiry], owed, self.reserved[expiry])
            assert self.paid[expiry] <= board.reserved <= board.owed <= board.payoff


def test_claims__at_random__pay_each_his_share_and_never_more_than_owed(
    funded, keeper, depositor, attacker, stranger
):
    """SPEC-C1, SPEC-C2, SPEC-C3, SPEC-C4: against the rules written out, all at random."""
    draw = random.Random(5)
    written = Written(funded, [keeper, depositor, attacker, stranger])
    for step in range(30):
        kind = draw.choice(("settle", "claim", "claim", "cash"))
        if kind == "settle" or not written.owed:
            gain = draw.randrange(-CASH, 2 * CASH)
            written.settle(FIRST + step, draw.randrange(3 * CASH), gain)
        elif kind == "cash":
            written.sell(draw.randrange(CASH))
        else:
            expiry, who = draw.choice(list(written.owed)), draw.choice(written.holders)
            written.claim(expiry, who, draw.random())
        written.fund()
        written.check()


def test_units__18_decimals__claims_are_in_token_units(create_rig, stranger):
    """SPEC-C1: the hedge's equity is in wad, the rest in token units."""
    rig = create_rig(decimals=18)
    rig.sale(WAD)
    rig.settle(FIRST, 5 * WAD, account=changed(ACCOUNT, low=2 * WAD + 1))
    rig.claim(FIRST, stranger, 5 * WAD)

    assert tuple(rig.vault.board_claims(FIRST)) == (5 * WAD, 3 * WAD + 1, WAD)
    assert rig.token.balanceOf(stranger) == WAD
