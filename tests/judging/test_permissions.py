"""What a standard, a drawing, a sample or an agreement allows is no finding, and only that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.verdict import Status

ALLOWED = [
    "burr at the rim, no cause for rejection under clause 5",
    "light scratch, does not give reason to reject according to the standard",
    "two pores, not rejectable per class B",
    "scratch on the back below the acceptance threshold",
    "burr under the reject limit",
    "faint flow line at gate 3, under the permissible level",
    "orange peel, ok to note 2 on the drawing",
    "scuff at the corner okay acc. to the catalogue",
    "spatter okay by WPS",
    "scratch fine according to customer agreement",
    "small dent admitted by the spec",
    "pinhole permitted under ISO 5817 level C",
    "scratch, tolerated by the customer standard",
    "burr tolerable as per drawing note 7",
    "stain, accepted acc. to sample board",
    "scratch lighter than the master sample, acceptable",
    "sink mark not worse than the reference part",
    "flow mark no worse than the boundary sample",
    "discoloration within what the limit sample shows",
    "burr within allowance",
    "void share inside class 2",
    "small scratch of 3 mm, ok per IPC-A-610 class 2",
    "sink mark, cosmetic only and allowed by the drawing",
    "minor scratch, no reject per the standard",
    "blemish does not count as a defect per note 3",
    "tolerable burr at hole 4",
    "acceptable scratch at cover 12, see limit sample",
    "轻微划伤，按图纸可放行",
    "毛刺低于拒收界限",
    "凹坑未超过标准",
    "气孔未超允许值",
    "划痕不超限度样板",
    "飞边小于允收上限",
    "色差在客户协议范围之内",
    "缩痕轻于标样，接收",
    "砂眼按标准三级不判",
    "划伤，依据注释2可以接收",
    "水渍属允许缺陷，按样件放行",
    "橘皮，规范许可",
    "小毛刺，不作不良处理，按检规",
    "流痕，符合封样，可收",
    "气泡数量在标准允许内",
    "麻点比样件轻，判收",
    "按协议此类划伤不计",
    "缩水符合限度样，OK",
    "咬边0.2，不超标准",
]
EXCLUDED = [
    "burr at the rim, reason to reject under clause 5",
    "scratch above the acceptance threshold",
    "scratch not allowed by the drawing",
    "burr worse than the limit sample",
    "scratch longer than the drawing allows",
    "deeper than what the standard permits: dent at hole 3",
    "scratch 5 mm, drawing allows 2 mm",
    "burr outside the allowed amount",
    "void share over class 2",
    "crack, not acceptable per standard",
    "the standard permits no cracks, crack at rib 2",
    "burr exceeds what the limit sample shows",
    "larger than permitted: scratch on cover",
    "dent, no longer within the limit sample",
    "划伤超过标准",
    "毛刺高于接收限",
    "凹坑超出限度样",
    "气孔大于允许值",
    "划痕比限度样重",
    "图纸不允许毛刺，此件有毛刺",
    "裂纹，标准不许可",
    "飞边未在允许范围内",
]


@pytest.mark.parametrize("line", ALLOWED)
def test_what_is_allowed_is_no_finding(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.PASS


@pytest.mark.parametrize("line", EXCLUDED)
def test_what_is_not_allowed_is_a_finding(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.FAIL
