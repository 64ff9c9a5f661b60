"""What research needs of each modality stays: by the standard's modules, and in real files."""

import contextlib
import dataclasses
import io
import json
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import data_store
import pydicom
import pytest
from pydicom.data import get_testdata_file

from pixl.deid import deidentify, load_policy
from pixl.dicom.names import dictionary, keyword, tag_of
from pixl.domain.errors import InstanceFailed, InstanceRejected
from pixl.hashing import KeyedPseudonymiser
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "dicom"
POLICY = load_policy(Projects(ROOT / "projects").get("demo"))
NUMBERS = frozenset({"DS", "IS", "US", "SS", "UL", "SL", "FL", "FD", "AT", "OF", "OD", "OL", "SV", "UV"})
FRAMES = ("image-pixel", "frame-of-reference", "multi-frame-functional-groups", "multi-frame-dimension", "cine")
MODULES = {
    "CT": ("image-plane", "ct-image", "ct-series", "modality-lut", "voi-lut", "contrast-bolus"),
    "enhanced CT": ("ct-image", "enhanced-ct-image-multi-frame-functional-groups", *FRAMES),
    "MR": ("image-plane", "mr-image", "voi-lut"),
    "enhanced MR": (
        "mr-pulse-sequence",
        "enhanced-mr-image",
        "enhanced-mr-image-multi-frame-functional-groups",
        *FRAMES,
    ),
    "PT": ("pet-series", "pet-isotope", "pet-image", "image-plane", "pet-multi-gated-acquisition", "patient-study"),
    "enhanced PT": (
        "enhanced-pet-isotope",
        "enhanced-pet-acquisition",
        "enhanced-pet-image-multi-frame-functional-groups",
    ),
    "NM": ("nm-image-pixel", "nm-multi-frame", "nm-image", "nm-isotope", "nm-detector", "nm-tomo-acquisition"),
    "CR": ("cr-image", "cr-series", "general-image", "modality-lut", "voi-lut", "x-ray-acquisition-dose"),
    "DX": (
        "dx-image",
        "dx-detector",
        "dx-positioning",
        "dx-anatomy-imaged",
        "x-ray-acquisition-dose",
        "x-ray-generation",
    ),
    "MG": ("mammography-image", "dx-detector", "x-ray-acquisition-dose", "breast-tomosynthesis-acquisition"),
    "US": ("us-region-calibration", "us-image", "ivus-image", "enhanced-us-volume-multi-frame-functional-groups"),
    "RTPLAN": (
        "rt-general-plan",
        "rt-prescription",
        "rt-tolerance-tables",
        "rt-patient-setup",
        "rt-fraction-scheme",
        "rt-beams",
    ),
    "RTDOSE": ("rt-dose", "rt-dvh", "image-plane"),
    "RTSTRUCT": ("structure-set", "roi-contour", "rt-roi-observations"),
    "SEG": ("segmentation-image", "segmentation-multi-frame-functional-groups", *FRAMES),
    "SR": ("sr-document-content",),
}
"""The standard's modules that say how each kind of object was made and what it shows."""
GO = frozenset(
    {"PregnancyStatus", "InterlockResolutionUserSequence", "ROIInterpreterSequence", "PersonIdentificationCodeSequence"}
    | {"InstitutionCodeSequence", "OperatorIdentificationSequence", "ROICreatorSequence", "EquivalentCodeSequence"}
    | {"UDISequence", "RequestAttributesSequence", "IconImageSequence", "OriginalAttributesSequence"}
    | {"ReferencedPatientSequence", "ReferencedStudySequence", "ReferencedSOPInstanceMACSequence"}
)
"""What holds people, orders, signatures and devices' labels; nothing of the picture."""
PEOPLE_AND_ORDERS = frozenset({0x0010, 0x0012, 0x0014, 0x0032, 0x0038, 0x0040, 0x0088, 0x0400, 0x4008, 0x2050})
OVERLAYS = range(0x5000, 0x6100)
RETIRED = frozenset({"LengthToEnd", "RecognitionCode"})
BROKEN = frozenset({"badVR.dcm"})
"""Of which a number is none, on purpose."""


@cache
def modules():
    folder = Path(find_spec("highdicom").origin).parent / "_standard"
    return json.loads((folder / "module_attribute_map.json").read_text("utf-8"))


def lost(names):
    """Yield the numbers of modules, and the sequences on the way to them, that the policy does not keep as they are."""
    book = POLICY.rulebook("", "")
    for name in names:
        for attribute in modules()[name]:
            path = (*attribute["path"], attribute["keyword"])
            tags = [tag_of(part) for part in path]
            if None in tags or GO & set(path) or dictionary()[tags[-1]][0][0] not in NUMBERS:
                continue
            if any(book.decide(tag).operation.name != "keep" for tag in tags):
                yield "/".join(path)


@pytest.mark.parametrize("modality", MODULES)
def test_every_number_of_a_modalitys_modules_is_kept(modality):
    missing = [name for name in MODULES[modality] if name not in modules()]
    assert missing == []
    assert sorted(set(lost(MODULES[modality]))) == []


def numbers(dataset, path=()):
    """Yield the path and value of every number of the standard's, at every depth, and how many items sequences have."""
    for element in dataset:
        place = (*path, element.tag)
        if element.tag.is_private or element.keyword in GO or not element.keyword:
            continue
        if element.VR == "SQ":
            for number, item in enumerate(element.value):
                yield from numbers(item, (*place, number))
        elif element.VR in NUMBERS:
            yield place, element.value


def named(path):
    return "/".join(keyword(part) if part > 0xFFFF else str(part) for part in path)


def read(data):
    return pydicom.dcmread(io.BytesIO(data))


def is_of_the_picture(tag):
    group = tag >> 16
    return group not in PEOPLE_AND_ORDERS and group not in OVERLAYS and keyword(tag) not in RETIRED


def changed_numbers(data):
    """Yield what numbers of a file are not the same after, those of people and orders left out."""
    with warnings.catch_warnings(), contextlib.suppress(InstanceFailed, InstanceRejected):
        warnings.simplefilter("ignore")
        done = deidentify(
            data, dataclasses.replace(POLICY, modalities=(), _rulebooks={}), KeyedPseudonymiser(b"0" * 32)
        )
        after = dict(numbers(read(done.data)))
        for path, value in numbers(read(data)):
            if str(after.get(path)) != str(value) and value not in (None, "") and is_of_the_picture(path[-1]):
                yield named(path)


FOLDERS = {
    "pydicom": Path(get_testdata_file("CT_small.dcm")).parent,
    "pydicom-data": Path(data_store.__file__).parent / "data",
    "many makers": SHARED,
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_number_of_a_real_file_is_the_same_after(folder):
    if not FOLDERS[folder].is_dir():
        pytest.skip("needs ../shared/data")
    changed = set()
    for file in sorted(FOLDERS[folder].rglob("*")):
        if file.is_file() and file.stat().st_size < 700_000 and (data := file.read_bytes())[128:132] == b"DICM":
            changed |= {(file.name, what) for what in changed_numbers(data)}
    assert sorted(name for name in changed if name[0] not in BROKEN) == []
