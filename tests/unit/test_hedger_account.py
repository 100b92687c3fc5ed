"""Hedger.account: what the venue says, and what a venue may say. SPEC-H7."""

import pytest
from eth_utils import keccak
from hedge_desk import parts, wad
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ballast import parameters
from ballast.flags import Action, Reason
from ballast.units import WAD, ceil_div

pytest_plugins = ["hedge_fixtures"]


# ------------------------------------------------------------------ SPEC-H7: what the venue says


def test_account__position_held__is_the_venues_answer(hedge):
    """SPEC-H7."""
    hedge.sell(40)
    hedge.rebalance()
    hedge.push(2_030)
    hedge.trade(100)  # so that exit and index differ
    held, venue = hedge.account(), hedge.system.venue
    answer, market, terms = venue.account(hedge.system.hedger), venue.market(), venue.terms()
    assert held.valid
    assert (held.size, held.pending, held.margin) == (answer.size, 0, answer.margin)
    assert held.equity == answer.equity_index != answer.equity_exit
    assert held.low == min(answer.equity_index, answer.equity_exit)
    assert held.high == max(answer.equity_index, answer.equity_exit)
    assert held.withdrawable == answer.withdrawable
    assert (held.mark, held.index, held.funding_8h) == (
        market.mark,
        market.index,
        market.funding_8h,
    )
    assert (held.imr, held.mmr, held.fee) == (terms.imr, terms.mmr, terms.fee)
    assert (held.max_buy, held.max_sell, held.depth) == (terms.max_buy, terms.max_sell, terms.depth)


def test_account__always__carries_the_margin_rule(hedge):
    """SPEC-H4: others compute m* from it."""
    held, rule = hedge.account(), hedge.system.hedger.margin()
    assert (held.margin_floor, held.vol_floor) == (rule.floor, rule.vol_floor)
    target = max(held.margin_floor, held.mmr + ceil_div(held.margin_per_vol * wad("0.7"), WAD))
    hedge.sell(1)
    assert hedge.state().margin_target == hedge.target() == target


def test_account__stale_feed__is_not_valid_but_full(hedge):
    """SPEC-H7: what is there stays visible; margin needs it."""
    hedge.sell(40)
    hedge.rebalance()
    size, margin = hedge.size(), hedge.margin()
    hedge.wait(3_700)
    held = hedge.account()
    assert not held.valid
    assert held.size == size and abs(held.margin - margin) < 10**6


# ------------------------------------------------------------------ SPEC-H7: a venue that fails


NAMES = {
    "account": "account(address)",
    "market": "market()",
    "terms": "terms()",
    "quote": "quote(int256)",
}
GOOD = {
    "account": [WAD, 0, 500 * 10**6, 500 * WAD, 400 * WAD, 100 * 10**6, 1],
    "market": [2_010 * WAD, 2_000 * WAD, 1, 1, 5, 6, 7],
    "terms": [WAD // 10, WAD // 16, WAD // 2_000, 100 * WAD, 90 * WAD, 200_000 * WAD, 1],
}


@pytest.fixture(scope="module")
def mock(project, owner):
    return owner.deploy(project.MockVenue)


@pytest.fixture(scope="module")
def beside(project, system, mock, owner):
    """A hedger of the default vault at a venue that answers what it is told, in steps of 100 ETH at
    its depth. Nobody is wired to it."""
    params = parameters.load(overrides={"hedger.execution.max_share": "0.05 %"})["hedger"]
    return owner.deploy(project.Hedger, *parts(system, venue=mock), params)


QUOTE = [1_999 * WAD, 5, 1_998 * WAD]
"""For an order the venue would fill."""


def say(mock, owner, name, words, cut=None):
    """The venue's answer to `name` from now on: 256-bit words, cut to so many bytes."""
    data = b"".join(word.to_bytes(32, "big", signed=word < 0) for word in words)
    mock.answer(keccak(text=NAMES[name])[:4], data[:cut], sender=owner)


@pytest.fixture
def live(mock, owner):
    """The venue answers, and well."""
    for name, words in GOOD.items():
        say(mock, owner, name, words)
    return mock


def check_dead(hedger):
    """Empty but for the margin rule; nothing is wanted."""
    held, rule = hedger.account(), hedger.margin()
    numbers = list(held)
    assert not held.valid
    assert (held.margin_floor, held.vol_floor) == (rule.floor, rule.vol_floor)
    assert held.margin_per_vol > 0
    assert numbers[:16] == [0] * 16 and not held.may_open
    state = hedger.state()
    assert (state.reason, state.action) == (Reason.INVALID_VENUE, Action.NONE)
    assert (state.size, state.trade, state.wanted, state.top_up, state.give_back) == (0,) * 5


def test_account__mock_answers__is_read(live, beside):
    """The other tests of this part would pass if nothing were ever read."""
    held = beside.account()
    assert held.valid and held.size == WAD
    assert (held.low, held.equity, held.high) == (400 * WAD, 500 * WAD, 500 * WAD)


def test_account__venue_has_no_code__is_empty(project, system, owner, stranger):
    """SPEC-H7."""
    params = parameters.load()["hedger"]
    check_dead(owner.deploy(project.Hedger, *parts(system, venue=stranger), params))


def test_account__venue_silent__is_empty(beside, owner):
    """SPEC-H7: every read reverts; a call does nothing, and does not revert."""
    check_dead(beside)
    assert beside.rebalance(sender=owner).events == []


def test_account__venue_burns_its_gas__is_empty(project, system, owner, networks):
    """SPEC-H7: a read that takes all it is given leaves enough for the others."""
    code = bytes.fromhex("600b380380600b5f395ff3" + "fe")  # deploys an invalid instruction
    burner = owner.call(networks.ethereum.create_transaction(data=code)).contract_address
    params = parameters.load()["hedger"]
    check_dead(owner.deploy(project.Hedger, *parts(system, venue=burner), params))


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("cut", [0, 32, 223])
def test_account__one_answer_short__is_empty(live, beside, owner, name, cut):
    """SPEC-H7: 0 bytes are a revert of the mock."""
    say(live, owner, name, GOOD[name], cut)
    check_dead(beside)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("word", range(7))
def test_account__one_word_too_large__is_empty(live, beside, owner, name, word):
    """SPEC-H7."""
    words = list(GOOD[name])
    words[word] = 2**100
    say(live, owner, name, words)
    check_dead(beside)


@pytest.mark.parametrize(
    ("name", "word"),
    [("account", word) for word in (2, 5)]
    + [("market", word) for word in (0, 1, 2)]
    + [("terms", word) for word in (0, 1, 2, 5)],
)
def test_account__amount_is_negative__is_empty(live, beside, owner, name, word):
    """SPEC-H7: as an unsigned word it is far above 2^100."""
    words = list(GOOD[name])
    words[word] = -1
    say(live, owner, name, words)
    check_dead(beside)


@pytest.mark.parametrize("word", [3, 4])
@pytest.mark.parametrize("limit", [-1, -(2**100)])
def test_account__venue_without_a_limit__is_clamped(live, beside, owner, word, limit):
    """SPEC-H7: a venue may well say "any size" with the largest numbers there are."""
    words = list(GOOD["terms"])
    words[word] = limit
    say(live, owner, "terms", words)
    held = beside.account()
    assert held.valid
    expected = [100 * WAD, 90 * WAD]
    expected[word - 3] = 2**100
    assert [held.max_buy, held.max_sell] == expected
    assert beside.state().trade == -WAD


@pytest.mark.parametrize(("mode", "may_open"), [(1, True), (2, False), (4, False), (0, False)])
def test_account__mode__says_whether_positions_may_grow(live, beside, owner, mode, may_open):
    """SPEC-H7: what is not NORMAL is REDUCE_ONLY."""
    say(live, owner, "terms", [*GOOD["terms"][:6], mode])
    held = beside.account()
    assert held.valid and held.may_open == may_open


@pytest.mark.parametrize(("name", "word"), [("account", 6), ("market", 3)])
def test_account__flag_is_no_boolean__is_not_valid(live, beside, owner, name, word):
    """SPEC-H7."""
    words = list(GOOD[name])
    words[word] = 2
    say(live, owner, name, words)
    assert not beside.account().valid
    assert beside.state().reason == Reason.INVALID_VENUE


@pytest.mark.parametrize(
    ("size", "max_sell", "depth", "trade"),
    [
        ("0.012", "1", "24", "-0.012"),  # all that the share of depth allows
        ("0.018", "1", "24", "-0.018"),  # 0.006 would be left: the share is exceeded by it
        ("0.018", "0.018", "24", "-0.018"),
        ("0.018", "0.012", "24", "0"),  # the venue itself cannot fill it
        ("0.03", "1", "24", "-0.012"),  # 0.018 is left
        ("0.03", "1", "5", "0"),  # 0.0025 would be a trade too small
    ],
)
def test_state__little_would_be_left__goes_too_if_the_venue_can(
    live, beside, owner, size, max_sell, depth, trade
):
    """SPEC-H2, SPEC-H3: nothing is sold, so that all is to be unwound; 0.05% of depth a call."""
    say(live, owner, "account", [wad(size), *GOOD["account"][1:]])
    say(live, owner, "market", [2_000 * WAD, *GOOD["market"][1:]])
    terms = GOOD["terms"]
    say(live, owner, "terms", [*terms[:4], wad(max_sell), wad(depth), terms[6]])
    state = beside.state()
    assert (state.reason, state.wanted) == (Reason.NOTHING_SOLD, -wad(size))
    assert state.trade == wad(trade)


@pytest.mark.parametrize(
    ("quote", "trade"),
    [
        (QUOTE, "-100"),  # all that the share of depth allows
        ([1, 0, 0], "-100"),
        ([0, 5, 1_998 * WAD], "-40"),  # a price of 0 is none
        (QUOTE[:2], "-40"),
        ([*QUOTE, 0], "-40"),
        ([2**100, *QUOTE[1:]], "-40"),
        ([], "-40"),  # it reverts
    ],
)
@pytest.mark.parametrize("mode", [1, 2])
def test_state__venue_at_its_cap__reduces_as_far_as_it_quotes(
    live, beside, owner, quote, trade, mode
):
    """SPEC-H3: 400 ETH are to be unwound, the venue's cap leaves 40, or what it quotes."""
    say(live, owner, "account", [wad(400), *GOOD["account"][1:]])
    say(live, owner, "market", [2_000 * WAD, *GOOD["market"][1:]])
    say(live, owner, "terms", [*GOOD["terms"][:4], wad(40), wad(200_000), mode])
    say(live, owner, "quote", quote)
    state = beside.state()
    assert (state.reason, state.wanted) == (Reason.NOTHING_SOLD, -wad(400))
    assert state.trade == wad(trade)


@pytest.mark.parametrize(("size", "limit"), [("400", 4), ("-400", 3)])
def test_state__venue_fills_nothing_but_quotes__reduces(live, beside, owner, size, limit):
    """SPEC-H3: max_sell = 0 for a long, max_buy = 0 for a short."""
    say(live, owner, "account", [wad(size), *GOOD["account"][1:]])
    say(live, owner, "market", [2_000 * WAD, *GOOD["market"][1:]])
    terms = [*GOOD["terms"][:5], wad(200_000), 1]
    terms[limit] = 0
    say(live, owner, "terms", terms)
    assert beside.state().trade == 0
    say(live, owner, "quote", QUOTE)
    assert beside.state().trade == -wad(size) // 4


def test_state__little_would_be_left_at_the_cap__goes_too_if_the_venue_quotes_it(
    live, beside, owner
):
    """SPEC-H2, SPEC-H3: the share of depth allows 0.012 of 0.018, and the venue quotes all."""
    say(live, owner, "account", [wad("0.018"), *GOOD["account"][1:]])
    say(live, owner, "market", [2_000 * WAD, *GOOD["market"][1:]])
    say(live, owner, "terms", [*GOOD["terms"][:4], 0, wad(24), GOOD["terms"][6]])
    say(live, owner, "quote", QUOTE)
    assert beside.state().trade == -wad("0.018")


@pytest.mark.parametrize("pending", ["99", "-0.5", "-1", "-50", "-101"])
def test_state__order_pending__is_position_and_keeps_margin_for_the_larger(
    live, beside, owner, pending
):
    """SPEC-H8: 1 ETH held; the order may fill or not, so it counts in the delta, frees no margin
    and asks for it."""
    words, order = GOOD["account"], wad(pending)
    say(live, owner, "market", [2_000 * WAD, *GOOD["market"][1:]])
    say(live, owner, "account", [WAD, order, *words[2:]])
    state, held = beside.state(), beside.account()
    assert (held.size, held.pending) == (WAD, order)
    assert state.net_delta == WAD + order
    assert (state.reason, state.wanted, state.trade) == (Reason.ORDER_PENDING, 0, 0)
    carried = max(WAD, abs(WAD + order))
    missing = max(ceil_div(carried * 2_000 * state.margin_target, WAD) - held.low, 0)
    assert state.top_up == ceil_div(missing, 10**12) and state.give_back == 0


@pytest.fixture
def forty_sold(hedge):
    """The default vault has sold 40 calls, which the hedger beside it would hedge as well."""
    hedge.sell(40)
    return hedge


def test_state__any_position_and_limits__trade_lowers_the_net_delta(
    forty_sold, live, beside, owner
):
    """SPEC-H12: closing a crumb and clipping included. So the rule needs no other form while the
    vault only reduces."""
    delta = forty_sold.system.book.risk().delta
    near = st.integers(-(3 * WAD // 100), 3 * WAD // 100)
    sizes = st.one_of(near, near.map(lambda off: -delta + off), st.integers(-100 * WAD, 100 * WAD))
    limits = st.one_of(st.integers(0, 3 * WAD // 100), st.integers(0, 100 * WAD))
    depths = st.integers(WAD, 200_000 * WAD)

    @settings(max_examples=40, deadline=None)
    @given(sizes, limits, limits, depths, st.sampled_from([1, 2]), st.booleans())
    @example(WAD, 100 * WAD, 100 * WAD, 200_000 * WAD, 1, True)
    def check(size, max_buy, max_sell, depth, mode, quotes):
        say(live, owner, "account", [size, *GOOD["account"][1:]])
        say(live, owner, "market", [2_000 * WAD, *GOOD["market"][1:]])
        say(live, owner, "terms", [*GOOD["terms"][:3], max_buy, max_sell, depth, mode])
        say(live, owner, "quote", QUOTE if quotes else [])
        state = beside.state()
        after = state.net_delta + state.trade
        assert state.trade == 0 or abs(after) < abs(state.net_delta)
        traded.append(state.trade != 0)

    traded = []
    check()
    assert any(traded)


def test_account__no_depth__is_empty(live, beside, owner):
    """SPEC-H7: nothing could be traded there."""
    say(live, owner, "terms", [*GOOD["terms"][:5], 0, 1])
    check_dead(beside)


def test_state__any_words_of_an_invalid_venue__never_reverts(live, beside, owner):
    """SPEC-H7: sums and products of the largest words that are read still fit."""
    word = st.one_of(st.integers(0, 2**100 - 1), st.just(2**100 - 1), st.integers(0, 2))
    signed = word | word.map(lambda number: -number - 1)
    account = st.tuples(signed, signed, word, signed, signed, word, st.just(0))
    market = st.tuples(word, word, word, word, signed, signed, word)
    terms = st.tuples(word, word, word, word, word, word.map(lambda depth: depth or 1), word)

    @settings(max_examples=8, deadline=None)
    @given(account, market, terms)
    def check(account, market, terms):
        for name, words in (("account", account), ("market", market), ("terms", terms)):
            say(live, owner, name, words)
        assert beside.account().size == account[0]
        state = beside.state()
        assert (state.reason, state.trade, state.give_back) == (Reason.INVALID_VENUE, 0, 0)

    check()


def test_state__venue_changes_its_ratios__margin_follows(live, beside, owner):
    """SPEC-H4: margin ratios are asked for at each use."""
    terms = GOOD["terms"]
    before = beside.state()
    rise = WAD // 5
    say(live, owner, "terms", [terms[0] + rise, terms[1] + rise, *terms[2:]])
    after, held = beside.state(), beside.account()
    assert (held.imr, held.mmr) == (terms[0] + rise, terms[1] + rise)
    moved = WAD // 16 + held.margin_per_vol * held.vol_floor // WAD + 1
    assert before.margin_target == max(held.margin_floor, moved)
    assert after.margin_target == max(held.margin_floor, moved + rise) > before.margin_target
    assert after.liquidation_price > before.liquidation_price
