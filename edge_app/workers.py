"""Threads that take jobs from the ledger to the pipeline until told to stop.

Several, because reports that wait for the model are answered as one batch; the ledger hands each
job to one of them only.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

import structlog

from edge_app.domain.arrival import Job, OutcomeKind
from edge_app.errors import EdgeAppError
from edge_app.ledger.store import Ledger
from edge_app.pipeline import Outcome, Pipeline, outcome

_log = structlog.get_logger()


class Workers:
    """A pool that drains the ledger's queue. The first error that is not a report's stops all of it."""

    def __init__(
        self,
        pipeline: Pipeline,
        ledger: Ledger,
        *,
        count: int,
        max_attempts: int,
        on_outcome: Callable[[Outcome], None],
    ) -> None:
        self._pipeline = pipeline
        self._ledger = ledger
        self._max_attempts = max_attempts
        self._on_outcome = on_outcome
        self._work = threading.Condition()
        self._held_until = -math.inf
        self._draining = False
        self._stopping = False
        self.error: BaseException | None = None
        self._threads = [
            threading.Thread(target=self._run, name=f"worker-{number}", daemon=True) for number in range(count)
        ]

    def start(self) -> None:
        """Begin to claim."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """New jobs are queued."""
        with self._work:
            self._work.notify_all()

    def hold(self, seconds: float) -> None:
        """Take no job for this long; 0: go on. What is in hand is finished."""
        with self._work:
            self._held_until = time.monotonic() + seconds
            self._work.notify_all()

    def finish(self) -> None:
        """Take every queued job, then end. Raises what stopped a worker."""
        with self._work:
            self._draining = True
            self._work.notify_all()
        self._join()

    def stop(self) -> None:
        """End after the jobs in hand; the queue stays for the next start."""
        self._end()
        self._join()

    def _end(self) -> None:
        """No further job, and those in hand wait for nobody who is not there."""
        with self._work:
            self._stopping = True
            self._work.notify_all()
        self._pipeline.end_waits()

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        try:
            while job := self._next():
                if ended := self._judge(job):
                    self._on_outcome(ended)
        except BaseException as error:  # noqa: BLE001  handed to the thread that waits in finish or stop
            with self._work:
                self.error = self.error or error
            self._end()

    def _next(self) -> Job | None:
        with self._work:
            while not self._stopping:
                if (held := self._held_until - time.monotonic()) > 0:
                    self._work.wait(held)
                    continue
                if job := self._ledger.claim():
                    return job
                if self._draining:
                    return None
                self._work.wait()
        return None

    def _judge(self, job: Job) -> Outcome | None:
        """None when the attempt failed and the job is queued again."""
        try:
            return self._pipeline.judge(job)
        except EdgeAppError:
            raise
        except Exception as error:  # noqa: BLE001  one report's fault must not stop the others
            # A fault of ours that this report brings out: charge the report, keep the others going.
            reason = f"internal-{type(error).__name__}"
            _log.exception("report.fault", source=job.arrival.source, file=repr(job.arrival.name), attempt=job.attempt)
            kind = self._ledger.fail_attempt(job, reason, self._max_attempts)
            with self._work:
                self._work.notify_all()
            return None if kind is OutcomeKind.WAITING else outcome(job, kind, reason, str(error))
