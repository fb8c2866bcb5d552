"""Any file to its reader; whatever stands in it, the answer is a report or a ReportError."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_app.domain.report import Report
from edge_app.domain.verdict import Span
from edge_app.errors import IncompleteReportError, ReportError
from edge_app.intake.readers import base, read
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.vocabulary import vocabulary_of
from edge_app.rulepacks import load_fields

FIELDS = load_fields(Path(__file__).resolve().parents[3] / "rules")
HANDWRITTEN = (
    Path(os.environ.get("EDGE_SHARED", Path(__file__).resolve().parents[4] / "shared")) / "data/handwritten-reports"
)
_NAMES = {
    ".csv": re.compile(r"^\ufeff"),
    ".json": re.compile(r'"[^"]*"\s*:'),
    ".xml": re.compile(r"<\?[^>]*>|</?[\w.-]+|[\w.-]+(?==\")|<!--.*?-->"),
}
"""Keys, tags and attributes: they name what they hold."""
TABLE = "Part No;A-1\nItem;Spec;Actual;Result;Note\nBore;25±0,05;25,01;OK;\nGap;≤0,5;0,7;NG;burr\n"
DOCUMENT = '{"part": "x", "steps": [{"name": "R1", "v": 8.6, "min": 8, "max": 8.5}], "note": "crack \\u00e9"}'
SEEDS = [
    ("a.csv", TABLE.encode()),
    ("a.csv", "锡膏;实测;上限\n厚度;134;160\n备注;划伤，已返工\n".encode("gbk")),
    ("a.json", DOCUMENT.encode()),
    ("a.xml", "<检验单><项 名='外圆' 要求='36±0.1' 实测='36.2'/><备注>裂纹</备注></检验单>".encode()),
    ("a.txt", b"bore 25.08, tolerance 25.00-25.05\nResult: NG\n"),
]


def load(content: bytes, name: str) -> Report:
    return read(Source(content, name, FIELDS))


def spans(report: Report) -> Iterator[Span]:
    yield from (measurement.evidence for measurement in report.measurements)
    yield from (measurement.remark for measurement in report.measurements if measurement.remark)
    yield from (lot.evidence for lot in report.lots)
    yield from (remark.span for remark in report.remarks)
    if report.stated_evidence:
        yield report.stated_evidence


def try_load(content: bytes, name: str) -> None:
    """Any exception but ReportError is a failure of the test."""
    with contextlib.suppress(ReportError):
        check(load(content, name))


def check(report: Report) -> None:
    assert all(report.text[span.start : span.end] == span.text for span in spans(report))


@pytest.mark.parametrize(
    ("name", "content", "format_"),
    [
        ("a.csv", TABLE, "csv"),
        ("a.txt", TABLE, "csv"),
        ("noname", TABLE, "csv"),
        ("a.csv", "The housing has a crack next to the rib, scrap it.\n", "text"),
        ("a.txt", "shift 2, press 7: flash on cavity 3, parts sorted; retest ok\nsigned: Li\n", "text"),
        ("a.json", DOCUMENT, "json"),
        ("a.txt", DOCUMENT, "json"),
        ("a.csv", "<r><note>crack</note></r>", "xml"),
        ("a.txt", '{"a": 1}\n{"a": 2}\n', "json"),
        ("a.csv", "FORMAT;mmdd\nSTART;Programme;P1;1;P1;op1;10/12/2024;16:15:03\nLOT;\nBOARDRESULT;PASS\n", "spea"),
    ],
)
def test_the_content_decides(name: str, content: str, format_: str) -> None:
    assert load(content.encode(), name).format == format_


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", "empty"),
        ("a.json", b"\xef\xbb\xbf", "empty"),
        ("a.csv", b"MZ\x90\x00\x03\x00\x00\x00", "type-mismatch"),
        ("a.csv", b"PK\x03\x04xxxx", "type-mismatch"),
        ("a.xml", b"Item;Spec\nA;1\n", "type-mismatch"),
        ("a.json", b"Item;Spec\nA;1\n", "json-syntax"),
        ("a.htm", b"<html><body>ok</body></html>", "unsupported-format"),
        ("a.xml", b"<!DOCTYPE r [<!ENTITY a 'b'>]><r>&a;</r>", "xml-dtd"),
    ],
)
def test_what_is_refused_has_a_stable_reason(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(ReportError) as error:
        load(content, name)
    assert error.value.reason == reason


def test_a_larger_file_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_app.intake.readers.MAX_BYTES", 10)
    assert base.MAX_BYTES > 10
    with pytest.raises(ReportError) as error:
        load(TABLE.encode(), "a.csv")
    assert error.value.reason == "too-large"


@pytest.mark.parametrize("text", ["[06:52] Bob: bore 25.08 ok\n", "[1] crack seen\n[2] none\n", "[12 pcs] all good\n"])
def test_a_note_in_brackets_is_a_note(text: str) -> None:
    assert load(text.encode(), "a.txt").format == "text"


@pytest.mark.parametrize(("name", "content"), [("a.json", DOCUMENT[:40].encode()), ("a.csv", b'a,b\n1,"open\n2,x\n')])
def test_torn_files_may_still_be_being_written(name: str, content: bytes) -> None:
    with pytest.raises(IncompleteReportError):
        load(content, name)


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.json", "a.xml", "a.txt", "a", "a.tsv"]))
def test_random_bytes_give_a_report_or_a_report_error(content: bytes, name: str) -> None:
    try_load(content, name)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_damaged_reports_give_a_report_or_a_report_error(seed: tuple[str, bytes], data: st.DataObject) -> None:
    name, content = seed
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    middle = data.draw(st.binary(max_size=8) | st.sampled_from([b";", b'"', b"\n", b"1,234", b"\xb5", b"{", b"<a>"]))
    try_load(content[:start] + middle + content[end:], name)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(alphabet='Item项目MaxActual实测;,\t\n"0123456789.-±≤#:(){}[] NGOKAcRe', max_size=200))
def test_text_that_looks_like_tables_keeps_its_spans(text: str) -> None:
    try_load(text.encode(), "a.csv")


@pytest.mark.skipif(not HANDWRITTEN.exists(), reason="development reports not there")
def test_development_reports_lose_no_text() -> None:
    """Every word stands in a span or a field, or is a name of the vocabulary, a tag or a key."""
    files = sorted((HANDWRITTEN / "reports").iterdir())
    lost = {path.name: words for path in files if path.suffix != ".txt" and (words := untold(path))}
    assert len(files) > 100
    assert lost == {}


def untold(path: Path) -> list[str]:
    """Words of a file that nothing in its report tells."""
    report = load(path.read_bytes(), path.name)
    check(report)
    told = bytearray(len(report.text))
    for span in spans(report):
        told[span.start : span.end] = b"x" * len(span.text)
    labels = [remark.label for remark in report.remarks] + [each.characteristic for each in report.measurements]
    labels += [each.limits.text for each in report.measurements if each.limits]
    known = set(re.findall(r"\w+", " ".join([*labels, *report.notes, *report.fields.values()])))
    words = vocabulary_of(FIELDS)
    left = []
    for match in re.finditer(r"\w+", _NAMES[path.suffix].sub(lambda name: " " * len(name.group()), report.text)):
        word = match.group()
        heading = words.column(word).roles or words.header(word) or words.is_unit(word)
        if not any(told[match.start() : match.end()]) and word not in known and not heading:
            left.append(word)
    return left


def test_sentences_with_commas_are_no_table() -> None:
    text = "Why: flash, boxes 14-16\nResult: all looked at again, flash gone, lip intact.\nLeak test, dry, ok.\n"
    told = " ".join(remark.span.text for remark in load(text.encode(), "a.txt").remarks)
    assert "flash gone, lip intact" in told


def test_a_list_named_after_a_unit_is_no_measurement() -> None:
    text = '{"limit_bow_mm": 0.4, "bow_mm": [0.21, 0.23], "hours": ["06", "07"]}'
    assert {str(one.value) for one in load(text.encode(), "a.json").measurements} == {"0.21", "0.23"}
