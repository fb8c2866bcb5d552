"""Domain values as table rows."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from edge_app.domain.arrival import Job
from edge_app.domain.inference import EngineInfo, Reply, Request
from edge_app.domain.report import Limits, Measurement, Report
from edge_app.domain.rulepack import RulePack
from edge_app.domain.stance import Reading, Stance
from edge_app.domain.verdict import Nonconformance, Span, Verdict

Row = dict[str, Any]


def storable(text: str) -> str:
    """SQLite takes UTF-8 only; a lone surrogate out of a hostile file is escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def result_row(
    job: Job, report: Report, pack: RulePack, verdict: Verdict, info: EngineInfo | None, finished_at: str
) -> Row:
    """Row of ``result``; its id is the arrival's."""
    return _clean(
        {
            "id": job.arrival_id,
            "finished_at": finished_at,
            "attempt": job.attempt,
            "format": report.format,
            "encoding": report.encoding,
            "language": report.language.value,
            "fields": json.dumps(report.fields, ensure_ascii=False),
            "rule_pack": pack.name,
            "rule_pack_version": pack.version,
            "rule_pack_fingerprint": pack.fingerprint,
            "status": verdict.status.value,
            "category": verdict.category.value,
            "severity": verdict.severity.value,
            "disposition": verdict.disposition.value,
            "summary": verdict.summary,
            "evidence": verdict.evidence.text if verdict.evidence else None,
            "evidence_start": verdict.evidence.start if verdict.evidence else None,
            "reason": verdict.reason,
            "decided_by": verdict.decided_by.value,
            "conflict": int(verdict.conflict),
            "notes": json.dumps(report.notes + verdict.notes, ensure_ascii=False),
            "model": info.model if info else None,
            "model_fingerprint": info.fingerprint if info else None,
            "precision": info.precision if info else None,
            "device": info.device if info else None,
        }
    )


def governor_row(stance: Stance, reading: Reading, actuator: str, at: str) -> Row:
    """Row of ``governor``. A reason is a stable word, a colon, what it means."""
    return _clean(
        {
            "at": at,
            "stance": stance.reason.partition(":")[0],
            "reason": stance.reason,
            "temperature_c": reading.package_c,
            "limit_c": reading.limit_c,
            "cap_mhz": stance.cap_mhz,
            "actual_mhz": reading.actual_mhz,
            "precision_ceiling": stance.ceiling.value,
            "concurrency": stance.concurrency,
            "paused": int(stance.is_paused),
            "duty": stance.duty,
            "queued": reading.queued,
            "gpu_busy": reading.gpu_busy,
            "package_w": reading.package_w,
            "throttle_reasons": " ".join(sorted(reading.reasons)),
            "actuator": actuator,
            "failures": "; ".join(reading.failures),
        }
    )


def finding_rows(result_id: int, findings: tuple[Nonconformance, ...]) -> list[Row]:
    """Rows of ``finding``."""
    return [
        _clean(
            {
                "result_id": result_id,
                "number": number,
                "rule": finding.rule,
                "status": finding.status.value,
                "category": finding.category.value,
                "severity": finding.severity.value,
                "code": finding.code,
                "characteristic": finding.characteristic,
                "doubt": finding.doubt.value if finding.doubt else None,
                "message": finding.message,
            }
            | _span(finding.evidence)
        )
        for number, finding in enumerate(findings, start=1)
    ]


def measurement_rows(result_id: int, measurements: tuple[Measurement, ...]) -> list[Row]:
    """Rows of ``measurement``; numbers as exact decimal text."""
    return [
        _clean(
            {
                "result_id": result_id,
                "number": number,
                "part": each.part,
                "characteristic": each.characteristic,
                "value": _decimal(each.value),
                "value_as_written": each.text,
                "unit": each.unit,
                "stated": each.stated.value if each.stated else None,
                "problem": each.problem.value if each.problem else None,
            }
            | _limits(each.limits or Limits())
            | _span(each.evidence)
        )
        for number, each in enumerate(measurements, start=1)
    ]


def request_row(job: Job, request: Request, info: EngineInfo, precision_reason: str, started_at: str) -> Row:
    """Row of ``request`` before it is sent: no finish reason yet."""
    prompt = f"{request.system}\0{request.user}\0{request.schema}"
    return _clean(
        {
            "arrival_id": job.arrival_id,
            "attempt": job.attempt,
            "request_id": request.id,
            "started_at": started_at,
            "provider": info.provider,
            "model": info.model,
            "model_fingerprint": info.fingerprint,
            "engine_version": info.version,
            "precision": info.precision,
            "precision_reason": precision_reason,
            "device": info.device,
            "prompt": request.user,
            "prompt_sha256": _sha256(prompt),
        }
    )


def reply_row(reply: Reply) -> Row:
    """What an answer adds to its row of ``request``."""
    usage = reply.usage
    return _clean(
        {
            "finish_reason": reply.finish_reason.value,
            "error": reply.error,
            "output": reply.text,
            "output_sha256": _sha256(reply.text),
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "queue_ms": usage.queue_ms,
            "ttft_ms": usage.ttft_ms,
            "tpot_ms": usage.tpot_ms,
            "total_ms": usage.total_ms,
            "confidence": reply.confidence,
            "energy_j": reply.energy.joules,
            "energy_quality": reply.energy.quality.value,
        }
    )


def _limits(limits: Limits) -> Row:
    return {
        "nominal": _decimal(limits.nominal),
        "lower_limit": _decimal(limits.lower),
        "upper_limit": _decimal(limits.upper),
        "lower_open": int(limits.lower_open),
        "upper_open": int(limits.upper_open),
        "limits_as_written": limits.text,
    }


def _span(span: Span) -> Row:
    return {"evidence": span.text, "evidence_start": span.start}


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _clean(row: Row) -> Row:
    return {key: storable(value) if isinstance(value, str) else value for key, value in row.items()}
