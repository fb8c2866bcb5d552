"""Second results, conditions, and papers that name something else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.judging.assess import assess

Told = Callable[..., Report]


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        # sources of equal standing
        (("Lab 1: no pores. Lab 2: pores up to 3 mm. Both accredited for this test.",), "INDETERMINATE"),
        (("Lab 1: no pores. Lab 2: no pores. Both accredited for this test.",), "PASS"),
        (("治具1 测通过，治具2 测不良，两台治具早上都点检正常",), "INDETERMINATE"),
        # conditions
        (("Scratch on the bezel.", "Usable for stock units but not for show units."), "INDETERMINATE"),
        (("Throat 3.8, good if the frame is class C, rejectable if class B.",), "INDETERMINATE"),
        (("余高 2.8，按 B 级超，按 C 级可收，图上没写级别",), "INDETERMINATE"),
        # what would be is no finding
        (("If it cracks we would have to scrap it. Bent three times, no cracks.",), "PASS"),
        (("起皮的话客户会退。胶带试验没有起皮，合格",), "PASS"),
        (("Kelvin clip corroded?",), "INDETERMINATE"),
        # papers and goods
        (("Certificate is for heat KX-4471, the bars are stamped KX-4417.",), "FAIL"),
        (("Certificate is for heat KX-4471 and the marking says KX-4471, all good.",), "PASS"),
        (("Last year the label said KX-4471 and the order KX-4417. All good now.",), "PASS"),
    ],
)
def test_status(told: Told, general: RulePack, lines: tuple[str, ...], status: str) -> None:
    assert assess(told(*lines), general).status == status


@pytest.mark.parametrize(
    "trouble",
    [
        "Something odd at the hinge.",
        "Foreman not happy with the hinge.",
        "只有 3 扇能看",
        "The lid does not behave.",
        "Box label says 24 V, inside are 12 V units.",
    ],
)
def test_nothing_passes_while_trouble_is_unexplained(told: Told, general: RulePack, trouble: str) -> None:
    good = ("bore", "10.00", "10.05", "10.02")
    assert assess(told("All measured values fine.", measured=(good,)), general).status == "PASS"
    assert assess(told("All measured values fine.", trouble, measured=(good,)), general).status == "INDETERMINATE"


@pytest.mark.parametrize(
    "chat",
    [
        "No problems, nothing odd.",
        "没有问题，没发现异常",
        "The coffee machine is dead, the roof drips.",
        "Forklift 3 needs a new tyre.",
        "Odd noise at first, turned out to be harmless, all good.",
    ],
)
def test_talk_keeps_no_good_report_from_passing(told: Told, general: RulePack, chat: str) -> None:
    assert assess(told(chat, measured=(("bore", "10.00", "10.05", "10.02"),)), general).status == "PASS"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("结论：□合格  □不合格", "INDETERMINATE"),
        ("结论：☑合格  □不合格", "PASS"),
        ("结论：□合格  ☑不合格", "FAIL"),
        ("Result: [x] accepted  [ ] rejected", "PASS"),
        ("Result: [ ] accepted  [x] rejected", "FAIL"),
    ],
)
def test_only_ticked_choices_are_told(told: Told, general: RulePack, form: str, status: str) -> None:
    assert assess(told(form), general).status == status
