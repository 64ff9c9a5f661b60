-- alone: whether this process is the one that looks now; until the end of the transaction
SELECT pg_try_advisory_xact_lock(hashtext('pixl-notify')) AS ours;

-- last: what each channel was told last of each extract and occasion
SELECT DISTINCT ON (project, generated_at, channel, occasion) channel, occasion, project, generated_at, counts, at
FROM notification ORDER BY project, generated_at, channel, occasion, id DESC;

-- add: a message that a channel has taken
INSERT INTO notification (channel, occasion, project, generated_at, counts)
VALUES (%(channel)s, %(occasion)s, %(project)s, %(generated_at)s, %(counts)s);
