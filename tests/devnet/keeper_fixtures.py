"""What tests of the keeper on Anvil share: a vault whose blocks come by hand, keepers, a proxy."""

import pytest
from desk import KEEPER, Desk
from keepers import Kept
from proxy import Proxy


@pytest.fixture(scope="module")
def opened(devnet):
    """A vault with money, nothing sold; blocks come by `mine` alone."""
    desk = Desk(devnet)
    desk.automine(False)
    desk.open_vault()
    return desk


@pytest.fixture
def desk(opened):
    """The vault as it was opened, whatever the test before did."""
    snapshot = opened.node.rpc("evm_snapshot")
    yield opened
    opened.automine(False)
    opened.node.rpc("anvil_dropAllTransactions")
    opened.node.rpc("evm_revert", snapshot)
    opened.sync()


@pytest.fixture
def proxy(desk):
    proxy = Proxy(desk.node.url)
    yield proxy
    proxy.close()


@pytest.fixture
def create_keeper(desk, tmp_path):
    """`create_keeper(url, account=KEEPER, **options)`; its journal is in `tmp_path`."""
    made = []

    def create(url=None, account=KEEPER, **options):
        kept = Kept(desk, tmp_path / f"{account}.json", url, account, **options)
        made.append(kept)
        return kept

    yield create
    for kept in made:
        kept.close()
