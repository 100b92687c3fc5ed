"""MockToken: the stablecoin of local chains."""

import ape
import pytest

UNIT = 10**6  # [asset] 1 USDC


@pytest.fixture(scope="module")
def token(create_token):
    return create_token()


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_deploy__any_decimals__stores_them_and_mints_nothing(create_token, owner, decimals):
    token = create_token(decimals)

    assert token.decimals() == decimals
    assert (token.name(), token.symbol()) == ("USD Coin", "USDC")
    assert token.owner() == owner
    assert token.totalSupply() == 0


@pytest.mark.parametrize("chain_id", [1, 1336, 1338, 31336, 31338])
def test_deploy__public_chain__reverts(project, stranger, other_chain, chain_id):
    """SPEC-K1."""
    with other_chain(chain_id), ape.reverts("mock_token: local chains only"):
        stranger.deploy(project.MockToken, "USD Coin", "USDC", 6)


def test_deploy__anvil_chain__works(project, stranger, other_chain):
    with other_chain(31337):
        token = stranger.deploy(project.MockToken, "USD Coin", "USDC", 6)
        assert token.eip712Domain()[3] == 31337


def test_mint__by_owner__adds_to_balance_and_supply(token, owner, depositor):
    tx = token.mint(depositor, UNIT, sender=owner)

    assert tx.events == [
        token.Transfer(sender=ape.utils.ZERO_ADDRESS, receiver=depositor, value=UNIT)
    ]
    assert token.balanceOf(depositor) == UNIT
    assert token.totalSupply() == UNIT


def test_mint__by_stranger__reverts(token, stranger):
    with ape.reverts("erc20: access is denied"):
        token.mint(stranger, UNIT, sender=stranger)


def test_transfer__whole_balance__moves_it(token, owner, depositor, keeper):
    token.mint(depositor, UNIT, sender=owner)
    token.transfer(keeper, UNIT, sender=depositor)

    assert token.balanceOf(depositor) == 0
    assert token.balanceOf(keeper) == UNIT


def test_transfer__beyond_balance__reverts(token, owner, depositor, keeper):
    token.mint(depositor, UNIT, sender=owner)
    with ape.reverts("erc20: transfer amount exceeds balance"):
        token.transfer(keeper, UNIT + 1, sender=depositor)


def test_permit__signed_by_owner__sets_allowance(token, chain, depositor, keeper, sign_permit):
    deadline = chain.pending_timestamp  # the last second at which it holds
    token.permit(*sign_permit(token, depositor, keeper, UNIT, deadline), sender=keeper)

    assert token.allowance(depositor, keeper) == UNIT
    assert token.nonces(depositor) == 1


def test_permit__after_deadline__reverts(token, chain, depositor, keeper, sign_permit):
    deadline = chain.pending_timestamp - 1
    with ape.reverts("erc20: expired deadline"):
        token.permit(*sign_permit(token, depositor, keeper, UNIT, deadline), sender=keeper)


def test_permit__signed_by_another__reverts(token, chain, depositor, attacker, sign_permit):
    deadline = chain.pending_timestamp + 10
    permit = sign_permit(token, depositor, attacker, UNIT, deadline, signer=attacker)
    with ape.reverts("erc20: invalid signature"):
        token.permit(*permit, sender=attacker)


def test_permit__used_twice__reverts(token, chain, depositor, keeper, sign_permit):
    permit = sign_permit(token, depositor, keeper, UNIT, chain.pending_timestamp + 10)
    token.permit(*permit, sender=keeper)
    with ape.reverts("erc20: invalid signature"):
        token.permit(*permit, sender=keeper)
