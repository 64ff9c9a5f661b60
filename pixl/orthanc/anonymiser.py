"""The client of orthanc-anon's plugin: asks for a study to be de-identified, fails closed."""

from __future__ import annotations

import http
from collections.abc import Sequence

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from pixl.domain.errors import ConfigurationError, RetryLater, StudyFailed, StudyRejected


class Skipped(BaseModel):
    """Instances that the project's filters left out for one reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    reason: str
    count: int


class Failed(BaseModel):
    """An instance that could not be de-identified."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    instance: str
    reason: str


class Deidentification(BaseModel):
    """What the plugin says it did. Pseudonyms only."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    study_uid: str
    orthanc_id: str
    accession_number: str
    instances: int
    stored: int
    skipped: tuple[Skipped, ...] = ()
    failed: tuple[Failed, ...] = ()
    policy: str = ""

    @property
    def is_accounted_for(self) -> bool:
        """Whether what came in is what was stored, skipped and failed."""
        return self.instances == self.stored + sum(skipped.count for skipped in self.skipped) + len(self.failed)


class Anonymiser:
    """Asks orthanc-anon's plugin to de-identify a study that orthanc-raw has."""

    def __init__(self, url: str, user: str, password: str, *, timeout: float = 3600) -> None:
        self._http = httpx.Client(
            base_url=url,
            auth=httpx.BasicAuth(user, password),
            timeout=httpx.Timeout(timeout, connect=5),
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def deidentify(
        self, *, project: str, study_uid: str, series_uids: Sequence[str], patient_pseudonym: str | None
    ) -> Deidentification:
        """Return when the study, or the series of it, is de-identified and stored in orthanc-anon.

        Raises
        ------
        RetryLater
            It did not answer, or something that it needs did not, or it works on this study at the moment.
        StudyRejected
            Nothing of the study may leave.
        StudyFailed
            orthanc-raw no longer has the study.
        """
        body = {
            "project": project,
            "study_uid": study_uid,
            "series_uids": list(series_uids),
            "patient_pseudonym": patient_pseudonym,
        }
        try:
            response = self._http.post("/pixl/deidentify", json=body)
        except httpx.TransportError as error:
            raise RetryLater(f"orthanc-anon did not answer ({type(error).__name__})") from None
        _check(response)
        try:
            return Deidentification.model_validate_json(response.content)
        except ValidationError:
            raise RetryLater("orthanc-anon gave an answer that is none") from None


def _check(response: httpx.Response) -> None:
    match response.status_code:
        case http.HTTPStatus.OK:
            return
        case http.HTTPStatus.UNAUTHORIZED | http.HTTPStatus.FORBIDDEN:
            raise ConfigurationError("orthanc-anon refuses PIXL's user; check `orthanc-anon-password`")
        case http.HTTPStatus.NOT_FOUND:
            raise StudyFailed("orthanc-raw no longer has this study; retry it from the start")
        case http.HTTPStatus.UNPROCESSABLE_ENTITY:
            raise StudyRejected(_reason(response))
        case http.HTTPStatus.CONFLICT | http.HTTPStatus.SERVICE_UNAVAILABLE:
            raise RetryLater(_reason(response))
        case code:
            raise RetryLater(f"orthanc-anon answered HTTP {code}")


def _reason(response: httpx.Response) -> str:
    try:
        return str(response.json()["reason"])
    except (ValueError, KeyError, TypeError):
        return f"orthanc-anon answered HTTP {response.status_code} without a reason"
