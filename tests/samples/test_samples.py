"""Every sample against its coded reference: read, choose the pack, judge by the rules alone."""

import csv
from pathlib import Path
from typing import Final

import pytest

from edge_app.domain.report import Report
from edge_app.domain.rulepack import FieldVocabulary, RulePack
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.assess import assess, select_pack
from edge_app.rulepacks import load_fields, load_packs

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLES: Final = ROOT / "samples"
PACK_OF: Final = {
    "1": "machined-parts",
    "2": "welding-casting",
    "3": "electronics",
    "4": "moulding",
    "5": "coating-assembly",
}
WITHOUT_SCENARIO: Final = {"moulding/s4-garbled-scan.txt"}
"""No word of it can be read: nothing tells a pack."""


def _rows() -> list[dict[str, str]]:
    with (SAMPLES / "gold.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS: Final = _rows()
each_sample = pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])


@pytest.fixture(scope="module")
def packs() -> dict[str, RulePack]:
    return load_packs(ROOT / "rules")


@pytest.fixture(scope="module")
def fields() -> FieldVocabulary:
    return load_fields(ROOT / "rules")


def _report(row: dict[str, str], fields: FieldVocabulary) -> Report:
    path = SAMPLES / row["file"]
    return read(Source(path.read_bytes(), path.name, fields))


@each_sample
def test_verdict_is_the_reference(row: dict[str, str], packs: dict[str, RulePack], fields: FieldVocabulary) -> None:
    report = _report(row, fields)
    got = assess(report, select_pack(report, packs))
    assert (got.status, got.category, got.severity) == (row["status"], row["category"], row["severity"])
    assert got.disposition in row["dispositions"].split("|")


@each_sample
def test_finding_quotes_the_report(row: dict[str, str], packs: dict[str, RulePack], fields: FieldVocabulary) -> None:
    report = _report(row, fields)
    got = assess(report, select_pack(report, packs))
    spans = [finding.evidence for finding in got.findings] + ([got.evidence] if got.evidence else [])
    assert all(report.text[span.start : span.end] == span.text for span in spans)


@each_sample
def test_text_is_decoded_as_it_was_written(row: dict[str, str], fields: FieldVocabulary) -> None:
    report = _report(row, fields)
    assert report.text.count(row["evidence"]) == 1


@each_sample
def test_pack_is_that_of_the_scenario(row: dict[str, str], packs: dict[str, RulePack], fields: FieldVocabulary) -> None:
    expected = "general" if row["file"] in WITHOUT_SCENARIO else PACK_OF[row["scenario"]]
    assert select_pack(_report(row, fields), packs).name == expected


def test_gold_and_files_agree() -> None:
    on_disk = {str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("s[1-5]-*")}
    assert on_disk == {row["file"] for row in ROWS}


def test_status_is_balanced() -> None:
    counts = [sum(row["status"] == status for row in ROWS) for status in ("PASS", "FAIL", "INDETERMINATE")]
    assert min(counts) > len(ROWS) / 4
