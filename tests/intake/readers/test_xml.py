"""The XML reader as a whole: encodings, dispatch, damaged and real files."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_app.domain.report import Report
from edge_app.domain.rulepack import FieldVocabulary
from edge_app.errors import IncompleteReportError, ReportError
from edge_app.intake.readers.base import Source
from edge_app.intake.readers.xml import decode_xml, read_xml

FIELDS = FieldVocabulary(header={}, column={}, stated_pass=(), stated_fail=(), no_value=(), units={})
DATA = Path(os.environ.get("EDGE_SHARED", Path(__file__).resolve().parents[4] / "shared")) / "data"
REAL = sorted(
    path
    for folder in ("qif", "machine-logs", "handwritten-reports")
    for path in (DATA / folder).rglob("*")
    if path.suffix.lower() in {".xml", ".qif", ".xspc"}
)
_QIF = """<?xml version="1.0"?><QIFDocument xmlns="http://qifstandards.org/xsd/qif3"><Results><MeasurementResults>
<FlatnessCharacteristicMeasurement id="3"><Status><CharacteristicStatusEnum>FAIL</CharacteristicStatusEnum></Status>
<CharacteristicItemId xId="5">1</CharacteristicItemId><Value>25.00</Value></FlatnessCharacteristicMeasurement>
<InspectionStatus><InspectionStatusEnum>FAIL</InspectionStatusEnum></InspectionStatus></MeasurementResults></Results>
</QIFDocument>"""
_SIGMAQUEST = """<UnitReport><TestRun name="a" grade="PASS"><Result><Property>
<ValueDouble name="v" lsl="1e5" usl="0">1e6</ValueDouble></Property></Result></TestRun></UnitReport>"""
_OTHER = """<检验单 日期="2024-06-17"><缺陷 位置="1850" 深="22">未焊透 &lt;40mm</缺陷><结论>合格</结论></检验单>"""
SEEDS = tuple(seed.encode() for seed in (_QIF, _SIGMAQUEST, _OTHER))


def source(content: bytes, code_pages: tuple[str, ...] = ("gb18030", "cp1252")) -> Source:
    return Source(content, "report.xml", FIELDS, code_pages)


def check(report: Report) -> None:
    spans = [m.evidence for m in report.measurements] + [remark.span for remark in report.remarks]
    spans += [report.stated_evidence] if report.stated_evidence else []
    assert all(report.text[span.start : span.end] == span.text for span in spans)


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("ISO-8859-1", "latin-1", "10 µm ±"),
        ("iso-8859-1", "cp1252", "5 €"),
        ("GB2312", "gb18030", "镕 划伤"),
        ("utf-8", "utf-8", "划伤"),
        ("UTF-16", "utf-16", "划伤"),
        ("utf-8", "utf-8-sig", "划伤"),
    ],
)
def test_the_declaration_is_believed(declared: str, codec: str, text: str) -> None:
    document = f'<?xml version="1.0" encoding="{declared}"?><a>{text}</a>'
    assert decode_xml(source(document.encode(codec))).text == document


@pytest.mark.parametrize("declared", ["ISO-8859-1", "utf-16", "rot13", "unicode_escape", "punycode", "idna"])
def test_a_wrong_declaration_is_not_believed(declared: str) -> None:
    document = f'<?xml version="1.0" encoding="{declared}"?><a>划伤 \\u0041</a>'
    assert decode_xml(source(document.encode())).text == document


def test_a_declared_page_that_does_not_fit_falls_back_to_those_of_the_plant() -> None:
    document = '<?xml version="1.0" encoding="utf-8"?><a>两处划伤，需要返修</a>'
    assert decode_xml(source(document.encode("gb18030"))).text == document


@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_file_that_ends_inside_a_character_is_incomplete(codec: str) -> None:
    with pytest.raises(IncompleteReportError) as torn:
        read_xml(source("<a>划伤".encode(codec)[:-1]))
    assert torn.value.reason == "xml-incomplete"


def test_other_xml_is_read_as_a_tree() -> None:
    report = read_xml(source(SEEDS[2]))
    assert (report.format, report.text) == ("xml", SEEDS[2].decode())


def test_stylesheets_and_schema_locations_are_not_followed(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    os.mkfifo(trap)  # opening it would wait for ever
    text = f"""<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{trap}"?>
    <a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a {trap}"
       xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{trap}"/></a>"""
    assert read_xml(source(text.encode())).format == "xml"


@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=12)), max_size=4),
    st.integers(0, 2000),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_files_give_a_report_or_a_reason(seed: bytes, edits: list[tuple[int, int, bytes]], cut: int) -> None:
    content = bytearray(seed)
    for at, length, new in edits:
        content[at : at + length] = new
    with contextlib.suppress(ReportError):
        check(read_xml(source(bytes(content[: cut or None]))))


@pytest.mark.skipif(not REAL, reason="no shared data")
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name[:40])
def test_real_files(path: Path) -> None:
    try:
        report = read_xml(source(path.read_bytes()))
    except ReportError as refused:
        pytest.fail(f"{refused.reason}: {refused}")
    check(report)
    assert report.text
    if report.format != "xml":
        assert report.measurements or report.notes


@pytest.mark.skipif(not REAL, reason="no shared data")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.93])
def test_real_files_cut_short_are_incomplete(share: float) -> None:
    for path in REAL[:: max(1, len(REAL) // 20)]:
        content = path.read_bytes()
        with pytest.raises(IncompleteReportError):
            read_xml(source(content[: int(len(content) * share)]))
