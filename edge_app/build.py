"""Settings in, wired parts out: the only place that constructs edges."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from edge_app import __version__
from edge_app.advising import UNLIMITED, Advisor, Watch
from edge_app.choosing import Editions, choose_editions
from edge_app.clock import Clock
from edge_app.domain.inference import Request
from edge_app.domain.report import Report
from edge_app.domain.rulepack import FieldVocabulary, RulePack
from edge_app.engine import open_engine
from edge_app.engine.pool import Pool
from edge_app.errors import StorageError, UsageError
from edge_app.governing import give_back, governor_of, is_wanted
from edge_app.governor.energy import EnergyMeter, Sampler
from edge_app.governor.look import Look
from edge_app.governor.loop import Governor
from edge_app.governor.memory import read_available, read_pressure
from edge_app.governor.meters import Meters
from edge_app.governor.sysfs import KernelFiles, SysFs
from edge_app.hardware import read_machine
from edge_app.intake.readers import read
from edge_app.intake.readers.base import Source
from edge_app.intake.spool import Spool
from edge_app.judging.answer import answer_schema
from edge_app.judging.compose import PROMPT_VERSION, system_text
from edge_app.judging.conclude import Authority
from edge_app.keeping import Keeper
from edge_app.ledger.store import Ledger
from edge_app.pipeline import Pipeline
from edge_app.precision.residency import Memory
from edge_app.rulepacks import fingerprint, load_fields, load_packs
from edge_app.settings import Settings, default_rules

RULES_ONLY_WORKERS = 1
"""Without a model nothing waits: one worker does not contend for the interpreter."""


@dataclass(frozen=True, slots=True)
class App:
    """The parts of a running program, open until ``build`` closes them."""

    settings: Settings
    clock: Clock
    ledger: Ledger
    spool: Spool
    pipeline: Pipeline
    recipe: str
    """Hash of all that a verdict depends on beside the report."""
    workers: int
    governor: Governor | None = None
    """None: nothing is to be kept cool."""


@contextmanager
def build(settings: Settings, clock: Clock, pack_of_source: Mapping[str, str] | None = None) -> Iterator[App]:
    """Open everything in order, close in reverse. Raises EdgeAppError with the operator's next step.

    ``pack_of_source`` adds to the packs that the settings give to sources.
    """
    with ExitStack() as stack:
        stack.enter_context(only_instance(settings.state))
        give_back(settings)
        rules = settings.rules or default_rules()
        packs = load_packs(rules)
        fields = load_fields(rules)
        chosen = {source.name: source.pack for source in settings.source if source.pack} | dict(pack_of_source or {})
        _check_packs(chosen, packs)
        ledger = stack.enter_context(
            Ledger.open(database(settings), clock, volatile=settings.volatile),
        )
        ledger.recover(settings.max_attempts)
        spool = Spool(settings.state / "spool")
        spool.sweep(ledger.spooled_needed)
        editions = choose_editions(settings, read_machine())
        pool = _pool(editions, _warm_up(packs), clock, stack) if editions else None
        governor = _governor(settings, pool, ledger, clock, stack) if pool else None
        advisor = _advisor(settings, editions, pool, governor, clock, stack) if editions and pool else None
        pipeline = Pipeline(
            ledger=ledger,
            spool=spool,
            read=_reader(fields, settings.code_pages),
            packs=packs,
            pack_of_source=chosen,
            advisor=advisor,
        )
        yield App(
            settings=settings,
            clock=clock,
            ledger=ledger,
            spool=spool,
            pipeline=pipeline,
            recipe=recipe(settings, packs, fields, chosen, editions),
            governor=governor,
            workers=max(each.max_in_flight for each in editions.specs.values()) if editions else RULES_ONLY_WORKERS,
        )


def database(settings: Settings) -> Path:
    """Where the ledger lies."""
    return settings.state / "edge.db"


def recipe(
    settings: Settings,
    packs: dict[str, RulePack],
    fields: FieldVocabulary,
    chosen: Mapping[str, str],
    editions: Editions | None,
) -> str:
    """SHA-256 of rules, prompt, model and settings: a report is judged again only under another one."""
    prepared = sorted(editions.prepared, key=lambda each: each.precision) if editions else []
    specs = [editions.specs[each.precision] for each in prepared] if editions else []
    return fingerprint(
        {
            "version": __version__,
            "prompt": PROMPT_VERSION,
            "packs": {name: pack.fingerprint for name, pack in packs.items()},
            "fields": fields.model_dump(mode="json"),
            "code_pages": list(settings.code_pages),
            "pack_of_source": dict(chosen),
            "model": [[each.fingerprint, each.precision, each.authority] for each in prepared],
            "tuning": [[each.device, *each.properties] for spec in specs for each in spec.tuning],
            "max_new_tokens": settings.model.max_new_tokens,
            "raise_confidence": settings.model.raise_confidence,
        },
    )


def _pool(editions: Editions, warm_up: Request, clock: Clock, stack: ExitStack) -> Pool:
    specs = {precision: replace(spec, warm_up=warm_up) for precision, spec in editions.specs.items()}
    return stack.enter_context(Pool(specs, lambda spec: open_engine(spec, clock), editions.loaded))


def _governor(settings: Settings, pool: Pool, ledger: Ledger, clock: Clock, stack: ExitStack) -> Governor | None:
    """Runs until the app is closed: jobs in hand are still kept cool while the service drains."""
    return stack.enter_context(governor_of(settings, pool, ledger, clock)) if is_wanted(settings, pool) else None


def _advisor(
    settings: Settings, editions: Editions, pool: Pool, governor: Governor | None, clock: Clock, stack: ExitStack
) -> Advisor:
    model, watch = settings.model, watch_of(settings, governor, KernelFiles())
    if len(pool.specs) > 1:
        stack.enter_context(Keeper(pool, editions.needs, watch, clock))
    return Advisor(
        pool=pool,
        authority=min(Authority[each.authority.upper()] for each in editions.prepared),
        raise_confidence=model.raise_confidence,
        max_new_tokens=model.max_new_tokens,
        deadline_ms=round(model.deadline_s * 1000),
        fixed=editions.fixed,
        speeds=editions.speeds,
        watch=watch,
        meter=_meters(pool, clock, stack),
        clock=clock,
    )


def _meters(pool: Pool, clock: Clock, stack: ExitStack) -> Meters:
    """Look at the counters until the app is closed, so that they know what the machine draws idle."""
    kernel = KernelFiles()
    meters = Meters(lambda device: EnergyMeter(kernel, device, clock.monotonic), pool.engines[0].info.device)
    sampler = Sampler(meters.sample)
    sampler.start()
    stack.callback(sampler.stop)
    return meters


def watch_of(settings: Settings, governor: Governor | None, kernel: SysFs) -> Watch:
    """Memory as it is now, and what the governor allows where there is one."""

    def memory() -> Memory:
        look = Look(kernel)
        return Memory(read_available(look), read_pressure(look), settings.model.memory_share)

    return Watch(lambda: (governor.stance if governor else None) or UNLIMITED, memory)


def _warm_up(packs: Mapping[str, RulePack]) -> Request:
    """What most reports share: the answer's grammar, and the first words of the prompt."""
    pack = packs.get("general") or next(iter(packs.values()))
    return Request("warm-up", system_text(pack.prompt.system), "Ready?", answer_schema(), 8, 600_000)


def _reader(fields: FieldVocabulary, code_pages: tuple[str, ...]) -> Callable[[bytes, str], Report]:
    """Bytes and name to Report, with the plant's vocabulary and code pages."""

    def read_bytes(content: bytes, name: str) -> Report:
        return read(Source(content, name, fields, code_pages))

    return read_bytes


def _check_packs(chosen: Mapping[str, str], packs: Mapping[str, RulePack]) -> None:
    for source, name in chosen.items():
        if name not in packs:
            raise UsageError(f"source {source}: no rule pack {name!r}", f"packs: {', '.join(packs)}")


def is_in_use(state: Path) -> bool:
    """Whether a program works on the state folder now."""
    try:
        handle = os.open(state / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def only_instance(state: Path) -> Iterator[None]:
    """Hold the state folder alone; a second program would judge the same jobs."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        handle = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        hint = "give a folder you may write to with --state DIR, or run as its owner: sudo -u edge-app"
        raise StorageError(f"state folder {state}: {error.strerror}", hint) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        hint = "stop it, or use another --state DIR; `edge-app status` and `results` work meanwhile"
        raise StorageError(f"another edge-app works on {state}", hint) from error
    try:
        yield
    finally:
        os.close(handle)
