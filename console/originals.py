"""Finds the original of an instance in orthanc-raw. What it returns is identifiable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind, PseudonymQuery
from pixl.ledger import Study
from pixl.orthanc import OrthancClient, StoredInstance


class Originals:
    """Asks orthanc-raw and, for which original a pseudonymous UID stands, the hashing service."""

    def __init__(self, raw: OrthancClient, anon: OrthancClient, pseudonymiser: Callable[[str], Pseudonymiser]) -> None:
        self._raw, self._anon, self._pseudonymiser = raw, anon, pseudonymiser

    def after(self, instance: str) -> dict[str, Any]:
        """Return the elements of an instance of orthanc-anon."""
        return self._anon.elements(instance)

    def before(self, study: Study, sop_uid: str) -> dict[str, Any] | None:
        """Return the elements of the original of an instance (its pseudonymous UID); None if it is there no more.

        Raises
        ------
        RetryLater
            orthanc-raw or the hashing service does not answer.
        """
        pseudonymiser = self._pseudonymiser(study.project)
        for found in self._raw.studies_by_uid(study.study_uid or ""):
            original = _original(self._raw.instances_of(found.orthanc_id), sop_uid, pseudonymiser)
            if original is not None:
                return self._raw.elements(original)
        return None


def _original(instances: Sequence[StoredInstance], sop_uid: str, pseudonymiser: Pseudonymiser) -> str | None:
    news = pseudonymiser.pseudonyms([PseudonymQuery(value=one.sop_uid, kind=PseudonymKind.UID) for one in instances])
    pairs = zip(instances, news, strict=True)
    return next((one.orthanc_id for one, new in pairs if sop_uid in (new, one.sop_uid)), None)
