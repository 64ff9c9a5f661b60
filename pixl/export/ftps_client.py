"""`ftplib` with what strict FTPS servers and NAT ask for."""

from __future__ import annotations

import ftplib
import socket
import ssl
from contextlib import suppress

from pixl.export.ftps_options import FtpsOptions

GOODBYE_SECONDS = 5.0
"""How long the polite end of a connection may take; what matters has been said by then."""


class FtpsClient(ftplib.FTP_TLS):
    """One control connection, and the data connections that belong to it."""

    def __init__(self, options: FtpsOptions, context: ssl.SSLContext) -> None:
        super().__init__(context=context, timeout=options.timeout)
        self.options = options
        self.trust_server_pasv_ipv4_address = options.use_passive_address
        self.offers_epsv = not options.use_passive_address

    def start(self) -> None:
        """Connect and start TLS; the server's certificate is verified."""
        if self.options.tls == "implicit":
            self._connect_implicit()
        else:
            self.connect(self.options.host, self.options.port)
            self.auth()
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def enter(self, password: str) -> None:
        """Log in, protect the data connections, and send files as they are."""
        self.login(self.options.user, password)
        self.prot_p()
        self.voidcmd("TYPE I")

    def _connect_implicit(self) -> None:
        self.host, self.port = self.options.host, self.options.port
        plain = socket.create_connection((self.host, self.port), self.options.timeout)
        self.af = plain.family
        self.sock = self._wrap(plain, None)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()

    def _wrap(self, plain: socket.socket, session: ssl.SSLSession | None) -> ssl.SSLSocket:
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a manifest takes 40 ms instead of 1
            return self.context.wrap_socket(plain, server_hostname=self.host, session=session)
        except OSError:
            plain.close()
            raise

    def _socket(self) -> ssl.SSLSocket:
        if not isinstance(self.sock, ssl.SSLSocket):
            raise EOFError  # noqa: TRY004 - closed: what ftplib itself raises when the server has gone
        return self.sock

    def makepasv(self) -> tuple[str, int]:
        """Ask where to send data to. EPSV has no address that a NAT could make wrong; PASV's is not believed."""
        if self.offers_epsv:
            try:
                return ftplib.parse229(self.sendcmd("EPSV"), self._socket().getpeername())  # noqa: S321 - TLS
            except ftplib.error_perm:
                self.offers_epsv = False
        return super().makepasv()

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """Open a data connection that resumes the control connection's TLS session, as many servers insist."""
        plain, size = super(ftplib.FTP_TLS, self).ntransfercmd(cmd, rest)
        return self._wrap(plain, self._socket().session), size

    def hear(self, seconds: float) -> None:
        """Read a reply that is there or comes soon; a refusal raises ftplib's error."""
        self._socket().settimeout(seconds)
        self.voidresp()

    def leave(self) -> None:
        """Say goodbye if the server still listens."""
        with suppress(*ftplib.all_errors):
            self._socket().settimeout(GOODBYE_SECONDS)
            self.quit()
        self.close()


def finish(connection: socket.socket) -> None:
    """End a data connection with TLS's own goodbye, so that the server can tell an end from a break."""
    with suppress(OSError, ValueError):
        connection.settimeout(GOODBYE_SECONDS)
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap()
    connection.close()
