"""What every test may use: the people, the mocks, a second chain; and a fresh compilation."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import ape
import pytest
from ape.api import ProviderAPI, TestAccountAPI
from ape.contracts import ContractInstance
from ape.managers.chain import ChainManager
from ape.managers.networks import NetworkManager
from ape.managers.project import ProjectManager
from ape.pytest.fixtures import IsolationManager
from ape.types import SnapshotID
from eip712.messages import EIP712Domain, EIP712Message
from eth_pydantic_types import abi

from ballast import parameters
from ballast.chain import START, ApeChain, Chain, quieten_ape
from ballast.compiler import compile_if_stale
from ballast.deployment import Deployment, deploy, list_boards
from ballast.revm import RevmChain
from ballast.units import WAD

QUIET = {
    "vault.fees.performance": "0 %",
    "vault.fees.management": "0 %",
    "breaker.basis": "20 %",
    "breaker.drawdown": "50 %",
    "breaker.margin": "1 x",
    "breaker.jump": "100 %",
    "breaker.unhedged": "100 %",
    "breaker.silence": "7 d",
}
"""Of the vaults of most tests: no fees, so that the worth of a share is a quotient of two readings,
and a breaker that lets them try what they are about."""

quieten_ape()


_take_snapshot = IsolationManager.take_snapshot


def _take_snapshot_of_an_empty_block(self: IsolationManager) -> SnapshotID | None:
    """Between tests eth-tester executes the snapshot's last block again: let that cost nothing."""
    ape.chain.mine()
    return _take_snapshot(self)


IsolationManager.take_snapshot = _take_snapshot_of_an_empty_block


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile what is stale, once, before a worker loads it; record what is reached, if asked."""
    if not hasattr(session.config, "workerinput"):
        compile_if_stale(ape.project)
    if folder := os.environ.get("REACH"):
        import reach  # the compiler with it: half a second that others need not wait

        contracts = reach.record()
        session.config.add_cleanup(lambda: reach.save(contracts, Path(folder)))


@pytest.fixture(scope="session", autouse=True)
def start_of_time(chain: ChainManager) -> None:
    """Put the chain ahead of the wall clock, so that a block comes one second after its parent.

    Behind it, eth-tester lets the wall clock tick between reading the time and sending.
    """
    chain.pending_timestamp = START


@pytest.fixture(scope="session")
def create_engine() -> Callable[[], RevmChain]:
    """A fast chain of its own, empty and ahead of the wall clock, for long simulations."""

    def create() -> RevmChain:
        engine = RevmChain()
        engine.advance(START)
        return engine

    return create


# Without `chain_isolation=False` ape takes every fixture for one that sends transactions, and
# deploys again what a module's fixtures had deployed when a later test is the first to ask for it.
@ape.fixture(scope="session", chain_isolation=False)
def owner(accounts) -> TestAccountAPI:
    """Deploys everything and sets parameters."""
    return accounts[0]


@ape.fixture(scope="session", chain_isolation=False)
def keeper(accounts) -> TestAccountAPI:
    """Rebalances, settles and sets vols."""
    return accounts[1]


@ape.fixture(scope="session", chain_isolation=False)
def depositor(accounts) -> TestAccountAPI:
    """Puts money into the vault."""
    return accounts[2]


@ape.fixture(scope="session", chain_isolation=False)
def buyer(accounts) -> TestAccountAPI:
    """Buys options."""
    return accounts[3]


@ape.fixture(scope="session", chain_isolation=False)
def arbitrageur(accounts) -> TestAccountAPI:
    """Trades at the venue against its mark."""
    return accounts[4]


@ape.fixture(scope="session", chain_isolation=False)
def attacker(accounts) -> TestAccountAPI:
    """Tries what must not work."""
    return accounts[5]


@ape.fixture(scope="session", chain_isolation=False)
def stranger(accounts) -> TestAccountAPI:
    """Holds nothing and may do nothing."""
    return accounts[6]


@ape.fixture(scope="session", chain_isolation=False)
def create_token(project: ProjectManager, owner: TestAccountAPI) -> Callable[..., ContractInstance]:
    """Deploy a MockToken that the owner mints: `create_token(decimals=6)`."""

    def create(decimals: int = 6) -> ContractInstance:
        return owner.deploy(project.MockToken, "USD Coin", "USDC", decimals)

    return create


@ape.fixture(scope="session", chain_isolation=False)
def create_feed(project: ProjectManager, owner: TestAccountAPI) -> Callable[..., ContractInstance]:
    """Deploy a MockFeed of the owner's: `create_feed(price)`, price in USD of 8 digits.

    Its first round bears the time of its block. Without a price there is no round yet.
    """

    def create(price: int | None = None) -> ContractInstance:
        feed = owner.deploy(project.MockFeed, "ETH / USD", 8)
        if price is not None:
            feed.push(price, sender=owner)
        return feed

    return create


@ape.fixture(scope="session", chain_isolation=False)
def create_system(
    project: ProjectManager,
    chain: ChainManager,
    owner: TestAccountAPI,
    depositor: TestAccountAPI,
    buyer: TestAccountAPI,
) -> Callable[..., Deployment]:
    """Deploy a whole vault: `create_system(price=2_000 * WAD, **{"pricer.limits.cutoff": "2 h"})`.

    price: of the feed [USD wad]; deposit: the depositor's [whole tokens], 0 for none; decimals: the
    token's; boards: whether the two of the default deployment are listed; engine: what deploys;
    venue_kind: contract that is the venue.
    All other keywords override parameters. There are no fees, and a breaker that hardly breaks,
    unless they say so.
    The buyer has ten million tokens and has approved the vault for all of them.
    """

    def create(
        price: int = 2_000 * WAD,
        deposit: int = 3_000_000,
        decimals: int = 6,
        boards: bool = True,
        engine: Chain | None = None,
        venue_kind: str = "PerpMarket",
        **overrides: str,
    ) -> Deployment:
        changes = QUIET | {"token.decimals": str(decimals)} | overrides
        values = parameters.load(overrides=changes)
        engine = engine or ApeChain(project, chain)
        system = deploy(engine, owner, values, price, venue_kind)
        for who, amount in ((depositor, deposit), (buyer, 10_000_000)):
            system.token.mint(who, amount * 10**decimals, sender=owner)
            system.token.approve(system.vault, 2**256 - 1, sender=who)
        if deposit:
            system.vault.deposit(deposit * 10**decimals, depositor, sender=depositor)
        if boards:
            list_boards(engine, system.book, owner, values, price, engine.now())
        return system

    return create


@pytest.fixture(scope="session")
def system(create_system) -> Deployment:
    """The default vault at 2,000 USD: 3,000,000 USDC in, boards of 7 and 28 days, nothing sold."""
    return create_system()


class Permit(EIP712Message):
    """The struct that ERC-2612 has signed; the names are the standard's."""

    owner: abi.address
    spender: abi.address
    value: abi.uint256
    nonce: abi.uint256
    deadline: abi.uint256


@ape.fixture(scope="session", chain_isolation=False)
def sign_permit(chain: ChainManager) -> Callable[..., tuple]:
    """`token.permit(*sign_permit(token, owner, spender, value, deadline), sender=anyone)`.

    Signed by `signer` if there is one, over the owner's next nonce.
    """

    def sign(
        token: ContractInstance,
        owner: TestAccountAPI,
        spender: TestAccountAPI,
        value: int,
        deadline: int,
        signer: TestAccountAPI | None = None,
    ) -> tuple:
        message = Permit(
            owner=owner.address,
            spender=spender.address,
            value=value,
            nonce=token.nonces(owner),
            deadline=deadline,
            eip712_domain=EIP712Domain(
                name=token.name(),
                version="1",
                chainId=chain.chain_id,
                verifyingContract=token.address,
            ),
        )
        signature = (signer or owner).sign_message(message)
        r, s = (part.rjust(32, b"\0") for part in (signature.r, signature.s))  # ape drops zeros
        return owner, spender, value, deadline, signature.v, r, s

    return sign


@ape.fixture(scope="session", chain_isolation=False)
def other_chain(networks: NetworkManager) -> Callable[[int], AbstractContextManager[ProviderAPI]]:
    """A second chain for the length of a `with other_chain(1):`, empty; any id but the first's."""

    def connect(chain_id: int) -> AbstractContextManager[ProviderAPI]:
        return networks.ethereum.local.use_provider(
            "test", {"chain_id": chain_id}, disconnect_after=True
        )

    return connect
