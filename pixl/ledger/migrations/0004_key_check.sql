-- By what a lost key, or another one in its place, is noticed before anything is made with it.
CREATE TABLE key_check (
    name text PRIMARY KEY,
    value bytea NOT NULL CHECK (octet_length(value) = 16),
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN key_check.name IS 'what the secret store calls the key';
COMMENT ON COLUMN key_check.value IS 'keyed BLAKE2b of a fixed text: says whether a key is the same, and nothing about it';
