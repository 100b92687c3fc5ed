"""OptionBook: `wire`, and who owns it."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from book_shop import ORACLE, WEEK, Shop, wad

pytest_plugins = ["book_fixtures"]


@pytest.fixture(scope="module")
def unwired(system, project, chain, owner, buyer):
    """A book with a board and without a hedger."""
    parts = (system.vault, system.venue, system.feed, system.pricer, system.breaker)
    book = owner.deploy(project.OptionBook, *parts, ORACLE)
    surface = (wad("0.7"), 0, 0)
    book.list_board(chain.blocks.head.timestamp + WEEK, [wad(2_000)], surface, sender=owner)
    parts = {**vars(system), "book": book}
    return Shop(type(system)(**parts), chain, owner, buyer)


def test_wire__owner__names_the_hedger_and_logs(unwired, system, owner):
    """SPEC-V1."""
    assert unwired.book.hedger() == ZERO_ADDRESS
    receipt = unwired.book.wire(system.hedger, sender=owner)
    assert receipt.events == [unwired.book.Wired(hedger=system.hedger)]
    assert unwired.book.hedger() == system.hedger


def test_wire__again__reverts(shop, owner, stranger):
    """SPEC-V1: once and for good."""
    with shop.refuses("option_book: already wired"):
        shop.book.wire(stranger, sender=owner)


def test_wire__to_zero__reverts(unwired, owner):
    """SPEC-V1."""
    with unwired.refuses("option_book: wired to zero"):
        unwired.book.wire(ZERO_ADDRESS, sender=owner)


def test_wire__not_the_owner__reverts(unwired, attacker):
    """SPEC-V1."""
    with unwired.refuses("ownable: caller is not the owner"):
        unwired.book.wire(attacker, sender=attacker)


def test_buy__not_wired__reverts(unwired):
    """SPEC-V1: nothing can be sold before."""
    unwired.refuses_sale("option_book: not wired", unwired.id())


def test_risk__not_wired__answers(unwired):
    """SPEC-B2."""
    assert unwired.book.risk().valid


def test_transfer_ownership__is_in_two_steps(shop, owner, stranger):
    shop.book.transfer_ownership(stranger, sender=owner)
    assert (shop.book.owner(), shop.book.pending_owner()) == (owner, stranger)
    shop.book.accept_ownership(sender=stranger)
    assert (shop.book.owner(), shop.book.pending_owner()) == (stranger, ZERO_ADDRESS)


def test_accept_ownership__not_the_next_owner__reverts(shop, owner, stranger, attacker):
    shop.book.transfer_ownership(stranger, sender=owner)
    with ape.reverts("ownable_2step: caller is not the new owner"):
        shop.book.accept_ownership(sender=attacker)


def test_transfer_ownership__not_the_owner__reverts(shop, attacker):
    with shop.refuses("ownable: caller is not the owner"):
        shop.book.transfer_ownership(attacker, sender=attacker)
