"""What is taken from the network: who asks, how much, and in what form. No reply repeats what was sent."""

from __future__ import annotations

import hmac

from fastapi import HTTPException, Request, status
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.hashing.queries import BODY_LIMIT, LENGTHS, PROJECT, QUERIES_LIMIT, VALUE_LIMIT


class Query(BaseModel):
    """A value and what it shall become."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    value: str = Field(min_length=1, max_length=VALUE_LIMIT, repr=False)
    kind: PseudonymKind = PseudonymKind.HASH
    length: int = Field(default=LENGTHS[-1], ge=LENGTHS[0], le=LENGTHS[-1], strict=True)


class Batch(BaseModel):
    """Many values of one project."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    project: str = Field(pattern=rf"^{PROJECT.pattern}$")
    queries: list[Query] = Field(max_length=QUERIES_LIMIT, repr=False)

    def as_queries(self) -> list[PseudonymQuery]:
        """Return the queries as the pseudonymiser takes them."""
        return [PseudonymQuery(value=item.value, kind=item.kind, length=item.length) for item in self.queries]


FIELDS = frozenset(Batch.model_fields) | frozenset(Query.model_fields)


class TokenGuard:
    """Lets through who sends the token that the services share."""

    def __init__(self, token: bytes) -> None:
        self._expected = b"Bearer " + token

    async def __call__(self, request: Request) -> None:
        """Raise a 401 for anyone else. The comparison takes as long for a wrong token as for the right one."""
        given = request.headers.get("Authorization", "").encode("latin-1")
        if not hmac.compare_digest(given, self._expected):
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "wrong token", headers={"WWW-Authenticate": "Bearer"})


async def read_batch(request: Request) -> Batch:
    """Read and check a request's body.

    FastAPI would read a body of any size before it asks for the token, and its reply to a wrong one repeats it.
    """
    try:
        return Batch.model_validate_json(await _limited_body(request))
    except ValidationError as error:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, _explained(error)) from None


async def _limited_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, f"a request has at most {BODY_LIMIT} bytes")
    return bytes(body)


def _explained(error: ValidationError) -> str:
    """Say where and what is wrong. A key that we do not know may be an identifier, so it is not named."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    known = [str(part) if isinstance(part, int) or part in FIELDS else "(unknown key)" for part in first["loc"]]
    return f"{'.'.join(known) or 'body'}: {first['type']}"
