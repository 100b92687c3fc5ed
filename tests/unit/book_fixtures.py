"""Fixtures of the option book: test modules load them with `pytest_plugins = ["book_fixtures"]`."""

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
def pricer(project, owner) -> Contract:
    """The pricer alone: it knows nothing but what it is handed."""
    return owner.deploy(project.Pricer)


@pytest.fixture(scope="session")
def stubbed(create_system, project, chain, owner, buyer) -> BookDesk:
    """A vault whose pricer answers what it is told; its hedge cap is 100 ETH."""
    overrides = {"book.stress.hedge_cap": "100 ETH"}
    system = create_system(engine=StubbedChain(project, chain), **overrides)
    return BookDesk(system, chain, owner, buyer)


@pytest.fixture(scope="session")
def switched(create_system, project, chain, owner, buyer) -> tuple[BookDesk, Switches]:
    """A vault whose book and hedger reach feed and venue through switches; it cannot hedge."""
    engine = SwitchedChain(project, chain)
    system = create_system(engine=engine)
    return (
        BookDesk(system, chain, owner, buyer),
        Switches(engine.feed_switch, engine.venue_switch),
    )
