"""A machine calls a defect; who looks again says what it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge_app.domain.verdict import Status

OVERRULED = [
    "AOI called a tombstone at R12, under the scope it is fine",
    "camera stopped the line for a scratch, operator looked: nothing there",
    "vision system rejected cap 7 for a dent, second look: good",
    "X-ray station marked voids in U4, engineer reviewed and accepted",
    "tester flagged short at pin 3, manual check ok",
    "the sensor alarmed crack on the flange, by eye no defect",
    "robot inspection claims burr at hole 2, loupe shows clean edge, ok",
    "AXI: bridge between 3 and 4. Reviewed by hand, false call",
    "scratch at the lid turned out to be a hair on the lens",
    "what looked like a crack was just a tool shadow, part good",
    "the dent was nothing but glare from the ring light, piece is good",
    "supposed pore proved to be a dust grain, part accepted",
    "burr on the rim proved to be lint, part is fine",
    "the crack indication is only a reflection, good part",
    "scratch was in fact a water mark, part good",
    "phantom call for a missing screw, screw is there, ok",
    "false reject for a burr at port 2, released",
    "nuisance alarm: scratch on cover, checked good",
    "ghost defect: dent at the corner, part is ok",
    "missing clip called by the camera was a lighting effect, clip present, ok",
    "相机判划伤，人工看是良品",
    "视觉系统报裂纹，放大镜下看没问题",
    "AOI误判连锡，目检OK",
    "设备报警缺件，复看件在，良品",
    "测试机报短路，人工确认合格",
    "检测机提示凹坑，复核为良品",
    "所谓裂纹只是灰尘，擦掉就没了，件良好",
    "划伤其实是水渍，产品OK",
    "黑点实为镜头脏，件合格",
    "看着像裂纹的是光影，件没问题",
    "毛刺原来是纤维，吹掉后良品",
    "报的凹陷系反光，判良",
    "AXI报空洞，X光复看正常",
    "机器误报漏焊，实际焊点完好",
    "扫描仪报缺口，显微镜下无缺陷",
]
STANDS = [
    "AOI called a tombstone at R12, confirmed under the scope",
    "camera stopped the line for a scratch, operator sees it too",
    "vision flagged a dent, second look: real dent, rejected",
    "it was no shadow but a crack",
    "not a reflection, a real crack at the rib",
    "AOI says good, but crack at the rib by eye",
    "crack at the lug, function test ok",
    "machine reported a crack, microscope: crack confirmed",
    "dust on the lens was cleaned, crack still there",
    "burr at the port, camera ok",
    "相机判划伤，人工复看确认划伤",
    "视觉没报，人工看到裂纹",
    "不是反光，确实有裂纹",
    "设备报裂纹，复看属实",
    "AOI报连锡，人工确认连锡",
    "裂纹一处，功能正常",
]


@pytest.mark.parametrize("line", OVERRULED)
def test_a_call_that_was_false_is_no_finding(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.PASS


@pytest.mark.parametrize("line", STANDS)
def test_a_call_that_holds_is_a_finding(beside_good: Callable[[str], Status], line: str) -> None:
    assert beside_good(line) is Status.FAIL
