-- PIXL's role: it owns its database and may do nothing else.
CREATE ROLE pixl LOGIN PASSWORD {password}
