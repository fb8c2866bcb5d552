"""One arrival to one outcome.

The order is the durable one: the claim is committed before a byte is parsed, a request before it
is sent, and the verdict with all that belongs to it in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from edge_app.advising import Advisor, Answered, Asked
from edge_app.domain.arrival import Job, OutcomeKind
from edge_app.domain.report import Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.verdict import Assessment, Status, Verdict
from edge_app.errors import IncompleteReportError, ReportError
from edge_app.intake.spool import Spool
from edge_app.judging.assess import assess, select_pack
from edge_app.judging.compose import compose
from edge_app.judging.conclude import Authority, conclude
from edge_app.ledger.store import Ledger


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one arrival ended."""

    source: str
    name: bytes
    kind: OutcomeKind
    reason: str = ""
    """Stable word for why there is no verdict: ``json-duplicate-key``."""
    message: str = ""
    result_id: int | None = None
    """Of this verdict; of the earlier one for a duplicate."""
    verdict: Verdict | None = None
    refused: bool = False
    """A duplicate of a file that got no verdict."""
    arrival_id: int | None = None
    """Of the job; None for what never was one."""


def outcome(
    job: Job,
    kind: OutcomeKind,
    reason: str = "",
    message: str = "",
    *,
    result_id: int | None = None,
    verdict: Verdict | None = None,
) -> Outcome:
    """The outcome of a job that was claimed."""
    where = job.arrival
    return Outcome(where.source, where.name, kind, reason, message, result_id, verdict, arrival_id=job.arrival_id)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Everything one arrival meets on its way. ``advisor`` is None when rules judge alone."""

    ledger: Ledger
    spool: Spool
    read: Callable[[bytes, str], Report]
    packs: Mapping[str, RulePack]
    pack_of_source: Mapping[str, str]
    """Source name to pack name, where one is configured; otherwise the pack's match rules choose."""
    advisor: Advisor | None

    def judge(self, job: Job) -> Outcome:
        """Read, assess, ask, conclude, record. Raises StorageError; what a report causes is an Outcome."""
        try:
            report = self.read(self.spool.read(job.arrival.sha256), _name(job))
        except ReportError as error:
            return self._refuse(job, error)
        pack = self._pack_for(job, report)
        assessment = assess(report, pack)
        answered = self._ask(job, report, assessment, pack)
        verdict = self._conclude(report, assessment, answered)
        replies, info = (answered.replies, answered.info) if answered else ((), None)
        result_id = self.ledger.finish(job, report, pack, verdict, replies, info)
        return outcome(job, OutcomeKind.JUDGED, result_id=result_id, verdict=verdict)

    def end_waits(self) -> None:
        """The program ends: no report waits for a precision that is not loaded yet."""
        if self.advisor:
            self.advisor.pool.end_waits()

    def _conclude(self, report: Report, assessment: Assessment, answered: Answered | None) -> Verdict:
        if self.advisor is None or answered is None:
            return conclude(report, assessment, None, Authority.EXPLAIN)
        verdict = conclude(report, assessment, answered.reply, self.advisor.authority, self.advisor.raise_confidence)
        if answered.info is None:  # no request was written down that would tell
            choice = answered.choice
            why = f"nobody was asked: {answered.reply.error}; {choice.precision} was chosen: {choice.reason}"
            verdict = replace(verdict, notes=(*verdict.notes, why))
        return verdict

    def _refuse(self, job: Job, error: ReportError) -> Outcome:
        """A torn file waits for its rest; wrong or hostile content is rejected by name."""
        if isinstance(error, IncompleteReportError):
            self.ledger.defer(job, error.reason, str(error))
            return outcome(job, OutcomeKind.WAITING, error.reason, str(error))
        self.ledger.reject(job, error.reason, str(error))
        return outcome(job, OutcomeKind.REJECTED, error.reason, str(error))

    def _pack_for(self, job: Job, report: Report) -> RulePack:
        name = self.pack_of_source.get(job.arrival.source)
        return self.packs[name] if name else select_pack(report, self.packs)

    def _ask(self, job: Job, report: Report, assessment: Assessment, pack: RulePack) -> Answered | None:
        """What the model said, or None when nothing is left to ask that this model is trusted with."""
        if self.advisor is None:
            return None
        if assessment.status is Status.PASS and self.advisor.authority < Authority.RAISE:
            return None
        request = compose(
            report,
            assessment,
            pack,
            request_id=f"{job.arrival_id}-{job.attempt}",
            max_new_tokens=self.advisor.max_new_tokens,
            deadline_ms=self.advisor.deadline_ms,
        )
        if request is None:
            return None
        record = partial(self.ledger.record_request, job)
        return self.advisor.ask(Asked(report, assessment, request, job.arrival.source, pack.name, record))


def _name(job: Job) -> str:
    return job.arrival.name.decode("utf-8", "backslashreplace")
