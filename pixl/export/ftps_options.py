"""The options of an `ftps` destination."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from pixl.export.options import Options

PORTS = {"explicit": 21, "implicit": 990}


class FtpsOptions(Options):
    """Where a safe haven's FTPS server is, and how to log in. The password itself is in the secret store."""

    host: str = Field(min_length=1)
    """As the server's certificate names it."""
    port: int = Field(ge=1, le=65535)
    """Without one: 21 for explicit, 990 for implicit TLS."""
    user: str = Field(min_length=1, pattern=r"^[^\r\n]+$")
    password_secret: str = Field(min_length=1)
    """The name of the secret that holds the password."""
    ca: Path | None = None
    """PEM file of the authority that signed the server's certificate; without one, this system's authorities."""
    tls: Literal["explicit", "implicit"] = "explicit"
    """`explicit` (AUTH TLS after connecting) or `implicit` (TLS from the first byte)."""
    folder: str = Field(default="", pattern=r"^[^\r\n]*$")
    """A folder that exists on the server; without one, where the login lands."""
    use_passive_address: bool = False
    """Send data to the address that the server's PASV reply gives, not to `host`."""
    readback: bool = True
    """Read every file back and compare its SHA-256 before it gets its name."""
    timeout: float = Field(default=30, gt=0, le=3600)
    """Seconds of silence after which the server counts as gone."""

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, options: Any) -> Any:
        """Fill in the port that belongs to the kind of TLS."""
        if isinstance(options, dict) and "port" not in options:
            return {**options, "port": PORTS.get(str(options.get("tls", "explicit")), 21)}
        return options
