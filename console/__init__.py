"""The web pages: what waits for a person, what they decide, and how projects are getting on."""
