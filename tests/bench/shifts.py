"""Simulated shifts of eight hours: each driver, ambient and load, kept by the governor, the firmware, a fixed cap.

    python -m tests.bench.shifts --out shifts.json [--hours 8] [--workers 2]

Every number is a model's: heat, power and speed of the machines are illustrative, and so is the share of a report's
time that follows the clock. What carries over to a machine is the comparison of the three ways, not its size.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

from edge_app.domain.inference import Precision
from edge_app.governor.fake import PARTS, Profile
from edge_app.governor.ladder import ladder
from edge_app.governor.policy import Policy
from edge_app.governor.ports import Limits
from edge_app.governor.simulation import Cooling, Load, Simulation

AMBIENTS = (20.0, 35.0, 45.0)
MOST_CHANGES_AN_HOUR = 60
SAVED, LOST = 0.35, 0.10
"""Of energy per report, at least; of reports, at most; governed against ungoverned, in the steady case."""
_COLUMNS = (
    "driver",
    "ambient_c",
    "load",
    "cooling",
    "max_temperature_c",
    "minutes_over_limit",
    "cap_changes_per_hour",
    "reports",
    "joules_per_report",
    "joules_per_report_with_idle",
    "mean_wait_s",
    "floor_holds",
)
Row = dict[str, Any]


def shift(profile: Profile, ambient: float, load: Load, cooling: Cooling, hours: float) -> Row:
    """One run, with the costliest precision it ended on and how often the cap changed in its worst minute."""
    with tempfile.TemporaryDirectory() as folder:
        run = Simulation(profile, ambient, load, cooling, Path(folder)).run(hours)
    minutes = [each.precision for each in run.minutes]
    return run.summary() | {
        "most_changes_a_minute": run.most_changes_a_minute,
        "floor_holds": floor_holds(profile, ambient),
        "minutes_below_fp16": sum(each is not Precision.FP16 for each in minutes),
        "least_duty": min(each.duty for each in run.minutes),
    }


def floor_holds(profile: Profile, ambient: float) -> bool:
    """Whether the model's machine stays below its limit for ever at the floor, fully busy; without a cap, at any."""
    parts = PARTS[profile]
    body = parts.body
    floor = body.rp0_mhz
    if parts.gts:
        lowest, efficient, highest = parts.gts[0]
        floor = ladder(Limits(lowest, highest, efficient), Policy().floor_share)[-1]
    watts = body.idle_w + body.busy_cpu_w + body.gpu_power(floor, 1.0)
    return ambient + (body.die_k_per_w + body.case_k_per_w) * watts < body.limit_c


def compared(rows: list[Row]) -> list[Row]:
    """Each governed run beside the other two."""
    by = {(row["driver"], row["ambient_c"], row["load"], row["cooling"]): row for row in rows}
    return [_beside(row, by) for row in rows if row["cooling"] == Cooling.GOVERNOR]


def _beside(row: Row, by: dict[tuple[Any, ...], Row]) -> Row:
    found: Row = {name: row[name] for name in ("driver", "ambient_c", "load")}
    for cooling in (Cooling.FIRMWARE, Cooling.FIXED):
        other = by[row["driver"], row["ambient_c"], row["load"], cooling]
        found[f"energy_against_{cooling}"] = _change(row, other, "joules_per_report")
        found[f"energy_with_idle_against_{cooling}"] = _change(row, other, "joules_per_report_with_idle")
        found[f"reports_against_{cooling}"] = _change(row, other, "reports")
    return found


def _change(row: Row, other: Row, name: str) -> float:
    return round(row[name] / other[name] - 1, 3) if other[name] else 0.0


def goals(rows: list[Row], pairs: list[Row]) -> Row:
    """What was asked for, and what came out."""
    governed = [row for row in rows if row["cooling"] == Cooling.GOVERNOR]
    steady = [pair for pair in pairs if pair["load"] == Load.STEADY and PARTS[pair["driver"]].gts]
    return {
        "minutes_over_limit": sum(row["minutes_over_limit"] for row in governed),
        "minutes_over_limit_where_the_floor_holds": sum(
            row["minutes_over_limit"] for row in governed if row["floor_holds"]
        ),
        "most_changes_an_hour": max(row["cap_changes_per_hour"] for row in governed),
        "most_changes_a_minute": max(row["most_changes_a_minute"] for row in governed),
        "changes_met": all(row["cap_changes_per_hour"] <= MOST_CHANGES_AN_HOUR for row in governed),
        "steady_energy_above_idle": _range(steady, "energy_against_firmware"),
        "steady_energy_with_idle": _range(steady, "energy_with_idle_against_firmware"),
        "steady_reports": _range(steady, "reports_against_firmware"),
        "steady_met": all(
            pair["energy_against_firmware"] <= -SAVED and pair["reports_against_firmware"] >= -LOST for pair in steady
        ),
    }


def _range(pairs: list[Row], name: str) -> list[float]:
    return [min(pair[name] for pair in pairs), max(pair[name] for pair in pairs)]


def main() -> None:
    """Run all, print, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    begun = time.monotonic()
    runs = list(product(Profile, AMBIENTS, Load, Cooling))
    with ProcessPoolExecutor(given.workers) as pool:
        rows = list(pool.map(shift, *zip(*runs, strict=True), [given.hours] * len(runs), chunksize=1))
    pairs = compared(rows)
    for row in rows:
        print("  ".join(f"{row[name]!s:>10}" for name in _COLUMNS))  # noqa: T201  a benchmark's output
    result = {"hours": given.hours, "took_s": round(time.monotonic() - begun), "goals": goals(rows, pairs)}
    print(json.dumps(result, indent=1))  # noqa: T201
    if given.out:
        given.out.write_text(json.dumps(result | {"shifts": rows, "compared": pairs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
