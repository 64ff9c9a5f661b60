-- facets: what findings may be filtered by
SELECT DISTINCT project, subject_kind, checker, kind FROM finding_group ORDER BY 1, 2, 3, 4;

-- waiting: how much waits for a person, in each project
WITH counted AS (SELECT group_id, count(*) AS findings FROM finding WHERE open GROUP BY 1),
found AS (
    SELECT project, sum(findings)::bigint AS findings FROM counted JOIN finding_group ON finding_group.id = group_id
    GROUP BY 1),
held AS (
    SELECT project, count(*) AS studies, 0 AS reports, min(since) AS oldest FROM study WHERE state = 'held' GROUP BY 1
    UNION ALL
    SELECT project, 0, count(*), min(since) FROM report WHERE state = 'held' GROUP BY 1)
SELECT project, coalesce(max(found.findings), 0)::bigint AS findings, sum(studies)::bigint AS studies,
    sum(reports)::bigint AS reports, min(oldest) AS oldest
FROM held LEFT JOIN found USING (project) GROUP BY 1 ORDER BY 1;

-- group_count: what waits of a group
SELECT count(*) AS findings, count(DISTINCT study_id) + count(DISTINCT report_id) AS subjects
FROM finding WHERE open AND group_id = %(group_id)s AND (%(fingerprint)s::bytea IS NULL OR fingerprint = %(fingerprint)s);

-- neighbours: what waits before and after a finding of a group
SELECT (SELECT max(id) FROM finding
        WHERE open AND group_id = %(group_id)s AND id < %(id)s
          AND (%(fingerprint)s::bytea IS NULL OR fingerprint = %(fingerprint)s)) AS before,
    (SELECT min(id) FROM finding
        WHERE open AND group_id = %(group_id)s AND id > %(id)s
          AND (%(fingerprint)s::bytea IS NULL OR fingerprint = %(fingerprint)s)) AS after;

-- passed_by: who has passed what needs several people, and has not been undone
SELECT finding_id, array_agg(DISTINCT decision.by ORDER BY decision.by) AS people
FROM verdict JOIN decision ON decision.id = decision_id
WHERE finding_id = ANY(%(ids)s) AND decision.decision = 'pass'
  AND NOT EXISTS (SELECT FROM decision AS later WHERE later.undoes = decision.id)
GROUP BY 1;

-- releases: studies that wait for two people, those that have one first
SELECT finding.id, study.id AS study_id, study.project, study.since, study.stored, finding.needs,
    passed.people, others.open AS others
FROM finding JOIN finding_group ON finding_group.id = group_id JOIN study ON study.id = finding.study_id
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT decision.by), '{}') AS people FROM verdict JOIN decision ON decision.id = decision_id
    WHERE verdict.finding_id = finding.id AND decision.decision = 'pass'
      AND NOT EXISTS (SELECT FROM decision AS later WHERE later.undoes = decision.id)) AS passed
CROSS JOIN LATERAL (
    SELECT count(*) AS open FROM finding AS other
    WHERE other.study_id = study.id AND other.revision = study.revision AND other.open AND other.id <> finding.id) AS others
WHERE finding.open AND finding.needs > 1
  AND (%(projects)s::text[] IS NULL OR study.project = ANY(%(projects)s))
ORDER BY cardinality(passed.people) DESC, finding.id LIMIT %(limit)s;

-- decision: one decision
SELECT decision.id, decision.project, decision.decision, decision.reason, by, decision.at, findings, subjects, undoes,
    (SELECT later.id FROM decision AS later WHERE later.undoes = decision.id) AS undone_by
FROM decision WHERE id = %(id)s;

-- throughput: how many studies came to each end in the last hour and day, in each project
SELECT study.project, event.after AS state,
    count(*) FILTER (WHERE event.at > clock_timestamp() - interval '1 hour') AS hour, count(*) AS day
FROM event JOIN study ON study.id = study_id
WHERE event.at > clock_timestamp() - interval '1 day' AND event.before IS DISTINCT FROM event.after
  AND event.after IN ('exported', 'held', 'rejected', 'failed', 'missing') AND merged_into IS NULL
GROUP BY 1, 2 ORDER BY 1, 2;
