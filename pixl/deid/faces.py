"""Refuses what may show a face or another recognisable feature, as nothing here can remove one (PS3.15 E.3.2)."""

from __future__ import annotations

from pixl.deid.gate import Header
from pixl.deid.policy import Policy
from pixl.dicom.elements import elements
from pixl.dicom.part10 import Part10
from pixl.domain.errors import InstanceFailed

OPTION = "clean-recognizable-visual-features"
BODY_PART = 0x00180015
VOLUMES = frozenset({"CT", "MR", "PT"})
"""A face can be drawn from a volume of the head."""
PHOTOGRAPHS = frozenset({"XC"})
WITHOUT_FACE = frozenset(
    {"ABDOMEN", "ANKLE", "BLADDER", "BREAST", "CHEST", "COLON", "ELBOW", "FEMUR", "FOOT", "HAND", "HEART", "HIP"}
    | {"KIDNEY", "KNEE", "LEG", "LIVER", "LSPINE", "LUNG", "PANCREAS", "PELVIS", "PROSTATE", "SHOULDER", "TSPINE"}
    | {"UTERUS", "WRIST"}
)
"""Terms of PS3.16 annex L for what shows no face; not the neck, the whole body, or the cervical spine."""


def refuse_recognisable(file: Part10, header: Header, policy: Policy) -> None:
    """Let an image pass if the policy takes faces, or if it can show none.

    Raises
    ------
    InstanceFailed
        It may show one.
    """
    if OPTION not in policy.options or header.modality not in VOLUMES | PHOTOGRAPHS:
        return
    if header.modality in PHOTOGRAPHS:
        raise InstanceFailed("a photograph may show a face, and nothing here removes one")
    if _body_part(file) not in WITHOUT_FACE:
        raise InstanceFailed("(0018,0015) BodyPartExamined does not rule out a face, and nothing here removes one")


def _body_part(file: Part10) -> str:
    for element in elements(file):
        if element.tag == BODY_PART and not element.path:
            return file.data[element.value : element.end].strip(b"\0 ").decode("latin-1")
        if element.tag > BODY_PART and not element.path:
            break
    return ""
