"""Registers what orthanc-anon's plugin does with Orthanc."""

from __future__ import annotations

from typing import Any

from plugins.anon_request import Request
from plugins.anon_work import StudyWork
from plugins.callbacks import kept
from plugins.rest import Answer, Asked, add_route


def register(orthanc: Any, work: StudyWork) -> None:
    """Answer `POST /pixl/deidentify`, and end in good order with Orthanc.

    The gate (`anon_gate`) is registered before this, so that nothing comes in should this fail.
    """

    def deidentify(asked: Asked) -> Answer:
        return Answer(document=work.deidentify(Request.model_validate_json(asked.body)))

    def on_change(change: int, _level: int, _resource: str) -> None:
        if change == orthanc.ChangeType.ORTHANC_STOPPED:
            work.end()

    add_route(orthanc, "/pixl/deidentify", {"POST": deidentify})
    orthanc.RegisterOnChangeCallback(kept(on_change))
