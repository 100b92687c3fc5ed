"""Multicall.aggregate3 and the block's own views."""

import ape
import pytest


@pytest.fixture(scope="module")
def multicall(system):
    return system.multicall


def test_aggregate3__many_views__answers_in_order(multicall, chain, stranger):
    data = [
        multicall.getChainId.encode_input(),
        multicall.getBlockNumber.encode_input(),
        multicall.getCurrentBlockTimestamp.encode_input(),
        multicall.getEthBalance.encode_input(stranger),
    ]
    answers = multicall.aggregate3([(multicall, False, one) for one in data])
    head = chain.blocks.head
    assert all(success for success, _ in answers)
    assert [int.from_bytes(answer) for _, answer in answers] == [
        chain.chain_id, multicall.getBlockNumber(), multicall.getCurrentBlockTimestamp(),
        stranger.balance,
    ]  # fmt: skip
    assert abs(multicall.getBlockNumber() - head.number) <= 1  # eth-tester calls in the next block


def test_aggregate3__refused_and_allowed__is_an_answer(multicall):
    inner = multicall.aggregate3.encode_input([])
    (bad, good) = multicall.aggregate3([(multicall, True, b"\0\0\0\0"), (multicall, True, inner)])
    assert (bad[0], good[0]) == (False, True)


def test_aggregate3__refused_and_not_allowed__reverts(multicall):
    with ape.reverts("multicall: call failed"):
        multicall.aggregate3([(multicall, False, b"\0\0\0\0")])


def test_aggregate3__a_call_that_writes__is_refused(multicall, create_token, owner):
    token = create_token()
    data = token.approve.encode_input(owner, 1)
    ((success, _),) = multicall.aggregate3([(token, True, data)])
    assert not success and token.allowance(multicall, owner) == 0


def test_aggregate3__longest_answer__is_whole(multicall, system):
    """20 words, the widest struct of Ballast."""
    data = system.hedger.state.encode_input()
    ((_, answer),) = multicall.aggregate3([(system.hedger, False, data)])
    assert len(answer) == 640 and int.from_bytes(answer[32 * 9 : 32 * 10]) == 2_000 * 10**18


def test_getters__block__is_the_present_one(multicall, chain):
    assert multicall.getBasefee() > 0
    parent = multicall.getBlockNumber() - 1
    assert multicall.getLastBlockHash() == chain.blocks[parent].hash
