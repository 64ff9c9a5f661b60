-- PIXL's role gets the password that the secret store holds now.
ALTER ROLE pixl PASSWORD {password}
