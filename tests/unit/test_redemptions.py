"""redemptions.vy: the pool equals a list of requests that is walked at every fill."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PEOPLE = [f"0x{0xBEEF_0000 + i:040x}" for i in range(4)]
ANN, BOB, CID, DOT = PEOPLE
FOREVER = 2**256 - 1
MILLION = 10**18  # [shares] a million tokens' worth, offset 6

people = st.sampled_from(PEOPLE)
amounts = st.integers(1, 10**6).map(lambda n: n * 10**12) | st.integers(1, 10**6)
parts = st.tuples(st.integers(1, 10**6), st.just(10**6)) | st.just((1, 1))
actions = st.one_of(
    st.tuples(st.just("add"), people, amounts),
    st.tuples(st.just("cancel"), people),
    st.tuples(st.just("take"), people, st.just(FOREVER) | st.integers(0, 10**12)),
    st.tuples(st.just("fill"), parts, st.integers(1, 3_000)),
)


class Walk:
    """What the pool must equal: every request on its own, exact."""

    def __init__(self):
        self.left = dict.fromkeys(PEOPLE, Fraction(0))
        self.due = dict.fromkeys(PEOPLE, Fraction(0))

    def fill(self, part: Fraction, price: Fraction):
        for who in PEOPLE:
            self.due[who] += self.left[who] * part * price
            self.left[who] *= 1 - part


@pytest.fixture(scope="module")
def engine(create_engine):
    return create_engine()


@pytest.fixture
def pool(engine):
    sender = engine.accounts(1)[0]
    contract = engine.deploy("RedemptionsHarness", sender=sender)

    class Pool:
        def state(self, who):
            return tuple(engine.read(contract, "state", who))

        def totals(self):
            engine.next_block()  # what was asked for or filled in a block waits for the next
            return tuple(engine.read(contract, "totals"))

        def __getattr__(self, name):
            return lambda *arguments: engine.send(contract, name, *arguments, sender=sender)

    return Pool()


def test_pool__any_actions__equals_the_walk(engine, pool):
    """SPEC-V10, SPEC-V11: never more than the exact share, and less only by rounding."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(actions, min_size=4, max_size=25))
    def check(steps):
        start = engine.snapshot()
        walk, fills = Walk(), 1
        for name, *arguments in steps:
            if name == "fill":
                (numerator, denominator), price = arguments
                fillable = pool.totals()[1]
                shares = fillable * numerator // denominator
                pool.fill(numerator, denominator, price)
                if shares:
                    paid = Fraction(shares * price // 1_000, shares)
                    walk.fill(Fraction(shares, fillable), paid)
                    fills += 1
                continue
            who = arguments[0]
            getattr(pool, name)(*arguments)
            if name == "add":
                walk.left[who] += arguments[1]
            elif name == "cancel":
                walk.left[who] = Fraction(pool.state(who)[0])
            else:
                before = walk.due[who]
                walk.due[who] = max(before - min(arguments[1], before), Fraction(0))
                walk.due[who] = min(walk.due[who], Fraction(pool.state(who)[1] + fills))
        waiting, _, owed = pool.totals()
        states = [pool.state(who) for who in PEOPLE]
        assert sum(left for left, _ in states) <= waiting
        assert sum(due for _, due in states) <= owed
        for who, (left, due) in zip(PEOPLE, states, strict=True):
            # one unit a fill, and 10^-9 of a share where the product was scaled
            dust = fills + walk.left[who] / 10**9
            assert walk.left[who] - dust <= left <= walk.left[who] + dust
            assert walk.due[who] - fills - walk.due[who] / 10**9 <= due <= walk.due[who] + fills
        engine.revert(start)

    check()


def test_fill__a_half__leaves_everyone_a_half(pool):
    """SPEC-V11."""
    pool.add(ANN, 300)
    pool.add(BOB, 100)
    pool.fill(1, 2, 2_000)
    assert (pool.state(ANN), pool.state(BOB)) == ((150, 300), (50, 100))
    assert pool.totals() == (200, 200, 400)


def test_fill__all__starts_a_new_epoch(pool):
    """SPEC-V11: who comes after has no part in it."""
    pool.add(ANN, 300)
    pool.fill(1, 1, 1_000)
    pool.add(BOB, 100)
    assert (pool.state(ANN), pool.state(BOB)) == ((0, 300), (100, 0))
    pool.fill(1, 1, 5_000)
    assert (pool.state(ANN), pool.state(BOB)) == ((0, 300), (0, 500))


def test_add__twice__keeps_what_was_filled(pool):
    """SPEC-V10."""
    pool.add(ANN, 400)
    pool.fill(1, 4, 1_000)
    pool.add(ANN, 100)
    assert pool.state(ANN) == (400, 100)
    pool.fill(1, 2, 1_000)
    assert pool.state(ANN) == (200, 300)


def test_add__in_the_block_of_a_fill__waits_for_the_next(pool):
    """SPEC-V11: before or after the fill, it is not filled."""
    pool.add(CID, 1_000)
    pool.fill_between(ANN, BOB, 500, 1, 2)
    assert pool.state(CID) == (500, 500)
    assert pool.state(ANN) == pool.state(BOB) == (500, 0)
    assert pool.totals() == (1_500, 1_500, 500)
    pool.fill(1, 1, 1_000)
    assert [pool.state(who) for who in (ANN, BOB, CID)] == [(0, 500), (0, 500), (0, 1_000)]


def test_fill__before_the_first_request_of_its_block__is_the_last_of_it(pool):
    """SPEC-V11: one fill a block, whose mark is that of who asks after it."""
    pool.add(CID, 1_000)
    pool.fill_around(ANN, 500, 1, 2)
    assert (pool.state(CID), pool.state(ANN)) == ((500, 500), (500, 0))
    assert pool.totals() == (1_000, 1_000, 500)
    pool.fill(1, 1, 1_000)
    assert (pool.state(CID), pool.state(ANN)) == ((0, 1_000), (0, 500))


def test_add__to_an_old_request_in_the_block_of_a_fill__all_of_it_waits(pool):
    """SPEC-V11."""
    pool.add(ANN, 100)
    pool.add(CID, 100)
    pool.fill_between(ANN, BOB, 100, 1, 2)
    assert pool.state(ANN) == (200, 0)
    assert pool.state(CID) == (50, 50)


def test_take__before_a_fill_of_the_block__costs_nothing(pool):
    """SPEC-V10: anyone may take for another, so it must not make him wait."""
    pool.add(ANN, 100)
    pool.add(BOB, 100)
    pool.fill(1, 2, 1_000)
    pool.fill_after_take(ANN, 1, 2)
    assert pool.state(ANN) == (25, 25)
    assert pool.state(BOB) == (25, 75)


def test_take__more_than_there_is__leaves_the_rest(pool):
    """SPEC-V10: what cannot be paid now can be taken later."""
    pool.add(ANN, 100)
    pool.fill(1, 1, 1_000)
    pool.take(ANN, 30)
    assert pool.state(ANN) == (0, 70)
    pool.take(ANN, FOREVER)
    assert pool.state(ANN) == (0, 0)
    assert pool.totals() == (0, 0, 0)


def test_cancel__after_a_part__gives_the_rest_and_keeps_the_claim(pool):
    """SPEC-V10."""
    pool.add(ANN, 100)
    pool.add(BOB, 100)
    pool.fill(1, 4, 1_000)
    pool.cancel(ANN)
    assert pool.state(ANN) == (0, 25)
    assert pool.state(BOB) == (75, 25)
    assert pool.totals()[0] == 75


def test_fill__many_times__scales_the_product_and_loses_nothing_to_speak_of(pool):
    """SPEC-V11: after twenty fills of 90% a request still knows its rest."""
    pool.add(ANN, MILLION)
    pool.add(BOB, 3 * MILLION)
    for _ in range(12):
        pool.fill(9, 10, 1_000)
    waiting, _, owed = pool.totals()
    (left_ann, due_ann), (left_bob, due_bob) = pool.state(ANN), pool.state(BOB)
    assert 0 < left_ann and left_ann + left_bob <= waiting <= left_ann + left_bob + 2
    assert owed - 10 * 12 <= due_ann + due_bob <= owed
    assert due_bob == pytest.approx(3 * due_ann, abs=10 * 12)


def test_state__stranger__is_nothing(pool):
    assert pool.state(DOT) == (0, 0)
