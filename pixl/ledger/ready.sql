-- version: of all that an extract asks for, as it is now
SELECT extract_version(id) AS version FROM extract WHERE project = %(project)s AND generated_at = %(generated_at)s;

-- lock: wait until nobody else writes or removes this extract's READY; ends with the transaction
SELECT pg_advisory_xact_lock(hashtextextended('ready ' || id, 0))
FROM extract WHERE project = %(project)s AND generated_at = %(generated_at)s;

-- note: that a READY may be at a destination from now on
INSERT INTO ready (extract_id, destination, version)
SELECT id, %(destination)s, %(version)s FROM extract WHERE project = %(project)s AND generated_at = %(generated_at)s
ON CONFLICT (extract_id, destination) DO UPDATE SET version = EXCLUDED.version, at = clock_timestamp();

-- forget: a READY that was removed
DELETE FROM ready USING extract
WHERE extract.id = extract_id AND project = %(project)s AND generated_at = %(generated_at)s
  AND destination = %(destination)s;

-- stale: each READY of which the extract has changed since
SELECT project, generated_at, destination FROM ready JOIN extract ON extract.id = extract_id
WHERE version <> extract_version(extract.id)
  AND (%(project)s::text IS NULL OR project = %(project)s AND generated_at = %(generated_at)s)
ORDER BY extract.id, destination;
