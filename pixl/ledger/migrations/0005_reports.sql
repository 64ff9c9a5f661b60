-- Reports: what is asked for each row of a cohort, and what became of it.

CREATE TABLE report (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project text NOT NULL,
    fingerprint bytea NOT NULL,
    identifiers bytea NOT NULL,
    state text NOT NULL DEFAULT 'requested' CHECK (state IN (
        'requested', 'missing', 'held', 'released', 'rejected', 'failed', 'exported')),
    reason text,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries integer NOT NULL DEFAULT 0,
    priority integer NOT NULL DEFAULT 0,
    revision integer NOT NULL DEFAULT 1,
    output bytea,
    recheck boolean NOT NULL DEFAULT false,
    certainty double precision CHECK (certainty BETWEEN 0 AND 1),
    engine text,
    method text,
    policy text,
    image_identifier text,
    pseudo_study_uid text,
    found integer NOT NULL DEFAULT 0,
    superseded integer NOT NULL DEFAULT 0,
    words integer,
    CHECK (output IS NOT NULL OR state NOT IN ('held', 'released', 'exported'))
);
COMMENT ON TABLE report IS 'a report that a project asks for, by MRN and accession number';
COMMENT ON COLUMN report.fingerprint IS 'keyed hash of MRN and accession number, the same as in study';
COMMENT ON COLUMN report.output IS 'the de-identified text, encrypted: it leaves only in state released';
COMMENT ON COLUMN report.recheck IS 'a reviewer had something masked in output: it has only to be checked again';
COMMENT ON COLUMN report.certainty IS 'from 0 to 1; how it is reckoned is in docs/reports.md';
COMMENT ON COLUMN report.engine IS 'what de-identified it, in order';
COMMENT ON COLUMN report.method IS 'the other method, which read the output';
COMMENT ON COLUMN report.policy IS 'the hash of all that decided about it';
COMMENT ON COLUMN report.image_identifier IS 'the hashed accession number, as the images carry it';
COMMENT ON COLUMN report.found IS 'how many reports the source had for this accession number';
COMMENT ON COLUMN report.superseded IS 'how many older versions were left out';
-- A report of a project is there once.
CREATE UNIQUE INDEX report_once ON report (project, fingerprint);
CREATE INDEX report_fingerprint ON report (fingerprint);
CREATE INDEX report_state ON report (project, state);

CREATE TABLE report_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id bigint NOT NULL REFERENCES report,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    before text,
    after text NOT NULL,
    reason text
);
CREATE INDEX report_event_report ON report_event (report_id);
CREATE TRIGGER report_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON report_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Every change of a report's state is an event, whoever makes it.
CREATE FUNCTION record_report_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO report_event (report_id, before, after, reason)
    VALUES (NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state, NEW.reason);
    RETURN NULL;
END $$;
CREATE TRIGGER report_new AFTER INSERT ON report FOR EACH ROW EXECUTE FUNCTION record_report_event();
CREATE TRIGGER report_changed AFTER UPDATE ON report FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.reason IS DISTINCT FROM NEW.reason)
    EXECUTE FUNCTION record_report_event();

CREATE TABLE report_export (
    report_id bigint NOT NULL REFERENCES report,
    revision integer NOT NULL,
    destination text NOT NULL,
    extract_id bigint NOT NULL REFERENCES extract,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (report_id, revision, destination, extract_id)
);
COMMENT ON TABLE report_export IS 'a report that has arrived with an extract. Once a revision, destination and extract';

CREATE TABLE report_day (
    project text NOT NULL,
    day date NOT NULL,
    reports integer NOT NULL DEFAULT 0,
    flagged integer NOT NULL DEFAULT 0,
    words bigint NOT NULL DEFAULT 0,
    masked bigint NOT NULL DEFAULT 0,
    seen bigint NOT NULL DEFAULT 0,
    agreed bigint NOT NULL DEFAULT 0,
    certainty double precision NOT NULL DEFAULT 0,
    PRIMARY KEY (project, day)
);
COMMENT ON TABLE report_day IS 'what the reports of a project and day were like, by which drift is seen';
COMMENT ON COLUMN report_day.flagged IS 'reports that the second method would not let pass';
COMMENT ON COLUMN report_day.masked IS 'stretches of text that were masked';
COMMENT ON COLUMN report_day.seen IS 'what the second method saw in the texts before they were masked';
COMMENT ON COLUMN report_day.agreed IS 'how much of that was masked';
COMMENT ON COLUMN report_day.certainty IS 'the sum over the reports';

CREATE TABLE report_day_finding (
    project text NOT NULL,
    day date NOT NULL,
    kind text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (project, day, kind)
);
COMMENT ON TABLE report_day_finding IS 'how often the second method found each kind of identifier in the output';

ALTER TABLE parquet_export ADD COLUMN tries integer NOT NULL DEFAULT 0;

-- Finds the live job of a report without reading the whole queue.
CREATE INDEX pixl_live_job_of_report ON procrastinate_jobs ((args ->> 'report_id'))
    WHERE status IN ('todo', 'doing');
