"""Hands a message to apprise: mail, Mattermost, Teams, Slack, webhooks and a hundred more."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, urlsplit

import apprise

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.notify.channels import Channel

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it logs addresses, which are secrets
OFF = {"no", "false", "0", "off", "n", "f", "deny", "never"}


def send(channel: Channel, secrets: SecretStore, title: str, body: str) -> None:
    """Send a message.

    Raises
    ------
    RetryLater
        The channel did not take it.
    ConfigurationError
        The channel's URL is missing or wrong, or says that certificates need not be verified.
    """
    url = secrets.get(channel.url_secret).decode().strip()
    _refuse_unverified(channel, url)
    to = apprise.Apprise()
    if not to.add(url):
        raise ConfigurationError(
            f"channel {channel.name}: secret {channel.url_secret} is no URL that apprise knows, such as mailtos://..."
        )
    if not to.notify(title=title, body=body):
        raise RetryLater(f"channel {channel.name} did not take the message")


def _refuse_unverified(channel: Channel, url: str) -> None:
    parts = urlsplit(url)
    said = parse_qs(parts.query)
    is_plain = parts.scheme.lower() == "mailto" or any(mode.lower() == "insecure" for mode in said.get("mode", []))
    if is_plain and parts.password:
        raise ConfigurationError(
            f"channel {channel.name}: its URL sends a password without TLS: write mailtos://, and no mode=insecure"
        )
    if any(value.lower() in OFF for value in said.get("verify", [])):
        raise ConfigurationError(f"channel {channel.name}: its URL says verify=no; TLS certificates are verified here")
