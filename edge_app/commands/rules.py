"""``rules list|check|test|show``: for the engineer who owns the plant's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge_app.commands.options import Config, Json, Rules, settings_from
from edge_app.domain.rulepack import FieldVocabulary, PackTest, RulePack
from edge_app.errors import UsageError
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.judging.assess import assess
from edge_app.observe.tables import print_json, show_pairs, show_table
from edge_app.rulepacks import load_fields, load_packs, problems
from edge_app.settings import default_rules

app = typer.Typer(no_args_is_help=True, help="Rule packs: list, check, test, show.")


@app.command("list")
def list_(config: Config = None, rules: Rules = None, json_: Json = False) -> None:
    """The packs, their versions and fingerprints."""
    rows = [_row(pack) for pack in load_packs(_folder(config, rules)).values()]
    if json_:
        for row in rows:
            print_json(row)
    else:
        show_table([row | {"fingerprint": str(row["fingerprint"])[:12]} for row in rows], list(rows[0]))


@app.command()
def check(config: Config = None, rules: Rules = None, json_: Json = False) -> None:
    """Every error in the rule packs, with file and key. Exit code 2 when there are any."""
    folder = _folder(config, rules)
    found = problems(folder)
    if json_:
        print_json({"rules": str(folder), "problems": found})
    else:
        for problem in found:
            typer.echo(problem)
    if found:
        raise UsageError(f"{len(found)} errors in {folder}", "correct the files named above")
    if not json_:
        typer.echo(f"{folder}: all packs are valid")


@app.command()
def test(
    pack: Annotated[str | None, typer.Argument(help="Only this pack.")] = None,
    config: Config = None,
    rules: Rules = None,
    json_: Json = False,
) -> None:
    """Run the tests that the packs carry. Exit code 2 when one fails."""
    folder = _folder(config, rules)
    packs = load_packs(folder)
    fields = load_fields(folder)
    chosen = [packs[pack]] if pack in packs else list(packs.values())
    if pack is not None and pack not in packs:
        raise UsageError(f"no rule pack {pack!r}", f"packs: {', '.join(packs)}")
    rows = [
        {"pack": each.name, "test": test.name, "wrong": run_test(test, each, fields)}
        for each in chosen
        for test in each.tests
    ]
    failed = [row for row in rows if row["wrong"]]
    if json_:
        for row in rows:
            print_json(row)
    else:
        if failed:
            show_table(failed, ("pack", "test", "wrong"))
        typer.echo(f"{len(rows) - len(failed)} of {len(rows)} pack tests pass")
    if failed:
        raise UsageError(f"{len(failed)} pack tests fail", "correct the pack or the test's expectation")


@app.command()
def show(
    pack: Annotated[str, typer.Argument(help="Name of the pack.")],
    config: Config = None,
    rules: Rules = None,
    json_: Json = False,
) -> None:
    """One effective pack: what it inherits included."""
    packs = load_packs(_folder(config, rules))
    if pack not in packs:
        raise UsageError(f"no rule pack {pack!r}", f"packs: {', '.join(packs)}")
    chosen = packs[pack]
    if json_:
        print_json(chosen.model_dump(mode="json"))
        return
    show_pairs(_row(chosen) | {"description": chosen.description})
    terms = [
        {
            "code": term.code,
            "category": term.category,
            "severity": term.severity,
            "words": ", ".join((*term.en, *term.zh)),
        }
        for term in chosen.terms
    ]
    show_table(terms, ("code", "category", "severity", "words"), title="\ndefect terms")


def run_test(test: PackTest, pack: RulePack, fields: FieldVocabulary) -> str:
    """What is wrong with a pack's answer to one of its tests; empty when nothing is."""
    report = read(Source(test.text.encode(), f"{test.name}.{test.format}", fields))
    got = assess(report, pack)
    differences = []
    if got.status is not test.status:
        differences.append(f"status {got.status}, expected {test.status}")
    if test.category is not None and got.category is not test.category:
        differences.append(f"category {got.category}, expected {test.category}")
    if test.severity is not None and got.severity is not test.severity:
        differences.append(f"severity {got.severity}, expected {test.severity}")
    if test.disposition and got.disposition not in test.disposition:
        differences.append(f"disposition {got.disposition}, expected {'|'.join(test.disposition)}")
    return "; ".join(differences)


def _folder(config: Path | None, rules: Path | None) -> Path:
    return settings_from(config, None, rules=rules).rules or default_rules()


def _row(pack: RulePack) -> dict[str, str | int]:
    return {
        "name": pack.name,
        "version": pack.version,
        "title": pack.title,
        "terms": len(pack.terms),
        "tests": len(pack.tests),
        "fingerprint": pack.fingerprint,
    }
