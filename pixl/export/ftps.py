"""A safe haven behind FTPS, explicit or implicit."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pixl.domain.destination import Receipt
from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.export.ftps_options import FtpsOptions
from pixl.export.ftps_session import FtpsAccess, FtpsSession
from pixl.export.names import manifest, manifest_name, partial_name, read_manifest, split_name
from pixl.export.options import Origin, read_options
from pixl.export.stream import Tally, blocks, is_repeatable

log = logging.getLogger(__name__)

MANIFEST_LIMIT = 4096


def open_ftps(options: Mapping[str, Any], origin: Origin, secrets: SecretStore) -> FtpsDestination:
    """Return the FTPS server that the options name. Nothing is connected to yet."""
    chosen = read_options(FtpsOptions, options, origin)
    password = _password(secrets.get(chosen.password_secret), chosen.password_secret)
    context = _context(chosen, origin)
    return FtpsDestination(FtpsAccess(origin=origin, options=chosen, context=context, password=password))


def _password(secret: bytes, name: str) -> str:
    try:
        password = secret.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigurationError(f"the secret {name!r} is not UTF-8 text") from None
    if not password or any(character in password for character in "\r\n\0"):
        raise ConfigurationError(f"the secret {name!r} must be one line that is not empty")
    return password


def _context(options: FtpsOptions, origin: Origin) -> ssl.SSLContext:
    ca = origin.path(options.ca) if options.ca else None
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise ConfigurationError(
            f"destination {origin.name!r}: {ca} is no PEM file of a certificate authority"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class FtpsDestination:
    """An FTPS server. What it holds under its final name is whole, was verified, and has a manifest beside it.

    Keeps no connection between two calls, so that any number of threads may share it.
    """

    def __init__(self, access: FtpsAccess) -> None:
        self._access = access

    def put(self, chunks: Iterable[bytes], name: str) -> Receipt:
        """Send `chunks` to `name`; see `pixl.domain.destination.Destination`.

        Notes
        -----
        If the server has the name with its manifest, `chunks` are first only counted: when they are the same, nothing
        is sent. When they are not, they are needed a second time. An iterator cannot be repeated; then the manifest is
        removed, so that the next try sends at once, and `RetryLater` is raised.
        """
        folder, base = split_name(name)
        with FtpsSession(self._access, folder) as session:
            if (stored := self._stored(session, base, name)) is not None:
                tally = Tally().drain(chunks)
                if tally.receipt(name) == stored:
                    return stored
                self._make_way(session, base, chunks)
            receipt = self._store_with_manifest(session, chunks, base).receipt(name)
        log.info("stored %s at %s, %d bytes", name, self._access.origin.name, receipt.size)
        return receipt

    def remove(self, name: str) -> None:
        """Take back `name`; see `pixl.domain.destination.Destination`."""
        folder, base = split_name(name)
        prefix = f"{folder}/" if folder else ""
        with FtpsSession(self._access, "") as session:  # not in the folder, which would be made where it is gone
            session.remove(f"{prefix}{base}")
            session.remove(f"{prefix}{manifest_name(base)}")
        log.info("removed %s at %s", name, self._access.origin.name)

    def check(self) -> str:
        """Connect, verify the certificate, log in and enter the folder, as `put` does; say what was seen."""
        with FtpsSession(self._access, ""):
            options = self._access.options
            return f"{options.host}:{options.port} has a certificate that is trusted, and takes the login"

    def _stored(self, session: FtpsSession, base: str, name: str) -> Receipt | None:
        """Return what the server has under a name; None where there is nothing, or no manifest that vouches for it."""
        size = session.size(base)
        known = session.size(manifest_name(base)) if size is not None else None
        if size is None or known is None or known > MANIFEST_LIMIT:
            return None
        with suppress(ConfigurationError):  # a server that lets nothing be read
            sha256 = read_manifest(b"".join(session.download(manifest_name(base))), base)
            return Receipt(name=name, size=size, sha256=sha256) if sha256 else None
        return None

    def _make_way(self, session: FtpsSession, base: str, chunks: Iterable[bytes]) -> None:
        # The manifest first: without one nothing vouches for what is left if this is where it ends.
        session.remove(manifest_name(base))
        session.remove(base)
        if not is_repeatable(chunks):
            raise RetryLater(
                f"destination {self._access.origin.name!r} has another version of this file; the next try replaces it"
            )

    def _store_with_manifest(self, session: FtpsSession, chunks: Iterable[bytes], base: str) -> Tally:
        # The manifest comes first: who dies in between sends again, and has not given the file its name yet.
        with _partial(session, base) as partial:
            tally = self._send(session, chunks, partial)
            self._store(session, [manifest(base, tally.receipt(base).sha256)], manifest_name(base))
            session.rename(partial, base, tally.size)
        return tally

    def _store(self, session: FtpsSession, chunks: Iterable[bytes], base: str) -> None:
        with _partial(session, base) as partial:
            session.rename(partial, base, self._send(session, chunks, partial).size)

    def _send(self, session: FtpsSession, chunks: Iterable[bytes], partial: str) -> Tally:
        tally = Tally()
        session.upload(partial, blocks(tally.over(chunks)))
        self._verify(session, partial, tally)
        return tally

    def _verify(self, session: FtpsSession, partial: str, sent: Tally) -> None:
        """Compare what the server has with what was sent."""
        origin, options = self._access.origin, self._access.options
        size = session.size(partial)
        if size is None and not options.readback:
            raise ConfigurationError(f"destination {origin.name!r} does not tell a file's size: set `readback: true`")
        if size not in {None, sent.size}:
            raise RetryLater(f"destination {origin.name!r} stored {size} of {sent.size} bytes")
        if options.readback and not sent.is_same_as(session.download(partial)):
            raise RetryLater(f"destination {origin.name!r} stored other bytes than were sent")


@contextmanager
def _partial(session: FtpsSession, base: str) -> Iterator[str]:
    """Give the name that a file has until it is verified; what goes wrong meanwhile leaves nothing under it."""
    name, renamed = partial_name(base), False
    try:
        yield name
        renamed = True
    finally:
        if not renamed:
            with suppress(PixlError):  # the next try overwrites it
                session.delete(name)
