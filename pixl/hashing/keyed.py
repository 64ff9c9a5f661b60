"""How a pseudonym is made. Pure: the service uses it, and so does a machine that holds the project's key itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

from pixl.domain.errors import ConfigurationError
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.hashing.queries import SHIFT_BYTES, encoded

SHORTEST_SECRET = 32
"""Bytes."""
LIKE_A_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
"""A day of a life, as DICOM writes it."""


class KeyedPseudonymiser:
    """Pseudonyms by keyed BLAKE2b (RFC 7693), with a key of the project's own.

    Kind and length are part of the hash (its personalisation), so that no pseudonym says anything about another
    one: a hash of 8 digits is not the beginning of the one with 16. Threads may share it.

    Parameters
    ----------
    project_secret
        The secret as the store holds it, at least 32 bytes.

    Raises
    ------
    ConfigurationError
        The secret is too short to be one.
    """

    def __init__(self, project_secret: bytes) -> None:
        if len(project_secret) < SHORTEST_SECRET:
            raise ConfigurationError(
                f"a project's secret has at least {SHORTEST_SECRET} characters; make one with `openssl rand -hex 32`"
            )
        # A key of BLAKE2b has at most 64 bytes; a secret may be longer.
        self._key = blake2b(project_secret, person=b"pixl project key").digest()

    def pseudonyms(self, queries: Sequence[PseudonymQuery]) -> list[str]:
        """Return a pseudonym for each query, in their order.

        Raises
        ------
        InstanceFailed
            A value is blank, longer than any identifier, or no text.
        """
        return [self._pseudonym(query) for query in queries]

    def _pseudonym(self, query: PseudonymQuery) -> str:
        value = encoded(query)
        match query.kind:
            case PseudonymKind.HASH:
                # Two digits a byte; the last one of an odd length is cut off.
                digest = self._digest(value, b"hash %d" % query.length, (query.length + 1) // 2)
                return digest.hex()[: query.length]
            case PseudonymKind.UID:
                return f"2.25.{self._number(value)}"  # PS3.5 B.2
            case PseudonymKind.SHIFT:
                # 64 bits for some thousand days: no day is likelier than another by more than 1 in 10**14.
                return str(int.from_bytes(self._digest(value, b"days", SHIFT_BYTES)))

    def _number(self, value: bytes) -> int:
        """Return 128 bits in which no eight digits can be taken for a date; one in forty is drawn again for it."""
        drawn = self._digest(value, b"uid", 16)
        while LIKE_A_DATE.search(str(number := int.from_bytes(drawn))):
            drawn = self._digest(drawn, b"uid", 16)
        return number

    def _digest(self, value: bytes, person: bytes, size: int) -> bytes:
        return blake2b(value, key=self._key, person=person, digest_size=size).digest()
