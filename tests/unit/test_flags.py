"""ballast.flags against the interfaces of the contracts."""

import re
from pathlib import Path

import pytest

from ballast.flags import Action, Breach, Reason, words

INTERFACES = Path(__file__).parents[2] / "contracts/interfaces"


@pytest.mark.parametrize(
    ("interface", "flags"), [("IHedger", Action), ("IHedger", Reason), ("IBreaker", Breach)]
)
def test_flags__names_and_order__are_the_interface_s(interface, flags):
    source = (INTERFACES / f"{interface}.vyi").read_text()
    (body,) = re.findall(rf"^flag {flags.__name__}:\n((?:    .*\n|\n(?=    ))+)", source, re.M)
    names = re.findall(r"^    (\w+)", body, re.M)
    assert names == [flag.name for flag in flags]
    assert [flag.value for flag in flags] == [2**bit for bit in range(len(names))]


def test_words__one_and_more__are_lower_case():
    assert words(Action.TOP_UP) == "top up"
    assert words(Breach.MARGIN | Breach.BASIS) == "basis and margin"
