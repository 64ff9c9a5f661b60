-- People who come by the hospital's own login (OpenID Connect), tokens for the command line, and who is the same person.

ALTER TABLE person DROP CONSTRAINT person_name_check;
ALTER TABLE person ADD CONSTRAINT person_name_check CHECK (name ~ '^([a-z][a-z0-9._-]{0,62}|oidc:[!-~]{1,255})$');
ALTER TABLE person ALTER COLUMN password DROP NOT NULL;
ALTER TABLE person ADD COLUMN issuer text;
ALTER TABLE person ADD COLUMN same_as text UNIQUE REFERENCES person;
ALTER TABLE person ADD CONSTRAINT person_way CHECK ((password IS NULL) = (name LIKE 'oidc:%')
    AND (issuer IS NULL) = (password IS NOT NULL) AND (same_as IS NULL OR name LIKE 'oidc:%' AND same_as NOT LIKE 'oidc:%'));
COMMENT ON COLUMN person.password IS 'argon2id, with its salt and parameters; null for who comes by the hospital''s own login';
COMMENT ON COLUMN person.issuer IS 'the OpenID provider that vouches for this person; null for an account of our own';
COMMENT ON COLUMN person.same_as IS 'the account of our own that the same person has';

CREATE TABLE personal_token (
    token bytea PRIMARY KEY CHECK (octet_length(token) = 32),
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    name text NOT NULL REFERENCES person,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    until timestamptz NOT NULL,
    seen timestamptz
);
COMMENT ON TABLE personal_token IS 'what a person shows on the command line in place of a password';
COMMENT ON COLUMN personal_token.token IS 'a hash of the token: who reads this table cannot use it';
CREATE INDEX personal_token_name ON personal_token (name);

-- Whoever has decided is counted as a person, under whatever name and by whichever way they came.
CREATE FUNCTION identity_of(who text) RETURNS text STABLE LANGUAGE sql AS $$
    SELECT coalesce((SELECT same_as FROM person WHERE name = who), lower(btrim(who)))
$$;

-- Two names are of two people where the same login tells them apart. Of an account of our own and one of the hospital's
-- login nobody can say, unless an admin has said which belong together.
CREATE FUNCTION comes_by_provider(who text) RETURNS boolean STABLE LANGUAGE sql AS $$
    SELECT identity_of(who) LIKE 'oidc:%' OR EXISTS (SELECT FROM person WHERE same_as = identity_of(who))
$$;
CREATE FUNCTION are_told_apart(one text, other text) RETURNS boolean STABLE LANGUAGE sql AS $$
    SELECT identity_of(one) <> identity_of(other) AND (
        (identity_of(one) NOT LIKE 'oidc:%' AND identity_of(other) NOT LIKE 'oidc:%')
        OR (comes_by_provider(one) AND comes_by_provider(other)))
$$;
