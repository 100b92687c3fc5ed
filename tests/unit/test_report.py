"""ballast.report: what the figures of a run count."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ballast import simulation
from ballast.attribution import LINES, Statement
from ballast.report import picture, summarise, table
from ballast.simulation import Record, Row
from ballast.units import WAD

INSIDE = Row(
    hour=1,
    spot=2_000.0,
    mark=2_000.0,
    book_delta=-10.0,
    hedge=10.0,
    net_found=0.0,
    net_left=0.0,
    band_found=1.0,
    band_left=1.0,
    nav=1e6,
    book_value=1e4,
    margin_ratio=None,
    hedges=0,
    clipped=0,
    ended_clipped=False,
    traded=False,
)
OUTSIDE = replace(INSIDE, net_left=2.0, hedges=3, clipped=2)


def test_summarise__left_outside__counts_apart_what_ended_clipped():
    """An earlier hedge of the hour that was clipped excuses nothing."""
    rows = [INSIDE, OUTSIDE, replace(OUTSIDE, ended_clipped=True), replace(OUTSIDE, net_left=1.0)]
    seen = summarise(rows)
    assert (seen.outside_left, seen.outside_left_clipped) == (0.25, 0.25)
    assert (seen.hedges, seen.clipped) == (9, 6)


def test_summarise__margin_ratio__is_the_lowest_of_hours_with_a_position():
    assert summarise([INSIDE]).lowest_margin_ratio is None
    rows = [INSIDE, replace(INSIDE, margin_ratio=0.3), replace(INSIDE, margin_ratio=0.2)]
    assert summarise(rows).lowest_margin_ratio == 0.2


@pytest.mark.parametrize(
    ("trade", "wanted", "clipped"),
    [(5, 5, False), (4, 5, True), (-4, -5, True), (0, -5, True), (6, 5, False), (-6, -5, False)],
)
def test_is_clipped__crumb_goes_along__is_not(trade, wanted, clipped):
    """Clipped is less than wanted: a hedge that closes a crumb is more."""
    assert simulation._is_clipped(SimpleNamespace(trade=trade, wanted=wanted)) is clipped


def test_table__lines_of_nothing__are_left_out():
    """And those that are something are all there, with their sums."""
    lines = dict.fromkeys(LINES, 0) | {"premium": 70 * WAD, "theta": 5 * WAD, "funding": -3 * WAD}
    record = Record(rows=[INSIDE, INSIDE])
    grid = table(record, Statement(lines, 100 * WAD, 172 * WAD), (1.0, 1.1), "none")
    names, figures = ([*column.cells] for column in grid.columns)
    first = names.index("premium")
    assert [*zip(names, figures, strict=True)][first : first + 7] == [
        ("premium", "70.00 USD"),
        ("theta", "5.00 USD"),
        ("funding", "-3.00 USD"),
        ("sum of the lines", "72.00 USD"),
        ("change of NAV", "72.00 USD"),
        ("of which the options", "75.00 USD"),
        ("of which the hedge", "-3.00 USD"),
    ]


def test_picture__hours__are_drawn_with_all_their_gaps(tmp_path):
    """Other hours are another picture, the same hours the same."""
    held = replace(INSIDE, hour=2, margin_ratio=0.3)
    pictures = []
    for name, rows in {"a": [INSIDE, held], "b": [INSIDE, OUTSIDE], "c": [INSIDE, held]}.items():
        picture(rows, tmp_path / "new" / f"{name}.png")
        pictures.append((tmp_path / "new" / f"{name}.png").read_bytes())
    assert pictures[0].startswith(b"\x89PNG")
    assert pictures[0] == pictures[2] != pictures[1]
