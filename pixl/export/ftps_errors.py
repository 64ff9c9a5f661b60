"""What an FTPS server's refusals mean, and what a person can do about them."""

from __future__ import annotations

import ftplib
import socket
import ssl

from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.export.ftps_options import FtpsOptions
from pixl.export.options import Origin

NO_SPACE = (
    "no space",
    "disk full",
    "quota",
    "insufficient",
    "exceeded storage",
    "not enough space",
    "writing to local file",
)
"""What servers say, in any case, when the reply code does not tell a full disk from another fault; vsftpd the last."""

CERTIFICATE = {
    10: "its certificate has expired: the safe haven has to renew it",
    9: "its certificate is not valid yet: check the clocks of both sides",
    18: "its certificate is signed by itself: give it, or its authority, as `ca`",
    19: "its certificate is from an authority that is not trusted: give the authority's PEM file as `ca`",
    20: "its certificate is from an authority that is not trusted: give the authority's PEM file as `ca`",
    21: "its certificate is from an authority that is not trusted: give the authority's PEM file as `ca`",
    23: "its certificate is revoked: ask the safe haven",
    62: "its certificate is for another host: give as `host` the name that is in the certificate",
    64: "its certificate is for another host: give as `host` the name that is in the certificate",
}
"""By OpenSSL's verification result (X509_V_ERR_...)."""

REFUSALS = {
    530: "does not accept this user or password: correct `user` or the secret that `password_secret` names",
    532: "wants an account besides user and password, which PIXL cannot give",
    452: "has no space left: ask the safe haven to make room, then retry",
    552: "has no space left, or the quota is used up: ask the safe haven to make room, then retry",
    550: "refuses: check that `folder` exists and that the user may read, write, rename and make folders there",
    553: "refuses the name: check that `folder` exists and that the user may write and rename there",
    522: "refuses the protected data connection",
    534: "refuses to protect the connection, and PIXL sends nothing unprotected",
    536: "refuses to protect the connection, and PIXL sends nothing unprotected",
}
"""By reply code (RFC 959, RFC 2228, RFC 4217)."""

CONNECTING = "connecting"
NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"}
"""OpenSSL's words for bytes that are no TLS."""

NOT_OFFERED = {500, 501, 502, 503, 504}


def reply_code(error: BaseException) -> int | None:
    """Return the server's reply code, if the error is a reply."""
    text = str(error)[:3] if isinstance(error, ftplib.Error) else ""
    return int(text) if text.isdigit() else None


def is_lost(error: BaseException) -> bool:
    """Whether the control connection is gone (closed, broken, silent), which says nothing about the files."""
    return isinstance(error, (EOFError, OSError)) or reply_code(error) == 421  # noqa: PLR2004 - "closing control connection"


def explain(error: Exception, doing: str, options: FtpsOptions, origin: Origin) -> PixlError:
    """Return what to raise for an error of `ftplib`; never holds the server's words, a password or a file's content."""
    who = f"destination {origin.name!r} ({options.host}:{options.port})"
    if isinstance(error, ssl.SSLCertVerificationError):
        mend = CERTIFICATE.get(error.verify_code, "its certificate cannot be verified")
        return ConfigurationError(f"{who}: {mend} (while {doing}, OpenSSL's code {error.verify_code})")
    if isinstance(error, ftplib.Error):
        return _refusal(error, who, doing)
    if isinstance(error, ssl.SSLError):
        return _tls(error, who, doing)
    return RetryLater(f"{who} {_silence(error, options)} while {doing}")


def _refusal(error: ftplib.Error, who: str, doing: str) -> PixlError:
    code = reply_code(error)
    if any(words in str(error).lower() for words in NO_SPACE):
        code = 452
    if code in REFUSALS:
        return ConfigurationError(f"{who} {REFUSALS[code]} (while {doing}, reply {code})")
    if code in NOT_OFFERED:
        return ConfigurationError(f"{who} does not offer what PIXL needs for {doing} (reply {code})")
    if isinstance(error, ftplib.error_perm):
        return ConfigurationError(f"{who} refuses (while {doing}, reply {code})")
    return RetryLater(f"{who} could not go on while {doing} (reply {code or 'not understood'})")


def _tls(error: ssl.SSLError, who: str, doing: str) -> PixlError:
    if doing == CONNECTING and error.reason in NO_TLS:
        return ConfigurationError(f"{who} does not speak TLS there: check `port`, and `tls` (explicit or implicit)")
    if error.reason in {"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"}:
        return ConfigurationError(f"{who} offers no TLS of version 1.2 or later, and PIXL accepts no older one")
    return RetryLater(f"{who} broke the TLS connection while {doing} ({error.reason or type(error).__name__})")


def _silence(error: Exception, options: FtpsOptions) -> str:
    if isinstance(error, TimeoutError):
        return (
            f"gave no answer within {options.timeout:g} s (right `port` and `tls`? passive ports open in the firewall?)"
        )
    if isinstance(error, ConnectionRefusedError):
        return "refused the connection (is it running? right `host` and `port`?)"
    if isinstance(error, socket.gaierror):
        return "has a host name that could not be looked up (right `host`?)"
    return "closed or broke the connection"
