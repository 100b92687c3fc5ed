"""`ape run market ...` as a user runs it, and the loop behind `market live`."""

import threading
import time

import pytest

from ballast import parameters, paths
from ballast.agents import Order
from ballast.chain import ApeChain
from ballast.live import PACE, PARTS, Market, Tally, calm, live, parts_an_hour
from ballast.paths import Step
from ballast.units import WAD

USDC = 10**6
HOUR = 3_600
HEARTBEAT = 3_600
WEEK = 168 * HOUR
OWNER, STRANGER = "TEST::0", "TEST::6"


@pytest.fixture
def run(write_deployment, create_command, system):
    return create_command("market", write_deployment(vars(system)))


@pytest.fixture
def market(system, project, chain, owner, arbitrageur, stranger):
    boards = parameters.load()["boards"]
    return Market(ApeChain(project, chain), system, owner, arbitrageur, boards, (stranger,))


def test_give__alias_or_address__has_tokens(run, succeed, system, stranger):
    succeed(run("give", "--to", STRANGER, "12.5", account=OWNER))
    output = succeed(run("give", "--to", stranger.address, "1", account=OWNER))
    assert f"{stranger.address} has 13.5 tokens" in output
    assert system.token.balanceOf(stranger) == 13_500_000


def test_give__not_the_owner__says_who_may(run, fail):
    fail(run("give", "--to", STRANGER, "1", account=STRANGER), "only the owner of the contract")


def test_move__new_price__feed_and_mark_follow(run, succeed, system):
    output = succeed(run("move", "--to", "2040.5", account=OWNER))
    assert "index 2,000 -> 2,040.5 USD, mark 2,04" in output
    assert system.venue.market().index == 20405 * WAD // 10


def test_move__no_price__wakes_a_silent_feed(run, succeed, system, chain):
    chain.pending_timestamp += HEARTBEAT + 1
    chain.mine()
    assert not system.venue.market().valid
    assert "index 2,000 -> 2,000 USD" in succeed(run("move", account=OWNER))
    assert system.venue.market().valid


def test_move__far__says_what_it_closes(run, succeed, system, owner):
    limits = parameters.load()["breaker"]  # those of tests hardly break
    system.breaker.set_limits(limits, sender=owner)
    system.breaker.trip(sender=owner)
    output = succeed(run("move", "--to", "1600", account=OWNER))
    assert "the vault is closed: index jumped within an hour" in output


def test_move__mark_pushed_away__is_traded_back(market, system, owner):
    system.token.mint(owner, 10_000_000 * USDC, sender=owner)
    system.token.approve(system.venue, 10_000_000 * USDC, sender=owner)
    system.venue.deposit(10_000_000 * USDC, sender=owner)
    system.venue.submit(2_000 * WAD, 2**255, 10**10, sender=owner)
    assert system.venue.market().mark > 2_030 * WAD
    market.move(calm(2_000 * WAD))
    mark = system.venue.market().mark
    assert mark / (2_000 * WAD) - 1 == pytest.approx(paths.BASIS_MEAN, abs=1e-4)


def test_live__command__is_the_same_for_the_same_seed(run, succeed, chain, system):
    began = chain.blocks.head.timestamp
    arguments = ("live", "--hours", "2", "--speed", "100000", "--seed", "3")
    output = succeed(run(*arguments, account=OWNER))
    assert output.splitlines()[-1].startswith("done after 120 simulated minutes, ")
    assert chain.blocks.head.timestamp - began == pytest.approx(2 * HOUR, abs=30)
    index = system.venue.market().index
    assert index == paths.gbm(2_000.0, 0.7, 2, 3, PARTS[-1])[-1].price
    assert system.vault.maxDeposit(system.feed) > 0, "the feed was awake all the time"


def test_live__csv__replays_its_moves_from_here(run, succeed, fail, tmp_path, system):
    file = tmp_path / "hours.csv"
    file.write_text("time,close\n2020-03-12T00:00,100\n2020-03-12T01:00,110\n")
    succeed(run("live", "--path", str(file), "--speed", "100000", account=OWNER))
    assert system.venue.market().index == 2_200 * WAD
    fail(run("live", "--path", str(tmp_path / "none.csv"), account=OWNER), "cannot read")


def order(hour, strike=4):
    return Order(hour, buyer=0, board=0, strike=strike, is_put=False, share=0.01)


def test_live__orders__come_in_their_hour_and_refusals_are_counted(
    market, system, project, chain, stranger
):
    path = [calm(2_000 * WAD)] * 5
    tally = run_live(market, project, chain, path, [order(0), order(1), order(1, strike=0)])
    assert (tally.steps, tally.sales) == (4, 2)
    assert tally.refused == {"admission: delta too large": 1}
    series = system.book.series_id(min(system.book.live_boards()), 2_000 * WAD, False)
    bought = system.book.balanceOf(stranger, series)
    assert bought == pytest.approx(2 * 0.01 * 3_000_000 / 2_000 * WAD, rel=0.01)


def test_live__a_board_expires__the_next_is_listed(market, system, project, chain):
    """And the far one's tenor has a new one when it is as near as the near one was."""
    near, far = sorted(system.book.live_boards())
    chain.pending_timestamp = near - HOUR + 60  # the far one has three weeks left
    assert run_live(market, project, chain, [calm(2_100 * WAD)] * 2, []).boards == 0
    tally = run_live(market, project, chain, [calm(2_100 * WAD)] * 3, [])
    assert tally.boards == 1
    added = max(set(system.book.live_boards()) - {near, far})
    assert near + WEEK <= added <= near + WEEK + 2 * HOUR
    assert system.book.board(added)[0][4] == 2_100 * WAD
    chain.pending_timestamp = far - WEEK
    assert run_live(market, project, chain, [calm(2_100 * WAD)] * 2, []).boards == 1


def run_live(market, project, chain, path, orders, stop=None, speed=1e6, on_step=None):
    return live(
        ApeChain(project, chain), market, path, orders, speed, 2, stop or threading.Event(),
        on_step or (lambda step, tally: None),
    )  # fmt: skip


def test_live__stopped__finishes_its_step_and_no_other(market, project, chain):
    stop = threading.Event()

    def on_step(step: Step, tally: Tally) -> None:
        if tally.steps == 2:
            stop.set()

    tally = run_live(market, project, chain, [calm(2_000 * WAD)] * 9, [], stop, 1e6, on_step)
    assert tally.steps == 2


def test_live__stopped_while_it_waits__does_not_wait_on(market, project, chain):
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    assert run_live(market, project, chain, [calm(2_000 * WAD)] * 2, [], stop, 1.0).steps == 0
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("speed", [1, 60, 150, 151, 900, 901, 100_000])
def test_parts_an_hour__any_speed__never_lets_the_feed_sleep(speed):
    parts = parts_an_hour(speed)
    assert HOUR / parts <= HEARTBEAT / 2
    finest = [one for one in PARTS if HOUR / one >= PACE * speed]
    assert parts == (max(finest) if finest else min(PARTS))
