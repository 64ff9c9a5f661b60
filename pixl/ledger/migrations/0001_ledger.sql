-- The record of every requested study. Identifiers are encrypted; fingerprints are keyed hashes, only good for "is it the same?".

CREATE TABLE extract (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL,
    generated_at timestamptz NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    skipped jsonb NOT NULL DEFAULT '{}',
    UNIQUE (project, generated_at)
);
COMMENT ON COLUMN extract.generated_at IS 'as the extract says it; without a zone it is taken as UTC';
COMMENT ON COLUMN extract.skipped IS 'reason -> number of rows that were not loaded';

CREATE TABLE study (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL,
    fingerprint bytea NOT NULL,
    uid_fingerprint bytea,
    identifiers bytea NOT NULL,
    state text NOT NULL DEFAULT 'requested' CHECK (state IN (
        'requested', 'fetching', 'cached', 'deidentifying', 'released', 'exporting',
        'exported', 'missing', 'held', 'rejected', 'failed')),
    reason text,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries integer NOT NULL DEFAULT 0,
    priority integer NOT NULL DEFAULT 0,
    revision integer NOT NULL DEFAULT 1,
    pseudo_study_uid text,
    image_identifier text,
    anon_id text,
    instances integer,
    stored integer,
    move_jobs text[] NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN study.fingerprint IS 'keyed hash of MRN and accession number';
COMMENT ON COLUMN study.uid_fingerprint IS 'keyed hash of the Study Instance UID, once it is known';
COMMENT ON COLUMN study.revision IS 'counts how often the study was asked for anew; each revision is exported once';
COMMENT ON COLUMN study.move_jobs IS 'what orthanc-raw calls the C-MOVEs that were last asked for; followed again after a restart';
COMMENT ON COLUMN study.anon_id IS 'what orthanc-anon calls the de-identified study';
-- A study of a project is there once. Several studies may share an accession number: their UIDs tell them apart.
CREATE UNIQUE INDEX study_once ON study (project, fingerprint, coalesce(uid_fingerprint, ''));
CREATE UNIQUE INDEX study_uid_once ON study (project, uid_fingerprint);
CREATE INDEX study_fingerprint ON study (fingerprint);
CREATE INDEX study_uid_fingerprint ON study (uid_fingerprint);
CREATE INDEX study_state ON study (project, state);

CREATE TABLE cohort_row (
    extract_id bigint NOT NULL REFERENCES extract,
    procedure_occurrence_id bigint NOT NULL,
    study_id bigint NOT NULL REFERENCES study,
    series_fingerprint bytea NOT NULL DEFAULT '',
    series bytea,
    PRIMARY KEY (extract_id, procedure_occurrence_id, study_id, series_fingerprint)
);
COMMENT ON COLUMN cohort_row.series IS 'the encrypted Series Instance UID, where the row asks for one series; null asks for all';
CREATE INDEX cohort_row_study ON cohort_row (study_id);

CREATE TABLE event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    study_id bigint NOT NULL REFERENCES study,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    before text,
    after text NOT NULL,
    reason text
);
CREATE INDEX event_study ON event (study_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Every change of a study's state is an event, whoever makes it.
CREATE FUNCTION record_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO event (study_id, before, after, reason) VALUES (NEW.id, NULL, NEW.state, NEW.reason);
    ELSE
        INSERT INTO event (study_id, before, after, reason) VALUES (NEW.id, OLD.state, NEW.state, NEW.reason);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER study_new AFTER INSERT ON study FOR EACH ROW EXECUTE FUNCTION record_event();
CREATE TRIGGER study_changed AFTER UPDATE ON study FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.reason IS DISTINCT FROM NEW.reason)
    EXECUTE FUNCTION record_event();

CREATE TABLE instance_note (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    study_id bigint NOT NULL REFERENCES study,
    kind text NOT NULL CHECK (kind IN ('failed', 'skipped')),
    instance text,
    reason text NOT NULL,
    count integer NOT NULL DEFAULT 1
);
COMMENT ON TABLE instance_note IS 'what the last de-identification of a study left out, and why';
COMMENT ON COLUMN instance_note.instance IS 'the pseudonymous SOP Instance UID, or its place in the study';
CREATE INDEX instance_note_study ON instance_note (study_id);

CREATE TABLE study_export (
    study_id bigint NOT NULL REFERENCES study,
    revision integer NOT NULL,
    destination text NOT NULL,
    name text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (study_id, revision, destination)
);

CREATE TABLE parquet_export (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    extract_id bigint NOT NULL REFERENCES extract,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
    reason text,
    done integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    files jsonb NOT NULL DEFAULT '[]',
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE fetch_gate (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    paused boolean NOT NULL DEFAULT false,
    per_minute double precision CHECK (per_minute > 0),
    next_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE fetch_gate IS 'how hard the archive is asked; per_minute null is no limit';
INSERT INTO fetch_gate DEFAULT VALUES;

CREATE TABLE raw_cursor (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE raw_cursor IS 'how far the change log of orthanc-raw has been read';
INSERT INTO raw_cursor DEFAULT VALUES;
