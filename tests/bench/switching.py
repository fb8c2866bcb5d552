"""1,000 reports while memory pressure and heat come and go: every report judged, none twice, how long each took.

``python -m tests.bench.switching [MODEL_FOLDER] [--reports N] [--json FILE]``. The folder holds ``fp16`` and ``int8``;
without one the precisions are scripted. The pipeline, the ledger and the switching are real, the readings are made
up: memory pressure in some seconds, a ceiling in others, calm between; dwell times are divided by ``--hurry``. Only
one precision is loaded at a time in the second half, so that it is exchanged. Prints one JSON object; exit code 1
when a report was lost, judged twice, timed out, or took longer than its deadline, and when nothing was switched or
only one precision was ever asked: then nothing was measured.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from edge_app.advising import UNLIMITED, Advisor, Watch
from edge_app.build import App, build
from edge_app.clock import Clock
from edge_app.domain.arrival import Arrival
from edge_app.domain.inference import Precision
from edge_app.domain.stance import Stance
from edge_app.engine import EngineSpec, open_engine
from edge_app.engine.base import Engine
from edge_app.engine.pool import Pool
from edge_app.engine.scripted import INFO, Line, ScriptedEngine
from edge_app.holding import wait_in_ledger
from edge_app.intake.scan import Seen, scan
from edge_app.judging.conclude import Authority
from edge_app.keeping import Keeper
from edge_app.ledger.connection import open_reader
from edge_app.observe.logging import configure
from edge_app.pipeline import Outcome, Pipeline
from edge_app.precision.residency import Memory
from edge_app.settings import load_settings
from edge_app.workers import Workers

DEADLINE_S: Final = 60.0
NEEDS: Final = {Precision.INT8: 2 * 10**9, Precision.FP16: 4 * 10**9}
ROOMY, TIGHT = 20 * 10**9, 3 * 10**9
TURN_S: Final = 4.0
"""Each kind of weather lasts this long."""
WEATHER: Final = ("calm", "heat", "pressure", "calm", "pressure and heat")
_TIMED_OUT: Final = "model answer not used: timeout"
_TEXT: Final = "Part No: P-{number}\nResult: all dimensions conform\nThe gizmo quivers a little, mark {number}.\n"


@dataclass(slots=True)
class Weather:
    """Readings that follow a plan."""

    begun: float = field(default_factory=time.monotonic)
    one_at_a_time: bool = False

    def now(self) -> str:
        """The kind."""
        return WEATHER[int((time.monotonic() - self.begun) / TURN_S) % len(WEATHER)]

    def stance(self) -> Stance:
        """As a governor would tell."""
        hot = "heat" in self.now()
        return replace(UNLIMITED, ceiling=Precision.INT8, reason="91 °C") if hot else UNLIMITED

    def memory(self) -> Memory:
        """Pressed or calm; with room for one or for both."""
        available = TIGHT if self.one_at_a_time else ROOMY
        return Memory(available, 30.0 if "pressure" in self.now() else 0.0)


@dataclass(frozen=True, slots=True)
class Hurried(Clock):
    """For the dwell times only: they pass faster."""

    times: float = 1.0

    def monotonic(self) -> float:
        """Seconds, multiplied."""
        return time.monotonic() * self.times


def _scripted(spec: EngineSpec) -> Engine:
    """Takes half a second to load, answers in 0.3 s, is unsure of every ninth answer."""
    time.sleep(0.5)
    numbers = iter(range(10**9))

    def line(_: Any) -> Line:
        number = next(numbers)
        sure = (0.3 if number % 9 == 0 else 0.97) - number / 1e6
        return Line("0 PASS none none accept\nAll dimensions conform.", delay_ms=300, confidence=sure)

    return ScriptedEngine(line, info=replace(INFO, precision=spec.precision))


@contextmanager
def switching(app: App, options: argparse.Namespace, weather: Weather, held: list[str]) -> Iterator[App]:
    """The app with two precisions under this weather."""
    folder = options.folder or Path()
    specs = {each: EngineSpec(folder / each, "bench", "0" * 64, each, "CPU", 16) for each in NEEDS}
    watch = Watch(weather.stance, weather.memory)
    with Pool(specs, open_engine if options.folder else _scripted, frozenset(NEEDS)) as pool:
        keeper = Keeper(pool, NEEDS, watch, Hurried(options.hurry))
        stop = threading.Event()
        forced = [0.0]

        def keep() -> None:
            while not stop.wait(0.1):
                if weather.one_at_a_time and len(pool.held) > 1:
                    pool.hold(frozenset({Precision.INT8}))
                elif weather.one_at_a_time and weather.now() == "calm" and time.monotonic() - forced[0] > TURN_S:
                    pool.hold(frozenset({Precision.FP16}))
                    forced[0] = time.monotonic()
                    held.append("fp16 for int8: calm")
                elif reason := keeper.tick():
                    held.append(reason)

        thread = threading.Thread(target=keep, daemon=True)
        thread.start()
        advisor = Advisor(pool, Authority.RAISE, 0.9, 128, round(DEADLINE_S * 1000), watch=watch)
        pipeline = replace(app.pipeline, advisor=advisor)
        try:
            yield replace(app, pipeline=pipeline, workers=16)
        finally:
            stop.set()
            thread.join()


def run(options: argparse.Namespace) -> dict[str, Any]:
    """One batch."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, state = Path(scratch) / "in", Path(scratch) / "state"
        folder.mkdir()
        for number in range(options.reports):
            (folder / f"{number:05d}.txt").write_text(_TEXT.format(number=number), encoding="utf-8")
        settings = load_settings(None, {"state": state, "volatile": True, "model": {"name": "none"}})
        weather, held, ends = Weather(), list[str](), list[Outcome]()
        begun = time.monotonic()
        with build(settings, Clock()) as app, switching(app, options, weather, held) as weathered:
            timed, took = _timed(weathered)
            halfway = options.reports // 2
            files = list(scan(folder, patterns=("*",), recursive=False))
            _judge(timed, folder, files[:halfway], ends)
            weather.one_at_a_time = True
            _judge(timed, folder, files[halfway:], ends)
        seconds = time.monotonic() - begun
        return _figures(state, ends, took, held, options, seconds)


def _judge(app: App, folder: Path, files: Sequence[Seen], ends: list[Outcome]) -> None:
    """Register all, then judge: a burst of registrations at the same time would be what is measured."""
    spooled = [(seen, app.spool.take(folder, seen.name, seen)) for seen in files]
    arrivals = [(Arrival("bench", seen.name, copy.sha256, copy.size), "") for seen, copy in spooled]
    app.ledger.register_many(arrivals, app.recipe)
    workers = Workers(app.pipeline, app.ledger, count=app.workers, max_attempts=3, on_outcome=ends.append)
    wait_in_ledger(app, workers.hold)
    workers.start()
    workers.finish()


def _timed(app: App) -> tuple[App, list[float]]:
    """The app, and how long each report takes from its claim to its verdict, in seconds."""
    took: list[float] = []

    class Timed(Pipeline):
        __slots__ = ()

        def judge(self, job: Any) -> Outcome:
            begun = time.monotonic()
            try:
                return Pipeline.judge(self, job)
            finally:
                took.append(time.monotonic() - begun)

    parts = {name: getattr(app.pipeline, name) for name in Pipeline.__dataclass_fields__}
    return replace(app, pipeline=Timed(**parts)), took


def _figures(
    state: Path, ends: Sequence[Outcome], took: Sequence[float], held: Sequence[str], options: Any, seconds: float
) -> dict[str, Any]:
    with open_reader(state / "edge.db") as db:
        results = db.execute("SELECT file_name FROM v_results").fetchall()
        requests = db.execute(
            "SELECT precision, precision_reason, finish_reason, count(*) FROM v_requests GROUP BY 1, 2, 3"
        ).fetchall()
        second = db.execute(
            "SELECT count(*) FROM (SELECT result_id FROM v_requests GROUP BY 1 HAVING count(*) > 1)"
        ).fetchone()[0]
    names = Counter(name for (name,) in results)
    late = statistics.quantiles(took, n=100)
    precisions, finished = Counter[str](), Counter[str]()
    for precision, _, reason, count in requests:
        precisions[precision] += count
        finished[reason] += count
    return {
        "model": options.folder.name if options.folder else "scripted",
        "reports": options.reports,
        "judged": sum(end.kind == "judged" for end in ends),
        "lost": options.reports - len(names),
        "twice": sum(count > 1 for count in names.values()),
        "seconds": round(seconds, 1),
        "latency_s": {
            "p50": round(late[49], 3), "p95": round(late[94], 3), "p99": round(late[98], 3), "max": round(max(took), 3),
        },
        "deadline_s": DEADLINE_S,
        "requests": dict(precisions),
        "finished": dict(finished),
        "timed_out": sum(_TIMED_OUT in end.verdict.notes for end in ends if end.verdict),
        "asked_more_than_once": second,
        "switches": len(held),
        "switches_for": dict(Counter(held)),
        "reasons": _reasons(requests),
    }  # fmt: skip


def _reasons(requests: Sequence[Sequence[Any]]) -> Mapping[str, int]:
    """Without their numbers."""
    counted = Counter[str]()
    for precision, reason, _, count in requests:
        counted[f"{precision}: {reason.partition(' has confidence')[0]}"] += count
    return dict(counted.most_common(12))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--hurry", type=float, default=150.0, help="dwell times are divided by this")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    configure("json", "error")
    result = run(options)
    text = json.dumps(result, ensure_ascii=False)
    sys.stdout.write(text + "\n")
    if options.json:
        options.json.write_text(text, encoding="utf-8")
    faults = faults_of(result)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    sys.exit(bool(faults))


def faults_of(result: Mapping[str, Any]) -> list[str]:
    """What must not be, and what makes the run worth nothing."""
    missing = [each for each in NEEDS if not result["requests"].get(each)]
    found = {
        f"{result['lost']} reports lost": result["lost"],
        f"{result['twice']} judged twice": result["twice"],
        f"{result['timed_out']} timed out": result["timed_out"],
        "longer than the deadline": result["latency_s"]["max"] > DEADLINE_S,
        "nothing was switched": not result["switches"],
        f"never asked: {', '.join(missing)}": missing,
    }
    return [fault for fault, holds in found.items() if holds]


if __name__ == "__main__":
    main()
