"""The process that holds the projects' keys and answers with pseudonyms. A key never leaves it."""
