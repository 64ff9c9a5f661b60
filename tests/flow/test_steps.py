"""The steps of a study's way with a real ledger, and stand-ins for what is around them."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import io
import logging
import zipfile
from pathlib import Path

import psycopg
import pytest

from pixl.domain.destination import Receipt
from pixl.domain.errors import (
    ConfigurationError,
    NotBefore,
    RetryLater,
    StudyFailed,
    StudyHeld,
    StudyMissing,
    StudyRejected,
)
from pixl.domain.extractable import RowRule
from pixl.domain.project import DestinationNames, Project
from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.flow.steps import Flow
from pixl.flow.work import Workload, work
from pixl.intake import Chosen, Fetched, Named
from pixl.ledger import Checks
from pixl.ledger.findings import transaction
from pixl.orthanc import DeidentifiedStudy, NotStored, StoredInstance, StoredSeries, StoredStudy
from pixl.queue import Step

pytestmark = pytest.mark.servers

SECRET = "MRN-SECRET-7"
MAX_TRIES = 3
PROJECT = Project(
    name="lungs",
    modalities=("CT",),
    destination=DestinationNames(dicom="haven", parquet="haven"),
    file=Path("lungs.yaml"),
)
WHOLE = DeidentifiedStudy.model_validate(
    {
        "study_uid": "2.25.1",
        "patient_id": "pseudonym",
        "accession_number": "accession",
        "orthanc_id": "anon-study",
        "instances": 3,
        "stored": 3,
        "skipped": [],
        "failed": [],
        "policy": "hash",
    }
)
BAD = [{"instance": "2.25.9", "reason": "the pixel data is cut off"}]


def ends(outcome):
    """Return `outcome`, or raise it."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


class Around:
    """Everything around the flow: what it answers, or raises, and what it was asked."""

    def __init__(self):
        self.fetched = Fetched(study_uid="1.2.3", instances=3)
        self.done = WHOLE
        self.named = StudyMissing()
        self.chose = Chosen()
        self.project = PROJECT
        self.in_anon = 3
        self.found = Checks()
        self.arrived = {}
        self.put_error = None
        self.asked = []
        self.meanwhile = lambda: None

    def fetch(self, wanted, *, running=(), interrupted=False, on_move=lambda _: None):
        self.asked.append(("fetch", tuple(running)))
        on_move(["job-1"])
        self.meanwhile()
        return ends(self.fetched)

    def study_of(self, part):
        self.asked.append(("study of", part.uid))
        self.meanwhile()
        return ends(self.named)

    def chosen(self, wanted):
        return ends(self.chose)

    def deidentify(self, *, project, study_uid, series_uids, sop_uids, patient_pseudonym, redactions):
        self.asked.append(("deidentify", project, study_uid, series_uids, patient_pseudonym))
        self.meanwhile()
        return ends(self.done)

    def check(self, project, study, check):
        self.asked.append(("check", check.output.series))
        self.meanwhile()
        return ends(self.found)

    def series_of(self, study):
        uids = {"b": "2.25.11", "a": "2.25.10"}
        return [
            StoredSeries(
                orthanc_id=name, series_uid=uid, modality="CT", description="", number=1, manufacturer="", instances=2
            )
            for name, uid in uids.items()
        ]

    def study(self, orthanc_id):
        return StoredStudy(
            orthanc_id=orthanc_id,
            patient_orthanc_id="p",
            study_uid="2.25.5",
            mrn="P/1",
            accession_number="",
            is_stable=True,
            series=(),
        )

    def instances_of(self, study):
        return [
            StoredInstance(orthanc_id=f"i{n}", series_orthanc_id="ab"[n % 2], sop_uid=f"2.25.2{n}")
            for n in reversed(range(self.in_anon))
        ]

    def instance_chunks(self, orthanc_id):
        yield b"DICOM "
        yield orthanc_id.encode()

    def put(self, chunks, name):
        self.asked.append(("put", name))
        data = b"".join(chunks)
        self.meanwhile()
        if self.put_error:
            raise self.put_error
        self.arrived[name] = data
        return Receipt(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())


@pytest.fixture
def around():
    return Around()


@pytest.fixture
def flow(ledger, around):
    extract = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC))
    request = StudyRequest(
        project="lungs", procedure_occurrence_id=7, mrn=SECRET, accession_number="ACC-SECRET-7", participant_id="P-1"
    )
    ledger.load(extract, [request])
    return Flow(
        ledger=ledger,
        project=lambda _: ends(around.project),
        fetcher=around,
        anonymiser=around,
        anon=around,
        destination=lambda _: around,
        checker=around,
    )


WAY = (Step.FETCH, Step.DEIDENTIFY, Step.CHECK, Step.EXPORT)


def run(flow, *steps):
    for step in steps:
        for check_id in checks_of(flow) if step is Step.CHECK else [None]:
            work(flow, Workload(step=step, study_id=1, max_tries=MAX_TRIES, check_id=check_id))
    return flow.ledger.study(1)


def checks_of(flow):
    with transaction(flow.ledger._pool) as connection:
        return [row["id"] for row in connection.execute("SELECT id FROM check_series ORDER BY id").fetchall()]


def at(flow, step):
    """Bring the study to where `step` begins."""
    run(flow, *WAY[: WAY.index(step)])
    return step


def waiting(database, postgres):
    with psycopg.connect(database, password=postgres.password) as connection:
        rows = connection.execute("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [name for (name,) in rows]


def with_(**changes):
    return DeidentifiedStudy.model_validate({**WHOLE.model_dump(), **changes})


def test_a_study_goes_from_the_archive_to_the_safe_haven(flow, around, database, postgres):
    study = run(flow, *WAY)
    assert (study.state, study.reason) == (State.EXPORTED, None)
    assert waiting(database, postgres) == ["fetch", "deidentify", "check", "check", "export"]
    [(name, data)] = around.arrived.items()
    assert name == "lungs/2.25.1.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["2.25.10/2.25.20.dcm", "2.25.10/2.25.22.dcm", "2.25.11/2.25.21.dcm"]
        assert archive.read("2.25.10/2.25.22.dcm") == b"DICOM i2"
    assert ("deidentify", "lungs", "1.2.3", (), "P-1") in around.asked


def test_a_step_of_which_nothing_is_left_to_do_does_nothing(flow, around):
    run(flow, *WAY)
    asked, events = list(around.asked), flow.ledger.events(1)
    assert run(flow, Step.FETCH, Step.DEIDENTIFY, Step.CHECK, Step.EXPORT, Step.EXPORT).state is State.EXPORTED
    assert (around.asked, flow.ledger.events(1)) == (asked, events)


def test_a_step_whose_time_has_not_come_does_nothing(flow, around):
    assert run(flow, Step.EXPORT, Step.DEIDENTIFY).state is State.REQUESTED
    assert around.asked == []


@pytest.mark.parametrize(("policy", "state"), [("hold", State.HELD), ("fail", State.FAILED)])
def test_an_instance_that_failed_stops_its_study_as_the_project_says(flow, around, policy, state):
    around.project = dataclasses.replace(PROJECT, on_failed_instance=policy)
    around.done = with_(stored=2, failed=BAD)
    study = run(flow, *WAY)
    assert study.state is state
    assert "1 of 3" in study.reason
    assert "cut off" in study.reason
    assert [(note.kind, note.instance, note.reason) for note in flow.ledger.notes(1)] == [
        ("failed", "2.25.9", "the pixel data is cut off")
    ]
    assert around.arrived == {}


def test_an_instance_that_failed_is_noted_and_the_rest_leaves_where_the_project_says_so(flow, around):
    around.project = dataclasses.replace(PROJECT, on_failed_instance="export")
    around.done, around.in_anon = with_(stored=2, failed=BAD), 2
    assert run(flow, *WAY).state is State.EXPORTED
    assert [note.kind for note in flow.ledger.notes(1)] == ["failed"]


def test_a_study_of_which_every_instance_failed_never_leaves(flow, around):
    around.project = dataclasses.replace(PROJECT, on_failed_instance="export")
    around.done = with_(stored=0, orthanc_id="", failed=BAD * 3)
    study = run(flow, Step.FETCH, Step.DEIDENTIFY)
    assert (study.state, study.reason) == (State.REJECTED, "no instance is left: the pixel data is cut off")


def test_what_is_skipped_is_noted_with_its_count(flow, around):
    around.done = with_(stored=1, skipped=[{"reason": "modality is not one of CT", "count": 2}])
    assert run(flow, Step.FETCH, Step.DEIDENTIFY).state is State.CHECKING
    assert [(note.kind, note.count) for note in flow.ledger.notes(1)] == [("skipped", 2)]


def test_an_account_that_does_not_add_up_is_held(flow, around, database, postgres):
    around.done = with_(instances=3, stored=2)
    study = run(flow, Step.FETCH, Step.DEIDENTIFY)
    assert study.state is State.HELD
    assert "stored, skipped and failed" in study.reason
    assert "export" not in waiting(database, postgres)


def test_fewer_instances_than_were_fetched_are_tried_again_and_never_released(flow, around):
    around.done = with_(instances=2, stored=2)
    step = at(flow, Step.DEIDENTIFY)
    for _ in range(MAX_TRIES - 1):
        with pytest.raises(RetryLater, match="2 of 3"):
            run(flow, step)
    assert run(flow, step).state is State.FAILED


@pytest.mark.parametrize("step", WAY)
def test_a_step_is_tried_so_often_and_then_fails_with_the_last_reason(flow, around, step):
    at(flow, step)
    around.fetched = around.done = around.found = around.put_error = RetryLater("it was silent")
    for number in range(1, MAX_TRIES):
        with pytest.raises(RetryLater):
            run(flow, step)
        assert flow.ledger.study(1).tries == (0 if step is Step.CHECK else number)
        assert flow.ledger.study(1).reason == "it was silent"
    study = run(flow, step)
    assert (study.state, study.reason) == (State.FAILED, "it was silent (3 tries)")


def test_tries_of_one_step_do_not_count_for_the_next(flow, around):
    good, around.fetched = around.fetched, RetryLater("it was silent")
    for _ in range(MAX_TRIES - 1):
        with pytest.raises(RetryLater):
            run(flow, Step.FETCH)
    around.fetched = good
    run(flow, Step.FETCH)
    around.done = RetryLater("it was silent")
    with pytest.raises(RetryLater):
        run(flow, Step.DEIDENTIFY)
    assert flow.ledger.study(1).tries == 1


def test_waiting_for_an_archives_hours_is_no_try(flow, around):
    around.fetched = NotBefore("only from 20:00", dt.datetime(2026, 5, 4, 20, tzinfo=dt.UTC))
    for _ in range(MAX_TRIES + 2):
        with pytest.raises(NotBefore):
            run(flow, Step.FETCH)
    study = flow.ledger.study(1)
    assert (study.tries, study.reason) == (0, "only from 20:00")
    assert not study.state.is_final


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (StudyMissing("no archive knows this study"), State.MISSING),
        (StudyHeld("two studies"), State.HELD),
        (StudyRejected("never"), State.REJECTED),
        (StudyFailed("no instance"), State.FAILED),
        (ConfigurationError("no such archive"), State.FAILED),
    ],
)
def test_the_class_of_an_error_decides_the_state(flow, around, error, state):
    around.fetched = error
    study = run(flow, Step.FETCH)
    assert (study.state, study.reason) == (state, str(error))


@pytest.mark.parametrize("step", WAY)
def test_a_bug_fails_its_study_and_neither_reason_nor_log_says_what_it_held(flow, around, caplog, step):
    at(flow, step)
    around.fetched = around.done = around.found = around.put_error = KeyError(SECRET)
    with caplog.at_level(logging.DEBUG):
        study = run(flow, step)
    assert (study.state, study.reason) == (State.FAILED, "internal error (KeyError); see the log of imaging_api")
    assert "KeyError at" in caplog.text
    assert "in put" in caplog.text or "in ends" in caplog.text
    assert "SECRET" not in caplog.text
    assert "SECRET" not in str(flow.ledger.events(1))


@pytest.mark.parametrize("step", WAY)
def test_a_project_that_no_longer_loads_fails_the_study_before_anything_is_asked(flow, around, step):
    at(flow, step)
    before = list(around.asked)
    around.project = ConfigurationError("lungs.yaml: unknown key 'modalitys'")
    study = run(flow, step)
    assert (study.state, study.reason) == (State.FAILED, "lungs.yaml: unknown key 'modalitys'")
    assert around.asked == before


def test_a_study_that_left_orthanc_raw_says_that_a_retry_fetches_it_again(flow, around):
    around.done = NotStored("gone")
    study = run(flow, Step.FETCH, Step.DEIDENTIFY)
    assert study.state is State.FAILED
    assert "fetches it again" in study.reason


def test_an_instance_missing_in_orthanc_anon_is_never_exported_without_a_word(flow, around):
    run(flow, Step.FETCH, Step.DEIDENTIFY, Step.CHECK)
    around.in_anon = 2
    study = run(flow, Step.EXPORT)
    assert study.state is State.FAILED
    assert "2 of 3" in study.reason
    assert around.arrived == {}


def test_a_project_without_a_destination_keeps_its_studies(flow, around):
    around.project = dataclasses.replace(PROJECT, destination=DestinationNames(dicom="none", parquet="none"))
    study = run(flow, *WAY)
    assert (study.state, study.reason) == (State.EXPORTED, "kept in orthanc-anon")
    assert around.arrived == {}


def test_after_a_restart_the_fetch_is_told_of_the_moves_that_ran(flow, around):
    good, around.fetched = around.fetched, RetryLater("killed")
    with pytest.raises(RetryLater):
        run(flow, Step.FETCH)
    around.fetched = good
    run(flow, Step.FETCH)
    assert [asked for asked in around.asked if asked[0] == "fetch"] == [("fetch", ()), ("fetch", ("job-1",))]


@pytest.mark.parametrize("step", [Step.FETCH, Step.DEIDENTIFY, Step.CHECK])
def test_a_study_that_is_cancelled_at_work_stays_cancelled(flow, around, database, postgres, step):
    at(flow, step)
    before = waiting(database, postgres)
    around.meanwhile = lambda: flow.ledger.cancel("lungs")
    study = run(flow, step)
    assert (study.state, study.reason) == (State.REJECTED, "cancelled")
    assert waiting(database, postgres) == before


@pytest.mark.parametrize("step", [Step.FETCH, Step.DEIDENTIFY, Step.CHECK])
@pytest.mark.parametrize("error", [RetryLater("away"), StudyFailed("broken"), KeyError("bug")])
def test_a_study_that_is_cancelled_at_work_stays_cancelled_whatever_becomes_of_the_work(flow, around, step, error):
    at(flow, step)
    around.fetched = around.done = around.found = error
    around.meanwhile = lambda: flow.ledger.cancel("lungs")
    with contextlib.suppress(RetryLater):
        run(flow, step)
    study = flow.ledger.study(1)
    assert (study.state, study.reason) == (State.REJECTED, "cancelled")


def test_an_export_that_was_done_but_not_recorded_is_recorded_once(flow, around, database, postgres):
    """As after a kill between the safe haven's last word and the ledger's."""
    run(flow, Step.FETCH, Step.DEIDENTIFY, Step.CHECK)
    flow.ledger.advance(1, State.EXPORTING, before={State.RELEASED})
    assert run(flow, Step.EXPORT, Step.EXPORT).state is State.EXPORTED
    with psycopg.connect(database, password=postgres.password) as connection:
        assert connection.execute("SELECT count(*) FROM study_export").fetchone() == (1,)


def test_no_step_shows_an_identifier(flow, around, caplog):
    with caplog.at_level(logging.DEBUG):
        run(flow, *WAY)
    shown = caplog.text + repr(flow.ledger.study(1)) + str(flow.ledger.events(1)) + str(flow.ledger.reasons())
    assert "SECRET" not in shown
    assert "1.2.3" not in shown


def test_a_study_that_left_orthanc_anon_is_fetched_again_by_a_retry(flow, around):
    run(flow, Step.FETCH, Step.DEIDENTIFY, Step.CHECK)

    def gone(study):
        raise NotStored("gone")

    around.series_of = gone
    study = run(flow, Step.EXPORT)
    assert (study.state, "internal error" in study.reason) == (State.FAILED, False)
    flow.ledger.retry("lungs", states=[State.FAILED])
    assert flow.ledger.study(1).state is State.REQUESTED


def test_a_retry_of_a_study_that_left_orthanc_raw_fetches_it_again(flow, around):
    around.done = NotStored("gone")
    run(flow, Step.FETCH, Step.DEIDENTIFY)
    flow.ledger.retry("lungs", states=[State.FAILED])
    assert flow.ledger.study(1).state is State.REQUESTED


def test_stopping_while_fetching_is_paused_is_no_try(flow, around, ledger):
    from imaging_api.wiring import Turns

    ledger.set_gate(paused=True)
    turns = Turns(ledger)
    turns.stop()
    around.fetch = lambda *_, **__: turns.take()
    for _ in range(MAX_TRIES):
        with contextlib.suppress(RetryLater):
            run(flow, Step.FETCH)
    assert flow.ledger.study(1).state is State.FETCHING


def test_a_destination_that_becomes_none_while_a_study_is_exported_ends_its_way(flow, around):
    run(flow, Step.FETCH, Step.DEIDENTIFY, Step.CHECK)
    around.put_error = RetryLater("away")
    with pytest.raises(RetryLater):
        run(flow, Step.EXPORT)
    around.project = dataclasses.replace(PROJECT, destination=DestinationNames(dicom="none", parquet="none"))
    assert run(flow, Step.EXPORT).state is State.EXPORTED


def test_a_part_of_a_series_that_was_asked_for_is_not_released(flow, around, ledger):
    request = StudyRequest(
        project="hearts", procedure_occurrence_id=9, mrn="M", accession_number="A", series_uid="1.2.3.1"
    )
    ledger.load(ExtractId(project="hearts", generated_at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC)), [request])
    around.done = around.done.model_copy(update={"instances": 1, "stored": 1})
    around.project = dataclasses.replace(PROJECT, name="hearts")
    work(flow, Workload(step=Step.FETCH, study_id=2, max_tries=3))
    with pytest.raises(RetryLater):
        work(flow, Workload(step=Step.DEIDENTIFY, study_id=2, max_tries=3))


def test_a_projects_layout_names_the_files_of_an_archive_and_a_patient_is_no_path(flow, around):
    names = dataclasses.replace(PROJECT.destination, layout="{patient}/{study}/{series}/{instance}.dcm")
    around.project = dataclasses.replace(PROJECT, destination=names)
    for step in WAY:
        run(flow, step)
    (archive,) = around.arrived.values()
    with zipfile.ZipFile(io.BytesIO(archive)) as unpacked:
        assert unpacked.namelist()[0].startswith("P_1/2.25.1/2.25.10/")


NO_TESTS = RowRule(field="mrn", matches="^MRN-SECRET", reason="a test patient")


@pytest.mark.parametrize("step", [Step.FETCH, Step.DEIDENTIFY])
def test_a_rule_that_is_made_while_a_study_is_on_its_way_stops_it(flow, around, step):
    at(flow, step)
    before = list(around.asked)
    around.project = dataclasses.replace(PROJECT, extractable=(NO_TESTS,))
    study = run(flow, step)
    assert (study.state, study.reason) == (State.REJECTED, "not extractable: a test patient")
    assert around.asked == before


@pytest.fixture
def listed(flow):
    """The flow, and the number of a study of which a list told the UID and a modality."""
    extract = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 5, tzinfo=dt.UTC))
    request = StudyRequest(
        project="lungs", procedure_occurrence_id=2, mrn="", accession_number="", study_uid="1.2.9", modality="CT"
    )
    flow.ledger.load(extract, [request])
    return flow, 2


def step_of(flow, study_id, step):
    work(flow, Workload(step=step, study_id=study_id, max_tries=MAX_TRIES))
    return flow.ledger.study(study_id)


def test_a_study_of_a_list_is_deidentified_by_the_series_of_its_modality(listed, around):
    flow, number = listed
    around.fetched = Fetched(study_uid="1.2.9", instances=3, key=("MRN-9", "ACC-9"))
    step_of(flow, number, Step.FETCH)
    around.chose = Chosen(series_uids=("2.25.11", "2.25.10"))
    assert step_of(flow, number, Step.DEIDENTIFY).state is State.CHECKING
    assert ("deidentify", "lungs", "1.2.9", ("2.25.11", "2.25.10"), None) in around.asked


def test_a_study_of_a_list_without_any_series_left_in_raw_is_never_taken_whole(listed, around):
    flow, number = listed
    around.fetched = Fetched(study_uid="1.2.9", instances=3, key=("MRN-9", "ACC-9"))
    step_of(flow, number, Step.FETCH)
    around.chose = NotStored("gone")
    assert step_of(flow, number, Step.DEIDENTIFY).state is not State.CHECKING
    assert not [one for one in around.asked if one[0] == "deidentify"]


@pytest.mark.parametrize("how", ["block list", "rule"])
def test_whose_study_of_a_list_it_is_is_heard_before_it_is_deidentified(listed, around, how):
    flow, number = listed
    around.fetched = Fetched(study_uid="1.2.9", instances=3, key=("MRN-SECRET-9", "ACC-9"))
    if how == "rule":
        around.project = dataclasses.replace(PROJECT, extractable=(NO_TESTS,))
    else:
        flow.ledger.blocks.add("patient", ["MRN-SECRET-9"], project=None, reason="opted out", by="ann")
    step_of(flow, number, Step.FETCH)
    assert step_of(flow, number, Step.DEIDENTIFY).state is State.REJECTED
    assert not [one for one in around.asked if one[0] == "deidentify"]


@pytest.fixture
def of_series(flow):
    """The flow, with two requests (2 and 3) of which only the series are known, and what their archive tells."""
    extract = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 5, tzinfo=dt.UTC))
    requests = [
        StudyRequest(
            project="lungs", procedure_occurrence_id=number, mrn="", accession_number="", series_uid=f"1.2.9.{number}"
        )
        for number in (2, 3)
    ]
    flow.ledger.load(extract, requests)
    return flow


def test_requests_of_series_become_the_study_that_the_archive_names_for_them(of_series, around):
    around.named = Named(study_uid="1.2.9", uids=frozenset({"1.2.9.2", "1.2.9.3", "1.2.9.4"}))
    around.fetched = Fetched(study_uid="1.2.9", instances=3, key=("MRN-9", "ACC-9"))
    study = step_of(of_series, 2, Step.FETCH)
    assert (study.state, study.study_uid, study.mrn) == (State.CACHED, "1.2.9", "MRN-9")
    assert {part.series_uid for part in study.parts} == {"1.2.9.2", "1.2.9.3"}
    assert step_of(of_series, 3, Step.FETCH).state is State.REJECTED
    assert [one for one in around.asked if one[0] == "study of"] == [("study of", "1.2.9.2")]
    assert [one.requested for one in of_series.ledger.status("lungs")] == [1, 1]


def test_a_series_of_a_study_that_the_project_has_completes_it(of_series, around):
    around.named = Named(study_uid="1.2.3", uids=frozenset({"1.2.9.2"}))
    run(of_series, *WAY)
    exported = of_series.ledger.study(1)
    step_of(of_series, 2, Step.FETCH)
    again = of_series.ledger.study(1)
    assert (exported.state, again.state) == (State.EXPORTED, State.EXPORTED)  # the whole study covers the series
    assert [one.requested for one in of_series.ledger.status("lungs")] == [1, 2]


def test_a_series_that_no_archive_knows_is_missing_with_the_reason(of_series, around):
    around.named = StudyMissing("no archive knows this series by its UID alone")
    study = step_of(of_series, 2, Step.FETCH)
    assert (study.state, study.reason) == (State.MISSING, "no archive knows this series by its UID alone")
    assert not [one for one in around.asked if one[0] == "fetch"]


def test_a_blocked_study_is_not_moved_because_a_series_of_it_is_asked_for(of_series, around):
    around.named = Named(study_uid="1.2.9", uids=frozenset({"1.2.9.2"}))
    of_series.ledger.blocks.add("study", ["1.2.9"], project=None, reason="opted out", by="ann")
    assert step_of(of_series, 2, Step.FETCH).state is State.REJECTED
    assert not [one for one in around.asked if one[0] == "fetch"]


def test_what_a_study_does_not_have_of_what_was_asked_for_is_noted(of_series, around):
    around.named = Named(study_uid="1.2.9", uids=frozenset({"1.2.9.2", "1.2.9.3"}))
    around.fetched = Fetched(study_uid="1.2.9", instances=3, absent=1)
    step_of(of_series, 2, Step.FETCH)
    step_of(of_series, 2, Step.DEIDENTIFY)
    assert [(note.kind, note.count) for note in of_series.ledger.notes(2)] == [("absent", 1)]
