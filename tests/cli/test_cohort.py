"""`pixl cohort`, run as people run it, against a real Postgres."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from pixl.domain.state import State
from pixl.testing.extract import write_rows

pytestmark = pytest.mark.servers

EARLY = dt.datetime(2023, 12, 7, 14, 8, 58, tzinfo=dt.UTC)
LATE = EARLY + dt.timedelta(days=30)
STAMP = "2023-12-07T14:08:58Z"


def row(number, **cells):
    return {
        "procedure_id": number,
        "mrn": f"QZ{number:07d}",
        "accession_number": f"RKXQ{number:06d}",
        "project_name": "demo",
        "extract_generated_timestamp": STAMP,
        "study_date": "2023-01-02",
        **cells,
    }


def csv(tmp_path, *rows):
    write_rows(tmp_path / "cohort.csv", rows)
    return tmp_path / "cohort.csv"


def fail(pixl, count=1):
    with pixl.ledger() as ledger:
        for number in range(1, count + 1):
            ledger.advance(number, State.FAILED, before={State.REQUESTED}, reason="the archive is [bold]silent[/]")


def test_a_loaded_extract_is_in_flight_and_its_public_tables_are_copied_aside(pixl, extract):
    shown = pixl("cohort", "load", extract(1, 2, 3))
    assert "3 rows, 3 studies" in shown
    assert "asked for: 3 new" in shown
    [status] = pixl.status()
    assert (status["project"], status["requested"], status["in_flight"]) == ("demo", 3, 3)
    assert (pixl.data / "extracts/demo/2023-12-07t14-08-58/omop/public/omop/PERSON.parquet").is_file()


def test_loading_twice_asks_for_nothing_new(pixl, extract):
    folder = extract(1, 2)
    pixl("cohort", "load", folder)
    shown = pixl("cohort", "load", folder)
    assert "asked for: 0 new" in shown
    assert "asked for before: 2" in shown
    assert pixl.status()[0]["requested"] == 2


def test_an_extended_extract_asks_only_for_what_is_new(pixl, extract):
    pixl("cohort", "load", extract(1, 2))
    shown = pixl("cohort", "load", extract(1, 2, 3, name="later", generated_at=LATE))
    assert "asked for: 1 new" in shown
    assert [one["requested"] for one in pixl.status()] == [2, 3]


def test_a_dry_run_says_what_it_would_do_and_does_nothing(pixl, extract):
    assert "would be asked for: 2 new" in pixl("cohort", "load", extract(1, 2), "--dry-run")
    assert pixl.status() == []
    assert not (pixl.data / "extracts").exists()


def test_an_older_extract_is_refused_and_leaves_nothing(pixl, extract):
    pixl("cohort", "load", extract(1, name="late", generated_at=LATE))
    early = extract(1, 2, name="early", generated_at=EARLY)
    assert "--allow-older" in pixl("cohort", "load", early, code=2)
    assert len(pixl.status()) == 1
    assert not (pixl.data / "extracts/demo/2023-12-07t14-08-58").exists()
    assert "asked for: 1 new" in pixl("cohort", "load", early, "--allow-older")


def test_of_several_extracts_in_one_file_all_are_loaded_or_none(pixl, extract, tmp_path):
    pixl("cohort", "load", extract(1, name="late", generated_at=LATE))
    both = csv(tmp_path, row(5, project_name="demo-mr-only"), row(6))
    pixl("cohort", "load", both, code=2)
    assert {one["project"] for one in pixl.status()} == {"demo"}
    assert "1 row, 1 study" in pixl("cohort", "load", both, "--project", "demo-mr-only")
    assert {one["project"] for one in pixl.status()} == {"demo", "demo-mr-only"}


def test_a_file_with_two_extracts_of_a_project_may_be_loaded_twice(pixl, tmp_path):
    both = csv(tmp_path, row(5), row(6, extract_generated_timestamp="2024-01-01T00:00:00Z"))
    for _ in range(2):
        pixl("cohort", "load", both)
    assert [one["requested"] for one in pixl.status()] == [1, 1]


def test_public_tables_that_cannot_be_copied_load_nothing(pixl, extract):
    (pixl.data / "extracts").write_text("in the way")
    assert "cannot be copied" in pixl("cohort", "load", extract(1), code=2)
    assert pixl.status() == []


def test_rows_that_ask_for_nothing_are_told_by_line_and_kept_in_the_account(pixl, tmp_path):
    shown = pixl("cohort", "load", csv(tmp_path, row(1), row(2, mrn="")))
    assert "1 skipped, no MRN (row 3)" in shown
    assert pixl.status()[0]["skipped"] == {"no MRN": 1}


def test_a_bad_cell_is_told_by_file_line_and_column_but_not_by_its_value(pixl, tmp_path):
    shown = pixl("cohort", "load", csv(tmp_path, row(1), row(2, study_date="31/12/SECRET")), code=2)
    assert "cohort.csv line 3, column study_date" in shown
    assert "SECRET" not in shown
    assert pixl.status() == []


@pytest.mark.parametrize(
    ("cells", "said"),
    [({"project_name": "nobody"}, "demo-mr-only"), ({"procedure_id": "one"}, "column procedure_id")],
)
def test_a_wrong_cohort_is_wrong_use(pixl, tmp_path, cells, said):
    assert said in pixl("cohort", "load", csv(tmp_path, row(1, **cells)), code=2)


def test_a_path_that_is_not_there_is_wrong_use(pixl, tmp_path):
    assert "no such folder or file" in pixl("cohort", "load", tmp_path / "nothing", code=2)


def test_a_project_that_the_file_does_not_have_is_wrong_use_and_names_those_it_has(pixl, extract):
    assert "it has: demo" in pixl("cohort", "load", extract(1), "--project", "lungs", code=2)


def test_no_command_shows_an_identifier(pixl, extract, identifiers):
    shown = "".join(
        [
            pixl("cohort", "load", extract(*range(1, 20)), "--dry-run"),
            pixl("cohort", "load", extract(*range(1, 20))),
            pixl("cohort", "status"),
            pixl("cohort", "status", "--json"),
            pixl("cohort", "cancel", "demo", "--yes"),
            pixl("cohort", "retry", "demo", "--state", "rejected"),
        ]
    )
    assert [one for one in identifiers if one in shown] == []


def test_a_database_that_is_away_is_exit_code_3_and_nothing_is_copied(pixl, extract):
    away = {"PIXL_DATABASE": "host=127.0.0.1 port=1 dbname=pixl user=pixl"}
    for command in (["load", extract(1)], ["status"]):
        assert "pixl status" in pixl("cohort", *command, code=3, **away)
    assert not (pixl.data / "extracts").exists()


def test_the_priority_of_the_project_can_be_overruled(pixl, extract):
    pixl("cohort", "load", extract(1), "--priority", "7")
    with pixl.ledger() as ledger:
        assert ledger.study(1).priority == 7


@pytest.mark.parametrize("priority", ["99999999999", "1001", "-1001", "high"])
def test_a_priority_that_is_none_is_wrong_use_and_loads_nothing(pixl, extract, priority):
    pixl("cohort", "load", extract(1), "--priority", priority, code=2)
    assert pixl.status() == []


def test_an_mrn_as_participant_id_is_wrong_use_and_not_shown(pixl, tmp_path):
    shown = pixl("cohort", "load", csv(tmp_path, row(1, participant_id="QZ0000002"), row(2)), code=2)
    assert "cohort.csv line 2, column participant_id" in shown
    assert "QZ" not in shown
    assert pixl.status() == []


def test_a_participant_id_of_another_patient_of_an_earlier_load_is_wrong_use_and_not_shown(pixl, tmp_path):
    pixl("cohort", "load", csv(tmp_path, row(1, participant_id="P-SECRET-1")))
    later = csv(tmp_path, row(2, participant_id="P-SECRET-2"), row(3, participant_id="P-SECRET-1"))
    shown = pixl("cohort", "load", later, code=2)
    assert "cohort.csv line 3, column participant_id: is that of another patient in an earlier load" in shown
    assert "SECRET" not in shown
    assert "QZ" not in shown
    assert pixl.status()[0]["requested"] == 1


def test_status_without_a_cohort_says_how_to_load_one(pixl):
    assert "pixl cohort load" in pixl("cohort", "status")
    assert json.loads(pixl("cohort", "status", "--json")) == []


def test_status_of_an_unknown_project_is_wrong_use_and_names_those_there_are(pixl, extract):
    pixl("cohort", "load", extract(1))
    assert "projects with one: demo" in pixl("cohort", "status", "--project", "lungs", code=2)


def test_status_fits_80_columns_and_cuts_no_name(pixl, extract):
    pixl("cohort", "load", extract(1, 2))
    fail(pixl)
    shown = pixl("cohort", "status", COLUMNS="80")
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown
    for name in ("demo", "2023-12-07 14:08:58", "requested", "exported", "missing", "rejected", "held", "in flight"):
        assert name in shown


def test_a_reason_is_shown_as_it_was_said(pixl, extract):
    pixl("cohort", "load", extract(1))
    fail(pixl)
    assert "the archive is [bold]silent[/]" in pixl("cohort", "status")


def test_watching_ends_when_nothing_is_in_flight_and_with_1_if_a_study_failed(pixl, extract):
    pixl("cohort", "load", extract(1, 2))
    pixl("cohort", "cancel", "demo", "--yes")
    pixl("cohort", "status", "--watch")
    pixl("cohort", "retry", "demo", "--state", "rejected")
    fail(pixl, 2)
    with pixl.ledger() as ledger:
        ledger.reports.cancel("demo")
    pixl("cohort", "status", "--watch", code=1)


def test_failed_studies_go_on_and_a_second_retry_has_nothing_to_do(pixl, extract):
    pixl("cohort", "load", extract(1, 2))
    fail(pixl)
    assert "1 study goes on" in pixl("cohort", "retry", "demo")
    assert pixl.counts() == {"requested": 2}
    assert "nothing to do: no study is failed" in pixl("cohort", "retry", "demo")


def test_only_what_has_ended_can_be_retried(pixl, extract):
    pixl("cohort", "load", extract(1))
    assert "failed" in pixl("cohort", "retry", "demo", "--state", "fetching", code=2)


def test_a_retry_can_be_of_one_extract(pixl, extract):
    pixl("cohort", "load", extract(1))
    pixl("cohort", "load", extract(2, name="later", generated_at=LATE))
    fail(pixl, 2)
    assert "1 study goes on" in pixl("cohort", "retry", "demo", "--extract", "2023-12-07t14-08-58")
    assert "it has: 2023-12-07t14-08-58" in pixl("cohort", "retry", "demo", "--extract", "2001", code=2)


def test_cancelling_stops_what_is_on_its_way_and_it_can_be_brought_back(pixl, extract):
    pixl("cohort", "load", extract(1, 2))
    assert "2 studies are cancelled" in pixl("cohort", "cancel", "demo", "--yes")
    assert pixl.counts() == {"rejected": 2}
    pixl("cohort", "retry", "demo", "--state", "rejected")
    assert pixl.counts() == {"requested": 2}


def test_cancelling_asks_first(pixl, extract):
    pixl("cohort", "load", extract(1))
    pixl("cohort", "cancel", "demo", code=1)
    assert pixl.counts() == {"requested": 1}


@pytest.mark.parametrize("command", ["retry", "cancel"])
def test_a_project_without_a_cohort_is_wrong_use(pixl, command):
    assert "no cohort" in pixl("cohort", command, "demo", code=2)


def test_a_list_of_uids_is_loaded_once_however_often(pixl, tmp_path):
    (tmp_path / "ids.csv").write_text("StudyInstanceUID\n1.2.3\n1.2.4\n1.2.3\n")
    shown = pixl("cohort", "load", tmp_path / "ids.csv", "--project", "demo", "--modality", "CT")
    assert "asked for: 2 new" in shown
    assert "1 skipped, the same as an earlier row" in shown
    assert "asked for before: 2" in pixl("cohort", "load", tmp_path / "ids.csv", "-p", "demo", "-m", "CT")
    [status] = pixl.status()
    assert (status["requested"], status["skipped"]) == (2, {"the same as an earlier row": 1})


def test_a_list_needs_a_project_and_a_modality_that_the_project_takes(pixl, tmp_path):
    (tmp_path / "ids.csv").write_text("StudyInstanceUID\n1.2.3\n")
    assert "--project" in pixl("cohort", "load", tmp_path / "ids.csv", code=2)
    assert "it takes:" in pixl("cohort", "load", tmp_path / "ids.csv", "-p", "demo", "-m", "XX", code=2)
    assert pixl.status() == []


def test_rows_that_are_not_extractable_are_counted_by_reason(pixl, tmp_path):
    flagged = {"extractable": "no", "not_extractable_reason": "opted out"}
    rows = [row(1, **flagged), row(2, extractable="yes", not_extractable_reason=""), row(3, **flagged)]
    lines = [",".join(map(str, cells)) for cells in (rows[0], *(each.values() for each in rows))]
    (tmp_path / "cohort.csv").write_text("\n".join(lines))
    assert "2 skipped, not extractable: opted out" in pixl("cohort", "load", tmp_path / "cohort.csv")
    [status] = pixl.status()
    assert (status["requested"], status["skipped"]) == (1, {"not extractable: opted out": 2})
