"""erc6909.vy, as the book exports it."""

import pytest
from ape.utils import ZERO_ADDRESS
from book_shop import FOREVER, wad

pytest_plugins = ["book_fixtures"]


@pytest.fixture(scope="module")
def held(shop):
    """The default vault with ten calls sold to the buyer."""
    shop.buy(shop.id(), 10)
    return shop


@pytest.fixture(scope="module")
def series(held):
    """The calls."""
    return held.id()


def balances(held, series, *holders):
    return [held.book.balanceOf(holder, series) / 10**18 for holder in holders]


def test_mint__sale__logs_a_transfer_from_zero(shop, stranger):
    """SPEC-B9."""
    receipt = shop.buy(shop.id(), 2, receiver=stranger)
    transfers = [log for log in receipt.events if log.contract_address == shop.book.address]
    assert shop.book.Transfer(
        caller=shop.buyer, sender=ZERO_ADDRESS, receiver=stranger, id=shop.id(), amount=wad(2)
    ) in list(transfers)


def test_burn__claim__logs_a_transfer_to_zero(held, series, stranger):
    """SPEC-B9."""
    held.settle(0, 2_100)
    receipt = held.book.claim(series, held.buyer, sender=stranger)
    transfers = [log for log in receipt.events if log.contract_address == held.book.address]
    assert held.book.Transfer(
        caller=stranger, sender=held.buyer, receiver=ZERO_ADDRESS, id=series, amount=wad(10)
    ) in list(transfers)


@pytest.mark.parametrize("amount", [0, 1, wad(10)])
def test_transfer__within_the_balance__moves_and_logs(held, series, stranger, amount):
    """SPEC-B9."""
    receipt = held.book.transfer(stranger, series, amount, sender=held.buyer)
    assert receipt.events == [
        held.book.Transfer(
            caller=held.buyer, sender=held.buyer, receiver=stranger, id=series, amount=amount
        )
    ]
    assert held.book.balanceOf(stranger, series) == amount
    assert held.book.balanceOf(held.buyer, series) == wad(10) - amount
    assert held.book.transfer.call(stranger, series, 0, sender=held.buyer) is True


def test_transfer__to_oneself__changes_nothing(held, series):
    """SPEC-B9."""
    held.book.transfer(held.buyer, series, wad(10), sender=held.buyer)
    assert balances(held, series, held.buyer) == [10]


def test_transfer__over_the_balance__reverts(held, series, stranger):
    """SPEC-B9."""
    with held.refuses("erc6909: over balance"):
        held.book.transfer(stranger, series, wad(10) + 1, sender=held.buyer)
    with held.refuses("erc6909: over balance"):
        held.book.transfer(stranger, series + 256, 1, sender=held.buyer)


def test_transfer__to_zero__reverts(held, series):
    """SPEC-B9."""
    with held.refuses("erc6909: receiver is zero"):
        held.book.transfer(ZERO_ADDRESS, series, 1, sender=held.buyer)


def test_transfer_from__within_the_allowance__uses_it_up(held, series, stranger, keeper):
    """SPEC-B9."""
    receipt = held.book.approve(stranger, series, wad(3), sender=held.buyer)
    assert receipt.events == [
        held.book.Approval(owner=held.buyer, spender=stranger, id=series, amount=wad(3))
    ]
    receipt = held.book.transferFrom(held.buyer, keeper, series, wad(2), sender=stranger)
    assert receipt.events == [
        held.book.Transfer(
            caller=stranger, sender=held.buyer, receiver=keeper, id=series, amount=wad(2)
        )
    ]
    assert held.book.allowance(held.buyer, stranger, series) == wad(1)
    assert balances(held, series, held.buyer, keeper, stranger) == [8, 2, 0]
    with held.refuses("erc6909: over allowance"):
        held.book.transferFrom(held.buyer, keeper, series, wad(1) + 1, sender=stranger)
    held.book.transferFrom(held.buyer, keeper, series, wad(1), sender=stranger)
    assert held.book.allowance(held.buyer, stranger, series) == 0


def test_transfer_from__without_allowance__reverts(held, series, attacker):
    """SPEC-B9."""
    with held.refuses("erc6909: over allowance"):
        held.book.transferFrom(held.buyer, attacker, series, 1, sender=attacker)


def test_transfer_from__allowance_of_another_series__reverts(held, series, attacker):
    """SPEC-B9."""
    held.book.approve(attacker, series | 1, FOREVER, sender=held.buyer)
    with held.refuses("erc6909: over allowance"):
        held.book.transferFrom(held.buyer, attacker, series, 1, sender=attacker)


def test_transfer_from__infinite_allowance__stays(held, series, stranger):
    """SPEC-B9."""
    held.book.approve(stranger, series, FOREVER, sender=held.buyer)
    held.book.transferFrom(held.buyer, stranger, series, wad(4), sender=stranger)
    assert held.book.allowance(held.buyer, stranger, series) == FOREVER
    assert balances(held, series, held.buyer, stranger) == [6, 4]


def test_transfer_from__operator__needs_and_uses_no_allowance(held, series, stranger):
    """SPEC-B9."""
    receipt = held.book.setOperator(stranger, True, sender=held.buyer)
    assert receipt.events == [
        held.book.OperatorSet(owner=held.buyer, spender=stranger, approved=True)
    ]
    assert held.book.isOperator(held.buyer, stranger)
    held.book.approve(stranger, series, wad(1), sender=held.buyer)
    held.book.transferFrom(held.buyer, stranger, series, wad(9), sender=stranger)
    assert held.book.allowance(held.buyer, stranger, series) == wad(1)
    assert balances(held, series, held.buyer, stranger) == [1, 9]


def test_transfer_from__operator_no_longer__reverts(held, series, stranger):
    """SPEC-B9."""
    held.book.setOperator(stranger, True, sender=held.buyer)
    held.book.setOperator(stranger, False, sender=held.buyer)
    assert not held.book.isOperator(held.buyer, stranger)
    with held.refuses("erc6909: over allowance"):
        held.book.transferFrom(held.buyer, stranger, series, 1, sender=stranger)


def test_transfer_from__ones_own__needs_no_allowance(held, series, stranger):
    """SPEC-B9."""
    held.book.transferFrom(held.buyer, stranger, series, wad(1), sender=held.buyer)
    assert balances(held, series, held.buyer, stranger) == [9, 1]


def test_transfer_from__operator_over_the_balance__reverts(held, series, stranger):
    """SPEC-B9."""
    held.book.setOperator(stranger, True, sender=held.buyer)
    with held.refuses("erc6909: over balance"):
        held.book.transferFrom(held.buyer, stranger, series, wad(10) + 1, sender=stranger)


def test_transfer_from__to_zero__reverts(held, series):
    """SPEC-B9."""
    with held.refuses("erc6909: receiver is zero"):
        held.book.transferFrom(held.buyer, ZERO_ADDRESS, series, 1, sender=held.buyer)


def interface_of(signatures: list[str]) -> bytes:
    """ERC-165: the exclusive or of the selectors."""
    from eth_utils import function_signature_to_4byte_selector as selector

    found = 0
    for signature in signatures:
        found ^= int.from_bytes(selector(signature), "big")
    return found.to_bytes(4, "big")


ERC6909 = [
    "balanceOf(address,uint256)",
    "allowance(address,address,uint256)",
    "isOperator(address,address)",
    "transfer(address,uint256,uint256)",
    "transferFrom(address,address,uint256,uint256)",
    "approve(address,uint256,uint256)",
    "setOperator(address,bool)",
]


def test_supports_interface__erc165_and_erc6909__and_no_other(shop):
    """SPEC-B9."""
    supports = shop.book.supportsInterface
    assert supports(interface_of(["supportsInterface(bytes4)"]))
    assert supports(interface_of(ERC6909))
    assert not supports(bytes.fromhex("ffffffff"))
    assert not supports(bytes.fromhex("80ac58cd"))  # ERC-721
