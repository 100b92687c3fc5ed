"""Fixtures of the option book: test modules load them with `pytest_plugins = ["book_fixtures"]`."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from book_shop import DEFAULTS, PricerDesk, Shop, StubbedChain, SwitchedChain

from ballast.chain import Contract


@dataclass(frozen=True)
class Switches:
    """What silences the feed and the venue of a book."""

    feed: Contract
    venue: Contract


@pytest.fixture(scope="session")
def shop(system, chain, owner, buyer) -> Shop:
    """The default vault."""
    return Shop(system, chain, owner, buyer)


@pytest.fixture(scope="session")
def create_shop(create_system, chain, owner, buyer) -> Callable[..., Shop]:
    """Deploy a vault for a module that sells from it: keywords as of `create_system`."""

    def create(**keywords) -> Shop:
        return Shop(create_system(**keywords), chain, owner, buyer)

    return create


@pytest.fixture(scope="session")
def pricer(project, owner) -> PricerDesk:
    """The pricer alone: it knows nothing of a book but what it is handed."""
    return PricerDesk(owner.deploy(project.Pricer, DEFAULTS), owner)


@pytest.fixture(scope="session")
def stubbed_chain(project, chain) -> StubbedChain:
    """Deploys a pricer that answers what it is told."""
    return StubbedChain(project, chain)


@pytest.fixture(scope="session")
def stubbed(create_shop, stubbed_chain) -> Shop:
    """A vault whose pricer answers what it is told."""
    return create_shop(engine=stubbed_chain)


@pytest.fixture(scope="session")
def switched(create_shop, project, chain) -> tuple[Shop, Switches]:
    """A vault whose book and hedger reach feed and venue through switches; it cannot hedge."""
    engine = SwitchedChain(project, chain)
    shop = create_shop(engine=engine)
    return shop, Switches(engine.feed_switch, engine.venue_switch)
