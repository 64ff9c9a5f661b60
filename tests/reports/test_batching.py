import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.report import ReportKey, SourceReport
from pixl.reports.batching import Batched


class InMemory:
    """A source that knows every second number."""

    def __init__(self, error=None, seconds=0.02):
        self.asked, self.error, self.seconds, self.closed = [], error, seconds, False

    def find(self, keys):
        self.asked.append(len(keys))
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        return {key: SourceReport(text=key.mrn) for key in keys if int(key.mrn) % 2}

    def close(self):
        self.closed = True


def key(number):
    return ReportKey(mrn=str(number), accession_number="A")


def ask(source, numbers, threads=16):
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda number: source.find(key(number)), numbers))


def test_each_asker_gets_its_own_answer_and_many_share_a_query():
    source = InMemory()
    found = ask(Batched(source, size=8), range(100))
    assert [one.text if one else None for one in found] == [str(n) if n % 2 else None for n in range(100)]
    assert sum(source.asked) == 100
    assert max(source.asked) <= 8
    assert len(source.asked) < 60


def test_an_error_reaches_everybody_who_asked():
    batched = Batched(InMemory(ConfigurationError("wrong column")), size=8)
    with ThreadPoolExecutor(4) as pool:
        errors = [pool.submit(batched.find, key(n)).exception() for n in range(4)]
    assert [(type(error), str(error)) for error in errors] == [(ConfigurationError, "wrong column")] * 4


def test_a_bug_leaves_nobody_waiting():
    with pytest.raises(KeyError):
        Batched(InMemory(KeyError("x")), size=8).find(key(1))


def test_after_a_stop_nobody_waits_for_the_pace():
    batched = Batched(InMemory(seconds=0), size=1, per_minute=1)
    batched.find(key(1))
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(batched.find, key(3))
        threading.Timer(0.1, batched.close).start()
        with pytest.raises(RetryLater):
            waiting.result(timeout=10)


def test_the_pace_is_kept():
    source = InMemory(seconds=0)
    batched = Batched(source, size=1, per_minute=60 * 20)
    began = time.monotonic()
    for number in range(5):
        batched.find(key(number))
    assert time.monotonic() - began >= 4 * 0.05
