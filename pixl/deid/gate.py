"""Looks at an instance's first elements and says whether the policy wants it at all."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from functools import cache

from pixl.deid.policy import Policy
from pixl.dicom.encoding import UNDEFINED, Encoding, tag_text
from pixl.dicom.errors import Malformed
from pixl.dicom.part10 import Part10
from pixl.dicom.skip import end_of_undefined, value_of
from pixl.domain.errors import InstanceFailed, InstanceRejected

SOP_CLASS, MODALITY, MANUFACTURER, CHARACTER_SET = 0x00080016, 0x00080060, 0x00080070, 0x00080005
WANTED = {SOP_CLASS: "UI", MODALITY: "CS", MANUFACTURER: "LO", CHARACTER_SET: "CS"}
LAST_GROUP = 0x0008
DIRECTORY_GROUP = 0x0004

STORAGE = re.compile(r"1\.2\.840\.10008\.5\.1\.4\.(1\.1(\.\d{1,3}){1,6}|34(\.\d{1,3}){1,4}|4[345]\.1)")
"""The standard's composite storage classes (PS3.4 annex B)."""
REFUSED = (
    (re.compile(r"1\.2\.840\.10008\.5\.1\.4\.1\.1\.104\.\d+"), "an encapsulated document (PDF, CDA, 3D model)"),
    (re.compile(r"1\.2\.840\.10008\.5\.1\.4\.1\.1\.66"), "raw data, which only its maker can read"),
    (re.compile(r"1\.2\.840\.10008\.1\.3\.10"), "a DICOMDIR"),
)


@dataclass(frozen=True, kw_only=True)
class Header:
    """What has to be known before the walk."""

    sop_class_uid: str
    modality: str
    manufacturer: str
    character_set: bytes
    is_directory: bool = False
    """Whether it begins with the elements of a basic directory (PS3.3 annex F)."""


def read_header(file: Part10) -> Header:
    """Read the few elements of group 0008 that decide how the others are treated.

    Raises
    ------
    Malformed
        An element runs past the end.
    """
    try:
        found = _scan(file)
    except struct.error:
        raise Malformed("the data set ends in an element's header", offset=len(file.data)) from None
    return Header(
        sop_class_uid=_text(found, SOP_CLASS),
        modality=_text(found, MODALITY),
        manufacturer=_text(found, MANUFACTURER),
        character_set=found.get(CHARACTER_SET, b""),
        is_directory=file.data[file.start : file.start + 2] == file.encoding.pack_tag(DIRECTORY_GROUP, 0)[:2],
    )


def check(header: Header, policy: Policy) -> None:
    """Let the instance pass, or raise.

    Raises
    ------
    InstanceRejected
        Its SOP class or modality is not wanted.
    InstanceFailed
        It does not say what it is.
    """
    if header.is_directory:
        raise InstanceRejected("a DICOMDIR")
    if not header.sop_class_uid:
        raise InstanceFailed(f"{tag_text(SOP_CLASS)} SOPClassUID is missing")
    for pattern, what in REFUSED:
        if pattern.fullmatch(header.sop_class_uid):
            raise InstanceRejected(f"{tag_text(SOP_CLASS)} SOPClassUID: {what}")
    if not STORAGE.fullmatch(header.sop_class_uid):
        raise InstanceRejected(f"{tag_text(SOP_CLASS)} SOPClassUID is no storage class of the standard")
    if policy.modalities and not header.modality:
        raise InstanceRejected(f"{tag_text(MODALITY)} Modality is missing")
    if policy.modalities and header.modality not in policy.modalities:
        raise InstanceRejected(f"{tag_text(MODALITY)} Modality is not one of the project's")


def _scan(file: Part10) -> dict[int, bytes]:
    """Return the values that are wanted, up to the end of their group, beyond it only if the order is broken."""
    data, encoding, position = file.data, file.encoding, file.start
    keys = _keys(encoding)
    found: dict[int, bytes] = {}
    while position < len(data) and len(found) < len(WANTED):
        key, _ = encoding.header(data, position)
        value, length, inner = value_of(data, position, encoding)
        if key in keys and length != UNDEFINED:
            found[keys[key]] = data[value : value + length]
        elif encoding.tag(key) >> 16 > LAST_GROUP and MODALITY in found and SOP_CLASS in found:
            break
        position = end_of_undefined(data, value, len(data), inner) if length == UNDEFINED else value + length
    if position > len(data):
        raise Malformed("an element is longer than the data set", offset=position)
    return found


@cache
def _keys(encoding: Encoding) -> dict[bytes, int]:
    """Return how the wanted elements start, as they should come and as UN."""
    return {encoding.key(tag, vr): tag for tag, right in WANTED.items() for vr in (right, "UN")}


def _text(found: dict[int, bytes], tag: int) -> str:
    return found.get(tag, b"").strip(b"\0 ").decode("latin-1")
