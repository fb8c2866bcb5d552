"""Bytes to text: marks, UTF-8, and code pages told apart by what stands in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.errors import IncompleteReportError, ReportError
from edge_app.intake.readers.encoding import decode

CHINESE = "零件,实测\n外径,合格，无划伤\n"
GERMAN = "Prüfling;Größe\nSchweißnaht;5,2 µm ±0,1 bei 20 °C\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030", "gbk"])
def test_chinese_survives_every_usual_encoding(codec: str) -> None:
    assert decode(CHINESE.encode(codec)).text == CHINESE


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_seen_by_its_zeros(codec: str) -> None:
    assert decode("Part;A-1\r\nØ;5.00\r\n".encode(codec)).text == "Part;A-1\r\nØ;5.00\r\n"


def test_western_letters_are_not_taken_for_chinese() -> None:
    decoded = decode(GERMAN.encode("cp1252"))

    assert decoded.text == GERMAN
    assert decoded.encoding == "cp1252"


@pytest.mark.parametrize("sign", ["µ", "°", "±", "Ø", "ß", "é"])
def test_one_western_sign_between_ascii_decides_for_the_western_page(sign: str) -> None:
    text = f"a 5 {sign}m b"
    assert decode(text.encode("cp1252")).text == text


def test_the_plants_own_page_comes_first() -> None:
    assert decode("ąę łódź żółć".encode("cp1250"), ("cp1250",)).text == "ąę łódź żółć"


def test_line_ends_stay_as_they_are() -> None:
    assert decode(b"\xef\xbb\xbfa\r\nb\rc\n").text == "a\r\nb\rc\n"


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b" \r\n\t", b"\xff\xfe", "\u3000\n".encode()])
def test_nothing_but_white_space_is_empty(content: bytes) -> None:
    with pytest.raises(ReportError) as error:
        decode(content)
    assert error.value.reason == "empty"


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04rest", b"%PDF-1.7\n", b"MZ\x90\x00\x03\x00", b"\x7fELF\x02", b"\x1f\x8b\x08"]
)
def test_known_binary_formats_are_named(content: bytes) -> None:
    with pytest.raises(ReportError) as error:
        decode(content)
    assert error.value.reason == "type-mismatch"


@pytest.mark.parametrize("content", [b"a,b\x00c\n1,2,3\n", b"\x01\x02\x03\x04abc", b"\xff\xfea"])
def test_bytes_that_are_no_text_are_refused(content: bytes) -> None:
    with pytest.raises(ReportError) as error:
        decode(content)
    assert error.value.reason == "encoding"


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), min_size=1).filter(str.strip)
)
def test_valid_utf8_is_never_taken_for_something_else(text: str) -> None:
    assert decode(b"x" + text.encode()).text == "x" + text


@given(st.binary(max_size=200))
def test_any_bytes_give_text_or_a_report_error(content: bytes) -> None:
    reason = ""
    try:
        decode(content)
    except ReportError as error:
        reason = error.reason
    assert reason in {"", "empty", "encoding", "encoding-incomplete", "type-mismatch"}


def test_utf8_that_ends_inside_a_character_is_incomplete() -> None:
    whole = "孔径 25.08 mm，合格".encode()
    with pytest.raises(IncompleteReportError, match="inside a character"):
        decode(whole[:-1])
    assert decode(whole).encoding == "utf-8"
