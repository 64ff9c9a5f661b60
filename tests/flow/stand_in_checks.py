"""The check process with stand-in checkers, by what an instance's bytes say: run as a program by tests."""

from __future__ import annotations

import os
import signal
import sys
import time

from pixl.domain.finding import Finding
from pixl.flow import check_process


class StandIn:
    """Does what the data of an instance say."""

    names = ("stand-in",)

    def watched(self, tell):
        self.tell = tell
        return self

    def made_with(self):
        return {"stand-in": "1"}

    def check(self, instances, known):
        seen = 0
        for instance in instances:
            self.tell("stand-in")
            yield from act(instance)
            seen += 1
        if known.expected_instances not in (None, seen):
            yield Finding(checker="stand-in", kind="count", reason="too few", where="series")


def act(instance):
    match instance.data.split():
        case [b"find", value]:
            yield Finding(checker="stand-in", kind="name", reason="a name", where="(0010,0010)", value=value.decode())
        case [b"hang"]:
            time.sleep(1000)
        case [b"sleep", seconds]:
            time.sleep(float(seconds))
        case [b"kill"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case [b"eat"]:
            bytearray(8 * 2**30)
        case [b"raise"]:
            raise KeyError("SECRETNAME")
        case [b"print"]:
            os.write(1, b"SECRETNAME\n" * 100)
            print("SECRETNAME", flush=True)
        case [b"whole"]:
            twice = instance.whole_original() + instance.whole_original()
            yield Finding(checker="stand-in", kind="original", reason="seen", where="file", value=twice.decode())
        case [b"original"]:
            yield Finding(
                checker="stand-in", kind="original", reason="seen", where="file", value=instance.original.decode()
            )


if __name__ == "__main__":
    check_process.load_project = lambda path: path
    check_process.Policies = lambda: lambda project: type("Policy", (), {"hash": "h"})
    check_process.allowed_by = lambda policy: None
    check_process.load_suite = lambda project, allowed: StandIn()
    sys.exit(check_process.main())
