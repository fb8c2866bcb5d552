"""Templates: what may be drawn from one, and that every drawing is one of its variants."""

from __future__ import annotations

from random import Random

from edge_app.distill.wording import parse, variants, write


def test_alternatives_nest_and_slots_are_filled() -> None:
    wording = parse("<no|not <a|one>> {d}<| at {p}>")
    assert [*variants(wording)] == [
        *("no {d}", "no {d} at {p}"),
        *("not a {d}", "not a {d} at {p}"),
        *("not one {d}", "not one {d} at {p}"),
    ]
    drawn = {write(wording, Random(seed), "[{}]".format, str.upper) for seed in range(60)}
    assert drawn == {text.upper().replace("{D}", "[d]").replace("{P}", "[p]") for text in variants(wording)}


def test_words_without_marks_stand_as_they_are() -> None:
    assert [*variants(parse("孔口 (3) 裂"))] == ["孔口 (3) 裂"]
