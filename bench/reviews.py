"""How long the review takes with a million findings that wait: writing, grouping, paging, deciding, reporting.

`python -m bench.reviews --findings 1000000`
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import time
from collections import deque
from typing import Any

from pixl.domain.finding import Decision, Finding, Part
from pixl.domain.review import Subject, SubjectKind
from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Ledger, migrate
from pixl.ledger.decisions import RuleKeys, Said, Selection
from pixl.ledger.findings import transaction
from pixl.ledger.reviews import Filters
from pixl.testing.postgres import temporary_postgres

FINDINGS, STUDIES = 1_000_000, 10_000
DEVICES, WORDS = 40, 20_000
PLACES = ("(0008,1030)", "(0018,1030)", "(0040,A730).(0040,A160)", "(0010,4000)", "pixels")
EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC))
# As many copies as wanted of what was written through the front door, with other words and other studies.
MULTIPLY = """
INSERT INTO finding (group_id, study_id, revision, series, instance, path, reason, outcome, fingerprint, payload, needs,
    open)
SELECT group_id, 1 + (number * 7919 + id) %% %(studies)s, 1, series, instance, path, reason, outcome,
    decode(md5(((number * 31 + id) %% %(words)s)::text), 'hex'), payload, needs, true
FROM generate_series(1, %(copies)s) AS number, finding
"""


def fill(ledger: Ledger, findings: int, studies: int) -> float:
    """Fill the ledger; return how many findings a second were written by `Findings.add`."""
    rows = (
        StudyRequest(project="lungs", procedure_occurrence_id=n, mrn=f"M{n}", accession_number=f"A{n}")
        for n in range(studies)
    )
    ledger.load(EXTRACT, rows)
    with transaction(ledger._pool) as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
        connection.execute("UPDATE study SET state = 'held', reason = 'a person has to look at it'")
        connection.execute(
            "INSERT INTO check_series (study_id, revision, series, anon_id, instances, state)"
            " SELECT id, 1, '2.25.1', 's', 1, 'done' FROM study"
        )
    base = min(findings, 20_000)
    began = time.perf_counter()
    for start in range(0, base, 200):
        with transaction(ledger._pool) as connection:
            subject = Subject(kind=SubjectKind.SERIES, project="lungs", study_id=1 + start % studies, series="2.25.1")
            ledger.findings.add(connection, subject, map(invented, range(start, start + 200)), opened=True)
    rate = base / (time.perf_counter() - began)
    copies = max(0, findings // base - 1)
    with transaction(ledger._pool) as connection:
        connection.execute(MULTIPLY, {"copies": copies, "studies": studies, "words": WORDS})
    with ledger._pool.connection() as connection:
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE finding")
        connection.execute("ANALYZE study")
        connection.autocommit = False
    return rate


def invented(number: int) -> Finding:
    word = f"Name{number % WORDS}"
    return Finding(
        checker="known-values" if number % 3 else "rules",
        kind="name",
        reason="a name of the patient",
        where=PLACES[number % len(PLACES)],
        value=f"Scan of {word} on Monday",
        parts=(Part(word=word, kind="name", offset=8),),
        instance=f"2.25.{number}",
        device=f"Invented {number % DEVICES}",
    )


def timed(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def measure(ledger: Ledger) -> dict[str, float]:
    """Return seconds by what was asked."""
    reviews = ledger.reviews
    seconds: dict[str, float] = {}
    seconds["queue_page"], page = timed(lambda: reviews.groups(limit=50))
    seconds["queue_next_page"], _ = timed(lambda: reviews.groups(limit=50, after=page[-1].cursor))
    seconds["queue_by_words"], words = timed(lambda: reviews.groups(by_words=True, limit=50))
    narrow = Filters(projects=("lungs",), checker="rules", place="pixels")
    seconds["queue_filtered"], _ = timed(lambda: reviews.groups(narrow, limit=50))
    seconds["group_page"], _ = timed(lambda: reviews.findings(page[0].group_id, limit=50))
    seconds["studies_1000"], studies = timed(lambda: reviews.studies(["lungs"], limit=1000))
    assert len(studies) == 1000
    seconds["study"], _ = timed(lambda: reviews.study(17))
    seconds["by_checker"], _ = timed(reviews.by_checker)
    seconds["readiness"], _ = timed(lambda: reviews.readiness(EXTRACT))
    seconds["report_all_findings"], _ = timed(lambda: deque(reviews.finding_rows("lungs"), maxlen=0))
    said = Said(decision=Decision.PASS, reason="a town", by="ann")
    seconds["decide_words"], _ = timed(lambda: reviews.decide(words[0].selection, said))
    seconds["decide_group"], done = timed(lambda: reviews.decide(page[0].selection, said))
    seconds["decided_in_group"] = done.findings
    seconds["undo_group"], _ = timed(lambda: reviews.undo(done.id, by="ann", reason="a mistake"))
    keys = RuleKeys(place="(0008,1030)", words=("Name7",))
    seconds["rule"], _ = timed(lambda: reviews.add_rule("lungs", keys, by="ann", reason="a town"))
    seconds["fail_study"], _ = timed(
        lambda: reviews.decide(Selection(studies=(17,)), Said(decision=Decision.FAIL, reason="a name", by="ann"))
    )
    assert ledger.study(17).state is State.REJECTED
    return seconds


def figures(*, quick: bool = False, findings: int | None = None) -> dict[str, Any]:
    """Return what `bench-checks` shows of the review."""
    count = findings or (FINDINGS // 10 if quick else FINDINGS)
    with temporary_postgres() as postgres:
        database = postgres.new_database()
        migrate(database, postgres.password)
        key = os.urandom(32).hex().encode()
        with Ledger.open(database, password=postgres.password, key=key) as ledger:
            rate = fill(ledger, count, min(STUDIES, count // 10))
            seconds = measure(ledger)
    return {
        "review_findings": count,
        "review_findings_written_per_second": round(rate),
        "review_seconds": {name: round(value, 3) for name, value in seconds.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--findings", type=int, default=FINDINGS)
    found = figures(findings=parser.parse_args().findings)
    for name, value in found["review_seconds"].items():
        print(f"{name:<24}{value:>12,}")
    print(json.dumps({"bench": "reviews", **found}))


if __name__ == "__main__":
    main()
