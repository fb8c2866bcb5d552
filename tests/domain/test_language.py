"""The language of a report, from its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.language import detect_language
from edge_app.domain.report import Language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", Language.EN),
        ("BT-2407 M8x1 25.01 NG", Language.EN),
        ("crack next to the rib, part scrapped", Language.EN),
        ("表面划伤2处，已返工，未复检", Language.ZH),
        ("AOI复判OK，ICT、FCT重测均PASS，BT-2407 合格，无少锡", Language.ZH),
        ("门锁主板 board wash again 后再测, residue visible on the edge 板边残留", Language.MIXED),
    ],
)
def test_codes_units_and_numbers_do_not_count(text: str, language: Language) -> None:
    assert detect_language(text) is language


@given(st.text(alphabet="零件实测合格外径划伤，。0123456789ABM-"))
def test_chinese_with_codes_is_chinese(text: str) -> None:
    assert detect_language(f"合格{text}") is Language.ZH
