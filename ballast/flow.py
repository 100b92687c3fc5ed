"""When the vault lets anyone in or out: twin of `_closed_by` in modules/vault_gate.vy, SPEC-V7.

Reasons are the contract's; `refusals.WORDS` says what they mean.
"""

from typing import Any

from ballast.units import WAD

MAX_BASIS = WAD // 100
"""Beyond it mark or index is wrong [wad]."""

MAX_WAIT = 7 * 86_400
"""Out of normal mode who asked to redeem waits no longer than this [s]."""


def closed_by(risk: Any, basis: int | None, is_normal: bool, breaches: int) -> str:
    """The reason for which the vault refuses instant flow, empty when open.

    `risk` is an IOptionBook.Risk, `basis` mark / index − 1 [wad], None while the venue is not
    live, `breaches` an IBreaker.Breach.
    """
    return numbers_unfit(risk, basis) or (
        "vault: reduce-only" if not is_normal else "vault: breached" if breaches else ""
    )


def numbers_unfit(risk: Any, basis: int | None) -> str:
    """The part of it that holds in every mode: nobody can be paid on such numbers."""
    for reason, holds in (
        ("vault: feed not live", not risk.valid),
        ("vault: venue not live", basis is None),
        ("vault: board not settled", risk.unsettled),
        ("vault: vol just moved", risk.moved),
        ("vault: basis too wide", basis is not None and abs(basis) > MAX_BASIS),
    ):
        if holds:
            return reason
    return ""
