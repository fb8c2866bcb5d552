"""``model distill`` from reviewed reports to a model that judges, at toy size."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge_app.distill import own
from edge_app.errors import UsageError
from edge_app.models import prepare

ROOT = Path(__file__).resolve().parents[2]
TOY = {"minutes": 0.02, "examples": 20, "readings": 40, "written": 20, "hidden": 64, "layers": 1}


def edge_app(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge_app", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def toy(state: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    toys = [word for name, value in TOY.items() for word in (f"--{name}", str(value))]
    return edge_app("model", "distill", "--history", "samples", *toys, "--state", state, "--json", *more)


def test_from_history_to_a_model_that_judges(tmp_path: Path) -> None:
    for package in ("torch", "transformers", "tokenizers", "nncf", "matplotlib"):
        pytest.importorskip(package)
    done = toy(tmp_path)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert (row["name"], row["precisions"]) == ("own-student", "fp16, int8")
    assert row["history"] + row["held_out"] + row["unread"] == 88
    table = {each["system"]: each for each in row["held_out_table"]}
    assert [*table] == ["rules", "rules + fp16", "rules + int8"]
    assert {each["reports"] for each in table.values()} == {row["held_out"]}
    assert row["authority"] == "explain"  # so few reports show nothing
    home = tmp_path / "models" / "own-student"
    assert all((home / precision / "golden.json").is_file() for precision in ("fp16", "int8"))

    judged = edge_app(
        "process", "samples/moulding/s4-airbag-cover-short.txt", "--model", "own-student", "--state", tmp_path, "--json"
    )
    assert judged.returncode == 0, judged.stderr


def test_a_corpus_that_is_there_is_used_and_a_teacher_stands_beside_it(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    said = {"prompt": "English\nPASS none none\nReport:\n1 the lid hums", "answer": "0 PASS none none accept\nGood."}
    (tmp_path / "said.jsonl").write_text(json.dumps(said) + "\n", encoding="utf-8")
    places = (tmp_path / "corpus", tmp_path / "trained", tmp_path / "models")
    order = own.Order((ROOT / "samples",), *places, rules=ROOT / "rules", examples=20, readings=40, written=20)
    taught = replace(order, teacher=tmp_path / "said.jsonl")
    steps: list[str] = []
    pairs = own._write_corpus(own._check(order), lambda step, _: steps.append(step))
    written = (order.corpus / "pairs.npz").stat().st_mtime_ns
    assert not (order.corpus / "pairs-taught.npz").exists()
    assert own._write_corpus(own._check(taught), lambda step, _: steps.append(step)) == pairs > 0
    assert (order.corpus / "pairs.npz").stat().st_mtime_ns == written
    assert (order.corpus / "pairs-taught.npz").is_file()
    assert steps[0] == "writing the corpus"
    assert f"using the corpus in {order.corpus}" in steps


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--hidden", "100"], "no model of width 100"),
        (["--layers", "0"], "no model of width"),
        (["--teacher", "nowhere.jsonl"], "nowhere.jsonl: No such file"),
        (["--teacher", "README.md"], "README.md: not a teacher's answers"),
        (["--history", "rules"], "rules/gold.csv: No such file"),
        (["--name", "//"], "no name for a model"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(more: list[str], said: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    done = toy(tmp_path, *more)
    assert done.returncode == 2
    assert said in done.stderr
    assert "hint:" in done.stderr
    assert not (tmp_path / "distill").exists()


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = toy(tmp_path, "--corpus", tmp_path / "file" / "corpus")
    assert done.returncode == 5
    assert "give another --state or --corpus" in done.stderr


def test_without_the_extra_nothing_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "find_spec", lambda name: None if name == "tokenizers" else name)
    order = own.Order((ROOT / "samples",), tmp_path / "corpus", tmp_path / "trained", tmp_path / "models")
    with pytest.raises(UsageError, match="tokenizers is not installed") as raised:
        own.distill(order, lambda *_: None)
    assert "edge-app[prepare]" in raised.value.hint
    assert [*tmp_path.iterdir()] == []


def test_a_history_of_one_report_is_too_small(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    (tmp_path / "a.txt").write_text("fine\n", encoding="utf-8")
    header = "id,file,lang,status,category,severity,dispositions,evidence\n"
    (tmp_path / "gold.csv").write_text(f"{header}1,a.txt,en,PASS,none,none,accept,\n", encoding="utf-8")
    done = edge_app("model", "distill", "--history", tmp_path, "--state", tmp_path / "state")
    assert done.returncode == 2
    assert "1 readable reports are too few" in done.stderr
