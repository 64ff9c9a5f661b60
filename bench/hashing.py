"""How many values a second one hashing service answers: `python -m bench.hashing [seconds]`.

The service is the real process, started as in production with a file store; the client is this process. The pure
function is measured next to it, in this process, with the same values.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind, PseudonymQuery
from pixl.hashing import HashingClient, KeyedPseudonymiser
from pixl.testing.hashing_service import HashingService

BATCH = 100
AIM = 20_000
KINDS = (PseudonymKind.HASH, PseudonymKind.UID, PseudonymKind.UID, PseudonymKind.SHIFT)
NUMBERS = count()


def batch() -> list[PseudonymQuery]:
    """Values that were never asked before, as long as a UID is, of the kinds an instance has."""
    return [
        PseudonymQuery(value=f"1.2.826.0.1.3680043.8.498.{next(NUMBERS):032d}", kind=KINDS[i % len(KINDS)])
        for i in range(BATCH)
    ]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(pseudonymiser: Pseudonymiser, seconds: float, cpu: Callable[[], float]) -> dict[str, Any]:
    batches = [batch() for _ in range(200)]
    done, cpu_before, before = 0, cpu(), time.perf_counter()
    while time.perf_counter() - before < seconds:
        pseudonymiser.pseudonyms(batches[done % len(batches)])
        done += 1
    elapsed, used = time.perf_counter() - before, cpu() - cpu_before
    values = done * BATCH
    return {
        "values": values,
        "values_per_second": round(values / elapsed),
        "values_per_cpu_second": round(values / used),
        "ms_per_request": round(1000 * elapsed / done, 3),
    }


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    with (
        tempfile.TemporaryDirectory() as folder,
        HashingService(Path(folder), projects=("bench",), log_level="WARNING") as service,
    ):
        client = HashingClient(service.url, service.token)
        served = measured(client.for_project("bench"), seconds, lambda: cpu_seconds(service.pid))
        client.close()
        pure = measured(KeyedPseudonymiser(service.store.get("project-bench")), seconds / 2, time.process_time)
    for name, figures in (("service", served), ("pure function", pure)):
        print(f"{name:14} {figures['values_per_second']:>9,} values/s {figures['values_per_cpu_second']:>9,} per CPU s")
    print(f"aim: {AIM:,} values/s in batches of {BATCH} on one core of the service's")
    print(json.dumps({"bench": "hashing", "batch": BATCH, "aim": AIM, "service": served, "pure": pure}))


if __name__ == "__main__":
    main()
