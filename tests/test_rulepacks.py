"""The loader's refusals, fingerprints, and the packs that ship."""

import re
import shutil
from pathlib import Path
from typing import Final

import pytest

from edge_app.commands.rules import run_test
from edge_app.domain.rulepack import FieldVocabulary, PackTest, RulePack
from edge_app.errors import UsageError
from edge_app.judging.lexicon import lexicon_of
from edge_app.rulepacks import load_fields, load_packs, problems

RULES: Final = Path(__file__).resolve().parents[1] / "rules"
PACKS: Final = load_packs(RULES)
FIELDS: Final = load_fields(RULES)
CASES: Final = [(pack.name, test) for pack in PACKS.values() for test in pack.tests]
GENERAL: Final = """
name: general
version: 1.0.0
title: General
terms:
  - {code: G-CRACK, category: crack, en: ['cracks?'], zh: [裂纹]}
cues:
  negation: {en: ["no"], zh: [无]}
prompt: {system: from general}
tests:
  - {name: one, text: no cracks, status: PASS}
"""
DERIVED: Final = """
name: derived
version: 2.0.0
title: Derived
inherits: general
terms:
  - {code: D-BURR, category: surface, en: ['burrs?']}
cues:
  negation: {en: [without]}
"""


def _rules(tmp_path: Path, **packs: str) -> Path:
    for name, text in packs.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "pack.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_unknown_key_is_refused_with_pack_and_key(tmp_path: Path) -> None:
    root = _rules(tmp_path, general=GENERAL + "colour: red\n")
    with pytest.raises(UsageError, match=r"rules/general: colour"):
        load_packs(root)


def test_unknown_category_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"terms\.0\.category"):
        load_packs(_rules(tmp_path, general=GENERAL.replace("category: crack", "category: cracks")))


def test_broken_yaml_is_refused_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"pack\.yaml"):
        load_packs(_rules(tmp_path, general="name: [general\n"))


def test_unknown_base_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown or derived pack 'general'"):
        load_packs(_rules(tmp_path, derived=DERIVED))


def test_base_that_itself_inherits_is_refused(tmp_path: Path) -> None:
    grandchild = DERIVED.replace("name: derived", "name: third").replace("inherits: general", "inherits: derived")
    with pytest.raises(UsageError, match="unknown or derived pack 'derived'"):
        load_packs(_rules(tmp_path, general=GENERAL, derived=DERIVED, third=grandchild))


def test_key_in_two_files_of_a_pack_is_refused(tmp_path: Path) -> None:
    root = _rules(tmp_path, general=GENERAL)
    (root / "general" / "terms.yaml").write_text("terms: []\n", encoding="utf-8")
    with pytest.raises(UsageError, match="'terms' stands in two files"):
        load_packs(root)


def test_mappings_of_a_pack_may_be_split_over_files(tmp_path: Path) -> None:
    root = _rules(tmp_path, general=GENERAL)
    for name, cue in (("one", "hedge"), ("two", "pending")):
        (root / "general" / f"{name}.yaml").write_text(f"cues: {{{cue}: {{en: [{name}]}}}}\n", encoding="utf-8")
    cues = load_packs(root)["general"].cues
    assert (cues.hedge.en, cues.pending.en) == (("one",), ("two",))


def test_folder_and_name_must_agree(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="calls itself 'general'"):
        load_packs(_rules(tmp_path, other=GENERAL))


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no rule packs"):
        load_packs(tmp_path)


def test_broken_expression_is_refused(tmp_path: Path) -> None:
    pack = load_packs(_rules(tmp_path, general=GENERAL.replace("['cracks?']", '["(crack"]')))["general"]
    with pytest.raises((re.error, ValueError)):
        lexicon_of(pack)


def test_own_terms_stand_before_inherited_ones(tmp_path: Path) -> None:
    pack = load_packs(_rules(tmp_path, general=GENERAL, derived=DERIVED))["derived"]
    assert [term.code for term in pack.terms] == ["D-BURR", "G-CRACK"]
    assert pack.cues.negation.en == ("without", "no")
    assert pack.prompt.system == "from general"


def test_tests_are_not_inherited(tmp_path: Path) -> None:
    assert load_packs(_rules(tmp_path, general=GENERAL, derived=DERIVED))["derived"].tests == ()


def test_fingerprint_does_not_depend_on_layout_or_tests(tmp_path: Path) -> None:
    before = load_packs(_rules(tmp_path, general=GENERAL))["general"].fingerprint
    path = tmp_path / "general" / "pack.yaml"
    head, _, _ = GENERAL.partition("tests:")
    path.write_text("# a comment\n" + head, encoding="utf-8")
    assert load_packs(tmp_path)["general"].fingerprint == before


def test_fingerprint_changes_with_one_word_of_the_base(tmp_path: Path) -> None:
    before = load_packs(_rules(tmp_path, general=GENERAL, derived=DERIVED))["derived"].fingerprint
    path = tmp_path / "general" / "pack.yaml"
    path.write_text(GENERAL.replace("cracks?", "fissures?"), encoding="utf-8")
    assert load_packs(tmp_path)["derived"].fingerprint != before


def test_problems_names_every_broken_pack(tmp_path: Path) -> None:
    shutil.copy(RULES / "fields.yaml", tmp_path)
    root = _rules(tmp_path, general=GENERAL + "colour: red\n", derived=DERIVED.replace("2.0.0", "two"))
    found = "\n".join(problems(root))
    assert "rules/general" in found
    assert "rules/derived" in found


def test_shipped_rules_have_no_problems() -> None:
    assert problems(RULES) == []


def test_shipped_packs_are_the_general_one_and_a_pack_for_each_scenario() -> None:
    assert set(PACKS) == {"general", "machined-parts", "welding-casting", "electronics", "moulding", "coating-assembly"}
    assert all(pack.inherits == "general" for name, pack in PACKS.items() if name != "general")


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_codes_are_unique_in_a_pack(pack: RulePack) -> None:
    codes = [term.code for term in pack.terms] + [rule.code for rule in pack.characteristics]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("pack", PACKS.values(), ids=list(PACKS))
def test_pack_is_usable(pack: RulePack) -> None:
    assert lexicon_of(pack)
    assert len(pack.tests) >= 12
    assert pack.prompt.system


@pytest.mark.parametrize(("name", "test"), CASES, ids=[f"{name}: {test.name}" for name, test in CASES])
def test_pack_answers_its_own_tests(name: str, test: PackTest) -> None:
    assert run_test(test, PACKS[name], FIELDS) == ""


def test_fields_vocabulary_is_not_empty() -> None:
    assert isinstance(FIELDS, FieldVocabulary)
    assert FIELDS.column["upper"]


def test_words_stand_for_their_names_in_phrases(tmp_path: Path) -> None:
    words = "words:\n  little: [one, two]\n  few: ['{little}', three]\n"
    pack = load_packs(_rules(tmp_path, general=words + GENERAL.replace('["no"]', '["no {few}{1,2}"]')))["general"]
    assert pack.cues.negation.en == ("no (?:(?:one|two)|three){1,2}",)


def test_words_that_are_not_listed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'few', which are not listed"):
        load_packs(_rules(tmp_path, general=GENERAL.replace('["no"]', '["no {few}"]')))
