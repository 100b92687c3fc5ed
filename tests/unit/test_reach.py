"""What `make coverage` says of the contracts: tests/reach.py, on one of the smallest."""

import pytest
import reach

FEED = "contracts/mocks/MockFeed.vy"
OWNABLE = "snekmate/auth/ownable.vy"


@pytest.fixture
def feed_record() -> reach.Contract:
    """MockFeed, where nothing has been yet."""
    return next(contract for contract in reach.load() if contract.name == "MockFeed")


def test_functions__nothing_executed__none_entered(feed_record):
    functions, entered = feed_record.functions()
    assert {name for path, name in functions if path == FEED} == {
        *("__init__", "push", "push_at", "new_phase", "_push", "_round_data"),
        *("version", "latestRoundData", "getRoundData"),
        *("decimals", "description", "latest_round", "next_round"),
    }
    assert (OWNABLE, "_check_owner") in functions
    assert entered == set()


def test_places__code_with_what_is_appended__is_the_contract(feed_record):
    assert feed_record.places(feed_record.initcode + b"argument") is feed_record.created
    assert feed_record.places(feed_record.runtime + b"immutable") is feed_record.called
    assert feed_record.places(feed_record.runtime[:-1]) is None


def test_functions__all_of_the_initcode_executed__constructor_and_what_it_calls(feed_record):
    start = feed_record.initcode.index(feed_record.runtime)
    feed_record.created.update(range(start))
    _, entered = feed_record.functions()
    assert entered == {(FEED, "__init__"), (OWNABLE, "__init__"), (OWNABLE, "_transfer_ownership")}
