-- PIXL's database.
CREATE DATABASE pixl OWNER pixl
