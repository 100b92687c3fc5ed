"""ERC-4626: what the standard's published property suites ask of every vault.

In each state that a vault can be in, with tokens of 6, 8 and 18 decimals. Every preview is compared
with a call of the same second. Nothing here knows what a share is worth, or who else is given
shares in a call: the properties hold with fees too.
"""

from itertools import product

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from standard_vault import (
    ENTRIES,
    EXITS,
    FOREVER,
    HELD,
    IN_ASSETS,
    OPEN,
    SHUT,
    VIRTUAL,
    ZERO,
    StandardVault,
    closed,
    donated,
    empty,
    idle,
    in_state,
    insolvent,
    loss,
    owing,
    profit,
)

FLOWS = ENTRIES + EXITS
LIMITS = {flow: f"max{flow.title()}" for flow in FLOWS}
PREVIEWS = {flow: f"preview{flow.title()}" for flow in FLOWS}
AMOUNT_VIEWS = ("convertToShares", "convertToAssets", *PREVIEWS.values())
LARGE = 10**36
"""A million times the largest cap on deposits. [asset] [shares]"""


def in_states(*states):
    return pytest.mark.parametrize("state", states, ids=[state.__name__ for state in states])


every_state = in_states(*OPEN, *SHUT)
few = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


@pytest.fixture(params=[6, 8, 18])
def standard_decimals(request):
    return request.param


@pytest.fixture(scope="module")
def standard_vaults():
    """Made when they are first asked for, by state and decimals."""
    return {}


@pytest.fixture
def vault(standard_vaults, state, standard_decimals) -> StandardVault:
    key = state, standard_decimals
    if key not in standard_vaults:
        standard_vaults[key] = in_state(state, standard_decimals)
    with standard_vaults[key].undone():
        yield standard_vaults[key]


def navs(vault):
    """Mid, low and high. [USD wad]"""
    return tuple(vault.ask("net_asset_value"))[:3]


# ------------------------------------------------------------------ the states


@in_states(profit, loss, donated, owing)
def test_states__with_options__have_three_values_and_a_hedge(vault, state):
    mid, low, high = navs(vault)
    hedge = vault.chain.read(vault.system.hedger, "account")
    gain = hedge.equity - hedge.margin * vault.scale
    assert 0 < low < mid < high
    assert gain < 0 if state is loss else gain > 0


@in_states(*OPEN, *SHUT)
def test_states__any__are_what_they_are_called(vault, state):
    ledger = vault.ask("ledger")
    tokens = vault.chain.read(vault.system.token, "balanceOf", vault.system.vault)
    assert (vault.ask("totalSupply") == 0) == (state is empty)
    assert (max(navs(vault)) < 0) == (state is insolvent)
    assert vault.ask("net_asset_value")[3] == (state is not closed)
    assert (tokens - ledger.cash) == (4_000_000 * vault.unit + 3 if state is donated else 0)
    for owed in (ledger.claims, ledger.owed, vault.ask("waiting")):
        assert (owed > 0) == (state is owing)


# ------------------------------------------------------------------ views


@every_state
def test_asset__always__is_the_token_with_decimals_to_spare(vault, standard_decimals):
    assert vault.ask("asset") == vault.system.token.address.lower()
    assert vault.ask("decimals") == standard_decimals + 6


@every_state
def test_total_assets__always__is_mid_floored_at_zero(vault):
    """SPEC-V3: and never reverts."""
    assert vault.ask("totalAssets") == max(navs(vault)[0], 0) // vault.scale


@every_state
def test_amounts__whoever_asks__are_the_same(vault):
    """What one holds, has allowed or may do changes nothing."""
    people = (vault.stranger, vault.holder, vault.caller, ZERO)
    for view, amount in product(AMOUNT_VIEWS, (1, 1_000_007, LARGE)):
        answers = {vault.chain.read_as(who, vault.system.vault, view, amount) for who in people}
        assert len(answers) == 1


@every_state
def test_amounts__from_nothing_to_more_than_there_is__answer_and_rise(vault):
    """SPEC-V7: limits are for `max*`; an amount beyond them is previewed and converted too."""
    for view in AMOUNT_VIEWS:
        answers = [vault.ask(view, amount) for amount in (0, 1, 2, 1_000_007, 10**18, LARGE)]
        assert answers == sorted(answers) and answers[0] == 0


@every_state
def test_amounts__split__gain_nothing(vault):
    """Rounding is against who asks, so two calls are never better than one."""
    for a, b in ((1, 1), (1, 1_000_007), (999_999, 4 * vault.unit + 1)):
        for view in ("convertToShares", "convertToAssets", "previewDeposit", "previewRedeem"):
            assert vault.ask(view, a) + vault.ask(view, b) <= vault.ask(view, a + b)
        for view in ("previewMint", "previewWithdraw"):
            assert vault.ask(view, a) + vault.ask(view, b) >= vault.ask(view, a + b)


@every_state
def test_amounts__tiny__are_never_for_free(vault):
    """No share without an asset, no asset without a share."""
    for amount in (1, 2, VIRTUAL - 1, VIRTUAL, VIRTUAL + 1):
        assert vault.ask("previewMint", amount) > 0
        assert vault.ask("previewWithdraw", amount) > 0


@every_state
def test_convert__there_and_back__is_no_gain_and_no_more_than_rounding(vault):
    """SPEC-V3: both at one value."""
    for assets in (1, 1_000_007, 4_000 * vault.unit + 1):
        shares = vault.ask("convertToShares", assets)
        assert assets - 1 <= vault.ask("convertToAssets", shares) <= assets
        assert vault.ask("convertToShares", vault.ask("convertToAssets", shares)) <= shares


@every_state
def test_convert__against_previews__lies_between_entry_and_exit(vault):
    """SPEC-V5, SPEC-V6: who comes gets no more than at mid, who goes no more than at mid."""
    for amount in (1, 1_000_007, 4_000 * vault.unit + 1):
        shares = vault.ask("convertToShares", amount)
        assert vault.ask("previewDeposit", amount) <= shares <= vault.ask("previewWithdraw", amount)
        assets = vault.ask("convertToAssets", amount)
        assert vault.ask("previewRedeem", amount) <= assets <= vault.ask("previewMint", amount)


@every_state
def test_previews__there_and_back__never_gain(vault):
    """SPEC-V5, SPEC-V6: of one entry and its other form, one exit and its other form, and both."""
    ask = vault.ask
    for amount in (1, 2, 1_000_007, 4_000 * vault.unit + 1):
        assert ask("previewMint", ask("previewDeposit", amount)) <= amount
        assert ask("previewDeposit", ask("previewMint", amount)) >= amount
        assert ask("previewRedeem", ask("previewWithdraw", amount)) >= amount
        assert ask("previewWithdraw", ask("previewRedeem", amount)) <= amount

        assert ask("previewRedeem", ask("previewDeposit", amount)) <= amount
        assert ask("previewWithdraw", amount) >= ask("previewDeposit", amount)
        assert ask("previewDeposit", ask("previewRedeem", amount)) <= amount
        assert ask("previewMint", amount) >= ask("previewRedeem", amount)


# ------------------------------------------------------------------ what a call does


@in_states(*OPEN)
@pytest.mark.parametrize("flow", ENTRIES)
def test_entry__for_another__is_as_previewed(vault, flow):
    """SPEC-V5: takes assets from the caller alone, gives the receiver shares, and asks no more than
    the preview, nor gives less."""
    for amount in vault.amounts(flow):
        with vault.undone():
            preview = vault.ask(PREVIEWS[flow], amount)
            assets, shares = (amount, preview) if flow in IN_ASSETS else (preview, amount)
            vault.allow(vault.caller, assets)
            before = [vault.holdings(who) for who in (vault.caller, vault.receiver)]
            others = [vault.holdings(who) for who in (vault.holder, vault.spender)]
            supply, total = vault.ask("totalSupply"), vault.ask("totalAssets")
            vault.do(flow, amount, vault.receiver, sender=vault.caller)

            (tokens, held), (received, given_) = before
            assert vault.holdings(vault.caller) == (tokens - assets, held)
            assert vault.holdings(vault.receiver) == (received, given_ + shares)
            assert [vault.holdings(who) for who in (vault.holder, vault.spender)] == others
            assert vault.ask("totalAssets") == total + assets
            assert vault.ask("totalSupply") >= supply + shares
            allowance = ("allowance", vault.caller, vault.system.vault)
            assert vault.chain.read(vault.system.token, *allowance) == 0
            assert vault.events("Deposit")[-1] == {
                "sender": vault.caller,
                "owner": vault.receiver,
                "assets": assets,
                "shares": shares,
            }


@in_states(*HELD)
@pytest.mark.parametrize("flow", EXITS)
def test_exit__by_a_spender__is_as_previewed(vault, flow):
    """SPEC-V6: burns the owner's shares, spends his allowance, pays the receiver, and burns no more
    than the preview, nor pays less."""
    for amount in vault.amounts(flow):
        with vault.undone():
            preview = vault.ask(PREVIEWS[flow], amount)
            assets, shares = (amount, preview) if flow in IN_ASSETS else (preview, amount)
            vault.do("approve", vault.spender, shares + 3, sender=vault.caller)
            tokens, held = vault.holdings(vault.caller)
            others = [vault.holdings(who) for who in (vault.holder, vault.spender)]
            supply, total = vault.ask("totalSupply"), vault.ask("totalAssets")
            vault.do(flow, amount, vault.receiver, vault.caller, sender=vault.spender)

            assert vault.holdings(vault.caller) == (tokens, held - shares)
            assert vault.holdings(vault.receiver) == (assets, 0)
            assert [vault.holdings(who) for who in (vault.holder, vault.spender)] == others
            assert vault.ask("totalAssets") == total - assets
            assert vault.ask("totalSupply") >= supply - shares
            assert vault.ask("allowance", vault.caller, vault.spender) == 3
            assert vault.events("Withdraw")[-1] == {
                "sender": vault.spender,
                "receiver": vault.receiver,
                "owner": vault.caller,
                "assets": assets,
                "shares": shares,
            }


@in_states(*HELD)
def test_flow__second_of_a_block__changes_the_supply_by_its_shares_alone(vault):
    """And by the fees on what the first has gained for who stays: it paid the spread."""
    for flow in FLOWS:
        vault.go(flow, vault.amounts(flow)[1])
        supply = vault.ask("totalSupply") + vault.ask("fees_due")
        _, shares = vault.go(flow, vault.amounts(flow)[2])
        assert vault.ask("totalSupply") == supply + (shares if flow in ENTRIES else -shares)


@in_states(*HELD)
def test_flow__any__takes_nothing_from_those_who_stay(vault):
    """SPEC-V5, SPEC-V6: what their shares are redeemed for, after the fees."""
    shares = 1_000 * vault.unit * VIRTUAL
    before = vault.ask("previewRedeem", shares)
    for flow in FLOWS:
        for amount in vault.amounts(flow):
            with vault.undone():
                vault.go(flow, amount)
                assert vault.ask("previewRedeem", shares) >= before


@in_states(*OPEN)
def test_flow__zero__reverts(vault):
    """Neither shares for nothing nor assets for nothing."""
    for flow in FLOWS:
        with vault.refused("vault: zero amount"):
            vault.go(flow, 0)


@in_states(*HELD)
def test_redeem__worth_no_unit__reverts(vault):
    """No share is burnt for nothing."""
    shares = vault.ask("previewWithdraw", 1) - 1
    assert vault.ask("previewRedeem", shares) == 0
    with vault.refused("vault: zero amount"):
        vault.go("redeem", shares)
    assert vault.go("redeem", shares + 1) == (1, shares + 1)


# ------------------------------------------------------------------ approvals


@in_states(*OPEN)
@pytest.mark.parametrize("flow", ENTRIES)
def test_entry__allowance_one_short__reverts(vault, flow):
    """SPEC-V5: tokens are the caller's, and as many as he allowed."""
    amount = vault.amounts(flow)[1]
    assets = amount if flow in IN_ASSETS else vault.ask("previewMint", amount)
    vault.allow(vault.caller, assets - 1)
    with vault.refused("erc20: insufficient allowance"):
        vault.go(flow, amount)
    vault.allow(vault.caller, assets)
    assert vault.go(flow, amount)[0] == assets


@in_states(*HELD)
@pytest.mark.parametrize("flow", EXITS)
def test_exit__allowance_one_short_or_none__reverts(vault, flow):
    """SPEC-V6: for another only with his leave."""
    amount = vault.amounts(flow)[1]
    shares = vault.ask("previewWithdraw", amount) if flow in IN_ASSETS else amount
    call = (flow, amount, vault.spender, vault.caller)
    for allowed in (0, shares - 1):
        vault.do("approve", vault.spender, allowed, sender=vault.caller)
        with vault.refused("erc20: insufficient allowance"):
            vault.do(*call, sender=vault.spender)
    vault.do("approve", vault.spender, shares, sender=vault.caller)
    vault.do(*call, sender=vault.spender)
    assert vault.ask("allowance", vault.caller, vault.spender) == 0


@in_states(*HELD)
def test_exit__unbounded_allowance__stays(vault):
    """SPEC-V6."""
    vault.do("approve", vault.spender, FOREVER, sender=vault.caller)
    for flow in EXITS:
        vault.do(flow, vault.amounts(flow)[1], vault.spender, vault.caller, sender=vault.spender)
        assert vault.ask("allowance", vault.caller, vault.spender) == FOREVER


@in_states(*HELD)
def test_exit__of_ones_own__needs_and_spends_no_allowance(vault):
    """SPEC-V6."""
    for flow, allowed in product(EXITS, (0, 5)):
        vault.do("approve", vault.caller, allowed, sender=vault.caller)
        vault.go(flow, vault.amounts(flow)[1])
        assert vault.ask("allowance", vault.caller, vault.caller) == allowed


@in_states(*HELD)
def test_shares__sent_on__take_their_value_with_them(vault):
    """Shares are an ERC-20 token: by `transferFrom`, and redeemed by the new owner."""
    shares = vault.amounts("redeem")[2]
    vault.do("approve", vault.spender, shares, sender=vault.caller)
    vault.do("transferFrom", vault.caller, vault.stranger, shares, sender=vault.spender)
    preview = vault.ask("previewRedeem", shares)
    assert vault.go("redeem", shares, vault.stranger) == (preview, shares)


# ------------------------------------------------------------------ limits


@every_state
def test_max_entry__anybody__is_the_same_and_never_reverts(vault, state):
    """SPEC-V7: whatever one has; and nothing for who is refused."""
    for limit in (LIMITS[flow] for flow in ENTRIES):
        most = {vault.ask(limit, who) for who in (vault.stranger, vault.caller, vault.holder)}
        assert len(most) == 1 and (most != {0}) == (state in OPEN)
        assert vault.ask(limit, ZERO) == vault.ask(limit, vault.system.vault) == 0


@every_state
def test_max_exit__anybody__never_reverts(vault, state):
    """SPEC-V7: also of who has nothing."""
    for limit in (LIMITS[flow] for flow in EXITS):
        assert vault.ask(limit, ZERO) == vault.ask(limit, vault.stranger) == 0
        for who in (vault.caller, vault.holder):
            assert (vault.ask(limit, who) > 0) == (state in HELD)


@every_state
def test_max_exit__of_the_vault__is_zero(vault):
    """Of the shares that wait in it nobody can take out anything."""
    assert [vault.ask(LIMITS[flow], vault.system.vault) for flow in EXITS] == [0, 0]


@in_states(*OPEN)
def test_max_deposit__always__is_what_the_cap_leaves(vault):
    """SPEC-V2."""
    room = vault.ask("deposit_cap") - vault.ask("totalAssets")
    assert vault.ask("maxDeposit", vault.caller) == room
    assert vault.ask("maxMint", vault.caller) == vault.ask("previewDeposit", room)


@in_states(*HELD)
def test_max_exit__always__is_no_more_than_shares_are_worth(vault):
    """SPEC-V6."""
    for who in (vault.caller, vault.holder):
        _, shares = vault.holdings(who)
        assert vault.ask("maxRedeem", who) <= shares
        assert vault.ask("maxWithdraw", who) <= vault.ask("previewRedeem", shares)


@in_states(*OPEN)
@pytest.mark.parametrize("flow", ENTRIES)
def test_max_entry__taken_in_full__passes_and_one_more_reverts(vault, flow):
    """SPEC-V2."""
    most = vault.ask(LIMITS[flow], vault.caller)
    with vault.refused("vault: over deposit cap"):
        vault.go(flow, most + 1)
    vault.go(flow, most)
    assert vault.ask(LIMITS[flow], vault.caller) == 0


@in_states(*HELD)
@pytest.mark.parametrize("flow", EXITS)
@pytest.mark.parametrize("who", ["caller", "holder"])
def test_max_exit__taken_in_full__passes_and_one_more_reverts(vault, flow, who):
    """SPEC-V6: all of a little, of much what liquidity leaves."""
    owner = getattr(vault, who)
    worth = vault.ask("previewRedeem", vault.ask("balanceOf", owner))
    is_locked = vault.ask("maxWithdraw", owner) < worth
    most = vault.ask(LIMITS[flow], owner)
    with vault.refused(f"vault: over {'free liquidity' if is_locked else 'share balance'}"):
        vault.go(flow, most + 1, owner)
    vault.go(flow, most, owner)
    assert vault.ask(LIMITS[flow], owner) == 0


@in_states(idle, profit)
def test_max_exit__of_who_owns_most__is_what_liquidity_leaves_where_options_are_sold(vault, state):
    """Else the test above would look at one of its two cases only."""
    worth = vault.ask("previewRedeem", vault.ask("balanceOf", vault.holder))
    assert (vault.ask("maxWithdraw", vault.holder) < worth) == (state is profit)


@in_states(empty)
@pytest.mark.parametrize("flow", EXITS)
def test_exit__of_who_has_nothing__reverts(vault, flow):
    """SPEC-V6."""
    reason = "vault: over share balance"
    with vault.refused(reason):
        vault.go(flow, 1 if flow in IN_ASSETS else VIRTUAL)


@in_states(closed)
@pytest.mark.parametrize("flow", FLOWS)
def test_flow__closed__reverts(vault, flow):
    """SPEC-V7."""
    with vault.refused("vault: feed not live"):
        vault.go(flow, vault.amounts(flow)[1])


@in_states(insolvent)
@pytest.mark.parametrize(
    "flow, amount, reason",
    [
        ("deposit", 1, "vault: share price too low"),
        ("deposit", 10**30, "vault: share price too low"),
        ("mint", 1, "vault: share price too low"),
        ("mint", 10**30, "vault: share price too low"),
        ("withdraw", 1, "vault: over share balance"),
        ("redeem", 1, "vault: zero amount"),
    ],
)
def test_flow__insolvent__reverts(vault, flow, amount, reason):
    """SPEC-V5, SPEC-V6: there is nothing to take out, and nobody to put in for."""
    with vault.refused(reason):
        vault.go(flow, amount)


@in_states(insolvent)
def test_views__insolvent__say_that_shares_are_worth_nothing(vault):
    """SPEC-V3."""
    shares = vault.ask("totalSupply")
    assert vault.ask("totalAssets") == 0
    assert vault.ask("convertToAssets", shares) == vault.ask("previewRedeem", shares) == 0
    assert vault.ask("previewWithdraw", 1) > shares
    with vault.refused("vault: zero amount"):
        vault.go("redeem", vault.ask("balanceOf", vault.holder), vault.holder)


# ------------------------------------------------------------------ round trips


def trip(vault, there, back, assets):
    """There with about that much, and back with all that it moved; never a gain."""
    amount = assets if there in IN_ASSETS else vault.ask("convertToShares", assets)
    tokens, held = vault.holdings(vault.caller)
    moved = vault.go(there, amount)
    vault.go(back, moved[0] if back in IN_ASSETS else moved[1])
    after = vault.holdings(vault.caller)
    assert after[0] <= tokens and after[1] <= held
    return after != (tokens, held)


def each_trip(vault, theres, backs, most):
    """Hypothesis tries amounts, in one block each."""

    @few
    @given(st.integers(3, most))
    def check(assets):
        for there, back in product(theres, backs):
            with vault.undone():
                trip(vault, there, back, assets)

    check()


@in_states(*OPEN)
def test_round_trip__in_and_out__never_gains(vault):
    """INV-11: deposit or mint, then withdraw or redeem, in one second."""
    each_trip(vault, ENTRIES, EXITS, 4_000 * vault.unit)


@in_states(*HELD)
def test_round_trip__out_and_in__never_gains(vault):
    """INV-11: withdraw or redeem, then deposit or mint, in one second."""
    each_trip(vault, EXITS, ENTRIES, 4_000 * vault.unit)


@in_states(profit, loss, donated, owing)
def test_round_trip__with_options_sold__always_loses(vault):
    """SPEC-V5, SPEC-V6: what lies between the two values."""
    for there, back in [*product(ENTRIES, EXITS), *product(EXITS, ENTRIES)]:
        with vault.undone():
            assert trip(vault, there, back, 4_000 * vault.unit + 1)


# ------------------------------------------------------------------ the first to come


@in_states(empty)
def test_deposit__first_share_inflated__costs_the_attacker_and_not_the_next(vault):
    """SPEC-V8: a gift to the vault is a gift to the owner, before the first deposit and after."""

    @few
    @given(
        st.integers(1, 100 * vault.unit),
        st.integers(0, 1_000_000 * vault.unit),
        st.integers(1, 10_000 * vault.unit),
        st.booleans(),
    )
    def check(first, gift, victims, is_first):
        with vault.undone():
            if is_first:
                vault.give(vault.system.vault, gift)
            _, shares = vault.go("deposit", first, vault.holder)
            if not is_first:
                vault.give(vault.system.vault, gift)
            _, bought = vault.go("deposit", victims)
            assert vault.ask("previewRedeem", bought) >= victims - 1
            paid, _ = vault.go("redeem", shares, vault.holder)
            assert paid <= first

    check()
