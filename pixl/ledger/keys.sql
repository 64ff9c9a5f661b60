-- lock: two machines that see keys for the first time do so one after the other
SELECT pg_advisory_xact_lock(7496);

-- check_value: what the key of this name was when it was first seen
SELECT value FROM key_check WHERE name = %s;

-- remember: take down a key that is seen for the first time
INSERT INTO key_check (name, value) VALUES (%s, %s);

-- any_identifiers: something that was encrypted, the newest
SELECT identifiers FROM study ORDER BY id DESC LIMIT 1;

-- has_pseudonyms: whether anything of this project was made with its key
SELECT EXISTS (SELECT FROM study WHERE project = %(project)s AND pseudo_study_uid IS NOT NULL)
    OR EXISTS (SELECT FROM study_export JOIN study ON study.id = study_id WHERE project = %(project)s)
    OR EXISTS (SELECT FROM parquet_export JOIN extract ON extract.id = extract_id
               WHERE project = %(project)s AND parquet_export.state <> 'queued');
