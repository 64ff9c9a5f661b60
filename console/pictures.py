"""The pictures of a series, out of orthanc-anon; the last ones that were looked at are kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from console.picture import Frame, read_frame
from pixl.orthanc import OrthancClient

KEPT_BYTES = 256 * 2**20
"""Of files and decoded frames. A clip is read once, however its frames are looked through."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Slide:
    """One frame of one instance of a series."""

    instance: str
    """What orthanc-anon calls it."""
    sop_uid: str
    """The pseudonymous one."""
    frame: int


class Pictures:
    """Reads and keeps. Threads may share it."""

    def __init__(self, anon: OrthancClient, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._anon = anon
        self._files: _Kept[str, bytes] = _Kept(kept_bytes // 2)
        self._frames: _Kept[Slide, Frame] = _Kept(kept_bytes // 2)

    def slides(self, series: str) -> list[Slide]:
        """Return the frames of a series (what orthanc-anon calls it), in the order of its instance numbers.

        Raises
        ------
        NotStored
            orthanc-anon does not have it any more.
        RetryLater
            orthanc-anon does not answer.
        """
        instances = self._anon.instances_of_series(series)
        instances.sort(key=lambda one: (one.number is None, one.number or 0, one.sop_uid))
        return [
            Slide(instance=one.orthanc_id, sop_uid=one.sop_uid, frame=number)
            for one in instances
            for number in range(one.frames)
        ]

    def frame(self, slide: Slide) -> Frame:
        """Return a decoded frame; raises what `slides` raises, and `NoPicture`."""
        known = self._frames.get(slide)
        if known is not None:
            return known
        frame = read_frame(self._file(slide.instance), slide.frame)
        self._frames.put(slide, frame, frame.pixels.nbytes)
        return frame

    def _file(self, instance: str) -> bytes:
        known = self._files.get(instance)
        if known is not None:
            return known
        data = self._anon.instance(instance)
        self._files.put(instance, data, len(data))
        return data


class _Kept(Generic[Key, Value]):
    """The last values, up to a number of bytes."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes = most, 0
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: Key, value: Value, size: int) -> None:
        with self._lock:
            if key in self._values or size > self._most:
                return
            self._values[key] = value, size
            self._bytes += size
            while self._bytes > self._most:
                _, (_, gone) = self._values.popitem(last=False)
                self._bytes -= gone
