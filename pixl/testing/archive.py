"""An archive with manners of its choice: a real DICOM node (pynetdicom) that tests can tell to misbehave."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from pydicom.dataset import Dataset
from pynetdicom import AE, build_context, evt
from pynetdicom.presentation import QueryRetrievePresentationContexts, VerificationPresentationContexts
from pynetdicom.transport import ThreadedAssociationServer

PENDING, SUCCESS, UNABLE = 0xFF00, 0x0000, 0xA702
DOES_NOT_MATCH = 0xA900
"""An identifier that does not match the SOP class: what an archive says to a relational query that it does not take."""
META_GROUP = 0x0002
UNIQUE_KEYS = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}


@dataclass
class Manners:
    """How the archive behaves. Change it while the archive runs."""

    refuses: bool = False
    """Association rejected, as by an archive that does not know the caller."""
    silent_find_seconds: float = 0.0
    silent_move_seconds: float = 0.0
    fails_find: bool = False
    moves: int | None = None
    """How many instances of a C-MOVE are sent before it stops; None sends all."""
    aborts: bool = False
    """Whether it then drops the association instead of telling of its failure."""
    hides: frozenset[str] = frozenset()
    """Keywords that its answers leave out."""
    relational: bool = True
    """Whether it answers below the level of studies where no study is named."""
    move_fails: bool = False
    """Whether it refuses every C-MOVE."""


@dataclass
class Archive:
    """A node that holds `instances` and sends them to `destination` (host, port) on C-MOVE."""

    instances: list[Dataset]
    destination: tuple[str, int] = ("127.0.0.1", 0)
    aet: str = "VNA"
    manners: Manners = field(default_factory=Manners)
    finds: int = 0
    moved: list[str] = field(default_factory=list)
    """The SOP Instance UIDs it was asked to send, in order."""
    _server: ThreadedAssociationServer | None = None

    def __enter__(self) -> Self:
        node = AE(ae_title=self.aet)
        node.require_called_aet = True
        node.supported_contexts = [*VerificationPresentationContexts, *QueryRetrievePresentationContexts]
        for context in self._storage_contexts():
            node.add_requested_context(context.abstract_syntax, context.transfer_syntax)
        handlers: list[Any] = [
            (evt.EVT_REQUESTED, self._on_request),
            (evt.EVT_C_FIND, self._on_find),
            (evt.EVT_C_MOVE, self._on_move),
        ]
        self._server = node.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        return self

    def __exit__(self, *_: object) -> None:
        if self._server:
            self._server.shutdown()

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._server is None or self._server.socket is None:
            raise RuntimeError("the archive is not running")
        return int(self._server.socket.getsockname()[1])

    def _storage_contexts(self) -> list[Any]:
        syntaxes = {(one.SOPClassUID, one.file_meta.TransferSyntaxUID) for one in self.instances}
        return [build_context(sop_class, [syntax]) for sop_class, syntax in sorted(syntaxes)]

    def _on_request(self, event: evt.Event) -> None:
        if self.manners.refuses:
            event.assoc.acse.send_reject(0x01, 0x01, 0x03)

    def _on_find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        self.finds += 1
        self._be_silent(self.manners.silent_find_seconds)
        if self.manners.fails_find:
            yield 0xC000, None
            return
        query = event.identifier
        if not self.manners.relational and query.QueryRetrieveLevel != "STUDY" and not query.get("StudyInstanceUID"):
            yield DOES_NOT_MATCH, None
            return
        for answer in self._answers(query):
            yield PENDING, answer

    def _answers(self, query: Dataset) -> Iterator[Dataset]:
        unique = UNIQUE_KEYS[query.QueryRetrieveLevel]
        seen = set()
        for one in self._matching(query):
            key = (one.get(unique), one.get("PatientID"))
            if key in seen:
                continue
            seen.add(key)
            answer = Dataset()
            answer.QueryRetrieveLevel = query.QueryRetrieveLevel
            for element in query:
                if element.keyword in one and element.keyword not in self.manners.hides:
                    answer.add(one[element.tag])
            if "NumberOfStudyRelatedInstances" in query and "NumberOfStudyRelatedInstances" not in self.manners.hides:
                same = [other for other in self.instances if other.StudyInstanceUID == one.StudyInstanceUID]
                answer.NumberOfStudyRelatedInstances = len(same)
            yield answer

    def _matching(self, query: Dataset) -> list[Dataset]:
        wanted = {
            element.keyword: [str(element.value)] if element.VM == 1 else list(map(str, element.value))
            for element in query
            # Orthanc puts (0002,0003) beside (0008,0018) into a query for instances; archives ignore it.
            if element.value
            and element.tag.group != META_GROUP
            and element.keyword not in ("QueryRetrieveLevel", "SpecificCharacterSet")
        }
        return [
            one
            for one in self.instances
            if all(str(one.get(keyword, "")) in values for keyword, values in wanted.items())
        ]

    def _on_move(self, event: evt.Event) -> Iterator[Any]:
        self._be_silent(self.manners.silent_move_seconds)
        if self.manners.move_fails:
            yield None, None
            return
        yield (*self.destination, {"contexts": self._storage_contexts()})
        chosen = self._matching(event.identifier)
        yield len(chosen)
        for number, one in enumerate(chosen):
            if self.manners.moves is not None and number >= self.manners.moves:
                if self.manners.aborts:
                    event.assoc.abort()
                    return
                yield UNABLE, None
                return
            self.moved.append(str(one.SOPInstanceUID))
            yield PENDING, one

    def _be_silent(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            threading.Event().wait(0.05)
