"""A further worker: the same jobs and no API, as many as wanted, on any machine that reaches the others."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Collection, Sequence

from imaging_api.wiring import QUEUES, Turns, build_flow, build_worker, open_ledger
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.domain.suggest import suggestion
from pixl.queue import Step
from pixl.secrets import open_store
from pixl.service import NOT_REACHABLE, WRONG_CONFIGURATION, log_to_stderr
from pixl.settings import Settings


def run_further_worker(queues: Sequence[str]) -> int:
    """Work on these queues until told to stop. Return 2 when the configuration is wrong, 3 when secrets are away."""
    try:
        steps = steps_of(queues)
        settings = Settings.from_process()
        log_to_stderr("imaging_api", settings.log_level)
        asyncio.run(_work(settings, open_store(settings.secrets), steps))
    except (ConfigurationError, RetryLater) as error:
        sys.stderr.write(f"imaging_api: {error}\n")
        return WRONG_CONFIGURATION if isinstance(error, ConfigurationError) else NOT_REACHABLE
    return 0


def steps_of(queues: Sequence[str]) -> frozenset[Step]:
    """Return the queues that these names mean.

    Raises
    ------
    ConfigurationError
        One is none of a study's way.
    """
    known = [step.value for step in QUEUES]
    for name in queues:
        if name not in known:
            raise ConfigurationError(f"there is no queue {name!r}{suggestion(name, known)}")
    return frozenset(map(Step, queues))


async def _work(settings: Settings, secrets: SecretStore, steps: Collection[Step]) -> None:
    with open_ledger(settings, secrets) as ledger:
        turns = Turns(ledger)
        worker = build_worker(settings, secrets, build_flow(settings, secrets, ledger, turns, steps), steps)
        working = asyncio.create_task(worker.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, working.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await working
        turns.stop()
