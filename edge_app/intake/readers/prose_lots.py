"""Acceptance sampling in free text: ``n=125, Ac 3 Re 4, found 2``, ``抽样125件，发现2件，允收3 拒收4``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from edge_app.domain.report import LotSample
from edge_app.domain.verdict import Span
from edge_app.intake.readers.lot_notations import (
    ALONE,
    ALTOGETHER,
    BEFORE_BRACKET,
    BOUND,
    FOUND,
    NAME,
    NEAR,
    NO_NAME,
    NONE_FOUND,
    OF_NONE,
    PIECES,
    PLACE,
    PLAN,
    RIGHT_AFTER,
    RIGHT_BEFORE,
    SIZE,
    SIZE_ALONE,
)


def _bounded(span: Span, folded: str) -> Iterator[LotSample]:
    """``from 380 drawn, 2 bear dents, bound 3``."""
    for match in BOUND.finditer(folded):
        numbers = match.groupdict()
        found = next(int(value) for name, value in numbers.items() if value and name.startswith("found"))
        size = next(int(value) for name, value in numbers.items() if value and name.startswith("size"))
        accept = int(match["accept"])
        evidence = Span(span.text[match.start() : match.end()], span.start + match.start())
        yield LotSample(_name(match.group().partition(",")[2]), accept, accept + 1, found, evidence, size)


def _none_allowed(span: Span, folded: str) -> Iterator[LotSample]:
    """``oil film, 6/50 tubes, spec: none``: so many of a sample, where none is allowed."""
    for match in OF_NONE.finditer(folded):
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
    plans = [*PLAN.finditer(folded)]
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
        if found is None and len(plans) == 1 and SIZE_ALONE.search(before.rpartition("\n")[2]):
            found = _first(RIGHT_AFTER, after) if RIGHT_AFTER.match(after) else None
        yield _lot(span, folded, plan, (before, after), found)


def plan_spans(folded: str) -> Iterator[tuple[int, int]]:
    """Where numbers belong to a sampling plan and are no measurements."""
    yield from (match.span() for match in BOUND.finditer(folded))
    if PLAN.search(folded) is None:
        return
    for pattern in (PLAN, SIZE, FOUND):
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
        size=_first(SIZE, before, after),
    )


def _bare(folded: str, at: int) -> int | None:
    """``2收3退,2``: a lone number right behind the plan."""
    match = ALONE.match(folded, at)
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
    if bracket := BEFORE_BRACKET.search(text[-NEAR:]):
        return int(bracket[1])
    number = _first(ALTOGETHER, text)
    number = _first(FOUND, text) if number is None else number
    number = _last_counted(text) if number is None else number
    number = _counted(text) if number is None else number
    return 0 if number is None and NONE_FOUND.search(text) else number


def _last_counted(text: str) -> int | None:
    match = RIGHT_BEFORE.search(_blanked(text)[-NEAR:])
    return int(next(group for group in match.groups() if group)) if match else None


def _counted(text: str) -> int | None:
    """A number of pieces that is not the size of the sample: ``抽样80件，2件虚焊``, ``sample 80, 0 with burrs``."""
    return _first(PIECES, _blanked(text)[-NEAR:])


def _blanked(text: str) -> str:
    """Without the size of the sample and the numbers of places."""
    for pattern in (SIZE, PLACE):
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
    names = [NO_NAME.sub("", name).strip(" -/") for name in NAME.findall(line)]
    return next((name for name in names if name), "")[:60]
