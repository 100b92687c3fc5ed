# pragma version 0.4.3
"""
@title StubPricer
@license AGPL-3.0-only
@notice Answers as a Pricer what it was told: shows a book sales that no
        book would price.
"""

from ..interfaces import IOptionBook
from ..interfaces import IPricer

told: IPricer.Sale
limits: public(IPricer.Limits)


@deploy
def __init__(params: IPricer.Params):
    self.limits = params.limits


@external
def tell(sale_: IPricer.Sale):
    self.told = sale_


@external
@view
def risk(scene: IPricer.Scene, book: DynArray[uint256, 136]) -> IOptionBook.Risk:
    return self.told.before


@external
@view
def greeks(scene: IPricer.Scene, book: DynArray[uint256, 136]) -> IOptionBook.Risk:
    return self.told.before


@external
@view
def delta(scene: IPricer.Scene, book: DynArray[uint256, 136]) -> int256:
    return self.told.before.delta


@external
@view
def sale(scene: IPricer.Scene, book: DynArray[uint256, 136], order: IPricer.Order) -> IPricer.Sale:
    return self.told


@external
@view
def buy_back(
    scene: IPricer.Scene, book: DynArray[uint256, 136], order: IPricer.Order
) -> IPricer.Sale:
    return self.told
