"""What orthanc-anon is asked for, and what it is given to do it with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pydantic

from pixl.deid import Deidentified
from pixl.orthanc import StoredSeries


class Wanted(pydantic.BaseModel, extra="forbid", frozen=True):
    """What is to be removed from one instance after it has been de-identified."""

    boxes: tuple[tuple[int, int, int, int, int, int | None], ...] = ()
    """First frame, left, top, width, height, last frame; null: in every frame."""
    elements: tuple[str, ...] = ()
    """Paths such as `(0040,A730)[1].(0040,A160)`."""


class Request(pydantic.BaseModel, extra="forbid", frozen=True):
    """The body of `POST /pixl/deidentify`. Identifiable."""

    project: str = pydantic.Field(min_length=1, repr=False)
    study_uid: str = pydantic.Field(min_length=1, repr=False)
    """The original one."""
    series_uids: tuple[str, ...] = pydantic.Field((), repr=False)
    """Only these series, and `sop_uids`; both empty is all."""
    sop_uids: tuple[str, ...] = pydantic.Field((), repr=False)
    """Only these instances, and `series_uids`."""
    patient_pseudonym: str | None = pydantic.Field(None, repr=False)
    max_seconds: float = pydantic.Field(3600.0, gt=0)
    redactions: dict[str, Wanted] = pydantic.Field(default_factory=dict, repr=False)
    """What reviewers want removed, by the new SOP Instance UID."""


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """What a project does with its images."""

    policy: str
    """The policy's hash."""
    reason_to_skip: Callable[[StoredSeries], str | None]
    deidentify: Callable[[bytes], Deidentified]
    new_uids: Callable[[Sequence[str]], list[str]]
