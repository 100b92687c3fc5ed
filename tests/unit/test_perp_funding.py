"""PerpMarket: funding has the right sign, is exact however often touched, and is never lost."""

from dataclasses import replace

import pytest
from perp_desk import HOUR, USDC

from ballast import curve, funding
from ballast.units import WAD, YEAR

pytest_plugins = ["perp_fixtures"]

DEPTH = 200_000 * WAD
CAP, PERIOD, HALF_LIFE = 75 * 10**14, 8 * HOUR, 24 * HOUR


@pytest.fixture(scope="module")
def busy(desk, alice, bob):
    """Two traders with margin and no position."""
    desk.deposit(alice, 1_000_000)
    desk.deposit(bob, 1_000_000)
    return desk


def head(chain) -> int:
    return chain.blocks.head.timestamp


def accrue(state, net: int, until: int):
    """The twin of an accrual with the default parameters."""
    mark = curve.mark(state.index, DEPTH, net)
    return funding.accrue(state, mark, until, CAP, PERIOD, HALF_LIFE)


@pytest.mark.parametrize("sign", [1, -1])
def test_funding__crowded_side__pays(busy, alice, bob, sign):
    """SPEC-M2: longs pay when the mark is above the index, shorts when it is below; the other side
    gets."""
    busy.trade(alice, sign * 1_000)
    busy.trade(bob, -sign * 300)
    rate = busy.market.market().funding_8h
    assert rate * sign > 0
    payer, payee = busy.market.account(alice).margin, busy.market.account(bob).margin
    busy.wait(1_800)
    paid = payer - busy.market.account(alice).margin
    got = busy.market.account(bob).margin - payee

    # 1,000 ETH at 2,000 USD for half an hour of eight; each reading of what is owed rounds by 1.
    assert abs(paid - 2_000_000 * USDC * sign * rate // WAD // 16) <= 1
    assert abs(got - paid * 3 // 10) <= 1
    assert paid > got > 0


@pytest.mark.parametrize("sign", [1, -1])
def test_funding__settled__goes_between_margin_and_fund(busy, alice, bob, sign):
    busy.trade(alice, sign * 1_000)
    busy.trade(bob, -sign * 300)
    busy.wait(HOUR)
    for who in (alice, bob):
        margin, fund = busy.market.margin_of(who), busy.market.fund()
        receipt = busy.close(who)
        (settled,) = busy.events(receipt, "FundingSettled")
        (traded,) = busy.events(receipt, "Traded")
        assert (settled.amount > 0) is (who is alice)
        after = margin - settled.amount + traded.realised - traded.fee
        assert busy.market.margin_of(who) == after
        assert busy.market.fund() - fund == margin - after
        assert busy.surplus() == 0


def test_accumulator__many_pokes__equal_one(busy, chain, alice, bob):
    """SPEC-M2."""
    busy.trade(alice, 500)
    start = head(chain)
    seen = []
    for stops in ([], [2, 7, 500, 1_234, 2_999]):
        with busy.isolated():
            for stop in stops:
                chain.mine(timestamp=start + stop - 1)
                busy.market.poke(sender=bob)
            chain.mine(timestamp=start + 3_000)
            market = busy.market.market()
            seen.append(
                (busy.market.accumulator(), busy.market.account(alice), market.funding_ema_year)
            )
    (once, account, ema), (often, same_account, same_ema) = seen
    assert once == often > 0
    assert account == same_account
    # The average is rounded at each touch, to 1 wei and 1e-18 of the rate.
    assert abs(ema - same_ema) <= 20


def test_accumulator__index_moved_between__each_stretch_at_its_own(busy, chain, owner, alice):
    busy.trade(alice, 700)
    before = funding.Accrual(2_000 * WAD, 0, head(chain), 0, 0)
    moved_at = head(chain) + 1_000
    chain.mine(timestamp=moved_at + 1_500)
    busy.feed.push_at(2_500 * 10**8, moved_at, sender=owner)

    state = accrue(before, 700 * WAD, moved_at)
    state = accrue(replace(state, index=2_500 * WAD), 700 * WAD, head(chain))
    assert busy.market.accumulator() == state.accumulator
    assert busy.market.market().funding_ema_year == state.ema_year
    # What a poke stores is what the view showed.
    busy.market.poke(sender=alice)
    assert busy.market.accumulator() == accrue(state, 700 * WAD, head(chain)).accumulator


def test_accumulator__round_older_than_the_touch__counts_from_the_touch(busy, chain, owner, alice):
    chain.mine(timestamp=head(chain) + 100)
    busy.trade(alice, 700)
    touched = head(chain)
    busy.feed.push_at(2_500 * 10**8, touched - 50, sender=owner)
    chain.mine(timestamp=touched + 10)
    mark = curve.mark(2_500 * WAD, DEPTH, 700 * WAD)
    assert busy.market.accumulator() == 10 * (mark - 2_500 * WAD)


@pytest.mark.parametrize("sign", [1, -1])
def test_funding__beyond_the_cap__is_the_cap(busy, chain, alice, sign):
    """1,000 of 200,000 ETH move the mark by 1%; 0.75% is charged."""
    busy.trade(alice, sign * 1_000)
    start = busy.market.accumulator()
    busy.wait(100)
    assert busy.market.market().funding_8h == sign * CAP
    assert busy.market.accumulator() - start == sign * 15 * WAD * 100


def test_funding_ema__pushed_for_a_moment__hardly_moves(busy, chain, alice, bob):
    """A block's push cannot farm or flip the average: it weighs by time."""
    busy.trade(alice, 1_000)
    busy.market.poke(sender=bob)
    capped = CAP * YEAR // PERIOD
    assert busy.market.market().funding_8h == CAP
    # A second or two of a day's half-life: 8e-6 of the way a second.
    assert 0 < busy.market.market().funding_ema_year < capped * 20 // 10**6
    busy.wait(3_000)
    assert busy.market.market().funding_ema_year > capped * 2 // 100


# ── bad feed ──


def test_funding__feed_stale__charges_until_it_went_stale(busy, chain, alice, bob):
    """SPEC-M2: and no poke in between wipes out what was owed: else payers would poke in every
    gap."""
    busy.trade(alice, 500)
    start, updated_at = head(chain), busy.market.market().index_at
    premium = curve.mark(2_000 * WAD, DEPTH, 500 * WAD) - 2_000 * WAD
    charged = premium * (updated_at + HOUR - start)

    chain.mine(timestamp=updated_at + HOUR + 100)
    assert busy.market.market().valid is False
    assert busy.market.accumulator() == charged > 0
    busy.market.poke(sender=alice)
    assert busy.market.accumulator() == charged
    busy.wait(5_000)
    busy.market.poke(sender=alice)
    assert busy.market.accumulator() == charged

    busy.push(2_000)
    back = head(chain)
    busy.wait(10)
    assert busy.market.market().valid is True
    touched = back - 1  # the last poke was a second before the round
    assert busy.market.accumulator() == charged + premium * (head(chain) - touched)


@pytest.mark.parametrize("answer", [0, -1, 10**8 - 1, 10**14 + 1])
def test_funding__feed_gives_nonsense__keeps_the_last_index(busy, owner, alice, answer):
    busy.trade(alice, 500)
    busy.feed.push(answer, sender=owner)
    market = busy.market.market()
    assert (market.index, market.valid) == (2_000 * WAD, False)
    assert market.mark == curve.mark(2_000 * WAD, DEPTH, 500 * WAD)


# ── what is owed exceeds the margin ──


@pytest.fixture(scope="module")
def indebted(create_desk, alice, bob):
    """Alice, long 50 ETH, owes more funding than she has margin."""
    desk = create_desk(
        depth=2_000 * WAD,
        open_interest_cap=8_000 * WAD,
        funding_cap=WAD,
        block_band=WAD // 2,
        index_band=WAD // 2,
        heartbeat=30 * 86_400,
    )
    desk.deposit(alice, 25_000)
    desk.deposit(bob, 1_000_000)
    desk.trade(bob, 40)
    desk.trade(alice, 50)
    desk.wait(30 * HOUR)
    return desk


def test_submit__funding_exceeds_margin__still_closes(indebted, alice):
    """The fund bears what the margin cannot pay, and says so."""
    desk = indebted
    account = desk.market.account(alice)
    assert account.margin == account.withdrawable == 0
    assert account.equity_index < 0

    margin = desk.market.margin_of(alice)
    receipt = desk.close(alice)
    deficits = desk.events(receipt, "DeficitBooked")
    (settled,) = desk.events(receipt, "FundingSettled")
    assert settled.amount > margin
    assert deficits[0].amount == settled.amount - margin
    assert [bool(deficit.carried) for deficit in deficits] == [True, False]
    assert desk.market.margin_of(alice) == 0
    assert tuple(desk.market.account(alice))[:6] == (0, 0, 0, 0, 0, 0)
    assert desk.surplus() == 0


def test_submit__funding_exceeds_margin__debt_stays_in_the_position(indebted, alice):
    """Reducing forgives nothing: equity falls by the fee and rounding only."""
    desk = indebted
    desk.push(3_000)
    before = desk.market.account(alice)
    assert before.margin == 0 < before.equity_exit
    fee = desk.events(desk.trade(alice, -10), "Traded")[0].fee
    after = desk.market.account(alice)
    a_second_of_funding = 3_000 * 50 * WAD // 28_800
    lost = before.equity_exit - after.equity_exit - fee * 10**12
    assert abs(lost) <= a_second_of_funding
    assert desk.surplus() == 0
