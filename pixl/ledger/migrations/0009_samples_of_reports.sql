-- The random sample is of reports, too: one model of review for both.

ALTER TABLE sample DROP CONSTRAINT sample_pkey;
ALTER TABLE sample ALTER COLUMN study_id DROP NOT NULL;
ALTER TABLE sample ADD COLUMN report_id bigint REFERENCES report;
ALTER TABLE sample ADD CHECK ((study_id IS NULL) <> (report_id IS NULL));
ALTER TABLE sample ADD CONSTRAINT sample_of_study UNIQUE (study_id, revision);
ALTER TABLE sample ADD CONSTRAINT sample_of_report UNIQUE (report_id, revision);
COMMENT ON TABLE sample IS 'studies and reports that passed, and were put before a reviewer by chance';
