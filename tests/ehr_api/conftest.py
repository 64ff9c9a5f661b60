"""An extract that is loaded and partly exported."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixl.domain.destination import Receipt
from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest

EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2023, 12, 7, 14, 8, 58, tzinfo=dt.UTC))
WAY = (
    State.FETCHING,
    State.CACHED,
    State.DEIDENTIFYING,
    State.CHECKING,
    State.RELEASED,
    State.EXPORTING,
    State.EXPORTED,
)


def load_extract(ledger, data, *, exported=2, requested=3):
    """Load a cohort of `requested` studies, take some of them to their end, and copy a public table aside."""
    requests = [
        StudyRequest(
            project="lungs",
            procedure_occurrence_id=number,
            mrn=f"INVENTED-MRN-{number}",
            accession_number=f"INVENTED-ACC-{number}",
        )
        for number in range(requested)
    ]
    ledger.load(EXTRACT, requests)
    for study_id in range(1, exported + 1):
        for before, after in zip((State.REQUESTED, *WAY), WAY, strict=False):
            assert ledger.advance(study_id, after, before={before}, pseudo_study_uid=f"2.25.{study_id}")
    public = data / "extracts" / "lungs" / EXTRACT.slug / "omop" / "public"
    public.mkdir(parents=True)
    pq.write_table(pa.table({"person_id": [1, 2]}), public / "PERSON.parquet")
    return EXTRACT


class Received:
    """A destination in memory, that may be away for some tries."""

    def __init__(self, error=None, times=0) -> None:
        self.files, self.error, self.times = {}, error, times

    def put(self, chunks, name):
        if self.times:
            self.times -= 1
            raise self.error
        self.files[name] = b"".join(chunks)
        return Receipt(name=name, size=len(self.files[name]), sha256="")

    def remove(self, name):
        if self.times:
            self.times -= 1
            raise self.error
        self.files.pop(name, None)


@pytest.fixture
def loaded(ledger, tmp_path):
    """The ledger with a loaded extract."""
    load_extract(ledger, tmp_path)
    return ledger


@pytest.fixture
def load():
    """The function that loads the extract into a ledger."""
    return load_extract


@pytest.fixture
def received():
    """A class of destinations in memory."""
    return Received
