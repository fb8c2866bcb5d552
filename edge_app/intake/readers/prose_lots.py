"""Acceptance sampling in free text: ``n=125, Ac 3 Re 4, found 2``, ``抽样125件，发现2件，允收3 拒收4``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from edge_app.domain.report import LotSample
from edge_app.domain.verdict import Span

_EACH: Final = r"\s*(?:数|number|on|at|=|:|为|is)?\s*(?:=|:)?\s*"
_PLAN: Final = re.compile(
    rf"(?<![A-Za-z])(?:Ac|AC|ac|[Aa]ccept(?:ance)?|允收|接收|接受|合格判定)\d?{_EACH}(?P<accept>\d+)\s*[,;/、|\-]?\s*(?:and\s+)?"
    rf"(?:Re|RE|re|[Rr]ej(?:ect(?:ion)?)?|拒收|拒绝|不合格判定)\d?{_EACH}(?P<reject>\d+)"
    r"|(?<![A-Za-z])[Aa][Cc]\s*/\s*[Rr][Ee]\s*[=:(]?\s*(?P<accept2>\d+)\s*[/,]\s*(?P<reject2>\d+)"
    r"|(?:允收|接收)\s*/\s*(?:拒收|拒绝)\s*[=:(]?\s*(?P<accept3>\d+)\s*[/,]\s*(?P<reject3>\d+)"
    r"|(?<![\d.])(?P<accept4>\d+)\s*收\s*[,/]?\s*(?P<reject4>\d+)\s*[退拒]"
    r"|(?<![\d.])收\s*(?P<accept7>\d+)\s*[,/、]?\s*[退拒]收?\s*(?P<reject7>\d+)"
    r"|(?<![A-Za-z])[Ll]imit\s*(?P<accept8>\d+)\s*[,;、]\s*[Rr]eject\s*(?:from|at|on)?\s*(?P<reject8>\d+)"
    r"|判定数\s*[:=]?\s*[\[(]\s*(?P<accept9>\d+)\s*[,;/、]\s*(?P<reject9>\d+)\s*[\])]"
    r"|(?:方案|(?<![A-Za-z])[Pp]lan)\s*\(\s*(?:n\s*=\s*)?\d+\s*[;,]\s*(?P<accept10>\d+)\s*[,;/、]\s*(?P<reject10>\d+)\s*\)"
    r"|(?P<accept11>\d+)\s*[只件个]\s*(?:以内|及以下|以下)\s*(?:允收|接收|收)\s*[,;]?\s*(?P<reject11>\d+)\s*[只件个]\s*(?:起|及以上|以上)?\s*就?[退拒]"
    r"|最多(?:允许)?\s*(?P<accept12>\d+)\s*[只件个]?\s*[,;、]?\s*[到满]?\s*(?P<reject12>\d+)\s*[只件个]?\s*起?就?[退拒]"
    r"|(?:允许|[Aa]llowed|[Pp]ermitted)\s*(?P<accept5>\d+)\s*[,;、]?\s*(?:(?:拒收|[Rr]eject)\s*(?:from|at|[自从])?\s*(?P<reject5>\d+)|(?P<reject6>\d+)\s*起?\s*(?:拒收|退|拒))"
    r"|(?<![A-Za-z])c\s*=\s*(?P<only>\d+)"
)
_SIZE: Final = re.compile(
    r"(?<![A-Za-z])n\s*=\s*(\d+)|sample(?:\s+size)?\s*(?:of|:|=|is)?\s*(\d+)(?![\d.]|\s+(?!pcs|pieces|units|parts|boards|boxes|from)[a-z])|inspected\s*[:=]?\s*(\d+)|(\d+)\s+(?:inspected|sampled)|(?:方案|plan)\s*\(\s*(\d+)(?=\s*[;,])"
    r"|(?:抽样|抽检|抽取|抽查|样本量?|检验|抽)(?:数|量|数量)?\s*[:=为]?\s*(\d+)",
    re.IGNORECASE,
)
_FOUND: Final = re.compile(
    r"(?:found|defects?|defectives?|rejects|nonconforming|nonconformities|failures)\s*[:=]?\s*(\d+)(?!\s*/)"
    r"|(\d+)\s*(?:pcs|pieces|units)?\s*(?:were\s+)?(?:found|defects?|defectives?|nonconforming|nonconformities|rejected|failed|bad|NG)\b"
    r"|(?:发现|检出|不良|不合格|缺陷|实际|实测|实)(?:品|数|件数|品数)?\s*[:=]?\s*(\d+)|(\d+)\s*(?:件|只|个|处|pcs)?\s*(?:不良|不合格|缺陷)"
    r"|(?<![A-Za-z])d\s*=\s*(\d+)|(?<![\d.])(\d+)\s+(?:out\s+)?of\s+\d+"
    r"|(?<![\d.])(\d+)\s*(?:units?|pcs|pieces|parts|boards|boxes|cartons)?\s+(?:with\b|w/)",
    re.IGNORECASE,
)
_NONE_FOUND: Final = re.compile(
    r"none\s+found|no\s+(?:defects?|defectives?)|found\s*[:=]?\s*(?:none|nil)|未发现|无不良|未检出", re.IGNORECASE
)
_BEFORE_BRACKET: Final = re.compile(r"(\d+)\s*(?:pcs|pieces|件|只|个|处|颗|支)?\s*[(\[][^()\[\]]*$")
_OF_NONE: Final = re.compile(
    r"(?<![\d./])(?P<found>\d{1,4})\s*(?:/|of|out\s+of)\s*(?P<size>\d{1,5})(?![\d./])[^,;。\n\d]{0,20}[,(]\s*"
    r"(?:spec|limit|allowed|permitted|requirement|要求|标准|允许|规格)\s*(?:is)?\s*[:=]?\s*(?:none|nil|zero|0|无|不允许|没有)(?![\w.])",
    re.IGNORECASE,
)
_ALONE: Final = re.compile(r"[^\S\n]*[,;:\t|→][^\S\n]*(\d{1,4})[^\S\n]*(?=[,;。\n|]|$)")
_ALTOGETHER: Final = re.compile(
    r"(?:累计|合计|总计|cumulative(?:ly)?|in\s+all|altogether|running\s+total|total\s+found)\s*(?:found|发现|不良|不合格)?\s*[:=]?\s*(\d+)",
    re.IGNORECASE,
)
"""Of two samples together: what the second plan is held against."""
_PIECES: Final = re.compile(
    r"(?<![\d./\-_a-z])(\d{1,4})\s*(?:件|只|个|台|片|块|套|支|根|pcs\b|pieces\b|parts\b|units\b|x\b|×)(?!\s*/)"
    r"|(?<![\d./\-_a-z])(\d{1,4})\s+(?:with|w/|having|showing)\b|[㐀-鿿]\s*(\d{1,4})\s*[,;，]?\s*$|\b[a-z]+\s+(\d{1,4})\s*x?\s*[,;，]?\s*$",
    re.IGNORECASE,
)
_OF_UNITS: Final = r"\s*(?:件|只|个|台|处|片|颗|点|套|pcs|pieces|parts|units|x|×)?"
_RIGHT_BEFORE: Final = re.compile(
    rf"(?<![\d.])(\d{{1,4}})\s*/\s*\d{{2,6}}\s*[,;、(\-]\s*$"
    rf"|[a-z\u3400-\u9fff)]\s*(?:[=:]\s*|[x×]|数|共计?|总计|[有占]\s*|\s)?(?<![\d.])(\d{{1,4}}){_OF_UNITS}\s*[,;、(\-]\s*$"
    rf"|(?:^|[:,;]\s*|有)(\d{{1,4}})(?:\s*[x×件只个台处片颗点套]\s*|\s+)(?=[a-z\u3400-\u9fff])[^,;:\d]*[,;、(\-]\s*$"
    rf"|(?<![\d.])(\d{{1,4}})\s+(?:of|in|from|out\s+of)\s+(?:the|a|our)\s+(?:\w+\s+)?sample\b",
    re.IGNORECASE,
)
"""What was counted stands last before the plan: ``真空泡=1,``, ``3/2383,``, ``: 2 in sample,``."""
_RIGHT_AFTER: Final = re.compile(
    r"\s*[,;](?!\s*(?:page|sheet|table|hole|pos|cavity|station|box|tray|carton|lot|batch|heat|note|no|nr|line)\b|[^,;。\n]{0,3}[表页第号箱批腔序位])\s*"
    rf"[^\d,;。\n:=]{{1,30}}\s*[:=\s]\s*(\d{{1,4}}){_OF_UNITS}\s*(?=[,;。\n/|]|$)",
    re.IGNORECASE,
)
"""``n=50 Ac=2 Re=3,湿气纹:0``: the plan first, then what was counted."""
_PLACE: Final = re.compile(
    r"\b(?:page|sheet|table|hole|pos\w*|cavity|station|box|tray|carton|lot|batch|heat|note|no|nr|line|cell|slot|rev|plan|item|point|pallet|machine|press|level)[.:#\s]*\d+"
    r"|[表页第号箱批腔序位图栏班线机槽]\s*[:#]?\s*\d+|\d+\s*[号#]",
    re.IGNORECASE,
)
_SIZE_ALONE: Final = re.compile(r"(?:^|[\s,;。:(])n\s*=\s*\d+\s*[,;]?\s*$|^\s*$", re.IGNORECASE)
_BOUND: Final = re.compile(
    r"(?:from\s+(?P<size>\d+)\s+(?:drawn|taken|pulled|sampled)\s*,\s*(?P<found>\d{1,4})\s+(?:bear|have|had|show|with)\b[^,;。\n]*,\s*(?:bound|limit|at\s+most|allowed)"
    r"|抽(?:出|取|了)?\s*(?P<size2>\d+)\s*[件只个]?\s*,\s*[^,;。\n\d]*(?:占|有|共|计)\s*(?P<found2>\d{1,4})\s*[件只个]?\s*,\s*(?:界限?|上限|限|允许)"
    r"|抽(?:出|取|了)?\s*(?P<size3>\d+)\s*[件只个]\s*,\s*[^,;。\n\d]*?(?P<found3>\d{1,4})\s*[件只个]\s*,\s*允许"
    r"|sampled\s+(?P<size4>\d+)\s*,\s*(?:[^,;。\n\d]*?(?P<found4>\d{1,4})\s*x|(?P<found5>\d{1,4})\s*x[^,;。\n\d]*)\s*,\s*allowed)"
    r"\s*(?P<accept>\d{1,4})(?![\d.%]|\s*(?:mm|um|cm|级)|\s*[,;]?\s*(?:reject|\d+\s*起?[退拒]))",
    re.IGNORECASE,
)
"""A sample, a count and the most that is allowed, without a number to reject at."""
_NEAR: Final = 120
_NAME: Final = re.compile(r"[A-Za-z㐀-鿿][A-Za-z㐀-鿿 /-]*")
_NO_NAME: Final = re.compile(
    r"(?:AQL|sample|size|found|defects?|defectives?|level|plan|pcs|抽样|抽检|发现|件|只|个|n)\b|抽样|抽检|发现",
    re.IGNORECASE,
)


def _bounded(span: Span, folded: str) -> Iterator[LotSample]:
    """``from 380 drawn, 2 bear dents, bound 3``."""
    for match in _BOUND.finditer(folded):
        numbers = match.groupdict()
        found = next(int(value) for name, value in numbers.items() if value and name.startswith("found"))
        size = next(int(value) for name, value in numbers.items() if value and name.startswith("size"))
        accept = int(match["accept"])
        evidence = Span(span.text[match.start() : match.end()], span.start + match.start())
        yield LotSample(_name(match.group().partition(",")[2]), accept, accept + 1, found, evidence, size)


def _none_allowed(span: Span, folded: str) -> Iterator[LotSample]:
    """``oil film, 6/50 tubes, spec: none``: so many of a sample, where none is allowed."""
    for match in _OF_NONE.finditer(folded):
        start = folded.rfind("\n", 0, match.start()) + 1
        end = folded.find("\n", match.end())
        end = len(folded) if end < 0 else end
        evidence = Span(span.text[start:end].strip(), span.start + start + _indent(span.text[start:end]))
        yield LotSample(_name(folded[: match.start()]), 0, 1, int(match["found"]), evidence, int(match["size"]))


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def find_lots(span: Span, folded: str) -> Iterator[LotSample]:
    """One sample a plan. ``folded`` is the span's text, folded, of the same length.

    A second sample without a number found is a sample that is still open.
    """
    yield from _none_allowed(span, folded)
    yield from _bounded(span, folded)
    plans = [*_PLAN.finditer(folded)]
    edges = [0, *(plan.end() for plan in plans)]
    stated_before = bool(plans) and _stated(folded[: plans[0].start()]) is not None
    for index, plan in enumerate(plans):
        before = folded[edges[index] : plan.start()]
        after = folded[plan.end() : plans[index + 1].start() if index + 1 < len(plans) else len(folded)]
        if len(plans) > 1:
            before, after = (_last_part(before), "") if stated_before else (_last_part(before), _first_part(after))
        found = _stated(before) if stated_before or len(plans) == 1 else None
        found = _stated(after) if found is None else found
        found = _bare(folded, plan.end()) if found is None else found
        if found is None and len(plans) == 1 and _SIZE_ALONE.search(before.rpartition("\n")[2]):
            found = _first(_RIGHT_AFTER, after) if _RIGHT_AFTER.match(after) else None
        yield _lot(span, folded, plan, (before, after), found)


def plan_spans(folded: str) -> Iterator[tuple[int, int]]:
    """Where numbers belong to a sampling plan and are no measurements."""
    yield from (match.span() for match in _BOUND.finditer(folded))
    if _PLAN.search(folded) is None:
        return
    for pattern in (_PLAN, _SIZE, _FOUND):
        yield from (match.span() for match in pattern.finditer(folded))


def _lot(span: Span, folded: str, plan: re.Match[str], around: tuple[str, str], found: int | None) -> LotSample:
    accept, reject = _numbers(plan)
    before, after = around
    start = folded.rfind("\n", 0, plan.start()) + 1
    end = folded.find("\n", plan.end())
    end = len(folded) if end < 0 else end
    return LotSample(
        name=_name(before),
        accept=accept,
        reject=reject,
        found=found,
        evidence=Span(span.text[start:end].rstrip("\r"), span.start + start),
        size=_first(_SIZE, before, after),
    )


def _bare(folded: str, at: int) -> int | None:
    """``2收3退,2``: a lone number right behind the plan."""
    match = _ALONE.match(folded, at)
    return int(match[1]) if match else None


def _numbers(plan: re.Match[str]) -> tuple[int, int]:
    if plan["only"]:
        return int(plan["only"]), int(plan["only"]) + 1
    accept, reject = (
        next(value for name, value in plan.groupdict().items() if value and name.startswith(kind))
        for kind in ("accept", "reject")
    )
    return int(accept), int(reject)


def _stated(text: str) -> int | None:
    """The number found: ``3 pcs (…``, ``found 3``, ``no defects``."""
    if bracket := _BEFORE_BRACKET.search(text[-_NEAR:]):
        return int(bracket[1])
    number = _first(_ALTOGETHER, text)
    number = _first(_FOUND, text) if number is None else number
    number = _last_counted(text) if number is None else number
    number = _counted(text) if number is None else number
    return 0 if number is None and _NONE_FOUND.search(text) else number


def _last_counted(text: str) -> int | None:
    match = _RIGHT_BEFORE.search(_blanked(text)[-_NEAR:])
    return int(next(group for group in match.groups() if group)) if match else None


def _counted(text: str) -> int | None:
    """A number of pieces that is not the size of the sample: ``抽样80件，2件虚焊``, ``sample 80, 0 with burrs``."""
    return _first(_PIECES, _blanked(text)[-_NEAR:])


def _blanked(text: str) -> str:
    """Without the size of the sample and the numbers of places."""
    for pattern in (_SIZE, _PLACE):
        text = pattern.sub(lambda found: " " * len(found.group()), text)
    return text


def _last_part(text: str) -> str:
    return re.split(r"[\n;。]", text.rstrip())[-1] if "\n" in text.strip() or ";" in text or "。" in text else text


def _first_part(text: str) -> str:
    return re.split(r"[\n;。]", text)[0]


def _first(pattern: re.Pattern[str], *texts: str) -> int | None:
    for text in texts:
        matches = [*pattern.finditer(text)]
        if matches:
            return int(next(group for group in matches[0].groups() if group))
    return None


def _name(before: str) -> str:
    line = re.split(r"[\n;。]", before)[-1]
    names = [_NO_NAME.sub("", name).strip(" -/") for name in _NAME.findall(line)]
    return next((name for name in names if name), "")[:60]
