"""Fetches studies, has them de-identified, exports them: the worker of a study's way, and a small API about it."""
