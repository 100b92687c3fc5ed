"""What a share converts to, to the unit, and that it is a token that can be permitted.

What the standard asks of every vault is in `test_erc4626_properties.py`.
"""

import ape
import pytest
from standard_vault import VIRTUAL, in_state, profit
from vault_counter import FOREVER

from ballast import solvency

pytest_plugins = ["vault_fixtures"]

ASSETS = 1_000_007  # divides nothing [asset]


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_convert__any__is_at_mid_and_rounds_down(decimals):
    """SPEC-V3."""
    vault = in_state(profit, decimals)
    shares = vault.ask("convertToShares", ASSETS)
    back = vault.ask("convertToAssets", shares)

    risk = vault.chain.read(vault.system.book, "risk")
    account = vault.chain.read(vault.system.hedger, "account")
    mid = solvency.nav_mid(vault.ask("ledger"), risk, account) // vault.scale
    supply = vault.ask("totalSupply") + vault.ask("fees_due") + VIRTUAL
    assert shares == ASSETS * supply // (mid + 1)
    assert back == shares * (mid + 1) // supply


def test_permit__signed_by_the_owner__lets_a_spender_redeem(
    counter, depositor, attacker, sign_permit
):
    """ERC-2612."""
    vault, amount = counter.vault, ASSETS * VIRTUAL
    vault.permit(*sign_permit(vault, depositor, attacker, amount, FOREVER), sender=attacker)
    vault.redeem(amount, attacker, depositor, sender=attacker)

    assert vault.allowance(depositor, attacker) == 0
    assert counter.token.balanceOf(attacker) > 0


def test_transfer_from__allowed__moves_shares_that_the_receiver_redeems(
    counter, depositor, stranger, attacker
):
    """ERC-20: of what was allowed, and no share more."""
    vault, amount = counter.vault, ASSETS * VIRTUAL
    held = vault.balanceOf(depositor)
    vault.approve(attacker, amount, sender=depositor)
    with ape.reverts("erc20: insufficient allowance"):
        vault.transferFrom(depositor, stranger, amount + 1, sender=attacker)
    vault.transferFrom(depositor, stranger, amount, sender=attacker)

    assert (vault.balanceOf(depositor), vault.balanceOf(stranger)) == (held - amount, amount)
    assert vault.allowance(depositor, attacker) == 0
    vault.redeem(amount, stranger, stranger, sender=stranger)
    assert (vault.balanceOf(stranger), counter.token.balanceOf(stranger) > 0) == (0, True)
