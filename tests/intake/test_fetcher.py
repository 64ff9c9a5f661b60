from __future__ import annotations

import datetime as dt
import io

import httpx
import pydicom
import pytest
from pydicom.data import get_testdata_file

from pixl.domain.errors import NotBefore, RetryLater, StudyHeld, StudyMissing
from pixl.domain.part import Part
from pixl.intake import Chosen, Fetcher, Hours, Source, Wanted
from pixl.testing.archive import Archive, Manners
from pixl.testing.real_orthanc import PASSWORD, RealOrthanc

pytestmark = pytest.mark.servers

STUDY = "1.2.3.4"
AET = "PIXLRAW"


def instance(number, **elements):
    one = pydicom.dcmread(get_testdata_file("CT_small.dcm", download=False))
    known = {
        "PatientID": "MRN-SECRET",
        "AccessionNumber": "ACC-SECRET",
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": f"{STUDY}.{1 + number % 2}",
        "SOPInstanceUID": f"{STUDY}.9.{number}",
        "StudyDate": "20260102",
        "InstanceNumber": number,
    }
    for keyword, value in {**known, **elements}.items():
        if value is None:
            del one[keyword]
        else:
            setattr(one, keyword, value)
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    return one


def as_bytes(one):
    file = io.BytesIO()
    one.save_as(file)
    return file.getvalue()


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """A VNA, a PACS and an orthanc-raw for all tests; each test finds them as new."""
    with Archive(instances=[instance(n) for n in range(6)]) as vna, Archive(instances=[], aet="PACS") as pacs:
        config = {
            "DicomAet": AET,
            "DicomAlwaysAllowStore": True,
            "DicomModalities": {
                "primary": ["VNA", "127.0.0.1", vna.port],
                "secondary": ["PACS", "127.0.0.1", pacs.port],
                "stranger": ["NOBODY", "127.0.0.1", vna.port],
            },
            "OverwriteInstances": True,
        }
        orthanc = RealOrthanc(tmp_path_factory.mktemp("orthanc") / "raw", config=config).start()
        vna.destination = pacs.destination = ("127.0.0.1", orthanc.dicom_port)
        with orthanc.client() as client:
            yield vna, pacs, client, orthanc.url
        orthanc.stop()


@pytest.fixture
def archive(servers):
    vna = servers[0]
    vna.instances, vna.manners, vna.finds = [instance(n) for n in range(6)], Manners(), 0
    vna.moved.clear()
    return vna


@pytest.fixture
def second(servers):
    servers[1].instances = []
    return servers[1]


@pytest.fixture
def raw(servers, archive):
    client = servers[2]
    with httpx.Client(base_url=servers[3], auth=("pixl", PASSWORD), trust_env=False) as http:
        for study in http.get("/studies").json():
            http.delete(f"/studies/{study}").raise_for_status()
    return client


def fetcher(raw, *sources, timeout=5, **options):
    named = [Source(name=one) if isinstance(one, str) else one for one in sources or ("primary",)]
    return Fetcher(raw, named, aet=AET, timeout=timeout, **options)


WANTED = Wanted(mrn="MRN-SECRET", accession_number="ACC-SECRET")
BY_UID = Wanted(mrn="MRN-SECRET", accession_number="ACC-SECRET", study_uid=STUDY)


def stored(raw):
    return raw.statistics().instances


@pytest.mark.parametrize("wanted", [WANTED, BY_UID])
def test_a_study_is_moved_whole(raw, archive, wanted):
    fetched = fetcher(raw).fetch(wanted)
    assert (fetched.study_uid, fetched.instances, stored(raw)) == (STUDY, 6, 6)


def test_what_raw_has_is_not_asked_for_again(raw, archive):
    fetcher(raw).fetch(WANTED)
    fetcher(raw).fetch(WANTED)
    assert len(archive.moved) == 6


def test_of_a_partial_study_only_the_missing_instances_are_asked_for(raw, archive):
    for one in archive.instances[:4]:
        raw.upload(as_bytes(one))
    assert fetcher(raw).fetch(WANTED).instances == 6
    assert sorted(archive.moved) == [f"{STUDY}.9.4", f"{STUDY}.9.5"]


def test_a_move_of_only_a_part_is_completed(raw, archive):
    archive.manners = Manners(moves=2)
    with pytest.raises(RetryLater, match=r"C-MOVE|moved \d of 6"):
        fetcher(raw).fetch(WANTED)
    archive.manners = Manners()
    assert fetcher(raw).fetch(WANTED).instances == 6
    assert len(archive.moved) == len(set(archive.moved))


def test_an_archive_that_breaks_off_in_the_middle_is_a_reason_to_try_later(raw, archive):
    archive.manners = Manners(moves=3, aborts=True)
    with pytest.raises(RetryLater, match="primary archive"):
        fetcher(raw).fetch(WANTED)
    archive.manners = Manners()
    assert fetcher(raw).fetch(WANTED).instances == 6


def test_a_study_that_nobody_knows_is_missing(raw, archive):
    with pytest.raises(StudyMissing):
        fetcher(raw, "primary", "secondary").fetch(Wanted(mrn="MRN-SECRET", accession_number="OTHER"))


def test_a_wildcard_in_an_accession_number_finds_nobody_elses_study(raw, archive):
    with pytest.raises(StudyMissing):
        fetcher(raw).fetch(Wanted(mrn="MRN-SECRET", accession_number="ACC-*"))


def test_the_second_archive_is_asked_when_the_first_does_not_know_the_study(raw, archive, second):
    second.instances, archive.instances = archive.instances, []
    assert fetcher(raw, "primary", "secondary").fetch(WANTED).instances == 6


def test_the_second_archive_is_asked_only_in_its_hours(raw, archive, second):
    second.instances, archive.instances = archive.instances, []
    noon = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
    sources = [Source(name="primary"), Source(name="secondary", hours=Hours.parse("20:00-06:00"))]
    with pytest.raises(NotBefore, match="20:00-06:00") as waiting:
        fetcher(raw, *sources, now=lambda: noon).fetch(WANTED)
    assert waiting.value.at == noon.replace(hour=20)
    night = noon.replace(hour=23)
    assert fetcher(raw, *sources, now=lambda: night).fetch(WANTED).instances == 6


@pytest.mark.parametrize(
    "manners",
    [Manners(refuses=True), Manners(fails_find=True), Manners(silent_find_seconds=6), Manners(move_fails=True)],
    ids=["refuses", "fails", "silent", "refuses to move"],
)
def test_an_archive_that_does_not_do_it_is_a_reason_to_try_later(raw, archive, manners):
    archive.manners = manners
    with pytest.raises(RetryLater, match="primary archive") as reason:
        fetcher(raw, timeout=2).fetch(WANTED)
    assert "SECRET" not in str(reason.value)
    archive.manners = Manners()
    assert fetcher(raw).fetch(WANTED).instances == 6


def test_an_archive_that_falls_silent_while_moving_is_a_reason_to_try_later(raw, archive):
    archive.manners = Manners(silent_move_seconds=6)
    with pytest.raises(RetryLater, match="C-MOVE"):
        fetcher(raw, timeout=2).fetch(WANTED)


def test_an_archive_with_another_ae_title_is_a_reason_to_try_later(raw, archive):
    with pytest.raises(RetryLater, match="stranger archive"):
        fetcher(raw, "stranger", timeout=2).fetch(WANTED)


def test_optional_attributes_may_be_missing_from_the_answers(raw, archive):
    archive.manners = Manners(
        hides=frozenset({"NumberOfStudyRelatedInstances", "PatientID", "AccessionNumber", "StudyDate"})
    )
    assert fetcher(raw).fetch(WANTED).instances == 6
    assert len(archive.moved) == 6


def test_two_studies_under_one_accession_number_are_held(raw, archive):
    archive.instances.append(instance(7, StudyInstanceUID="1.2.3.5", SeriesInstanceUID="1.2.3.5.1"))
    with pytest.raises(StudyHeld, match="2 studies"):
        fetcher(raw).fetch(WANTED)


def test_of_two_studies_the_one_of_the_cohorts_date_is_taken(raw, archive):
    other = {"StudyInstanceUID": "1.2.3.5", "SeriesInstanceUID": "1.2.3.5.1", "StudyDate": "20260203"}
    archive.instances.append(instance(7, **other))
    wanted = Wanted(mrn="MRN-SECRET", accession_number="ACC-SECRET", study_date=dt.date(2026, 1, 2))
    assert fetcher(raw).fetch(wanted).study_uid == STUDY


def test_a_study_of_another_patient_than_the_cohort_says_is_held(raw, archive):
    with pytest.raises(StudyHeld, match="another patient id"):
        fetcher(raw).fetch(Wanted(mrn="OTHER", accession_number="ACC-SECRET", study_uid=STUDY))
    assert archive.moved == []


def test_a_study_under_two_patient_ids_is_held(raw, archive):
    archive.instances.append(instance(7, PatientID="OTHER"))
    with pytest.raises(StudyHeld, match="2 patient ids"):
        fetcher(raw).fetch(BY_UID)


def test_only_the_series_that_are_asked_for_are_moved(raw, archive):
    wanted = Wanted(
        mrn="MRN-SECRET",
        accession_number="ACC-SECRET",
        study_uid=STUDY,
        parts=frozenset({Part(series_uid=f"{STUDY}.1")}),
    )
    assert fetcher(raw).fetch(wanted).instances == 3
    assert stored(raw) == 3


def test_a_study_that_was_pushed_to_raw_needs_no_archive(raw, archive):
    for one in archive.instances:
        raw.upload(as_bytes(one))
    archive.instances = []
    assert fetcher(raw).fetch(WANTED).instances == 6


def test_each_study_waits_for_its_turn_before_the_archive_is_asked(raw, archive):
    turns = []
    fetcher(raw, take_turn=lambda: turns.append(archive.finds)).fetch(WANTED)
    assert turns == [0]


def test_a_restart_follows_the_moves_that_run_instead_of_asking_again(raw, archive):
    jobs = []
    fetcher(raw).fetch(WANTED, on_move=jobs.extend)
    assert fetcher(raw).fetch(WANTED, running=[*jobs, "no-such-job"]).instances == 6
    assert len(archive.moved) == 6


def test_a_move_whose_number_was_not_noted_before_a_kill_is_found_and_followed(raw, archive):
    archive.manners = Manners(silent_move_seconds=1)
    begun = raw.move(
        "primary", level="Study", keys={"StudyInstanceUID": STUDY, "PatientID": ""}, target_aet=AET, timeout=10
    )
    assert raw.moves_under_way(STUDY) == begun
    assert raw.moves_under_way("1.2.3") == []
    fetched = fetcher(raw).fetch(WANTED, interrupted=True, on_move=lambda _: pytest.fail("asked again"))
    assert (fetched.instances, len(archive.moved)) == (6, 6)
    assert raw.moves_under_way(STUDY) == []


def test_hours_go_over_midnight():
    hours = Hours.parse("20:00-06:00")
    noon = dt.datetime(2026, 1, 1, 12)
    assert not hours.is_open(noon)
    assert hours.is_open(noon.replace(hour=23))
    assert hours.is_open(noon.replace(hour=5))
    assert hours.opens_at(noon.replace(hour=21)) == dt.datetime(2026, 1, 2, 20)


UID_ONLY = Wanted(mrn="", accession_number="", study_uid=STUDY)


def test_a_study_known_by_its_uid_only_is_moved_and_told_whose_it_is(raw, archive):
    fetched = fetcher(raw).fetch(UID_ONLY)
    assert (fetched.instances, fetched.key) == (6, ("MRN-SECRET", "ACC-SECRET"))
    assert "SECRET" not in repr(fetched)


def test_a_study_known_by_its_uid_only_is_found_in_raw_where_no_archive_knows_it(raw, archive):
    raw.upload(as_bytes(archive.instances[0]))
    archive.instances = []
    assert fetcher(raw).fetch(UID_ONLY).key == ("MRN-SECRET", "ACC-SECRET")


def test_a_uid_that_no_archive_knows_is_missing(raw, archive):
    with pytest.raises(StudyMissing):
        fetcher(raw).fetch(Wanted(mrn="", accession_number="", study_uid="1.2.9"))


def test_only_the_series_of_a_modality_are_moved(raw, archive):
    for one in archive.instances[::2]:
        one.Modality = "MR"
    wanted = Wanted(mrn="", accession_number="", study_uid=STUDY, parts=frozenset({Part(modality="MR")}))
    made = fetcher(raw)
    assert made.fetch(wanted).instances == stored(raw) == 3
    assert made.chosen(wanted).series_uids == (f"{STUDY}.1",)


def test_of_a_study_that_raw_has_only_the_series_of_a_modality_are_chosen(raw, archive):
    for one in archive.instances[::2]:
        one.Modality = "MR"
    made = fetcher(raw)
    made.fetch(WANTED)
    wanted = Wanted(mrn="", accession_number="", study_uid=STUDY, parts=frozenset({Part(modality="MR")}))
    assert made.fetch(wanted).instances == 3
    assert made.chosen(wanted).series_uids == (f"{STUDY}.1",)


def test_a_study_without_a_series_of_the_modality_is_missing(raw, archive):
    with pytest.raises(StudyMissing, match="no series of PT"):
        fetcher(raw).fetch(Wanted(mrn="", accession_number="", study_uid=STUDY, parts=frozenset({Part(modality="PT")})))
    assert stored(raw) == 0


def wanted_of(*parts, study_uid=STUDY):
    return Wanted(mrn="", accession_number="", study_uid=study_uid, parts=frozenset(parts))


SERIES, INSTANCE = Part(series_uid=f"{STUDY}.1"), Part(sop_uid=f"{STUDY}.9.3")


@pytest.mark.parametrize(
    ("part", "beside"),
    [
        (SERIES, {f"{STUDY}.1", f"{STUDY}.2"}),
        (INSTANCE, {f"{STUDY}.9.{n}" for n in range(6)}),
    ],
    ids=["series", "instance"],
)
def test_an_archive_tells_which_study_a_series_or_an_instance_is_of(raw, archive, part, beside):
    named = fetcher(raw).study_of(part)
    assert (named.study_uid, named.uids) == (STUDY, beside)
    assert STUDY not in repr(named) + repr(part)
    assert archive.moved == []


@pytest.mark.parametrize("part", [Part(series_uid="1.9.9"), Part(sop_uid="1.9.9")], ids=["series", "instance"])
def test_what_no_archive_knows_by_its_uid_alone_is_missing_and_says_what_may_help(raw, archive, part):
    with pytest.raises(StudyMissing, match=f"no archive knows this {part.noun}.*StudyInstanceUID"):
        fetcher(raw).study_of(part)


def test_an_archive_that_answers_only_where_the_study_is_named_says_what_is_needed(raw, archive):
    archive.manners = Manners(relational=False)
    with pytest.raises(RetryLater, match=r"primary archive.*StudyInstanceUID in a column beside it"):
        fetcher(raw).study_of(SERIES)
    assert fetcher(raw).fetch(wanted_of(SERIES)).instances == 3


def test_the_second_archive_is_asked_for_a_series_where_the_first_refuses_the_question(raw, archive, second):
    second.instances = archive.instances
    archive.manners = Manners(relational=False)
    assert fetcher(raw, "primary", "secondary").study_of(SERIES).study_uid == STUDY


def test_a_series_that_was_pushed_to_raw_needs_no_archive(raw, archive):
    raw.upload(as_bytes(archive.instances[1]))
    archive.instances = []
    assert fetcher(raw).study_of(Part(series_uid=f"{STUDY}.2")).study_uid == STUDY
    assert fetcher(raw).study_of(Part(sop_uid=f"{STUDY}.9.1")).study_uid == STUDY


def test_a_series_in_two_studies_is_held(raw, archive):
    archive.instances.append(instance(8, StudyInstanceUID="1.2.3.5", PatientID="OTHER"))
    with pytest.raises(StudyHeld, match="2 studies"):
        fetcher(raw).study_of(SERIES)


def test_only_the_instances_that_are_asked_for_are_moved(raw, archive):
    made, wanted = fetcher(raw), wanted_of(INSTANCE)
    assert made.fetch(wanted).instances == stored(raw) == 1
    assert archive.moved == [INSTANCE.sop_uid]
    assert made.chosen(wanted).sop_uids == (INSTANCE.sop_uid,)


def test_a_series_and_an_instance_of_another_are_moved_together(raw, archive):
    made, wanted = fetcher(raw), wanted_of(SERIES, INSTANCE)
    assert made.fetch(wanted).instances == stored(raw) == 4
    assert made.chosen(wanted) == Chosen(series_uids=(SERIES.series_uid,), sop_uids=(INSTANCE.sop_uid,))


def test_what_is_asked_for_later_of_a_study_is_all_that_is_moved_then(raw, archive):
    fetcher(raw).fetch(wanted_of(INSTANCE))
    assert fetcher(raw).fetch(wanted_of(INSTANCE, SERIES)).instances == 4
    assert len(archive.moved) == len(set(archive.moved)) == 4


def test_a_series_of_another_modality_than_the_row_says_is_missing(raw, archive):
    with pytest.raises(StudyMissing, match="no such series of MR"):
        fetcher(raw).fetch(wanted_of(Part(series_uid=f"{STUDY}.1", modality="MR")))
    assert stored(raw) == 0
    assert fetcher(raw).fetch(wanted_of(Part(series_uid=f"{STUDY}.1", modality="CT"))).instances == 3


def test_what_a_study_does_not_have_is_counted_and_the_rest_comes(raw, archive):
    fetched = fetcher(raw).fetch(wanted_of(SERIES, Part(series_uid="1.9.9"), Part(sop_uid="1.9.8")))
    assert (fetched.instances, fetched.absent) == (3, 2)
