"""Looks at the state sums, and tells who wants to know."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from pixl.domain.errors import PixlError
from pixl.domain.notice import Notice, Occasion, due
from pixl.domain.secret import SecretStore
from pixl.ledger import Ledger
from pixl.ledger.notifications import Turn
from pixl.notify import Channel, Channels, send, write

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Notifier:
    """Tells channels what is due. What a channel does not take is tried again at the next look."""

    ledger: Ledger
    secrets: SecretStore
    channels: Callable[[], Channels]
    """Reads the notifications file: it may change while everything runs."""

    def look(self) -> int:
        """Send what is due; return how many messages were taken.

        Raises
        ------
        RetryLater
            Postgres did not answer.
        ConfigurationError
            The notifications file is wrong.
        """
        channels = self.channels()
        if not channels.channels:
            return 0
        with self.ledger.notifications.turn() as turn:
            return sum(self._tell(turn, channel, channels) for channel in channels.channels) if turn else 0

    def _tell(self, turn: Turn, channel: Channel, channels: Channels) -> int:
        told = turn.told()
        taken = 0
        for one in self.ledger.status():
            if not channel.wants(one.project):
                continue
            now = Notice(
                occasion=Occasion.DIGEST, project=one.project, generated_at=one.generated_at, counts=one.counts
            )
            before = told.get((channel.name, one.project, one.generated_at), {})
            for notice in due(now, before, channel.occasions, dt.datetime.now(dt.UTC)):
                taken += self._send(turn, channel, channels, notice)
        return taken

    def _send(self, turn: Turn, channel: Channel, channels: Channels, notice: Notice) -> int:
        try:
            send(channel, self.secrets, *write(notice, channels.templates[notice.occasion]))
        except PixlError as reason:
            log.warning("%s of %s: %s", notice.occasion, notice.project, reason)
            return 0
        turn.add(channel.name, notice)
        log.info("%s of %s: told %s", notice.occasion, notice.project, channel.name)
        return 1
