"""A logged-in visit to an FTPS server, in one folder; comes back by itself when the control connection was lost."""

from __future__ import annotations

import ftplib
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self, TypeVar

from pixl.domain.errors import PixlError
from pixl.export.ftps_client import FtpsClient, finish
from pixl.export.ftps_errors import CONNECTING, explain, is_lost, reply_code
from pixl.export.ftps_options import FtpsOptions
from pixl.export.options import Origin
from pixl.export.stream import BLOCK

LAST_WORDS_SECONDS = 3.0
"""How long to wait for the server to say why it broke off a transfer."""
READING = "reading a file back, which `readback: false` does without"
NOT_AVAILABLE = 550
"""The reply to a name that is not there, and to one that may not be touched (RFC 959)."""
SOME = TypeVar("SOME")


@dataclass(frozen=True, kw_only=True)
class FtpsAccess:
    """All that is needed to log in."""

    origin: Origin
    options: FtpsOptions
    context: ssl.SSLContext = field(repr=False)
    password: str = field(repr=False)


class FtpsSession:
    """What PIXL does at an FTPS server.

    Methods raise `RetryLater` or `ConfigurationError`, never ftplib's errors; those of a source of chunks pass.
    """

    def __init__(self, access: FtpsAccess, folder: str) -> None:
        self._access, self._folder = access, folder
        self._client = self._connected()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.leave()

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes, or None where there is no such file or the server does not tell."""
        with self._told("asking for a file's size"):
            return self._steady(lambda client: _size(client, name))

    def delete(self, name: str) -> None:
        """Remove a file; it is no error that there is none."""
        with self._told("deleting a file"), suppress(ftplib.error_perm):
            self._steady(lambda client: client.delete(name))

    def remove(self, name: str) -> None:
        """Remove a file; a server that keeps it is an error, none that it is gone already."""
        with self._told("removing a file"):
            self._steady(lambda client: _remove(client, name))

    def rename(self, name: str, final: str, size: int) -> None:
        """Give a file of `size` bytes its final name, whatever had that before."""
        with self._told("renaming a file"):
            try:
                _rename(self._client, name, final)
            except ftplib.all_errors as error:
                if not is_lost(error):
                    raise
                self._reconnect()
                if not _was_renamed(self._client, name, final, size):
                    _rename(self._client, name, final)

    def upload(self, name: str, chunks: Iterable[bytes]) -> None:
        """Send `chunks`. Whether the server has them all is for the caller to verify."""
        with self._data(f"STOR {name}", "sending a file") as connection:
            for chunk in chunks:
                with self._told("sending a file"), self._last_words(connection):
                    connection.sendall(chunk)

    def download(self, name: str) -> Iterator[bytes]:
        """Yield a file's content; whether that was all of it is for the caller to verify."""
        with self._data(f"RETR {name}", READING) as connection:
            while chunk := self._received(connection):
                yield chunk

    @contextmanager
    def _data(self, command: str, doing: str) -> Iterator[socket.socket]:
        """Open and end one data connection."""
        with self._told(doing):
            connection = self._steady(lambda client: client.transfercmd(command))
        whole = False
        try:
            yield connection
            finish(connection)
            whole = True
        finally:
            connection.close()
            if not whole:  # the reply that is still to come would be taken for the next command's
                self._client.close()
        self._await_end(doing)

    def _received(self, connection: socket.socket) -> bytes:
        with self._told(READING), self._last_words(connection):
            return connection.recv(BLOCK)

    def _await_end(self, doing: str) -> None:
        """Wait for the server's reply to a transfer. A control connection that idled to death takes nothing away."""
        with self._told(doing):
            try:
                self._client.voidresp()
            except ftplib.all_errors as error:
                if not is_lost(error):
                    raise
                self._reconnect()

    @contextmanager
    def _last_words(self, connection: socket.socket) -> Iterator[None]:
        """When a data connection breaks, raise what the server says about it, such as that its disk is full."""
        try:
            yield
        except OSError as broken:
            connection.close()  # some servers say nothing before
            with suppress(EOFError, OSError):
                self._client.hear(LAST_WORDS_SECONDS)
            raise broken from None

    @contextmanager
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except ftplib.all_errors as error:
            raise explain(error, doing, self._access.options, self._access.origin) from error

    def _steady(self, step: Callable[[FtpsClient], SOME]) -> SOME:
        """Do a step that may be repeated; when the control connection is gone, once more on a new one."""
        if self._client.sock is None:
            self._reconnect()
        try:
            return step(self._client)
        except ftplib.all_errors as error:
            if not is_lost(error):
                raise
            self._reconnect()
            return step(self._client)

    def _reconnect(self) -> None:
        self._client.close()
        self._client = self._connected()

    def _connected(self) -> FtpsClient:
        client = FtpsClient(self._access.options, self._access.context)
        try:
            with self._told(CONNECTING):
                client.start()
            with self._told("logging in"):
                client.enter(self._access.password)
                self._go_to_folder(client)
        except PixlError:
            client.close()
            raise
        return client

    def _go_to_folder(self, client: FtpsClient) -> None:
        """Enter the folder of the options, which a person makes, and in it the one of this visit, which PIXL makes."""
        with self._told(f"entering `folder` {self._access.options.folder!r}"):
            if self._access.options.folder:
                client.cwd(self._access.options.folder)
        if not self._folder:
            return
        try:
            client.cwd(self._folder)
        except ftplib.error_perm:
            with self._told("making a folder"):
                _make_folders(client, self._folder)


def _make_folders(client: FtpsClient, folder: str) -> None:
    for part in folder.split("/"):
        with suppress(ftplib.error_perm):  # there already, or just made by another worker; if not, entering it fails
            client.mkd(part)
        client.cwd(part)


def _size(client: FtpsClient, name: str) -> int | None:
    with suppress(ftplib.error_perm):
        return client.size(name)
    return None


def _remove(client: FtpsClient, name: str) -> None:
    try:
        client.delete(name)
    except ftplib.error_perm as error:
        if reply_code(error) != NOT_AVAILABLE or _size(client, name) is not None:
            raise


def _rename(client: FtpsClient, name: str, final: str) -> None:
    client.sendcmd(f"RNFR {name}")
    try:
        client.voidcmd(f"RNTO {final}")
    except ftplib.error_perm:
        if _size(client, final) is None:
            raise
        client.delete(final)  # this server renames to no name that is taken
        client.rename(name, final)


def _was_renamed(client: FtpsClient, name: str, final: str, size: int) -> bool:
    return _size(client, name) is None and _size(client, final) == size
