"""A folder of reports as texts for calibration and measurement, asked about as the pipeline asks."""

from __future__ import annotations

import sys
from pathlib import Path

from edge_app.errors import ReportError, UsageError
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.assess import assess, select_pack
from edge_app.judging.compose import compose
from edge_app.models.calibration import ReportText, TextSet
from edge_app.rulepacks import load_fields, load_packs


def text_set(folder: Path | None, rules: Path) -> TextSet:
    """Every readable report below ``folder``, in the order of names. Default: the samples of the program.

    Empty where there are no samples either. Raises UsageError when the folder that was given holds no report.
    """
    place = folder or default_samples()
    packs, fields = load_packs(rules), load_fields(rules)
    found = []
    for path in sorted(each for each in place.rglob("*") if each.is_file()):
        try:
            report = read(Source(path.read_bytes(), path.name, fields))
        except ReportError:
            continue
        pack = select_pack(report, packs)
        asked = compose(report, assess(report, pack), pack, request_id="", max_new_tokens=1, deadline_ms=1)
        found.append(ReportText(report.text, (asked.system, asked.user) if asked else None))
    if folder and not found:
        raise UsageError(f"{folder} holds no readable report", "give a folder of reports as they come from the line")
    return TextSet(tuple(found))


def default_samples() -> Path:
    """The reports that came with the program: beside a checkout, or installed under the prefix."""
    checkout = Path(__file__).resolve().parents[2] / "samples"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "edge-app" / "samples"
