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
LOW_96: constant(uint256) = 2**96 - 1
LOW_64: constant(uint256) = 2**64 - 1
LOW_88: constant(uint256) = 2**88 - 1
LOW_184: constant(uint256) = 2**184 - 1
EPOCH: constant(uint256) = 2**40  # stages of an epoch


# Where the pool stands.
struct Mark:
    product: uint256
    sum: uint256  # within the stage
    stage: uint256  # epoch · 2^40 + scale


# A mark as it is stored.
struct Words:
    place: uint256  # block << 184 | stage << 96 | product
    sum: uint256


struct Request:
    shares: uint256  # that waited at the mark [shares]
    claimable: uint256  # of earlier fills [asset]
    mark: Words  # with the block in which it was made or added to, or 0


requests: HashMap[address, Request]
now_at: Words  # with the block of the last fill
# Mark after the fill in a block, for requests that were made in that block before it.
after_block: HashMap[uint256, Words]
# Last sum of each stage.
sums: HashMap[uint256, uint256]
waiting: uint256  # [shares] in the pool
latest: uint256  # [shares] of `waiting` that came in a block << 64 | that block
owed: uint256  # filled and not paid out [asset]


@deploy
def __init__():
    self.now_at = self._words(Mark(product=ONE, sum=0, stage=0))


@internal
def _add(who: address, shares: uint256):
    """
    @dev What has waited so far starts anew with the rest, in this block.
    """
    is_fresh: bool = self._is_fresh(who)
    before: uint256 = self._renew(who, block.number)
    self.requests[who].shares = before + shares
    fresh: uint256 = self._fresh() + (shares if is_fresh else shares + before)
    self.latest = fresh << 64 | block.number
    self.waiting += shares


@internal
def _cancel(who: address) -> uint256:
    """
    @return Shares that waited. [shares]
    """
    is_fresh: bool = self._is_fresh(who)
    shares: uint256 = self._renew(who, block.number if is_fresh else 0)
    self.requests[who].shares = 0
    self.waiting -= shares
    if is_fresh:
        self.latest -= shares << 64
    return shares


@internal
def _take(who: address, most: uint256) -> uint256:
    """
    @return Tokens to pay out now, `most` at most. [asset]
    """
    self._renew(who, block.number if self._is_fresh(who) else 0)
    claimable: uint256 = self.requests[who].claimable
    amount: uint256 = min(claimable, most)
    self.requests[who].claimable = claimable - amount
    self.owed -= amount
    return amount


@internal
@view
def _fillable() -> uint256:
    """
    @dev What has waited since before this block, and was not filled in it. [shares]
    """
    if self.now_at.place >> 184 == block.number:
        return 0
    return self.waiting - min(self._fresh(), self.waiting)


@internal
def _fill(fillable: uint256, shares: uint256, assets: uint256):
    """
    @dev `shares` of the `fillable`, all of them or a part, get `assets`; once a block.
    """
    mark: Mark = self._mark(self.now_at)
    mark.sum += assets * mark.product // fillable
    self.sums[mark.stage] = mark.sum
    mark.product = mark.product * (fillable - shares) // fillable
    if mark.product == 0:
        mark = Mark(product=ONE, sum=0, stage=(mark.stage // EPOCH + 1) * EPOCH)
    elif mark.product < LEAST:
        mark = Mark(product=mark.product * STEP, sum=0, stage=mark.stage + 1)
    words: Words = self._words(mark)
    words.place |= block.number << 184
    self.now_at = words
    if self._fresh() > 0:
        self.after_block[block.number] = words
    self.waiting -= shares
    self.owed += assets


@internal
def _renew(who: address, number: uint256) -> uint256:
    """
    @dev The request as it stands, marked here and now; `number` is the block if it is one of this
         block, else 0. Returns what waits. [shares]
    """
    shares: uint256 = 0
    claimable: uint256 = 0
    shares, claimable = self._state(who)
    mark: Words = self.now_at
    mark.place = mark.place & LOW_184 | number << 184
    self.requests[who] = Request(shares=shares, claimable=claimable, mark=mark)
    return shares


@internal
@view
def _is_fresh(who: address) -> bool:
    return self.requests[who].mark.place >> 184 == block.number


@internal
@view
def _fresh() -> uint256:
    """
    @dev What came in this block. [shares]
    """
    word: uint256 = self.latest
    return word >> 64 if word & LOW_64 == block.number else 0


@internal
@pure
def _words(mark: Mark) -> Words:
    """
    @dev P is below 2^90; an epoch or a scale takes a block at least.
    """
    return Words(place=mark.stage << 96 | mark.product, sum=mark.sum)


@internal
@pure
def _mark(words: Words) -> Mark:
    return Mark(
        product=words.place & LOW_96,
        sum=words.sum,
        stage=(words.place >> 96) & LOW_88,
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
    start: Mark = self._mark(request.mark)
    number: uint256 = request.mark.place >> 184
    if number > 0 and self.after_block[number].place > 0:  # filled after the request
        start = self._mark(self.after_block[number])
    left: uint256 = 0
    here: Mark = self._mark(self.now_at)
    if here.stage == start.stage:
        left = request.shares * here.product // start.product
    elif here.stage == start.stage + 1:
        left = request.shares * here.product // start.product // STEP
    # What later scales have added is below one part in 10^18.
    paid: uint256 = request.shares * (self.sums[start.stage] - start.sum)
    paid += request.shares * self.sums[start.stage + 1] // STEP
    return left, request.claimable + paid // start.product
