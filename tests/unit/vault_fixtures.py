"""Fixtures of the vault: test modules load them with `pytest_plugins = ["vault_fixtures"]`."""

from collections.abc import Callable

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from vault_counter import FOREVER, Counter, Rig

from ballast import parameters
from ballast.chain import ApeChain

DEPOSIT_CAP = 5_000_000  # [whole tokens]
NO_FEES = {"performance": 0, "management": 0, "recipient": ZERO_ADDRESS}


@ape.fixture(scope="session", chain_isolation=False)
def create_counter(chain, create_system, owner, keeper, depositor, buyer, arbitrageur):
    """A counter over a system, or over a new one: `create_counter(deposit=0, decimals=18)`."""

    def create(system=None, **overrides) -> Counter:
        system = system or create_system(**overrides)
        return Counter(system, chain, owner, keeper, depositor, buyer, arbitrageur)

    return create


@pytest.fixture(scope="session")
def idle(system, create_counter) -> Counter:
    """3,000,000 USDC in the vault, nothing sold."""
    return create_counter(system)


@pytest.fixture(scope="session")
def counter(create_counter) -> Counter:
    """20 calls sold, hedged at 2,000 USD, and the index at 2,050: low < mid < high."""
    counter = create_counter()
    counter.sell(20, 2_000)
    counter.hedge()
    counter.push(2_050)
    return counter


@ape.fixture(scope="session", chain_isolation=False)
def create_vault(project, owner, create_token) -> Callable:
    """A vault that is not wired: `create_vault(decimals=18, offset=0)`."""

    def create(
        token=None,
        decimals: int = 6,
        offset: int = 6,
        cap: int | None = None,
        fees: dict | None = None,
    ):
        token = token or create_token(decimals)
        cap = DEPOSIT_CAP * 10**decimals if cap is None else cap
        name = "Ballast ETH options"
        return owner.deploy(project.Vault, token, name, "BLST", offset, cap, fees or NO_FEES)

    return create


@ape.fixture(scope="session", chain_isolation=False)
def create_rig(project, accounts, create_vault, create_token, owner, buyer) -> Callable:
    """A vault whose book and hedger are accounts, and a payer with a million tokens."""

    def create(token=None, decimals: int = 6) -> Rig:
        token = token or create_token(decimals)
        vault = create_vault(token, decimals)
        book, hedger = accounts[7], accounts[8]
        breaker = owner.deploy(project.Breaker, vault, parameters.load()["breaker"])
        vault.wire(book, hedger, breaker, sender=owner)
        token.mint(buyer, 10**6 * 10**decimals, sender=owner)
        for who in (buyer, hedger):
            token.approve(vault, FOREVER, sender=who)
        return Rig(vault, token, book, hedger, buyer, owner)

    return create


@pytest.fixture(scope="session")
def rig(create_rig) -> Rig:
    """A wired, empty vault of a 6-decimal token."""
    return create_rig()


class OddChain(ApeChain):
    """Deploys OddToken wherever a MockToken is asked for."""

    def deploy(self, name, *arguments, sender):
        name = "OddToken" if name == "MockToken" else name
        return super().deploy(name, *arguments, sender=sender)


@pytest.fixture(scope="module")
def odd(project, chain, create_counter) -> Counter:
    """A system whose token answers nothing, may charge on transfers and may refuse; 1,000 in it."""
    return create_counter(engine=OddChain(project, chain), deposit=1_000, boards=False)
