-- lock: of two transactions that append, one waits for the other to end
SELECT pg_advisory_xact_lock(7496);

-- last: what the next event is chained to
SELECT position, seal FROM audit ORDER BY position DESC LIMIT 1;

-- append: an event at the end of the chain
INSERT INTO audit (position, at, who, what, project, subject, details, seal)
VALUES (%(position)s, %(at)s, %(who)s, %(what)s, %(project)s, %(subject)s, %(details)s, %(seal)s);

-- all: every event, in order
SELECT position, at, who, what, project, subject, details, seal FROM audit ORDER BY position;

-- events: the newest events of a project, or of all, before a position
SELECT position, at, who, what, project, subject, details, seal FROM audit
WHERE (%(project)s::text IS NULL OR project = %(project)s)
  AND (%(before)s::bigint IS NULL OR position < %(before)s)
ORDER BY position DESC LIMIT %(limit)s;

-- has_seal: whether an event has this seal
SELECT position FROM audit WHERE seal = %(seal)s LIMIT 1;
