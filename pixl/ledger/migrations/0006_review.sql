-- The checks, what they found, what people said of it, and the proof that nobody changed it afterwards.

ALTER TABLE study DROP CONSTRAINT study_state_check;
ALTER TABLE study ADD CONSTRAINT study_state_check CHECK (state IN (
    'requested', 'fetching', 'cached', 'deidentifying', 'checking', 'released', 'exporting',
    'exported', 'missing', 'held', 'rejected', 'failed'));

CREATE TABLE made_with (
    study_id bigint NOT NULL REFERENCES study,
    revision integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    software text NOT NULL,
    policy text NOT NULL,
    checks jsonb NOT NULL DEFAULT '{}',
    rules integer NOT NULL DEFAULT 0,
    PRIMARY KEY (study_id, revision)
);
COMMENT ON TABLE made_with IS 'what a revision of a study was made and checked with';
COMMENT ON COLUMN made_with.policy IS 'the hash of the policy';
COMMENT ON COLUMN made_with.checks IS 'what the checkers say of themselves: name -> hash of settings, rules and models';
COMMENT ON COLUMN made_with.rules IS 'the version of the project''s review rules';

CREATE TABLE check_series (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    study_id bigint NOT NULL REFERENCES study,
    revision integer NOT NULL,
    series text NOT NULL,
    anon_id text NOT NULL,
    instances integer NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done')),
    tries integer NOT NULL DEFAULT 0,
    lost integer NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (study_id, revision, series)
);
COMMENT ON COLUMN check_series.series IS 'the pseudonymous Series Instance UID';
COMMENT ON COLUMN check_series.anon_id IS 'what orthanc-anon calls the series';
COMMENT ON COLUMN check_series.lost IS 'how often its check was begun and not ended: workers that it kills shall not be killed for ever';

CREATE TABLE finding_group (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL,
    subject_kind text NOT NULL CHECK (subject_kind IN ('study', 'series', 'report')),
    checker text NOT NULL,
    kind text NOT NULL,
    place text NOT NULL,
    device text NOT NULL DEFAULT '',
    UNIQUE (project, subject_kind, checker, kind, place, device)
);
COMMENT ON TABLE finding_group IS 'what findings share: one decision may settle all of a group';
COMMENT ON COLUMN finding_group.place IS 'the element''s path without numbers of items';

CREATE TABLE review_rule (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL,
    version integer NOT NULL,
    checker text,
    kind text,
    place text,
    device text,
    fingerprint bytea,
    payload bytea,
    reason text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decision_id bigint,
    revoked_at timestamptz,
    revoked_by text,
    revoked_reason text,
    CHECK (place IS NOT NULL OR fingerprint IS NOT NULL)
);
COMMENT ON TABLE review_rule IS 'findings that a project ignores; what is null is anything';
COMMENT ON COLUMN review_rule.version IS 'of the project''s rules, which this one made';
COMMENT ON COLUMN review_rule.fingerprint IS 'of the words; keyed';
COMMENT ON COLUMN review_rule.payload IS 'the words, encrypted';
CREATE INDEX review_rule_project ON review_rule (project);

CREATE TABLE finding (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_id bigint NOT NULL REFERENCES finding_group,
    study_id bigint REFERENCES study,
    report_id bigint,
    revision integer NOT NULL DEFAULT 1,
    series text,
    instance text,
    path text NOT NULL,
    reason text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('note', 'hold', 'reject')),
    confidence real,
    box integer[],
    fingerprint bytea NOT NULL,
    payload bytea,
    needs smallint NOT NULL DEFAULT 1,
    open boolean NOT NULL,
    rule_id bigint REFERENCES review_rule,
    decision text CHECK (decision IN ('pass', 'fail', 'redact')),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((study_id IS NULL) <> (report_id IS NULL))
);
COMMENT ON COLUMN finding.path IS 'the element''s path with numbers of items';
COMMENT ON COLUMN finding.box IS 'frame, left, top, width, height';
COMMENT ON COLUMN finding.fingerprint IS 'keyed hash of the words that look like an identifier, or of the value';
COMMENT ON COLUMN finding.payload IS 'the value and the words, encrypted';
COMMENT ON COLUMN finding.needs IS 'how many different people have to pass it';
COMMENT ON COLUMN finding.open IS 'whether it waits for a decision';
COMMENT ON COLUMN finding.rule_id IS 'the rule that passed it';
COMMENT ON COLUMN finding.decision IS 'the last one; all of them are in decision and verdict';
-- The queue and its counts are read from this index alone.
CREATE INDEX finding_open ON finding (group_id, fingerprint, id) INCLUDE (study_id, report_id) WHERE open;
CREATE INDEX finding_study ON finding (study_id, revision) INCLUDE (group_id, open, outcome, decision, rule_id)
    WHERE study_id IS NOT NULL;
CREATE INDEX finding_study_waits ON finding (study_id) WHERE open AND study_id IS NOT NULL;
CREATE INDEX finding_report ON finding (report_id, revision) WHERE report_id IS NOT NULL;
CREATE INDEX finding_by_group ON finding (group_id, outcome);

CREATE TABLE decision (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('pass', 'fail', 'redact', 'undo')),
    reason text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    findings integer NOT NULL,
    subjects integer NOT NULL,
    undoes bigint REFERENCES decision
);
COMMENT ON TABLE decision IS 'what a person said at one time of some findings. Append-only: a decision is undone by another one';
COMMENT ON COLUMN decision.subjects IS 'how many studies and reports they were found in';
CREATE INDEX decision_project ON decision (project, at);
CREATE UNIQUE INDEX decision_undone_once ON decision (undoes);

CREATE TABLE verdict (
    decision_id bigint NOT NULL REFERENCES decision,
    finding_id bigint NOT NULL REFERENCES finding,
    PRIMARY KEY (finding_id, decision_id)
);
COMMENT ON TABLE verdict IS 'which findings a decision was about. Append-only';
CREATE INDEX verdict_decision ON verdict (decision_id);

ALTER TABLE review_rule ADD FOREIGN KEY (decision_id) REFERENCES decision;

CREATE TABLE redaction (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    study_id bigint NOT NULL REFERENCES study,
    decision_id bigint NOT NULL REFERENCES decision,
    instance text,
    path text NOT NULL,
    box integer[],
    undone boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE redaction IS 'what a person wants removed: the next de-identification of the study does it';
COMMENT ON COLUMN redaction.instance IS 'the pseudonymous SOP Instance UID; null is every instance';
COMMENT ON COLUMN redaction.box IS 'frame, left, top, width, height of what is to be blackened; null where an element is to be removed';
CREATE INDEX redaction_study ON redaction (study_id);

CREATE TABLE block (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text,
    level text NOT NULL CHECK (level IN ('study', 'accession', 'series')),
    fingerprint bytea NOT NULL,
    reason text NOT NULL,
    by text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    decision_id bigint REFERENCES decision,
    lifted_at timestamptz,
    lifted_by text
);
COMMENT ON TABLE block IS 'what is refused before an archive is asked for it';
COMMENT ON COLUMN block.project IS 'null is every project';
COMMENT ON COLUMN block.fingerprint IS 'keyed hash of a Study or Series Instance UID; of MRN and accession number where level is accession';
CREATE INDEX block_fingerprint ON block (fingerprint) WHERE lifted_at IS NULL;

CREATE TABLE sample (
    study_id bigint NOT NULL REFERENCES study,
    revision integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finding_id bigint NOT NULL REFERENCES finding,
    PRIMARY KEY (study_id, revision)
);
COMMENT ON TABLE sample IS 'studies that passed, and were put before a reviewer by chance';

CREATE TABLE audit (
    position bigint PRIMARY KEY CHECK (position > 0),
    at timestamptz NOT NULL,
    who text NOT NULL,
    what text NOT NULL,
    project text,
    subject text,
    details jsonb NOT NULL DEFAULT '{}',
    seal bytea NOT NULL CHECK (octet_length(seal) = 16)
);
COMMENT ON TABLE audit IS 'who did what. Append-only, and chained: each seal is a keyed hash of its row and of the seal before';
CREATE INDEX audit_project ON audit (project, position);
CREATE INDEX audit_policy ON audit (project, position) WHERE what = 'policy-used';

CREATE FUNCTION refuse_any_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER decision_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_any_change();
CREATE TRIGGER verdict_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON verdict
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_any_change();
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_any_change();

-- What was found waits for a decision only while its study does, whoever moves the study.
CREATE FUNCTION close_findings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE finding SET open = false WHERE study_id = NEW.id AND open;
    RETURN NULL;
END $$;
CREATE TRIGGER study_no_longer_waits AFTER UPDATE OF state ON study FOR EACH ROW
    WHEN (OLD.state = 'held' AND NEW.state <> 'held')
    EXECUTE FUNCTION close_findings();

CREATE FUNCTION open_findings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE finding SET open = true
    WHERE study_id = NEW.id AND revision = NEW.revision
      AND outcome = 'hold' AND decision IS NULL AND rule_id IS NULL AND NOT open;
    RETURN NULL;
END $$;
CREATE TRIGGER study_waits AFTER UPDATE OF state ON study FOR EACH ROW
    WHEN (OLD.state <> 'held' AND NEW.state = 'held')
    EXECUTE FUNCTION open_findings();
