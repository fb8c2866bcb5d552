"""How well the rules alone judge reports with a coded reference.

``python tests/bench/accuracy.py [--reports DIR --gold FILE] [--json FILE] [--errors] [--half A|B]``
The reference is a CSV file with id, file, lang, status, category, severity, dispositions, hard.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_app.domain.verdict import Assessment, Status
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.assess import assess, select_pack
from edge_app.rulepacks import load_fields, load_packs

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("EDGE_SHARED", ROOT.parent / "shared"))
REPORTS = SHARED / "data" / "handwritten-reports"


@dataclass(frozen=True, slots=True)
class Judged:
    """One report with its reference."""

    gold: dict[str, str]
    ours: Assessment
    pack: str
    seconds: float
    """Of selecting the pack and assessing, without reading."""

    def right(self, what: str) -> bool:
        """Whether ``status``, ``category``, ``severity`` or ``disposition`` agrees with the reference."""
        if what == "disposition":
            return self.ours.disposition in self.gold["dispositions"].split("|")
        return bool(getattr(self.ours, what) == self.gold[what])


def half_of(name: str) -> str:
    """A or B: rules are developed on A, B only tells whether they carry over."""
    return "AB"[hashlib.sha256(name.encode()).digest()[0] % 2]


def judge_all(reports: Path, gold: Path, rules: Path, half: str = "", pack: str = "") -> list[Judged]:
    """Every report of the reference, judged by the rules."""
    packs, fields = load_packs(rules), load_fields(rules)
    judged = []
    with gold.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if half in {"", half_of(row["id"])}]
    for row in rows:
        report = read(Source((reports / row["file"]).read_bytes(), Path(row["file"]).name, fields))
        start = time.perf_counter()
        chosen = packs[pack] if pack else select_pack(report, packs)
        ours = assess(report, chosen)
        judged.append(Judged(row, ours, chosen.name, time.perf_counter() - start))
    return judged


def measure(judged: Iterable[Judged]) -> dict[str, float | int]:
    """Shares that agree, and the count of false accepts (FAIL in the reference, PASS here)."""
    judged = list(judged)
    shares: dict[str, float | int] = {"reports": len(judged)}
    for what in ("status", "category", "severity", "disposition"):
        shares[what] = round(sum(each.right(what) for each in judged) / max(len(judged), 1), 3)
    shares["false_accepts"] = sum(each.gold["status"] == "FAIL" and each.ours.status is Status.PASS for each in judged)
    shares["false_rejects"] = sum(each.gold["status"] == "PASS" and each.ours.status is Status.FAIL for each in judged)
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
        groups["pack"][each.pack].append(each)
        for tag in filter(None, gold["hard"].split("|")):
            groups["tag"][tag].append(each)
    return {kind: {name: measure(group) for name, group in sorted(by.items())} for kind, by in groups.items()}


def main() -> None:
    """Print the figures."""
    options = _options()
    judged = judge_all(options.reports, options.gold, options.rules, options.half, options.pack)
    result: dict[str, Any] = {"all": measure(judged), "by": breakdown(judged)}
    result["assessed_per_second"] = round(len(judged) / sum(each.seconds for each in judged))
    _print(result, judged if options.errors else [])
    if options.json:
        options.json.write_text(json.dumps(result, indent=2), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=Path, default=REPORTS)
    parser.add_argument("--gold", type=Path, default=REPORTS / "gold.csv")
    parser.add_argument("--rules", type=Path, default=ROOT / "rules")
    parser.add_argument("--pack", default="", help="judge all with this pack")
    parser.add_argument("--half", default="", choices=["", "A", "B"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--errors", action="store_true")
    return parser.parse_args()


def _print(result: dict[str, Any], errors: list[Judged]) -> None:
    out = sys.stdout
    out.write(f"all: {result['all']}\nassessed per second: {result['assessed_per_second']}\n")
    for kind, groups in result["by"].items():
        for name, shares in groups.items():
            out.write(f"{kind:7} {name:24} {shares}\n")
    for each in errors:
        if not all(each.right(what) for what in ("status", "category", "severity", "disposition")):
            out.write(_error(each))


def _error(each: Judged) -> str:
    gold, ours = each.gold, each.ours
    mark = " " if each.right("status") else "!"
    quote = ours.evidence.text[:60] if ours.evidence else ""
    said = f"{ours.status} {ours.category} {ours.severity} {ours.disposition} [{ours.reason}] {quote!r}"
    wanted = f"{gold['status']} {gold['category']} {gold['severity']} {gold['dispositions']} ({gold['hard']})"
    return f"{mark} {gold['id']} {gold['file']} {each.pack}: ours {said}\n      gold {wanted}\n"


if __name__ == "__main__":
    main()
