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
from pixl.deid.policy import Policy
from pixl.deid.policy_file import RuleKeys, rules_of
from pixl.dicom.names import dictionary
from pixl.domain.errors import InstanceFailed, InstanceRejected
from pixl.domain.pseudonym import PseudonymKind
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

RESEARCH = load_policy(Projects(Path(__file__).parents[2] / "projects").get("demo"))
PSEUDONYMS = KeyedPseudonymiser(b"0" * 32)
NAME = "Ashworthy"
TEXT = ("LO", "SH", "LT", "ST", "UT", "PN", "UC")
USUAL = {"SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "Modality", "PatientID"}
TAGS = {
    vr: sorted(tag for tag, (vrs, _) in dictionary().items() if vrs == (vr,) and 8 <= tag >> 16 < 0x5000)
    for vr in (*TEXT, "SQ", "DS", "IS", "US", "CS", "UI")
}
SYNTAXES = st.sampled_from([ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
VALUES = {"DS": "1.5", "IS": "7", "US": 3, "CS": "ORIGINAL", "UI": "1.2.3.99", "LO": NAME, "SH": NAME}
RELAXED = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def scalars(vrs):
    return st.sampled_from([(tag, vr) for vr in vrs for tag in TAGS[vr]]).map(
        lambda pair: DataElement(pair[0], pair[1], VALUES.get(pair[1], NAME))
    )


def datasets(elements, depth=2):
    def made(parts):
        dataset = Dataset()
        for part in parts:
            dataset.add(part)
        return dataset

    inner = elements if depth == 0 else st.one_of(elements, sequences(datasets(elements, depth - 1)))
    return st.lists(inner, max_size=6).map(made)


def sequences(items):
    return st.tuples(st.sampled_from(TAGS["SQ"]), st.lists(items, min_size=1, max_size=2)).map(
        lambda pair: DataElement(pair[0], "SQ", Sequence(pair[1]))
    )


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
    return b"\0" * 128 + buffer.getvalue()[128:] if buffer.getvalue()[128:132] == b"DICM" else buffer.getvalue()


def read(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(io.BytesIO(data), force=True)


@RELAXED
@given(datasets(scalars(TEXT)), SYNTAXES)
def test_a_name_planted_in_any_text_at_any_depth_is_never_left(dataset, syntax):
    done = deidentify(written(dataset, syntax), RESEARCH, PSEUDONYMS)
    assert NAME.encode() not in done.data
    list(read(done.data).iterall())


@RELAXED
@given(datasets(scalars(("DS", "IS", "US", "CS", "UI", "LO"))), SYNTAXES, st.randoms(use_true_random=False))
def test_what_stays_is_what_a_plain_reading_of_the_rules_says(dataset, syntax, chance):
    data = written(dataset, syntax)
    kept = {tag for vr in ("DS", "IS", "US", "CS", "LO", "SQ") for tag in TAGS[vr] if chance.random() < 0.5}
    texts = tuple(f"({tag >> 16:04x},{tag & 0xFFFF:04x})" for tag in kept)
    keys = (RuleKeys(op="uid", vrs=("UI",)), RuleKeys(op="keep", tags=(*texts, "Modality")))
    policy = Policy(name="p", rules=rules_of(keys, Path("p.yaml")))
    out = read(deidentify(data, policy, PSEUDONYMS).data)
    for tag in (0x00120062, 0x00120063, 0x00280303):
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
            result[element.tag] = items if any(items) else []
        elif element.tag in kept:
            result[element.tag] = str(element.value)
    return result


def mapped(value):
    if re.match(r"1\.2\.840\.10008\.", value):
        return str(value)
    from pixl.domain.pseudonym import PseudonymQuery  # noqa: PLC0415

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
