"""A keeper on Anvil: what it sends, in how many requests, and what it makes of trouble."""

import pytest
from desk import KEEPER, OWNER, RIVAL

from ballast.keeper import Policy, Rule
from ballast.keeper_sender import GWEI, FeeRule, Kind

pytest_plugins = ["keeper_fixtures"]


def hedges(desk, first):
    """Hedges since a block."""
    return desk.events("hedger", "Hedged", first)


def recovers(desk, keeper, ticks=2):
    """Whether the keeper sends within so many ticks, and the hedge is then inside its band."""
    seen = []
    for _ in range(ticks):
        outcomes = keeper.outcomes()
        seen += [outcome.kind for outcome in outcomes]
        if Kind.SENT in seen or Kind.RESENT in seen:
            break
    desk.mine()
    keeper.tick()
    return (Kind.SENT in seen or Kind.RESENT in seen) and not desk.is_out()


# ------------------------------------------------------------------ requests


def test_tick__nothing_to_do__is_one_request(desk, proxy, create_keeper):
    keeper = create_keeper(proxy.url)
    assert keeper.tick() == [Kind.IDLE]
    for _ in range(5):
        desk.mine()
        before = len(proxy.asked)
        assert keeper.tick() == [Kind.IDLE]
        assert proxy.asked[before:] == ["eth_call"]


def test_tick__liquidating_after_a_hedge__is_three_requests_at_most(desk, proxy, create_keeper):
    keeper = create_keeper(proxy.url, liquidate=True)
    desk.sell(40)
    keeper.tick()
    desk.mine()
    keeper.tick()
    counts = []
    for _ in range(5):
        desk.mine()
        before = len(proxy.asked)
        assert keeper.tick() == [Kind.IDLE]
        counts.append(len(proxy.asked) - before)
    print(f"\nrequests of an idle tick: {max(counts)}")
    assert max(counts) <= 3


def test_tick__new_block_calls_for_a_hedge__is_sent_in_six_round_trips(desk, proxy, create_keeper):
    keeper = create_keeper(proxy.url)
    keeper.tick()
    desk.sell(40)
    before = len(proxy.asked)
    assert keeper.tick() == [Kind.SENT]
    trips = proxy.asked[before:]
    print(f"\nfrom a new block to the hedge sent: {len(trips)} round trips ({', '.join(trips)})")
    assert len(trips) <= 6 and trips[-1] == "eth_sendRawTransaction"
    desk.mine()
    assert keeper.tick() == [Kind.DONE, Kind.IDLE]
    assert not desk.is_out()


# ------------------------------------------------------------------ what it sends


def test_tick__dry_run__says_what_and_sends_nothing(desk, create_keeper):
    keeper = create_keeper(dry_run=True)
    desk.sell(40)
    (outcome,) = keeper.outcomes()
    assert outcome.kind is Kind.DRY and outcome.job == "rebalance"
    assert outcome.facts["trade"] > 0
    desk.mine()
    assert desk.is_out()


def test_tick__hour_over__has_the_breaker_look(desk, create_keeper):
    keeper = create_keeper()
    desk.mine(after=3_600)
    desk.push(2_000)
    assert keeper.tick() == [Kind.SENT]
    desk.mine()
    assert keeper.tick() == [Kind.DONE, Kind.IDLE]
    assert desk.read("breaker", "memory").hour == desk.now()


def test_tick__guardian_tripped__is_no_reason_to_look(desk, create_keeper):
    desk.send("breaker", "reduce_only")
    assert create_keeper().tick() == [Kind.IDLE]


def test_tick__board_expired__settles_it(desk, create_keeper):
    keeper = create_keeper()
    desk.sell(10)
    expiry = desk.read("book", "live_boards")[0]
    desk.mine(after=expiry - desk.now() - 10)
    desk.push(2_050)
    desk.mine(after=60)
    desk.push(2_060)
    for _ in range(6):
        keeper.tick()
        desk.mine()
    assert expiry not in desk.read("book", "live_boards")
    assert desk.read("book", "settlement_price", expiry) == 2_050 * 10**18
    assert abs(desk.state().size) < 10**16


def test_tick__venue_is_dead__settles_all_the_same(desk, create_keeper):
    """SPEC-B7: settlement needs no live venue, and its keeper none to read."""
    keeper = create_keeper(liquidate=True)
    expiry = desk.read("book", "live_boards")[0]
    desk.mine(after=expiry - desk.now() - 10)
    desk.push(2_050)
    desk.mine(after=60)
    desk.push(2_060)
    venue = desk.parts.venue.address
    code = desk.node.rpc("eth_getCode", venue, "latest")
    desk.node.rpc("anvil_setCode", venue, "0x5f5ffd")
    for _ in range(6):
        keeper.tick()
        desk.mine()
    assert desk.read("book", "settlement_price", expiry) == 2_050 * 10**18
    assert "invalid venue" in keeper.outcomes()[-1].detail
    desk.node.rpc("anvil_setCode", venue, code)


def test_tick__redemption_waits__is_filled(desk, create_keeper):
    keeper = create_keeper()
    who = desk.accounts[2]
    shares = desk.read("vault", "balanceOf", who) // 2
    desk.send("vault", "request_redeem", shares, who, who, by=2)
    desk.mine()
    assert keeper.tick() == [Kind.SENT]
    desk.mine()
    assert keeper.tick() == [Kind.DONE, Kind.IDLE]
    assert desk.read("vault", "waiting") == 0


def test_tick__trader_under_maintenance__is_liquidated(desk, create_keeper):
    keeper = create_keeper(liquidate=True)
    trader = desk.accounts[RIVAL]
    desk.send("token", "mint", trader, 25_000 * 10**6)
    desk.send("token", "approve", desk.parts.venue, 2**255, by=RIVAL)
    desk.send("venue", "deposit", 25_000 * 10**6, by=RIVAL)
    desk.send("venue", "submit", 100 * 10**18, 3_000 * 10**18, 2**255, by=RIVAL)
    keeper.ticks(2)
    assert trader.lower() in [who.lower() for who in keeper.loop.journal.accounts]
    desk.push(1_850)
    for _ in range(6):
        keeper.tick()
        desk.mine()
    (event,) = desk.events("venue", "Liquidated")
    assert event["account"].lower() == trader.lower()
    assert event["liquidator"].lower() == desk.accounts[KEEPER].lower()


def test_tick__interval_policy__waits_for_its_hour(desk, create_keeper):
    keeper = create_keeper(policy=Policy(Rule.INTERVAL, 1_800))
    desk.sell(40)
    assert keeper.tick() == [Kind.SENT]
    desk.mine()
    keeper.tick()
    desk.push(2_100)
    assert desk.is_due() and keeper.tick() == [Kind.IDLE]
    desk.mine(after=1_800)
    assert keeper.tick() == [Kind.SENT]


def test_tick__old_price_by_its_own_limit__does_not_hedge(desk, create_keeper):
    keeper = create_keeper(policy=Policy(max_oracle_age=600))
    desk.sell(40)
    desk.mine(after=601)
    assert desk.is_due() and keeper.tick() == [Kind.IDLE]
    desk.push(2_000)
    assert keeper.tick() == [Kind.SENT]


# ------------------------------------------------------------------ trouble


@pytest.mark.parametrize("fault", ["hang", "garbage"])
def test_tick__node_does_not_answer_sensibly__lives_and_recovers(desk, proxy, create_keeper, fault):
    keeper = create_keeper(proxy.url)
    keeper.tick()
    desk.sell(40)
    proxy.fault = fault
    assert keeper.ticks(2) == [Kind.UNAVAILABLE] * 2
    assert not keeper.metrics.is_ready
    proxy.fault = ""
    assert recovers(desk, keeper)
    assert keeper.metrics.is_ready


def test_tick__node_shows_an_old_block__waits(desk, proxy, create_keeper):
    desk.mine(12)
    keeper = create_keeper(proxy.url)
    desk.sell(40)
    desk.mine()
    assert keeper.tick() == [Kind.SENT]
    desk.mine()
    assert keeper.tick() == [Kind.DONE, Kind.IDLE]
    desk.push(2_200)
    assert desk.is_due()
    proxy.fault = "lie"
    assert keeper.ticks(2) == [Kind.WAITING] * 2
    proxy.fault = ""
    assert recovers(desk, keeper)


def test_tick__head_is_old_by_the_clock__waits(desk, create_keeper):
    keeper = create_keeper(max_head_age=120)
    desk.sell(40)
    desk.mine(after=10_000)
    (outcome,) = keeper.outcomes()
    assert outcome.kind is Kind.WAITING and "ahead of the clock" in outcome.detail


def test_tick__three_of_ten_requests_are_lost__hedges_all_the_same(desk, proxy, create_keeper):
    keeper = create_keeper(proxy.url)
    first = desk.height()
    proxy.fault = "drop"
    desk.sell(40)
    missed = 0
    for step in range(20):
        desk.push(2_000 + 60 * (step % 3))
        was_due = desk.is_due()
        keeper.tick()
        desk.mine()
        keeper.tick()
        missed += was_due and desk.is_due()
    done = hedges(desk, first)
    print(
        f"\n30% of requests lost: {len(done)} hedges, {missed} a block late, "
        f"{keeper.node.failures} of {keeper.node.requests} requests without an answer"
    )
    assert len(done) >= 10 and missed <= 5 and keeper.node.failures > 0
    assert len({hedge["block"] for hedge in done}) == len(done)


def test_tick__answer_to_a_sent_hedge_is_lost__is_sent_once(desk, proxy, create_keeper):
    keeper = create_keeper(proxy.url)
    first = desk.height()
    keeper.tick()
    desk.sell(40)
    proxy.fault = "mute"
    assert keeper.tick() == [Kind.UNAVAILABLE]
    proxy.fault = ""
    keeper.tick()
    desk.mine()
    assert Kind.DONE in keeper.tick()
    desk.mine()
    assert keeper.tick() == [Kind.IDLE] and len(hedges(desk, first)) == 1


def test_tick__sent_hedge_never_arrives__is_sent_again(desk, proxy, create_keeper):
    keeper = create_keeper(proxy.url)
    keeper.tick()
    desk.sell(40)
    proxy.fault = "deaf"
    assert keeper.tick() == [Kind.SENT]
    proxy.fault = ""
    desk.mine()
    assert keeper.tick() == [Kind.RESENT]
    desk.mine()
    assert Kind.DONE in keeper.tick() and not desk.is_out()


def test_tick__base_fee_fifty_times_as_high__replaces_the_hedge(desk, create_keeper):
    keeper = create_keeper()
    desk.sell(40)
    assert keeper.tick() == [Kind.SENT]
    (first,) = keeper.loop.journal.pending.tries
    base = int(desk.node.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    seen = []
    for _ in range(3):
        desk.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * max(base, GWEI)))
        desk.mine()
        seen += keeper.tick()
    assert Kind.REPLACED in seen and Kind.DONE in seen and not desk.is_out()
    second = keeper.loop.journal.last.tries[-1]
    assert second.max_fee >= first.max_fee * 9 / 8 and second.tip >= first.tip * 9 / 8


def test_tick__base_fee_over_the_ceiling__waits_and_says_so(desk, create_keeper):
    keeper = create_keeper(fees=FeeRule(max_base_fee=GWEI))
    desk.sell(40)
    desk.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(50 * GWEI))
    desk.mine()
    (outcome,) = keeper.outcomes()
    assert outcome.kind is Kind.WAITING
    assert outcome.detail == "base fee 50 gwei, at most 1 is paid"
    desk.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI // 2))
    desk.mine()
    assert recovers(desk, keeper)


def test_tick__another_process_takes_the_nonce__sends_anew(desk, create_keeper):
    keeper = create_keeper()
    first = desk.height()
    desk.sell(40)
    assert keeper.tick() == [Kind.SENT]
    nonce = keeper.loop.journal.pending.nonce
    fee = hex(100 * GWEI)
    desk.post(
        "token", "approve", desk.parts.vault, 1, by=KEEPER, nonce=hex(nonce),
        maxFeePerGas=fee, maxPriorityFeePerGas=fee,
    )  # fmt: skip
    desk.mine()
    assert keeper.ticks(2) == [Kind.NONCE_TAKEN, Kind.SENT]
    desk.mine()
    assert Kind.DONE in keeper.tick()
    assert not desk.is_out() and len(hedges(desk, first)) == 1


def test_tick__reorganisation_of_three_blocks__hedges_once_on_the_new_branch(desk, create_keeper):
    keeper = create_keeper()
    first = desk.height()
    desk.sell(40)
    keeper.tick()
    desk.mine()
    assert Kind.DONE in keeper.tick()
    desk.mine(2)
    keeper.tick()
    desk.node.rpc("anvil_reorg", 3, [])
    desk.mine()
    assert desk.is_due()
    seen = keeper.ticks(2)
    assert Kind.REORGANISED in seen and (Kind.RESENT in seen or Kind.SENT in seen)
    desk.mine()
    keeper.tick()
    desk.mine()
    keeper.tick()
    assert not desk.is_out() and len(hedges(desk, first)) == 1


def test_tick__feed_silent_for_an_hour__says_so_and_hedges_when_it_is_back(desk, create_keeper):
    keeper = create_keeper()
    desk.sell(40)
    desk.mine(after=3_700)
    (outcome,) = keeper.outcomes()
    assert outcome.kind is Kind.IDLE and "the price is 37" in outcome.detail
    desk.push(2_000)
    assert recovers(desk, keeper)


def test_tick__no_money_for_gas__says_so_and_hedges_when_there_is(desk, create_keeper):
    keeper = create_keeper()
    desk.sell(40)
    balance = desk.node.rpc("eth_getBalance", desk.accounts[KEEPER], "latest")
    desk.node.rpc("anvil_setBalance", desk.accounts[KEEPER], "0x1")
    assert keeper.tick() == [Kind.NO_MONEY]
    desk.node.rpc("anvil_setBalance", desk.accounts[KEEPER], balance)
    assert recovers(desk, keeper)


def test_tick__another_keeper_is_faster__is_already_done(desk, create_keeper):
    ours, theirs = create_keeper(), create_keeper(account=RIVAL)
    first = desk.height()
    desk.sell(40)
    assert ours.tick() == theirs.tick() == [Kind.SENT]
    desk.mine()
    ends = {ours.outcomes()[0].kind, theirs.outcomes()[0].kind}
    assert ends == {Kind.DONE, Kind.ALREADY_DONE} and len(hedges(desk, first)) == 1


def test_load__killed_between_writing_and_sending__finds_and_sends_it(
    desk, create_keeper, monkeypatch
):
    keeper = create_keeper()
    first = desk.height()
    desk.sell(40)
    ask = keeper.node.ask

    def die(method, *params):
        if method == "eth_sendRawTransaction":
            raise KeyboardInterrupt
        return ask(method, *params)

    monkeypatch.setattr(keeper.node, "ask", die)
    with pytest.raises(KeyboardInterrupt):
        keeper.tick()
    keeper.close()
    again = create_keeper()
    assert again.how == "found" and again.loop.journal.pending is not None
    desk.mine()
    assert again.tick() == [Kind.RESENT]
    desk.mine()
    assert Kind.DONE in again.tick() and len(hedges(desk, first)) == 1


def test_tick__node_gone_and_back__hedges(desk, create_keeper):
    """Anvil writes its state when it is told to end."""
    keeper = create_keeper()
    desk.sell(40)
    desk.node.stop()
    assert keeper.ticks(2) == [Kind.UNAVAILABLE] * 2
    desk.node.start()
    desk.automine(False)
    desk.mine(after=60)  # its clock begins anew
    assert recovers(desk, keeper)


def test_tick__another_chain_behind_the_address__does_not_act(desk, create_keeper, create_node):
    other = create_node()
    (outcome,) = create_keeper(other.url).outcomes()
    assert outcome.kind is Kind.WAITING and outcome.detail.endswith("not ours")
    assert int(other.rpc("eth_getTransactionCount", desk.accounts[OWNER], "latest"), 16) == 0
