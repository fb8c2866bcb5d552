"""JSON strictly, with offsets."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.errors import IncompleteReportError, ReportError
from edge_app.intake.readers.json_records import parse
from edge_app.intake.readers.records import Node

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
).filter(lambda value: "\\ud" not in json.dumps(value))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"d": "reject", "d": "accept"}', "json-duplicate-key"),
        ('{"v": NaN}', "json-nan"),
        ('{"v": -Infinity}', "json-nan"),
        ('{"v": 1e999}', "json-number"),
        ("[" + "1" * 5000 + "]", "json-number"),
        ("[" * 100 + "]" * 100, "json-depth"),
        ('{"v": "\\ud800"}', "json-surrogate"),
        ("{v: 1}", "json-syntax"),
        ("[1,]", "json-syntax"),
        ('{"v": 01}', "json-syntax"),
        ('{"v": "a\tb"}', "json-syntax"),
        ('{"v": 1} trailing', "json-syntax"),
    ],
)
def test_what_other_parsers_let_pass_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ReportError) as error:
        parse(text)
    assert error.value.reason == reason
    assert not isinstance(error.value, IncompleteReportError)


@given(VALUES.filter(lambda value: isinstance(value, dict | list)), st.data())
def test_every_cut_document_is_incomplete_or_refused_but_never_read(value: object, data: st.DataObject) -> None:
    text = json.dumps(value)
    cut = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(IncompleteReportError):
        parse(text[:cut])


@given(VALUES)
def test_the_tree_says_what_the_document_says_and_where(value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    root = parse(text)

    assert told(root, text) == plain(value)


def test_spans_of_strings_are_the_raw_form_without_quotes() -> None:
    text = '{"note": "crack \\u0041\\n"}'
    note = parse(text).children[0]

    assert note.text == "crack A\n"
    assert note.span is not None
    assert note.span.text == "crack \\u0041\\n"
    assert note.whole is not None
    assert note.whole.text == '"note": "crack \\u0041\\n"'


def test_lines_become_items() -> None:
    root = parse('{"a": 1}\n{"a": 2}\n')

    assert [child.children[0].text for child in root.children] == ["1", "2"]


def told(node: Node, text: str) -> object:
    """The value of a node, all scalars as text; checks every span on the way."""
    assert node.span is not None
    assert text[node.span.start : node.span.end] == node.span.text
    if node.span.text.startswith("{") and node.whole and node.whole.text.endswith("}"):
        return {child.label: told(child, text) for child in node.children}
    if node.span.text.startswith("[") and node.whole and node.whole.text.endswith("]"):
        return [told(child, text) for child in node.children]
    return node.text


def plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)
