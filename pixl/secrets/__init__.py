"""Where keys, passwords and tokens come from: a folder of 0600 files, Azure Key Vault or HashiCorp Vault."""

from pixl.secrets.files import FileStore
from pixl.secrets.names import checked_name, new_secret
from pixl.secrets.opening import open_store

__all__ = ["FileStore", "checked_name", "new_secret", "open_store"]
