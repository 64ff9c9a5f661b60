"""What was true across files stays true: who refers to what, and what belongs together."""

import contextlib
import dataclasses
import io
import re
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pixl.deid import deidentify, load_policy
from pixl.domain.errors import InstanceFailed, InstanceRejected
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "dicom"
FOLDERS = {"pydicom": Path(get_testdata_file("CT_small.dcm")).parent, "many makers": SHARED}
POLICY = load_policy(Projects(ROOT / "projects").get("demo"))
ANY = dataclasses.replace(POLICY, modalities=(), _rulebooks={})
STANDARD = re.compile(r"1\.2\.840\.10008(\.\d{1,3}){1,12}")


def read(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(io.BytesIO(data))
        list(dataset.iterall())
        return dataset


def uids(dataset, path=()):
    """Yield each UID of a dataset that is not the standard's, with its place."""
    for element in dataset:
        if element.VR == "SQ" and not element.tag.is_private:
            for number, item in enumerate(element.value):
                yield from uids(item, (*path, element.tag, number))
        elif element.VR == "UI" and not element.tag.is_private:
            values = element.value if isinstance(element.value, pydicom.multival.MultiValue) else [element.value]
            for number, value in enumerate(values):
                if value and not STANDARD.fullmatch(str(value)):
                    yield (*path, element.tag, number), str(value).strip()


def pairs(folder):
    """Yield each UID of each file before and after, where both are."""
    pseudonymiser = KeyedPseudonymiser(b"0" * 32)
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.stat().st_size > 700_000 or (data := file.read_bytes())[128:132] != b"DICM":
            continue
        with contextlib.suppress(InstanceFailed, InstanceRejected):
            after = dict(uids(read(deidentify(data, ANY, pseudonymiser).data)))
            yield from ((value, after[place]) for place, value in uids(read(data)) if place in after)


@pytest.mark.parametrize("folder", FOLDERS)
def test_two_uids_are_the_same_after_if_and_only_if_they_were_before(folder):
    if not FOLDERS[folder].is_dir():
        pytest.skip("needs ../shared/data")
    mapped = {}
    for before, after in pairs(FOLDERS[folder]):
        assert mapped.setdefault(before, after) == after
    assert len(set(mapped.values())) == len(mapped) > 100
    assert not set(mapped) & set(mapped.values())


def reference(keyword, uid, sop_class="1.2.840.10008.5.1.4.1.1.481.5"):
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
    return {keyword: Sequence([item])}


def real(name, **changes):
    """Return a real file with a few elements changed."""
    dataset = read(Path(get_testdata_file(name)).read_bytes())
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def test_a_plan_its_structure_set_and_its_dose_still_find_each_other():
    study = {"PatientID": "MRN0042", "StudyInstanceUID": "1.2.3", "FrameOfReferenceUID": "1.2.3.9"}
    plan = real(
        "rtplan.dcm", **study, SOPInstanceUID="1.2.3.1", **reference("ReferencedStructureSetSequence", "1.2.3.2")
    )
    dose = real("rtdose.dcm", **study, SOPInstanceUID="1.2.3.3", **reference("ReferencedRTPlanSequence", "1.2.3.1"))
    image = real("CT_small.dcm", **study, SOPInstanceUID="1.2.3.4")
    pseudonymiser = KeyedPseudonymiser(b"0" * 32)
    plan, dose, image = (read(deidentify(data, POLICY, pseudonymiser).data) for data in (plan, dose, image))
    assert dose.ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID == plan.SOPInstanceUID
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID != plan.SOPInstanceUID
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "FrameOfReferenceUID"):
        assert len({str(one[keyword].value) for one in (plan, dose, image)}) == 1, keyword
    assert len({one.SOPInstanceUID for one in (plan, dose, image)}) == 3


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
def test_a_real_plan_still_refers_to_its_structure_set_and_a_real_report_to_its_segmentation():
    pseudonymiser = KeyedPseudonymiser(b"0" * 32)

    def after(name):
        return read(deidentify((SHARED / name).read_bytes(), ANY, pseudonymiser).data)

    plan, structures, segmentation, report = map(after, ("016.dcm", "017.dcm", "020.dcm", "028.dcm"))
    assert plan.ReferencedStructureSetSequence[0].ReferencedSOPInstanceUID == structures.SOPInstanceUID
    assert segmentation.SOPInstanceUID in {uid for _, uid in uids(report)}
    rois = {item.ROINumber for item in structures.StructureSetROISequence}
    assert {item.ReferencedROINumber for item in structures.ROIContourSequence} <= rois


def test_intervals_between_studies_of_a_patient_stay():
    first = real("CT_small.dcm", PatientID="MRN0042", StudyDate="20200131", StudyInstanceUID="1.2.3")
    second = real("MR_small.dcm", PatientID="MRN0042", StudyDate="20200301", StudyInstanceUID="1.2.4")
    other = real("CT_small.dcm", PatientID="MRN0043", StudyDate="20200131", StudyInstanceUID="1.2.5")
    pseudonymiser = KeyedPseudonymiser(b"0" * 32)
    days = [
        pydicom.valuerep.DA(read(deidentify(data, POLICY, pseudonymiser).data).StudyDate)
        for data in (first, second, other)
    ]
    assert (days[1] - days[0]).days == 30
    assert days[2] != days[0]
