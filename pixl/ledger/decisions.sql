-- choose: the findings that a decision is about, in a table that is gone with the transaction
CREATE TEMPORARY TABLE chosen (
    finding_id bigint PRIMARY KEY, study_id bigint, report_id bigint, project text NOT NULL, needs smallint NOT NULL,
    passed integer NOT NULL DEFAULT 0
) ON COMMIT DROP;

-- touch: the studies and reports that the decisions of this transaction are about
CREATE TEMPORARY TABLE IF NOT EXISTS touched (study_id bigint, report_id bigint) ON COMMIT DROP;

-- add_touched: those of the last decision
INSERT INTO touched SELECT DISTINCT study_id, report_id FROM chosen;

-- unchoose: the next decision of this transaction has its own
DROP TABLE chosen;

-- choose_findings: findings by their numbers
INSERT INTO chosen (finding_id, study_id, report_id, project, needs)
SELECT finding.id, study_id, report_id, project, needs FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE open AND finding.id = ANY(%(ids)s);

-- choose_group: what waits of a group, or of those of it with the same words
INSERT INTO chosen (finding_id, study_id, report_id, project, needs)
SELECT finding.id, study_id, report_id, project, needs FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE open AND group_id = %(group_id)s AND (%(fingerprint)s::bytea IS NULL OR fingerprint = %(fingerprint)s);

-- choose_studies: what waits of studies
INSERT INTO chosen (finding_id, study_id, report_id, project, needs)
SELECT finding.id, study_id, report_id, project, needs FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE open AND study_id = ANY(%(ids)s);

-- choose_reports: what waits of reports
INSERT INTO chosen (finding_id, study_id, report_id, project, needs)
SELECT finding.id, study_id, report_id, project, needs FROM finding JOIN finding_group ON finding_group.id = group_id
WHERE open AND report_id = ANY(%(ids)s);

-- choose_rule: what waits and a rule ignores
INSERT INTO chosen (finding_id, study_id, report_id, project, needs)
SELECT finding.id, study_id, report_id, finding_group.project, needs
FROM finding JOIN finding_group ON finding_group.id = group_id
JOIN review_rule ON review_rule.id = %(rule_id)s AND review_rule.project = finding_group.project
WHERE open
  AND (review_rule.checker IS NULL OR review_rule.checker = finding_group.checker)
  AND (review_rule.kind IS NULL OR review_rule.kind = finding_group.kind)
  AND (review_rule.place IS NULL OR review_rule.place = finding_group.place)
  AND (review_rule.device IS NULL OR review_rule.device = finding_group.device)
  AND (review_rule.fingerprint IS NULL OR review_rule.fingerprint = finding.fingerprint)
  AND finding_group.place <> ALL(%(always_asked)s);

-- lock_chosen: their studies, so that nothing else moves them meanwhile
SELECT id FROM study WHERE id IN (SELECT study_id FROM chosen) ORDER BY id FOR NO KEY UPDATE;

-- drop_closed: what was decided while the locks were waited for
DELETE FROM chosen USING finding WHERE finding.id = finding_id AND NOT finding.open;

-- analyze_chosen: tell the planner how many there are
ANALYZE chosen;

-- count_chosen: how many findings, in how many studies and reports, of which projects
SELECT count(*) AS findings, count(DISTINCT study_id) + count(DISTINCT report_id) AS subjects,
    coalesce(array_agg(DISTINCT project), '{}') AS projects FROM chosen;

-- passes: how many different people have passed what needs several, and whether this one has
WITH passed AS (
    SELECT finding_id, by FROM chosen JOIN verdict USING (finding_id) JOIN decision ON decision.id = decision_id
    WHERE needs > 1 AND decision.decision = 'pass'
      AND NOT EXISTS (SELECT FROM decision AS later WHERE later.undoes = decision.id)),
counted AS (
    UPDATE chosen SET passed = people FROM (
        SELECT finding_id, count(DISTINCT identity_of(by)) AS people FROM passed GROUP BY finding_id) AS found
    WHERE found.finding_id = chosen.finding_id)
SELECT count(*) FILTER (WHERE identity_of(by) = identity_of(%(by)s)) AS mine,
    count(*) FILTER (WHERE NOT are_told_apart(by, %(by)s)) AS doubtful FROM passed;

-- last_words: how many of what needs several people would have them all
SELECT count(*) AS count FROM chosen WHERE needs > 1 AND passed + 1 >= needs;

-- without_place: what cannot be removed, because it is no element and no box of an instance, and no words of a report
SELECT count(*) AS count FROM chosen JOIN finding ON finding.id = finding_id
WHERE (chosen.study_id IS NOT NULL AND (instance IS NULL OR (box IS NULL AND path NOT LIKE '(%%')))
   OR (chosen.report_id IS NOT NULL AND payload IS NULL);

-- add_decision: what a person said
INSERT INTO decision (project, decision, reason, by, findings, subjects, undoes)
VALUES (%(project)s, %(decision)s, %(reason)s, %(by)s, %(findings)s, %(subjects)s, %(undoes)s) RETURNING id;

-- add_verdicts: of which findings
INSERT INTO verdict (decision_id, finding_id) SELECT %(decision_id)s, finding_id FROM chosen;

-- decide: what was said counts, but for what needs another person
UPDATE finding SET decision = %(decision)s, open = false
FROM chosen WHERE id = finding_id AND (%(decision)s <> 'pass' OR passed + 1 >= chosen.needs);

-- pass_by_rule: what a rule ignores
UPDATE finding SET rule_id = %(rule_id)s, open = false FROM chosen WHERE id = finding_id;

-- add_redactions: what the next de-identification has to remove
INSERT INTO redaction (study_id, decision_id, instance, path, box)
SELECT finding.study_id, %(decision_id)s, instance, path, box FROM chosen JOIN finding ON finding.id = finding_id
WHERE finding.study_id IS NOT NULL;

-- add_blocks: studies that failed are refused from now on
INSERT INTO block (project, level, fingerprint, reason, by, decision_id)
SELECT DISTINCT study.project, CASE WHEN uid_fingerprint IS NULL THEN 'accession' ELSE 'study' END,
    coalesce(uid_fingerprint, fingerprint), 'it failed review', %(by)s::text, %(decision_id)s::bigint
FROM chosen JOIN study ON study.id = chosen.study_id;

-- standing: of each study that a decision was about and that may go on now, what its findings say
SELECT study.id, study.state, study.priority, study.fingerprint, study.project, study.revision,
    coalesce(found.waiting, 0) AS waiting, coalesce(found.failed, 0) AS failed, coalesce(found.redact, 0) AS redact,
    EXISTS (SELECT FROM check_series WHERE study_id = study.id AND revision = study.revision) AS has_output,
    NOT EXISTS (SELECT FROM check_series
        WHERE study_id = study.id AND revision = study.revision AND state = 'waiting') AS is_checked
FROM study
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE decision IS NULL AND rule_id IS NULL AND outcome = 'hold') AS waiting,
        count(*) FILTER (WHERE decision = 'fail') AS failed, count(*) FILTER (WHERE decision = 'redact') AS redact
    FROM finding WHERE finding.study_id = study.id AND finding.revision = study.revision) AS found ON true
WHERE study.id IN (SELECT study_id FROM touched)
  AND (%(some_failed)s OR NOT EXISTS (SELECT FROM finding AS other WHERE other.study_id = study.id AND other.open))
ORDER BY study.id;

-- touched_reports: the reports that decisions were about
SELECT DISTINCT report_id FROM touched WHERE report_id IS NOT NULL ORDER BY report_id;

-- undoable: a decision, if it is one and has not been undone
SELECT id, project, decision FROM decision
WHERE id = %(id)s AND decision <> 'undo' AND NOT EXISTS (SELECT FROM decision AS later WHERE later.undoes = %(id)s);

-- choose_decided: the findings of a decision
INSERT INTO chosen (finding_id, study_id, report_id, project, needs)
SELECT finding.id, finding.study_id, finding.report_id, %(project)s, needs
FROM verdict JOIN finding ON finding.id = finding_id WHERE decision_id = %(id)s;

-- gone_on: studies of which a decision cannot be undone any more: they have left, or are another revision
SELECT count(DISTINCT study.id) AS count FROM chosen JOIN study ON study.id = chosen.study_id
JOIN finding ON finding.id = finding_id
WHERE study.state NOT IN ('held', 'released', 'rejected') OR finding.revision <> study.revision;

-- take_back: findings say again what they said before
UPDATE finding SET decision = (
        SELECT decision.decision FROM verdict JOIN decision ON decision.id = decision_id
        WHERE verdict.finding_id = finding.id AND decision.decision <> 'undo' AND decision.id <> %(id)s AND finding.needs = 1
          AND NOT EXISTS (SELECT FROM decision AS later WHERE later.undoes = decision.id)
        ORDER BY decision.id DESC LIMIT 1),
    open = finding.outcome = 'hold' AND finding.rule_id IS NULL
        AND (finding.report_id IS NOT NULL OR (SELECT state FROM study WHERE study.id = finding.study_id) = 'held')
FROM chosen WHERE finding.id = finding_id;

-- close_decided: what an earlier decision still stands for does not wait
UPDATE finding SET open = false FROM chosen WHERE id = finding_id AND decision IS NOT NULL;

-- lift_blocks: of a decision that is undone
UPDATE block SET lifted_at = clock_timestamp(), lifted_by = %(by)s WHERE decision_id = %(id)s AND lifted_at IS NULL;

-- undo_redactions: of a decision that is undone
UPDATE redaction SET undone = true WHERE decision_id = %(id)s;

-- undo_rules: rules that came with a decision that is undone
UPDATE review_rule SET revoked_at = clock_timestamp(), revoked_by = %(by)s, revoked_reason = %(reason)s
WHERE decision_id = %(id)s AND revoked_at IS NULL;

-- back_to_held: studies that wait again
SELECT study.id, study.state, priority, fingerprint FROM study
WHERE id IN (SELECT study_id FROM chosen) AND state IN ('released', 'rejected');

-- lock_rules: changes of a project's rules follow each other
SELECT pg_advisory_xact_lock(hashtext('rules of ' || %(project)s::text));

-- add_rule: findings that a project ignores from now on
INSERT INTO review_rule (project, version, checker, kind, place, device, fingerprint, payload, reason, by)
SELECT %(project)s, count(*) + count(revoked_at) + 1, %(checker)s, %(kind)s, %(place)s, %(device)s, %(fingerprint)s,
    %(payload)s, %(reason)s, %(by)s
FROM review_rule WHERE project = %(project)s
RETURNING id, version;

-- revoke_rule: a rule no longer holds
UPDATE review_rule SET revoked_at = clock_timestamp(), revoked_by = %(by)s, revoked_reason = %(reason)s
WHERE id = %(id)s AND revoked_at IS NULL RETURNING project;

-- all_rules: the rules of a project, or of all, also the revoked ones
SELECT id, project, version, checker, kind, place, device, fingerprint, payload, reason, by, at,
    revoked_at, revoked_by, revoked_reason
FROM review_rule WHERE %(project)s::text IS NULL OR project = %(project)s ORDER BY project, id;

-- blocked: why a study is refused
SELECT reason FROM block
WHERE lifted_at IS NULL AND (project IS NULL OR project = %(project)s)
  AND ((level = 'accession' AND fingerprint = %(fingerprint)s) OR (level = 'study' AND fingerprint = %(uid_fingerprint)s)
    OR (level = 'patient' AND fingerprint = %(patient)s))
ORDER BY id LIMIT 1;

-- redactions: what has to be removed from a study
SELECT DISTINCT instance, path, box FROM redaction WHERE study_id = %(study_id)s AND NOT undone
ORDER BY instance, path, box;
