"""What is remembered of a series never changes what becomes of an image: the walk of the whole is the oracle."""

import copy
import random
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pixl.deid import Deidentifier, Subject, deidentify, load_policy
from pixl.deid.walk import Walk
from pixl.domain.errors import PixlError
from pixl.domain.pseudonym import PseudonymKind
from pixl.hashing import CachedPseudonymiser, KeyedPseudonymiser
from pixl.project import Projects
from tests.deid.conftest import written

POLICY = load_policy(Projects(Path(__file__).parents[2] / "projects").get("demo"))
PSEUDONYMS = KeyedPseudonymiser(b"0" * 32)
NAMES = ("CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "rtplan.dcm", "JPEG2000.dcm", "693_UNCI.dcm")
NEW = {"US": 9, "SS": -9, "UL": 9, "SL": -9, "FL": 1.5, "FD": 2.5, "DS": "7.25", "IS": "11", "DA": "20190203"}
NEW |= {"TM": "101112", "UI": "1.2.3.77", "CS": "AXIAL", "AS": "077Y", "OB": b"ab", "UN": b"Ashworthy"}
NEW["AT"] = 0x00180050
CREATOR = 0x00190010


@pytest.fixture
def walked(monkeypatch):
    """Count the instances that are walked whole."""
    calls = []
    real = Walk.outermost

    def counted(self, start):
        calls.append(start)
        return real(self, start)

    monkeypatch.setattr(Walk, "outermost", counted)
    return calls


def image(number, name="CT_small.dcm", **keywords):
    """Return an image of a series with what is each image's own."""
    dataset = pydicom.dcmread(get_testdata_file(name))
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number + 1000}"
    dataset.InstanceNumber = number
    dataset.ContentTime = f"1011{number % 60:02}"
    for keyword, value in keywords.items():
        setattr(dataset, keyword, value)
    return dataset


def outcome(treat, data):
    try:
        done = treat(data)
    except PixlError as error:
        return type(error), str(error)
    return done.data, done.record


def compare(images, policy=POLICY, subject=None):
    """Compare what becomes of each image with and without what is remembered of those before it."""
    treat = Deidentifier(policy, PSEUDONYMS, subject=subject)
    for data in images:
        assert outcome(treat, data) == outcome(lambda one: deidentify(one, policy, PSEUDONYMS, subject=subject), data)


def test_what_images_have_in_common_is_walked_no_more(walked):
    treat = Deidentifier(POLICY, PSEUDONYMS)
    for number in range(40):
        treat(written(image(number)))
    assert len(walked) <= 4


def test_the_next_series_is_known_after_its_first_image(walked):
    treat = Deidentifier(POLICY, PSEUDONYMS)
    for number in range(20):
        treat(written(image(number)))
    before = len(walked)
    for number in range(20):
        treat(written(image(number, SeriesInstanceUID="1.2.3.9")))
    assert len(walked) - before <= 2


def test_a_patient_that_differs_never_gets_the_patient_of_the_image_before():
    images = [image(number) for number in range(6)] + [image(7, PatientID="MRN8"), image(8, PatientID="MRN9")]
    compare([written(one) for one in images])


@pytest.mark.parametrize(
    "changes",
    [
        {"PatientName": "Axial^Jane"},
        {"StudyInstanceUID": "1.2.3.4"},
        {"OperatorsName": "Chest"},
        {"SpecificCharacterSet": "ISO_IR 192"},
        {"Manufacturer": "SIEMENS"},
        {"Modality": "MR"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1"},
        {"BurnedInAnnotation": "YES"},
        {"SOPInstanceUID": ""},
        {"StudyDate": "not a date"},
        {"AccessionNumber": "A7"},
        {"BitsStored": 12, "HighBit": 11},
    ],
)
def test_what_decides_about_other_elements_is_seen_when_it_changes(changes):
    images = [image(number, SeriesDescription="Axial Chest Jane") for number in range(5)]
    images += [image(number, SeriesDescription="Axial Chest Jane", **changes) for number in (5, 6)]
    compare([written(one) for one in (*images, image(8, SeriesDescription="Axial Chest Jane"))])


def test_a_private_creator_that_changes_takes_its_elements_with_it():
    images = [image(number) for number in range(5)]
    for number, creator in enumerate(("ACME", "GEMS_ACQU_01 ", "SIEMENS MR HEADER")):
        images.append(image(10 + number))
        images[-1].add_new(CREATOR, "LO", creator)
    compare([written(one) for one in images])


def test_an_element_that_comes_and_goes_is_treated_by_its_rule():
    images = [image(number) for number in range(4)] + [image(number, PatientComments="Ashworthy") for number in (5, 6)]
    for number in (7, 8):
        images.append(image(number))
        del images[-1].InstanceNumber
    compare([written(one) for one in images])


def test_images_that_end_early_fail_as_they_would_alone():
    whole = [written(image(number)) for number in range(6)]
    compare([*whole[:4], whole[4][:-100], whole[4][:2000], whole[5] + b"\0", whole[5][:-32768]])


def test_the_cohorts_pseudonym_stands_wherever_the_patients_id_does():
    subject = Subject(patient_pseudonym="P-0001")
    images = [image(number, AccessionNumber="1CT1" if number % 2 else "7") for number in range(8)]
    compare([written(one) for one in images], subject=subject)


def test_series_that_come_mixed_are_told_apart():
    images = [image(number, SeriesInstanceUID=f"1.2.9.{number % 3}") for number in range(24)]
    compare([written(one) for one in images])


def test_a_series_without_anything_in_common_is_given_up(walked):
    treat = Deidentifier(POLICY, PSEUDONYMS)
    for number in range(20):
        treat(written(image(number, PatientName=f"Ashworthy^{number}")))
    assert len(walked) == 20


def test_answers_are_checked_for_what_is_remembered_too(pseudonymiser):
    treat = Deidentifier(POLICY, pseudonymiser)
    for number in range(5):
        treat(written(image(number)))
    pseudonymiser.answer = lambda query: "internal server error" if query.kind is PseudonymKind.UID else "0" * 64
    with pytest.raises(PixlError, match="did not answer"):
        treat(written(image(9)))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=1 << 32))
def test_whatever_differs_within_a_series_the_result_is_that_of_the_whole_walk(seed):
    chance = random.Random(seed)
    first = image(0, chance.choice(NAMES))
    own = chance.sample(sorted(first.keys()), min(5, len(first)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compare([written(changed(first, number, own, chance)) for number in range(9)])


def changed(first, number, own, chance):
    """Return a copy in which some elements differ, and now and then others come, go, or change."""
    dataset = copy.deepcopy(first)
    dataset.SOPInstanceUID = f"1.2.3.{number}"
    tags = own if chance.random() < 0.8 else [*own, chance.choice(sorted(first.keys()))]
    for tag in tags:
        if tag in dataset and chance.random() < 0.7:
            change(dataset, tag, chance)
    if chance.random() < 0.1:
        dataset.PatientName = chance.choice(("Chest^Axial", "Ashworthy"))
    if chance.random() < 0.1:
        del dataset[chance.choice(sorted(dataset.keys()))]
    return dataset


def change(dataset, tag, chance):
    """Give an element another value of its representation, or nothing."""
    vr = dataset[tag].VR
    if tag >> 16 == 0x7FE0 or chance.random() < 0.1:
        return
    if vr == "SQ":
        item = Dataset()
        item.add(DataElement(chance.choice((0x00081155, 0x00080100, 0x00101010)), "LO", "Ashworthy"))
        dataset[tag].value = Sequence([item] * chance.randint(0, 2))
    else:
        dataset[tag].value = NEW.get(vr, chance.choice(("CHEST", "Ashworthy", "Axial 5mm", "")))


def test_many_threads_get_what_one_image_alone_becomes():
    """Two series of a patient and two of others, mixed: every image by one of eight threads at once."""
    images = [image(number, SeriesInstanceUID=f"1.2.3.{number % 2}") for number in range(60)]
    other = {"PatientID": "P2", "PatientName": "Chest^Ann", "SeriesInstanceUID": "1.2.9"}
    images += [image(number, **other) for number in range(20)]
    images += [image(number, "MR_small.dcm") for number in range(20)]
    data = [written(one) for one in images]
    random.Random(7).shuffle(data)
    alone = [outcome(lambda one: deidentify(one, POLICY, PSEUDONYMS), one) for one in data]
    for _ in range(4):
        treat = Deidentifier(POLICY, CachedPseudonymiser(PSEUDONYMS, 1000))
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(partial(outcome, treat), data)) == alone
