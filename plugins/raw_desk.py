"""The port through which orthanc-raw's plugin knows who asked for a study. The ledger implements it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from pixl.domain.state import State


class StudyState(Protocol):
    """Where a study is in one project."""

    @property
    def project(self) -> str:
        """The project's name."""
        ...

    @property
    def state(self) -> State:
        """The state."""
        ...

    @property
    def reason(self) -> str | None:
        """Why, where there is something to say."""
        ...

    @property
    def since(self) -> dt.datetime:
        """When it came to be so."""
        ...


class Desk(Protocol):
    """Every method raises `RetryLater` when the ledger does not answer."""

    def cursor(self) -> int:
        """Return how far the change log of orthanc-raw has been told of."""
        ...

    def study_arrived(self, *, study_uid: str, mrn: str, accession_number: str, cursor: int) -> None:
        """Take note of a study that is complete, and of the cursor; both or neither."""
        ...

    def states_of(self, *, study_uid: str, mrn: str, accession_number: str) -> Sequence[StudyState]:
        """Return where a study is, in each project that asked for it."""
        ...

    def in_flight(self, *, study_uid: str, mrn: str, accession_number: str) -> bool:
        """Whether a study has to be kept for somebody."""
        ...

    def request_by_hand(self, *, project: str, study_uid: str, mrn: str, accession_number: str) -> None:
        """Send a study to a project because a person says so."""
        ...
