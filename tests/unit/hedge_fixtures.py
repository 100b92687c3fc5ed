"""Fixtures of the hedger: test modules load them with `pytest_plugins = ["hedge_fixtures"]`."""

from collections.abc import Callable

import ape
import pytest
from hedge_desk import Desk


@ape.fixture(scope="session", chain_isolation=False)
def create_hedge(create_system, owner, buyer, keeper, arbitrageur, chain) -> Callable[..., Desk]:
    """Deploy a vault for the hedger's tests: keywords as `create_system`."""

    def create(**keywords) -> Desk:
        return Desk(create_system(**keywords), owner, buyer, keeper, arbitrageur, chain)

    return create


@pytest.fixture(scope="session")
def hedge(system, owner, buyer, keeper, arbitrageur, chain) -> Desk:
    """The default vault, nothing sold."""
    return Desk(system, owner, buyer, keeper, arbitrageur, chain)
