-- add: a person
INSERT INTO person (name, role, password) VALUES (%(name)s, %(role)s, %(password)s)
ON CONFLICT DO NOTHING RETURNING name;

-- person: one who may log in with a password
SELECT name, role, password FROM person WHERE name = %(name)s AND password IS NOT NULL AND removed_at IS NULL;

-- people: all who may log in, or could
SELECT name, role, since, password_since, removed_at, same_as,
    (SELECT max(seen) FROM console_session WHERE console_session.name = person.name) AS seen,
    (SELECT count(*) FROM personal_token WHERE personal_token.name = person.name AND until > clock_timestamp()) AS tokens
FROM person ORDER BY removed_at IS NOT NULL, name;

-- set_password: another password
UPDATE person SET password = %(password)s, password_since = clock_timestamp()
WHERE name = %(name)s AND password IS NOT NULL AND removed_at IS NULL RETURNING name;

-- rehash: the same password under today's parameters
UPDATE person SET password = %(password)s WHERE name = %(name)s AND removed_at IS NULL;

-- set_role: another role
UPDATE person SET role = %(role)s WHERE name = %(name)s AND password IS NOT NULL AND removed_at IS NULL RETURNING name;

-- vouched_for: a person whom the hospital's provider has sent, with the role that it gives them now
INSERT INTO person (name, role, issuer) VALUES (%(name)s, %(role)s, %(issuer)s)
ON CONFLICT (name) DO UPDATE SET role = EXCLUDED.role
    WHERE person.removed_at IS NULL AND person.issuer = EXCLUDED.issuer
RETURNING name, role;

-- link: two accounts are the same person's
UPDATE person SET same_as = %(same_as)s
WHERE name = %(name)s AND issuer IS NOT NULL
  AND EXISTS (SELECT FROM person AS own WHERE own.name = %(same_as)s AND own.issuer IS NULL)
  AND NOT EXISTS (SELECT FROM person AS other WHERE other.same_as = %(same_as)s AND other.name <> %(name)s)
RETURNING name;

-- add_token: for the command line
INSERT INTO personal_token (token, name, until)
VALUES (%(token)s, %(name)s, clock_timestamp() + make_interval(days => %(days)s)) RETURNING id;

-- use_token: whose token it is; it was used now
UPDATE personal_token SET seen = clock_timestamp() FROM person
WHERE token = %(token)s AND until > clock_timestamp() AND person.name = personal_token.name AND removed_at IS NULL
RETURNING person.name, person.role;

-- tokens: of a person
SELECT id, since, until, seen FROM personal_token
WHERE name = %(name)s AND until > clock_timestamp() ORDER BY id;

-- end_token: one of a person's
DELETE FROM personal_token WHERE id = %(id)s AND name = %(name)s RETURNING id;

-- end_tokens: all of a person's, and those whose time is over
DELETE FROM personal_token WHERE name = %(name)s OR until <= clock_timestamp();

-- remove: a person may not log in any more
UPDATE person SET removed_at = clock_timestamp() WHERE name = %(name)s AND removed_at IS NULL RETURNING name;

-- end_sessions: log a person out everywhere, but for one session
DELETE FROM console_session WHERE name = %(name)s AND (%(but)s::bytea IS NULL OR token <> %(but)s);

-- add_session: a person is logged in
INSERT INTO console_session (token, name) VALUES (%(token)s, %(name)s);

-- use_session: whose session it is, if it has not been idle for too long; it was used now. One that was used in a time
-- that has not come is over: the clock was set back, and nobody can say how old it is (a few seconds are a mere correction)
UPDATE console_session SET seen = clock_timestamp() FROM person
WHERE token = %(token)s AND person.name = console_session.name AND person.removed_at IS NULL
  AND seen > clock_timestamp() - make_interval(secs => %(idle_seconds)s)
  AND seen <= clock_timestamp() + interval '5 seconds'
  AND console_session.since > clock_timestamp() - make_interval(secs => %(longest_seconds)s)
RETURNING person.name, person.role;

-- end_session: a session is over
DELETE FROM console_session WHERE token = %(token)s RETURNING name;

-- forget_sessions: that have been idle for too long
DELETE FROM console_session
WHERE seen <= clock_timestamp() - make_interval(secs => %(idle_seconds)s)
   OR since <= clock_timestamp() - make_interval(secs => %(longest_seconds)s)
   OR seen > clock_timestamp() + interval '5 seconds';

-- add_failure: a login that failed
INSERT INTO login_failure (who, address) VALUES (%(who)s, %(address)s);

-- failures: how many logins have failed lately, for a name and from an address; a clock that is set back locks nobody out
SELECT count(*) FILTER (WHERE who = %(who)s) AS of_name, count(*) FILTER (WHERE address = %(address)s) AS of_address
FROM login_failure
WHERE at BETWEEN clock_timestamp() - make_interval(secs => %(seconds)s) AND clock_timestamp() + interval '5 seconds'
  AND (who = %(who)s OR address = %(address)s);

-- forgive: a login that succeeded
DELETE FROM login_failure WHERE who = %(who)s;

-- forget_failures: of which nothing follows any more
DELETE FROM login_failure WHERE at < clock_timestamp() - interval '1 day';
