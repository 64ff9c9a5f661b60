"""Orthanc's REST API, as much of it as PIXL needs.

Identifiers travel in bodies; the paths name nothing but Orthanc's own ids, which are of no use elsewhere.
"""

from __future__ import annotations

import http
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Literal, Self

import httpx
import urllib3

from pixl.dicom.condensed import Condensed
from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.orthanc.condensed import unpack
from pixl.orthanc.resources import (
    Changes,
    Job,
    Statistics,
    StoredInstance,
    StoredSeries,
    StoredStudy,
    Upload,
    moved_studies,
    why_archive_failed,
)

Level = Literal["Patient", "Study", "Series", "Instance"]

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 0.4
"""Orthanc closes an idle connection after 0.5 s; a connection as old as that must not be used again."""
CHUNK = 2**20
"""Bytes."""
SPARE_SECONDS = 10.0
"""How much longer than the archive's own timeout Orthanc is given to tell of it."""

NO_SUCH_JOB = (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.BAD_REQUEST)
"""What Orthanc 1.12 and Orthanc 1.10 answer for a job that they do not have."""
REFUSED = frozenset({http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN})


NOT_DICOM = frozenset({8, 15, 20, 21, 2014})
"""Orthanc's own codes (`OrthancStatus`) of the errors that are the bytes' fault: a bad request or file format, a
corrupted file, an inexistent tag, no SOP class or instance. Every other one may go away: disk full, database locked."""


class NotStored(PixlError):
    """Orthanc has no such resource (any more)."""


class NotDicom(ConfigurationError):
    """Orthanc does not take the bytes for a DICOM instance."""


class ArchiveSilent(RetryLater):
    """The archive did not answer, or refused; it may answer later."""


class OrthancClient:
    """A connection pool to one Orthanc; safe to share between threads.

    Every method raises `RetryLater` when Orthanc does not answer or answers with an error of its own,
    `ConfigurationError` when it refuses the user, and `NotStored` when it does not have what is asked for.
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        timeout: float = 30.0,
        connections: int = 16,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._timeout = timeout
        # Compressing a CT image takes Orthanc sixty times as long as sending it.
        headers = {"Accept-Encoding": "identity", **headers}
        self._http = httpx.Client(
            base_url=url,
            auth=httpx.BasicAuth(user, password),
            headers=headers,
            timeout=self._timeouts(timeout),
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=IDLE_SECONDS
            ),
            trust_env=False,
        )
        authorised = {**headers, **urllib3.make_headers(basic_auth=f"{user}:{password}")}
        self._json_headers = {**authorised, "Content-Type": "application/json"}
        # Files come and go by a client that moves them in one piece: httpx takes five times the CPU for 512 KiB.
        self._files = urllib3.connection_from_url(
            url,
            headers=authorised,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=timeout),
            maxsize=connections,
            # Also for what is posted: an instance that is uploaded twice is stored once.
            retries=urllib3.Retry(1, redirect=False, status=False, allowed_methods=None),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the pools."""
        self._http.close()
        self._files.close()

    # What is stored

    def study_by_uid(self, study_uid: str) -> StoredStudy | None:
        """Find a study by its Study Instance UID.

        The same study under two patient ids is two studies to Orthanc: see `studies_by_uid`.
        """
        return next(iter(self.studies_by_uid(study_uid)), None)

    def studies_by_uid(self, study_uid: str) -> list[StoredStudy]:
        """Find all studies with a Study Instance UID; there is more than one where patient ids differ."""
        found = self._find_studies({"StudyInstanceUID": study_uid})
        return [study for study in found if study.study_uid == study_uid]

    def studies_by_accession(self, *, mrn: str, accession_number: str) -> list[StoredStudy]:
        """Find the studies of a patient with an accession number, compared exactly."""
        found = self._find_studies({"PatientID": mrn, "AccessionNumber": accession_number})
        return [study for study in found if (study.mrn, study.accession_number) == (mrn, accession_number)]

    def studies_with(self, *, series_uid: str = "", sop_uid: str = "") -> list[StoredStudy]:
        """Find the studies that have a series, or an instance, by its UID."""
        level, keyword, uid = (
            ("Instance", "SOPInstanceUID", sop_uid) if sop_uid else ("Series", "SeriesInstanceUID", series_uid)
        )
        body = {"Level": level, "Expand": False, "CaseSensitive": True, "Query": {keyword: uid}}
        found = self._request("POST", "/tools/find", json=body).json() if uid else []
        path = "instances" if sop_uid else "series"
        return [StoredStudy.read(self._get(f"/{path}/{one}/study")) for one in found]

    def study(self, orthanc_id: str) -> StoredStudy:
        """Return a study by Orthanc's id."""
        return StoredStudy.read(self._get(f"/studies/{orthanc_id}"))

    def series_of(self, study: str) -> list[StoredSeries]:
        """List the series of a study (Orthanc's id)."""
        return [StoredSeries.read(document) for document in self._get(f"/studies/{study}/series?expand")]

    def instances_of(self, study: str) -> list[StoredInstance]:
        """List the instances of a study (Orthanc's id)."""
        return [StoredInstance.read(document) for document in self._get(f"/studies/{study}/instances?expand")]

    def instances_of_series(self, series: str) -> list[StoredInstance]:
        """List the instances of a series (Orthanc's id)."""
        return [StoredInstance.read(document) for document in self._get(f"/series/{series}/instances?expand")]

    def studies_of(self, patient: str) -> list[StoredStudy]:
        """List the studies of a patient (Orthanc's id)."""
        return [StoredStudy.read(document) for document in self._get(f"/patients/{patient}/studies?expand")]

    def elements(self, orthanc_id: str) -> dict[str, Any]:
        """Return an instance's elements as Orthanc shows them: `gggg,eeee` -> `Name`, `Type`, `Value`. Identifiable."""
        return dict(self._get(f"/instances/{orthanc_id}/tags"))

    def instance(self, orthanc_id: str) -> bytes:
        """Return an instance's file."""
        with _errors():
            response = self._files.request("GET", f"/instances/{orthanc_id}/file")
        if response.status != http.HTTPStatus.OK:
            _check(httpx.Response(response.status, content=response.data))
        return response.data

    def instance_chunks(self, orthanc_id: str) -> Iterator[bytes]:
        """Stream an instance's file in chunks of a MiB; a file that breaks off raises `RetryLater`."""
        with _errors():
            response = self._files.request("GET", f"/instances/{orthanc_id}/file", preload_content=False)
            try:
                if response.status != http.HTTPStatus.OK:
                    _check(httpx.Response(response.status, content=response.read()))
                yield from response.stream(CHUNK)
            finally:
                response.release_conn()

    def condensed(self, orthanc_ids: Sequence[str]) -> list[Condensed | None]:
        """Have orthanc-raw's plugin send instances without their pictures, `MOST` at once at most.

        None stands for what has to be fetched whole: its pixel data are compressed, or not its last element. All are
        None where this Orthanc does not know how, or does not have one of them any more.
        """
        body = json.dumps({"instances": list(orthanc_ids)}).encode()
        with _errors():
            response = self._files.request("POST", "/pixl/condensed", body=body, headers=self._json_headers)
        if response.status == http.HTTPStatus.NOT_FOUND:
            return [None] * len(orthanc_ids)
        if response.status != http.HTTPStatus.OK:
            _check(httpx.Response(response.status, content=response.data))
        return unpack(response.data, len(orthanc_ids))

    def upload(self, data: bytes) -> Upload:
        """Give an instance to Orthanc.

        Raises
        ------
        NotDicom
            It is none.
        ConfigurationError
            This Orthanc takes nothing.
        """
        with _errors():
            response = self._files.request("POST", "/instances", body=data)
        _check_upload(httpx.Response(response.status, content=response.data))
        document = json.loads(response.data)
        return Upload(
            orthanc_id=document.get("ID", ""),
            study_orthanc_id=document.get("ParentStudy", ""),
            status=document["Status"],
        )

    def delete_study(self, orthanc_id: str) -> None:
        """Delete a study; that it is not there is as good."""
        self._request("DELETE", f"/studies/{orthanc_id}", accept=(http.HTTPStatus.NOT_FOUND,))

    def delete_instance(self, orthanc_id: str) -> None:
        """Delete an instance; that it is not there is as good."""
        self._request("DELETE", f"/instances/{orthanc_id}", accept=(http.HTTPStatus.NOT_FOUND,))

    def protect(self, patient: str, *, protected: bool) -> None:
        """Keep a patient (Orthanc's id) from being recycled, or no longer."""
        self._request("PUT", f"/patients/{patient}/protected", content=b"1" if protected else b"0")

    def is_protected(self, patient: str) -> bool:
        """Return whether a patient (Orthanc's id) is kept from being recycled."""
        return self._request("GET", f"/patients/{patient}/protected").text.strip() == "1"

    def keep(self, study: str) -> None:
        """Have orthanc-raw's plugin protect a study's patient for as long as anything of theirs is in flight."""
        self._request("POST", f"/pixl/studies/{study}/keep", json={})

    def changes(self, since: int, limit: int = 100) -> Changes:
        """Return a page of the change log."""
        return Changes.read(self._get(f"/changes?since={since}&limit={limit}"))

    def statistics(self) -> Statistics:
        """Return how much is stored."""
        return Statistics.read(self._get("/statistics"))

    def system(self) -> dict[str, Any]:
        """Return Orthanc's description of itself: `Version`, `DicomAet`, ..."""
        return dict(self._get("/system"))

    # Archives (Orthanc's "modalities")

    def echo(self, modality: str, timeout: float) -> None:
        """C-ECHO.

        Raises
        ------
        ArchiveSilent
            No or a bad answer.
        """
        self._ask(modality, "echo", {}, timeout)

    def find_remote(
        self, modality: str, *, level: Level, keys: Mapping[str, str], timeout: float
    ) -> list[dict[str, str]]:
        r"""C-FIND: ask an archive for what matches `keys`; an empty value asks for the attribute.

        `*`, `?` and `\` are wildcards to the archive: compare what it answers with what was asked for.

        Returns
        -------
        list[dict[str, str]]
            Keyword -> value without padding, of what each answer has; attributes may be missing.

        Raises
        ------
        ArchiveSilent
            The archive is down, refuses, or did not end its answer in time.
        """
        with self._query(modality, level, keys, timeout) as (_, answers):
            return answers

    def move(
        self,
        modality: str,
        *,
        level: Level,
        keys: Mapping[str, str],
        target_aet: str,
        timeout: float,
        wanted: Callable[[Mapping[str, str]], bool] = lambda _: True,
    ) -> list[str]:
        r"""C-MOVE: ask an archive to send what matches `keys` and is `wanted`, as jobs that Orthanc runs.

        The archive is asked with a C-FIND first: Orthanc makes jobs of nothing but a query's answers. Several UIDs may
        be joined with `\` (PS3.4 C.2.2.2.2); `wanted` decides on what an archive answers that knows no such lists.

        Returns
        -------
        list[str]
            The jobs' ids, for `job`: none if nothing is wanted, one if everything is, else one for each answer.

        Raises
        ------
        ArchiveSilent
            The archive is down, refuses, or did not end its answer in time.
        """
        body = {"TargetAet": target_aet, "Asynchronous": True, "Timeout": whole_seconds(timeout)}
        with self._query(modality, level, keys, timeout) as (query, answers):
            chosen = [number for number, answer in enumerate(answers) if wanted(answer)]
            if len(chosen) == len(answers):
                paths = [f"{query}/retrieve"] if answers else []
            else:
                paths = [f"{query}/answers/{number}/retrieve" for number in chosen]
            return [str(self._request("POST", path, json=body).json()["ID"]) for path in paths]

    def job(self, job_id: str) -> Job:
        """Return how a job is getting on. Orthanc forgets the oldest of the jobs that have ended."""
        return Job.read(self._get(f"/jobs/{job_id}"))

    def moves_under_way(self, study_uid: str) -> list[str]:
        """Return the jobs of C-MOVEs of a study, or of parts of it, that have not ended."""
        jobs = [job for job in self._get("/jobs?expand") if job["Type"] == "DicomMoveScu"]
        return [job["ID"] for job in jobs if not Job.read(job).state.is_final and study_uid in moved_studies(job)]

    def cancel(self, job_id: str) -> None:
        """Stop a job; that it is not there, or has ended, is as good."""
        self._request("POST", f"/jobs/{job_id}/cancel", json={}, accept=NO_SUCH_JOB)

    # Requests

    def _find_studies(self, query: dict[str, str]) -> list[StoredStudy]:
        body = {"Level": "Study", "Expand": True, "CaseSensitive": True, "Query": query}
        return [StoredStudy.read(document) for document in self._request("POST", "/tools/find", json=body).json()]

    @contextmanager
    def _query(
        self, modality: str, level: Level, keys: Mapping[str, str], timeout: float
    ) -> Iterator[tuple[str, list[dict[str, str]]]]:
        """Yield the path of a C-FIND that Orthanc keeps, and its answers."""
        query = self._ask(modality, "query", {"Level": level, "Query": dict(keys), "Normalize": False}, timeout)
        path = f"/queries/{query['ID']}"
        try:
            yield path, [_texts(answer) for answer in self._get(f"{path}/answers?expand&simplify")]
        finally:
            self._request("DELETE", path, accept=(http.HTTPStatus.NOT_FOUND,))

    def _ask(self, modality: str, verb: str, body: dict[str, Any], timeout: float) -> dict[str, Any]:
        response = self._request(
            "POST",
            f"/modalities/{modality}/{verb}",
            json={**body, "Timeout": whole_seconds(timeout)},
            timeout=self._timeouts(timeout + SPARE_SECONDS),
            check=_check_archive,
        )
        return dict(response.json() or {})

    def _get(self, path: str) -> Any:
        return self._request("GET", path).json()

    def _request(
        self,
        method: str,
        path: str,
        *,
        accept: Sequence[int] = (),
        check: Callable[[httpx.Response], None] | None = None,
        **options: Any,
    ) -> httpx.Response:
        with _errors():
            response = self._send(method, path, **options)
        if response.status_code not in accept:
            (check or _check)(response)
        return response

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **options)
        except httpx.RemoteProtocolError:
            if method != "GET":
                raise
            # Orthanc closed the idle connection at the moment it was used again.
            return self._http.request(method, path, **options)

    def _timeouts(self, seconds: float) -> httpx.Timeout:
        return httpx.Timeout(seconds, connect=CONNECT_SECONDS)


def whole_seconds(seconds: float) -> int:
    """Return a timeout as Orthanc takes it; 0 would be for ever."""
    return max(1, math.ceil(seconds))


@contextmanager
def _errors() -> Iterator[None]:
    """Turn what goes wrong on the way into `RetryLater`, whose message names no path."""
    try:
        yield
    except (httpx.TransportError, httpx.StreamError, urllib3.exceptions.HTTPError) as error:
        raise RetryLater(f"Orthanc did not answer ({type(error).__name__})") from None


def _check(response: httpx.Response) -> None:
    code = response.status_code
    if response.is_success:
        return
    if code in REFUSED:
        raise ConfigurationError("Orthanc refuses PIXL's user; check the passwords in the secret store")
    if code == http.HTTPStatus.NOT_FOUND:
        raise NotStored
    if response.is_client_error:
        raise ConfigurationError(f"Orthanc does not take this request (HTTP {code}: {_reason(response)})")
    raise RetryLater(f"Orthanc answered HTTP {code} ({_reason(response)})")


def _check_upload(response: httpx.Response) -> None:
    if not response.is_success and _orthancs_code(response) in NOT_DICOM:
        raise NotDicom(_reason(response))
    _check(response)


def _check_archive(response: httpx.Response) -> None:
    if response.status_code == http.HTTPStatus.NOT_FOUND:
        raise ConfigurationError("orthanc-raw does not know this archive; check PIXL_ARCHIVE_* and restart it")
    # Orthanc answers 422 when the archive itself says that a C-FIND failed.
    if response.is_server_error or response.status_code == http.HTTPStatus.UNPROCESSABLE_ENTITY:
        raise ArchiveSilent(f"the archive did not answer ({_archive_reason(response)})")
    _check(response)


def _reason(response: httpx.Response) -> str:
    """Return Orthanc's name of its error; its `Details` may name a patient."""
    try:
        return str(response.json()["Message"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def _orthancs_code(response: httpx.Response) -> int | None:
    try:
        return int(response.json()["OrthancStatus"])
    except (ValueError, KeyError, TypeError):
        return None


def _archive_reason(response: httpx.Response) -> str:
    try:
        return why_archive_failed(str(response.json().get("Details", ""))) or _reason(response)
    except (ValueError, AttributeError):
        return "no reason given"


def _texts(answer: Mapping[str, Any]) -> dict[str, str]:
    return {keyword: value.strip().strip("\0") for keyword, value in answer.items() if isinstance(value, str)}
