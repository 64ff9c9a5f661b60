from __future__ import annotations

from collections.abc import Iterator

import pytest

from pixl.testing.hashing_service import HashingService


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HashingService]:
    """The real process, as talkative as it gets."""
    with HashingService(tmp_path_factory.mktemp("hashing"), projects=("lungs", "hearts"), log_level="DEBUG") as running:
        yield running
