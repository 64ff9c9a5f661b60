-- The people who may use the console, and who of them is logged in.

CREATE TABLE person (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9._-]{0,62}$'),
    role text NOT NULL CHECK (role IN ('reader', 'reviewer', 'releaser', 'admin')),
    password text NOT NULL CHECK (password LIKE '$argon2id$%'),
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    password_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_at timestamptz
);
COMMENT ON TABLE person IS 'who may log in to the console. One that is removed stays, so that the name is never given to another';
COMMENT ON COLUMN person.password IS 'argon2id, with its salt and parameters';

CREATE TABLE console_session (
    token bytea PRIMARY KEY CHECK (octet_length(token) = 32),
    name text NOT NULL REFERENCES person,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN console_session.token IS 'a hash of the token: who reads this table cannot log in with it';
CREATE INDEX console_session_name ON console_session (name);

CREATE TABLE login_failure (
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who bytea NOT NULL,
    address text NOT NULL
);
COMMENT ON TABLE login_failure IS 'what throttles logins; older than a day it is deleted';
COMMENT ON COLUMN login_failure.who IS 'keyed hash of what was given as a name, which might be a password';
CREATE INDEX login_failure_who ON login_failure (who, at);
CREATE INDEX login_failure_address ON login_failure (address, at);
