"""What PS3.3 wants objects to have is never removed by a ready policy, and never emptied where it must have a value."""

import dataclasses
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from pixl.deid import load_policy
from pixl.dicom.names import dictionary, tag_of
from pixl.project import Projects

ROOT = Path(__file__).parents[2]
POLICIES = sorted((ROOT / "projects" / "policies").glob("*.yaml"))
OBJECTS = {
    "CR": ["computed-radiography-image"],
    "DX": ["digital-x-ray-image", "digital-intra-oral-x-ray-image"],
    "MG": ["digital-mammography-x-ray-image", "breast-tomosynthesis-image", "breast-projection-x-ray-image"],
    "CT": ["ct-image", "enhanced-ct-image", "legacy-converted-enhanced-ct-image"],
    "MR": ["mr-image", "enhanced-mr-image", "enhanced-mr-color-image", "mr-spectroscopy"],
    "PT": ["positron-emission-tomography-image", "enhanced-pet-image", "legacy-converted-enhanced-pet-image"],
    "NM": ["nuclear-medicine-image"],
    "US": ["ultrasound-image", "ultrasound-multi-frame-image", "enhanced-us-volume"],
    "XA": ["x-ray-angiographic-image", "enhanced-xa-image", "enhanced-xrf-image", "x-ray-3d-angiographic-image"],
    "RF": ["x-ray-radiofluoroscopic-image"],
    "RT": ["rt-plan", "rt-ion-plan", "rt-dose", "rt-structure-set", "rt-image"],
    "RT records": ["rt-beams-treatment-record", "rt-ion-beams-treatment-record", "rt-brachy-treatment-record"],
    "SEG": ["segmentation", "surface-segmentation", "parametric-map", "real-world-value-mapping"],
    "SR": ["basic-text-sr", "enhanced-sr", "comprehensive-sr", "comprehensive-3d-sr", "x-ray-radiation-dose-sr"],
    "KO": ["key-object-selection-document"],
    "PR": ["grayscale-softcopy-presentation-state", "color-softcopy-presentation-state"],
    "REG": ["spatial-registration", "deformable-spatial-registration", "spatial-fiducials", "tractography-results"],
    "SM": ["vl-whole-slide-microscopy-image", "microscopy-bulk-simple-annotations"],
    "OP": ["ophthalmic-photography-8-bit-image", "ophthalmic-tomography-image"],
    "ECG": ["12-lead-ecg", "general-ecg"],
    "SC": ["secondary-capture-image", "multi-frame-true-color-secondary-capture-image"],
}
MODULES_THAT_GO = (
    "clinical-trial-",  # with everything in it, as trials and their sites are none of a project's business
    "timezone",
)
GO = {
    "DeidentificationMethod": "written anew by the engine",
    "DeidentificationMethodCodeSequence": "written anew by the engine",
    "EncryptedAttributesSequence": "holds the originals",
    "HL7StructuredDocumentReferenceSequence": "goes with the documents that it names",
    "ReferencedRequestSequence": "asks for something: orders and who placed them",
    "DeviceAlternateIdentifierFormat": "goes with the identifier",
    "PatientAlternativeCalendar": "goes with the dates in it",
    "PixelDataProviderURL": "goes with the transfer syntax that needs it",
    "ResponsiblePerson": "of an animal",
    "ResponsiblePersonRole": "of an animal",
    "ResponsibleOrganization": "of an animal",
    "PatientSpeciesCodeSequence": "of an animal",
    "PatientSpeciesDescription": "of an animal",
    "PatientBreedCodeSequence": "of an animal",
    "PatientBreedDescription": "of an animal",
    "BreedRegistrationSequence": "of an animal",
    "PatientSexNeutered": "of an animal",
    "OperatorsName": "conditional where it must have a value",
    "OperatorIdentificationSequence": "conditional",
    "ROIInterpreterSequence": "conditional",
    "InterlockResolutionUserSequence": "people",
    "FillPattern": "conditional, and 128 bytes in which anything fits",
    "URNCodeValue": "conditional: another form of CodeValue, and an address",
    "FrameOfInterestDescription": "optional",
}
"""What may go although the standard can want it, and why."""
WORTH_NOTHING = {"remove", "empty", "clean-text"}


@cache
def standard(name):
    """Return one of the standard's tables, as highdicom has them."""
    folder = Path(find_spec("highdicom").origin).parent / "_standard"
    return json.loads((folder / name).read_text("utf-8"))


@cache
def rulebook(path, modality):
    demo = Projects(ROOT / "projects").get("demo")
    return load_policy(dataclasses.replace(demo, policy=path)).rulebook("", modality)


def required(objects):
    """Yield keyword, type and path of what objects must have, in the modules that stay."""
    for name in objects:
        for module in standard("iod_module_map.json")[name]:
            if not module["key"].startswith(MODULES_THAT_GO):
                for attribute in standard("module_attribute_map.json").get(module["key"], ()):
                    if attribute["type"] != "3":
                        yield attribute["keyword"], attribute["type"], tuple(attribute["path"])


def is_lost(operation, keyword, kind):
    if kind.startswith("2"):
        return operation.name == "remove"
    empties = operation.name == "empty" or str(operation) in ("clean-text", "clean-text or ''")
    return operation.name == "remove" or empties


@pytest.mark.parametrize("modality", OBJECTS)
@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_what_an_object_must_have_it_still_has(path, modality):
    book, lost = rulebook(path, modality), set()
    for keyword, kind, parents in required(OBJECTS[modality]):
        tag = tag_of(keyword)
        if keyword in GO or tag is None or GO.keys() & set(parents):
            continue
        if all(book.decide(tag_of(parent)).operation.name == "keep" for parent in parents):
            operation = book.decide(tag).operation
            if is_lost(operation, keyword, kind):
                lost.add((keyword, kind, dictionary()[tag][0][0], str(operation)))
    assert sorted(lost) == []


def test_each_attribute_that_may_go_is_one_that_a_policy_removes_or_empties():
    book = rulebook(ROOT / "projects" / "policies" / "research.yaml", "")
    assert [keyword for keyword in GO if book.decide(tag_of(keyword)).operation.name not in ("remove", "empty")] == []
