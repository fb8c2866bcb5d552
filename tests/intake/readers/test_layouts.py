"""A value inside or outside its limits is judged so in whatever layout it is written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_app.domain.report import Report
from edge_app.domain.verdict import Status
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.evaluate import status_of
from edge_app.rulepacks import load_fields
from tests.intake.readers.layouts import LAYOUTS, Item, Sheet

FIELDS = load_fields(Path(__file__).resolve().parents[3] / "rules")
NAMES = ("外径", "孔距", "壁厚", "槽宽", "台阶高")
STEP = Decimal("0.01")


@st.composite
def sheets(draw: st.DrawFn, *, good: bool) -> Sheet:
    """Two to five characteristics, two or three parts; exactly one value outside when not ``good``."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(2, 5))]
    parts = draw(st.integers(2, 3))
    items = []
    for name in names:
        nominal = Decimal(draw(st.integers(300, 9000))) * STEP
        width = Decimal(draw(st.integers(2, 20))) * STEP
        values = [nominal + draw(st.integers(-int(width / STEP), int(width / STEP))) * STEP for _ in range(parts)]
        items.append(Item(name, nominal - width, nominal + width, tuple(values)))
    if not good:
        at, part = draw(st.integers(0, len(items) - 1)), draw(st.integers(0, parts - 1))
        item = items[at]
        off = (item.width + draw(st.integers(1, 10)) * STEP) * draw(st.sampled_from((-1, 1)))
        values = [item.nominal + off if index == part else value for index, value in enumerate(item.values)]
        items[at] = Item(item.name, item.lower, item.upper, tuple(values))
    return tuple(items)


def _read(layout: str, sheet: Sheet) -> Report:
    write, suffix = LAYOUTS[layout]
    return read(Source(write(sheet).encode(), f"report.{suffix}", FIELDS))


def _statuses(layout: str, sheet: Sheet) -> list[Status | None]:
    return [status for each in _read(layout, sheet).measurements if (status := status_of(each))]


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None)
@given(sheet=sheets(good=True))
def test_values_inside_conform_in_every_layout(layout: str, sheet: Sheet) -> None:
    statuses = _statuses(layout, sheet)
    assert statuses.count(Status.PASS) == len(statuses)
    assert len(statuses) == sum(len(item.values) for item in sheet)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None)
@given(sheet=sheets(good=False))
def test_the_one_value_outside_is_found_in_every_layout(layout: str, sheet: Sheet) -> None:
    statuses = _statuses(layout, sheet)
    assert statuses.count(Status.FAIL) == 1
    assert len(statuses) == sum(len(item.values) for item in sheet)
