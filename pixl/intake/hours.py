"""When an archive may be asked."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from pixl.domain.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class Hours:
    """A daily window of local time, which may go over midnight."""

    start: dt.time
    end: dt.time

    @classmethod
    def parse(cls, text: str) -> Hours | None:
        """Read `20:00-06:00`; empty text is no restriction."""
        if not text.strip():
            return None
        found = re.fullmatch(r"\s*(\d\d:\d\d)\s*-\s*(\d\d:\d\d)\s*", text)
        try:
            start, end = (dt.time.fromisoformat(part) for part in found.groups()) if found else (None, None)
        except ValueError:
            start = end = None
        if start is None or end is None:
            raise ConfigurationError("PIXL_ARCHIVE_SECONDARY_HOURS must look like 20:00-06:00")
        return cls(start=start, end=end)

    def is_open(self, now: dt.datetime) -> bool:
        """Whether `now` is in the window; the same start and end is the whole day."""
        time = now.time()
        if self.start < self.end:
            return self.start <= time < self.end
        return time >= self.start or time < self.end

    def opens_at(self, now: dt.datetime) -> dt.datetime:
        """Return the next time the window opens, in the time zone of `now`."""
        today = now.replace(hour=self.start.hour, minute=self.start.minute, second=0, microsecond=0)
        return today if today > now else today + dt.timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"
