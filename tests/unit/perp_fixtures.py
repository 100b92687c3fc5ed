"""Fixtures of the perpetual venue: modules load them by `pytest_plugins = ["perp_fixtures"]`."""

from collections.abc import Callable
from decimal import Decimal
from time import time

import pytest
from perp_desk import DEFAULTS, FOREVER, Desk


@pytest.fixture(scope="module")
def create_desk(
    project, chain, owner, depositor, buyer, arbitrageur, attacker, create_token, create_feed
) -> Callable[..., Desk]:
    """Deploy a market at 2,000 USD with a fund of 2,000,000 USD: `create_desk(fund=0, fee=0)`.

    kind: contract that is the venue; feed: one that is there already. Further keywords override
    `DEFAULTS`.
    """

    def create(
        price=2_000, fund=2_000_000, decimals=6, kind="PerpMarket", feed=None, **parameters
    ) -> Desk:
        # Ahead of the clock on the wall a block lasts a second, however slow the machine is.
        ahead = int(time()) + 1_000_000
        if chain.blocks.head.timestamp < ahead:
            chain.mine(timestamp=ahead + 1_000_000)
        token = create_token(decimals)
        feed = feed or create_feed(int(Decimal(price) * 10**8))
        config = DEFAULTS | parameters
        market = owner.deploy(getattr(project, kind), token, feed, config)
        traders = (depositor, buyer, arbitrageur, attacker)
        for who in (owner, *traders):
            token.approve(market, FOREVER, sender=who)
        desk = Desk(market, token, feed, owner, chain, traders)
        if fund:
            desk.fund(fund)
        return desk

    return create


@pytest.fixture(scope="module")
def desk(create_desk) -> Desk:
    """A market with the default parameters."""
    return create_desk()


@pytest.fixture(scope="module")
def alice(depositor):
    """A trader."""
    return depositor


@pytest.fixture(scope="module")
def bob(buyer):
    """Another trader."""
    return buyer
