"""How well reports with a coded reference are judged: by the rules alone, or as a state folder says.

``python tests/bench/accuracy.py [--reports DIR --gold FILE] [--state DIR] [--json FILE] [--errors] [--half A|B]``
The reference is a CSV file with id, file, lang, status, category, severity, dispositions, hard. With ``--state``
the verdicts are those that ``edge-app process`` stored there, with a model or without.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_app.build import database
from edge_app.domain.verdict import Assessment, Status
from edge_app.errors import ReportError
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.assess import assess, select_pack
from edge_app.ledger import queries
from edge_app.rulepacks import load_fields, load_packs
from edge_app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("EDGE_SHARED", ROOT.parent / "shared"))
_CODES = ("status", "category", "severity", "disposition", "reason", "evidence", "pack", "decided_by")
REPORTS = SHARED / "data" / "handwritten-reports"


@dataclass(frozen=True, slots=True)
class Judged:
    """One report with its reference."""

    gold: dict[str, str]
    ours: dict[str, str]
    """status, category, severity, disposition, evidence, pack, decided_by."""

    def right(self, what: str) -> bool:
        """Whether ``status``, ``category``, ``severity`` or ``disposition`` agrees with the reference."""
        if what == "disposition":
            return self.ours[what] in self.gold["dispositions"].split("|")
        return self.ours[what] == self.gold[what]


def half_of(name: str) -> str:
    """A or B: rules are developed on A, B only tells whether they carry over."""
    return "AB"[hashlib.sha256(name.encode()).digest()[0] % 2]


def references(gold: Path, half: str = "") -> list[dict[str, str]]:
    """The rows of the reference."""
    with gold.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if half in {"", half_of(row["id"])}]


def judge_all(rows: list[dict[str, str]], reports: Path, rules: Path, pack: str = "") -> list[Judged]:
    """Every report of the reference, judged by the rules."""
    packs, fields = load_packs(rules), load_fields(rules)
    judged = []
    for row in rows:
        try:
            report = read(Source((reports / row["file"]).read_bytes(), Path(row["file"]).name, fields))
        except ReportError as error:
            judged.append(Judged(row, dict.fromkeys(_CODES, "") | {"status": "rejected", "reason": error.reason}))
            continue
        chosen = packs[pack] if pack else select_pack(report, packs)
        judged.append(Judged(row, _as_row(assess(report, chosen), chosen.name)))
    return judged


def stored(rows: list[dict[str, str]], state: Path) -> list[Judged]:
    """Every report of the reference, as its newest result in ``state`` says. Raises KeyError for one without."""
    results = queries.results(database(Settings(state=state)), limit=1_000_000)
    newest = {Path(row["file_name"]).name: row for row in reversed(results)}
    return [Judged(row, _named(newest[Path(row["file"]).name])) for row in rows]


def _as_row(ours: Assessment, pack: str) -> dict[str, str]:
    evidence = ours.evidence.text if ours.evidence else ""
    codes = {what: str(getattr(ours, what)) for what in _CODES if hasattr(ours, what)}
    return codes | {"evidence": evidence, "pack": pack, "decided_by": "rules"}


def _named(row: dict[str, Any]) -> dict[str, str]:
    return {key: str(value or "") for key, value in row.items()} | {"pack": row["rule_pack"], "reason": ""}


def measure(judged: Iterable[Judged]) -> dict[str, float | int]:
    """Shares that agree, and the count of false accepts (FAIL in the reference, PASS here)."""
    judged = list(judged)
    shares: dict[str, float | int] = {"reports": len(judged)}
    for what in ("status", "category", "severity", "disposition"):
        shares[what] = round(sum(each.right(what) for each in judged) / max(len(judged), 1), 3)
    shares["false_accepts"] = sum(
        each.gold["status"] == "FAIL" and each.ours["status"] == Status.PASS for each in judged
    )
    shares["false_rejects"] = sum(
        each.gold["status"] == "PASS" and each.ours["status"] == Status.FAIL for each in judged
    )
    return shares


def breakdown(judged: list[Judged]) -> dict[str, dict[str, dict[str, float | int]]]:
    """The same by status, language, format, half, pack and tag of difficulty."""
    groups: dict[str, dict[str, list[Judged]]] = defaultdict(lambda: defaultdict(list))
    for each in judged:
        gold = each.gold
        groups["status"][gold["status"]].append(each)
        groups["lang"][gold["lang"]].append(each)
        groups["format"][gold["file"].rsplit(".", 1)[-1]].append(each)
        groups["half"][half_of(gold["id"])].append(each)
        groups["pack"][each.ours["pack"]].append(each)
        groups["decided_by"][each.ours["decided_by"]].append(each)
        for tag in filter(None, gold["hard"].split("|")):
            groups["tag"][tag].append(each)
    return {kind: {name: measure(group) for name, group in sorted(by.items())} for kind, by in groups.items()}


def main() -> None:
    """Print the figures."""
    options = _options()
    rows = references(options.gold or options.reports / "gold.csv", options.half)
    judged = (
        stored(rows, options.state) if options.state else judge_all(rows, options.reports, options.rules, options.pack)
    )
    result: dict[str, Any] = {"all": measure(judged), "by": breakdown(judged)}
    _print(result, judged if options.errors else [])
    if options.json:
        options.json.write_text(json.dumps(result, indent=2), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=Path, default=REPORTS)
    parser.add_argument("--gold", type=Path, help="default: gold.csv beside the reports")
    parser.add_argument("--state", type=Path, help="score the results in this state folder")
    parser.add_argument("--rules", type=Path, default=ROOT / "rules")
    parser.add_argument("--pack", default="", help="judge all with this pack")
    parser.add_argument("--half", default="", choices=["", "A", "B"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--errors", action="store_true")
    return parser.parse_args()


def _print(result: dict[str, Any], errors: list[Judged]) -> None:
    out = sys.stdout
    out.write(f"all: {result['all']}\n")
    for kind, groups in result["by"].items():
        for name, shares in groups.items():
            out.write(f"{kind:7} {name:24} {shares}\n")
    for each in errors:
        if not all(each.right(what) for what in ("status", "category", "severity", "disposition")):
            out.write(_error(each))


def _error(each: Judged) -> str:
    gold, ours = each.gold, each.ours
    mark = " " if each.right("status") else "!"
    codes = " ".join(ours[what] for what in ("status", "category", "severity", "disposition"))
    said = f"{codes} [{ours['reason']}] {ours['evidence'][:60]!r}"
    wanted = f"{gold['status']} {gold['category']} {gold['severity']} {gold['dispositions']} ({gold['hard']})"
    return f"{mark} {gold['id']} {gold['file']} {ours['pack']}: ours {said}\n      gold {wanted}\n"


if __name__ == "__main__":
    main()
