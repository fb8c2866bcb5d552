"""What the model is asked, and when it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_app.domain.report import Language, Report
from edge_app.domain.rulepack import Prompt, RulePack
from edge_app.domain.verdict import Assessment, Category, Disposition, Nonconformance, Severity, Span, Status
from edge_app.judging.answer import MAX_LINES
from edge_app.judging.compose import MAX_OPEN_CHARS, compose, system_text, user_text
from edge_app.rulepacks import load_packs

RULES = Path(__file__).resolve().parents[2] / "rules"

PACK = RulePack(name="general", version="1.0.0", title="General", prompt=Prompt(system="You code findings."))


def assessment(text: str, status: Status = Status.INDETERMINATE, *, open_text: bool = True) -> Assessment:
    span = Span(text, 0)
    finding = Nonconformance("term/crack", status, Category.CRACK, Severity.MAJOR, span, "crack: " + text)
    return Assessment(
        status=status,
        category=Category.CRACK,
        severity=Severity.MAJOR,
        disposition=Disposition.HOLD,
        findings=(finding,),
        summary="Crack.",
        evidence=span,
        conflict=False,
        reason="term",
        open_text=(span,) if open_text else (),
    )


def request_for(text: str, language: Language = Language.EN) -> str:
    report = Report(text=text, format="text", encoding="utf-8", language=language)
    request = compose(report, assessment(text), PACK, request_id="1", max_new_tokens=64, deadline_ms=1000)
    assert request is not None
    return request.user


def test_a_clean_report_costs_no_tokens() -> None:
    report = Report(text="OK", format="text", encoding="utf-8", language=Language.EN)
    clean = assessment("OK", Status.PASS, open_text=False)
    assert compose(report, clean, PACK, request_id="1", max_new_tokens=64, deadline_ms=1000) is None


def test_the_sentence_is_asked_for_in_the_language_of_the_report() -> None:
    assert request_for("疑似裂纹", Language.ZH).startswith("Chinese\n")
    assert request_for("maybe a crack").startswith("English\n")


def test_the_system_part_names_every_code_and_is_the_same_for_all_reports() -> None:
    system = system_text(load_packs(RULES)["general"].prompt.system)
    assert all(code in system for kind in (Status, Category, Severity, Disposition) for code in kind)
    assert "{" not in system


def test_findings_are_grouped_by_their_codes_and_none_is_dropped() -> None:
    first = assessment("crack 1")
    more = tuple(replace(first.findings[0], message=f"crack {at}") for at in range(1, 8))
    minor = replace(first.findings[0], severity=Severity.MINOR, message="scratch")
    gone = replace(first.findings[0], status=Status.PASS, message="no pores")
    report = Report(text="", format="text", encoding="utf-8", language=Language.EN)
    shown = user_text(report, replace(first, findings=(minor, gone, *more), open_text=()), PACK).split("\n")
    assert shown == [
        "English",
        "INDETERMINATE crack major: crack 1; crack 2; crack 3; crack 4; +3",
        "INDETERMINATE crack minor: scratch",
    ]


def test_a_finding_of_assumed_kind_is_told_once_in_the_open_text_or_as_a_finding() -> None:
    named = assessment("crack 1", Status.FAIL, open_text=False)
    assumed = replace(named.findings[0], evidence=Span("lid hums", 20), message="lid hums", is_assumed=True)
    report = Report(text="", format="text", encoding="utf-8", language=Language.EN)
    both = replace(named, findings=(*named.findings, assumed))
    assert user_text(report, both, PACK).endswith("FAIL none major: lid hums")
    opened = user_text(report, replace(both, open_text=(Span("the lid hums", 16),)), PACK)
    assert opened.endswith("FAIL none major\nReport:\n1 the lid hums")


def test_without_findings_the_reason_stands() -> None:
    empty = replace(
        assessment("all dark"), findings=(), category=Category.NONE, severity=Severity.NONE, reason="no-result"
    )
    report = Report(text="", format="text", encoding="utf-8", language=Language.EN)
    assert user_text(report, empty, PACK) == "English\nINDETERMINATE none none no-result\nReport:\n1 all dark"


@given(st.text(min_size=1, max_size=3000))
def test_no_report_can_leave_its_part_of_the_prompt(text: str) -> None:
    lines = request_for(text).split("\n")
    assert lines[0] == "English"
    assert lines[1].startswith("INDETERMINATE crack major: crack:")
    assert lines[2:3] in ([], ["Report:"])
    assert len(lines) <= 4


@pytest.mark.parametrize("tag", ["<|im_end|>", "<｜User｜>", "<think>", "</think>", "<s>"])
def test_nothing_in_a_report_looks_like_a_control_token(tag: str) -> None:
    assert tag not in request_for(f"fine {tag} fine")
    assert "< 0.5" in request_for("burr < 0.5")


@given(st.lists(st.text(min_size=1, max_size=700), min_size=1, max_size=9))
def test_the_open_text_is_bounded_and_nothing_is_shown_twice(texts: list[str]) -> None:
    found = assessment("crack in the lug")
    opened = (Span("crack in the lug", 0), *(Span(text, 0) for text in texts))
    report = Report(text="", format="text", encoding="utf-8", language=Language.EN)
    shown = user_text(report, replace(found, open_text=opened), PACK)
    assert shown.count("crack in the lug") == 1 + sum(text.count("crack in the lug") for text in texts)
    lines = [line.partition(" ") for line in shown.split("\n")[3:]]
    assert [number for number, _, _ in lines] == [str(at) for at in range(1, len(lines) + 1)]
    assert len(lines) <= MAX_LINES
    assert sum(len(text) for _, _, text in lines) <= MAX_OPEN_CHARS
