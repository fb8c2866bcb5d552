"""Searching the best way to run one model on one device: measured, compared, never assumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from edge_app.clock import Clock
from edge_app.domain.inference import Request
from edge_app.domain.language import detect_language
from edge_app.domain.report import Remark, Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Assessment, Category, Disposition, Doubt, Severity, Span, Status
from edge_app.engine import EngineSpec, Tuning
from edge_app.engine.measure import measure
from edge_app.errors import ModelError
from edge_app.judging.answer import answer_schema, read_answer
from edge_app.judging.compose import system_text, user_text
from edge_app.models.tuning import EXACT, Failed, Measured, Setting, Tried, better, neighbours, plan

CHOSEN: Final = ("status", "category", "severity", "disposition")
"""Fields of an answer that come from closed lists; the others are free text."""
MIN_READABLE: Final = 0.5
"""Share of the reference's answers that must be whole; with fewer there is nothing to compare with."""
_DEADLINE_MS: Final = 600_000
"""So long that what is slow is measured and not cut."""
BATCHES: Final = (8, 16, 32)
_REMARKS: Final = (
    "Paint run of {n} mm below hole {n}, customer side. Shift lead says polish and look again.",
    "Burr on edge {n}, removed by hand; not measured again after that.",
    "焊缝第{n}段有气孔，操作工说返修过，没有复检记录。",
    "Box {n} weighs 9 g less than the others, perhaps one bag of screws is missing; sealed and not opened.",
    "3 号件第{n}处表面划伤，轻微，手摸不出来，主管口头放行。",
    "Torque on screw {n} reached the target only at the second attempt; the tool showed a warning.",
    "Gauge {n} was overdue for calibration on the day of the measurement.",
    "第{n}腔有缩水痕迹，与限度样板相近，请质量工程师判断。",
)
"""What rules leave open, in both languages."""


@dataclass(slots=True)
class Search:
    """One model on one device: what was tried, what is best."""

    spec: EngineSpec
    device: str
    until: float
    """On the monotonic clock: nothing more is begun after it."""
    clock: Clock
    alone: list[Request]
    together: list[Request]
    reference: tuple[str, ...] = ()
    """Answers that settings are compared with, of the most exact precision. Empty: this search makes them."""
    tried: list[Tried] = field(default_factory=list)

    @property
    def best(self) -> Measured | None:
        """None before the runtime's own choice was tried: the exact setting alone is no choice."""
        found: Measured | None = None
        for each in sorted(self.tried, key=lambda each: len(each.setting.properties)):  # of equals the plainest
            found = each if isinstance(each, Measured) and better(found, each) else found
        return found if any(not each.setting.properties for each in self.tried) else None

    def run(self, *, quick: bool) -> Iterator[Tried]:
        """Measure one setting after the other until the time is up."""
        for setting in self._settings(quick=quick):
            if self.clock.monotonic() >= self.until:
                return
            if all(setting != each.setting for each in self.tried):
                yield self.attempt(setting)

    def attempt(self, setting: Setting) -> Tried:
        """Measure it and keep what came out."""
        found = self._measured(setting)
        self.tried.append(found)
        return found

    def _settings(self, *, quick: bool) -> Iterator[Setting]:
        """Reference, the runtime's own choice, then one property after the other.

        Without a reference nothing tells whether a property changes the answers: then only batches are tried.
        """
        start = Setting(device=self.device, max_in_flight=self.spec.max_in_flight)
        if not self.reference:
            yield start.model_copy(update={"properties": self._exact})
        yield start
        for name, values in plan(self._kind, BATCHES, quick=quick):
            if self.reference or name == "max_in_flight":
                yield from neighbours(self.best.setting if self.best else start, name, values)

    @property
    def _kind(self) -> str:
        return self.device.partition(".")[0]

    @property
    def _exact(self) -> dict[str, str]:
        return EXACT.get(self._kind, {})

    def _measured(self, setting: Setting) -> Tried:
        tuning = Tuning(self.device, tuple(sorted(setting.properties.items())))
        spec = replace(self.spec, device=self.device, tuning=(tuning,), max_in_flight=setting.max_in_flight, cache=None)
        try:
            sample = measure(spec, self.alone, self.together, self.clock)
        except ModelError as error:
            return Failed(setting=setting, precision=spec.precision, error=str(error))
        if not self.reference and setting.properties == self._exact and agreement(sample.texts, sample.texts):
            self.reference = sample.texts
        return Measured(
            setting=setting,
            precision=spec.precision,
            ttft_ms=sample.ttft_ms,
            tpot_ms=sample.tpot_ms,
            tokens_per_s=sample.tokens_per_s,
            reports_per_min=sample.reports_per_min,
            rss_mb=sample.rss_mb,
            load_s=sample.load_s,
            agreement=agreement(sample.texts, self.reference) if self.reference else None,
        )


def agreement(texts: Sequence[str], reference: Sequence[str]) -> float | None:
    """Share of the reference's choices from closed lists that come out the same; free text may be worded otherwise.

    An answer that cannot be read agrees in nothing; where the reference's cannot be read there is no choice to keep.
    None when too few of the reference's can be read.
    """
    wanted = [read_answer(text) for text in reference]
    same = [
        bool(getattr(mine, name, None) == getattr(other, name))
        for mine, other in zip(map(read_answer, texts), wanted, strict=True)
        if other
        for name in CHOSEN
    ]
    if not same or sum(other is not None for other in wanted) < MIN_READABLE * len(wanted):
        return None
    return sum(same) / len(same)


def workload(
    pack: RulePack, in_flight: int, *, max_new_tokens: int, quick: bool
) -> tuple[list[Request], list[Request]]:
    """In the form of the pipeline's own, each with other words: alone, and together."""
    single = 2 if quick else 4
    count = in_flight if quick else 2 * in_flight
    made = [_request(number, pack, max_new_tokens) for number in range(single + count)]
    return made[:single], made[single:]


def _request(number: int, pack: RulePack, max_new_tokens: int) -> Request:
    """A remark that the rules of no plant could settle."""
    text = _REMARKS[number % len(_REMARKS)].format(n=number + 2)
    span = Span(text, 0)
    report = Report(text, "text", "utf-8", detect_language(text), remarks=(Remark(span),))
    return Request(
        id=f"calibrate-{number}",
        system=system_text(pack.prompt.system),
        user=user_text(report, _open(span), pack),
        schema=answer_schema(),
        max_new_tokens=max_new_tokens,
        deadline_ms=_DEADLINE_MS,
    )


def _open(span: Span) -> Assessment:
    return Assessment(
        status=Status.INDETERMINATE,
        category=Category.NONE,
        severity=Severity.NONE,
        disposition=Disposition.HOLD,
        findings=(),
        summary="",
        evidence=None,
        conflict=False,
        reason=Doubt.NO_RESULT,
        open_text=(span,),
    )
