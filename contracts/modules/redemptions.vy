# pragma version 0.4.3
"""
@title redemptions
@license AGPL-3.0-only
@notice The pool of shares that wait to be redeemed, filled pro rata, whatever the number of those
        who wait.
@dev Stateful: owns the requests, moves neither shares nor tokens. A fill takes the same part of
     every request and pays each the same for a share, so all of them follow from two numbers:
       product P = Π (1 − part filled)          what is left of a share that waits since P = 1
       sum     S = Σ P · assets / shares        what it has been paid, P as before the fill
     A request of x shares made at (P0, S0) has x·P/P0 shares left and x·(S − S0)/P0 tokens to claim.
     P only falls: when it gets small it is scaled up and `scale` counts on; when all is filled a new
     `epoch` begins at P = 1. A request is not filled in the block in which it was made: it counts
     from the marks that this block leaves behind. [shares] share units, [asset] token units.
"""

ONE: constant(uint256) = 10**27  # P of an untouched pool
LEAST: constant(uint256) = 10**18  # P below it is scaled up
STEP: constant(uint256) = 10**9  # by so much


# Where the pool stands.
struct Mark:
    product: uint256
    sum: uint256  # within epoch and scale
    scale: uint256
    epoch: uint256


struct Request:
    shares: uint256  # that waited at the mark [shares]
    claimable: uint256  # of earlier fills [asset]
    block: uint256  # in which it was made or added to
    mark: Mark


requests: HashMap[address, Request]
now_at: Mark
# Mark after the fill in a block, for requests made in that block.
after_block: HashMap[uint256, Mark]
# Last sum of each scale of each epoch.
sums: HashMap[uint256, HashMap[uint256, uint256]]
waiting: uint256  # [shares] in the pool
fresh: uint256  # [shares] of `waiting` that came in `fresh_block`
fresh_block: uint256
owed: uint256  # filled and not paid out [asset]


@deploy
def __init__():
    self.now_at.product = ONE


@internal
def _add(who: address, shares: uint256):
    """
    @dev What has waited so far starts anew with the rest, in this block.
    """
    is_fresh: bool = self.requests[who].block == block.number
    if self.fresh_block != block.number:
        self.fresh_block = block.number
        self.fresh = 0
    self._renew(who)
    self.fresh += shares if is_fresh else shares + self.requests[who].shares
    self.waiting += shares
    self.requests[who].shares += shares
    self.requests[who].block = block.number


@internal
def _cancel(who: address) -> uint256:
    """
    @return Shares that waited. [shares]
    """
    is_fresh: bool = self.requests[who].block == block.number
    self._renew(who)
    shares: uint256 = self.requests[who].shares
    self.requests[who].shares = 0
    self.waiting -= shares
    if is_fresh:
        self.fresh -= shares
    return shares


@internal
def _take(who: address, most: uint256) -> uint256:
    """
    @return Tokens to pay out now, `most` at most. [asset]
    """
    self._renew(who)
    amount: uint256 = min(self.requests[who].claimable, most)
    self.requests[who].claimable -= amount
    self.owed -= amount
    return amount


@internal
@view
def _fillable() -> uint256:
    """
    @dev What has waited since before this block, and was not filled in it. [shares]
    """
    if self.after_block[block.number].product > 0:
        return 0
    fresh: uint256 = self.fresh if self.fresh_block == block.number else 0
    return self.waiting - min(fresh, self.waiting)


@internal
def _fill(fillable: uint256, shares: uint256, assets: uint256):
    """
    @dev `shares` of the `fillable`, all of them or a part, get `assets`; once a block.
    """
    mark: Mark = self.now_at
    self.sums[mark.epoch][mark.scale] = mark.sum + assets * mark.product // fillable
    mark.sum = self.sums[mark.epoch][mark.scale]
    mark.product = mark.product * (fillable - shares) // fillable
    if mark.product == 0:
        mark = Mark(product=ONE, sum=0, scale=0, epoch=mark.epoch + 1)
    elif mark.product < LEAST:
        mark = Mark(product=mark.product * STEP, sum=0, scale=mark.scale + 1, epoch=mark.epoch)
    self.now_at = mark
    self.after_block[block.number] = mark
    self.waiting -= shares
    self.owed += assets


@internal
def _renew(who: address):
    """
    @dev The request as it stands, marked here and now. One of this block stays one.
    """
    is_fresh: bool = self.requests[who].block == block.number
    shares: uint256 = 0
    claimable: uint256 = 0
    shares, claimable = self._state(who)
    self.requests[who] = Request(
        shares=shares,
        claimable=claimable,
        block=block.number if is_fresh else 0,
        mark=self.now_at,
    )


@internal
@view
def _state(who: address) -> (uint256, uint256):
    """
    @return Shares that wait [shares], tokens to claim [asset]. Both down.
    """
    request: Request = self.requests[who]
    if request.shares == 0:
        return 0, request.claimable
    start: Mark = self.after_block[request.block]
    if start.product == 0:  # no fill in the block of the request
        start = request.mark
    left: uint256 = 0
    here: Mark = self.now_at
    if here.epoch == start.epoch and here.scale == start.scale:
        left = request.shares * here.product // start.product
    elif here.epoch == start.epoch and here.scale == start.scale + 1:
        left = request.shares * here.product // start.product // STEP
    # What later scales have added is below one part in 10^18.
    paid: uint256 = request.shares * (self.sums[start.epoch][start.scale] - start.sum)
    paid += request.shares * self.sums[start.epoch][start.scale + 1] // STEP
    return left, request.claimable + paid // start.product
