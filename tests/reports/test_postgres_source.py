"""The source against a real Postgres, and against what it meets there."""

import datetime as dt

import psycopg
import pytest

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.report import ReportKey
from pixl.testing import emap

from .conftest import emap_report

pytestmark = pytest.mark.servers


def key(number):
    return ReportKey(mrn=f"QZ{11112222 + number}", accession_number=f"RKX{number:05d}")


def write_query(tmp_path, text):
    (tmp_path / "emap.sql").write_text(text)


ASKED = "FROM unnest(%(mrns)s::text[], %(accession_numbers)s::text[]) AS asked (mrn, accession_number)"


def test_parts_come_in_their_order_whatever_the_database_says(fill, deployment):
    fill(emap_report(1, parts={"IMPRESSION": "third", "NARRATIVE": "second", "ADDENDA": "first", "SIGNATURE": "no"}))
    found = deployment().source("emap").find(key(1))
    assert found.text == "ADDENDA:\nfirst\n\nNARRATIVE:\nsecond\n\nIMPRESSION:\nthird"
    assert found.names == ("Wilhelmyna Quarshievik",)
    assert found.numbers == ("9990000018",)
    assert found.dates == (dt.date(1950, 4, 3),)


def test_of_several_versions_the_newest_is_taken_and_the_others_are_counted(fill, deployment):
    fill(emap_report(1, parts={"NARRATIVE": "final"}, versions=({"NARRATIVE": "draft"}, {"NARRATIVE": "revised"})))
    found = deployment().source("emap").find(key(1))
    assert (found.text, found.found, found.superseded) == ("NARRATIVE:\nfinal", 1, 2)


def test_several_reports_under_one_accession_number_are_all_read_and_counted(fill, deployment):
    later = emap.WRITTEN + dt.timedelta(days=1)
    fill(emap_report(1, parts={"NARRATIVE": "second"}, written=later), emap_report(1, parts={"NARRATIVE": "first"}))
    found = deployment().source("emap").find(key(1))
    assert found.found == 2
    assert found.text.index("first") < found.text.index("second")


def test_only_the_pair_of_mrn_and_accession_number_finds_a_report(fill, deployment):
    fill(emap_report(1), emap_report(2))
    source = deployment().source("emap")
    assert source.find(ReportKey(mrn=key(1).mrn, accession_number=key(2).accession_number)) is None


def test_rows_that_nobody_asked_for_never_reach_another_patient(fill, deployment, tmp_path):
    made = deployment()
    write_query(tmp_path, f"SELECT 'QZ1' AS mrn, 'X' AS accession_number, 'N' AS part, 'of another' AS text {ASKED}")
    assert made.source("emap").find(key(1)) is None


@pytest.mark.parametrize(
    "text",
    ["INSERT INTO star.mrn (mrn) SELECT unnest(%(mrns)s) RETURNING %(accession_numbers)s", "DELETE FROM star.mrn"],
)
def test_a_query_that_writes_is_refused_by_the_connection(deployment, tmp_path, text, postgres):
    made = deployment(user="pixl", password_secret="owner")
    deployment.store.create("owner", postgres.password.encode())
    write_query(tmp_path, text + " -- %(mrns)s %(accession_numbers)s")
    with pytest.raises(ConfigurationError, match="refuses"):
        made.source("emap").find(key(1))


def test_a_query_of_two_statements_is_refused(deployment, tmp_path):
    made = deployment()
    write_query(tmp_path, f"SET TRANSACTION READ WRITE; SELECT asked.mrn {ASKED}")
    with pytest.raises(ConfigurationError):
        made.source("emap").find(key(1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"SELECT mrn, accession_number {ASKED}", "it lacks part, text"),
        (f"SELECT mrn, accession_number, '' AS part, '' AS txt {ASKED}", "did you mean 'text'"),
        (f"SELECT mrn, accession_number, '' AS part, body AS text {ASKED}, star.nothing", "star.nothing"),
        (f"SELEKT mrn {ASKED}", "syntax"),
        ("SELECT 1", "must use"),
    ],
)
def test_a_query_that_is_wrong_is_named_with_what_is_wrong(deployment, tmp_path, text, message):
    made = deployment()
    write_query(tmp_path, text)
    with pytest.raises(ConfigurationError, match=message) as told:
        made.source("emap").find(key(1))
    assert "emap.sql" in str(told.value)


def test_a_slow_query_is_stopped_and_tried_again(deployment, tmp_path):
    made = deployment(statement_seconds=0.2)
    write_query(tmp_path, f"SELECT mrn, accession_number, '' AS part, pg_sleep(5)::text AS text {ASKED}")
    with pytest.raises(RetryLater, match="statement_seconds"):
        made.source("emap").find(key(1))


def test_a_database_that_is_down_is_tried_again(deployment):
    with pytest.raises(RetryLater, match="does not answer"):
        deployment(port=9).source("emap").find(key(1))


def test_wrong_credentials_are_a_matter_of_configuration_that_names_the_secret(deployment):
    deployment.store.create("wrong", b"wrong")
    with pytest.raises(ConfigurationError, match="'wrong'"):
        deployment(password_secret="wrong").source("emap").find(key(1))


def test_a_password_and_a_query_that_were_wrong_can_be_mended_without_a_restart(fill, deployment, tmp_path):
    fill(emap_report(1))
    deployment.store.create("mended", b"wrong")
    source = deployment(password_secret="mended").source("emap")
    with pytest.raises(ConfigurationError, match="'mended'"):
        source.find(key(1))
    (tmp_path / "secrets" / "mended").write_bytes(b"reader-password")
    right = (tmp_path / "emap.sql").read_text()
    write_query(tmp_path, f"SELECT mrn, accession_number {ASKED}")
    with pytest.raises(ConfigurationError, match="it lacks part, text"):
        source.find(key(1))
    write_query(tmp_path, right)
    assert source.find(key(1))


def test_a_secret_that_is_missing_is_named(deployment):
    with pytest.raises(ConfigurationError, match="not-there"):
        deployment(password_secret="not-there").source("emap").find(key(1))


def test_a_connection_that_was_cut_is_opened_again(fill, deployment, postgres, emap_database):
    fill(emap_report(1))
    source = deployment().source("emap")
    assert source.find(key(1))
    with psycopg.connect(emap_database, password=postgres.password, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'pixl_reader'")
    with pytest.raises(RetryLater):
        source.find(key(1))
    assert source.find(key(1))


def test_a_database_without_an_encoding_is_read_too(postgres, deployment, tmp_path):
    name = "ascii_emap"
    with psycopg.connect(postgres.conninfo(), password=postgres.password, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(
            f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        )
    made = deployment(database=name)
    columns = "mrn, accession_number, 'NARRATIVE' AS part, E'caf\\xe9 \\x01 end' AS text"
    write_query(tmp_path, f"SELECT {columns} {ASKED}")
    assert made.source("emap").find(key(1)).text == "NARRATIVE:\ncaf\ufffd   end"


def test_notes_of_omop_are_a_source_too(postgres, deployment, tmp_path):
    conninfo = postgres.new_database()
    with psycopg.connect(conninfo, password=postgres.password) as connection:
        connection.execute("""
            CREATE TABLE person (person_id bigint, person_source_value text);
            CREATE TABLE provider (provider_id bigint, provider_name text);
            CREATE TABLE note (note_id bigint, person_id bigint, provider_id bigint, note_date date,
                note_datetime timestamp, note_source_value text, note_text text);
            INSERT INTO person VALUES (1, 'QZ11112223');
            INSERT INTO provider VALUES (4, 'Thistlethwock');
            INSERT INTO note VALUES (7, 1, 4, '2021-02-03', NULL, 'RKX00001', 'Normal. Dr Thistlethwock');
        """)
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'pixl_reader'").fetchone()
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO pixl_reader") if exists else None
    made = deployment(database=psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"])
    write_query(tmp_path, (emap.QUERY.with_name("omop_notes.sql")).read_text())
    found = made.source("emap").find(key(1))
    assert (found.text, found.clinicians) == ("Normal. Dr Thistlethwock", ("Thistlethwock",))
