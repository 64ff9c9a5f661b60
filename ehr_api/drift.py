"""Says in the log when the reports of a day are unlike those of the days before."""

from __future__ import annotations

import asyncio
import logging

from pixl.domain.drift import Limits, drift
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.ledger import Reports
from pixl.project import Projects

log = logging.getLogger(__name__)

LOOK_SECONDS = 3600.0


async def watch_drift(reports: Reports, projects: Projects) -> None:
    """Look every hour, until cancelled."""
    while True:
        for name in await asyncio.to_thread(projects.names):
            try:
                await asyncio.to_thread(look, reports, projects, name)
            except (ConfigurationError, RetryLater) as error:
                log.info("the reports of %s could not be compared: %s", name, error)
        await asyncio.sleep(LOOK_SECONDS)


def look(reports: Reports, projects: Projects, name: str) -> int:
    """Compare a project's last day with those before; return of how many measures it was said that they drift."""
    keys = projects.get(name).reports
    days = reports.days(name) if keys else []
    if not keys or not days:
        return 0
    found = drift(days[-1], days[:-1], Limits(sigmas=keys.drift_limit))
    for one in found:
        log.warning("drift: reports of %s on %s: %s (`pixl drift %s` shows more)", name, days[-1].day, one, name)
    return len(found)
