-- Requests of which only a series or an instance is known join the study that an archive names for it.
ALTER TABLE study ADD COLUMN merged_into bigint REFERENCES study;
COMMENT ON COLUMN study.merged_into IS 'the study that has taken this request''s rows; it is no study of its own any more';
DROP INDEX study_once;
CREATE UNIQUE INDEX study_once ON study (project, fingerprint, coalesce(uid_fingerprint, '')) WHERE merged_into IS NULL;
CREATE INDEX cohort_row_series ON cohort_row (series_fingerprint) WHERE series_fingerprint <> '';

-- What was asked for by its UID and the study does not have.
ALTER TABLE instance_note DROP CONSTRAINT instance_note_kind_check;
ALTER TABLE instance_note ADD CONSTRAINT instance_note_kind_check CHECK (kind IN ('failed', 'skipped', 'absent'));
COMMENT ON TABLE instance_note IS 'what the last fetch did not find of a study, what its last de-identification left out, and why';
