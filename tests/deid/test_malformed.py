"""Bytes that are no DICOM, or not quite: a typed error that names no value, in bounded memory, or a whole output."""

import random
import tracemalloc
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from pixl.deid import Deidentifier, deidentify, load_policy
from pixl.deid.explain import explain
from pixl.dicom.elements import elements
from pixl.dicom.part10 import read_part10
from pixl.domain.errors import InstanceFailed, InstanceRejected
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
PROJECT = Projects(ROOT / "projects").get("demo")
POLICY = load_policy(PROJECT)
PSEUDONYMS = KeyedPseudonymiser(b"0" * 32)
CORPUS = sorted((Path(__file__).parent / "corpus" / "malformed").glob("*.dcm"))
MEMORY = 8 << 20
TOLD = (InstanceFailed, InstanceRejected)
REAL = ("CT_small.dcm", "MR_small_bigendian.dcm", "rtplan.dcm", "JPEG2000.dcm", "SC_rgb_jpeg_gdcm.dcm", "test-SR.dcm")
LENGTHS = (b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff", b"\0\0\0\0", b"\x01\0", b"\xff\xff", b"\xfe\xff\x00\xe0")
SEEDS = [Path(get_testdata_file(name)).read_bytes() for name in REAL] + [path.read_bytes() for path in CORPUS]


def readers():
    """What reads an instance's bytes: each to be given the same."""
    with_memory = Deidentifier(POLICY, PSEUDONYMS)
    return (
        lambda data: deidentify(data, POLICY, PSEUDONYMS).data,
        lambda data: with_memory(data).data,
        lambda data: list(explain(data, POLICY)),
        lambda data: list(elements(read_part10(data))),
    )


def told(read, data):
    """Return what is said of these bytes, nothing if they are read."""
    try:
        read(data)
    except TOLD as error:
        return str(error)
    return ""


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_is_malformed_is_told_without_a_value_and_in_little_memory(path):
    data = path.read_bytes()
    for read in readers():
        told(read, data)
        tracemalloc.start()
        said = told(read, data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert "shwor" not in said
        assert "MRN" not in said
        assert peak < MEMORY


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("value-claims-4-gib", r"past the end of what it is in: \(7fe0,0010\) at offset \d+"),
        ("sequence-claims-4-gib", r"longer than what it is in: .*offset \d+"),
        ("fragment-claims-4-gib", r"\(fffe,e000\) is longer than what it is in: offset \d+"),
        ("sequence-without-end", r"has no end: \(0008,1140\) at offset \d+"),
        ("deflated-image-frame", "not one that this engine knows"),
        ("meta-claims-4-gib", "the file meta information is broken: offset 132"),
        ("junk", "this is not a DICOM file: offset 0"),
    ],
)
def test_the_error_says_what_is_wrong_and_where(name, said):
    data = next(path for path in CORPUS if path.stem == name).read_bytes()
    with pytest.raises(InstanceFailed, match=said):
        deidentify(data, POLICY, PSEUDONYMS)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=1 << 32))
def test_whatever_is_broken_nothing_but_a_typed_error_comes_of_it(seed):
    chance = random.Random(seed)
    data = broken(chance.choice(SEEDS), chance)
    for read in readers():
        told(read, data)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(min_value=0, max_value=1 << 32))
def test_what_is_broken_within_a_series_becomes_what_it_becomes_alone(seed):
    chance = random.Random(seed)
    whole = SEEDS[0]
    treat = Deidentifier(POLICY, PSEUDONYMS)
    for data in (whole, whole, whole, *(broken(whole, chance) for _ in range(4))):
        alone = outcome(lambda one: deidentify(one, POLICY, PSEUDONYMS), data)
        assert outcome(treat, data) == alone


def outcome(treat, data):
    try:
        done = treat(data)
    except TOLD as error:
        return str(error)
    return done.data, done.record


def broken(data, chance):
    """Return bytes that are cut, overwritten, doubled or left out here and there, mostly in the header."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(min(len(made), chance.choice((400, 4000, len(made)))) or 1)
        match chance.randrange(5):
            case 0:
                made[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                length = chance.choice(LENGTHS)
                made[place : place + len(length)] = length
            case 2:
                del made[place : place + chance.randint(1, 20)]
            case 3:
                made[place:place] = made[place : place + chance.randint(1, 60)]
            case _:
                del made[place + chance.randint(0, 2000) :]
    return bytes(made)


def test_pydicom_reads_whatever_comes_out_of_what_was_broken():
    chance = random.Random(20261121)
    read = 0
    for _ in range(60):
        data = broken(SEEDS[0], chance)
        try:
            done = deidentify(data, POLICY, PSEUDONYMS)
        except TOLD:
            continue
        pydicom.dcmread(pydicom.filebase.DicomBytesIO(done.data))
        read += 1
    assert read
