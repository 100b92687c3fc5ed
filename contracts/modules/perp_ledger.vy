# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title perp_ledger
@license AGPL-3.0-only
@notice The money of the perpetual venue: accounts, the fund on the other side of every trade, and
     its IOUs.
@dev Units are in brackets: [asset] token units, [wad] 1e18. The token balance is Σ margins + fund;
     tokens sent by no function of this file belong to nobody. IOUs rank before later profits: only
     what the fund has beyond them is paid. A call opens the books of one account, works on them in
     memory and saves them once; views do the same and save nothing.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from ..interfaces import IPerpMarket
from . import perp_words

ASSET: immutable(IERC20)
SCALE: immutable(uint256)  # 10^(18 − decimals of the token)


struct Words:
    position: uint256  # size | cost
    stake: uint256  # margin | entry


struct Books:
    owner: address
    size: int256  # [ETH wad]
    cost: int256  # what the trader paid for it less what he got, + for a long as a rule [USD wad]
    margin: uint256  # tokens that stand behind the position [asset]
    entry: int256  # funding accumulator at the last settlement [USD wad · s]
    fund: uint256  # what profits are paid from and losses are paid to [asset]
    ious: uint256  # profits of all that the fund could not pay [asset]
    funding: int256  # since the books were opened: funding paid, + by the account [asset]
    issued: uint256  # since then: profits that became an IOU [asset]
    carried: uint256  # since then: losses beyond the margin, added to the cost [asset]
    lost: uint256  # since then: losses beyond the margin, borne by the fund [asset]


# Layout in `perp_words`.
accounts: HashMap[address, Words]
purse: uint256

# Profits that the fund could not pay. [asset]
iou_of: public(HashMap[address, uint256])


@deploy
def __init__(token: address):
    ASSET = IERC20(token)
    decimals: uint256 = convert(staticcall IERC20Detailed(token).decimals(), uint256)
    assert decimals <= 18, "perp_ledger: decimals"
    SCALE = 10**(18 - decimals)


@external
@view
def margin_of(who: address) -> uint256:
    """
    @notice Margin in the books, before the funding since the last settlement.
    @param who Owner of the account.
    @return Tokens. [asset]
    """
    return perp_words._high(self.accounts[who].stake)


@external
@view
def fund() -> uint256:
    """
    @notice What the venue has to pay profits with.
    @return Tokens. [asset]
    """
    return perp_words._low(self.purse)


@external
@view
def ious() -> uint256:
    """
    @notice Sum of all IOUs.
    @return Tokens. [asset]
    """
    return perp_words._high(self.purse)


@internal
@view
def _books(who: address) -> Books:
    words: Words = self.accounts[who]
    purse: uint256 = self.purse
    books: Books = empty(Books)
    books.owner = who
    books.size = perp_words._signed(perp_words._high(words.position))
    books.cost = perp_words._signed(perp_words._low(words.position))
    books.margin = perp_words._high(words.stake)
    books.entry = perp_words._signed(perp_words._low(words.stake))
    books.ious = perp_words._high(purse)
    books.fund = perp_words._low(purse)
    return books


@internal
def _save(books: Books):
    """
    @notice Write the books down, and log what they do not show.
    """
    who: address = books.owner
    self.accounts[who].position = perp_words._join(
        perp_words._half(books.size), perp_words._half(books.cost)
    )
    self.accounts[who].stake = perp_words._join(books.margin, perp_words._half(books.entry))
    self.purse = perp_words._join(books.ious, books.fund)

    if books.funding != 0:
        log IPerpMarket.FundingSettled(account=who, amount=books.funding)
    if books.carried != 0:
        log IPerpMarket.DeficitBooked(account=who, amount=books.carried, carried=True)
    if books.lost != 0:
        log IPerpMarket.DeficitBooked(account=who, amount=books.lost, carried=False)
    if books.issued != 0:
        self.iou_of[who] += books.issued
        log IPerpMarket.IouIssued(account=who, amount=books.issued)


@internal
@pure
def _available(books: Books) -> uint256:
    """
    @return What the fund can pay to new profits. [asset]
    """
    return books.fund - min(books.fund, books.ious)


@internal
@view
def _short() -> bool:
    """
    @return Whether the fund cannot pay the IOUs.
    """
    purse: uint256 = self.purse
    return perp_words._low(purse) < perp_words._high(purse)


@internal
@view
def _booked(books: Books, flow: int256) -> Books:
    """
    @notice Pay `flow` from the fund, the rest as an IOU; or take −`flow` for it. [asset]
    @dev What the margin cannot pay stays in the cost of the position; when none is left the fund
         has lost it.
    """
    after: Books = books
    if flow >= 0:
        amount: uint256 = convert(flow, uint256)
        paid: uint256 = min(amount, self._available(books))
        after.fund -= paid
        after.margin += paid
        after.issued += amount - paid
        after.ious += amount - paid
        return after

    owed: uint256 = convert(-flow, uint256)
    taken: uint256 = min(owed, books.margin)
    after.margin -= taken
    after.fund += taken
    if books.size == 0:
        after.lost += owed - taken
    else:
        after.carried += owed - taken
        after.cost += convert((owed - taken) * SCALE, int256)
    return after


@internal
@pure
def _penalised(books: Books, amount: uint256) -> (Books, uint256, uint256):
    """
    @notice Take a penalty as far as the margin goes, half for the fund.
    @return Books, penalty taken and its other half, which leaves the venue. [asset]
    """
    after: Books = books
    penalty: uint256 = min(amount, books.margin)
    reward: uint256 = penalty // 2
    after.margin -= penalty
    after.fund += penalty - reward
    return after, penalty, reward


@internal
def _add_margin(who: address, amount: uint256):
    received: uint256 = self._pull(amount)
    stake: uint256 = self.accounts[who].stake
    margin: uint256 = perp_words._high(stake) + received
    self.accounts[who].stake = perp_words._join(margin, perp_words._low(stake))
    log IPerpMarket.MarginAdded(account=who, amount=received)


@internal
def _add_to_fund(amount: uint256):
    received: uint256 = self._pull(amount)
    purse: uint256 = self.purse
    self.purse = perp_words._join(perp_words._high(purse), perp_words._low(purse) + received)
    log IPerpMarket.FundAdded(sender=msg.sender, amount=received)


@internal
def _collect(who: address) -> uint256:
    """
    @return Paid from the fund into the margin: iou·min(1, fund / all IOUs). [asset]
    """
    books: Books = self._books(who)
    iou: uint256 = self.iou_of[who]
    paid: uint256 = iou
    if books.fund < books.ious:
        paid = iou * books.fund // books.ious
    if paid != 0:
        self.iou_of[who] = iou - paid
        books.ious -= paid
        books.fund -= paid
        books.margin += paid
        self._save(books)
        log IPerpMarket.IouCollected(account=who, amount=paid)
    return paid


@internal
def _pull(amount: uint256) -> uint256:
    """
    @return What arrived: a token may keep a part. [asset]
    """
    before: uint256 = staticcall ASSET.balanceOf(self)
    assert extcall ASSET.transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "perp_ledger: pull failed"
    return staticcall ASSET.balanceOf(self) - before


@internal
def _push(to: address, amount: uint256):
    assert extcall ASSET.transfer(to, amount, default_return_value=True), "perp_ledger: push failed"
