"""Real servers that misbehave: nothing half or wrong ever gets its final name, and the message says what to do."""

import os
import socket
import subprocess
import threading
import uuid
from pathlib import Path
from typing import ClassVar

import pytest
import trustme
from pyftpdlib.handlers import FTPHandler, TLS_DTPHandler

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.testing.safe_haven import ExplicitHandler

pytestmark = pytest.mark.servers

CONTENT = bytes(range(256)) * 8000
NAME = "project/study.zip"
BOTH = {"project/study.zip", "project/study.zip.sha256"}


def chunks():
    """The content as a stream that can be gone through once."""
    return iter([CONTENT[start : start + 50_000] for start in range(0, len(CONTENT), 50_000)])


# --- who the server is


def test_an_expired_certificate_is_for_the_safe_haven_to_renew(serve):
    haven = serve(ExplicitHandler, certificates={"expired": True})
    with pytest.raises(ConfigurationError, match="has expired"):
        haven.put(chunks(), NAME)


def test_a_certificate_of_another_authority_is_not_accepted(serve, tmp_path):
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    haven = serve(ExplicitHandler, ca=str(tmp_path / "other.pem"))
    with pytest.raises(ConfigurationError, match=r"not trusted.*`ca`"):
        haven.put(chunks(), NAME)


def test_without_a_ca_the_authorities_of_the_system_count(serve):
    haven = serve(ExplicitHandler, ca=None)
    with pytest.raises(ConfigurationError, match=r"not trusted.*`ca`"):
        haven.put(chunks(), NAME)


def test_a_certificate_for_another_host_is_not_accepted(serve):
    haven = serve(ExplicitHandler, certificates={"names": ["haven.example"]})
    with pytest.raises(ConfigurationError, match=r"another host.*`host`"):
        haven.put(chunks(), NAME)


def test_a_server_without_tls_gets_neither_password_nor_data(serve):
    seen = []

    class Plain(FTPHandler):
        def pre_process_command(self, line, cmd, arg):
            seen.append(cmd)
            super().pre_process_command(line, cmd, arg)

    with pytest.raises(ConfigurationError, match="does not offer what PIXL needs"):
        serve(Plain).put(chunks(), NAME)
    assert not {"USER", "PASS", "STOR"} & set(seen)


def test_implicit_tls_where_the_server_wants_explicit_says_what_to_change(serve):
    with pytest.raises(ConfigurationError, match=r"`port`, and `tls`"):
        serve(ExplicitHandler, tls="implicit").put(chunks(), NAME)


# --- reaching it


def test_a_server_that_is_down_is_tried_again_later(serve):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        haven = serve(ExplicitHandler, port=unused.getsockname()[1])
        with pytest.raises(RetryLater, match="refused the connection"):
            haven.put(chunks(), NAME)


def test_a_server_that_says_nothing_is_tried_again_later(serve):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        haven = serve(ExplicitHandler, timeout=0.3, port=silent.getsockname()[1])
        with pytest.raises(RetryLater, match=r"no answer within 0.3 s"):
            haven.put(chunks(), NAME)


def test_a_host_name_that_nobody_knows_is_tried_again_later(serve):
    with pytest.raises(RetryLater, match="`host`"):
        serve(ExplicitHandler, host="haven.invalid").put(chunks(), NAME)


def test_a_server_with_too_many_visitors_is_tried_again_later(serve):
    class Busy(ExplicitHandler):
        def handle(self):
            self.respond("421 Too many connections.")
            self.close_when_done()

    with pytest.raises(RetryLater, match="reply 421"):
        serve(Busy).put(chunks(), NAME)


# --- data connections


def without(command):
    """The commands of a server that does not know one of them."""
    return {name: how for name, how in ExplicitHandler.proto_cmds.items() if name != command}


class WithoutEpsv(ExplicitHandler):
    proto_cmds = without("EPSV")


class BehindNat(WithoutEpsv):
    """Knows only an address that cannot be reached from outside (192.0.2.0/24 is nobody's, RFC 5737)."""

    masquerade_address = "192.0.2.1"


class ElsewhereForData(WithoutEpsv):
    masquerade_address = "127.0.0.1"


def test_a_passive_address_behind_nat_is_not_believed(serve):
    haven = serve(BehindNat)
    haven.put(chunks(), NAME)
    assert set(haven.files()) == BOTH


def test_a_passive_address_is_used_where_it_is_trusted(serve):
    haven = serve(ElsewhereForData, use_passive_address=True)
    haven.put(chunks(), NAME)
    assert set(haven.files()) == BOTH


def test_a_trusted_passive_address_that_cannot_be_reached_is_tried_again_later(serve):
    with pytest.raises(RetryLater, match="sending a file"):
        serve(BehindNat, use_passive_address=True, timeout=0.5).put(chunks(), NAME)


class DropsInTheMiddle(ExplicitHandler):
    """Loses everything when some of the first file has arrived."""

    drops = True

    class dtp_handler(TLS_DTPHandler):  # noqa: N801 - pyftpdlib's name
        def handle_read_event(self):
            super().handle_read_event()
            if DropsInTheMiddle.drops and self.get_transmitted_bytes() > 100_000:
                DropsInTheMiddle.drops = False
                self.cmd_channel.close()


def test_a_connection_that_drops_in_the_middle_is_tried_again_and_then_whole(serve):
    DropsInTheMiddle.drops = True
    haven = serve(DropsInTheMiddle)
    # A client that had sent all before the connection went learns of it from the size of what is there.
    with pytest.raises(RetryLater, match=f"sending a file|stored [0-9]+ of {len(CONTENT)} bytes"):
        haven.put(chunks(), NAME)
    assert not BOTH & set(haven.files())

    haven.put(chunks(), NAME)
    assert set(haven.files()) == BOTH
    assert haven.files()[NAME] == CONTENT


class NotesNames(ExplicitHandler):
    """Takes down which file got its final name, in order."""

    named: ClassVar[list[str]] = []

    def ftp_RNTO(self, path):  # noqa: N802 - pyftpdlib's name
        self.named.append(Path(path).name)
        return super().ftp_RNTO(path)


def test_a_file_has_its_name_only_when_its_manifest_is_there_so_nobody_who_dies_names_it_twice(serve):
    NotesNames.named.clear()
    serve(NotesNames).put(chunks(), NAME)
    assert len(NotesNames.named) == 2
    assert NotesNames.named[-1] == Path(NAME).name


# --- control connections that idle to death


class HangsUpAfter(ExplicitHandler):
    """Closes the control connection instead of giving a certain reply."""

    reply = "226"

    def respond(self, resp, *args, **kwargs):
        if resp.startswith(self.reply):
            self.close()
        else:
            super().respond(resp, *args, **kwargs)


def test_a_control_connection_that_died_during_the_transfer_is_opened_again(serve):
    haven = serve(HangsUpAfter)
    haven.put(chunks(), NAME)
    assert haven.files()[NAME] == CONTENT
    assert set(haven.files()) == BOTH


def test_a_control_connection_that_dies_after_the_renaming_changes_nothing(serve):
    haven = serve(type("HangsUpAfterRenaming", (HangsUpAfter,), {"reply": "250 Renaming"}))
    haven.put(chunks(), NAME)
    assert set(haven.files()) == BOTH


def test_a_control_connection_that_dies_before_the_renaming_is_opened_again(serve):
    died = []

    class HangsUpOnce(ExplicitHandler):
        def ftp_RNFR(self, path):  # noqa: N802 - pyftpdlib's name
            if died:
                return super().ftp_RNFR(path)
            died.append(path)
            return self.close()

    haven = serve(HangsUpOnce)
    haven.put(chunks(), NAME)
    assert set(haven.files()) == BOTH


# --- what the server has


class Alters(ExplicitHandler):
    """Changes what it has received, as long as it is told to."""

    broken = True

    def on_file_received(self, file):
        if Alters.broken:
            self.alter(file)


class Truncates(Alters):
    def alter(self, file):
        os.truncate(file, Path(file).stat().st_size - 1)


class FlipsOneBit(Alters):
    def alter(self, file):
        with Path(file).open("r+b") as stored:
            first = stored.read(1)
            stored.seek(0)
            stored.write(bytes([first[0] ^ 1]))


@pytest.mark.parametrize(("handler", "message"), [(Truncates, "of 2048000 bytes"), (FlipsOneBit, "other bytes")])
def test_what_was_not_stored_as_it_was_sent_never_gets_its_name_and_is_sent_again(serve, handler, message):
    Alters.broken = True
    haven = serve(handler)
    with pytest.raises(RetryLater, match=message):
        haven.put(chunks(), NAME)
    assert haven.files() == {}

    Alters.broken = False
    haven.put(chunks(), NAME)
    assert haven.files()[NAME] == CONTENT


def test_without_readback_the_size_is_still_compared(serve):
    Alters.broken = True
    with pytest.raises(RetryLater, match="of 2048000 bytes"):
        serve(Truncates, readback=False).put(chunks(), NAME)


class FullDisk(ExplicitHandler):
    """Says that its disk is full when some of a file has arrived, in the words of several servers."""

    words = "452 Requested action not taken."

    class dtp_handler(TLS_DTPHandler):  # noqa: N801 - pyftpdlib's name
        def handle_read_event(self):
            super().handle_read_event()
            if self.get_transmitted_bytes() > 100_000 and self.receive:
                self._resp = (self.cmd_channel.words, lambda *_: None)
                self.close()


@pytest.mark.parametrize(
    "words",
    [
        "452 Requested action not taken.",
        "552 Exceeded storage allocation.",
        "451 No space left on device",
        "426 [Errno 28] No space left on device; transfer aborted.",
    ],
)
def test_a_full_disk_is_for_the_safe_haven_to_mend(serve, words):
    haven = serve(type("Full", (FullDisk,), {"words": words}))
    with pytest.raises(ConfigurationError, match="make room"):
        haven.put(chunks(), NAME)
    assert not BOTH & set(haven.files())


@pytest.mark.parametrize(
    ("server", "error", "message"),
    [
        ("vsftpd TLS 1.3", ConfigurationError, "make room"),
        ("pyftpdlib explicit", RetryLater, "sending a file|of 2048000 bytes"),  # it hangs up without a word
    ],
    indirect=["server"],
)
def test_a_disk_that_is_really_full_leaves_nothing_under_the_final_name(haven, error, message):
    name = f"full-{uuid.uuid4().hex}"
    folder = haven.folder / name
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k,mode=0777", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs to be allowed to mount a tmpfs")
    try:
        with pytest.raises(error, match=message):
            haven.put(chunks(), f"{name}/study.zip")
        assert {path.name for path in folder.iterdir()} <= {".study.zip.partial"}
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_server_that_lets_nothing_be_read_says_which_option_helps(serve):
    class DropBox(ExplicitHandler):
        def ftp_RETR(self, path):  # noqa: N802 - pyftpdlib's name
            self.respond("550 Not enough privileges.")

    with pytest.raises(ConfigurationError, match=r"`readback: false`"):
        serve(DropBox).put(chunks(), NAME)
    haven = serve(DropBox, readback=False)
    haven.put(chunks(), NAME)
    haven.put(chunks(), NAME)
    assert set(haven.files()) == BOTH


def test_a_server_that_tells_no_sizes_is_read_back(serve):
    class Sizeless(ExplicitHandler):
        proto_cmds = without("SIZE")

    haven = serve(Sizeless)
    haven.put(chunks(), NAME)
    assert set(haven.files()) == BOTH
    with pytest.raises(ConfigurationError, match="`readback: true`"):
        serve(Sizeless, readback=False).put(chunks(), NAME)


def test_a_server_that_renames_to_no_name_that_is_taken_gets_the_new_file_all_the_same(serve):
    class Careful(ExplicitHandler):
        def ftp_RNTO(self, path):  # noqa: N802 - pyftpdlib's name
            if Path(path).exists():
                self.respond("553 File exists.")
            else:
                super().ftp_RNTO(path)

    haven = serve(Careful)
    haven.put([b"old"], NAME)
    haven.put([b"new"], NAME)
    assert haven.files()[NAME] == b"new"
    assert set(haven.files()) == BOTH


def test_several_threads_may_share_a_destination(serve):
    haven = serve(ExplicitHandler)
    threads = [threading.Thread(target=haven.put, args=(chunks(), f"project/{number}.zip")) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name for name, data in haven.files().items() if data == CONTENT} == {f"project/{n}.zip" for n in range(6)}


def test_a_server_that_keeps_what_is_to_be_removed_is_an_error(serve):
    class Keeps(ExplicitHandler):
        def ftp_DELE(self, path):  # noqa: N802 - pyftpdlib's name
            self.respond("550 Not enough privileges.")

    haven = serve(Keeps)
    haven.put(chunks(), NAME)
    with pytest.raises(ConfigurationError, match="removing a file"):
        haven.remove(NAME)


def test_a_connection_that_is_cut_while_a_file_is_removed_is_made_again(serve):
    class Cuts(ExplicitHandler):
        cut = False

        def ftp_DELE(self, path):  # noqa: N802 - pyftpdlib's name
            super().ftp_DELE(path)
            if not Cuts.cut:
                Cuts.cut = True
                self.close()

    haven = serve(Cuts)
    haven.put(chunks(), NAME)
    haven.remove(NAME)
    assert Cuts.cut
    assert set(haven.files()) == set()


def test_a_connection_that_is_always_cut_while_a_file_is_removed_is_tried_again_later(serve):
    class Cuts(ExplicitHandler):
        def ftp_DELE(self, path):  # noqa: N802 - pyftpdlib's name
            self.close()

    with pytest.raises(RetryLater):
        serve(Cuts).remove(NAME)
