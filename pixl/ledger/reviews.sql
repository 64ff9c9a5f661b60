-- groups: what waits, by what it shares; the most first
WITH counted AS (
    SELECT group_id, CASE WHEN %(by_words)s THEN fingerprint END AS fingerprint,
        count(*) AS findings, min(finding.id) AS example
    FROM finding WHERE open AND group_id = ANY(%(group_ids)s)
      AND (%(words)s::bytea IS NULL OR fingerprint = %(words)s)
    GROUP BY 1, 2),
page AS (
    SELECT * FROM counted
    WHERE %(after_findings)s::bigint IS NULL
       OR (findings, example) < (%(after_findings)s, %(after_example)s)
    ORDER BY findings DESC, example DESC LIMIT %(limit)s)
SELECT page.fingerprint AS words, page.findings, subjects.subjects, finding.*,
    finding_group.project, subject_kind, checker, kind, place, device
FROM page JOIN finding ON finding.id = example JOIN finding_group ON finding_group.id = page.group_id
CROSS JOIN LATERAL (
    SELECT count(DISTINCT study_id) + count(DISTINCT report_id) AS subjects
    FROM finding AS other WHERE other.open AND other.group_id = page.group_id
      AND (NOT %(by_words)s OR other.fingerprint = page.fingerprint)) AS subjects
ORDER BY page.findings DESC, example DESC;

-- group_ids: the groups that some filters leave
SELECT id FROM finding_group
WHERE (%(projects)s::text[] IS NULL OR project = ANY(%(projects)s))
  AND (%(subject_kinds)s::text[] IS NULL OR subject_kind = ANY(%(subject_kinds)s))
  AND (%(checker)s::text IS NULL OR checker = %(checker)s)
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
  AND (%(place)s::text IS NULL OR place = %(place)s)
  AND (%(device)s::text IS NULL OR device = %(device)s);

-- findings: what waits of a group, the oldest first
SELECT finding.*, finding_group.project, subject_kind, checker, kind, place, device
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE open AND group_id = %(group_id)s AND (%(fingerprint)s::bytea IS NULL OR fingerprint = %(fingerprint)s)
  AND finding.id > %(after)s
ORDER BY finding.id LIMIT %(limit)s;

-- some: findings by their numbers
SELECT finding.*, finding_group.project, subject_kind, checker, kind, place, device
FROM finding JOIN finding_group ON finding_group.id = group_id WHERE finding.id = ANY(%(ids)s) ORDER BY finding.id;

-- open: what waits of some projects, or of all, in the order of its numbers
SELECT finding.*, finding_group.project, subject_kind, checker, kind, place, device
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE open AND finding.id > %(after)s AND (%(projects)s::text[] IS NULL OR project = ANY(%(projects)s))
ORDER BY finding.id LIMIT %(limit)s;

-- studies: the studies of some projects in some states, those that wait longest first; or one, by its number
SELECT study.id, study.project, study.state, study.reason, study.since, study.revision, study.pseudo_study_uid,
    study.anon_id, study.stored, found.findings, found.open, found.checkers
FROM study
CROSS JOIN LATERAL (
    SELECT coalesce(sum(of_group.findings), 0)::bigint AS findings, coalesce(sum(of_group.open), 0)::bigint AS open,
        coalesce(array_agg(DISTINCT checker ORDER BY checker) FILTER (WHERE of_group.open > 0), '{}') AS checkers
    FROM (
        SELECT group_id, count(*) AS findings, count(*) FILTER (WHERE open) AS open FROM finding
        WHERE finding.study_id = study.id AND finding.revision = study.revision GROUP BY group_id) AS of_group
    JOIN finding_group ON finding_group.id = group_id) AS found
WHERE (%(id)s::bigint IS NULL OR study.id = %(id)s)
  AND (%(states)s::text[] IS NULL OR study.state = ANY(%(states)s))
  AND (%(projects)s::text[] IS NULL OR study.project = ANY(%(projects)s))
  AND (%(after_since)s::timestamptz IS NULL OR (study.since, study.id) > (%(after_since)s, %(after_id)s))
ORDER BY study.since, study.id LIMIT %(limit)s;

-- reports: the held reports of some projects, those that wait longest first
SELECT report.id, report.project, report.reason, report.since, report.certainty, found.open
FROM report
CROSS JOIN LATERAL (
    SELECT count(*) AS open FROM finding
    WHERE finding.report_id = report.id AND finding.revision = report.revision AND finding.open) AS found
WHERE report.state = 'held' AND (%(projects)s::text[] IS NULL OR report.project = ANY(%(projects)s))
ORDER BY report.since, report.id LIMIT %(limit)s;

-- series: the series of a study and how far their checks are
SELECT series, anon_id, instances, state FROM check_series
WHERE study_id = %(id)s AND revision = %(revision)s ORDER BY id;

-- verdicts: what was said of a finding, in order
SELECT decision.id, decision.project, decision.decision, decision.reason, by, decision.at, findings, subjects, undoes,
    (SELECT later.id FROM decision AS later WHERE later.undoes = decision.id) AS undone_by
FROM verdict JOIN decision ON decision.id = decision_id WHERE finding_id = %(id)s ORDER BY decision.id;

-- decisions_of: what was said of a study's or report's findings, in order
SELECT decision.id, decision.project, decision.decision, decision.reason, by, decision.at, findings, subjects, undoes,
    (SELECT later.id FROM decision AS later WHERE later.undoes = decision.id) AS undone_by
FROM decision WHERE id IN (
    SELECT decision_id FROM verdict JOIN finding ON finding.id = finding_id
    WHERE finding.study_id = %(study_id)s::bigint OR finding.report_id = %(report_id)s::bigint)
ORDER BY decision.id;

-- decisions: what was said, the newest first
SELECT decision.id, decision.project, decision.decision, decision.reason, by, decision.at, findings, subjects, undoes,
    (SELECT later.id FROM decision AS later WHERE later.undoes = decision.id) AS undone_by
FROM decision
WHERE (%(projects)s::text[] IS NULL OR project = ANY(%(projects)s)) AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s;

-- by_checker: what each checker found, and what was said of it
SELECT project, checker, kind, outcome, decision, rule_id IS NOT NULL AS by_rule, open, count(*) AS count
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE %(projects)s::text[] IS NULL OR project = ANY(%(projects)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4;

-- states_over_time: how many studies came into each state, by hour or day
SELECT date_trunc(%(unit)s, event.at) AS at, event.after AS state, count(*) AS count
FROM event JOIN study ON study.id = study_id
WHERE event.before IS DISTINCT FROM event.after AND event.at >= %(since)s
  AND (%(projects)s::text[] IS NULL OR project = ANY(%(projects)s))
GROUP BY 1, 2 ORDER BY 1, 2;

-- decisions_over_time: how many findings were decided, by hour or day
SELECT date_trunc(%(unit)s, at) AS at, decision, sum(findings)::bigint AS count FROM decision
WHERE at >= %(since)s AND (%(projects)s::text[] IS NULL OR project = ANY(%(projects)s))
GROUP BY 1, 2 ORDER BY 1, 2;

-- samples: of the random samples of each project, how many were looked at, and how many should not have passed
SELECT finding_group.project, CASE WHEN sample.report_id IS NULL THEN 'study' ELSE 'report' END AS kind, count(*) AS drawn,
    count(*) FILTER (WHERE look.decision IS NOT NULL OR found.missed) AS looked_at,
    count(*) FILTER (WHERE found.missed) AS missed
FROM sample JOIN finding AS look ON look.id = sample.finding_id JOIN finding_group ON finding_group.id = look.group_id
CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(decision IN ('fail', 'redact')), false) AS missed FROM finding
    WHERE (finding.study_id = sample.study_id OR finding.report_id = sample.report_id)
      AND finding.revision = sample.revision) AS found
WHERE %(projects)s::text[] IS NULL OR finding_group.project = ANY(%(projects)s)
GROUP BY 1, 2 ORDER BY 1, 2 DESC;

-- extract_ready: what of an extract is not at its end, or waits for a person
SELECT count(*) FILTER (WHERE state NOT IN ('exported', 'missing', 'held', 'rejected', 'failed')) AS in_flight,
    count(*) FILTER (WHERE state = 'held') AS held, count(*) FILTER (WHERE state = 'exported') AS exported,
    count(*) AS requested
FROM study WHERE id IN (
    SELECT study_id FROM cohort_row JOIN extract ON extract.id = extract_id
    WHERE extract.project = %(project)s AND generated_at = %(generated_at)s);

-- study_rows: every study of an extract (or of a project) with what became of it
SELECT study.id, study.state, study.reason, study.since, study.revision, study.pseudo_study_uid,
    study.image_identifier, study.instances, study.stored, made_with.software, made_with.policy, made_with.checks,
    made_with.rules, made_with.at AS made_at, study_export.name AS exported_name, study_export.sha256,
    study_export.size, study_export.at AS exported_at
FROM study
LEFT JOIN made_with ON made_with.study_id = study.id AND made_with.revision = study.revision
LEFT JOIN study_export ON study_export.study_id = study.id AND study_export.revision = study.revision
WHERE study.project = %(project)s AND (%(generated_at)s::timestamptz IS NULL OR study.id IN (
    SELECT cohort_row.study_id FROM cohort_row JOIN extract ON extract.id = extract_id
    WHERE extract.project = %(project)s AND generated_at = %(generated_at)s))
ORDER BY study.id;

-- finding_rows: every finding of a project's studies at their present revision
SELECT finding.*, finding_group.project, subject_kind, checker, kind, place, device
FROM finding JOIN finding_group ON finding_group.id = group_id
JOIN study ON study.id = finding.study_id AND study.revision = finding.revision
WHERE finding_group.project = %(project)s AND (%(generated_at)s::timestamptz IS NULL OR study.id IN (
    SELECT cohort_row.study_id FROM cohort_row JOIN extract ON extract.id = extract_id
    WHERE extract.project = %(project)s AND generated_at = %(generated_at)s))
ORDER BY finding.id;
