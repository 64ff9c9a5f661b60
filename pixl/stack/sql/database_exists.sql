-- Whether PIXL's database is there.
SELECT 1 FROM pg_database WHERE datname = 'pixl'
