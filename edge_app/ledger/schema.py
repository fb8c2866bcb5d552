"""Statements of the migration steps. The views are the public query surface; tables may change under them."""

from __future__ import annotations

from typing import Final

FIRST_TABLES: Final = (
    """
    CREATE TABLE arrival (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source TEXT NOT NULL,
        name BLOB NOT NULL,
        name_text TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        size INTEGER NOT NULL,
        recipe TEXT NOT NULL,
        received_at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN
            ('queued', 'running', 'deferred', 'judged', 'rejected', 'quarantined', 'ignored', 'duplicate')),
        attempt INTEGER NOT NULL DEFAULT 0,
        reason TEXT NOT NULL DEFAULT '',
        message TEXT NOT NULL DEFAULT '',
        duplicate_of INTEGER REFERENCES arrival (id),
        finished_at TEXT,
        archived_to TEXT,
        CHECK ((state = 'duplicate') = (duplicate_of IS NOT NULL))
    ) STRICT
    """,
    # Exactly one job, and so one result, per source, name, content and recipe.
    "CREATE UNIQUE INDEX arrival_key ON arrival (source, name, sha256, recipe) WHERE duplicate_of IS NULL",
    "CREATE INDEX arrival_open ON arrival (state, id) WHERE state IN ('queued', 'running', 'deferred')",
    """
    CREATE INDEX arrival_unarchived ON arrival (source, id)
    WHERE archived_to IS NULL AND state IN ('judged', 'duplicate')
    """,
    """
    CREATE TABLE sighting (
        source TEXT NOT NULL,
        name BLOB NOT NULL,
        name_text TEXT NOT NULL,
        stamp TEXT NOT NULL DEFAULT '',
        outcome TEXT CHECK (outcome IN ('waiting', 'ignored', 'rejected')),
        reason TEXT NOT NULL DEFAULT '',
        seen_at TEXT NOT NULL,
        PRIMARY KEY (source, name)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE result (
        id INTEGER PRIMARY KEY REFERENCES arrival (id),
        finished_at TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        format TEXT NOT NULL,
        encoding TEXT NOT NULL,
        language TEXT NOT NULL,
        fields TEXT NOT NULL,
        rule_pack TEXT NOT NULL,
        rule_pack_version TEXT NOT NULL,
        rule_pack_fingerprint TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('PASS', 'FAIL', 'INDETERMINATE')),
        category TEXT NOT NULL,
        severity TEXT NOT NULL,
        disposition TEXT NOT NULL,
        summary TEXT NOT NULL,
        evidence TEXT,
        evidence_start INTEGER,
        reason TEXT NOT NULL,
        decided_by TEXT NOT NULL CHECK (decided_by IN ('rules', 'model', 'both')),
        conflict INTEGER NOT NULL,
        notes TEXT NOT NULL,
        model TEXT,
        model_fingerprint TEXT,
        precision TEXT,
        device TEXT
    ) STRICT
    """,
    "CREATE INDEX result_finished ON result (finished_at)",
    """
    CREATE TABLE finding (
        result_id INTEGER NOT NULL REFERENCES result (id),
        number INTEGER NOT NULL,
        rule TEXT NOT NULL,
        status TEXT NOT NULL,
        category TEXT NOT NULL,
        severity TEXT NOT NULL,
        code TEXT NOT NULL,
        characteristic TEXT NOT NULL,
        doubt TEXT,
        message TEXT NOT NULL,
        evidence TEXT NOT NULL,
        evidence_start INTEGER NOT NULL,
        PRIMARY KEY (result_id, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE measurement (
        result_id INTEGER NOT NULL REFERENCES result (id),
        number INTEGER NOT NULL,
        part TEXT NOT NULL,
        characteristic TEXT NOT NULL,
        value TEXT,
        value_as_written TEXT NOT NULL,
        unit TEXT NOT NULL,
        nominal TEXT,
        lower_limit TEXT,
        upper_limit TEXT,
        lower_open INTEGER NOT NULL,
        upper_open INTEGER NOT NULL,
        limits_as_written TEXT NOT NULL,
        stated TEXT,
        problem TEXT,
        evidence TEXT NOT NULL,
        evidence_start INTEGER NOT NULL,
        PRIMARY KEY (result_id, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE request (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        arrival_id INTEGER NOT NULL REFERENCES arrival (id),
        attempt INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        started_at TEXT NOT NULL,
        provider TEXT NOT NULL,
        model TEXT NOT NULL,
        model_fingerprint TEXT NOT NULL,
        engine_version TEXT NOT NULL,
        precision TEXT NOT NULL,
        precision_reason TEXT NOT NULL,
        device TEXT NOT NULL,
        prompt TEXT NOT NULL,
        prompt_sha256 TEXT NOT NULL,
        finish_reason TEXT,
        error TEXT NOT NULL DEFAULT '',
        output TEXT,
        output_sha256 TEXT,
        input_tokens INTEGER,
        cached_tokens INTEGER,
        output_tokens INTEGER,
        reasoning_tokens INTEGER,
        queue_ms REAL,
        ttft_ms REAL,
        tpot_ms REAL,
        total_ms REAL
    ) STRICT
    """,
    "CREATE INDEX request_arrival ON request (arrival_id)",
    "CREATE INDEX request_open ON request (arrival_id) WHERE finish_reason IS NULL",
)

FIRST_VIEWS: Final = (
    """
    CREATE VIEW v_results AS
    SELECT result.id, arrival.received_at, result.finished_at, arrival.source, arrival.name_text AS file_name,
        arrival.sha256 AS content_sha256, result.format, result.language,
        result.fields ->> '$.part_no' AS part_no, result.fields ->> '$.serial_no' AS serial_no,
        result.fields ->> '$.lot_no' AS lot_no, result.fields ->> '$.station' AS station,
        result.fields ->> '$.operator' AS operator, result.rule_pack, result.rule_pack_version,
        result.status, result.category, result.severity, result.disposition, result.summary, result.evidence,
        result.decided_by, result.conflict, result.model, result.precision, result.device, result.attempt,
        arrival.recipe
    FROM result JOIN arrival USING (id)
    """,
    """
    CREATE VIEW v_requests AS
    SELECT request.id, result.id AS result_id, request.started_at, request.provider, request.model, request.precision,
        request.precision_reason, request.device, request.input_tokens, request.cached_tokens, request.output_tokens,
        request.reasoning_tokens, request.finish_reason, request.queue_ms, request.ttft_ms, request.tpot_ms,
        request.total_ms, NULL AS energy_j, 'unavailable' AS energy_quality, NULL AS cost, NULL AS cost_energy,
        NULL AS cost_amortisation, NULL AS cost_cloud, NULL AS currency, NULL AS price_table_version,
        request.prompt_sha256, request.output_sha256
    FROM request LEFT JOIN result ON result.id = request.arrival_id
    """,
    """
    CREATE VIEW v_measurements AS
    SELECT measurement.result_id, measurement.number, measurement.part, measurement.characteristic,
        CAST(measurement.value AS REAL) AS value, measurement.value_as_written, measurement.unit,
        CAST(measurement.nominal AS REAL) AS nominal, CAST(measurement.lower_limit AS REAL) AS lower_limit,
        CAST(measurement.upper_limit AS REAL) AS upper_limit, measurement.limits_as_written, measurement.stated,
        measurement.problem, measurement.evidence, measurement.evidence_start
    FROM measurement
    """,
    """
    CREATE VIEW v_nonconformances AS
    SELECT finding.result_id, finding.number, finding.rule, finding.status, finding.category, finding.severity,
        finding.code, finding.characteristic, finding.doubt, finding.message, finding.evidence, finding.evidence_start
    FROM finding
    """,
    """
    CREATE VIEW v_outcomes AS
    SELECT arrival.id, arrival.received_at, arrival.finished_at, arrival.source, arrival.name_text AS file_name,
        arrival.sha256 AS content_sha256,
        CASE WHEN arrival.state IN ('queued', 'running', 'deferred') THEN 'waiting' ELSE arrival.state END AS outcome,
        CASE WHEN arrival.reason = '' AND arrival.state IN ('queued', 'running') THEN arrival.state
            ELSE arrival.reason END AS reason,
        arrival.message, arrival.duplicate_of, arrival.attempt, arrival.archived_to
    FROM arrival
    UNION ALL
    SELECT NULL, sighting.seen_at, NULL, sighting.source, sighting.name_text, NULL, sighting.outcome, sighting.reason,
        '', NULL, 0, NULL
    FROM sighting WHERE sighting.outcome IS NOT NULL
    """,
)

GOVERNOR: Final = (
    """
    CREATE TABLE governor (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL,
        stance TEXT NOT NULL,
        reason TEXT NOT NULL,
        temperature_c REAL,
        limit_c REAL,
        cap_mhz INTEGER,
        actual_mhz INTEGER,
        precision_ceiling TEXT NOT NULL,
        concurrency INTEGER NOT NULL,
        paused INTEGER NOT NULL,
        duty REAL NOT NULL,
        queued INTEGER NOT NULL,
        gpu_busy REAL,
        package_w REAL,
        throttle_reasons TEXT NOT NULL,
        actuator TEXT NOT NULL,
        failures TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX governor_at ON governor (at)",
    """
    CREATE VIEW v_governor AS
    SELECT governor.id, governor.at, governor.stance, governor.reason, governor.temperature_c, governor.limit_c,
        governor.cap_mhz, governor.actual_mhz, governor.precision_ceiling, governor.concurrency, governor.paused,
        governor.duty, governor.queued, governor.gpu_busy, governor.package_w, governor.throttle_reasons,
        governor.actuator, governor.failures
    FROM governor
    """,
)
"""What the machine allowed, from when on and why."""

ENERGY: Final = (
    "ALTER TABLE request ADD COLUMN confidence REAL",
    "ALTER TABLE request ADD COLUMN energy_j REAL",
    "ALTER TABLE request ADD COLUMN energy_quality TEXT NOT NULL DEFAULT 'unavailable'",
    "DROP VIEW v_requests",
    """
    CREATE VIEW v_requests AS
    SELECT request.id, result.id AS result_id, request.started_at, request.provider, request.model, request.precision,
        request.precision_reason, request.device, request.input_tokens, request.cached_tokens, request.output_tokens,
        request.reasoning_tokens, request.finish_reason, request.queue_ms, request.ttft_ms, request.tpot_ms,
        request.total_ms, request.energy_j, request.energy_quality, NULL AS cost, NULL AS cost_energy,
        NULL AS cost_amortisation, NULL AS cost_cloud, NULL AS currency, NULL AS price_table_version,
        request.prompt_sha256, request.output_sha256, request.confidence
    FROM request LEFT JOIN result ON result.id = request.arrival_id
    """,
)
"""How sure each answer was of its codes, and what it drew above what the machine draws idle."""
