"""Reads the queries of a `.sql` file: each starts with a line `-- name: what it does`."""

from __future__ import annotations

import re
from pathlib import Path

HEADER = re.compile(r"^-- (\w+): .+$", re.MULTILINE)


def read_queries(path: Path) -> dict[str, bytes]:
    """Return name -> SQL (bytes, as psycopg wants SQL that no user has touched)."""
    parts = HEADER.split(path.read_text(encoding="utf-8"))
    return {name: text.strip().rstrip(";").encode() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


QUERIES = read_queries(Path(__file__).with_name("queries.sql"))
