"""The harness of the pricing maths."""

import ape
import pytest
from ape.contracts import ContractInstance


@pytest.fixture(scope="session")
def pricing(accounts) -> ContractInstance:
    """The harness, compiled afresh: ape would keep the code of modules since changed."""
    ape.project.load_contracts("contracts/mocks/PricingHarness.vy", use_cache=False)
    return accounts[0].deploy(ape.project.PricingHarness)
