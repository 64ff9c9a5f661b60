"""The steps of a study's way, one after the other, and the worker that runs them from the queue.

Nothing is imported here: a check process starts with what it needs, not with the clients of all services.
"""
