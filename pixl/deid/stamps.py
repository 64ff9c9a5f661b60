"""What the output says about what was done to it (PS3.15 section E.1, PS3.3 section C.7.1.1)."""

from __future__ import annotations

from functools import lru_cache

from pixl.deid.parts import padded
from pixl.deid.policy import OPTION_CODES, Policy, temporal_information
from pixl.dicom.encoding import ITEM, Encoding

METHOD_LENGTH = 64


NOT_ALWAYS = ("clean-pixel-data", "clean-recognizable-visual-features")
"""Options that are true of an instance only if something was done to its pixels."""


def stamps(policy: Policy, encoding: Encoding, done: tuple[str, ...] = ()) -> bytes:
    """Return (0012,0062) to (0012,0064): removed, by which policy, with which profile and options.

    `done` names the options that are true of this instance, of those that are not true of each.
    """
    method = f"PIXL {policy.name} {policy.hash[:12]}"[-METHOD_LENGTH:]
    options = [option for option in policy.claims if option not in NOT_ALWAYS]
    options += done if options else ()
    return _stamps(encoding, method, tuple(options))


@lru_cache(maxsize=64)
def _stamps(encoding: Encoding, method: str, options: tuple[str, ...]) -> bytes:
    codes = b"".join(_code(encoding, *OPTION_CODES[option]) for option in options)
    key = encoding.key(0x00120064, "SQ")
    sequence = encoding.open_header(key, len(codes)) + codes if codes else b""
    return _text(encoding, 0x00120062, "CS", "YES") + _text(encoding, 0x00120063, "LO", method) + sequence


def temporal_stamp(policy: Policy, encoding: Encoding) -> bytes:
    """Return (0028,0303) Longitudinal Temporal Information Modified; nothing if the policy names no profile."""
    return _temporal_stamp(encoding, policy.options) if policy.options else b""


@lru_cache(maxsize=64)
def _temporal_stamp(encoding: Encoding, options: tuple[str, ...]) -> bytes:
    return _text(encoding, 0x00280303, "CS", temporal_information(options))


def _code(encoding: Encoding, value: str, meaning: str) -> bytes:
    body = (
        _text(encoding, 0x00080100, "SH", value)
        + _text(encoding, 0x00080102, "SH", "DCM")
        + _text(encoding, 0x00080104, "LO", meaning)
    )
    return encoding.item_header(ITEM, len(body)) + body


def _text(encoding: Encoding, tag: int, vr: str, text: str) -> bytes:
    return encoding.element(encoding.key(tag, vr), padded(text.encode("ascii"), b" "))
