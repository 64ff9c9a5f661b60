"""Keeps from being recycled what somebody still needs, and gives it free again.

Orthanc recycles the patient that came first and is not protected. What a person has protected is left alone: only the
patients on the plugin's own list, which survives restarts, are ever given free.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

from pixl.domain.errors import RetryLater
from pixl.orthanc import NotStored, StoredStudy
from plugins.raw_desk import Desk
from plugins.raw_store import RawStore, key_of

log = logging.getLogger("pixl.plugins.keeper")


class Keeper:
    """Protects patients. Threads may share it."""

    def __init__(self, store: RawStore, desk: Desk) -> None:
        self._store = store
        self._desk = desk
        self._lock = threading.Lock()

    def keep_if_needed(self, study: StoredStudy) -> None:
        """Protect a study's patient while somebody needs the study, and while nobody can say whether."""
        try:
            needed = self._desk.in_flight(**key_of(study))
        except RetryLater:
            needed = True
        if needed:
            self.keep(study.patient_orthanc_id)

    def keep(self, patient: str) -> None:
        """Protect a patient until nothing of theirs is in flight."""
        with self._lock:
            # Not the list decides: a patient that was deleted and came again is on it and is not protected.
            if self._store.is_protected(patient):
                return
            kept = self._store.kept_patients()
            # The list first: a patient on it that is not protected does no harm, the reverse would stay for ever.
            self._store.remember_kept_patients(kept | {patient})
            self._store.protect(patient, protected=True)

    def sweep(self) -> int:
        """Give free whom nobody needs any more, and return how many.

        Raises
        ------
        RetryLater
            The ledger cannot say who is needed.
        """
        with self._lock:
            patients = self._store.kept_patients()
        return sum(self._free(patient) for patient in sorted(patients))

    def _free(self, patient: str) -> bool:
        # Under the lock, so that a request which comes in between is either seen here or protects anew.
        with self._lock:
            if self._is_needed(patient):
                return False
            with suppress(NotStored):
                self._store.protect(patient, protected=False)
            self._store.remember_kept_patients(self._store.kept_patients() - {patient})
            return True

    def _is_needed(self, patient: str) -> bool:
        try:
            studies = self._store.studies_of(patient)
        except NotStored:
            return False
        return any(self._desk.in_flight(**key_of(study)) for study in studies)
