"""Debian's vsftpd as a child process: a strict server, with TLS and session reuse required on every connection."""

from __future__ import annotations

import dbm.ndbm
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixl.domain.errors import ServiceUnavailable
from pixl.stack.ports import free_port
from pixl.testing.safe_haven import HOST, KEPT_AS, USER, Tls, make_certificates

PROGRAM = "/usr/sbin/vsftpd"
PAM_FOLDER = Path("/etc/pam.d")
GUEST = "daemon"
"""Whom the virtual user's files belong to: a system user whose home exists, as vsftpd wants."""
START_SECONDS = 10

CONFIG = """\
listen=YES
listen_ipv6=NO
listen_address={host}
listen_port={port}
background=NO
local_enable=YES
anonymous_enable=NO
guest_enable=YES
guest_username={guest}
virtual_use_local_privs=YES
write_enable=YES
local_umask=022
local_root={base}/received
chroot_local_user=YES
allow_writeable_chroot=YES
secure_chroot_dir={base}/empty
pam_service_name={service}
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
xferlog_enable=YES
vsftpd_log_file={base}/state/vsftpd.log
pasv_address=192.0.2.1
ssl_enable=YES
force_local_logins_ssl=YES
force_local_data_ssl=YES
require_ssl_reuse=YES
ssl_tlsv1=YES
ssl_sslv2=NO
ssl_sslv3=NO
ssl_ciphers=HIGH
implicit_ssl={implicit}
rsa_cert_file={base}/state/server.pem
rsa_private_key_file={base}/state/server.pem
"""
# pasv_address: what a server behind NAT says when it knows only its own side (192.0.2.0/24 is nobody's, RFC 5737).

PAM = """\
auth    required pam_userdb.so db={base}/state/users crypt=none
account required pam_userdb.so db={base}/state/users crypt=none
"""


def reason_to_skip() -> str | None:
    """Say why vsftpd cannot run here, if so: it changes its user, and asks PAM, whose folder is root's."""
    if not Path(PROGRAM).exists():
        return "needs vsftpd (apt-get install vsftpd)"
    if os.geteuid() != 0 or not os.access(PAM_FOLDER, os.W_OK):
        return "needs root, for vsftpd and its PAM service"
    if dbm.ndbm.library != "Berkeley DB":
        return "needs a Python whose dbm.ndbm writes Berkeley DB, as Debian's does, for pam_userdb"
    return None


class Vsftpd:
    """A running vsftpd, described as a `SafeHaven` is."""

    user, host = USER, HOST

    def __init__(self, base: Path, tls: Tls) -> None:
        self.base, self.tls = base, tls
        self.folder, self.state = base / "received", base / "state"
        self.password = secrets.token_urlsafe(12)
        self.port = free_port()

    @property
    def ca(self) -> Path:
        """The PEM file of the authority that signed the server's certificate."""
        return self.state / "ca.pem"

    def options(self, password_secret: str = KEPT_AS) -> dict[str, Any]:
        """Return the options for the destinations file."""
        where = {"kind": "ftps", "host": self.host, "port": self.port, "tls": self.tls, "ca": str(self.ca)}
        return {**where, "user": self.user, "password_secret": password_secret}

    def prepare(self, service: str) -> Path:
        """Write what vsftpd reads; return its configuration."""
        for folder in (self.folder, self.state, self.base / "empty"):
            folder.mkdir()
        shutil.chown(self.folder, GUEST)
        make_certificates(self.state)
        with dbm.ndbm.open(str(self.state / "users"), "n", 0o600) as users:
            users[self.user.encode()] = self.password.encode()
        (PAM_FOLDER / service).write_text(PAM.format(base=self.base))
        config = self.state / "vsftpd.conf"
        implicit = "YES" if self.tls == "implicit" else "NO"
        values = {"base": self.base, "host": self.host, "port": self.port, "guest": GUEST}
        config.write_text(CONFIG.format(**values, service=service, implicit=implicit))
        return config


@contextmanager
def vsftpd(tls: Tls = "explicit") -> Iterator[Vsftpd]:
    """Run vsftpd until the block ends; its folders, which its user must be able to enter, are gone then, too."""
    base = Path(tempfile.mkdtemp(prefix="pixl-vsftpd-"))
    base.chmod(0o755)
    server = Vsftpd(base, tls)
    try:
        process = subprocess.Popen([PROGRAM, str(server.prepare(base.name))])
        try:
            _await_port(server.port, process)
            yield server
        finally:
            process.terminate()
            process.wait()
    finally:
        (PAM_FOLDER / base.name).unlink(missing_ok=True)
        shutil.rmtree(base)


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise ServiceUnavailable(f"vsftpd did not start (exit code {process.poll()})")
