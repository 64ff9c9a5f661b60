-- add_groups: what findings share, once
INSERT INTO finding_group (project, subject_kind, checker, kind, place, device)
SELECT %(project)s, %(subject_kind)s, checker, kind, place, device
FROM unnest(%(checkers)s::text[], %(kinds)s::text[], %(places)s::text[], %(devices)s::text[])
    AS given (checker, kind, place, device)
ORDER BY checker, kind, place, device
ON CONFLICT DO NOTHING;

-- groups: their numbers
SELECT id, checker, kind, place, device FROM finding_group
JOIN unnest(%(checkers)s::text[], %(kinds)s::text[], %(places)s::text[], %(devices)s::text[])
    AS given (checker, kind, place, device) USING (checker, kind, place, device)
WHERE project = %(project)s AND subject_kind = %(subject_kind)s;

-- copy_findings: findings in bulk
COPY finding (group_id, study_id, report_id, revision, series, instance, path, reason, outcome, confidence, box,
    fingerprint, payload, needs, open, rule_id, decision)
FROM STDIN (FORMAT BINARY);

-- close_older: what an earlier revision of a subject left open
UPDATE finding SET open = false
WHERE open AND revision < %(revision)s
  AND (study_id = %(study_id)s::bigint OR report_id = %(report_id)s::bigint);

-- close_all: whatever a subject has open
UPDATE finding SET open = false
WHERE open AND (study_id = %(study_id)s::bigint OR report_id = %(report_id)s::bigint);

-- tally_study: what was found in a revision of a study, by what it does to it
SELECT checker, outcome, decision, rule_id IS NOT NULL AS ruled, count(*) AS count
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE study_id = %(study_id)s AND revision = %(revision)s GROUP BY 1, 2, 3, 4;

-- passed_study: what people passed in earlier revisions of a study
SELECT DISTINCT group_id, path, instance, fingerprint
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE study_id = %(study_id)s AND revision < %(revision)s AND decision = 'pass'
  AND place <> ALL(%(always_asked)s);

-- tally_report: what was found in a revision of a report, by what it does to it
SELECT checker, outcome, decision, rule_id IS NOT NULL AS ruled, count(*) AS count
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE report_id = %(report_id)s AND revision = %(revision)s GROUP BY 1, 2, 3, 4;

-- passed_report: what people passed in earlier revisions of a report
SELECT DISTINCT group_id, path, instance, fingerprint
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE report_id = %(report_id)s AND revision < %(revision)s AND decision = 'pass'
  AND place <> ALL(%(always_asked)s);

-- rules: the rules of a project that hold
SELECT id, checker, kind, place, device, fingerprint FROM review_rule
WHERE project = %(project)s AND revoked_at IS NULL ORDER BY id;

-- rules_version: how often the rules of a project have changed
SELECT count(*) + count(revoked_at) AS version FROM review_rule WHERE project = %(project)s;

-- of_study: the findings of a revision of a study, those that wait first
SELECT finding.*, finding_group.project, subject_kind, checker, kind, place, device
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE study_id = %(study_id)s AND revision = %(revision)s
ORDER BY open DESC, finding.id LIMIT %(limit)s;

-- of_report: the findings of a revision of a report, those that wait first
SELECT finding.*, finding_group.project, subject_kind, checker, kind, place, device
FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE report_id = %(report_id)s AND revision = %(revision)s
ORDER BY open DESC, finding.id LIMIT %(limit)s;

-- add_sample: a study or report that passed is put before a reviewer by chance
INSERT INTO sample (study_id, report_id, revision, finding_id)
SELECT study_id, report_id, revision, max(finding.id) FROM finding
WHERE group_id = %(group_id)s AND revision = %(revision)s
  AND (study_id = %(study_id)s::bigint OR report_id = %(report_id)s::bigint)
GROUP BY study_id, report_id, revision;
