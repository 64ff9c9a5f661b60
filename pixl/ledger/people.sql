-- add: a person
INSERT INTO person (name, role, password) VALUES (%(name)s, %(role)s, %(password)s)
ON CONFLICT DO NOTHING RETURNING name;

-- person: one who may log in
SELECT name, role, password FROM person WHERE name = %(name)s AND removed_at IS NULL;

-- people: all who may log in, or could
SELECT name, role, since, password_since, removed_at,
    (SELECT max(seen) FROM console_session WHERE console_session.name = person.name) AS seen
FROM person ORDER BY removed_at IS NOT NULL, name;

-- set_password: another password
UPDATE person SET password = %(password)s, password_since = clock_timestamp()
WHERE name = %(name)s AND removed_at IS NULL RETURNING name;

-- rehash: the same password under today's parameters
UPDATE person SET password = %(password)s WHERE name = %(name)s AND removed_at IS NULL;

-- set_role: another role
UPDATE person SET role = %(role)s WHERE name = %(name)s AND removed_at IS NULL RETURNING name;

-- remove: a person may not log in any more
UPDATE person SET removed_at = clock_timestamp() WHERE name = %(name)s AND removed_at IS NULL RETURNING name;

-- end_sessions: log a person out everywhere, but for one session
DELETE FROM console_session WHERE name = %(name)s AND (%(but)s::bytea IS NULL OR token <> %(but)s);

-- add_session: a person is logged in
INSERT INTO console_session (token, name) VALUES (%(token)s, %(name)s);

-- use_session: whose session it is, if it has not been idle for too long; it was used now
UPDATE console_session SET seen = clock_timestamp() FROM person
WHERE token = %(token)s AND person.name = console_session.name AND person.removed_at IS NULL
  AND seen > clock_timestamp() - make_interval(secs => %(idle_seconds)s)
  AND console_session.since > clock_timestamp() - make_interval(secs => %(longest_seconds)s)
RETURNING person.name, person.role;

-- end_session: a session is over
DELETE FROM console_session WHERE token = %(token)s RETURNING name;

-- forget_sessions: that have been idle for too long
DELETE FROM console_session
WHERE seen <= clock_timestamp() - make_interval(secs => %(idle_seconds)s)
   OR since <= clock_timestamp() - make_interval(secs => %(longest_seconds)s);

-- add_failure: a login that failed
INSERT INTO login_failure (who, address) VALUES (%(who)s, %(address)s);

-- failures: how many logins have failed lately, for a name and from an address
SELECT count(*) FILTER (WHERE who = %(who)s) AS of_name, count(*) FILTER (WHERE address = %(address)s) AS of_address
FROM login_failure
WHERE at > clock_timestamp() - make_interval(secs => %(seconds)s) AND (who = %(who)s OR address = %(address)s);

-- forgive: a login that succeeded
DELETE FROM login_failure WHERE who = %(who)s;

-- forget_failures: of which nothing follows any more
DELETE FROM login_failure WHERE at < clock_timestamp() - interval '1 day';
