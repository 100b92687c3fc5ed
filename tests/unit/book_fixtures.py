"""Fixtures of the option book: test modules load them with `pytest_plugins = ["book_fixtures"]`."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from book_desk import BookDesk, StubbedChain, SwitchedChain

from ballast.chain import Contract


@dataclass(frozen=True)
class Switches:
    """What silences the feed and the venue of a book."""

    feed: Contract
    venue: Contract


@pytest.fixture(scope="session")
def desk(system, chain, owner, buyer) -> BookDesk:
    """The default vault."""
    return BookDesk(system, chain, owner, buyer)


@pytest.fixture(scope="session")
def create_desk(create_system, chain, owner, buyer) -> Callable[..., BookDesk]:
    """Deploy a vault for a module that sells from it: keywords as of `create_system`."""

    def create(**keywords) -> BookDesk:
        return BookDesk(create_system(**keywords), chain, owner, buyer)

    return create


@pytest.fixture(scope="session")
def pricer(project, owner) -> Contract:
    """The pricer alone: it knows nothing but what it is handed."""
    return owner.deploy(project.Pricer)


@pytest.fixture(scope="session")
def stubbed_chain(project, chain) -> StubbedChain:
    """Deploys a pricer that answers what it is told."""
    return StubbedChain(project, chain)


@pytest.fixture(scope="session")
def stubbed(create_desk, stubbed_chain) -> BookDesk:
    """A vault whose pricer answers what it is told; its hedge cap is 100 ETH."""
    return create_desk(engine=stubbed_chain, **{"book.stress.hedge_cap": "100 ETH"})


@pytest.fixture(scope="session")
def switched(create_desk, project, chain) -> tuple[BookDesk, Switches]:
    """A vault whose book and hedger reach feed and venue through switches; it cannot hedge."""
    engine = SwitchedChain(project, chain)
    desk = create_desk(engine=engine)
    return desk, Switches(engine.feed_switch, engine.venue_switch)
