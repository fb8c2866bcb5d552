"""A folder of reports as texts: what is readable, in order, asked about as the pipeline asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_app.commands.text_set import default_samples, text_set
from edge_app.errors import UsageError
from edge_app.settings import default_rules

SETTLED = "Part No: A-1\nBore 8.5±0.1: 8.52\nResult: OK\n"
OPEN = "Part No: A-2\nPaint run below hole 3, shift lead says polish and look again.\n"


def test_every_readable_report_is_taken_and_asked_about_only_where_the_rules_leave_something(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b.txt").write_text(OPEN, encoding="utf-8")
    (tmp_path / "deep/c.txt").write_text(SETTLED, encoding="utf-8")
    (tmp_path / "a.json").write_text('{"result": "NG", "result": "OK"}', encoding="utf-8")
    asked, settled = text_set(tmp_path, default_rules()).reports
    assert (asked.text.strip(), settled.text.strip()) == (OPEN.strip(), SETTLED.strip())
    assert settled.question is None
    assert asked.question is not None
    assert "Paint run below hole 3" in asked.question[1]


def test_a_folder_without_reports_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no readable report"):
        text_set(tmp_path, default_rules())


def test_the_samples_of_the_program_are_the_default() -> None:
    assert default_samples().is_dir()
    texts = text_set(None, default_rules())
    assert texts == text_set(default_samples(), default_rules())
    assert any(each.question for each in texts.reports)
