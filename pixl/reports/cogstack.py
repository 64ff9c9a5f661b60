"""Clients of CogStack's de-identification services. What they answer is compared with what was sent, and fails closed.

Never called: `/api/process_bulk` of MedCATservice, which in its de-identification mode returns the *original* text with
`success: true`.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixl.domain.errors import ConfigurationError, ReportFailed, RetryLater
from pixl.reports.engine import Seen
from pixl.text import Identifiers, Kind, Span

LABEL = re.compile(r"\[[^\[\]\n]{1,80}\]")
WARNING = "WARNING:"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CERTAINTY = 0.9
LONGEST_PAUSE = 60.0
KINDS = {
    "name": Kind.NAME,
    "patient": Kind.NAME,
    "doctor": Kind.NAME,
    "clinician": Kind.NAME,
    "staff": Kind.NAME,
    "initial": Kind.NAME,
    "date": Kind.DATE,
    "birth": Kind.DATE,
    "nhs": Kind.NHS,
    "hospital number": Kind.MRN,
    "mrn": Kind.MRN,
    "phone": Kind.PHONE,
    "telephone": Kind.PHONE,
    "email": Kind.EMAIL,
    "url": Kind.URL,
    "post": Kind.POSTCODE,
    "zip": Kind.POSTCODE,
    "address": Kind.ADDRESS,
    "location": Kind.ADDRESS,
    "hospital": Kind.HOSPITAL,
    "age": Kind.AGE,
    "identifier": Kind.NUMBER,
    "number": Kind.NUMBER,
}
"""A word of a CogStack label -> what it is to us; the first that fits."""

Interface = Literal["redact", "modelserve-redact", "modelserve-process", "medcat-service"]


class CogStackOptions(BaseModel):
    """How to reach a service, and which of CogStack's interfaces it has."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["cogstack"]
    interface: Interface
    """`redact`: the URL itself takes a text and answers with one, as the peer's."""
    url: str
    token_secret: str | None = None
    ca: Path | None = None
    timeout: float = Field(default=30, gt=0, le=600)
    concurrency: int = Field(default=4, ge=1, le=64)


class _Annotation(BaseModel):
    """What ModelServe says of a stretch; more keys may be there."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    label_name: str = ""
    accuracy: float | None = None


class _Processed(BaseModel):
    text: str
    annotations: list[_Annotation]


class _MedcatResult(BaseModel):
    text: str | None = None
    success: bool
    annotations: list[Any] = []


class _MedcatReply(BaseModel):
    result: _MedcatResult


@dataclass(frozen=True, kw_only=True)
class Question:
    """A text as one interface wants it."""

    path: str
    text: str | None = None
    json: Any = None


@dataclass(kw_only=True)
class CogStackEngine:
    """One service. Used from many threads, of which as many ask at once as it allows."""

    name: str
    options: CogStackOptions
    token: str | None = field(default=None, repr=False)
    is_remote: bool = True

    def __post_init__(self) -> None:
        url, options = urlsplit(self.options.url), self.options
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOOPBACK):
            raise ConfigurationError(
                f"engine {self.name!r}: the url must start with https:// (reports are identifiable)"
            )
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            context = ssl.create_default_context(cafile=str(options.ca) if options.ca else None)
        except (OSError, ssl.SSLError):
            raise ConfigurationError(f"engine {self.name!r}: ca: {options.ca} holds no certificates") from None
        # No proxy, no redirect: the text goes where the deployment says, or nowhere.
        self._client = httpx.Client(
            headers=headers,
            timeout=options.timeout,
            verify=context,
            trust_env=False,
            limits=httpx.Limits(max_connections=options.concurrency),
        )
        self._room = threading.BoundedSemaphore(options.concurrency)
        self._not_before = 0.0

    @property
    def version(self) -> str:
        """The interface: the service itself may change its model at any time."""
        return self.options.interface

    def find(self, text: str, known: Identifiers) -> Seen:  # noqa: ARG002  it is told nothing but the text
        """Return what the service finds in a text; raises as `Engine.find` does."""
        ask, read = INTERFACES[self.options.interface]
        reply = self._post(ask(text))
        try:
            spans = read(reply, text)
        except (ValidationError, ValueError, UnicodeDecodeError):
            raise RetryLater(f"engine {self.name!r} did not answer as its interface says") from None
        if spans is None:
            raise ReportFailed(f"engine {self.name!r} answered with another text than the one that was sent")
        return Seen(spans=tuple(spans), silent=not spans)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _post(self, question: Question) -> httpx.Response:
        if time.monotonic() < self._not_before:
            raise RetryLater(f"engine {self.name!r} asked to be left alone for a while")
        url = self.options.url.rstrip("/") + question.path
        try:
            with self._room:
                if question.text is None:
                    reply = self._client.post(url, json=question.json)
                else:
                    body = question.text.encode("utf-8")
                    reply = self._client.post(url, content=body, headers={"Content-Type": "text/plain; charset=utf-8"})
        except httpx.HTTPError as error:
            raise RetryLater(f"engine {self.name!r} does not answer ({type(error).__name__})") from None
        self._check(reply)
        return reply

    def _check(self, reply: httpx.Response) -> None:
        """Raise what a status means; the body of a refusal may hold the text and is not looked at."""
        match reply.status_code:
            case 200:
                return
            case 401 | 403:
                raise ConfigurationError(f"engine {self.name!r} refuses the token: see its token_secret")
            case 404 | 405:
                raise ConfigurationError(
                    f"engine {self.name!r} has no such interface at its url: see interface and url"
                )
            case 429:
                self._not_before = time.monotonic() + _pause(reply.headers.get("Retry-After", ""))
                raise RetryLater(f"engine {self.name!r} asks for a slower pace (429)")
            case code if code >= httpx.codes.INTERNAL_SERVER_ERROR or code in (408, 425):
                raise RetryLater(f"engine {self.name!r} answered {code}")
            case code:
                raise ReportFailed(f"engine {self.name!r} refuses this text ({code})")


def aligned(redacted: str, text: str) -> list[Span] | None:
    """Return what a reply masked: the stretches of `text` for which `redacted` has a label. None: it is another text.

    Outside its labels the reply must be the text, character by character, in order. So what stays in the text when
    these stretches are masked is never more than what the reply itself shows.
    """
    labels = list(LABEL.finditer(redacted))
    starts = [0, *(label.end() for label in labels)]
    ends = [*(label.start() for label in labels), len(redacted)]
    chunks = [redacted[start:end] for start, end in zip(starts, ends, strict=True)]
    at = _placed(chunks[0], text)
    if at is None:
        return None
    spans: list[Span] = []
    for place, (label, chunk) in enumerate(zip(labels, chunks[1:], strict=True), start=1):
        start = _found(chunk, text, at, label[0], is_last=place == len(labels))
        if start is None:
            return None
        if start > at and text[at:start] != label[0]:
            spans.append(Span(at, start, kind_of(label[0]), "remote engine", CERTAINTY))
        at = start + len(chunk)
    return spans if not text[at:].strip() else None


def _placed(chunk: str, text: str) -> int | None:
    """Return where the first chunk ends; services may drop white space before it."""
    lead = len(text) - len(text.lstrip())
    for start in (0, lead):
        if text.startswith(chunk, start):
            return start + len(chunk)
    return None


def _found(chunk: str, text: str, at: int, label: str, *, is_last: bool) -> int | None:
    """Return where a chunk begins behind a label: at once if the label is the text's own, else where it fits first."""
    own = at + len(label)
    if (
        text.startswith(label, at)
        and text.startswith(chunk, own)
        and not (is_last and text[own + len(chunk) :].strip())
    ):
        return own
    if is_last:
        tail = text.rstrip()
        start = len(tail) - len(chunk.rstrip())
        return (
            start if start >= at and tail.endswith(chunk.rstrip()) and text.startswith(chunk.rstrip(), start) else None
        )
    start = text.find(chunk, at + 1) if chunk else at
    return start if start >= 0 else None


def kind_of(label: str) -> Kind:
    """Return what a label of CogStack's means."""
    words = label.strip("[]").lower().replace("_", " ")
    return next((kind for word, kind in KINDS.items() if word in words), Kind.UNKNOWN)


def _pause(text: str) -> float:
    try:
        return min(max(float(text), 1.0), LONGEST_PAUSE)
    except ValueError:
        return 5.0


def _redact(text: str) -> Question:
    return Question(path="", text=text)


def _modelserve_redact(text: str) -> Question:
    return Question(path="/redact?warn_on_no_redaction=true", text=text)


def _modelserve_process(text: str) -> Question:
    return Question(path="/process", text=text)


def _medcat_service(text: str) -> Question:
    return Question(path="/api/process", json={"content": {"text": text}})


def _read_text(reply: httpx.Response, text: str) -> list[Span] | None:
    kind = reply.headers.get("Content-Type", "text/plain").partition(";")[0].strip().lower()
    if kind != "text/plain":
        raise ValueError("not a text")
    redacted = reply.content.decode("utf-8")
    return [] if redacted.lstrip().startswith(WARNING) else aligned(redacted, text)


def _read_process(reply: httpx.Response, text: str) -> list[Span] | None:
    answer = _Processed.model_validate_json(reply.content)
    return list(_spans(answer, text)) if answer.text == text else None


def _spans(answer: _Processed, text: str) -> Iterator[Span]:
    for found in answer.annotations:
        if not found.start < found.end <= len(text):
            raise ValueError("a place that the text does not have")
        certainty = CERTAINTY if found.accuracy is None else min(max(found.accuracy, 0.0), 1.0)
        yield Span(found.start, found.end, kind_of(found.label_name), "remote engine", certainty)


def _read_medcat(reply: httpx.Response, text: str) -> list[Span] | None:
    result = _MedcatReply.model_validate_json(reply.content).result
    if not result.success or result.text is None:
        raise ValueError("no success")
    return aligned(result.text, text)


Reader = Callable[[httpx.Response, str], "list[Span] | None"]
INTERFACES: dict[str, tuple[Callable[[str], Question], Reader]] = {
    "redact": (_redact, _read_text),
    "modelserve-redact": (_modelserve_redact, _read_text),
    "modelserve-process": (_modelserve_process, _read_process),
    "medcat-service": (_medcat_service, _read_medcat),
}
"""How each interface is asked, and its reply read."""
