from __future__ import annotations

import datetime as dt
import os
import threading

import psycopg
import pytest

from pixl.domain.destination import Receipt
from pixl.domain.errors import CohortInvalid, ConfigurationError, RetryLater, StudyHeld
from pixl.domain.part import Part
from pixl.domain.state import FINAL, FOLLOWS, IN_FLIGHT, State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Cipher, Ledger, migrate
from pixl.ledger.ledger import Note
from pixl.queue import Step

pytestmark = pytest.mark.servers

MONDAY = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, 10, 0, 0, tzinfo=dt.UTC))
TUESDAY = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 5, 10, 0, 0, tzinfo=dt.UTC))


def request(number, **fields):
    known = {
        "project": "lungs",
        "procedure_occurrence_id": number,
        "mrn": f"MRN-SECRET-{number}",
        "accession_number": f"ACC-SECRET-{number}",
        "study_uid": f"1.2.3.{number}",
        "study_date": dt.date(2026, 1, 2),
    }
    return StudyRequest(**{**known, **fields})


def jobs(database, postgres):
    with psycopg.connect(database, password=postgres.password) as connection:
        return connection.execute(
            "SELECT task_name, (args->>'study_id')::int, priority FROM procrastinate_jobs"
            " WHERE status = 'todo' ORDER BY id"
        ).fetchall()


def to_state(ledger, study_id, *states):
    for state in states:
        before = ledger.study(study_id).state
        assert ledger.advance(study_id, state, before={before}, reason="as a test wants it")


def test_a_loaded_cohort_is_requested_and_each_study_has_one_job(ledger, database, postgres):
    loaded = ledger.load(MONDAY, [request(n) for n in range(3)], skipped={"no MRN": 2}, priority=5)
    assert (loaded.rows, loaded.new_rows, loaded.studies, loaded.new_studies) == (3, 3, 3, 3)
    [status] = ledger.status("lungs")
    assert status.counts == {State.REQUESTED: 3}
    assert status.skipped == {"no MRN": 2}
    assert [(name, priority) for name, _, priority in jobs(database, postgres)] == [("fetch", 5)] * 3


def test_loading_twice_enqueues_nothing_new(ledger, database, postgres):
    ledger.load(MONDAY, [request(n) for n in range(3)])
    again = ledger.load(MONDAY, [request(n) for n in range(3)])
    assert (again.new_rows, again.new_studies) == (0, 0)
    assert len(jobs(database, postgres)) == 3


def test_a_later_extract_enqueues_only_what_is_new_and_accounts_for_all(ledger, database, postgres):
    ledger.load(MONDAY, [request(n) for n in range(3)])
    later = ledger.load(TUESDAY, [request(n) for n in range(5)])
    assert (later.new_rows, later.new_studies) == (5, 2)
    assert [status.requested for status in ledger.status("lungs")] == [3, 5]
    assert len(jobs(database, postgres)) == 5


def test_an_older_extract_than_the_one_loaded_is_refused_unless_meant(ledger):
    ledger.load(TUESDAY, [request(1)])
    with pytest.raises(CohortInvalid, match="--allow-older"):
        ledger.load(MONDAY, [request(2)])
    assert ledger.load(MONDAY, [request(2)], allow_older=True).new_studies == 1


def test_a_dry_run_says_what_it_would_do_and_does_nothing(ledger, database, postgres):
    loaded = ledger.load(MONDAY, [request(n) for n in range(3)], dry_run=True)
    assert loaded.new_studies == 3
    assert ledger.status() == []
    assert jobs(database, postgres) == []


def test_two_series_of_one_study_are_one_study_that_wants_both(ledger):
    ledger.load(MONDAY, [request(1, series_uid="1.9.1"), request(1, series_uid="1.9.2")])
    [status] = ledger.status()
    assert (status.rows, status.requested) == (2, 1)
    assert ledger.study(1).parts == {Part(series_uid="1.9.1"), Part(series_uid="1.9.2")}


def test_a_row_for_the_whole_study_beats_rows_for_its_series(ledger):
    ledger.load(MONDAY, [request(1, series_uid="1.9.1"), request(1, procedure_occurrence_id=2)])
    assert ledger.study(1).parts == frozenset()


def test_a_further_series_of_a_finished_study_opens_it_again(ledger, database, postgres):
    ledger.load(MONDAY, [request(1, series_uid="1.9.1")])
    to_state(ledger, 1, State.FETCHING, State.MISSING)
    assert ledger.load(TUESDAY, [request(1, series_uid="1.9.2")]).reopened == 1
    study = ledger.study(1)
    assert (study.state, study.revision) == (State.REQUESTED, 2)
    assert study.parts == {Part(series_uid="1.9.1"), Part(series_uid="1.9.2")}


ONE_PATIENT = {"mrn": "MRN-SECRET-1"}


@pytest.mark.parametrize(
    ("later", "problem"),
    [
        ({"participant_id": "P-1"}, "is that of another patient in an earlier load"),
        ({"participant_id": "P-2", **ONE_PATIENT}, "is not what an earlier load says for the same patient"),
    ],
)
def test_patients_and_participant_ids_are_one_to_one_over_all_loads_of_a_project(ledger, later, problem):
    ledger.load(MONDAY, [request(1, participant_id="P-1"), request(2)])
    row = request(3, **later, participant_place="cohort.csv line 7, column participant_id")
    with pytest.raises(CohortInvalid) as refused:
        ledger.load(TUESDAY, [request(4, participant_id="P-4"), row])
    assert f"\n  - cohort.csv line 7, column participant_id: {problem}" in str(refused.value)
    assert not any(value in str(refused.value) for value in ("P-1", "P-2", "SECRET"))
    assert [status.requested for status in ledger.status()] == [2]


def test_a_participant_id_that_differs_is_told_of_once_however_many_studies_the_patient_has(ledger):
    ledger.load(MONDAY, [request(number, **ONE_PATIENT, participant_id="P-1") for number in (1, 2)])
    with pytest.raises(CohortInvalid) as refused:
        ledger.load(TUESDAY, [request(number, **ONE_PATIENT, participant_id="P-2") for number in (3, 4)])
    assert str(refused.value).count("\n") == 1
    assert "procedure_occurrence_id 3: is not what" in str(refused.value)


def test_a_patient_keeps_a_participant_id_over_loads_and_may_have_another_in_another_project(ledger):
    ledger.load(MONDAY, [request(1, participant_id="P-1")])
    more = [request(1, participant_id="P-1"), request(2, **ONE_PATIENT, participant_id="P-1"), request(3)]
    assert ledger.load(TUESDAY, more).new_studies == 2
    other = ExtractId(project="hearts", generated_at=MONDAY.generated_at)
    assert ledger.load(other, [request(1, project="hearts", participant_id="H-9")]).new_studies == 1


def test_the_same_study_for_two_projects_is_two_requests(ledger):
    ledger.load(MONDAY, [request(1)])
    other = ExtractId(project="hearts", generated_at=MONDAY.generated_at)
    assert ledger.load(other, [request(1, project="hearts")]).new_studies == 1


def test_no_identifier_is_readable_in_the_database(ledger, database, postgres):
    ledger.load(MONDAY, [request(n) for n in range(3)])
    with psycopg.connect(database, password=postgres.password) as connection:
        tables = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        for (table,) in tables.fetchall():
            text = str(connection.execute(f'SELECT * FROM "{table}"').fetchall())
            assert "SECRET" not in text
            assert "1.2.3." not in text


def test_identifiers_come_back_for_the_worker(ledger):
    ledger.load(MONDAY, [request(7, participant_id="P-7")])
    study = ledger.study(1)
    assert (study.mrn, study.accession_number, study.study_uid) == ("MRN-SECRET-7", "ACC-SECRET-7", "1.2.3.7")
    assert (study.study_date, study.participant_id) == (dt.date(2026, 1, 2), "P-7")
    assert "SECRET" not in repr(study)


def test_a_state_changes_only_from_where_the_caller_thought_it_was(ledger):
    ledger.load(MONDAY, [request(1)])
    assert ledger.advance(1, State.FETCHING, before={State.REQUESTED})
    assert not ledger.advance(1, State.FETCHING, before={State.REQUESTED})


def test_of_many_workers_on_one_study_one_wins(ledger):
    ledger.load(MONDAY, [request(1)])
    wins = []
    threads = [
        threading.Thread(target=lambda: wins.append(ledger.advance(1, State.FETCHING, before={State.REQUESTED})))
        for _ in range(8)
    ]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(wins) == [False] * 7 + [True]


def test_a_step_that_the_state_machine_does_not_know_is_a_bug(ledger):
    ledger.load(MONDAY, [request(1)])
    with pytest.raises(ValueError, match="may not go"):
        ledger.advance(1, State.EXPORTED, before={State.REQUESTED})


def test_every_change_is_an_event_and_events_cannot_be_changed(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    to_state(ledger, 1, State.FETCHING, State.CACHED)
    assert [(before, after) for _, before, after, _ in ledger.events(1)] == [
        (None, "requested"),
        ("requested", "fetching"),
        ("fetching", "cached"),
    ]
    with psycopg.connect(database, password=postgres.password) as connection:
        for statement in ("UPDATE event SET reason = 'x'", "DELETE FROM event", "TRUNCATE event"):
            with pytest.raises(psycopg.errors.RaiseException), connection.transaction():
                connection.execute(statement)


def test_the_next_job_is_there_when_and_only_when_the_state_is(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    to_state(ledger, 1, State.FETCHING)
    ledger.advance(1, State.CACHED, before={State.FETCHING}, then=Step.DEIDENTIFY)
    ledger.advance(1, State.CACHED, before={State.FETCHING}, then=Step.DEIDENTIFY)
    assert [name for name, _, _ in jobs(database, postgres)] == ["fetch", "deidentify"]


def test_an_export_is_recorded_once_a_revision(ledger):
    ledger.load(MONDAY, [request(1)])
    receipt = ("ftps", Receipt(name="lungs/2.25.1.zip", size=3, sha256="ab"))
    to_state(
        ledger, 1, State.FETCHING, State.CACHED, State.DEIDENTIFYING, State.CHECKING, State.RELEASED, State.EXPORTING
    )
    assert ledger.advance(1, State.EXPORTED, before={State.EXPORTING}, receipt=receipt)
    assert not ledger.advance(1, State.EXPORTED, before={State.EXPORTING}, receipt=receipt)


def test_failed_studies_go_on_from_where_they_stopped(ledger, database, postgres):
    ledger.load(MONDAY, [request(n) for n in range(3)])
    to_state(ledger, 1, State.FETCHING, State.FAILED)
    to_state(ledger, 2, State.FETCHING, State.CACHED, State.DEIDENTIFYING, State.FAILED)
    to_state(
        ledger,
        3,
        State.FETCHING,
        State.CACHED,
        State.DEIDENTIFYING,
        State.CHECKING,
        State.RELEASED,
        State.EXPORTING,
        State.FAILED,
    )
    assert ledger.retry("lungs", states={State.FAILED}) == 3
    assert [ledger.study(n).state for n in (1, 2, 3)] == [State.REQUESTED, State.CACHED, State.RELEASED]
    assert {(name, n) for name, n, _ in jobs(database, postgres)} >= {("fetch", 1), ("deidentify", 2), ("export", 3)}


def test_cancelled_studies_are_rejected_but_not_while_they_are_exported(ledger):
    ledger.load(MONDAY, [request(n) for n in range(2)])
    to_state(
        ledger, 2, State.FETCHING, State.CACHED, State.DEIDENTIFYING, State.CHECKING, State.RELEASED, State.EXPORTING
    )
    assert ledger.cancel("lungs", generated_at=MONDAY.generated_at) == 1
    assert ledger.study(1).state is State.REJECTED
    assert ledger.study(2).state is State.EXPORTING


def test_a_study_that_lost_its_job_gets_one_again(ledger, database, postgres):
    ledger.load(MONDAY, [request(n) for n in range(2)])
    with psycopg.connect(database, password=postgres.password) as connection:
        connection.execute("DELETE FROM procrastinate_jobs WHERE args->>'study_id' = '1'")
    assert ledger.rescue(older_seconds=0) == 1
    assert ledger.rescue(older_seconds=0) == 0
    assert len(jobs(database, postgres)) == 2


def test_notes_of_an_earlier_run_are_replaced(ledger):
    ledger.load(MONDAY, [request(1)])
    to_state(ledger, 1, State.FETCHING, State.CACHED, State.DEIDENTIFYING)
    ledger.advance(1, State.HELD, before={State.DEIDENTIFYING}, notes=[Note(kind="failed", reason="truncated")])
    ledger.advance(1, State.RELEASED, before={State.HELD}, notes=[Note(kind="skipped", reason="modality", count=4)])
    assert ledger.notes(1) == [Note(kind="skipped", reason="modality", count=4)]


def test_a_study_that_arrives_lets_every_waiting_project_go_on(ledger):
    ledger.load(MONDAY, [request(1)])
    ledger.load(
        ExtractId(project="hearts", generated_at=MONDAY.generated_at),
        [request(1, project="hearts", study_uid=None)],
    )
    to_state(ledger, 1, State.FETCHING, State.MISSING)
    to_state(ledger, 2, State.FETCHING, State.MISSING)
    ledger.study_arrived(study_uid="1.2.3.1", mrn="MRN-SECRET-1", accession_number="ACC-SECRET-1", cursor=42)
    assert {ledger.study(1).state, ledger.study(2).state} == {State.REQUESTED}
    assert ledger.cursor() == 42


def test_a_study_sent_by_hand_is_asked_for_once_while_it_is_on_its_way(ledger, database, postgres):
    marks = {"study_uid": "1.2.3.9", "mrn": "M", "accession_number": "A"}
    ledger.request_by_hand(project="lungs", **marks)
    ledger.request_by_hand(project="lungs", **marks)
    assert len(jobs(database, postgres)) == 1
    assert [s.state for s in ledger.states_of(**marks)] == [State.REQUESTED]
    assert ledger.in_flight(**marks)
    [status] = ledger.status()
    assert status.generated_at is None


def test_two_studies_of_a_cohort_under_one_accession_number_are_both_asked_for_and_linked(ledger):
    same = {"mrn": "M", "accession_number": "A"}
    loaded = ledger.load(MONDAY, [request(1, study_uid="1.2.1", **same), request(2, study_uid="1.2.2", **same)])
    assert (loaded.rows, loaded.new_studies) == (2, 2)
    again = ledger.load(TUESDAY, [request(2, study_uid="1.2.2", **same), request(1, study_uid="1.2.1", **same)])
    assert (again.studies, again.new_studies) == (2, 0)


def test_a_row_without_a_uid_is_the_study_of_the_row_that_has_it(ledger):
    same = {"mrn": "M", "accession_number": "A"}
    loaded = ledger.load(MONDAY, [request(1, study_uid=None, **same), request(2, study_uid="1.2.1", **same)])
    assert (loaded.rows, loaded.studies, ledger.study(1).study_uid) == (2, 1, "1.2.1")
    assert ledger.load(TUESDAY, [request(3, study_uid=None, **same)]).new_studies == 0


def test_a_uid_that_a_later_extract_gives_reaches_a_held_study_and_lets_it_go_on(ledger, database, postgres):
    ledger.load(MONDAY, [request(1, study_uid=None)])
    to_state(ledger, 1, State.FETCHING, State.HELD)
    loaded = ledger.load(TUESDAY, [request(1, study_uid="1.2.1")])
    assert (loaded.new_studies, loaded.reopened) == (0, 1)
    assert (ledger.study(1).study_uid, ledger.study(1).state) == ("1.2.1", State.REQUESTED)


def test_one_study_uid_under_two_accession_numbers_is_refused_with_the_rows(ledger):
    ledger.load(MONDAY, [request(1, study_uid="1.2.1")])
    with pytest.raises(CohortInvalid, match="procedure_occurrence_id 2") as refused:
        ledger.load(TUESDAY, [request(2, study_uid="1.2.1")])
    assert "SECRET" not in str(refused.value)
    assert [status.requested for status in ledger.status()] == [1]


def test_a_study_that_turns_out_to_be_another_rows_is_held(ledger):
    same = {"mrn": "M", "accession_number": "A"}
    ledger.load(MONDAY, [request(1, study_uid="1.2.1", **same), request(2, study_uid="1.2.2", **same)])
    ledger.load(TUESDAY, [request(3, study_uid=None, **same)])
    to_state(ledger, 3, State.FETCHING)
    with pytest.raises(StudyHeld, match="every row"):
        ledger.advance(3, State.CACHED, before={State.FETCHING}, study_uid="1.2.1")
    assert ledger.study(3).state is State.FETCHING


def test_what_waits_for_an_archives_hours_goes_on_when_the_study_arrives(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    to_state(ledger, 1, State.FETCHING)
    with psycopg.connect(database, password=postgres.password) as connection:
        connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day'")
    ledger.study_arrived(study_uid="1.2.3.1", mrn="MRN-SECRET-1", accession_number="ACC-SECRET-1", cursor=1)
    with psycopg.connect(database, password=postgres.password) as connection:
        assert connection.execute("SELECT scheduled_at FROM procrastinate_jobs").fetchall() == [(None,)]


def test_a_study_is_in_a_project_once_whatever_it_was_asked_by(ledger):
    ledger.load(MONDAY, [request(1)])
    ledger.request_by_hand(project="lungs", study_uid="1.2.3.1", mrn="MRN-SECRET-1", accession_number="")
    assert len(ledger.states_of(study_uid="1.2.3.1", mrn="MRN-SECRET-1", accession_number="ACC-SECRET-1")) == 1


def test_the_gate_keeps_the_rate_and_can_be_changed_while_it_runs(ledger):
    assert [ledger.pass_gate() for _ in range(3)] == [None, None, None]
    ledger.set_gate(per_minute=60)
    assert ledger.pass_gate() is None
    assert 0 < ledger.pass_gate() <= 1
    ledger.set_gate(unlimited=True)
    assert ledger.pass_gate() is None
    ledger.set_gate(paused=True)
    assert ledger.pass_gate() == 1
    assert ledger.gate() == (True, None)


def test_a_clock_that_was_set_back_does_not_stop_the_archive_from_being_asked(ledger, database, postgres):
    ledger.set_gate(per_minute=60)
    with psycopg.connect(database, password=postgres.password) as connection:
        connection.execute("UPDATE fetch_gate SET next_at = now() + interval '1 day'")
    assert ledger.pass_gate() is None


def set_back_a_day(database, postgres, *statements):
    """What the database holds is of a day that has not come: the same as a clock that was set back by a day."""
    with psycopg.connect(database, password=postgres.password) as connection:
        for statement in statements:
            connection.execute(statement)


PUT_OFF = """
UPDATE procrastinate_jobs SET status = 'doing' WHERE id = 1;
SELECT procrastinate_retry_job_v2(1, now() + interval '30 seconds', NULL, NULL, NULL);
"""
JOBS_A_DAY_LATER = """
UPDATE procrastinate_events SET at = at + interval '1 day';
UPDATE procrastinate_jobs SET scheduled_at = scheduled_at + interval '1 day';
"""


def waiting(database, postgres):
    with psycopg.connect(database, password=postgres.password) as connection:
        return connection.execute("SELECT id FROM procrastinate_jobs WHERE scheduled_at > now() ORDER BY id").fetchall()


def test_a_job_that_was_put_off_before_the_clock_was_set_back_runs_now_and_not_a_day_later(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    set_back_a_day(database, postgres, PUT_OFF, JOBS_A_DAY_LATER)
    assert waiting(database, postgres) == [(1,)]
    ledger.rescue(older_seconds=60)
    assert waiting(database, postgres) == []


def test_a_job_that_was_put_off_by_a_clock_that_holds_waits_for_its_time(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    set_back_a_day(database, postgres, PUT_OFF)
    ledger.rescue(older_seconds=60)
    assert waiting(database, postgres) == [(1,)]


def test_a_job_waits_for_no_more_than_a_day_and_an_hour_whatever_a_clock_said(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    set_back_a_day(
        database, postgres, PUT_OFF, "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '9 days'"
    )
    ledger.rescue(older_seconds=60)
    assert waiting(database, postgres) == []


def test_a_worker_that_died_before_the_clock_was_set_back_is_not_taken_for_alive_for_a_day(ledger, database, postgres):
    late = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 day')"
    set_back_a_day(database, postgres, late)
    ledger.rescue(older_seconds=60)
    with psycopg.connect(database, password=postgres.password) as connection:
        [(is_past,)] = connection.execute("SELECT last_heartbeat <= now() FROM procrastinate_workers").fetchall()
    assert is_past


def test_a_study_without_a_job_is_rescued_also_where_the_clock_was_set_back(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    lost = "DELETE FROM procrastinate_jobs; UPDATE study SET since = since + interval '1 day'"
    set_back_a_day(database, postgres, lost)
    assert ledger.rescue(older_seconds=60) == 1


def test_events_keep_their_order_where_the_clock_is_set_back_between_them(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    set_back_a_day(
        database, postgres, "INSERT INTO event (study_id, at, after) VALUES (1, now() + interval '1 day', 'requested')"
    )
    to_state(ledger, 1, State.FETCHING, State.CACHED)
    assert [after for _, _, after, _ in ledger.events(1)][-3:] == [State.REQUESTED, State.FETCHING, State.CACHED]


def test_the_linker_names_exported_studies_only(ledger):
    ledger.load(MONDAY, [request(n) for n in range(1, 3)])
    to_state(ledger, 1, State.FETCHING, State.CACHED)
    to_state(ledger, 1, State.DEIDENTIFYING, State.CHECKING)
    ledger.advance(1, State.RELEASED, before={State.CHECKING}, pseudo_study_uid="2.25.1")
    to_state(ledger, 1, State.EXPORTING, State.EXPORTED)
    assert list(ledger.linker_rows(MONDAY)) == [(1, "2.25.1")]


def test_a_parquet_export_is_a_job_that_can_be_followed(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    export_id = ledger.request_parquet_export(ledger.extract_of("lungs", None))
    ledger.set_parquet_export(export_id, state="running", done=1, total=2, files=["a"])
    assert ledger.parquet_export(export_id)["done"] == 1
    with pytest.raises(ConfigurationError, match="2026-05-04t10-00-00"):
        ledger.extract_of("lungs", "no-such-slug")


def test_another_key_cannot_read_the_ledger(ledger, database, postgres):
    ledger.load(MONDAY, [request(1)])
    other = Ledger.open(database, password=postgres.password, key=os.urandom(32).hex().encode())
    with pytest.raises(ConfigurationError, match="ledger-key"):
        other.study(1)
    other.close()


def test_a_key_that_is_none_is_refused():
    with pytest.raises(ConfigurationError, match="64 hexadecimal"):
        Cipher(b"password")


def test_migrations_can_run_again(database, postgres):
    migrate(database, postgres.password)


def test_a_database_that_is_away_is_an_error_that_may_be_retried():
    ledger = Ledger.open("host=127.0.0.1 port=1 dbname=x user=x", password="x", key=os.urandom(32).hex().encode())
    with pytest.raises(RetryLater):
        ledger.status()
    ledger.close()


def test_every_state_is_either_final_or_in_flight_and_every_state_can_be_left():
    assert set(State) == FINAL | IN_FLIGHT
    assert not FINAL & IN_FLIGHT
    assert set(FOLLOWS) == set(State)
    assert all(FOLLOWS.values())
