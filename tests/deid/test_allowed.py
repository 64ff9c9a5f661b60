"""What a policy lets leave, as the checkers are told it."""

from pathlib import Path

import pytest

from pixl.deid import load_policy
from pixl.deid.allowed import allowed_by, allowed_without_policy, identifying
from pixl.dicom.names import tag_of
from pixl.project import Projects

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def allowed():
    return allowed_by(load_policy(Projects(ROOT / "projects").get("demo")))


def test_what_is_kept_what_is_changed_and_what_goes_are_told_apart(allowed):
    found = allowed("", "CT")
    assert tag_of("SliceThickness") in found.kept
    assert tag_of("PatientID") in found.changed
    assert tag_of("PatientComments") not in found.kept | found.changed


def test_what_the_engine_puts_in_itself_may_be_there(allowed):
    found = allowed("", "CT")
    stamps = ("PatientIdentityRemoved", "DeidentificationMethod", "LongitudinalTemporalInformationModified")
    assert {tag_of(name) for name in stamps} <= found.kept | found.changed


def test_private_elements_are_told_by_their_creators(allowed):
    assert (0x0019, "SIEMENS MR HEADER", 0x0C) in allowed("SIEMENS", "MR").private


def test_what_is_kept_identifies_nobody(allowed):
    found = allowed("", "CT")
    assert not found.kept & found.identifying


def test_names_ids_dates_addresses_and_institutions_identify():
    names = (
        "PatientName PatientID PatientBirthDate AccessionNumber ReferringPhysicianName InstitutionName StationName "
        "PatientAddress PatientTelephoneNumbers OtherPatientIDs StudyDate OperatorsName DeviceSerialNumber StudyID"
    )
    assert {tag_of(name) for name in names.split()} <= identifying()


def test_without_a_policy_nothing_private_may_be_there():
    found = allowed_without_policy()("", "CT")
    assert found.every_standard
    assert not found.private
