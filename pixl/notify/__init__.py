"""Mail and chat. Never an identifier in a message."""

from pixl.notify.channels import Channel, Channels, load_channels
from pixl.notify.messages import write
from pixl.notify.send import send

__all__ = ["Channel", "Channels", "load_channels", "send", "write"]
