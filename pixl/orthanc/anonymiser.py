"""The client of orthanc-anon's plugin: asks for a study to be de-identified, and reads what became of it."""

from __future__ import annotations

import http
from collections.abc import Mapping
from typing import Any

import httpx
import pydantic

from pixl.domain.errors import ConfigurationError, PixlError, RetryLater, StudyRejected
from pixl.orthanc.client import CONNECT_SECONDS, NotStored

SPARE_SECONDS = 60.0
"""How much longer than `max_seconds` the answer may take: an instance that has begun is brought to its end."""

KINDS: dict[str, type[PixlError]] = {
    "busy": RetryLater,
    "retry": RetryLater,
    "missing": NotStored,
    "rejected": StudyRejected,
    "configuration": ConfigurationError,
}
"""What the plugin calls the kind of its refusal; any other one is a bug, and is seen."""


class Skipped(pydantic.BaseModel, extra="forbid", frozen=True):
    """Instances that the project does not want, and why."""

    reason: str
    count: int


class Failed(pydantic.BaseModel, extra="forbid", frozen=True):
    """An instance that could not be de-identified."""

    instance: str
    """Its pseudonymous SOP Instance UID, or `number N`."""
    reason: str


class DeidentifiedStudy(pydantic.BaseModel, extra="forbid", frozen=True):
    """A study in orthanc-anon. Nothing in it is identifiable."""

    study_uid: str
    patient_id: str
    accession_number: str
    orthanc_id: str
    """Orthanc's id in orthanc-anon; empty when nothing has been stored."""
    instances: int
    """How many orthanc-raw has of what was asked for: the sum of `stored`, `skipped` and `failed`."""
    stored: int
    skipped: tuple[Skipped, ...]
    failed: tuple[Failed, ...]
    policy: str
    """The hash of the policy."""


class _Refusal(pydantic.BaseModel):
    reason: str
    kind: str


class Anonymiser:
    """Asks one orthanc-anon. Threads may share it."""

    def __init__(self, url: str, user: str, password: str, max_seconds: float = 3600.0) -> None:
        self._max_seconds = max_seconds
        self._http = httpx.Client(
            base_url=url,
            auth=httpx.BasicAuth(user, password),
            timeout=httpx.Timeout(max_seconds + SPARE_SECONDS, connect=CONNECT_SECONDS),
            # A study takes seconds; a connection of its own costs nothing next to it and is never a stale one.
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def deidentify(
        self,
        *,
        project: str,
        study_uid: str,
        series_uids: tuple[str, ...] = (),
        sop_uids: tuple[str, ...] = (),
        patient_pseudonym: str | None = None,
        redactions: Mapping[str, Any] | None = None,
    ) -> DeidentifiedStudy:
        """Have a study of orthanc-raw de-identified into orthanc-anon; asking again gives the same.

        The UIDs are the original ones, no series and no instances means all; `patient_pseudonym` is what the cohort
        calls the patient.
        `redactions` is what reviewers want removed: new SOP Instance UID -> {"boxes": [...], "elements": [...]}.

        Raises
        ------
        NotStored
            orthanc-raw does not have the study.
        StudyRejected
            The project wants nothing of it.
        ConfigurationError
            The project, its policy, its key or a password is wrong.
        RetryLater
            A service is away, or the same study is at work already.
        """
        body = {
            "project": project,
            "study_uid": study_uid,
            "series_uids": list(series_uids),
            **({"sop_uids": list(sop_uids)} if sop_uids else {}),
            "patient_pseudonym": patient_pseudonym,
            "max_seconds": self._max_seconds,
            **({"redactions": dict(redactions)} if redactions else {}),
        }
        try:
            response = self._http.post("/pixl/deidentify", json=body)
        except httpx.TransportError as error:
            raise RetryLater(f"orthanc-anon did not answer ({type(error).__name__})") from None
        if response.status_code != http.HTTPStatus.OK:
            raise _error(response)
        return DeidentifiedStudy.model_validate_json(response.content)


def _error(response: httpx.Response) -> PixlError:
    if response.status_code in {http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN}:
        return ConfigurationError("orthanc-anon refuses PIXL's user; check the passwords in the secret store")
    try:
        refusal = _Refusal.model_validate_json(response.content)
    except pydantic.ValidationError:
        return RetryLater(f"orthanc-anon answered HTTP {response.status_code} without its plugin")
    kind = KINDS.get(refusal.kind)
    return kind(refusal.reason) if kind else PixlError(f"orthanc-anon failed: {refusal.reason}")
