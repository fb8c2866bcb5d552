"""Sampling lines in the notations that people use."""

from __future__ import annotations

import pytest

from edge_app.domain.numbers import fold
from edge_app.domain.report import LotSample
from edge_app.domain.verdict import Span
from edge_app.intake.readers.prose_lots import find_lots


def _lots(text: str) -> list[LotSample]:
    return [*find_lots(Span(text, 0), fold(text))]


@pytest.mark.parametrize(
    ("text", "accept", "reject", "found"),
    [
        ("N=3664，真空泡=1，Ac=2，Re=3", 2, 3, 1),
        ("n=2993，oval journal=1，Ac=1，Re=2", 1, 2, 1),
        ("超下差：3/2383，AC5 RE6", 5, 6, 3),
        ("3.1证书不符：1/1461，Ac/Re=2/3", 2, 3, 1),
        ("a couple of dents - found 2 - Ac 2 - Re 3", 2, 3, 2),
        ("N=8611 Ac=2 Re=3，湿气纹：0", 2, 3, 0),
        ("n=4511 Ac=7 Re=8，烧胶黑：7", 7, 8, 7),
        ("批f/7，2538件。IQC抽1989，断保险数1，允收1/拒收2", 1, 2, 1),
        ("AQL1.0，抽6362，earth leakage2件，Ac3 Re4", 3, 4, 2),
        ("AQL0.65，n=4760，虫孔（焊）=3，5收6退", 5, 6, 3),
        ("n=1447，唛头不对=8、7收8退", 7, 8, 8),
        ("来料抽1511，黑条4、允许3、4退", 3, 4, 4),
        ("杯子 QX-1, n=4511 Ac=7 Re=8，烧胶黑：7", 7, 8, 7),
        ("按AQL1.0抽500，2件漏焊，收2退3", 2, 3, 2),
        ("母材开裂: 2 in sample, Ac/Re 3/4", 3, 4, 2),
        ("lot sample: 5 dented caps, accept 5, reject 6", 5, 6, 5),
        ("level I: 6 dented caps, Ac 5, Re 6", 5, 6, 6),
        ("no cap on 6 of the sample, Ac 5, Re 6", 5, 6, 6),
        ("steel sliver x2, allowed 3, reject at 4", 3, 4, 2),
        ("burrs that block the fit x0, allowed 2, reject at 3", 2, 3, 0),
        ("dents: count 4, limit 3, reject 4", 3, 4, 4),
        ("不良数2（脏污），判定数[3,4]，见表4", 3, 4, 2),
        ("胶袋封口开 1件，判定数（0，1）", 0, 1, 1),
        ("漏保不动作共计0，方案(8667;0,1)", 0, 1, 0),
        ("方案(867;2,3)，划伤 2", 2, 3, 2),
        ("来料抽1511，黑条 4件，允许3，4退", 3, 4, 4),
        ("随机4415只，1只掉光，1只以内收，2只退", 1, 2, 1),
        ("抽了500，有3个漏焊，最多允许2个，到3个就退", 2, 3, 3),
        ("from 3892 drawn, 0 bear burrs, bound 0", 0, 1, 0),
        ("from 9053 drawn, 5 bear connector off, bound 3", 3, 4, 5),
        ("抽出3051，拖花占6，界7", 7, 8, 6),
        ("抽出3051，拖花占8，界7", 7, 8, 8),
        ("sampled 3594, chatter mark 1x, allowed 0, reject from 1", 0, 1, 1),
        ("sampled 640, 4x off-centre hole, allowed 3", 3, 4, 4),
        ("抽500件，漏焊4件，允许3", 3, 4, 4),
    ],
)
def test_a_sample_however_it_is_written(text: str, accept: int, reject: int, found: int) -> None:
    (lot,) = _lots(text)
    assert (lot.accept, lot.reject, lot.found) == (accept, reject, found)


@pytest.mark.parametrize(
    "text",
    [
        "n=125, Ac 2 Re 3",
        "Ac 2 Re 3, cavity 1",
        "n=125, Ac 2 Re 3, cavity: 1",
        "n=125, Ac 2 Re 3，见表1",
        "sample size 80, accept 2, reject 3",
        "1st  200  Ac 5  Re 9",
    ],
)
def test_no_other_number_is_taken_for_what_was_found(text: str) -> None:
    (lot,) = _lots(text)
    assert lot.found is None


@pytest.mark.parametrize(
    "text",
    [
        "sampled 5, scratch 2 mm, allowed 3 mm",
        "from 20 drawn, 2 bear marks, bound 3 mm",
        "limit 3, rejected 4 by the camera",
    ],
)
def test_a_size_is_no_count(text: str) -> None:
    assert _lots(text) == []
