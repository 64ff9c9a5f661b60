-- add_staged: reports of this load that the project has not asked for before, each with its job; returns how many
WITH new AS (
    INSERT INTO report (project, fingerprint, identifiers, priority)
    SELECT %(project)s, fingerprint, identifiers, %(priority)s::integer
    FROM (
        SELECT DISTINCT ON (fingerprint) fingerprint, identifiers, position FROM staged
        WHERE fingerprint IS DISTINCT FROM nameless  -- a report is known by MRN and accession number
        ORDER BY fingerprint, position) AS first_row
    ORDER BY position
    ON CONFLICT (project, fingerprint) DO NOTHING
    RETURNING id, priority),
deferred AS (
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW('report', 'report', priority, NULL, 'report-' || id,
            jsonb_build_object('report_id', id), NULL)::procrastinate_job_to_defer_v1 ORDER BY id)) AS ids
    FROM new)
SELECT coalesce(cardinality(ids), 0) AS count FROM deferred;

-- report: all that a worker needs to know of a report
SELECT id, project, state, reason, revision, tries, priority, identifiers, output, recheck, engine, policy,
    image_identifier, pseudo_study_uid, found, superseded, words, certainty, method
FROM report WHERE id = %(id)s;

-- lock: a report, locked until the transaction ends
SELECT id, project, state, revision, priority, output FROM report WHERE id = %(id)s FOR NO KEY UPDATE;

-- finish: what became of a report
UPDATE report SET state = %(state)s, reason = %(reason)s, since = clock_timestamp(), tries = 0, recheck = false,
    output = %(output)s, certainty = %(certainty)s, engine = %(engine)s, method = %(method)s, policy = %(policy)s,
    image_identifier = %(image_identifier)s, pseudo_study_uid = %(pseudo_study_uid)s,
    found = %(found)s, superseded = %(superseded)s, words = %(words)s
WHERE id = %(id)s;

-- end: a report that goes no further, for a reason; what it was before is gone
UPDATE report SET state = %(state)s, reason = %(reason)s, since = clock_timestamp(), tries = 0, recheck = false,
    output = NULL, certainty = NULL
WHERE id = %(id)s AND state = 'requested' AND revision = %(revision)s
RETURNING id;

-- note_try: that a report has to be tried again, and why; returns how often it was
UPDATE report SET tries = tries + 1, reason = %(reason)s WHERE id = %(id)s AND state = 'requested' RETURNING tries;

-- move: a report that is locked goes on; its text stays
UPDATE report SET state = %(state)s, reason = %(reason)s, since = clock_timestamp() WHERE id = %(id)s;

-- check_again: a text of which something was masked has to be checked anew
UPDATE report SET state = 'requested', reason = %(reason)s, since = clock_timestamp(), tries = 0,
    revision = revision + 1, recheck = true, output = %(output)s
WHERE id = %(id)s;

-- redacted: what a person wants masked in a revision of a report
SELECT finding.*, finding_group.project, subject_kind, checker, kind, place, device
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE report_id = %(report_id)s AND revision = %(revision)s AND decision = 'redact' ORDER BY finding.id;

-- chosen: reports of a project (and extract) in one of some states, locked
SELECT id, state, priority FROM report
WHERE project = %(project)s AND state = ANY(%(states)s)
  AND (%(generated_at)s::timestamptz IS NULL OR fingerprint IN (
    SELECT study.fingerprint FROM cohort_row
    JOIN extract ON extract.id = extract_id JOIN study ON study.id = study_id
    WHERE extract.project = %(project)s AND generated_at = %(generated_at)s))
ORDER BY id FOR NO KEY UPDATE;

-- again: reports that begin anew
UPDATE report SET state = 'requested', reason = %(reason)s, since = clock_timestamp(), tries = 0,
    revision = revision + 1, recheck = false, output = NULL, certainty = NULL
WHERE id = ANY(%(ids)s);

-- reject: reports that are stopped
UPDATE report SET state = 'rejected', reason = %(reason)s, since = clock_timestamp(), output = NULL, certainty = NULL
WHERE id = ANY(%(ids)s);

-- close: what waits in reports that are no longer held
UPDATE finding SET open = false WHERE open AND report_id = ANY(%(ids)s);

-- newest: the last finding of a group in a report
SELECT max(id) AS id FROM finding WHERE report_id = %(id)s AND group_id = %(group_id)s;

-- reopen: what has not been decided waits again
UPDATE finding SET open = true
WHERE report_id = %(id)s AND revision = %(revision)s
  AND outcome = 'hold' AND decision IS NULL AND rule_id IS NULL AND NOT open;

-- stranded: reports on their way that no job will ever take further; there should be none
SELECT id, priority FROM report
WHERE state = 'requested' AND since NOT BETWEEN clock_timestamp() - make_interval(secs => %(older_seconds)s) AND clock_timestamp()
  AND NOT EXISTS (
    SELECT FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND args ->> 'report_id' = report.id::text)
LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED;

-- status: how many reports of each extract are in each state, and how many accession numbers had several or older ones
SELECT project, generated_at, state, count(*) AS count,
    count(*) FILTER (WHERE found > 1) AS several, sum(superseded) AS superseded
FROM (
    SELECT DISTINCT extract.project, generated_at, report.id, report.state, found, superseded
    FROM cohort_row
    JOIN extract ON extract.id = extract_id
    JOIN study ON study.id = study_id
    JOIN report ON report.project = study.project AND report.fingerprint = study.fingerprint
    WHERE (%(project)s::text IS NULL OR extract.project = %(project)s)
      AND (%(generated_at)s::timestamptz IS NULL OR generated_at = %(generated_at)s)) AS asked
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- reasons: why reports are where they are, most frequent first
SELECT project, state, reason, count(*) AS count FROM report
WHERE reason IS NOT NULL AND (%(project)s::text IS NULL OR project = %(project)s)
GROUP BY 1, 2, 3 ORDER BY count DESC, 1, 2, 3 LIMIT %(limit)s;

-- events: the history of a report
SELECT at, before, after, reason FROM report_event WHERE report_id = %(id)s ORDER BY id;

-- rows: the reports of an extract that may leave, one for each row; the images' own pseudonyms where there are any
SELECT DISTINCT ON (procedure_occurrence_id, report.id)
    procedure_occurrence_id, report.id, report.revision, report.identifiers, report.fingerprint,
    study.uid_fingerprint, output, certainty, engine, method, report.policy,
    coalesce(nullif(study.image_identifier, ''), report.image_identifier) AS image_identifier,
    coalesce(study.pseudo_study_uid, CASE
        WHEN (SELECT count(*) FROM study AS other
              WHERE other.project = study.project AND other.fingerprint = study.fingerprint) = 1
        THEN report.pseudo_study_uid END) AS pseudo_study_uid
FROM cohort_row
JOIN extract ON extract.id = extract_id
JOIN study ON study.id = study_id
JOIN report ON report.project = study.project AND report.fingerprint = study.fingerprint
WHERE extract.project = %(project)s AND generated_at = %(generated_at)s AND report.state IN ('released', 'exported')
ORDER BY procedure_occurrence_id, report.id, study.id;

-- record_exports: reports that have arrived with an extract, once a revision, destination and extract
INSERT INTO report_export (report_id, revision, destination, extract_id)
SELECT report_id, revision, %(destination)s,
    (SELECT id FROM extract WHERE project = %(project)s AND generated_at = %(generated_at)s)
FROM unnest(%(ids)s::bigint[], %(revisions)s::integer[]) AS arrived (report_id, revision)
ON CONFLICT DO NOTHING;

-- blocks: what is refused now, by whom it was asked for; what only failed the review of its images is not meant
SELECT fingerprint, reason FROM block
WHERE lifted_at IS NULL AND decision_id IS NULL AND (project IS NULL OR project = %(project)s);

-- marks: by what reports are on the block list; the studies under their accession numbers count too
SELECT report.id, report.fingerprint, identifiers,
    ARRAY(SELECT uid_fingerprint FROM study
          WHERE study.project = report.project AND study.fingerprint = report.fingerprint
            AND uid_fingerprint IS NOT NULL) AS uids
FROM report WHERE project = %(project)s AND (id = %(id)s::bigint OR (%(id)s::bigint IS NULL AND state = 'released'))
FOR NO KEY UPDATE;

-- mark_exported: what was released, and is still what was sent, is exported
UPDATE report SET state = 'exported', reason = NULL, since = clock_timestamp()
FROM unnest(%(ids)s::bigint[], %(revisions)s::integer[]) AS arrived (report_id, sent)
WHERE id = report_id AND revision = sent AND state = 'released';

-- add_day: one report more
INSERT INTO report_day AS known (project, day, reports, flagged, words, masked, seen, agreed, certainty)
VALUES (%(project)s, (clock_timestamp() AT TIME ZONE 'UTC')::date, 1, %(flagged)s::integer, %(words)s, %(masked)s,
    %(seen)s, %(agreed)s, %(certainty)s)
ON CONFLICT (project, day) DO UPDATE SET
    reports = known.reports + 1, flagged = known.flagged + EXCLUDED.flagged, words = known.words + EXCLUDED.words,
    masked = known.masked + EXCLUDED.masked, seen = known.seen + EXCLUDED.seen,
    agreed = known.agreed + EXCLUDED.agreed, certainty = known.certainty + EXCLUDED.certainty;

-- add_day_findings: what was found in it
INSERT INTO report_day_finding AS known (project, day, kind, count)
SELECT %(project)s, (clock_timestamp() AT TIME ZONE 'UTC')::date, kind, count
FROM unnest(%(kinds)s::text[], %(counts)s::bigint[]) AS given (kind, count) ORDER BY kind
ON CONFLICT (project, day, kind) DO UPDATE SET count = known.count + EXCLUDED.count;

-- days: the last days of a project on which there were reports, the newest first
SELECT day, reports, flagged, words, masked, seen, agreed, certainty,
    (SELECT coalesce(jsonb_object_agg(kind, count), '{}') FROM report_day_finding AS found
     WHERE found.project = report_day.project AND found.day = report_day.day) AS findings
FROM report_day WHERE project = %(project)s AND (%(until)s::date IS NULL OR day <= %(until)s)
ORDER BY day DESC LIMIT %(limit)s;
