"""Compressed pixel data to uncompressed ones, where a pixel rule needs that. What cannot be decoded fails."""

from __future__ import annotations

import io
import warnings

import pydicom
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, ExplicitVRLittleEndian

from pixl.dicom.part10 import Part10, read_part10
from pixl.dicom.undecodable import BROKEN
from pixl.domain.errors import InstanceFailed


def uncompressed(data: bytes, transfer_syntax: str) -> Part10:
    """Return a file with its pixel data decoded, in Explicit VR Little Endian: nothing is lost a second time.

    Raises
    ------
    InstanceFailed
        No codec for this transfer syntax is installed, or the pixel data cannot be decoded.
    """
    syntax = UID(transfer_syntax)
    if not _can_decode(syntax):
        raise InstanceFailed(f"regions cannot be blackened: no codec for {syntax.name} is installed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(data))
            dataset.decompress(generate_instance_uid=False)
            buffer = io.BytesIO()
            dataset.save_as(buffer)
    except BROKEN:
        raise InstanceFailed(f"regions cannot be blackened: these {syntax.name} data cannot be decoded") from None
    file = read_part10(buffer.getvalue())
    if file.transfer_syntax != ExplicitVRLittleEndian:
        raise InstanceFailed("regions cannot be blackened: the decoder gave another transfer syntax")
    return file


def _can_decode(syntax: UID) -> bool:
    try:
        return bool(get_decoder(syntax).is_available)
    except NotImplementedError:
        return False
