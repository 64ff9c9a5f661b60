"""Whatever the data set: pydicom is the oracle, and a planted name is never left."""

import contextlib
import io
import random
import re
import warnings
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from pixl.deid import deidentify, load_policy
from pixl.deid.parts import FRAMES, TYPE_2_SEQUENCES
from pixl.deid.policy import Policy
from pixl.deid.policy_file import RuleKeys, rules_of
from pixl.dicom.names import dictionary
from pixl.domain.errors import InstanceFailed, InstanceRejected
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

RESEARCH = load_policy(Projects(Path(__file__).parents[2] / "projects").get("demo"))
PSEUDONYMS = KeyedPseudonymiser(b"0" * 32)
NAME = "Ashworthy"
TEXT = ("LO", "SH", "LT", "ST", "UT", "PN", "UC")
GROUPS = frozenset(range(0x0008, 0x5000)) - {0x0012}
TAGS = {
    vr: sorted(
        tag
        for tag, (vrs, multiplicity) in dictionary().items()
        if vrs == (vr,) and tag >> 16 in GROUPS and (vr != "US" or multiplicity == "1")
    )
    for vr in (*TEXT, "SQ", "DS", "IS", "US", "CS", "UI")
}
SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)
VALUES = {"DS": "1.5", "IS": "7", "US": 3, "CS": "ORIGINAL", "UI": "1.2.3.99"}
SEEDS = st.integers(min_value=0, max_value=1 << 32)
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def made(chance, vrs, depth=3):
    """Return a dataset with a few elements drawn from the whole dictionary, some of them sequences."""
    dataset = Dataset()
    for _ in range(chance.randint(0, 6)):
        vr = chance.choice(vrs)
        dataset.add(DataElement(chance.choice(TAGS[vr]), vr, VALUES.get(vr, NAME)))
    for _ in range(chance.randint(0, 2) if depth else 0):
        items = [made(chance, vrs, depth - 1) for _ in range(chance.randint(1, 2))]
        sequence = DataElement(chance.choice(TAGS["SQ"]), "SQ", Sequence(items))
        sequence.is_undefined_length = chance.random() < 0.5
        dataset.add(sequence)
    return dataset


def written(dataset, syntax):
    least = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
        "SOPInstanceUID": "1.2.3.4",
        "StudyInstanceUID": "1.2.3.2",
        "SeriesInstanceUID": "1.2.3.3",
        "Modality": "CT",
        "PatientID": "MRN0042",
    }
    for keyword, value in least.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(buffer, dataset, enforce_file_format=False)
    return buffer.getvalue()


def read(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(data), force=True)


@RELAXED
@given(SEEDS)
def test_a_name_planted_in_any_text_at_any_depth_is_never_left(seed):
    chance = random.Random(seed)
    data = written(made(chance, TEXT), chance.choice(SYNTAXES))
    done = deidentify(data, RESEARCH, PSEUDONYMS)
    assert NAME.encode() not in done.data
    list(read(done.data).iterall())


@RELAXED
@given(SEEDS)
def test_what_stays_is_what_a_plain_reading_of_the_rules_says(seed):
    chance = random.Random(seed)
    data = written(made(chance, ("DS", "IS", "US", "CS", "UI", "LO")), chance.choice(SYNTAXES))
    kept = {tag for vr in ("DS", "IS", "US", "CS", "LO", "SQ") for tag in TAGS[vr] if chance.random() < 0.5}
    texts = tuple(f"({tag >> 16:04x},{tag & 0xFFFF:04x})" for tag in kept)
    keys = (RuleKeys(op="uid", vrs=("UI",)), RuleKeys(op="keep", tags=(*texts, "Modality")))
    policy = Policy(name="p", rules=rules_of(keys, Path("p.yaml")))
    out = read(deidentify(data, policy, PSEUDONYMS).data)
    for tag in (0x00120062, 0x00120063):
        del out[tag]
    assert plain(out) == expected(read(data), kept | {0x00080060})


def expected(dataset, kept):
    """Apply the rules the slow way."""
    result = {}
    for element in dataset:
        if element.VR == "UI":
            result[element.tag] = mapped(element.value)
        elif element.tag in kept and element.VR == "SQ":
            items = [expected(item, kept) for item in element.value]
            came_like_this = items == [plain(item) for item in element.value]
            if any(items) or came_like_this or element.tag in FRAMES:
                result[element.tag] = items
            elif element.tag in TYPE_2_SEQUENCES:
                result[element.tag] = []
        elif element.tag in kept:
            result[element.tag] = str(element.value)
    return result


def mapped(value):
    if re.match(r"1\.2\.840\.10008\.", value):
        return str(value)
    return PSEUDONYMS.pseudonyms([PseudonymQuery(value=str(value), kind=PseudonymKind.UID)])[0]


def plain(dataset):
    return {
        element.tag: [plain(item) for item in element.value] if element.VR == "SQ" else str(element.value)
        for element in dataset
    }


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "rtplan.dcm", "MR_small_bigendian.dcm", "JPEG2000.dcm", "test-SR.dcm"]
)
def test_changed_bytes_are_de_identified_or_refused_and_never_half_done(name):
    data = Path(get_testdata_file(name)).read_bytes()[:6000]
    chance = random.Random(name)
    for _ in range(400):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(132, len(broken))] = chance.choice((0, 0xFF, chance.randrange(256)))
        with contextlib.suppress(InstanceFailed, InstanceRejected):
            list(read(deidentify(bytes(broken), RESEARCH, PSEUDONYMS).data).iterall())


def test_ten_thousand_sequences_in_each_other_fail(instance, policy, pseudonymiser):
    for end in (b"", b"\xfe\xff\x0d\xe0\0\0\0\0" * 10):
        nested = (b"\x08\0\x40\x11SQ\0\0" + b"\xff" * 4 + b"\xfe\xff\0\xe0" + b"\xff" * 4) * 10_000 + end
        for rules in (policy(), policy({"op": "keep", "vrs": ["SQ"]})):
            with pytest.raises(InstanceFailed, match="nested deeper"):
                deidentify(instance() + nested, rules, pseudonymiser)
