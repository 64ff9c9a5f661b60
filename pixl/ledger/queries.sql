-- find_extract: an extract by project and time
SELECT id FROM extract WHERE project = %(project)s AND generated_at = %(generated_at)s;

-- newest_extract: when the newest extract of a project was made
SELECT max(generated_at) AS generated_at FROM extract WHERE project = %(project)s;

-- add_extract: an extract, once
INSERT INTO extract (project, generated_at, skipped)
VALUES (%(project)s, %(generated_at)s, %(skipped)s)
ON CONFLICT (project, generated_at) DO UPDATE SET skipped = EXCLUDED.skipped
RETURNING id;

-- stage: a table for the rows of this load, gone with the transaction
CREATE TEMPORARY TABLE staged (
    position bigint GENERATED ALWAYS AS IDENTITY,
    fingerprint bytea NOT NULL, uid_fingerprint bytea, nameless bytea, identifiers bytea NOT NULL,
    procedure_occurrence_id bigint NOT NULL, series_fingerprint bytea NOT NULL, series bytea, by_part bytea,
    study_id bigint
) ON COMMIT DROP;

-- unstage: the next extract of the same transaction has a table of its own
DROP TABLE staged;

-- copy_staged: the rows of this load, in bulk
COPY staged (fingerprint, uid_fingerprint, nameless, identifiers, procedure_occurrence_id, series_fingerprint, series, by_part)
FROM STDIN (FORMAT BINARY);

-- analyze_staged: tell the planner how many rows there are (without it 100,000 are compared with each other)
ANALYZE staged;

-- one_load: loads for one project follow each other
SELECT pg_advisory_xact_lock(hashtext(%(project)s));

-- identifiers: of each study that a project has
SELECT identifiers FROM study WHERE project = %(project)s AND merged_into IS NULL;

-- stage_uids: a row without a study UID takes the only one that this load gives under its accession number
UPDATE staged SET uid_fingerprint = told.uid_fingerprint, nameless = told.nameless, identifiers = told.identifiers
FROM (
    SELECT fingerprint, (array_agg(uid_fingerprint))[1] AS uid_fingerprint, (array_agg(nameless))[1] AS nameless,
        (array_agg(identifiers ORDER BY position))[1] AS identifiers
    FROM staged WHERE uid_fingerprint IS NOT NULL
    GROUP BY fingerprint HAVING count(DISTINCT uid_fingerprint) = 1) AS told
WHERE staged.fingerprint = told.fingerprint AND staged.uid_fingerprint IS NULL;

-- adopt_rows: a row that tells only a study UID (its fingerprint is the nameless one) is of the study that the project knows by it
UPDATE staged SET fingerprint = study.fingerprint, identifiers = study.identifiers FROM study
WHERE study.project = %(project)s AND study.uid_fingerprint = staged.uid_fingerprint
  AND staged.fingerprint = staged.nameless AND study.fingerprint <> staged.nameless;

-- adopt_studies: a study that the project knows by its UID only learns its MRN and accession number from this load
UPDATE study SET fingerprint = told.fingerprint, identifiers = told.identifiers
FROM (
    SELECT DISTINCT ON (uid_fingerprint) uid_fingerprint, nameless, fingerprint, identifiers FROM staged
    WHERE fingerprint <> nameless ORDER BY uid_fingerprint, position) AS told
WHERE study.project = %(project)s AND study.uid_fingerprint = told.uid_fingerprint
  AND study.fingerprint = told.nameless;

-- strangers: rows whose study UID the project knows under another MRN or accession number
SELECT procedure_occurrence_id FROM staged JOIN study USING (uid_fingerprint)
WHERE study.project = %(project)s AND study.fingerprint <> staged.fingerprint
ORDER BY position LIMIT 10;

-- learn: known studies without a UID learn it from this load; returns them
UPDATE study SET uid_fingerprint = told.uid_fingerprint, identifiers = told.identifiers
FROM (
    SELECT DISTINCT ON (known.id) known.id, staged.uid_fingerprint, staged.identifiers
    FROM staged JOIN study AS known ON known.project = %(project)s AND known.fingerprint = staged.fingerprint
    WHERE known.uid_fingerprint IS NULL AND staged.uid_fingerprint IS NOT NULL
      AND NOT EXISTS (
        SELECT FROM study AS other WHERE other.project = %(project)s AND other.uid_fingerprint = staged.uid_fingerprint)
    ORDER BY known.id, position) AS told
WHERE study.id = told.id
RETURNING study.id, state, priority, study.fingerprint;

-- match_uids: rows whose study the project knows by its UID
UPDATE staged SET study_id = study.id FROM study
WHERE study.project = %(project)s AND study.fingerprint = staged.fingerprint
  AND study.uid_fingerprint = staged.uid_fingerprint;

-- match_others: rows without a UID, where the project knows just one study under their accession number
UPDATE staged SET study_id = single.id
FROM (
    SELECT fingerprint, (array_agg(id))[1] AS id FROM study
    WHERE project = %(project)s AND merged_into IS NULL AND fingerprint IN (SELECT fingerprint FROM staged WHERE study_id IS NULL)
    GROUP BY fingerprint HAVING count(*) = 1) AS single
WHERE staged.fingerprint = single.fingerprint AND staged.uid_fingerprint IS NULL AND staged.study_id IS NULL;

-- match_parts: rows that tell only a series or an instance are of the study of which it was asked for before
UPDATE staged SET study_id = known.study_id
FROM cohort_row AS known JOIN study ON study.id = known.study_id
WHERE staged.fingerprint = staged.by_part AND staged.study_id IS NULL
  AND known.series_fingerprint = staged.series_fingerprint AND known.series_fingerprint <> ''
  AND study.project = %(project)s;

-- named_parts: requests of which only a part was known, and the studies that this load names for them
SELECT staged.study_id, array_agg(DISTINCT study.id) AS ids
FROM staged JOIN study ON study.project = %(project)s AND study.fingerprint = staged.by_part
WHERE study.uid_fingerprint IS NULL AND study.merged_into IS NULL AND study.state <> 'rejected'
  AND study.id <> staged.study_id
GROUP BY 1 ORDER BY 1;

-- locked: a study whose state is about to change
SELECT id, state, priority, fingerprint, merged_into FROM study WHERE id = %(id)s FOR UPDATE;

-- parts_of_study: other requests of which only a part is known, by their parts; not those that were refused or cancelled
SELECT id FROM study
WHERE project = %(project)s AND fingerprint = ANY(%(fingerprints)s::bytea[]) AND uid_fingerprint IS NULL
  AND merged_into IS NULL AND state <> 'rejected' AND id <> %(id)s
ORDER BY id FOR UPDATE;

-- by_uid: the study that a project has by its UID
SELECT id, state, priority, fingerprint FROM study
WHERE project = %(project)s AND uid_fingerprint = %(uid_fingerprint)s AND id <> %(id)s FOR UPDATE;

-- wants_more: whether rows ask for more of a study than its own
SELECT EXISTS (
    SELECT FROM cohort_row AS new WHERE new.study_id = ANY(%(ids)s)
      AND EXISTS (SELECT FROM cohort_row WHERE study_id = %(study_id)s)
      AND NOT EXISTS (
        SELECT FROM cohort_row AS own WHERE own.study_id = %(study_id)s
          AND (own.series IS NULL OR own.series_fingerprint = new.series_fingerprint))) AS more;

-- give_rows: to a study, from requests that join it
WITH given AS (
    DELETE FROM cohort_row WHERE study_id = ANY(%(ids)s)
    RETURNING extract_id, procedure_occurrence_id, series_fingerprint, series)
INSERT INTO cohort_row (extract_id, procedure_occurrence_id, study_id, series_fingerprint, series)
SELECT extract_id, procedure_occurrence_id, %(study_id)s, series_fingerprint, series FROM given
ON CONFLICT DO NOTHING;

-- merge: requests that have joined a study are none of their own any more
UPDATE study SET merged_into = %(study_id)s, state = 'rejected', reason = %(reason)s, since = clock_timestamp()
WHERE id = ANY(%(ids)s);

-- name: what study it is, of which only a part was known
UPDATE study SET fingerprint = %(fingerprint)s, uid_fingerprint = %(uid_fingerprint)s, identifiers = %(identifiers)s
WHERE id = %(id)s;

-- add_studies: studies that the project has not asked for before; returns how many
WITH new AS (
    INSERT INTO study (project, fingerprint, uid_fingerprint, identifiers, priority)
    SELECT %(project)s, fingerprint, uid_fingerprint, identifiers, %(priority)s::integer
    FROM (
        SELECT DISTINCT ON (fingerprint, uid_fingerprint) * FROM staged
        WHERE study_id IS NULL ORDER BY fingerprint, uid_fingerprint, position) AS first_row
    ORDER BY position
    RETURNING id, fingerprint, uid_fingerprint, priority),
deferred AS (
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW('fetch', 'fetch', priority, encode(fingerprint, 'hex'), 'fetch-' || id,
            jsonb_build_object('study_id', id), NULL)::procrastinate_job_to_defer_v1 ORDER BY id)) AS ids
    FROM new),
matched AS (
    UPDATE staged SET study_id = new.id FROM new
    WHERE staged.study_id IS NULL AND staged.fingerprint = new.fingerprint
      AND coalesce(staged.uid_fingerprint, '') = coalesce(new.uid_fingerprint, ''))
SELECT coalesce(cardinality(ids), 0) AS count FROM deferred;

-- more_series: studies of this load that are known, of which a row asks for more than was asked before; locked
SELECT id, state, priority, fingerprint FROM study
WHERE id IN (
    SELECT study_id FROM staged
    WHERE EXISTS (SELECT FROM cohort_row WHERE study_id = staged.study_id)
      AND NOT EXISTS (
        SELECT FROM cohort_row
        WHERE study_id = staged.study_id
          AND (series IS NULL OR cohort_row.series_fingerprint = staged.series_fingerprint)))
ORDER BY id FOR UPDATE;

-- add_rows: the rows of this load; returns how many were new
WITH new AS (
    INSERT INTO cohort_row (extract_id, procedure_occurrence_id, study_id, series_fingerprint, series)
    SELECT DISTINCT ON (procedure_occurrence_id, study_id, series_fingerprint)
        %(extract_id)s::bigint, procedure_occurrence_id, study_id, series_fingerprint, series
    FROM staged
    ON CONFLICT DO NOTHING
    RETURNING 1)
SELECT count(*) AS count FROM new;

-- count_staged: rows and different studies of this load
SELECT count(*) AS rows, count(DISTINCT study_id) AS studies FROM staged;

-- analyze: tell the planner about a bulk load (without it the queue runs ten times slower)
ANALYZE procrastinate_jobs, study, cohort_row, report;

-- study: all that a worker needs to know of a study
SELECT study.id, project, state, reason, since, tries, priority, revision, pseudo_study_uid, image_identifier, anon_id,
    instances, stored, identifiers, fingerprint, move_jobs,
    ARRAY(SELECT series FROM cohort_row WHERE study_id = study.id AND series IS NOT NULL) AS series,
    EXISTS (SELECT FROM cohort_row WHERE study_id = study.id AND series IS NULL)
        OR NOT EXISTS (SELECT FROM cohort_row WHERE study_id = study.id) AS whole
FROM study WHERE id = %(id)s;

-- advance: a study to its next state, if it is where it was thought to be
UPDATE study SET state = %(after)s, reason = %(reason)s, since = clock_timestamp(),
    tries = CASE WHEN %(keep_tries)s THEN tries ELSE 0 END,
    pseudo_study_uid = coalesce(%(pseudo_study_uid)s, pseudo_study_uid),
    image_identifier = coalesce(%(image_identifier)s, image_identifier),
    anon_id = coalesce(%(anon_id)s, anon_id),
    fingerprint = coalesce(%(fingerprint)s, fingerprint),
    uid_fingerprint = coalesce(%(uid_fingerprint)s, uid_fingerprint),
    identifiers = coalesce(%(identifiers)s, identifiers),
    instances = coalesce(%(instances)s, instances),
    stored = coalesce(%(stored)s, stored)
WHERE id = %(id)s AND state = ANY(%(before)s)
RETURNING priority, fingerprint, revision, project;

-- move: many studies from one state to another; a new revision is exported anew
UPDATE study SET state = %(after)s, reason = %(reason)s, since = clock_timestamp(), tries = 0,
    revision = revision + %(new_revision)s::integer
FROM unnest(%(ids)s::bigint[]) AS chosen (chosen_id) WHERE id = chosen_id AND state = %(before)s;

-- note_moves: what orthanc-raw calls the C-MOVEs that run for a study
UPDATE study SET move_jobs = %(move_jobs)s WHERE id = %(id)s;

-- note_try: that a step has to be tried again, and why
UPDATE study SET tries = tries + %(count)s::integer, reason = %(reason)s WHERE id = %(id)s AND state = ANY(%(before)s);

-- forget_notes: notes of some kinds, of an earlier fetch or de-identification
DELETE FROM instance_note WHERE study_id = %(id)s AND kind = ANY(%(kinds)s);

-- add_note: an instance, or several for one reason, that were left out
INSERT INTO instance_note (study_id, kind, instance, reason, count)
VALUES (%(id)s, %(kind)s, %(instance)s, %(reason)s, %(count)s);

-- notes: what was left out of a study
SELECT kind, instance, reason, count FROM instance_note WHERE study_id = %(id)s ORDER BY id;

-- record_export: that a study has arrived, once a revision and destination
INSERT INTO study_export (study_id, revision, destination, name, size, sha256)
VALUES (%(id)s, %(revision)s, %(destination)s, %(name)s, %(size)s, %(sha256)s);

-- events: the history of a study
SELECT at, before, after, reason FROM event WHERE study_id = %(id)s ORDER BY id;

-- status: how many studies of each extract are in each state; by hand is extract null
SELECT study.project, extract.generated_at, state, count(*) AS count
FROM study
LEFT JOIN (SELECT DISTINCT extract_id, study_id FROM cohort_row) AS asked ON asked.study_id = study.id
LEFT JOIN extract ON extract.id = asked.extract_id
WHERE merged_into IS NULL AND (%(project)s::text IS NULL OR study.project = %(project)s)
GROUP BY 1, 2, 3 ORDER BY 1, 2 NULLS FIRST, 3;

-- extracts: the extracts of a project, or of all
SELECT extract.project, generated_at, loaded_at, skipped,
    (SELECT count(*) FROM cohort_row WHERE extract_id = extract.id) AS rows
FROM extract WHERE %(project)s::text IS NULL OR project = %(project)s ORDER BY project, generated_at;

-- reasons: why studies are where they are, most frequent first
SELECT study.project, state, reason, count(*) AS count FROM study
WHERE reason IS NOT NULL AND merged_into IS NULL AND (%(project)s::text IS NULL OR study.project = %(project)s)
GROUP BY 1, 2, 3 ORDER BY count DESC, 1, 2, 3 LIMIT %(limit)s;

-- chosen: studies of a project (and extract) in one of some states, locked; with the state in which they failed
SELECT study.id, state, priority, fingerprint, anon_id,
    (SELECT event.before FROM event WHERE event.study_id = study.id AND event.after = 'failed' AND event.before <> 'failed'
     ORDER BY event.id DESC LIMIT 1) AS stopped_in
FROM study
WHERE project = %(project)s AND state = ANY(%(states)s) AND merged_into IS NULL
  AND (%(generated_at)s::timestamptz IS NULL OR id IN (
    SELECT study_id FROM cohort_row JOIN extract ON extract.id = extract_id
    WHERE extract.project = %(project)s AND generated_at = %(generated_at)s))
ORDER BY id FOR UPDATE OF study;

-- clamp_heartbeats: of before the clock was set back: a living worker is heard of again in a moment, a dead one never is
UPDATE procrastinate_workers SET last_heartbeat = clock_timestamp() WHERE last_heartbeat > clock_timestamp();

-- wake_late: waiting jobs that were put off in a time that has not come: the clock was set back since, and their time is
-- further off than it was meant to be; also any that waits for longer than a day and an hour, which nothing means to
UPDATE procrastinate_jobs SET scheduled_at = NULL
FROM (
    SELECT DISTINCT ON (job_id) job_id, at FROM procrastinate_events JOIN procrastinate_jobs AS job ON job.id = job_id
    WHERE job.status = 'todo' AND job.scheduled_at > clock_timestamp() AND procrastinate_events.type <> 'scheduled'
    ORDER BY job_id, procrastinate_events.id DESC) AS last
WHERE procrastinate_jobs.id = last.job_id AND status = 'todo' AND scheduled_at > clock_timestamp()
  AND (last.at > clock_timestamp() OR scheduled_at > clock_timestamp() + interval '25 hours');

-- stranded: studies on their way that no job will ever take further; there should be none
SELECT id, state, priority, fingerprint FROM study
WHERE state IN ('requested', 'fetching', 'cached', 'deidentifying', 'checking', 'released', 'exporting')
  AND since NOT BETWEEN clock_timestamp() - make_interval(secs => %(older_seconds)s) AND clock_timestamp()
  AND NOT EXISTS (
    SELECT FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') AND args ->> 'study_id' = study.id::text)
LIMIT 1000 FOR UPDATE SKIP LOCKED;

-- gate: how hard the archive is asked
SELECT paused, per_minute FROM fetch_gate;

-- set_gate: change it; the new rate counts from now
UPDATE fetch_gate SET next_at = clock_timestamp(),
    paused = coalesce(%(paused)s, paused),
    per_minute = CASE WHEN %(change_rate)s THEN %(per_minute)s ELSE per_minute END;

-- pass_gate: one study's turn to ask the archive, if it has come; a turn further off than the rate allows is of a clock that was set back
UPDATE fetch_gate SET next_at = clock_timestamp() + make_interval(secs => coalesce(60 / per_minute, 0))
WHERE NOT paused AND (per_minute IS NULL
    OR next_at NOT BETWEEN clock_timestamp() AND clock_timestamp() + make_interval(secs => 60 / per_minute))
RETURNING true AS open;

-- gate_wait: seconds until the next turn
SELECT paused, extract(epoch FROM next_at - clock_timestamp())::double precision AS seconds FROM fetch_gate;

-- cursor: how far the change log of orthanc-raw has been read
SELECT seq FROM raw_cursor;

-- set_cursor: it only goes on, except to 0 for a new orthanc-raw
UPDATE raw_cursor SET seq = %(seq)s;

-- same_study: every project's request for the study that orthanc-raw knows by these marks
SELECT id, project, state, reason, since, priority, fingerprint FROM study
WHERE uid_fingerprint = %(uid_fingerprint)s OR (fingerprint = %(fingerprint)s AND uid_fingerprint IS NULL)
ORDER BY project, id;

-- wake: let the waiting fetch of a study run now
UPDATE procrastinate_jobs SET scheduled_at = NULL
WHERE status = 'todo' AND task_name = 'fetch' AND args ->> 'study_id' = %(id)s::text;

-- add_by_hand: a study that a person sends to a project, once
INSERT INTO study (project, fingerprint, uid_fingerprint, identifiers, priority)
VALUES (%(project)s, %(fingerprint)s, %(uid_fingerprint)s, %(identifiers)s, %(priority)s)
ON CONFLICT DO NOTHING RETURNING id;

-- linker: which row of an extract is which exported study
SELECT procedure_occurrence_id, pseudo_study_uid
FROM cohort_row JOIN study ON study.id = study_id JOIN extract ON extract.id = extract_id
WHERE extract.project = %(project)s AND generated_at = %(generated_at)s
  AND state = 'exported' AND pseudo_study_uid IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2;

-- add_parquet_export: a request to export an extract's parquet
INSERT INTO parquet_export (extract_id) VALUES (%(extract_id)s) RETURNING id;

-- parquet_export: one such request
SELECT parquet_export.id, project, generated_at, state, reason, done, total, files
FROM parquet_export JOIN extract ON extract.id = extract_id WHERE parquet_export.id = %(id)s;

-- set_parquet_export: how far it is
UPDATE parquet_export SET state = %(state)s, reason = %(reason)s, done = %(done)s, total = %(total)s, files = %(files)s
WHERE id = %(id)s;

-- note_parquet_try: that an export has to be tried again, and why; returns how often it was
UPDATE parquet_export SET tries = tries + 1, state = 'queued',
    reason = 'try ' || tries + 1 || ': ' || %(reason)s::text
WHERE id = %(id)s RETURNING tries;

-- has_ledger: whether this database has PIXL's tables
SELECT to_regclass('public.extract') IS NOT NULL AND to_regclass('public.study') IS NOT NULL;

-- holds_something: whether a cohort was ever loaded, or a study sent by hand
SELECT EXISTS (SELECT FROM extract) OR EXISTS (SELECT FROM study);

-- others_connected: how many other programs are connected to this database
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';

-- projects: the projects that have studies or extracts
SELECT project FROM extract UNION SELECT project FROM study ORDER BY project;
