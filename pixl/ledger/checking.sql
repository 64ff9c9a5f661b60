-- add_made_with: what a revision of a study was made with
INSERT INTO made_with (study_id, revision, software, policy, rules)
SELECT %(study_id)s, revision, %(software)s, %(policy)s,
    (SELECT count(*) + count(revoked_at) FROM review_rule WHERE review_rule.project = study.project)
FROM study WHERE id = %(study_id)s
ON CONFLICT (study_id, revision) DO UPDATE
SET at = clock_timestamp(), software = EXCLUDED.software, policy = EXCLUDED.policy, rules = EXCLUDED.rules;

-- add_series: the series of a study that have to be checked
INSERT INTO check_series (study_id, revision, series, anon_id, instances, modality, manufacturer)
SELECT %(study_id)s, (SELECT revision FROM study WHERE id = %(study_id)s),
    series, anon_id, instances, modality, manufacturer
FROM unnest(
        %(series)s::text[], %(anon_ids)s::text[], %(instances)s::integer[],
        %(modalities)s::text[], %(manufacturers)s::text[])
    AS given (series, anon_id, instances, modality, manufacturer)
ON CONFLICT (study_id, revision, series) DO UPDATE
SET anon_id = EXCLUDED.anon_id, instances = EXCLUDED.instances, modality = EXCLUDED.modality,
    manufacturer = EXCLUDED.manufacturer, state = 'waiting', tries = 0, lost = 0, at = clock_timestamp();

-- waiting: the series of studies of which the check is not done, for the jobs
SELECT check_series.id, study_id, priority FROM check_series
JOIN study ON study.id = study_id AND study.revision = check_series.revision
WHERE study_id = ANY(%(ids)s) AND check_series.state = 'waiting' ORDER BY check_series.id;

-- last_policy: what a project's studies were made with last
SELECT details FROM audit WHERE project = %(project)s AND what = 'policy-used' ORDER BY position DESC LIMIT 1;

-- project_of: the project and revision of a study
SELECT project, revision FROM study WHERE id = %(id)s;

-- study_of: the study that a check belongs to
SELECT study_id FROM check_series WHERE id = %(id)s;

-- begin: a worker takes on a series that has still to be checked; it is lost until it says otherwise
UPDATE check_series SET lost = lost + 1
FROM study
WHERE check_series.id = %(id)s AND check_series.state = 'waiting'
  AND study.id = study_id AND study.revision = check_series.revision AND study.state = 'checking'
RETURNING check_series.id, study_id, check_series.revision, series, check_series.anon_id, check_series.instances,
    check_series.tries, lost - 1 AS lost, project;

-- note_check_try: a try in which a service did not answer; nothing was lost by it
UPDATE check_series SET tries = tries + 1, lost = lost - 1 WHERE id = %(id)s RETURNING tries;

-- lock_study: the study of a series, locked; null unless it is still being checked
SELECT study.id, project, study.revision, priority, fingerprint FROM study
JOIN check_series ON study_id = study.id AND check_series.revision = study.revision
WHERE check_series.id = %(id)s AND study.state = 'checking' AND check_series.state = 'waiting'
FOR NO KEY UPDATE OF study;

-- add_files: the instances of a series that were checked
INSERT INTO checked_file (check_id, instance)
SELECT %(id)s, unnest(%(instances)s::text[]) ON CONFLICT DO NOTHING;

-- finish: a series is checked
UPDATE check_series SET state = 'done', at = clock_timestamp() WHERE id = %(id)s;

-- note_checks: what the checkers said of themselves
UPDATE made_with SET checks = checks || %(checks)s WHERE study_id = %(study_id)s AND revision = %(revision)s;

-- count_waiting: how many series of a study have still to be checked
SELECT count(*) AS count FROM check_series
WHERE study_id = %(study_id)s AND revision = %(revision)s AND state = 'waiting';
