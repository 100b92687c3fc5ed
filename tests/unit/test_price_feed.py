"""price_feed: a good answer is read exactly, any other gives `ok = False` and never a revert."""

import ape
import pytest
from eth_abi import encode

PRICE = 2_000 * 10**8
SCALE = 10**10
HOUR = 3_600
LOW, HIGH = 10**18, 10**24
FIRST = 1 << 64 | 1
ROUND = ["uint80", "int256", "uint256", "uint256", "uint80"]
ANSWERS, REVERTS, BURNS = 1, 2, 4


@pytest.fixture(scope="module")
def harness(project, owner):
    return owner.deploy(project.VenueHarness)


@pytest.fixture(scope="module")
def feed(create_feed):
    return create_feed(PRICE)


@pytest.fixture(scope="module")
def latest(harness):
    """Read a feed with the usual scale, heartbeat and bounds."""
    return lambda feed: harness.latest(feed, SCALE, HOUR, LOW, HIGH)


def now(chain) -> int:
    return chain.blocks.head.timestamp


def test_scale__eight_decimals__is_ten_to_the_ten(harness, feed):
    assert harness.scale(feed) == SCALE


@pytest.mark.parametrize(("decimals", "scale"), [(18, 1), (0, 10**18)])
def test_scale__other_decimals__fills_up_to_eighteen(project, harness, owner, decimals, scale):
    assert harness.scale(owner.deploy(project.MockFeed, "X", decimals)) == scale


def test_scale__nineteen_decimals__reverts(project, harness, owner):
    feed = owner.deploy(project.MockFeed, "X", 19)
    with ape.reverts("price_feed: decimals"):
        harness.scale(feed)


def test_latest__good__is_scaled(latest, feed, chain):
    at = now(chain)
    assert tuple(latest(feed)) == (2_000 * 10**18, at, FIRST, True)


@pytest.mark.parametrize(("age", "ok"), [(HOUR, True), (HOUR + 1, False)])
def test_latest__heartbeat__counts_to_the_second(latest, feed, owner, chain, age, ok):
    at = now(chain) + 1
    feed.push_at(PRICE, at, sender=owner)
    chain.mine(timestamp=at + age)
    assert latest(feed).ok is ok


@pytest.mark.parametrize(("ahead", "ok"), [(0, True), (1, False)])
def test_latest__from_the_future__is_bad(latest, feed, owner, chain, ahead, ok):
    chain.mine(timestamp=now(chain) + 100)
    feed.push_at(PRICE, now(chain) + 1 + ahead, sender=owner)
    assert latest(feed).ok is ok


@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        (0, False),
        (-1, False),
        (-(2**255), False),
        (2**255 - 1, False),
        (10**8 - 1, False),
        (10**8, True),
        (10**14, True),
        (10**14 + 1, False),
    ],
)
def test_latest__bounds__are_inclusive(latest, feed, owner, answer, ok):
    feed.push(answer, sender=owner)
    assert latest(feed).ok is ok


def test_latest__never_updated__is_bad(latest, feed, owner):
    feed.push_at(PRICE, 0, sender=owner)
    assert latest(feed).ok is False


@pytest.mark.parametrize(
    ("mood", "answer"),
    [
        (REVERTS, b""),
        (BURNS, b""),
        (ANSWERS, b""),
        (ANSWERS, b"\xff" * 159),
        (ANSWERS, b"\xff" * 160),
        (ANSWERS, b"\xff" * 320),
    ],
)
def test_reads__hostile__are_bad_and_do_not_revert(project, harness, latest, owner, mood, answer):
    feed = owner.deploy(project.HostileFeed, mood, answer)
    assert latest(feed).ok is False
    assert harness.round_(feed, SCALE, FIRST).ok is False
    assert harness.sequencer_up(feed, 0) is False


def test_latest__longer_answer__is_read(project, latest, owner, chain):
    words = encode(ROUND, [FIRST, PRICE, 0, now(chain), FIRST]) + b"\xff" * 160
    feed = owner.deploy(project.HostileFeed, ANSWERS, words)
    assert latest(feed).ok is True


def test_reads__no_contract__are_bad(harness, latest, stranger):
    assert latest(stranger).ok is False
    assert harness.round_(stranger, SCALE, FIRST).ok is False
    assert harness.sequencer_up(stranger, 0) is False


def test_round__past__is_read(harness, feed, owner, chain):
    first_at = now(chain)
    feed.push(PRICE * 2, sender=owner)
    chain.mine(timestamp=first_at + 10 * HOUR)
    assert tuple(harness.round_(feed, SCALE, FIRST)) == (2_000 * 10**18, first_at, FIRST, True)
    assert harness.round_(feed, SCALE, FIRST + 1).price == 4_000 * 10**18


@pytest.mark.parametrize("round_id", [0, FIRST + 1, 2**80 - 1, 2**80, 2**256 - 1])
def test_round__missing__is_bad(harness, feed, round_id):
    assert tuple(harness.round_(feed, SCALE, round_id)) == (0, 0, 0, False)


@pytest.mark.parametrize(("answer", "at"), [(0, 1), (-1, 1), (PRICE, 0)])
def test_round__bad_answer__is_bad(harness, feed, owner, answer, at):
    feed.push_at(answer, at, sender=owner)
    assert harness.round_(feed, SCALE, FIRST + 1).ok is False


def test_sequencer_up__no_feed__is_up(harness):
    assert harness.sequencer_up("0x" + "00" * 20, HOUR) is True


@pytest.mark.parametrize(
    ("status", "since", "up"), [(0, HOUR, True), (0, HOUR - 1, False), (1, 2 * HOUR, False)]
)
def test_sequencer_up__grace__counts_to_the_second(
    project, harness, owner, chain, status, since, up
):
    at = now(chain)
    words = encode(ROUND, [1, status, at, at, 1])
    feed = owner.deploy(project.HostileFeed, ANSWERS, words)
    chain.mine(timestamp=at + since)
    assert harness.sequencer_up(feed, HOUR) is up


@pytest.mark.parametrize("ahead", [None, 10])
def test_sequencer_up__not_started__is_down(project, harness, owner, chain, ahead):
    at = 0 if ahead is None else now(chain) + ahead
    words = encode(ROUND, [1, 0, at, at, 1])
    assert harness.sequencer_up(owner.deploy(project.HostileFeed, ANSWERS, words), 0) is False
