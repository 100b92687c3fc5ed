"""What a deployment is compared by: every getter is there, and a difference is said in words."""

from collections import namedtuple

import pytest

from ballast.cli import KINDS
from ballast.deployment_check import FIXED, MOVING, differences, plain


@pytest.mark.parametrize("name", KINDS)
def test_getters__every_one__is_fixed_or_moving(project, name):
    """One that is in neither list was forgotten."""
    methods = getattr(project, KINDS[name]).contract_type.view_methods
    getters = [method.name for method in methods if not method.inputs]
    assert sorted(getters) == sorted((*FIXED[name], *MOVING[name]))


def test_plain__struct_list_bytes_and_numbers__are_what_json_holds():
    Pair = namedtuple("Pair", "a b")
    assert plain(Pair(1, [True, b"\x01"])) == {"a": "1", "b": [True, "0x01"]}
    assert plain(10**30) == "1" + "0" * 30


def test_differences__nested__are_said_by_path():
    old = {"vault": {"owner": "x", "fees": {"rate": "1"}}, "gone": "y"}
    new = {"vault": {"owner": "z", "fees": {"rate": "2"}}}
    assert differences(old, new) == [
        "gone: y was deployed, None is there",
        "vault.fees.rate: 1 was deployed, 2 is there",
        "vault.owner: x was deployed, z is there",
    ]
    assert differences(old, old) == []
