"""A simulated shift is a shift: the same each time, adding up, drawn as a picture that stands alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from edge_app.domain.inference import Precision
from edge_app.governor.drawing import draw
from edge_app.governor.fake import Profile
from edge_app.governor.simulation import FREE, Cooling, Load, Shift, Simulation, most_a_minute, report_s


def shift(
    folder: Path, cooling: Cooling = Cooling.GOVERNOR, load: Load = Load.BACKLOG, profile: Profile = Profile.I915_SLPC
) -> Shift:
    return Simulation(profile, 45.0, load, cooling, folder).run(0.4)


def test_the_same_shift_twice_is_the_same(tmp_path: Path) -> None:
    assert shift(tmp_path) == shift(tmp_path)


def test_a_hall_below_freezing_is_told_as_it_is(tmp_path: Path) -> None:
    run = Simulation(Profile.AMDGPU, -40.0, Load.STEADY, Cooling.GOVERNOR, tmp_path).run(0.1)

    assert all(each.temperature_c > -40 for each in run.minutes)
    assert float(run.summary()["max_temperature_c"]) != 0.0
    assert any(each.temperature_c < 0 for each in run.minutes)


@pytest.mark.parametrize("load", list(Load))
def test_reports_and_energy_add_up(load: Load, tmp_path: Path) -> None:
    run = shift(tmp_path, load=load)

    assert run.reports == pytest.approx(sum(each.reports for each in run.minutes))
    assert run.energy_j == pytest.approx(sum(each.energy_j for each in run.minutes))
    assert run.reports <= run.arrived + 1e-6
    assert run.energy_j > run.idle_j


def test_the_governor_stays_below_the_limit_that_the_firmware_meets(tmp_path: Path) -> None:
    governed, alone = shift(tmp_path), shift(tmp_path, Cooling.FIRMWARE)

    assert max(each.temperature_c for each in governed.minutes) < 96 < max(each.temperature_c for each in alone.minutes)
    assert governed.energy_j / governed.reports < alone.energy_j / alone.reports


def test_a_fixed_cap_stays_in_the_range(tmp_path: Path) -> None:
    run = shift(tmp_path, Cooling.FIXED)

    assert max(each.actual_mhz for each in run.minutes) == 1200


def test_a_driver_whose_clock_cannot_be_turned_is_paced(tmp_path: Path) -> None:
    run = shift(tmp_path, profile=Profile.AMDGPU)

    assert min(each.duty for each in run.minutes) < 1.0
    assert run.cap_changes == 0


def test_a_lower_precision_and_a_higher_clock_are_faster() -> None:
    int8 = replace(FREE, ceiling=Precision.INT8)

    assert report_s(int8, 1.0) < report_s(FREE, 1.0) < report_s(FREE, 2.0)
    assert report_s(replace(int8, concurrency=8), 1.0) > report_s(int8, 1.0)


def test_the_worst_minute_is_any_sixty_seconds() -> None:
    assert most_a_minute([0, 59, 60, 61, 200]) == 3
    assert most_a_minute([]) == 0


def test_the_picture_stands_alone_and_tells_that_it_is_a_model_s(tmp_path: Path) -> None:
    text = draw(shift(tmp_path))
    root = etree.fromstring(text.encode())

    assert root.tag.endswith("svg")
    assert "not of a machine" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    for line in root.iter("{*}polyline"):
        points = [tuple(map(float, pair.split(","))) for pair in line.get("points", "").split()]
        assert len(points) == 24
        assert all(0 <= x <= 960 and 0 <= y <= float(root.get("height", "0")) for x, y in points)
