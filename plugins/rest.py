"""JSON routes of an Orthanc plugin: the one place where an error becomes an HTTP status."""

from __future__ import annotations

import http
import json
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pydantic

from pixl.domain.errors import ConfigurationError, PixlError, RetryLater, StudyRejected
from pixl.orthanc import NotStored
from plugins.callbacks import kept

log = logging.getLogger("pixl.plugins")


class Busy(PixlError):
    """The same study is being worked on for the same project right now."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a route answers with: a document, or bytes."""

    document: Any
    status: int = http.HTTPStatus.OK


@dataclass(frozen=True, kw_only=True, repr=False)
class Asked:
    """A request as a route sees it."""

    groups: tuple[str, ...]
    """What the pattern's groups matched."""
    body: bytes


Handler = Callable[[Asked], Answer]

STATUSES: tuple[tuple[type[PixlError], int, str], ...] = (
    (Busy, http.HTTPStatus.CONFLICT, "busy"),
    (NotStored, http.HTTPStatus.NOT_FOUND, "missing"),
    (RetryLater, http.HTTPStatus.SERVICE_UNAVAILABLE, "retry"),
    (StudyRejected, http.HTTPStatus.UNPROCESSABLE_ENTITY, "rejected"),
    (ConfigurationError, http.HTTPStatus.UNPROCESSABLE_ENTITY, "configuration"),
)
"""Error, status, and what `kind` says to a program, which `reason` says to a person."""


def add_route(orthanc: Any, pattern: str, handlers: Mapping[str, Handler]) -> None:
    """Answer requests to `pattern` with the handler of their method (`GET`, `POST`)."""

    def callback(output: Any, _uri: str, **request: Any) -> None:
        handler = handlers.get(request["method"])
        if handler is None:
            output.SendMethodNotAllowed(",".join(handlers))
        elif "body" in request and not _is_json(request["headers"]):
            # Also what keeps another site's form from using the credentials that a browser remembers.
            _send(output, _refusal(http.HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "configuration", "send JSON"))
        else:
            _send(output, answer(handler, Asked(groups=request["groups"], body=request.get("body", b""))))

    orthanc.RegisterRestCallback(pattern, kept(callback))


def answer(handler: Handler, asked: Asked) -> Answer:
    """Run a handler, and turn what it raises into an answer."""
    try:
        return handler(asked)
    except pydantic.ValidationError as error:
        # The values stay out: pydantic's own text quotes them.
        where = ", ".join(sorted({".".join(map(str, mistake["loc"])) or "body" for mistake in error.errors()}))
        return _refusal(http.HTTPStatus.UNPROCESSABLE_ENTITY, "configuration", f"the request is wrong at: {where}")
    except PixlError as error:
        return _known(error)
    except Exception as bug:  # noqa: BLE001 - the outermost loop: Orthanc would log the values in the error's text
        log.critical("a request failed: %s", where_it_broke(bug))
        return _refusal(http.HTTPStatus.INTERNAL_SERVER_ERROR, "bug", where_it_broke(bug))


def where_it_broke(bug: BaseException) -> str:
    """Return an error's class and place: what helps to mend it, without its text, which may quote a patient's value."""
    frames = traceback.extract_tb(bug.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(bug).__name__}{place}"


def _known(error: PixlError) -> Answer:
    for kind, status, word in STATUSES:
        if isinstance(error, kind):
            return _refusal(status, word, str(error))
    return _refusal(http.HTTPStatus.UNPROCESSABLE_ENTITY, "failed", str(error))


def _refusal(status: int, kind: str, reason: str) -> Answer:
    return Answer(status=status, document={"reason": reason, "kind": kind})


def _is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _send(output: Any, reply: Answer) -> None:
    if isinstance(reply.document, bytes):
        output.AnswerBuffer(reply.document, "application/octet-stream")
        return
    text = json.dumps(reply.document)
    if reply.status == http.HTTPStatus.OK:
        output.AnswerBuffer(text, "application/json")
        return
    output.SetHttpHeader("Content-Type", "application/json")
    try:
        output.SendHttpStatus(reply.status, text.encode())
    except TypeError:  # version 4.0 of Orthanc's Python plugin wants it so; 5.0 takes nothing but the bytes
        output.SendHttpStatus(reply.status, text, len(text))
