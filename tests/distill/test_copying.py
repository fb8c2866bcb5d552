"""Copying: what is asked for stands in the prompt, once."""

from __future__ import annotations

from edge_app.distill.copying import CUE, copy_pair


def test_what_is_wanted_stands_in_the_prompt() -> None:
    for number in range(300):
        prompt, wanted = copy_pair(number)
        head, _, lines = prompt.partition("\n")
        assert 0 < len(wanted) <= 60
        assert head.startswith(CUE)
        assert wanted in lines
        assert wanted.startswith(head.removeprefix(f"{CUE}: "))


def test_the_same_number_gives_the_same_pair() -> None:
    assert copy_pair(3) == copy_pair(3)
