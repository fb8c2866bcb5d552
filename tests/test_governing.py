"""The governor wired to engines, ledger and settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from edge_app.clock import Clock
from edge_app.domain.inference import Precision
from edge_app.domain.stance import Stance
from edge_app.engine.base import Engine, EngineSpec
from edge_app.engine.pool import Pool
from edge_app.engine.scripted import INFO, Line, ScriptedEngine
from edge_app.errors import UsageError
from edge_app.governing import governor_of, is_wanted, policy_of
from edge_app.governor.fake import Demand, FakeKernel, Profile
from edge_app.ledger import queries
from edge_app.ledger.store import Ledger
from edge_app.settings import Settings, load_settings


class SetClock(Clock):
    """The machine's time, moved by hand."""

    at = 0.0

    def boottime(self) -> float:
        return self.at


def settings_of(state: Path, **governor: Any) -> Settings:
    return load_settings(None, {"state": state, "volatile": True, "governor": governor})


def pool_on(device: str) -> Pool:
    spec = EngineSpec(Path(), "m", "f", "int8", max_in_flight=4)

    def open_one(_: EngineSpec) -> Engine:
        return ScriptedEngine([Line("{}")], info=replace(INFO, device=device))

    return Pool({Precision.INT8: spec}, open_one, frozenset({Precision.INT8}))


@dataclass
class Hall:
    """A hot one."""

    kernel: FakeKernel
    clock: SetClock
    ledger: Ledger
    pool: Pool
    state: Path

    def stances(self, seconds: int, **governor: Any) -> list[Stance]:
        """What the governor says, second by second; the clock is given back at the end."""
        made = governor_of(settings_of(self.state, **governor), self.pool, self.ledger, self.clock, self.kernel)
        found = []
        for _ in range(seconds):
            type(self.clock).at += 1
            found.append(made.tick().stance)
        made.restore()
        return found


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    class Own(SetClock):
        pass

    clock = Own()
    kernel = FakeKernel(Profile.I915_SLPC, clock.boottime, ambient_c=50.0)
    kernel.demand(Demand(busy=1.0))
    with Ledger.open(tmp_path / "edge.db", clock, volatile=True) as ledger, pool_on("GPU") as pool:
        yield Hall(kernel, clock, ledger, pool, tmp_path)


@pytest.mark.parametrize(
    ("device", "enabled", "wanted"),
    [
        ("GPU", "auto", True),
        ("GPU.1", "auto", True),
        ("CPU", "auto", False),
        ("CPU", "on", True),
        ("GPU", "off", False),
    ],
)
def test_it_runs_where_a_gpu_does_unless_told_otherwise(
    device: str, enabled: str, *, wanted: bool, tmp_path: Path
) -> None:
    with pool_on(device) as pool:
        assert is_wanted(settings_of(tmp_path, enabled=enabled), pool) is wanted


def test_every_change_of_the_stance_is_a_row_with_what_was_measured(hall: Hall) -> None:
    stances = hall.stances(300)
    changes = 1 + sum(before != after for before, after in pairwise(stances))
    rows = queries.governor(hall.state / "edge.db", limit=1000)

    assert len(rows) == changes > 1
    assert rows[0]["cap_mhz"] == stances[-1].cap_mhz
    assert rows[0]["stance"] == "hot"
    assert rows[0]["temperature_c"] >= 80
    assert rows[-1]["actuator"] == ""


def test_the_engines_hear_the_stance_and_so_do_those_loaded_later(hall: Hall) -> None:
    last = hall.stances(200)[-1]
    [engine] = hall.pool.engines

    assert isinstance(engine, ScriptedEngine)
    assert engine._stance == last
    assert last.concurrency <= 4


def test_a_plant_may_forbid_the_clock_to_be_turned(hall: Hall) -> None:
    stances = hall.stances(200, write=False)

    assert {each.cap_mhz for each in stances} == {None}
    assert stances[-1].duty < 1.0


def test_a_reserve_that_is_no_reserve_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="critical_c must be less than margin_c"):
        settings_of(tmp_path, margin_c=5, critical_c=6)


def test_the_settings_reach_the_law(tmp_path: Path) -> None:
    policy = policy_of(settings_of(tmp_path, margin_c=20, floor_share=0.4, economy_share=1.0), concurrency=3)

    assert (policy.margin_c, policy.floor_share, policy.economy_share, policy.concurrency) == (20, 0.4, 1.0, 3)
