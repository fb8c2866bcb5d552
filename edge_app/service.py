"""The daemon: start in order, look into the folders, keep the workers busy, stop in reverse."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from edge_app.build import App
from edge_app.domain.arrival import OutcomeKind
from edge_app.errors import UsageError
from edge_app.holding import wait_in_ledger
from edge_app.inbox import Folder, Inbox
from edge_app.intake.watch import Watcher
from edge_app.notify import Notifier
from edge_app.pipeline import Outcome
from edge_app.settings import SourceSettings
from edge_app.workers import Workers

BEAT_S = 1.0
"""The main loop turns at least this often: the watchdog's ping comes from it."""

SWEEP_S = 60.0
"""Copies of reports that ended are removed this often."""

_log = structlog.get_logger()


class Service:
    """One run of the daemon."""

    def __init__(self, app: App, notifier: Notifier) -> None:
        """Raises UsageError when no source is configured."""
        if not app.settings.source:
            raise UsageError("no source is configured", "add a [[source]] with name and folder to the settings file")
        self._app = app
        self._notifier = notifier
        self._failed = threading.Event()
        self._workers = Workers(
            app.pipeline,
            app.ledger,
            count=app.workers,
            max_attempts=app.settings.max_attempts,
            on_outcome=self._note,
        )
        self._errors: list[BaseException] = []

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set or storage fails. Jobs in hand are finished; the queue stays."""
        wait_in_ledger(self._app, self._workers.hold)
        self._workers.start()
        looks = [threading.Event() for _ in self._app.settings.source]
        with Watcher() as watcher:
            self._work(stop, looks, watcher)
        if self._errors:
            raise self._errors[0]

    def _work(self, stop: threading.Event, looks: list[threading.Event], watcher: Watcher) -> None:
        threads = [
            self._start_source(source, hint, stop, watcher)
            for source, hint in zip(self._app.settings.source, looks, strict=True)
        ]
        threads.append(self._start("sweep", lambda: self._sweep_on(stop)))
        self._notifier.ready(self._status())
        _log.info("service.ready", sources=[source.name for source in self._app.settings.source])
        try:
            while not stop.wait(BEAT_S) and not self._failed.is_set() and self._workers.error is None:
                self._notifier.alive(self._status())
        finally:
            stop.set()
            self._notifier.stopping()
            for hint in looks:
                hint.set()
            for thread in threads:
                thread.join()
            self._workers.stop()
            _log.info("service.stopped")

    def _start_source(
        self,
        source: SourceSettings,
        hint: threading.Event,
        stop: threading.Event,
        watcher: Watcher,
    ) -> threading.Thread:
        app = self._app
        inbox = Inbox(_folder(source), app.ledger, app.spool, app.recipe, app.clock)
        watcher.add(source.folder, hint, recursive=source.recursive)
        return self._start(f"source-{source.name}", lambda: self._look_on(inbox, source, hint, stop))

    def _start(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=self._guard, args=(work,), name=name, daemon=True)
        thread.start()
        return thread

    def _sweep_on(self, stop: threading.Event) -> None:
        while not stop.wait(SWEEP_S):
            self._app.spool.sweep(self._app.ledger.spooled_needed)

    def _look_on(self, inbox: Inbox, source: SourceSettings, hint: threading.Event, stop: threading.Event) -> None:
        """Look again after ``scan_s``, sooner after a hint, and when a file may have settled."""
        while not stop.is_set():
            hint.clear()
            if inbox.look():
                self._workers.wake()
            hint.wait(min(source.scan_s, source.settle_s or source.scan_s) if inbox.is_waiting else source.scan_s)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  raised again by ``run``
            self._errors.append(error)
            self._failed.set()

    def _note(self, outcome: Outcome) -> None:
        verdict = outcome.verdict
        level = _log.info if outcome.kind is OutcomeKind.JUDGED else _log.warning
        level(
            f"report.{outcome.kind}",
            source=outcome.source,
            file=repr(outcome.name),
            result=outcome.result_id,
            status=verdict.status.value if verdict else None,
            reason=outcome.reason or (verdict.reason if verdict else ""),
        )

    def _status(self) -> str:
        return f"{self._app.ledger.pending()} reports queued"


def _folder(source: SourceSettings) -> Folder:
    return Folder(
        name=source.name,
        path=source.folder,
        patterns=source.patterns,
        recursive=source.recursive,
        settle_s=source.settle_s,
        max_settle_s=source.max_settle_s,
        archive=source.archive,
        sentinel=source.sentinel,
    )
