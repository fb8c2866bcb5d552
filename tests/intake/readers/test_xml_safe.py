"""XML is parsed without DTD, entities and network, and every span is a true slice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.verdict import Span
from edge_app.errors import IncompleteReportError, ReportError
from edge_app.intake.readers import xml_safe
from edge_app.intake.readers.records import Node
from edge_app.intake.readers.xml_safe import MAX_DEPTH, parse

SHEET = """<?xml version="1.0"?>
<!-- written by hand --><检验单 批号="A&amp;7" n='3'>
  <项目 名="外径">12.05<!-- mm --> 毫米</项目>
  <备注><![CDATA[轻微 <划伤>]]></备注>
  <p:note xmlns:p="urn:x">Found a <b>crack</b> &lt;2 mm&#x3b; on 😀 side</p:note>
  <empty/><open></open>
</检验单>
"""
LAUGHS = """<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>"""
EXTERNAL_SUBSET = """<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>"""


def nodes(root: Node) -> Iterator[Node]:
    yield root
    for child in root.children:
        yield from nodes(child)


def spans(root: Node) -> list[Span]:
    return [span for node in nodes(root) for span in (node.span, node.whole) if span is not None]


def child(node: Node, label: str) -> Node:
    return next(each for each in node.children if each.label == label)


def test_every_span_is_a_slice_of_the_text() -> None:
    found = spans(parse(SHEET).root)
    assert len(found) > 10
    assert all(SHEET[span.start : span.end] == span.text for span in found)


def test_entities_are_resolved_in_the_text_and_raw_in_the_span() -> None:
    root = parse(SHEET).root
    lot = child(root, "批号")
    assert (lot.text, lot.span and lot.span.text) == ("A&7", "A&amp;7")
    note = child(root, "note")
    assert note.text == "Found a"
    assert [(part.label, part.text) for part in note.children] == [("b", "crack"), ("note", "<2 mm; on 😀 side")]
    assert note.children[1].span == Span("&lt;2 mm&#x3b; on 😀 side", SHEET.index("&lt;"))


def test_cdata_is_text_and_comments_are_not() -> None:
    root = parse(SHEET).root
    remark = child(root, "备注")
    assert remark.text == "轻微 <划伤>"
    assert remark.span == Span("轻微 <划伤>", SHEET.index("轻微"))
    assert not any("mm -->" in span.text for node in nodes(child(root, "项目")) for span in [node.span] if span)


def test_evidence_is_the_whole_element_from_start_to_end_tag() -> None:
    root = parse(SHEET).root
    assert child(root, "empty").whole == Span("<empty/>", SHEET.index("<empty/>"))
    assert child(root, "open").whole == Span("<open></open>", SHEET.index("<open>"))
    assert child(root, "备注").whole == Span("<备注><![CDATA[轻微 <划伤>]]></备注>", SHEET.index("<备注>"))


def test_a_large_element_is_shown_by_its_start_tag() -> None:
    text = f"<a k='1'>{'x' * xml_safe.MAX_EVIDENCE}</a>"
    assert parse(text).root.whole == Span("<a k='1'>", 0)


def test_namespace_of_the_root_and_local_names() -> None:
    document = parse("""<t:R xmlns:t="urn:one" xmlns="urn:two" t:a="1"><t:x/><y/></t:R>""")
    assert document.namespace == "urn:one"
    assert [node.label for node in nodes(document.root)] == ["R", "a", "x", "y"]
    assert parse("""<R xmlns="urn:two"/>""").namespace == "urn:two"
    assert parse("<R/>").namespace == ""


def test_attributes_with_angle_brackets_and_quotes_keep_their_places() -> None:
    text = """<a b="1>2" c = '"' d="x='y'">t</a>"""
    root = parse(text).root
    assert [(node.label, node.text) for node in root.children] == [("b", "1>2"), ("c", '"'), ("d", "x='y'")]
    assert root.span == Span("t", text.index(">t<") + 1)


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, EXTERNAL_SUBSET, "<!DOCTYPE a><a/>"])
def test_a_document_type_is_refused(text: str) -> None:
    with pytest.raises(ReportError) as refused:
        parse(text)
    assert refused.value.reason == "xml-dtd"


def test_quadratic_blowup_is_refused_before_anything_is_expanded() -> None:
    bomb = f"""<!DOCTYPE a [<!ENTITY x "{"x" * 100_000}">]><a>{"&x;" * 100_000}</a>"""
    with pytest.raises(ReportError) as refused:
        parse(bomb)
    assert refused.value.reason == "xml-dtd"


@pytest.mark.parametrize(
    "text", ["<a><b></a>", "<a b=1/>", "<a>&nbsp;</a>", "<a/><b/>", "no xml", "<a>\x01</a>", "<a>\ud800</a>"]
)
def test_what_is_not_well_formed_is_refused(text: str) -> None:
    with pytest.raises(ReportError) as refused:
        parse(text)
    assert refused.value.reason == "xml-syntax"
    assert not isinstance(refused.value, IncompleteReportError)


def test_depth_is_bounded() -> None:
    assert parse("<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH).root.label == "a"
    with pytest.raises(ReportError) as refused:
        parse("<a>" * (MAX_DEPTH + 1))
    assert refused.value.reason == "xml-depth"


def test_the_number_of_nodes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_safe, "MAX_NODES", 5)
    assert parse("<a><b c='1'/><d/><e/></a>").root.label == "a"
    for text in ("<a><b c='1'/><d/><e/><f/></a>", "<a b='' c='' d='' e='' f=''/>", "<a>1<b/>2<b/>3<b/>4</a>"):
        with pytest.raises(ReportError) as refused:
            parse(text)
        assert refused.value.reason == "xml-size"


@given(st.integers(min_value=1, max_value=SHEET.rindex(">")))
def test_a_file_cut_anywhere_is_incomplete(cut: int) -> None:
    with pytest.raises(IncompleteReportError) as torn:
        parse(SHEET[:cut])
    assert torn.value.reason == "xml-incomplete"


MARKUP = st.lists(
    st.sampled_from(
        [
            "<a>",
            "</a>",
            "<a/>",
            "<b c='&lt;'>",
            "</b>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<?p",
            "?>",
            "&amp;",
            "&",
            "x",
            "中",
            "😀",
            " ",
            "\r\n",
            '"',
            ">",
        ]
    ),
    max_size=30,
).map("".join)


@given(MARKUP | st.text(max_size=60))
def test_any_text_gives_a_tree_with_true_spans_or_a_reason(inner: str) -> None:
    text = f"<r>{inner}</r>"
    reason = ""
    found: list[Span] = []
    try:
        found = spans(parse(text).root)
    except ReportError as refused:
        reason = refused.reason
    assert reason in {"", "xml-syntax", "xml-incomplete", "xml-dtd"}
    assert all(text[span.start : span.end] == span.text for span in found)
