"""Keeps what Orthanc calls back alive for as long as Python is.

Version 5.0 of Orthanc's Python plugin lets go of its callbacks when Python has ended already: where nobody else holds
one, Orthanc ends with a segmentation fault.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Callback = TypeVar("Callback", bound=Callable[..., Any])

_kept: list[Callable[..., Any]] = []


def kept(callback: Callback) -> Callback:
    """Return `callback`, and hold it until Python ends."""
    _kept.append(callback)
    return callback
