"""Decides what happens to an image's pixels before its elements are walked."""

from __future__ import annotations

from pixl.deid.blackout import Blackout
from pixl.deid.codecs import uncompressed
from pixl.deid.operations import Remove
from pixl.deid.picture import Picture, read_picture
from pixl.deid.policy import Policy, Rulebook
from pixl.deid.regions import DeviceRegions, spans_of
from pixl.dicom.part10 import ENCAPSULATED, Part10
from pixl.domain.errors import InstanceFailed, InstanceRejected

PIXEL_DATA = 0x7FE00010


def plan(data: bytes, file: Part10, policy: Policy, rulebook: Rulebook) -> tuple[Part10, Blackout | None]:
    """Return the file, uncompressed if regions of it are to be blackened, and what is blackened, if anything.

    Raises
    ------
    InstanceRejected
        A list of regions says that pictures of this device are not taken.
    InstanceFailed
        What should be blackened cannot be.
    """
    picture, devices = listed(file, policy, rulebook)
    if picture is None or not devices:
        return file, None
    if ENCAPSULATED.fullmatch(file.transfer_syntax):
        file = uncompressed(data, file.transfer_syntax)
        picture = read_picture(file) or picture
    spans = tuple(spans_of(device, picture) for device in devices)
    return file, Blackout(picture=picture, spans=spans, devices=tuple(device.name for device in devices))


def listed(file: Part10, policy: Policy, rulebook: Rulebook) -> tuple[Picture | None, tuple[DeviceRegions, ...]]:
    """Return a file's picture, if it has one of which anything may be blackened, and the entries that are for it.

    Raises
    ------
    InstanceRejected
        A list of regions says that pictures of this device are not taken.
    InstanceFailed
        What may stay of the picture is not known.
    """
    if not policy.regions or isinstance(rulebook.decide(PIXEL_DATA).operation, Remove):
        return None, ()
    picture = read_picture(file)
    return picture, _devices(picture, policy) if picture else ()


def _devices(picture: Picture, policy: Policy) -> tuple[DeviceRegions, ...]:
    """Return the entries that are for this picture; raise if they, or the picture itself, say that it may not leave."""
    devices = tuple(device for device in policy.regions if device.matches(picture))
    for device in devices:
        if device.refuse:
            raise InstanceRejected(f"the list of regions: {device.name}: {device.refuse}")
        if device.outside_ultrasound_regions and not picture.regions:
            raise InstanceFailed("(0018,6011) SequenceOfUltrasoundRegions is missing: what may stay is not known")
    if picture.burned_in == "YES" and not devices:
        raise InstanceFailed("(0028,0301) BurnedInAnnotation is YES and no list of regions knows this device")
    kept = any(device.blank_outside or device.outside_ultrasound_regions for device in devices)
    return tuple(device for device in devices if not (kept and device.unless_kept))
