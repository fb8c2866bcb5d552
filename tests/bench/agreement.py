"""How often our status of a value is the one that the file itself states.

``python tests/bench/agreement.py [--json FILE]`` reads the real QIF, ATML and SigmaQuest files in
``EDGE_SHARED`` (default ``../shared``). SigmaQuest grades steps, not values: there a step is compared, whose
status is the worst of its values.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from edge_app.domain.report import Measurement, Report
from edge_app.domain.rulepack import FieldVocabulary
from edge_app.domain.verdict import Status
from edge_app.errors import ReportError
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.xml import read_xml
from edge_app.judging.evaluate import status_of

SETS: Final = {
    "qif": "qif",
    "atml": "machine-logs/virinco-ATML/Examples",
    "sigmaquest": "machine-logs/virinco-SigmaQuest-XML/Data",
}
_DECIDED: Final = (Status.PASS, Status.FAIL)
_SUFFIXES: Final = (".xml", ".qif")
_FIELDS: Final = FieldVocabulary(header={}, column={}, stated_pass=(), stated_fail=(), no_value=(), units={})


@dataclass(slots=True)
class Score:
    """Counts of one set of files."""

    files: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    compared: int = 0
    disagreements: list[str] = field(default_factory=list)

    @property
    def percent(self) -> float:
        """Share of comparisons that agree; 100 when there are none."""
        return 100 * (1 - len(self.disagreements) / self.compared) if self.compared else 100.0


def compare(report: Report) -> Iterator[tuple[Measurement, Status, Status, list[Measurement]]]:
    """Every statement of the file on numbers: what states it, ours, theirs, the values behind it."""
    step: Measurement | None = None
    values: list[Measurement] = []
    for measurement in report.measurements:
        ours = status_of(measurement) if measurement.value is not None else None
        if ours is not None and measurement.stated in _DECIDED:
            yield measurement, ours, measurement.stated, [measurement]
        elif measurement.value is None and measurement.stated is not None:
            yield from _step(step, values)
            step, values = measurement, []
        elif step is not None and ours is not None and _belongs(measurement, step):
            values.append(measurement)
    yield from _step(step, values)


def _step(
    step: Measurement | None, values: list[Measurement]
) -> Iterator[tuple[Measurement, Status, Status, list[Measurement]]]:
    if step is None or step.stated is None or not values:
        return
    statuses = [status for value in values if (status := status_of(value)) is not None]
    ours = max(statuses, key=lambda status: status.rank)
    yield step, ours, step.stated, [value for value in values if status_of(value) is ours]


def _belongs(value: Measurement, step: Measurement) -> bool:
    return value.characteristic.startswith(step.characteristic.rpartition(" / ")[2] + " / ")


def score(folder: Path) -> Score:
    """Read and compare every XML file below ``folder``."""
    found = Score()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in _SUFFIXES:
            continue
        found.files += 1
        try:
            report = read_xml(Source(path.read_bytes(), path.name, _FIELDS))
        except ReportError as error:
            found.refused[path.name] = error.reason
            continue
        for stating, ours, theirs, values in compare(report):
            found.compared += 1
            if ours is not theirs:
                found.disagreements.append(f"{path.name}: {_told(stating, ours, theirs, values)}")
    return found


def _told(stating: Measurement, ours: Status, theirs: Status, values: list[Measurement]) -> str:
    shown = "; ".join(f"{value.characteristic} {value.value} in {_range(value)}" for value in values)
    return f"{stating.characteristic}: ours {ours}, theirs {theirs} [{shown}]"


def _range(value: Measurement) -> str:
    limits = value.limits
    if limits is None:
        return "no limits"
    brackets = ("(" if limits.lower_open else "[", ")" if limits.upper_open else "]")
    return f"{brackets[0]}{limits.lower}, {limits.upper}{brackets[1]}"


def main() -> int:
    """Print the scores; 1 when there are no data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the scores here too")
    arguments = parser.parse_args()
    shared = Path(os.environ.get("EDGE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    scores = {name: score(shared / "data" / folder) for name, folder in SETS.items()}
    for name, found in scores.items():
        head = f"{name}: {found.files} files, {len(found.refused)} refused, {found.compared} compared"
        lines = [f"{head}, {found.percent:.2f} % agree", *(f"  {line}" for line in found.disagreements)]
        sys.stdout.write("\n".join(lines) + "\n")
    if arguments.json:
        data = {name: asdict(found) | {"percent": round(found.percent, 3)} for name, found in scores.items()}
        arguments.json.write_text(json.dumps(data, indent=2, ensure_ascii=False), encoding="utf-8")
    return 0 if any(found.files for found in scores.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
