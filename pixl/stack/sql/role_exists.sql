-- Whether PIXL's role is there.
SELECT 1 FROM pg_roles WHERE rolname = 'pixl'
