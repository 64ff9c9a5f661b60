-- extract: when an extract was loaded, its rows, and what of it asked for nothing
SELECT extract.id, loaded_at, skipped, (SELECT count(*) FROM cohort_row WHERE extract_id = extract.id) AS rows
FROM extract WHERE project = %(project)s AND generated_at = %(generated_at)s;

-- studies: every study of an extract, what became of it, and from where it came there
SELECT study.id, state, reason, since, study.revision, pseudo_study_uid, instances, stored,
    (SELECT min(procedure_occurrence_id) FROM cohort_row
     WHERE study_id = study.id AND extract_id = %(extract_id)s) AS procedure_occurrence_id,
    (SELECT before FROM event WHERE study_id = study.id AND event.after = study.state
     AND event.before IS DISTINCT FROM event.after ORDER BY id DESC LIMIT 1) AS before,
    software, policy, checks, rules
FROM study LEFT JOIN made_with ON made_with.study_id = study.id AND made_with.revision = study.revision
WHERE study.id IN (SELECT study_id FROM cohort_row WHERE extract_id = %(extract_id)s)
ORDER BY study.id;

-- series: what each study was made into
SELECT study_id, series, check_series.instances, modality, manufacturer
FROM check_series JOIN study ON study.id = study_id AND study.revision = check_series.revision
WHERE study_id IN (SELECT study_id FROM cohort_row WHERE extract_id = %(extract_id)s)
ORDER BY study_id, series;

-- files: every file that was checked, by study and series
SELECT study_id, series, instance, modality, manufacturer
FROM checked_file JOIN check_series ON check_series.id = check_id
JOIN study ON study.id = study_id AND study.revision = check_series.revision
WHERE study_id IN (SELECT study_id FROM cohort_row WHERE extract_id = %(extract_id)s)
ORDER BY study_id, series, instance;

-- notes: the instances that de-identification left out
SELECT study_id, kind, instance, reason, count FROM instance_note
WHERE study_id IN (SELECT study_id FROM cohort_row WHERE extract_id = %(extract_id)s)
ORDER BY study_id, id;

-- findings: how much each checker found, and what became of it
SELECT checker, kind, outcome, coalesce(decision, CASE WHEN rule_id IS NOT NULL THEN 'rule' END) AS verdict,
    count(*) AS count, count(DISTINCT study.id) AS studies
FROM finding JOIN finding_group ON finding_group.id = group_id
JOIN study ON study.id = finding.study_id AND study.revision = finding.revision
WHERE study.id IN (SELECT study_id FROM cohort_row WHERE extract_id = %(extract_id)s)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;

-- last_report: the last day on which a report of an extract was de-identified; what came later is not its account
SELECT max(report_event.at)::date AS day
FROM report_event JOIN report ON report.id = report_id
WHERE before = 'requested' AND (report.project, fingerprint) IN (
    SELECT study.project, study.fingerprint FROM cohort_row JOIN study ON study.id = study_id
    WHERE extract_id = %(extract_id)s);

-- days: how many studies of an extract came into each of their last states, by day
SELECT date_trunc('day', since)::date AS day, state, count(*) AS count FROM study
WHERE id IN (SELECT study_id FROM cohort_row WHERE extract_id = %(extract_id)s)
GROUP BY 1, 2 ORDER BY 1, 2;

-- reviewers: what people said of an extract's findings
SELECT decision.decision, decision.by, count(DISTINCT decision.id) AS decisions, count(*) AS findings
FROM verdict JOIN decision ON decision.id = decision_id JOIN finding ON finding.id = finding_id
WHERE finding.study_id IN (SELECT study_id FROM cohort_row WHERE extract_id = %(extract_id)s)
GROUP BY 1, 2 ORDER BY 1, 2;

-- failures: every finding of an extract that stopped something and that neither a person nor a rule has passed
SELECT finding.*, finding_group.project, subject_kind, checker, kind, place, device
FROM finding JOIN finding_group ON finding_group.id = group_id
JOIN study ON study.id = finding.study_id AND study.revision = finding.revision
WHERE outcome <> 'note' AND rule_id IS NULL AND decision IS DISTINCT FROM 'pass'
  AND study.id IN (SELECT study_id FROM cohort_row WHERE extract_id = %(extract_id)s)
ORDER BY finding.id;
