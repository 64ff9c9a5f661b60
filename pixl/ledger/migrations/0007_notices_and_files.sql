-- What was told to whom, so that a restart tells nobody twice.
CREATE TABLE notification (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL,
    occasion text NOT NULL CHECK (occasion IN ('ready-for-review', 'released', 'exported', 'errored', 'digest')),
    project text NOT NULL,
    generated_at timestamptz,
    counts jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE notification IS 'messages that a channel has taken; they hold names of projects and counts, nothing of a patient';
COMMENT ON COLUMN notification.counts IS 'the state sum that was told';
CREATE INDEX notification_last ON notification (project, generated_at, channel, occasion, id);

-- For the report of an extract: a row a file, and what it was.
ALTER TABLE check_series ADD COLUMN modality text NOT NULL DEFAULT '', ADD COLUMN manufacturer text NOT NULL DEFAULT '';
CREATE TABLE checked_file (
    check_id bigint NOT NULL REFERENCES check_series,
    instance text NOT NULL,
    PRIMARY KEY (check_id, instance)
);
COMMENT ON TABLE checked_file IS 'the instances of a series that were checked';
COMMENT ON COLUMN checked_file.instance IS 'the pseudonymous SOP Instance UID';

-- Patients who opted out are on the block list too.
ALTER TABLE block DROP CONSTRAINT block_level_check;
ALTER TABLE block ADD CONSTRAINT block_level_check CHECK (level IN ('patient', 'study', 'accession', 'series'));
COMMENT ON COLUMN block.fingerprint IS 'keyed hash of an MRN (patient), of a Study or Series Instance UID, of MRN and accession number (accession)';
