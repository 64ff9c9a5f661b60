-- The files READY at destinations, so that each can be taken back once what it says is no longer so.

CREATE TABLE ready (
    extract_id bigint NOT NULL REFERENCES extract,
    destination text NOT NULL,
    version text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (extract_id, destination)
);
COMMENT ON TABLE ready IS 'written before the file is sent and deleted after it was removed: a READY without a row is not left behind';
COMMENT ON COLUMN ready.version IS 'what extract_version gave when all was at its end';

-- Changes with every change of an extract's rows, studies and reports, also if a state comes back. A report that is
-- marked as exported is still the same one: the export that says so is the one that writes READY.
CREATE FUNCTION extract_version(which bigint) RETURNS text STABLE LANGUAGE sql AS $$
    SELECT md5(concat_ws(' ',
        (SELECT sum(hashtextextended(concat_ws('|', procedure_occurrence_id, encode(series_fingerprint, 'hex'), study.id,
                state, revision, extract(epoch FROM since)), 0)::numeric)
         FROM cohort_row JOIN study ON study.id = study_id WHERE extract_id = $1),
        '/',
        (SELECT sum(hashtextextended(concat_ws('|', id, revision, replace(state, 'exported', 'released')), 0)::numeric)
         FROM report WHERE (project, fingerprint) IN (
            SELECT study.project, study.fingerprint FROM cohort_row JOIN study ON study.id = study_id
            WHERE extract_id = $1))))
$$;
