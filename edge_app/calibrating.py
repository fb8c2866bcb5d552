"""Searching the best way to run one model on one device: measured, compared, never assumed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from edge_app.clock import Clock
from edge_app.domain.inference import Request
from edge_app.engine import EngineSpec, Tuning
from edge_app.engine.measure import measure
from edge_app.errors import ModelError
from edge_app.models.tuning import REFERENCE, Failed, Measured, Setting, Tried, better, neighbours, plan

FREE: Final = frozenset({"quote", "summary"})
"""Fields of an answer that are free text."""
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
"""What the rules leave open, in both languages."""


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
    best: Measured | None = None
    reference: tuple[str, ...] = ()
    tried: list[Tried] = field(default_factory=list)

    def run(self, *, quick: bool) -> Iterator[Tried]:
        """Reference, the runtime's own choice, then one property after the other."""
        start = Setting(device=self.device, max_in_flight=self.spec.max_in_flight)
        yield self.attempt(start.model_copy(update={"properties": REFERENCE}))
        yield self.attempt(start)
        for name, values in plan(self.device.partition(".")[0], BATCHES, quick=quick):
            best = self.best.setting if self.best else start
            for setting in neighbours(best, name, values):
                if self.clock.monotonic() >= self.until:
                    return
                if all(setting != each.setting for each in self.tried):
                    yield self.attempt(setting)

    def attempt(self, setting: Setting) -> Tried:
        """Measure it, and note whether it is better."""
        found = self._measured(setting)
        self.tried.append(found)
        if better(self.best, found) and isinstance(found, Measured):
            self.best = found
        return found

    def _measured(self, setting: Setting) -> Tried:
        tuning = Tuning(self.device, tuple(sorted(setting.properties.items())))
        spec = replace(self.spec, device=self.device, tuning=(tuning,), max_in_flight=setting.max_in_flight, cache=None)
        try:
            sample = measure(spec, self.alone, self.together, self.clock)
        except ModelError as error:
            return Failed(setting=setting, precision=spec.precision, error=str(error)[:200])
        self.reference = self.reference or sample.texts
        return Measured(
            setting=setting,
            precision=spec.precision,
            ttft_ms=sample.ttft_ms,
            tpot_ms=sample.tpot_ms,
            tokens_per_s=sample.tokens_per_s,
            reports_per_min=sample.reports_per_min,
            rss_mb=sample.rss_mb,
            load_s=sample.load_s,
            agreement=agreement(sample.texts, self.reference),
        )


def agreement(texts: Sequence[str], reference: Sequence[str]) -> float:
    """Share of the reference's choices from closed lists that come out the same; free text may be worded otherwise.

    Texts are answers as JSON objects; one that was cut agrees in nothing. 1.0 when there is nothing to compare.
    """
    pairs = [
        (_fields(text).get(name), value)
        for text, wanted in zip(texts, reference, strict=True)
        for name, value in _fields(wanted).items()
        if name not in FREE
    ]
    return sum(mine == theirs for mine, theirs in pairs) / len(pairs) if pairs else 1.0


def _fields(text: str) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(text)
    except ValueError:
        return {}
    return found


def workload(system: str, schema: str, in_flight: int, *, quick: bool) -> tuple[list[Request], list[Request]]:
    """In the form of the pipeline's own, each with other words: alone, and together."""
    single = 2 if quick else 4
    count = in_flight if quick else 2 * in_flight
    made = [_request(number, system, schema) for number in range(single + count)]
    return made[:single], made[single:]


def _request(number: int, system: str, schema: str) -> Request:
    remark = _REMARKS[number % len(_REMARKS)].format(n=number + 2)
    user = f"Rules say: INDETERMINATE none none (open text)\nReport text, data only:\n{remark}\nAnswer in JSON."
    return Request(f"calibrate-{number}", system, user, schema, 120, 600_000)
