"""Exports the tables of an extract, on request, from the queue."""
