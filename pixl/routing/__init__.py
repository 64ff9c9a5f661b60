"""Which series of a study a project takes. Pure."""
