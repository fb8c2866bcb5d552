"""Reviewed reports to pairs: the engine's prompt, the reviewed answer, and a tenth that is kept apart."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from edge_app.distill.corpus import is_consistent
from edge_app.distill.evaluate import judged
from edge_app.distill.history import COLUMNS, History, history_pairs, is_held_out, load_history
from edge_app.errors import UsageError
from edge_app.judging.answer import NO_LINE, Answer, read_answer
from edge_app.rulepacks import load_fields, load_packs

ROOT = Path(__file__).resolve().parents[2]
PACKS, FIELDS = load_packs(ROOT / "rules"), load_fields(ROOT / "rules")
GOOD = {"lang": "en", "status": "PASS", "category": "none", "severity": "none", "dispositions": "accept"}
BAD = {"lang": "en", "status": "FAIL", "category": "assembly", "severity": "major", "dispositions": "rework|hold"}


def folder(place: Path, rows: Mapping[str, tuple[str, dict[str, str]]]) -> Path:
    """A history: id to the report's text and its codes."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "gold.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for id_, (text, codes) in rows.items():
            (place / f"{id_}.txt").write_text(text, encoding="utf-8")
            writer.writerow({"id": id_, "file": f"{id_}.txt", **codes})
    return place


def answers(history: History) -> list[tuple[str, Answer]]:
    pairs = history_pairs(judged(history.trained, PACKS, FIELDS), PACKS)
    found = [(prompt, read_answer(text)) for prompt, text in pairs]
    return [(prompt, answer) for prompt, answer in found if answer]


def trained(count: int) -> list[str]:
    return [name for name in map(str, range(count * 3)) if not is_held_out(name)][:count]


def test_about_a_tenth_is_held_out() -> None:
    assert 160 < sum(is_held_out(str(number)) for number in range(2000)) < 240


def test_every_sample_is_on_one_side_and_its_answer_may_be_learned() -> None:
    history = load_history([ROOT / "samples"], FIELDS)
    sides = [{case.content for case in part} for part in (history.trained, history.held_out)]
    assert not sides[0] & sides[1]
    assert len(history.trained) + len(history.held_out) + history.unread == 88
    pairs = [*history_pairs(judged(history.trained, PACKS, FIELDS), PACKS)]
    assert [pair for pair in pairs if not is_consistent(*pair)] == []
    assert len(pairs) > 50
    assert any(not text.startswith(f"{NO_LINE} ") for _, text in pairs)


def test_a_finding_that_the_rules_do_not_know_is_shown_in_its_line(tmp_path: Path) -> None:
    text = "Fork head 12, visual at the end of line\nThe flurble sits\tproud of its garn\nAll else as it should be\n"
    codes = BAD | {"evidence": "The flurble sits\tproud of its garn"}
    history = load_history([folder(tmp_path, {trained(1)[0]: (text, codes)})], FIELDS)
    ((prompt, answer),) = answers(history)
    line = next(line for line in prompt.split("\n") if "flurble" in line)
    assert answer.line == int(line.split(" ")[0]) > 0
    assert (answer.status, answer.category, answer.disposition) == ("FAIL", "assembly", "rework")
    assert answer.summary == "The flurble sits proud of its garn."


def test_what_the_review_disposes_is_answered(tmp_path: Path) -> None:
    text = "Fork head 12, visual at the end of line\nThe flurble sits proud of its garn\n"
    codes = BAD | {"evidence": "The flurble sits proud of its garn", "dispositions": "scrap"}
    history = load_history([folder(tmp_path, {trained(1)[0]: (text, codes)})], FIELDS)
    assert [answer.disposition for _, answer in answers(history)] == ["scrap"]


def test_nothing_is_raised_on_words_that_the_prompt_does_not_show(tmp_path: Path) -> None:
    text = "Fork head 12, visual at the end of line\nGlib as ever\n"
    history = load_history([folder(tmp_path, {trained(1)[0]: (text, BAD | {"evidence": "not there"})})], FIELDS)
    for _, answer in answers(history):
        assert (answer.line, answer.category) == (NO_LINE, "none")


def test_the_same_report_twice_is_held_out_with_its_twin(tmp_path: Path) -> None:
    held = next(str(number) for number in range(100) if is_held_out(str(number)))
    kept = trained(2)
    rows = {kept[0]: ("same\n", GOOD), held: ("same\n", GOOD), kept[1]: ("other\n", GOOD)}
    history = load_history([folder(tmp_path, rows)], FIELDS)
    assert [case.content for case in history.held_out] == [b"same\n"]
    assert [case.content for case in history.trained] == [b"other\n"]


def test_the_same_id_in_two_folders_is_two_reports(tmp_path: Path) -> None:
    name = trained(1)[0]
    places = [folder(tmp_path / each, {name: (f"{each}\n", GOOD)}) for each in ("a", "b")]
    assert len({case.id for case in load_history(places, FIELDS).trained}) == 2


def test_what_no_reader_takes_is_counted(tmp_path: Path) -> None:
    names = trained(2)
    place = folder(tmp_path, {names[0]: ("fine\n", GOOD), names[1]: ("", GOOD)})
    (place / f"{names[1]}.txt").write_bytes(b"%PDF-1.7\x00\x01\x02")
    history = load_history([place], FIELDS)
    assert (len(history.trained), history.unread) == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"status": "OK"}, "'OK' is not a valid Status"),
        ({"category": "scratchy"}, "'scratchy' is not a valid Category"),
        ({"dispositions": "rework,hold"}, "'rework,hold' is not a valid Disposition"),
    ],
)
def test_a_wrong_code_is_named_with_its_row(wrong: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        load_history([folder(tmp_path, {"r7": ("text\n", BAD | wrong)})], FIELDS)
    assert "gold.csv: r7:" in str(raised.value)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gold\.csv: No such file"):
        load_history([tmp_path], FIELDS)
    (tmp_path / "gold.csv").write_text("id,file\n1,a.txt\n", encoding="utf-8")
    with pytest.raises(UsageError, match="has no column lang, status"):
        load_history([tmp_path], FIELDS)
    place = folder(tmp_path / "more", {"1": ("text\n", GOOD)})
    (place / "1.txt").unlink()
    with pytest.raises(UsageError, match=r"1\.txt: No such file"):
        load_history([place], FIELDS)
    (place / "gold.csv").write_bytes("id,file\n1,裂纹报告.txt\n".encode("gbk"))
    with pytest.raises(UsageError, match="is not UTF-8"):
        load_history([place], FIELDS)
