"""A name planted where no tool plants one: any tag, representation, depth and character set, and in blobs."""

import contextlib
import io
import struct
import warnings
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence

from pixl.deid import deidentify, load_policy
from pixl.deid.operations import Remove
from pixl.dicom.elements import elements
from pixl.dicom.encoding import LONG_VRS, SHORT_VRS
from pixl.dicom.names import dictionary
from pixl.dicom.part10 import read_part10
from pixl.domain.errors import InstanceFailed, InstanceRejected
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

POLICY = load_policy(Projects(Path(__file__).parents[2] / "projects").get("demo"))
PSEUDONYMS = KeyedPseudonymiser(b"0" * 32)
NAME = b"Ashworthy "
BASE = Path(get_testdata_file("CT_small.dcm")).read_bytes()
VRS = sorted(vr.decode() for vr in SHORT_VRS | LONG_VRS if vr != b"SQ")
TEXT = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
NUMBERS = frozenset({"US", "SS", "UL", "SL", "FL", "FD", "AT", "SV", "UV", "OB", "OW", "OF", "OD", "OL", "OV"})
BOOK = POLICY.rulebook("GE MEDICAL SYSTEMS", "CT")
HOLD_ANY_BYTES = frozenset(
    tag
    for tag, (vrs, _) in dictionary().items()
    if NUMBERS & set(vrs) and not isinstance(BOOK.decide(tag).operation, Remove)
)
"""Kept arrays of numbers, such as pixels and look-up tables: numbers can spell anything."""
TAGS = sorted(tag for tag in dictionary() if 0x0008 < tag >> 16 < 0x7FE0 and tag not in HOLD_ANY_BYTES)
FREE = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def element(tag, vr, value):
    """Return an element in Explicit VR Little Endian, whether its representation is the right one or not."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    long = vr.encode() in LONG_VRS
    return head + (struct.pack("<2xI", len(value)) if long else struct.pack("<H", len(value))) + value


def nested(tag, inner, *, undefined):
    item = b"\xfe\xff\0\xe0" + (
        b"\xff" * 4 + inner + b"\xfe\xff\x0d\xe0\0\0\0\0" if undefined else struct.pack("<I", len(inner)) + inner
    )
    length = b"\xff" * 4 if undefined else struct.pack("<I", len(item))
    return (
        struct.pack("<HH2s2x", tag >> 16, tag & 0xFFFF, b"SQ") + length + item + b"\xfe\xff\xdd\xe0\0\0\0\0" * undefined
    )


def is_clean(data):
    with contextlib.suppress(InstanceFailed, InstanceRejected):
        return NAME.strip().lower() not in deidentify(data, POLICY, PSEUDONYMS).data.lower()
    return True


@FREE
@given(tag=st.sampled_from(TAGS), vr=st.sampled_from(VRS), spaces=st.integers(0, 3))
def test_in_any_element_with_any_representation(tag, vr, spaces):
    assert is_clean(BASE + element(tag, vr, NAME + b"  " * spaces))


@FREE
@given(group=st.integers(0x0008, 0x7FDF), number=st.integers(0, 0xFFFF), vr=st.sampled_from(VRS))
def test_in_any_unknown_or_private_element(group, number, vr):
    tag = group << 16 | number
    if tag not in HOLD_ANY_BYTES:
        assert is_clean(BASE + element(tag, vr, NAME))


SEQUENCES = sorted(tag for tag, (vrs, _) in dictionary().items() if vrs == ("SQ",) and tag >> 16 > 0x0008)
KEPT_SEQUENCES = sorted(tag for tag in SEQUENCES if BOOK.decide(tag).operation.name == "keep")


@FREE
@given(
    path=st.lists(st.sampled_from(KEPT_SEQUENCES), min_size=1, max_size=30),
    tag=st.sampled_from(TAGS),
    vr=st.sampled_from((*TEXT, "UN")),
    undefined=st.booleans(),
)
def test_at_any_depth(path, tag, vr, undefined):
    inner = element(tag, vr, NAME)
    for sequence in path:
        inner = nested(sequence, inner, undefined=undefined)
    assert is_clean(BASE + inner)


CHARSETS = {
    "ISO_IR 192": ("Ашворти^Ÿñł", "utf-8"),
    "ISO_IR 144": ("Ашворти", "iso8859_5"),
    "ISO_IR 126": ("Διονυσιος", "iso8859_7"),
    "ISO_IR 13": ("ﾔﾏﾀﾞ", "shift_jis"),
    "GB18030": ("王小东", "gb18030"),
    "\\ISO 2022 IR 87": ("山田太郎", "iso2022_jp"),
    "\\ISO 2022 IR 149": ("김희중", "iso2022_kr"),
}


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    "keyword", ["PatientName", "SeriesDescription", "ProtocolName", "CodeMeaning", "SoftwareVersions", "RescaleType"]
)
def test_in_any_character_set(instance, charset, keyword):
    text, codec = CHARSETS[charset]
    raw = text.encode(codec)
    raw += b" " * (len(raw) % 2)
    tag = pydicom.datadict.tag_for_keyword(keyword)
    marker = raw.strip()
    head = element(0x00080005, "CS", charset.encode() + b" " * (len(charset) % 2))
    data = instance()
    # In the order of tags: the character set before everything else.
    start = data.index(b"\x08\0\x16\0UI")
    data = data[:start] + head + data[start:] + element(tag, dictionary()[tag][0][0], b"CHEST " + raw)
    out = deidentify(data, POLICY, PSEUDONYMS).data
    assert marker not in out


@pytest.mark.parametrize(
    "name",
    [
        "JPEG2000.dcm",
        "JPEG-LL.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",
        "emri_small_jpeg_ls_lossless.dcm",
        "emri_small_jpeg_2k_lossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
    ],
)
def test_in_each_frame_of_a_code_stream(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(get_testdata_file(name))
        if "Modality" not in dataset:
            dataset.Modality = "OT"
        frames = list(generate_frames(dataset.PixelData, number_of_frames=int(dataset.get("NumberOfFrames", 1))))
        dataset.PixelData = encapsulate([commented(frame) for frame in frames])
        dataset["PixelData"].is_undefined_length = True
        buffer = io.BytesIO()
        dataset.save_as(buffer)
    assert buffer.getvalue().count(NAME) == len(frames)
    out = deidentify(buffer.getvalue(), POLICY, PSEUDONYMS).data
    assert NAME.strip() not in out


def commented(frame):
    if frame[:2] == b"\xff\xd8":  # JPEG, JPEG-LS: behind the start, as application data
        return frame[:2] + b"\xff\xe9" + struct.pack(">H", len(NAME) + 2) + NAME + frame[2:]
    end = 4 + struct.unpack(">H", frame[4:6])[0]  # JPEG 2000: behind the size
    return frame[:end] + b"\xff\x64" + struct.pack(">HH", len(NAME) + 4, 1) + NAME + frame[end:]


def test_in_the_texts_of_a_colour_profile(instance):
    path = Dataset()
    path.ICCProfile = (
        bytes(36)
        + b"acsp"
        + bytes(88)
        + struct.pack(">I", 1)
        + b"desc"
        + struct.pack(">2I", 144, 20)
        + b"desc"
        + bytes(6)
        + NAME
    )
    assert is_clean(instance(Modality="SM", OpticalPathSequence=Sequence([path])))


@FREE
@given(where=st.integers(132, len(BASE) - 1))
def test_in_the_middle_of_any_value(where):
    data = bytearray(BASE)
    data[where : where + len(NAME)] = NAME
    pixels = BASE.index(b"\xe0\x7f\x10\0")
    if where + len(NAME) < pixels:
        arrays = [numbers for numbers in spans_of_arrays() if numbers[0] - len(NAME) < where < numbers[1]]
        assert arrays or is_clean(bytes(data))


def spans_of_arrays():
    """Yield where arrays of numbers are in the file that any bytes fit into."""
    for one in elements(read_part10(BASE)):
        if one.tag in HOLD_ANY_BYTES:
            yield one.start, one.end
