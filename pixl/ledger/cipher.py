"""Encrypts what the ledger holds of a patient, and makes the fingerprints by which it finds a study again."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixl.domain.errors import ConfigurationError

NONCE_BYTES = 12
KEY_BYTES = 32


class Cipher:
    """AES-256-GCM and keyed BLAKE2b under two keys that are derived from the one `ledger-key`."""

    def __init__(self, key: bytes) -> None:
        try:
            secret = bytes.fromhex(key.decode("ascii").strip())
        except ValueError:
            secret = b""
        if len(secret) != KEY_BYTES:
            raise ConfigurationError("the secret `ledger-key` must be 64 hexadecimal digits")
        self._aead = AESGCM(hashlib.blake2b(key=secret, person=b"pixl-encrypt", digest_size=KEY_BYTES).digest())
        self._print_key = hashlib.blake2b(key=secret, person=b"pixl-fingerprint", digest_size=KEY_BYTES).digest()

    def encrypt(self, document: Any) -> bytes:
        """Encrypt a JSON document."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, json.dumps(document).encode("utf-8"), None)

    def decrypt(self, sealed: bytes) -> Any:
        """Decrypt what `encrypt` made.

        Raises
        ------
        ConfigurationError
            It was made with another key.
        """
        try:
            return json.loads(self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
        except InvalidTag:
            raise ConfigurationError(
                "the ledger was written with another `ledger-key`; restore the key that belongs to this database"
            ) from None

    def fingerprint(self, *parts: str) -> bytes:
        """Return 16 bytes that are the same for the same parts, and tell nothing without the key."""
        text = "\x1f".join(parts).encode("utf-8")
        return hashlib.blake2b(text, key=self._print_key, digest_size=16).digest()
