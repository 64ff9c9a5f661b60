-- add: what is refused from now on; what is on the list for the same reason already is not put there twice
INSERT INTO block (project, level, fingerprint, reason, by)
SELECT %(project)s, %(level)s, given.fingerprint, %(reason)s, %(by)s
FROM (SELECT DISTINCT unnest(%(fingerprints)s::bytea[]) AS fingerprint) AS given
WHERE NOT EXISTS (
    SELECT FROM block WHERE block.fingerprint = given.fingerprint AND level = %(level)s AND lifted_at IS NULL
      AND project IS NOT DISTINCT FROM %(project)s AND reason = %(reason)s)
RETURNING id;

-- lift: what was put on the list for a reason
UPDATE block SET lifted_at = clock_timestamp(), lifted_by = %(by)s
WHERE lifted_at IS NULL AND reason = %(reason)s AND project IS NOT DISTINCT FROM %(project)s
RETURNING id;

-- counts: how much is on the list, by reason
SELECT project, level, reason, count(*) AS count, min(at) AS since FROM block
WHERE lifted_at IS NULL GROUP BY 1, 2, 3 ORDER BY 1 NULLS FIRST, 3, 2;
