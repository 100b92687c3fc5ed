# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Multicall
@license AGPL-3.0-only
@notice Answers many views in one call, all at one block, with the block itself among them.
@dev Units are in brackets: [wei], [unix s]. The functions bear the names and types of Multicall3,
     which stands on most public chains, so that a reader takes either. It holds nothing and only
     reads: snekmate's `multicall` returns at most 255 bytes a call, less than a hedger's state.
"""

MAX_CALLS: constant(uint256) = 100
MAX_CALL: constant(uint256) = 132  # [bytes] a selector and four words
MAX_RESULT: constant(uint256) = 1_024  # [bytes] the widest view of Ballast has 20 words


struct Call3:
    target: address
    allowFailure: bool
    callData: Bytes[MAX_CALL]


struct Result:
    success: bool
    returnData: Bytes[MAX_RESULT]


@external
@view
def aggregate3(calls: DynArray[Call3, MAX_CALLS]) -> DynArray[Result, MAX_CALLS]:
    """
    @notice Call views one after another.
    @param calls What to call, and whether a refusal is an answer or refuses all.
    @return An answer a call; what is longer than it may be is cut.
    """
    results: DynArray[Result, MAX_CALLS] = []
    for call: Call3 in calls:
        success: bool = False
        answer: Bytes[MAX_RESULT] = b""
        success, answer = raw_call(
            call.target,
            call.callData,
            max_outsize=MAX_RESULT,
            is_static_call=True,
            revert_on_failure=False,
        )
        assert success or call.allowFailure, "multicall: call failed"
        results.append(Result(success=success, returnData=answer))
    return results


@external
@view
def getBlockNumber() -> uint256:
    """
    @notice The block that the calls see.
    @return Its number.
    """
    return block.number


@external
@view
def getCurrentBlockTimestamp() -> uint256:
    """
    @notice The block's time.
    @return Time. [unix s]
    """
    return block.timestamp


@external
@view
def getLastBlockHash() -> bytes32:
    """
    @notice The block before: whoever remembers it notices a reorganisation.
    @return Its hash.
    """
    return blockhash(block.number - 1)


@external
@view
def getBasefee() -> uint256:
    """
    @notice What a unit of gas costs in the block, without the tip.
    @return Price. [wei]
    """
    return block.basefee


@external
@view
def getChainId() -> uint256:
    """
    @notice Which chain answers.
    @return Its id.
    """
    return chain.id


@external
@view
def getEthBalance(addr: address) -> uint256:
    """
    @notice What an account can pay gas with.
    @param addr The account.
    @return Balance. [wei]
    """
    return addr.balance
