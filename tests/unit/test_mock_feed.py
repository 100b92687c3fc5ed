"""MockFeed: the Chainlink price feed of local chains."""

import ape
import pytest

PRICE = 2_000 * 10**8  # [USD, 8 digits]
PHASE = 1 << 64
FIRST = PHASE | 1


@pytest.fixture(scope="module")
def feed(create_feed):
    return create_feed()


def now(chain):
    """Time of the newest block. [unix s]"""
    return chain.blocks.head.timestamp


def test_deploy__always__describes_itself(feed, owner):
    assert feed.decimals() == 8
    assert feed.description() == "ETH / USD"
    assert feed.version() == 1
    assert feed.owner() == owner


@pytest.mark.parametrize("chain_id", [1, 1336, 1338, 31336, 31338])
def test_deploy__public_chain__reverts(project, stranger, other_chain, chain_id):
    """SPEC-K1."""
    with other_chain(chain_id), ape.reverts("mock_feed: local chains only"):
        stranger.deploy(project.MockFeed, "ETH / USD", 8)


def test_deploy__anvil_chain__works(project, stranger, other_chain):
    with other_chain(31337):
        assert stranger.deploy(project.MockFeed, "ETH / USD", 8).decimals() == 8


def test_push__first__is_round_one_of_phase_one(feed, chain, owner):
    feed.push(PRICE, sender=owner)

    assert feed.latestRoundData() == (FIRST, PRICE, now(chain), now(chain), FIRST)
    assert feed.getRoundData(FIRST) == feed.latestRoundData()


def test_push__again__keeps_the_older_round(feed, chain, owner):
    feed.push(PRICE, sender=owner)
    first = feed.latestRoundData()
    chain.pending_timestamp += 3_600
    feed.push(PRICE + 1, sender=owner)

    assert feed.latestRoundData() == (FIRST + 1, PRICE + 1, now(chain), now(chain), FIRST + 1)
    assert feed.getRoundData(FIRST) == first


@pytest.mark.parametrize("answer", [0, -1, -(2**255), 2**255 - 1])
def test_push__absurd_answer__is_published(feed, owner, answer):
    feed.push(answer, sender=owner)
    assert feed.latestRoundData()[1] == answer


def test_push__by_stranger__reverts(feed, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        feed.push(PRICE, sender=stranger)


@pytest.mark.parametrize("updated_at", [0, 1, 2**256 - 1])
def test_push_at__any_time__is_what_the_round_bears(feed, owner, updated_at):
    feed.push_at(PRICE, updated_at, sender=owner)
    assert feed.latestRoundData() == (FIRST, PRICE, updated_at, updated_at, FIRST)


def test_push_at__by_stranger__reverts(feed, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        feed.push_at(PRICE, 1, sender=stranger)


def test_new_phase__before_its_first_round__leaves_the_newest(feed, owner):
    feed.push(PRICE, sender=owner)
    newest = feed.latestRoundData()
    feed.new_phase(sender=owner)

    assert feed.latestRoundData() == newest


def test_new_phase__then_push__restarts_at_round_one(feed, owner):
    feed.push(PRICE, sender=owner)
    feed.push(PRICE, sender=owner)
    feed.new_phase(sender=owner)
    feed.push(PRICE + 1, sender=owner)

    assert feed.latestRoundData()[:2] == (2 * PHASE | 1, PRICE + 1)
    assert feed.getRoundData(FIRST + 1)[:2] == (FIRST + 1, PRICE)


def test_new_phase__by_stranger__reverts(feed, stranger):
    with ape.reverts("ownable: caller is not the owner"):
        feed.new_phase(sender=stranger)


def test_latest_round_data__before_the_first__reverts(feed):
    with ape.reverts("mock_feed: no round yet"):
        feed.latestRoundData()


@pytest.mark.parametrize("missing", [0, PHASE, FIRST + 1, 2 * PHASE | 1, 2**80 - 1])
def test_get_round_data__missing__reverts(feed, owner, missing):
    feed.push(PRICE, sender=owner)
    with ape.reverts("mock_feed: no such round"):
        feed.getRoundData(missing)
