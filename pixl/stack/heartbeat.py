"""Whether a process does its work, not only whether it runs."""

from __future__ import annotations

import httpx

from pixl.domain.secret import SecretStore
from pixl.settings import Settings
from pixl.stack import database
from pixl.stack.credentials import text_of
from pixl.stack.orthanc import SERVICE_USER
from pixl.stack.programs import Program

SECONDS = 3.0


def is_answering(program: Program, settings: Settings, store: SecretStore) -> bool:
    """Whether `program` answers its heart-beat, with its password where it has one."""
    if not program.heartbeat:
        return database.is_answering(settings, text_of(store, "database-password"))
    auth = httpx.BasicAuth(SERVICE_USER, text_of(store, program.password)) if program.password else None
    try:
        # No proxy between the processes of one machine.
        with httpx.Client(timeout=SECONDS, trust_env=False) as client:
            return client.get(program.url + program.heartbeat, auth=auth).is_success
    except httpx.HTTPError:
        return False
