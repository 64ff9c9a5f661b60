"""An EMAP in Postgres, a ledger, and what puts them together."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import psycopg
import pytest

from pixl.domain.date_shift import DateShift
from pixl.domain.project import DestinationNames, Project
from pixl.domain.report import ReportKeys
from pixl.domain.review import ReleaseKeys
from pixl.domain.study import ExtractId, StudyRequest
from pixl.hashing import KeyedPseudonymiser
from pixl.ledger import Portion
from pixl.reports import Deployment
from pixl.reports.steps import Steps
from pixl.secrets import FileStore
from pixl.testing import emap

EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2023, 12, 7, 14, 8, 58, tzinfo=dt.UTC))
PARTS = {
    "NARRATIVE": "CT chest of Wilhelmyna Quarshievik, MRN QZ11112222, on 03/02/2021. No focal lesion in the lungs.",
    "IMPRESSION": "Normal study. Discussed with Dr Thistlethwock.",
}


def emap_report(number, **changes):
    told = {
        "mrn": f"QZ{11112222 + number}",
        "accession_number": f"RKX{number:05d}",
        "parts": PARTS,
        "nhs_number": "9990000018",
        "names": ("Wilhelmyna", "", "Quarshievik"),
        "birth_date": dt.date(1950, 4, 3),
        **changes,
    }
    return emap.EmapReport(**told)


@pytest.fixture
def emap_database(postgres):
    """An empty EMAP: its connection string."""
    conninfo = postgres.new_database()
    with psycopg.connect(conninfo, password=postgres.password) as connection:
        emap.create(connection, "reader-password")
    return conninfo


@pytest.fixture
def fill(postgres, emap_database):
    """A function that writes reports into EMAP."""

    def write(*reports):
        with psycopg.connect(emap_database, password=postgres.password) as connection:
            emap.fill(connection, reports)

    return write


@pytest.fixture
def options(postgres, emap_database):
    """What a reports file says of the EMAP."""
    return {
        "kind": "postgres",
        "host": "127.0.0.1",
        "port": postgres.port,
        "database": psycopg.conninfo.conninfo_to_dict(emap_database)["dbname"],
        "user": "pixl_reader",
        "password_secret": "emap-password",
        "query": "emap.sql",
        "sslmode": "disable",
    }


@pytest.fixture
def deployment(tmp_path, options):
    """A function that makes a deployment with changed options of its source, and with engines."""
    import yaml

    store = FileStore(tmp_path / "secrets")
    store.create("emap-password", b"reader-password")
    (tmp_path / "emap.sql").write_text(emap.QUERY.read_text(encoding="utf-8"), encoding="utf-8")
    made = []

    def make(engines=None, **changes):
        document = {"sources": {"emap": {**options, **changes}}, "engines": engines or {}}
        (tmp_path / "reports.yaml").write_text(yaml.safe_dump(document))
        made.append(Deployment(tmp_path / "reports.yaml", store))
        return made[-1]

    make.store = store
    yield make
    for one in made:
        one.close()


def project(name="lungs", release=None, **keys):
    return Project(
        name=name,
        modalities=("CT",),
        destination=DestinationNames(dicom="haven", parquet="haven"),
        file=Path(f"{name}.yaml"),
        reports=ReportKeys(source="emap", **keys),
        release=release or ReleaseKeys(),
    )


@pytest.fixture
def ask(ledger):
    """A function that loads a cohort which asks for reports; returns their numbers."""

    def load(*numbers, name="lungs"):
        requests = [
            StudyRequest(
                project=name,
                procedure_occurrence_id=number,
                mrn=f"QZ{11112222 + number}",
                accession_number=f"RKX{number:05d}",
                study_date=dt.date(2021, 2, 3),
                study_uid=f"1.2.826.{number}",
            )
            for number in numbers
        ]
        extract = ExtractId(project=name, generated_at=EXTRACT.generated_at)
        [loaded] = ledger.load_all([Portion(extract=extract, requests=requests, reports=True)])
        return loaded

    return load


@pytest.fixture
def steps(ledger, deployment):
    """A function that makes the steps of a project."""

    def make(one=None, opened=None, pseudonymiser=None):
        chosen = one or project()
        keyed = pseudonymiser or (lambda name: KeyedPseudonymiser(name.encode().ljust(32, b"-")))
        return Steps(
            reports=ledger.reports,
            project=lambda name: chosen,
            deployment=opened or deployment(),
            pseudonymiser=keyed,
            accession_length=lambda _: 16,
            dates=lambda _: DateShift(),
        )

    return make
